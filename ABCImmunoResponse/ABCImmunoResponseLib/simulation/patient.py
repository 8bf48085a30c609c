"""The virtual patients: everything about each of the 240 that does not need an image."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ABCImmunoResponseLib.clinical import ClinicalRecord
from ABCImmunoResponseLib.simulation.clinical import draw_records
from ABCImmunoResponseLib.simulation.outcomes import draw_outcomes
from ABCImmunoResponseLib.simulation.phenotype import EFFECT, draw_lesion_phenotypes, draw_phenotype
from ABCImmunoResponseLib.simulation.scanner import Scanner, draw_scanner
from ABCImmunoResponseLib.simulation.sites import draw_sites, draw_targets
from ABCImmunoResponseLib.simulation.table1 import COHORTS, RESPONSES, cell_size, table1


@dataclass(frozen=True)
class PlannedLesion:
    """A target lesion before it is drawn: its id, organ code and own latent phenotype."""

    lesion_id: str
    organ: str
    phenotype: float


@dataclass(frozen=True)
class Patient:
    """One virtual patient; ``phenotype`` and ``risk`` are latent, ``images`` seeds all her images."""

    case_id: str
    cohort: str
    centre: str
    response: bool
    best_response: str
    pfs_months: float
    progressed: bool
    clinical: ClinicalRecord
    phenotype: float
    risk: str
    sites: tuple[str, ...]
    lesions: tuple[PlannedLesion, ...]
    scanner: Scanner
    images: np.random.SeedSequence


def draw_patients(seed: int, effect: float = EFFECT) -> tuple[Patient, ...]:
    """Draw the whole cohort: 171 training and 69 test patients with Table 1's counts.

    Every subject (clinical values, phenotype, outcomes, sites, scanners, images) has its own random stream,
    so that another ``effect`` changes the phenotypes and what follows from them, and nothing else.

    Parameters
    ----------
    seed
        Of the cohort.
    effect
        Strength of the planted effect; see :mod:`~ABCImmunoResponseLib.simulation.phenotype`.

    Returns
    -------
    tuple of Patient
        In an order in which every beginning holds cohorts and responses in about their shares.
    """
    streams = np.random.SeedSequence(seed).spawn(7)
    clinical, latent, outcome, sites, scanners, order = map(np.random.default_rng, streams[:6])
    cells = [(cohort, response) for cohort in COHORTS for response in RESPONSES]
    records = [record for cell in cells for record in draw_records(clinical, *cell)]
    cohorts = np.array([cohort for cohort, response in cells for _ in range(cell_size(cohort, response))])
    response = np.array([name == "response" for cohort, name in cells for _ in range(cell_size(cohort, name))])
    centres = np.empty(len(records), dtype="<U8")
    phenotype = np.empty(len(records))
    for cohort in COHORTS:
        shares = table1()["centres"][cohort]
        centres[cohorts == cohort] = scanners.permutation(np.repeat(list(shares), list(shares.values())))
        phenotype[cohorts == cohort] = draw_phenotype(latent, response[cohorts == cohort], effect)
    outcomes = draw_outcomes(outcome, cohorts, response, phenotype)
    images = streams[6].spawn(len(records))
    patients = []
    for n, i in enumerate(_interleaved(order, cohorts, response), 1):
        involved = draw_sites(sites, records[i].metastatic_sites, records[i].visceral_metastasis)
        organs = draw_targets(sites, involved)
        own = draw_lesion_phenotypes(latent, phenotype[i], len(organs))
        patients.append(
            Patient(
                case_id=f"SIM-{n:03d}",
                cohort=str(cohorts[i]),
                centre=str(centres[i]),
                response=bool(response[i]),
                best_response=str(outcomes.best_response[i]),
                pfs_months=float(outcomes.pfs_months[i]),
                progressed=bool(outcomes.progressed[i]),
                clinical=records[i],
                phenotype=float(phenotype[i]),
                risk=str(outcomes.risk[i]),
                sites=tuple(involved),
                lesions=tuple(
                    PlannedLesion(f"T{m}", organ, z) for m, (organ, z) in enumerate(zip(organs, own, strict=True), 1)
                ),
                scanner=draw_scanner(scanners, str(centres[i])),
                images=images[n - 1],
            )
        )
    return tuple(patients)


def _interleaved(rng: np.random.Generator, cohorts: np.ndarray, response: np.ndarray) -> np.ndarray:
    """Order the patients so that the four cells of cohort and response advance side by side."""
    place = np.empty(len(cohorts))
    for cohort in COHORTS:
        for answer in (False, True):
            here = np.flatnonzero((cohorts == cohort) & (response == answer))
            place[rng.permutation(here)] = (np.arange(len(here)) + rng.random(len(here))) / len(here)
    return np.argsort(place)


def patient_row(patient: Patient) -> dict[str, Any]:
    """Return what ``patients.csv`` says of a patient: nothing latent, response and progressed as 0 or 1."""
    scanner = patient.scanner
    return {
        "case_id": patient.case_id,
        "simulated": True,
        "cohort": patient.cohort,
        "centre": patient.centre,
        "response": int(patient.response),
        "best_response": patient.best_response,
        "pfs_months": patient.pfs_months,
        "progressed": int(patient.progressed),
        **asdict(patient.clinical),
        "n_lesions": len(patient.lesions),
        "manufacturer": scanner.manufacturer,
        "kernel": scanner.kernel,
        "kvp": scanner.kvp,
        "contrast_phase": scanner.phase,
        "pixel_spacing_mm": scanner.spacing_mm,
        "slice_thickness_mm": scanner.thickness_mm,
    }
