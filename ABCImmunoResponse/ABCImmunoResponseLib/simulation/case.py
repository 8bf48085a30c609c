"""One virtual patient on disk, as a hospital hands her over: CT as DICOM, two reads, clinical values."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.case import Lesion
from ABCImmunoResponseLib.errors import ABCImmunoResponseError
from ABCImmunoResponseLib.files import write_atomically, write_json
from ABCImmunoResponseLib.imaging.seg_nrrd import write_seg_nrrd
from ABCImmunoResponseLib.progress import Progress, silent
from ABCImmunoResponseLib.reading.agreement import compare
from ABCImmunoResponseLib.recist.diameters import measure
from ABCImmunoResponseLib.simulation.body_scan import BodyScan, PlacedLesion, full_mask, scan_body
from ABCImmunoResponseLib.simulation.dicom_writer import write_series
from ABCImmunoResponseLib.simulation.frame import phantom
from ABCImmunoResponseLib.simulation.output import whole_folder
from ABCImmunoResponseLib.simulation.patient import Patient, PlannedLesion, draw_patients
from ABCImmunoResponseLib.simulation.phenotype import EFFECT, draw_lesion_phenotypes
from ABCImmunoResponseLib.simulation.readers import READERS, fill, overdraw
from ABCImmunoResponseLib.simulation.seeds import children

ORGANS = ("liver", "lung", "node-abdominal", "lung", "liver")
"""The organs of the first, second, ... lesion: RECIST's most, two an organ and five in all."""

_THICKEST_MM = 1.5


def simulate_case(
    folder: Path,
    *,
    seed: int,
    size: tuple[int, int, int] = (512, 512, 200),
    lesions: int = 3,
    discordant: bool = True,
    progress: Progress = silent,
) -> None:
    """Simulate one patient: a CT of chest and belly, her lesions, two reads of them, her clinical values.

    Writes ``dicom/`` (one CT series), ``reader-a.seg.nrrd`` and ``reader-b.seg.nrrd`` with ``reader-a.json`` and
    ``reader-b.json`` (lists of :class:`~ABCImmunoResponseLib.case.Lesion` mappings), ``clinical.json`` (a complete
    record) and ``truth.json`` (what was planted; nobody who scores should read it).

    Parameters
    ----------
    folder
        To be made; it appears when everything is in it.
    seed
        Which patient: the same seed gives the same bytes.
    size
        Voxels along i, j, k. Fewer than 512 x 512 x 200 are larger ones, for quick tests.
    lesions
        Target lesions, 1 to 5, of the organs :data:`ORGANS`.
    discordant
        Reader B outlines the first lesion far too widely; otherwise the readers agree on all.
    progress
        Called before every step and with every slice written.

    Raises
    ------
    CaseFolderError
        If the folder is not empty or cannot be written; nothing is left behind.
    ABCImmunoResponseError
        If an argument makes no sense, or a lesion finds no place in the body.
    """
    _check(seed, size, lesions)
    patient, image_seed, discord = _choose_patient(seed, lesions)
    tell = _Steps(progress, 4 + lesions + size[2])
    with whole_folder(folder) as hidden:
        scan = scan_body(patient, image_seed, size, tell)
        tell("write the CT as DICOM")
        dicom = hidden / "dicom"
        dicom.mkdir()
        write_series(dicom, scan.hu, scan.grid, patient.scanner, patient.case_id, lambda done: tell("write the CT"))
        tell("write the reads")
        masks = _reads(scan, discordant, np.random.default_rng(discord))
        listed = [asdict(_listed(lesion)) for lesion in scan.lesions]
        for reader in READERS:
            name = f"reader-{reader.lower()}"
            segments = masks[reader]
            write_atomically(hidden / f"{name}.seg.nrrd", lambda path, own=segments: write_seg_nrrd(path, own))
            write_json(hidden / f"{name}.json", listed)
        write_json(hidden / "clinical.json", patient.clinical.as_dict())
        write_json(hidden / "truth.json", _truth(seed, patient, scan, masks, discordant))


def _check(seed: int, size: tuple[int, int, int], lesions: int) -> None:
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ABCImmunoResponseError(f"seed must be a whole number of at least 0, not {seed!r}.")
    if len(size) != 3 or not all(isinstance(n, int) for n in size):
        raise ABCImmunoResponseError(f"size must be three whole numbers, not {size!r}.")
    if not (96 <= size[0] <= 1024 and 96 <= size[1] <= 1024 and 40 <= size[2] <= 400):
        shown = " x ".join(map(str, size))
        raise ABCImmunoResponseError(f"size must lie between 96 x 96 x 40 and 1024 x 1024 x 400 voxels, not {shown}.")
    if isinstance(lesions, bool) or not isinstance(lesions, int) or not 1 <= lesions <= len(ORGANS):
        raise ABCImmunoResponseError(f"lesions must be 1 to {len(ORGANS)}, not {lesions!r}.")


class _Steps:
    """Counts the steps of the work for ``progress``."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def __call__(self, what: str) -> None:
        self._progress(min(self._done, self._total), self._total, what)
        self._done += 1


def _choose_patient(seed: int, lesions: int) -> tuple[Patient, np.random.SeedSequence, np.random.SeedSequence]:
    """Choose a patient of the cohort of this seed, give her the lesions' organs, and return her and two seeds.

    She is one with visceral disease at three sites or more, so that her record goes with liver, lung and node,
    and with slices no thicker than most.
    """
    fitting = [
        patient
        for patient in draw_patients(seed)
        if patient.clinical.visceral_metastasis
        and patient.clinical.metastatic_sites >= 3
        and patient.scanner.thickness_mm <= _THICKEST_MM
    ]
    choice, image, discord = children(np.random.SeedSequence([seed, 1]), 3)
    rng = np.random.default_rng(choice)
    patient = fitting[rng.integers(len(fitting))]
    own = draw_lesion_phenotypes(rng, patient.phenotype, lesions)
    planned = [PlannedLesion(f"T{n}", ORGANS[n - 1], z) for n, z in enumerate(own, 1)]
    return replace(patient, case_id=f"SIM-{seed:06d}", lesions=tuple(planned)), image, discord


def _reads(scan: BodyScan, discordant: bool, rng: np.random.Generator) -> dict[str, dict[str, sitk.Image]]:
    """Return each reader's masks by lesion id."""
    masks: dict[str, dict[str, sitk.Image]] = {reader: {} for reader in READERS}
    for n, lesion in enumerate(scan.lesions):
        for reader in READERS:
            level = lesion.drawn.outlines[reader]
            box, centre = scan.grid.part(lesion.box), lesion.centre
            if discordant and n == 0 and reader == "B":
                level = overdraw(level, box, centre, lesion.drawn.look.diameter_mm / 2, rng)
            masks[reader][lesion.plan.lesion_id] = full_mask(scan, lesion, fill(level))
    return masks


def _listed(lesion: PlacedLesion) -> Lesion:
    """Return how a reader lists the lesion."""
    organ = lesion.plan.organ
    side = "left" if lesion.centre[2] > 0 else "right"
    places = phantom()["places"]
    site = places[organ]["site"] if organ in places else f"{side} {'lobe' if organ == 'liver' else organ}"
    return Lesion(lesion.plan.lesion_id, organ, "target", site)


def _truth(
    seed: int, patient: Patient, scan: BodyScan, masks: dict[str, dict[str, sitk.Image]], discordant: bool
) -> dict[str, Any]:
    return {
        "schema": 1,
        "simulated": True,
        "seed": seed,
        "effect": EFFECT,
        "case_id": patient.case_id,
        "phenotype": patient.phenotype,
        "risk": patient.risk,
        "response": patient.response,
        "best_response": patient.best_response,
        "pfs_months": patient.pfs_months,
        "progressed": patient.progressed,
        "scanner": asdict(patient.scanner),
        "lesions": [_lesion_truth(scan, lesion, masks, discordant and n == 0) for n, lesion in enumerate(scan.lesions)],
    }


def _lesion_truth(
    scan: BodyScan, lesion: PlacedLesion, masks: dict[str, dict[str, sitk.Image]], discordant: bool
) -> dict[str, Any]:
    name = lesion.plan.lesion_id
    size = measure(full_mask(scan, lesion, fill(lesion.drawn.level)))
    return {
        "lesion_id": name,
        "organ": lesion.plan.organ,
        "phenotype": lesion.plan.phenotype,
        "centre_lps_mm": [round(c, 3) for c in lesion.centre[::-1]],
        "longest_diameter_mm": size.longest_diameter_mm,
        "short_axis_mm": size.short_axis_mm,
        "volume_mm3": size.volume_mm3,
        "discordant": discordant,
        "reader_dice": compare(masks["A"][name], masks["B"][name]).dice,
        "look": asdict(lesion.drawn.look),
    }
