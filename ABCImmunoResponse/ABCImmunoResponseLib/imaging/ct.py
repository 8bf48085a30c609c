"""Read a CT, whatever file it comes in."""

from dataclasses import dataclass, replace
from pathlib import Path

import SimpleITK as sitk

from ABCImmunoResponseLib.case import Acquisition, Finding
from ABCImmunoResponseLib.errors import ImagingError
from ABCImmunoResponseLib.imaging.dicom_headers import is_dicom, read_header
from ABCImmunoResponseLib.imaging.dicom_series import read_series
from ABCImmunoResponseLib.imaging.itk import printable, shown
from ABCImmunoResponseLib.imaging.pixels import check_values, to_int16
from ABCImmunoResponseLib.imaging.volume_file import check_file, is_folder, read_image, volume_suffix


@dataclass(frozen=True)
class CTImage:
    """A CT in memory: its image, how it was acquired, what is to be told about it, and where it came from."""

    image: sitk.Image
    acquisition: Acquisition
    findings: tuple[Finding, ...]
    source: str


def read_ct(path: Path, *, series_uid: str | None = None) -> CTImage:
    """Read a CT from a DICOM folder, one DICOM file (its series in its folder), NRRD, NIfTI or MetaImage.

    The pixel type of NRRD, NIfTI and MetaImage is kept; DICOM gives int16 HU, int32 where the values need it.

    Raises
    ------
    ImagingError
        If it cannot be read or is no CT volume; the message says what is wrong and what to do.
    """
    path = Path(path)
    folder = is_folder(path)
    if not folder:
        check_file(path)
        if volume_suffix(path) is None and is_dicom(path):
            series_uid = series_uid or read_header(path).series_uid
            path, folder = path.parent, True
    if folder:
        image, acquisition, findings, _ = read_series(path, series_uid)
    else:
        if series_uid is not None:
            raise ImagingError(f"{shown(path)} is no DICOM, so it has no series {printable(series_uid, 64)!r}.")
        image, findings = read_image(path)
        acquisition = Acquisition(spacing_mm=image.GetSpacing(), size=image.GetSize())
    return CTImage(image, acquisition, (*findings, *check_values(image)), str(path))


def as_int16(ct: CTImage) -> CTImage:
    """Return the CT with int16 voxels: exact where the values allow, else rounded with a finding.

    Raises
    ------
    ImagingError
        If values are not finite or do not fit int16.
    """
    image, findings = to_int16(ct.image)
    return replace(ct, image=image, findings=(*ct.findings, *findings))
