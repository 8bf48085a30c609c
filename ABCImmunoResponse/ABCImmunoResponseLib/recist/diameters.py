"""Measure a lesion as a radiologist does: longest axial diameter, short axis, slice, volume."""

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.recist.calipers import longest_chord
from ABCImmunoResponseLib.recist.outline import outline_segments, outline_vertices
from ABCImmunoResponseLib.recist.regions import Region, region

_EPSILON_MM = 1e-9  # rounding of projected coordinates; far below any pixel
_CHUNK = 4096

LpsPoint = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Measurement:
    """The size of one lesion.

    Attributes
    ----------
    longest_diameter_mm
        Largest distance between two points of the lesion's outline in one axial slice.
    short_axis_mm
        Longest extent perpendicular to that diameter in the same slice.
    volume_mm3
        Number of voxels times the volume of one.
    slice_index
        The slice, as index along ``slice_axis``.
    endpoints_lps_mm, short_axis_endpoints_lps_mm
        The two ends of each, on the outline, LPS mm.
    n_voxels
        Number of voxels of the lesion.
    slice_axis
        The image axis that axial slices lie across: 0, 1 or 2 for i, j or k.
    """

    longest_diameter_mm: float
    short_axis_mm: float
    volume_mm3: float
    slice_index: int
    endpoints_lps_mm: tuple[LpsPoint, LpsPoint]
    short_axis_endpoints_lps_mm: tuple[LpsPoint, LpsPoint]
    n_voxels: int
    slice_axis: int = 2


def axial_axis(image: sitk.Image) -> int:
    """Return the image axis (0, 1 or 2 for i, j or k) closest to the patient's long axis (LPS z).

    Slices across it are the axial ones, whether the volume is stored axially, sagittally or with a tilted gantry.
    Of two equally close axes the later one is taken.
    """
    along_z = np.abs(np.array(image.GetDirection()).reshape(3, 3)[2]).round(6)
    return 2 - int(along_z[::-1].argmax())


def measure(mask: sitk.Image, image: sitk.Image | None = None) -> Measurement:
    """Measure the lesion that is not zero in ``mask``.

    In every axial slice (:func:`axial_axis`) the outline is the 0.5 iso-contour of the mask: its vertices lie
    midway between an inside and an outside pixel centre, and what lies beyond the image is outside. The longest
    diameter is the largest distance between two vertices of one slice, in mm on the physical pixel grid; of equally
    long ones that in the lowest slice. pyradiomics' ``Maximum2DDiameterSlice`` of a mask that has not been resampled
    is the same, or longer where it pairs mesh vertices that lie between two slices. The short axis is the longest
    extent perpendicular to it, from outline to outline; of equally long ones that nearest to the middle of the
    diameter. A lesion in several pieces is measured across them.

    Parameters
    ----------
    mask
        uint8 volume.
    image
        The image that it lies on. Needed for a cropped mask (``imaging.cropping``) only: the slice is counted in it.

    Raises
    ------
    MaskError
        If the mask is empty or no volume.
    GeometryError
        If its axes are not perpendicular, or it is not on the image's grid.
    """
    return measure_region(region(mask, image=image))


def measure_region(lesion: Region) -> Measurement:
    """Measure a lesion that has been cut out already; see :func:`measure`."""
    axis = axial_axis(lesion.image)
    across = 2 - axis  # the same axis, counted k, j, i
    slices = np.moveaxis(lesion.voxels, across, 0)
    spacing = np.delete(lesion.spacing, across)
    number, ends = _longest_diameter(slices, spacing)
    short = _short_axis(slices[number], ends * spacing / 2, spacing) / spacing

    def to_lps(point: np.ndarray) -> LpsPoint:
        index = np.insert(point, across, number) + lesion.start
        return lesion.image.TransformContinuousIndexToPhysicalPoint(index[::-1].tolist())

    return Measurement(
        longest_diameter_mm=_length(ends * spacing / 2),
        short_axis_mm=_length(short * spacing),
        volume_mm3=lesion.volume_mm3,
        slice_index=lesion.start[across] + number,
        endpoints_lps_mm=(to_lps(ends[0] / 2), to_lps(ends[1] / 2)),
        short_axis_endpoints_lps_mm=(to_lps(short[0]), to_lps(short[1])),
        n_voxels=lesion.n_voxels,
        slice_axis=axis,
    )


def _length(ends: np.ndarray) -> float:
    return float(np.sqrt(np.square(ends[1] - ends[0]).sum()))


def _longest_diameter(slices: np.ndarray, spacing: np.ndarray) -> tuple[int, np.ndarray]:
    """Return the slice of the longest diameter and its ends (2, 2) in twice the pixel index."""
    longest, found = 0.0, None
    for number, pixels in enumerate(slices):
        if not pixels.any():
            continue
        box = np.array([np.ptp(np.flatnonzero(pixels.any(axis=axis))) + 1 for axis in (1, 0)])
        if 2 * np.sqrt(np.square(box * spacing).sum()) <= longest:
            continue  # the bounding box is too small to hold a longer one
        length, ends = longest_chord(outline_vertices(pixels), tuple(spacing))
        if length > longest:
            longest, found = length, (number, ends)
    return found


def _short_axis(pixels: np.ndarray, ends: np.ndarray, spacing: np.ndarray) -> np.ndarray:
    """Return the ends (2, 2) in mm of the longest extent perpendicular to the diameter ``ends`` (2, 2) in mm.

    The height of the outline's upper and lower envelope over the diameter is piecewise linear between vertices and
    their difference convex, so the longest extent stands over a vertex: only there it is evaluated.
    """
    along = (ends[1] - ends[0]) / _length(ends)
    upwards = np.array([-along[1], along[0]])
    segments = outline_segments(pixels) * spacing / 2
    x, y = segments @ along, segments @ upwards
    # Every vertex also counts as a segment of no length: that keeps the ends of pieces that stand upright.
    x = np.concatenate([x, np.repeat(x.reshape(-1, 1), 2, axis=1)])
    y = np.concatenate([y, np.repeat(y.reshape(-1, 1), 2, axis=1)])
    stations = np.unique(x)
    top, bottom = np.full(len(stations), -np.inf), np.full(len(stations), np.inf)
    for start in range(0, len(x), _CHUNK):
        _raise_envelope(x[start : start + _CHUNK], y[start : start + _CHUNK], stations, top, bottom)
    extent = top - bottom
    longest = np.flatnonzero(extent >= extent.max() - _EPSILON_MM)
    best = longest[np.abs(stations[longest] - (ends @ along).mean()).round(9).argmin()]
    return stations[best] * along + np.outer([bottom[best], top[best]], upwards)


def _raise_envelope(x, y, stations, top, bottom) -> None:
    """Widen ``top`` and ``bottom`` at ``stations`` by segments with the ends ``x``, ``y`` (n, 2)."""
    first = np.searchsorted(stations, x.min(axis=1) - _EPSILON_MM, "left")
    counts = np.searchsorted(stations, x.max(axis=1) + _EPSILON_MM, "right") - first
    segment = np.repeat(np.arange(len(x)), counts)
    station = np.arange(len(segment)) - np.repeat(np.cumsum(counts) - counts - first, counts)
    run = x[segment, 1] - x[segment, 0]
    upright = np.abs(run) <= _EPSILON_MM
    share = np.where(upright, 0.0, (stations[station] - x[segment, 0]) / np.where(upright, 1.0, run)).clip(0, 1)
    height = y[segment, 0] + share * (y[segment, 1] - y[segment, 0])
    np.maximum.at(top, station, height)
    np.minimum.at(bottom, station, height)
