"""Read one CT series from a folder of DICOM files, or say exactly why it cannot be read."""

import itertools
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.case import Acquisition, Finding
from ABCImmunoResponseLib.errors import ImagingError
from ABCImmunoResponseLib.imaging.acquisition import acquisition_of
from ABCImmunoResponseLib.imaging.dicom_headers import Header, frames_of, scan
from ABCImmunoResponseLib.imaging.dicom_values import number, numbers, text
from ABCImmunoResponseLib.imaging.enhanced_ct import read_enhanced
from ABCImmunoResponseLib.imaging.geometry import FRAME_OF_REFERENCE, Grid
from ABCImmunoResponseLib.imaging.itk import one_line, printable, quiet, shown
from ABCImmunoResponseLib.imaging.pixels import join_slices
from ABCImmunoResponseLib.imaging.slice_stack import Slice, stack

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED_CT = frozenset({"1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2"})  # and legacy converted
_SLICES = 32  # that are decoded at a time: ITK's type for them may be twice as wide as the one they are kept in
_ELSEWHERE = "The decoder places the slices elsewhere than their headers; export the series again."
_DAMAGE = re.compile(r"JPEG data|Premature end|[Ff]ailed to decode|codeblock|Unsupported marker")


@dataclass(frozen=True, slots=True)
class SeriesInfo:
    """One series of a folder, in facts that name nobody. ``size`` is (columns, rows)."""

    uid: str
    modality: str | None
    n_slices: int
    slice_thickness_mm: float | None
    size: tuple[int, int] | None
    kernel: str | None
    is_ct: bool
    is_localizer: bool

    def __str__(self) -> str:
        thickness = f", {self.slice_thickness_mm:g} mm" if self.slice_thickness_mm is not None else ""
        kernel = f", kernel {self.kernel}" if self.kernel else ""
        return f"{self.uid} ({self.modality or 'no modality'}, {self.n_slices} slices{thickness}{kernel})"


def list_series(folder: Path) -> tuple[SeriesInfo, ...]:
    """List the series below ``folder``, CT first, larger first.

    Raises
    ------
    ImagingError
        If there is no DICOM file, or one is damaged.
    """
    return tuple(info for info, _ in _group(scan(Path(folder))))


def read_series(
    folder: Path, series_uid: str | None = None
) -> tuple[sitk.Image, Acquisition, tuple[Finding, ...], tuple[Path, ...]]:
    """Read one CT series; without ``series_uid`` the only one there is (localizers aside).

    Returns
    -------
    image
        int16 HU, or int32 where the values need it; carries the frame of reference UID and no other metadata.
    acquisition, findings
        Its facts, and what is to be told about it.
    files
        The files it was read from, in slice order.

    Raises
    ------
    ImagingError
        For anything that keeps the series from being one regular CT volume in HU; the message says what and where.
    """
    folder = Path(folder)
    headers = _choose(_group(scan(folder)), series_uid, folder)
    for header in headers:
        _check_image(header)
    if any(frames_of(header) > 1 or header.sop_class in ENHANCED_CT for header in headers):
        if len(headers) > 1:
            raise ImagingError("The series has several multi-frame files; export it as single-frame CT images.")
        image, thickness, findings = read_enhanced(headers[0])
    else:
        order, grid, findings = stack([_slice(header) for header in headers])
        headers = [headers[n] for n in order]
        image, more = _decode(headers, grid)
        findings = (*findings, *more)
        thickness = number(headers[0].dataset, "SliceThickness")
    frame = text(headers[0].dataset, "FrameOfReferenceUID")
    if frame:
        image.SetMetaData(FRAME_OF_REFERENCE, frame)
    acquisition = acquisition_of(headers[0].dataset, image.GetSpacing(), image.GetSize(), thickness)
    return image, acquisition, findings, tuple(header.path for header in headers)


def _group(headers: list[Header]) -> list[tuple[SeriesInfo, list[Header]]]:
    groups: dict[str, list[Header]] = defaultdict(list)
    for header in headers:
        groups[str(header.series_uid)].append(header)
    listed = [(_info(uid, members), members) for uid, members in groups.items()]
    return sorted(listed, key=lambda item: (not item[0].is_ct, item[0].is_localizer, -item[0].n_slices, item[0].uid))


def _info(uid: str, members: list[Header]) -> SeriesInfo:
    first = members[0].dataset
    modalities = {header.modality for header in members}
    rows, columns = number(first, "Rows"), number(first, "Columns")
    return SeriesInfo(
        uid=uid,
        modality="/".join(sorted(str(modality) for modality in modalities)) if modalities != {None} else None,
        n_slices=sum(frames_of(header) for header in members),
        slice_thickness_mm=number(first, "SliceThickness"),
        size=(int(columns), int(rows)) if rows and columns else None,
        kernel=text(first, "ConvolutionKernel"),
        is_ct=modalities == {"CT"} and all(h.sop_class == CT_IMAGE or h.sop_class in ENHANCED_CT for h in members),
        is_localizer=all("LOCALIZER" in (text(h.dataset, "ImageType") or "").upper() for h in members),
    )


def _choose(series: list[tuple[SeriesInfo, list[Header]]], uid: str | None, folder: Path) -> list[Header]:
    everything = "; ".join(str(info) for info, _ in series[:8]) + ("; ..." if len(series) > 8 else "")
    if uid is not None:
        for info, members in series:
            if info.uid == uid:
                if not info.is_ct:
                    raise ImagingError(f"Series {info} is not a CT image series.")
                return members
        raise ImagingError(f"{shown(folder)} holds no series {printable(uid, 64)!r}; it holds: {everything}.")
    candidates = [(info, members) for info, members in series if info.is_ct]
    if not candidates:
        raise ImagingError(f"{shown(folder)} holds no CT image series, but: {everything}.")
    volumes = [candidate for candidate in candidates if not candidate[0].is_localizer] or candidates
    if len(volumes) > 1:
        listed = "; ".join(str(info) for info, _ in volumes[:8]) + ("; ..." if len(volumes) > 8 else "")
        raise ImagingError(f"{shown(folder)} holds {len(volumes)} CT series; name one by its UID: {listed}.")
    return volumes[0][1]


def _check_image(header: Header) -> None:
    """Refuse a file without pixels, grey values or, single-frame, a rescale to HU."""
    name = shown(header.path)
    if header.pixel_bytes is None:
        raise ImagingError(f"{name} has no pixel data (truncated?); export the series again.")
    rows, columns, bits = (number(header.dataset, tag) for tag in ("Rows", "Columns", "BitsAllocated"))
    if not rows or not columns or not bits:
        raise ImagingError(f"{name} does not say its rows, columns or bits; export the series again.")
    if (number(header.dataset, "SamplesPerPixel") or 1) != 1:
        raise ImagingError(f"{name} is a colour image, not a CT slice.")
    needed = int(rows * columns * bits * frames_of(header)) // 8
    if 0 <= header.pixel_bytes < needed:
        raise ImagingError(f"{name} is truncated: it needs {needed} bytes of pixels and has {header.pixel_bytes}.")
    if header.sop_class == CT_IMAGE:
        slope = number(header.dataset, "RescaleSlope")
        if slope is None or number(header.dataset, "RescaleIntercept") is None:
            raise ImagingError(f"{name} has no rescale slope or intercept: its values cannot be turned into HU.")
        if slope == 0:
            raise ImagingError(f"{name} has a rescale slope of zero: its values cannot be turned into HU.")


def _slice(header: Header) -> Slice:
    values = {
        tag: numbers(header.dataset, tag, count)
        for tag, count in (("ImagePositionPatient", 3), ("ImageOrientationPatient", 6), ("PixelSpacing", 2))
    }
    for tag, value in values.items():
        if value is None:
            raise ImagingError(f"{shown(header.path)} has no valid {tag}: its place in the patient is unknown.")
    size = int(number(header.dataset, "Columns") or 0), int(number(header.dataset, "Rows") or 0)
    return Slice(shown(header.path), *values.values(), size)


def _decode(headers: list[Header], grid: Grid) -> tuple[sitk.Image, tuple[Finding, ...]]:
    """Let SimpleITK (GDCM) decode sorted slices, in a type that loses nothing, and turn them into integer HU."""
    encodings = {
        tuple(
            number(header.dataset, tag)
            for tag in ("RescaleSlope", "RescaleIntercept", "BitsAllocated", "BitsStored", "PixelRepresentation")
        )
        for header in headers
    }
    kind = None
    if len(encodings) > 1:  # else the first slice's type, chosen by ITK to hold its rescaled values, fits them all
        whole = all(float(value).is_integer() for encoding in encodings for value in encoding[:2])
        kind = sitk.sitkInt32 if whole else sitk.sitkFloat64
    ends = np.linspace(0, len(headers), -(-len(headers) // _SLICES) + 1).round().astype(int).tolist()
    places: list[Grid] = []

    def parts() -> Iterator[sitk.Image]:
        for start, stop in itertools.pairwise(ends):
            part = _decode_part(headers[start:stop], kind)
            places.append(Grid.of(part))
            if places[-1].size != (*grid.size[:2], stop - start):
                raise ImagingError(_ELSEWHERE)
            yield part

    image, findings = join_slices(parts(), grid)
    read, last = places[0].matrix(), places[-1]
    end = last.matrix() @ [0, 0, last.size[2] - 1, 1]
    read[:3, 2] = (end[:3] - read[:3, 3]) / (len(headers) - 1)
    if np.abs((read - grid.matrix()) @ grid.corners().T).max() > 0.02:
        raise ImagingError(_ELSEWHERE)
    return image, findings


def _decode_part(headers: list[Header], kind: int | None) -> sitk.Image:
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames([str(header.path) for header in headers])
    if kind is not None:
        reader.SetOutputPixelType(kind)
    try:
        with quiet() as printed:
            image = reader.Execute()
    except (RuntimeError, MemoryError) as cause:
        raise ImagingError(
            f"The pixels of series {headers[0].series_uid} cannot be decoded ({one_line(cause)}); "
            "export it again, uncompressed."
        ) from cause
    damage = next((line for line in printed if _DAMAGE.search(line)), None)
    if damage is not None:  # the decoder goes on with what it can make of the rest
        raise ImagingError(
            f"The pixels of series {headers[0].series_uid} are damaged ({printable(damage)}); copy it again."
        )
    return image
