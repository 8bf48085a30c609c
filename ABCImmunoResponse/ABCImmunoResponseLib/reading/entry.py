"""How a CT and a reader's masks come into a case, with all that was found on the way recorded."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from ABCImmunoResponseLib.case import Finding, Lesion, Protocol
from ABCImmunoResponseLib.errors import MaskError
from ABCImmunoResponseLib.imaging.acquisition import check_acquisition
from ABCImmunoResponseLib.imaging.ct import CTImage, as_int16, read_ct
from ABCImmunoResponseLib.imaging.itk import printable
from ABCImmunoResponseLib.imaging.masks import Mask
from ABCImmunoResponseLib.reading.case_folder import CaseFolder


def new_case(
    path: Path,
    image: Path,
    *,
    case_id: str,
    protocol: Protocol,
    actor: str,
    series_uid: str | None = None,
    reference: bool = False,
    treatment_start: date | None = None,
) -> CaseFolder:
    """Create the case folder ``path`` from the CT at ``image``; see :func:`start_case`.

    With ``reference`` the folder keeps the DICOM folder's place and hashes instead of a copy.

    Raises
    ------
    ImagingError
        If the CT cannot be read.
    """
    ct = read_ct(image, series_uid=series_uid)
    return start_case(
        path,
        ct,
        case_id=case_id,
        protocol=protocol,
        actor=actor,
        source=image if reference else None,
        treatment_start=treatment_start,
    )


def start_case(
    path: Path,
    ct: CTImage,
    *,
    case_id: str,
    protocol: Protocol,
    actor: str,
    source: Path | None = None,
    treatment_start: date | None = None,
) -> CaseFolder:
    """Create the case folder ``path`` with a CT, as int16 HU; what was found about it is in the case.

    ``treatment_start``, where known, is compared with the CT's date; see
    :func:`~ABCImmunoResponseLib.imaging.acquisition.check_acquisition`.

    Raises
    ------
    ImagingError
        If its values do not fit int16.
    CaseFolderError
        If the folder is not empty, cannot be written, or an id cannot be used.
    """
    ct = as_int16(ct)
    findings = (*ct.findings, *check_acquisition(ct.acquisition, protocol, treatment_start))
    return CaseFolder.create(
        path, case_id, ct.image, ct.acquisition, protocol, source=source, findings=findings, actor=actor
    )


def save_masks(
    folder: CaseFolder, reader: str, lesions: Sequence[Lesion], masks: Sequence[Mask]
) -> tuple[Finding, ...]:
    """Save a reader's lesions, each the mask of its id, and return what was found.

    What placing the masks on the CT's grid changed is recorded with the read. Masks of no lesion are left out.

    Raises
    ------
    MaskError
        If a lesion has no mask, or several of its name.
    StateError, CaseFolderError
        As :meth:`CaseFolder.save_read`.
    """
    names = Counter(mask.name for mask in masks)
    for lesion in lesions:
        if names[lesion.lesion_id] != 1:
            count = "several segments" if names[lesion.lesion_id] else "no segment"
            known = ", ".join(printable(name, 64) for name in names) or "none"
            raise MaskError(f"There is {count} of the name {lesion.lesion_id}; there are: {known}.")
    chosen = {mask.name: mask for mask in masks if mask.name in {lesion.lesion_id for lesion in lesions}}
    placed = [replace(finding, lesion=name) for name, mask in chosen.items() for finding in mask.findings]
    folder.save_read(reader, lesions, {name: mask.image for name, mask in chosen.items()}, findings=placed)
    return next(read.findings for read in folder.reads if read.reader.casefold() == reader.casefold())
