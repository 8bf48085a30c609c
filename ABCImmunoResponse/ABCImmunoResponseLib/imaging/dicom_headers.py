"""The DICOM files of a folder, by their headers alone: pixel data are located, never read, and no patient
identity is taken in."""

import os
import stat
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pydicom.dataset import Dataset
from pydicom.filereader import read_partial
from pydicom.tag import Tag

from ABCImmunoResponseLib.errors import ImagingError
from ABCImmunoResponseLib.imaging.dicom_values import DICOM_FAULTS, number, text
from ABCImmunoResponseLib.imaging.itk import one_line, openable, shown

_NAMES = (
    "SOPClassUID",
    "SOPInstanceUID",
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
    "Modality",
    "ImageType",
    "Manufacturer",
    "ManufacturerModelName",
    "KVP",
    "ConvolutionKernel",
    "SliceThickness",
    "ContrastBolusAgent",
    "ContrastBolusAgentSequence",
    "ContrastBolusVolume",
    "ContrastBolusTotalDose",
    "ContrastBolusRoute",
    "ContrastBolusStartTime",
    "StudyDate",
    "AcquisitionDate",
    "SeriesDate",
    "ContentDate",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "Rows",
    "Columns",
    "NumberOfFrames",
    "SamplesPerPixel",
    "BitsAllocated",
    "BitsStored",
    "PixelRepresentation",
    "RescaleSlope",
    "RescaleIntercept",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
)
_TAGS = [Tag(name) for name in _NAMES]
_PIXEL_DATA = {0x7FE00008, 0x7FE00009, 0x7FE00010}  # float, double and integer pixel data
_UNDEFINED_LENGTH = 0xFFFFFFFF
_DICOM_SUFFIXES = {".dcm", ".dicom", ".ima"}
_MEDIA_DIRECTORY = "1.2.840.10008.1.3.10"


@dataclass(frozen=True)
class Header:
    """One DICOM file: where it is, its needed elements, and the length of its pixel data in bytes.

    ``pixel_bytes`` is None without pixel data and -1 where they are encapsulated (compressed).
    """

    path: Path
    dataset: Dataset
    pixel_bytes: int | None

    @property
    def series_uid(self) -> str | None:
        """The series this file belongs to."""
        return text(self.dataset, "SeriesInstanceUID")

    @property
    def modality(self) -> str | None:
        """The modality as written, in upper case."""
        value = text(self.dataset, "Modality")
        return value.upper() if value else None

    @property
    def sop_class(self) -> str | None:
        """The SOP class UID, of the data set or, failing that, of the file's own header."""
        return text(self.dataset, "SOPClassUID") or text(self.dataset.file_meta, "MediaStorageSOPClassUID")


def walk(folder: Path) -> Iterator[Path]:
    """Yield every regular file below ``folder`` in a fixed order; links to folders are not followed.

    Raises
    ------
    ImagingError
        If the folder or one below it cannot be listed, or a slice is a link to nothing.
    """

    def refuse(cause: OSError) -> None:
        raise ImagingError(f"{shown(folder)} cannot be listed ({cause.strerror}).") from cause

    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders.sort()
        for name in sorted(names):
            path = Path(parent) / name
            try:
                regular = stat.S_ISREG(path.stat().st_mode)  # a pipe would be waited for without end
            except OSError as cause:
                if path.suffix.lower() in _DICOM_SUFFIXES:
                    raise ImagingError(f"{shown(path)} cannot be read: what it links to is gone.") from cause
                continue
            if regular:
                yield path


def is_dicom(path: Path) -> bool:
    """Return whether a file begins as DICOM does: with the mark of Part 10, or at once with a first group.

    Raises
    ------
    ImagingError
        If the file cannot be read.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(132)
    except OSError as cause:
        raise ImagingError(f"{shown(path)} cannot be read ({cause.strerror}).") from cause
    if head[128:] == b"DICM":
        return True
    # Old files lack the preamble: group 0002 or 0008, little endian, with a small element number.
    return len(head) >= 8 and head[:2] in (b"\x02\x00", b"\x08\x00") and head[3] == 0 and head[2] < 0x20


def read_header(path: Path) -> Header:
    """Read the header of one DICOM file.

    Raises
    ------
    ImagingError
        If the file is damaged: unreadable, ending inside its header or inside its pixel data.
    """
    openable(path)
    pixels: dict[str, int] = {}

    def at_pixels(tag: int, vr: str | None, length: int) -> bool:
        if int(tag) in _PIXEL_DATA:
            pixels.update(length=length, preface=8 if vr is None else 12)  # explicit VR takes four bytes more
        return bool(pixels)

    try:
        with path.open("rb") as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom's remarks on values that break the standard
            dataset = read_partial(stream, stop_when=at_pixels, force=True, specific_tags=_TAGS)
            deflated = str(dataset.file_meta.get("TransferSyntaxUID", "")) == "1.2.840.10008.1.2.1.99"
            # pydicom has stepped back to the start of the pixel element.
            left, whole = 0, True
            if pixels and not deflated:
                start = stream.tell() + pixels["preface"]
                left = path.stat().st_size - start
                whole = pixels["length"] != _UNDEFINED_LENGTH or _fragments_end(stream, start)
            header = Header(path, dataset, None)
            header.sop_class, header.series_uid, header.modality  # noqa: B018 - decode now, under the guard
    except DICOM_FAULTS as cause:
        raise ImagingError(f"{shown(path)} is a damaged DICOM file ({one_line(cause)}); copy it again.") from cause
    if header.sop_class is None or (header.series_uid is None and header.sop_class != _MEDIA_DIRECTORY):
        raise ImagingError(f"{shown(path)} is a damaged DICOM file (its header names no series); copy it again.")
    if not pixels:
        return header
    length = pixels["length"]
    if not whole:
        raise ImagingError(f"{shown(path)} is truncated: its compressed pixels do not end; copy it again.")
    if length == _UNDEFINED_LENGTH:
        return Header(path, dataset, -1)
    if length > left and not deflated:
        raise ImagingError(f"{shown(path)} is truncated: {length} bytes of pixels announced, {max(left, 0)} present.")
    return Header(path, dataset, length)


def _fragments_end(stream: BinaryIO, start: int) -> bool:
    """Return whether the fragments of compressed pixels from ``start`` run to their end mark (PS3.5 A.4).

    GDCM searches a truncated stream for seconds.
    """
    stream.seek(start)
    while len(head := stream.read(8)) == 8:
        tag, length = head[:4], int.from_bytes(head[4:], "little")
        if tag != b"\xfe\xff\x00\xe0":
            return tag == b"\xfe\xff\xdd\xe0"
        stream.seek(length, 1)
    return False


def scan(folder: Path) -> list[Header]:
    """Read the headers of every DICOM file below ``folder``; other files are ignored.

    Raises
    ------
    ImagingError
        If the folder is none, a file is damaged, or one that is named as DICOM is not.
    """
    if not folder.is_dir():
        raise ImagingError(f"{shown(folder)} is not a folder.")
    headers = []
    for path in walk(folder):
        if is_dicom(path):
            header = read_header(path)
            if header.sop_class != _MEDIA_DIRECTORY:  # DICOMDIR lists files, it is no image
                headers.append(header)
        elif path.suffix.lower() in _DICOM_SUFFIXES:
            raise ImagingError(f"{shown(path)} is named as DICOM but is not (damaged or empty?); copy it again.")
    if not headers:
        raise ImagingError(f"{shown(folder)} holds no DICOM file; choose the folder of a CT series.")
    return headers


def frames_of(header: Header) -> int:
    """Return how many frames a file announces; 1 where it says nothing."""
    return int(number(header.dataset, "NumberOfFrames") or 1)
