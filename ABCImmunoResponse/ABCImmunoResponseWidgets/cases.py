"""Cases whose CT and reads come from nodes of the scene."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ABCImmunoResponseLib.case import Finding, Lesion
from ABCImmunoResponseLib.clinical import ClinicalRecord, clinical_from_mapping, read_clinical
from ABCImmunoResponseLib.imaging.acquisition import check_acquisition
from ABCImmunoResponseLib.imaging.ct import as_int16
from ABCImmunoResponseLib.protocol import load_protocol
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseWidgets.segmentations import masks_from_segmentation
from ABCImmunoResponseWidgets.volumes import ct_from_volume


def create_case(path: Path, volume_node, case_id: str, actor: str) -> CaseFolder:
    """Create the case folder ``path`` from the CT of a volume node, stored as int16 HU.

    Raises
    ------
    ImagingError, GeometryError
        If the node cannot be used as a CT.
    CaseFolderError
        If the folder exists, cannot be written, or an id cannot be used.
    """
    protocol = load_protocol()
    ct = as_int16(ct_from_volume(volume_node))
    findings = (*ct.findings, *check_acquisition(ct.acquisition, protocol))
    return CaseFolder.create(
        path, case_id, ct.image, ct.acquisition, protocol, source=None, findings=findings, actor=actor
    )


def save_read(folder: CaseFolder, segmentation_node, reader: str, lesions: Sequence[Lesion]) -> tuple[Finding, ...]:
    """Save a reader's lesions, each the segment of its id; return what was found, the segments' grids included.

    Raises
    ------
    MaskError, GeometryError
        If a lesion has no segment or a segment cannot be used.
    ProtocolError, StateError
        If an organ is unknown, or the case does not take this read (any more).
    """
    masks = masks_from_segmentation(segmentation_node, folder.image(), [lesion.lesion_id for lesion in lesions])
    folder.save_read(reader, lesions, {name: mask.image for name, mask in masks.items()})
    placed = tuple(finding for mask in masks.values() for finding in mask.findings)
    return placed + next(read.findings for read in folder.reads if read.reader == reader)


def clinical_record(value: ClinicalRecord | Mapping[str, Any] | str | Path | None) -> ClinicalRecord | None:
    """Return clinical values given as a record, a mapping or the path of a JSON file; None stays None.

    Raises
    ------
    ClinicalError
        If they cannot be read, or a value is of the wrong type or range.
    """
    if value is None or isinstance(value, ClinicalRecord):
        return value
    return read_clinical(Path(value)) if isinstance(value, (str, Path)) else clinical_from_mapping(value)
