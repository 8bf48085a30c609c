"""The axial slice of a lesion as a radiologist looks at it: cropped, windowed, the right way round, with outlines.

A volume may be stored in any orientation; only here is it turned for the eye. Coordinates of a plate are millimetres
from its top left corner (the outer corner of the first pixel), x to the right and y down.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.errors import GeometryError
from ABCImmunoResponseLib.imaging.cropping import lattice_offset
from ABCImmunoResponseLib.recist.diameters import Measurement
from ABCImmunoResponseLib.report.optional import optional
from ABCImmunoResponseLib.report.view import Outline, Plate, Point, Window

SOFT_TISSUE = Window("soft tissue", 40.0, 400.0)
LUNG = Window("lung", -600.0, 1500.0)

_FIELD_MIN_MM = 90.0
_FIELD_PER_LESION = 1.8
_OVERVIEW_PIXELS = 256
_SCALE_BARS_MM = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
_LETTERS = ("L", "R"), ("P", "A"), ("S", "I")  # LPS: towards the positive end, towards the negative
_OBLIQUE = 0.2  # a second letter where the axis leans more than about 12 degrees towards another one


@dataclass(frozen=True, slots=True)
class Display:
    """How one slice of a volume is turned for display.

    ``right`` and ``down`` are the volume's axes (0 = i, 1 = j, 2 = k) that run to the right and down, ``flip_right``
    and ``flip_down`` whether they run against their index; ``letters`` name the left, right, top and bottom edge.
    """

    right: int
    down: int
    flip_right: bool
    flip_down: bool
    letters: tuple[str, str, str, str]

    @property
    def across(self) -> int:
        """The volume's axis that slices lie across."""
        return 3 - self.right - self.down


def display_of(image: sitk.Image, axis: int) -> Display:
    """Return how a slice across ``axis`` is shown by radiological convention.

    Patient's right is on the left of an axial or coronal slice, anterior on the left of a sagittal one; anterior is
    on top of an axial slice, superior on top of the others.
    """
    direction = np.array(image.GetDirection()).reshape(3, 3)
    normal = int(np.argmax(np.abs(direction[:, axis])))
    across = 1 if normal == 0 else 0
    right, down = sorted((n for n in range(3) if n != axis), key=lambda n: -abs(direction[across, n]))
    flip_right = bool(direction[across, right] < 0)
    to_right = -direction[:, right] if flip_right else direction[:, right]
    flip_down = bool(direction[1, down] < 0 if normal == 2 else direction[2, down] > 0)
    to_down = -direction[:, down] if flip_down else direction[:, down]
    letters = tuple(_letter(towards) for towards in (-to_right, to_right, -to_down, to_down))
    return Display(right, down, flip_right, flip_down, letters)


def _letter(towards: np.ndarray) -> str:
    order = sorted(range(3), key=lambda n: -abs(towards[n]))
    return "".join(_LETTERS[n][0 if towards[n] > 0 else 1] for n in order[:2] if abs(towards[n]) > _OBLIQUE)


def window_pixels(hu: np.ndarray, window: Window) -> np.ndarray:
    """Map HU to uint8 grey values by the linear VOI function of DICOM PS3.3, C.11.2.1.2.1."""
    grey = ((np.asarray(hu, np.float64) - (window.centre - 0.5)) / (window.width - 1.0) + 0.5) * 255.0
    return np.rint(np.clip(grey, 0.0, 255.0)).astype(np.uint8)


def make_plate(image: sitk.Image, masks: Mapping[str, sitk.Image], measurement: Measurement, window: Window) -> Plate:
    """Draw the slice of ``measurement`` with the outlines of ``masks`` on it.

    Parameters
    ----------
    image
        The CT.
    masks
        Delineations by whose they are ('a', 'b', 'consensus'), on the grid of ``image``, full or cropped; one that
        does not reach the field shown gets no outline.
    measurement
        The consensus lesion's diameters; their slice is shown, centred on the lesion.
    window
        The grey-scale window.

    Raises
    ------
    GeometryError
        If a mask is not on the image's grid.
    MissingDependencyError
        If matplotlib, with whose contour finder the outlines are traced, is not installed.
    """
    show = display_of(image, measurement.slice_axis)
    spacing = image.GetSpacing()
    step = np.array([spacing[show.right], spacing[show.down]])
    plane = _plane(image, measurement.slice_index, show)
    pixels = window_pixels(_turned(plane, show), window)
    shape = np.array(pixels.shape[::-1])
    drawn = {
        who: _turned(_mask_plane(mask, image, measurement.slice_index, show, plane.shape), show)
        for who, mask in masks.items()
    }
    lesion = drawn["consensus"]
    first, count = _crop(np.logical_or.reduce([mask for mask in drawn.values() if (mask & lesion).any()]), step)
    window_x, window_y = (slice(int(start), int(start + n)) for start, n in zip(first, count, strict=True))

    def place(points: np.ndarray) -> np.ndarray:
        """Bring pixel positions of the turned slice (x, y; pixel centres are whole numbers) to mm of the plate."""
        return (np.asarray(points) - first + 0.5) * step

    def segment(ends) -> tuple[Point, Point]:
        index = np.array([image.TransformPhysicalPointToContinuousIndex(end) for end in ends])
        index = index[:, [show.right, show.down]]
        turned = np.where([show.flip_right, show.flip_down], shape - 1 - index, index)
        return tuple(tuple(map(float, point)) for point in place(turned))

    size = count * step
    stride = max(1, -(-int(shape.max()) // _OVERVIEW_PIXELS))
    overview = _thinned(pixels, stride)
    return Plate(
        pixels=pixels[window_y, window_x],
        width_mm=float(size[0]),
        height_mm=float(size[1]),
        window=window,
        letters=show.letters,
        outlines=tuple(
            Outline(who, tuple(map(place, _rings(mask))))
            for who, mask in drawn.items()
            if mask[window_y, window_x].any()
        ),
        longest=segment(measurement.endpoints_lps_mm),
        short=segment(measurement.short_axis_endpoints_lps_mm),
        scale_bar_mm=max(bar for bar in _SCALE_BARS_MM if bar <= max(size[0] / 3, _SCALE_BARS_MM[0])),
        overview=overview,
        overview_mm=tuple(map(float, np.array(overview.shape[::-1]) * stride * step)),
        overview_box=(*map(float, first * step), *map(float, size)),
    )


def _plane(volume: sitk.Image, index: int, show: Display) -> np.ndarray:
    """Return a slice as it is stored; its axes are the two others in the order k, j, i."""
    return np.take(sitk.GetArrayViewFromImage(volume), index, axis=2 - show.across)


def _mask_plane(mask: sitk.Image, image: sitk.Image, index: int, show: Display, shape: tuple[int, int]) -> np.ndarray:
    """Return where a full or cropped mask is set in the slice ``index`` of the image, shaped as that slice."""
    start = lattice_offset(mask, image)
    if isinstance(start, str):
        raise GeometryError(f"An outline is not on the image's grid ({start}); read it for this image.")
    plane = np.zeros(shape, bool)
    own = index - start[show.across]
    if 0 <= own < mask.GetSize()[show.across]:
        drawn = _plane(mask, own, show) > 0
        corner = np.delete(start[::-1], 2 - show.across)
        plane[tuple(slice(s, s + n) for s, n in zip(corner, drawn.shape, strict=True))] = drawn
    return plane


def _turned(plane: np.ndarray, show: Display) -> np.ndarray:
    """Return a stored slice turned for display: rows run down, columns to the right."""
    plane = plane.T if show.right > show.down else plane
    return plane[:: -1 if show.flip_down else 1, :: -1 if show.flip_right else 1]


def _crop(lesion: np.ndarray, step: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return first pixel and number of pixels (x, y) of a square field around the lesion, kept inside the slice."""
    extents = [np.flatnonzero(lesion.any(axis=axis))[[0, -1]] for axis in (0, 1)]
    start, end = np.array(extents).T
    field = max(_FIELD_MIN_MM, _FIELD_PER_LESION * float(((end - start + 1) * step).max()))
    shape = np.array(lesion.shape[::-1])
    count = np.minimum(np.ceil(field / step).astype(int), shape)
    first = np.rint((start + end - count + 1) / 2).astype(int)
    return np.clip(first, 0, shape - count), count


def _rings(mask: np.ndarray) -> list[np.ndarray]:
    """Return the closed rings, (n, 2) of (x, y) in pixels, that lie half-way between pixels in and out of the mask."""
    contour_generator = optional("contourpy").contour_generator
    return [ring - 1.0 for ring in contour_generator(z=np.pad(mask.astype(np.float64), 1)).lines(0.5)]


def _thinned(pixels: np.ndarray, stride: int) -> np.ndarray:
    """Return the picture averaged over blocks of ``stride`` by ``stride`` pixels; incomplete blocks are dropped."""
    rows, columns = (n // stride for n in pixels.shape)
    blocks = pixels[: rows * stride, : columns * stride].reshape(rows, stride, columns, stride)
    return np.rint(blocks.mean(axis=(1, 3))).astype(np.uint8)
