"""Start a case from a CT file or DICOM folder."""

from pathlib import Path

from ABCImmunoResponseLib.case import Protocol
from ABCImmunoResponseLib.imaging.acquisition import check_acquisition
from ABCImmunoResponseLib.imaging.ct import as_int16, read_ct
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
) -> CaseFolder:
    """Create the case folder ``path`` from the CT at ``image``; what was found about it is in the case.

    The CT is stored as int16 HU. With ``reference`` the folder keeps the DICOM folder's place and hashes instead
    of a copy.

    Raises
    ------
    ImagingError
        If the CT cannot be read.
    CaseFolderError
        If the folder exists, cannot be written, or an id cannot be used.
    """
    ct = as_int16(read_ct(image, series_uid=series_uid))
    findings = (*ct.findings, *check_acquisition(ct.acquisition, protocol))
    return CaseFolder.create(
        path,
        case_id,
        ct.image,
        ct.acquisition,
        protocol,
        source=image if reference else None,
        findings=findings,
        actor=actor,
    )
