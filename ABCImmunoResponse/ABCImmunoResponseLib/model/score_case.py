"""Score a case folder: from the signed consensus to features.csv and result.json."""

from collections.abc import Sequence
from typing import Any

from ABCImmunoResponseLib.case import Organ
from ABCImmunoResponseLib.clinical import ClinicalRecord
from ABCImmunoResponseLib.errors import StateError
from ABCImmunoResponseLib.features.diagnostics import write_diagnostics_csv
from ABCImmunoResponseLib.features.engine import Engine
from ABCImmunoResponseLib.features.extract import extract_lesions
from ABCImmunoResponseLib.features.recipe import load_recipe
from ABCImmunoResponseLib.features.table import write_features_csv
from ABCImmunoResponseLib.model.bundle import Bundle
from ABCImmunoResponseLib.model.scoring import score
from ABCImmunoResponseLib.progress import Progress, silent
from ABCImmunoResponseLib.reading.case_folder import CaseFolder


def score_case(
    folder: CaseFolder,
    bundle: Bundle,
    engine: Engine,
    *,
    actor: str,
    clinical: ClinicalRecord | None = None,
    progress: Progress = silent,
    jobs: int = 1,
) -> dict[str, Any]:
    """Extract the features of the consensus target lesions, score them and record both in the folder.

    Non-target lesions are no part of the model, as they were none of the study's.

    Parameters
    ----------
    folder
        In state 'signed'; its clinical values, where recorded, are used.
    clinical
        Values to score and record in place of those.
    actor
        Who scores, for the audit log.
    progress
        Called between the steps of the extraction; may raise ``Cancelled``, then nothing is recorded.
    jobs
        Cores to extract features on.

    Returns
    -------
    dict
        The content of result.json.

    Raises
    ------
    StateError
        If the case is not signed, its consensus has no target lesion, or another process changed it meanwhile.
    MaskError, FeatureError, RecipeError
        If a lesion cannot be measured or does not fit the bundle.
    """
    made_from = folder.files
    if folder.state != "signed":
        raise StateError(
            f"Case {folder.case_id} is {folder.state}: it is scored once its consensus is signed"
            + ("; reopen it to 'signed' to score it anew." if folder.state in ("scored", "reported") else ".")
        )
    wanted = bundle.description["input"]["recipe"]
    organs = {lesion.lesion_id: lesion.organ for lesion in folder.consensus_lesions() if lesion.kind == "target"}
    if not organs:
        raise StateError(f"Case {folder.case_id} has no target lesion in its consensus: there is nothing to score.")
    segments = folder.consensus_segments(crop=True)
    masks = {lesion: segments[lesion] for lesion in organs}
    recipe = load_recipe(wanted["name"])
    extraction = extract_lesions(
        folder.image(),
        masks,
        case_id=folder.case_id,
        recipe=recipe,
        engine=engine,
        protocol=folder.protocol,
        organs=organs,
        progress=progress,
        jobs=jobs,
    )
    record = clinical or folder.clinical()
    result = score(bundle, extraction.table, record, folder.acquisition)
    result["warnings"] += [
        f"Lesion {finding.lesion}: {finding.message}"
        for finding in extraction.findings
        if finding.severity != "info" and finding.code != "features-undefined"  # the score tells of those
    ]
    if record is not None:
        result["warnings"] += contradictions(record, [folder.protocol.organ(organ) for organ in organs.values()])
    folder.record_score(
        write_features_csv(extraction.table),
        result,
        actor,
        clinical=clinical,
        diagnostics_csv=write_diagnostics_csv(extraction.diagnostics, folder.case_id, engine.version, recipe),
        made_from=made_from,
    )
    return result


def contradictions(record: ClinicalRecord, organs: Sequence[Organ]) -> list[str]:
    """Return what the clinical values say of metastases that the target lesions' organs contradict."""
    found = []
    visceral = sorted({organ.label for organ in organs if organ.visceral})
    if record.visceral_metastasis is False and visceral:
        found.append(
            f"The clinical values say that there is no visceral metastasis, but target lesions lie in: "
            f"{', '.join(visceral)}; check which is right, the clinical and the combined score depend on it."
        )
    sites = sorted({organ.group for organ in organs if organ.group != "breast"})  # the breast is the primary's
    if record.metastatic_sites is not None and record.metastatic_sites < len(sites):
        found.append(
            f"The clinical values say {record.metastatic_sites} metastatic site(s), but target lesions lie in "
            f"{len(sites)} ({', '.join(sites)}); check which is right, the clinical and the combined score depend on "
            "it."
        )
    return found
