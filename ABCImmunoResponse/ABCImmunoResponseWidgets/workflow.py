"""The steps of a case with nodes of the scene: what the module's logic does, and where the Lib is called.

Loading this module loads SimpleITK and scipy, which is why the module file does so only when a logic is made.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from ABCImmunoResponseLib.case import Finding, Lesion
from ABCImmunoResponseLib.clinical import ClinicalRecord, clinical_from_mapping, read_clinical
from ABCImmunoResponseLib.errors import StateError
from ABCImmunoResponseLib.features.engine import engine
from ABCImmunoResponseLib.features.extract import extract_lesions
from ABCImmunoResponseLib.features.recipe import load_recipe
from ABCImmunoResponseLib.imaging.masks import read_masks
from ABCImmunoResponseLib.model.bundle import load_bundle
from ABCImmunoResponseLib.model.score_case import score_case
from ABCImmunoResponseLib.progress import Progress
from ABCImmunoResponseLib.protocol import load_protocol
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.reading.entry import new_case, save_masks, start_case
from ABCImmunoResponseLib.reading.worklist import WorkItem, filtered, worklist
from ABCImmunoResponseLib.recist.diameters import measure
from ABCImmunoResponseLib.report.case_report import write_report
from ABCImmunoResponseWidgets.nodes.segmentations import masks_from_segmentation, segmentation_from_masks
from ABCImmunoResponseWidgets.nodes.tables import table_node, text_node
from ABCImmunoResponseWidgets.nodes.volumes import ct_from_volume, image_from_volume, volume_from_image
from ABCImmunoResponseWidgets.report.packages import ensure_packages
from ABCImmunoResponseWidgets.score.model_choice import bundle_that_scored
from ABCImmunoResponseWidgets.score.result_nodes import ResultNodes, show_result_nodes
from ABCImmunoResponseWidgets.score.results import (
    case_text,
    feature_columns,
    findings_text,
    measurement_columns,
    pair_columns,
    result_columns,
)

PathLike = str | Path


def open_case(directory: PathLike) -> CaseFolder:
    """Open and verify a case folder."""
    return CaseFolder.open(Path(directory))


def list_cases(reading_folder: PathLike, person: str, which: str) -> tuple[WorkItem, ...]:
    """Return the cases below a folder that ``which`` asks for, as ``person`` has them before her."""
    return filtered(worklist(Path(reading_folder), person), which)


def describe_case(folder: CaseFolder) -> tuple[str, str]:
    """Return a case's state, and where it stands as text that gives away nothing of an unlocked read."""
    return folder.state, case_text(folder)


def create_case(directory: PathLike, volume_node, case_id: str, actor: str) -> CaseFolder:
    """Create a case folder with the CT of a volume node, stored as int16 HU."""
    ct = ct_from_volume(volume_node)
    return start_case(Path(directory), ct, case_id=case_id, protocol=load_protocol(), actor=actor)


def create_case_from_file(
    directory: PathLike,
    image: PathLike,
    case_id: str,
    actor: str,
    series_uid: str | None,
    treatment_start: date | None,
) -> CaseFolder:
    """Create a case folder with the CT of a DICOM folder or image file."""
    return new_case(
        Path(directory),
        Path(image),
        case_id=case_id,
        protocol=load_protocol(),
        actor=actor,
        series_uid=series_uid,
        treatment_start=treatment_start,
    )


def load_volume(folder: CaseFolder):
    """Add the case's CT to the scene as a volume node."""
    return volume_from_image(folder.image(), f"{folder.case_id} CT")


def load_masks(path: PathLike, volume_node):
    """Add the masks of a file to the scene as a segmentation node; return it and what was found about them.

    Label maps, Slicer segmentations, DICOM SEG and DICOM RTSTRUCT come onto the volume's grid.

    Raises
    ------
    MaskError, GeometryError, MissingDependencyError
        As :func:`~ABCImmunoResponseLib.imaging.masks.read_masks`.
    """
    image = image_from_volume(volume_node)
    masks = read_masks(Path(path), image, crop=True)
    node = segmentation_from_masks({mask.name: mask.image for mask in masks}, Path(path).name, volume_node, image)
    return node, tuple(finding for mask in masks for finding in mask.findings)


def save_read(folder: CaseFolder, segmentation_node, reader: str, lesions: Sequence[Lesion]) -> tuple[Finding, ...]:
    """Save a reader's lesions, each the segment of its id; return what was found, the segments' grids included."""
    masks = masks_from_segmentation(
        segmentation_node, folder.image(), [lesion.lesion_id for lesion in lesions], crop=True
    )
    return save_masks(folder, reader, lesions, list(masks.values()))


def reconcile(folder: CaseFolder, actor: str):
    """Compare both locked reads and add a table of the pairs to the scene."""
    folder.reconcile(actor)
    return table_node(f"{folder.case_id} agreement", pair_columns(folder))


def mask_of_segment(folder: CaseFolder, segmentation_node, name: str | None):
    """Return one segment as a :class:`Mask` on the grid of the case's CT, cropped."""
    return masks_from_segmentation(segmentation_node, folder.image(), [name], crop=True)[name]


def load_consensus(folder: CaseFolder, volume_node):
    """Add the consensus to the scene as a segmentation node."""
    masks = folder.consensus_segments(crop=True)
    return segmentation_from_masks(masks, f"{folder.case_id} consensus", volume_node, folder.image())


def set_clinical(folder: CaseFolder, clinical: ClinicalRecord | Mapping[str, Any] | PathLike, actor: str) -> None:
    """Record the clinical values."""
    folder.set_clinical(_clinical_record(clinical), actor)


def score(
    folder: CaseFolder,
    actor: str,
    clinical: ClinicalRecord | Mapping[str, Any] | PathLike | None,
    bundle: PathLike | None,
    engine_name: str | None,
    progress: Progress,
) -> dict[str, Any]:
    """Extract the features, score and record them with the clinical values, where given; return the result."""
    record, loaded, extractor = _clinical_record(clinical), load_bundle(_path(bundle)), engine(engine_name)
    return score_case(folder, loaded, extractor, actor=actor, clinical=record, progress=progress)


def _clinical_record(value: ClinicalRecord | Mapping[str, Any] | PathLike | None) -> ClinicalRecord | None:
    if value is None or isinstance(value, ClinicalRecord):
        return value
    return read_clinical(Path(value)) if isinstance(value, (str, Path)) else clinical_from_mapping(value)


def _path(path: PathLike | None) -> Path | None:
    return None if path is None else Path(path)


def show_result(folder: CaseFolder):
    """Add the result to the scene: a table of risk groups beside the clinical values, and result.json as text.

    Raises
    ------
    StateError
        If the case is not scored.
    """
    result = folder.result()
    if result is None:
        raise StateError(f"Case {folder.case_id} is {folder.state} and has no result: score it first.")
    name = f"{folder.case_id} result ({result['disclaimer']})"
    text = json.dumps(result, indent=2, ensure_ascii=False)
    return table_node(name, result_columns(folder)), text_node(name, text)


def show_charts(folder: CaseFolder, bundle: PathLike | None) -> ResultNodes:
    """Add the result's tables and charts to the scene, against the training patients of the bundle that scored it.

    Where that bundle is neither ``bundle`` nor the bundled one, nothing shows where the patient lies.
    """
    scorer = bundle_that_scored(folder, None, _path(bundle)) if folder.result() is not None else None
    return show_result_nodes(folder, scorer)


def report(folder: CaseFolder, actor: str, bundle: PathLike | None) -> Path:
    """Write the case's report and return its path; Slicer asks first where a package must be installed."""
    ensure_packages()
    return write_report(folder, load_bundle(_path(bundle)), actor)


def measure_segments(segmentation_node, volume_node):
    """Measure each segment on the volume's grid and add a table to the scene, one row a segment."""
    image = image_from_volume(volume_node)
    masks = masks_from_segmentation(segmentation_node, image, crop=True)
    measured = {name: measure(mask.image, image) for name, mask in masks.items()}
    return table_node(f"{segmentation_node.GetName()} measurements", measurement_columns(measured, masks))


def extract_features(volume_node, segmentation_node, engine_name: str | None, progress: Progress):
    """Extract each segment's features; add a table, one row a feature, and a text of the findings to the scene.

    The checks are those of the command ``extract``, by the study's own protocol.

    Raises
    ------
    MaskError
        If a segment is smaller than the protocol or the recipe allows.
    """
    image, extractor = image_from_volume(volume_node), engine(engine_name)
    masks = masks_from_segmentation(segmentation_node, image, crop=True)
    extraction = extract_lesions(
        image,
        {name: mask.image for name, mask in masks.items()},
        case_id="case",
        recipe=load_recipe(),
        engine=extractor,
        protocol=load_protocol(),
        progress=progress,
    )
    name = segmentation_node.GetName()
    found = findings_text((*(finding for mask in masks.values() for finding in mask.findings), *extraction.findings))
    return table_node(f"{name} features", feature_columns(extraction.table)), text_node(f"{name} findings", found)
