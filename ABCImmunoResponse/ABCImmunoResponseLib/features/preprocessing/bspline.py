"""Cubic B-spline interpolation of a box of a CT, with the bits that ITK gets from the whole CT.

The method is M. Unser's ("Splines: a perfect fit for signal and image processing", IEEE Signal Process Mag
1999;16(6):22-38), the order of operations that of ITK (BSplineDecompositionImageFilter, then
BSplineInterpolateImageFunction), which pyradiomics uses: a recursive filter, forwards and backwards along x, then y,
then z, turns voxels into coefficients, in double precision and with mirrored borders; a value is the sum of 4 x 4 x 4
coefficients times the product of their weights along x, y and z.

Why to the bit: pyradiomics truncates values to the image's pixel type, and a value that is 42 HU but for rounding
noise becomes 42 or 41. In an image with 3 mm slices a third of the 1 mm samples lie on voxels, where this happens.

Why a box is enough: the filter forgets where it started as 0.268^n. After 28 samples the difference is about one part
in 2^53, and the chance that the last bit still differs falls by the same factor with every further sample: see
``MARGIN``. Where the box touches the image's border it ends there, and the filter starts as ITK's does. Constant voxels
(air that a scanner clips, a phantom) are the exception: along them the last bit may alternate for ever, in step with
where they begin, so that the margin must begin in step with them or reach beyond them: see :func:`_surroundings`.

Where the bits are not ITK's: on ARM, whose compilers fuse multiplications with additions inside ITK (here the numbers
are the same on every machine), and along an axis of exactly two voxels, where ITK's mirror points before the image and
it reads memory that is not the image's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ABCImmunoResponseLib.features.kernels.interface import Kernels

# Voxels around the box. Of 300 000 lines (noise of 300 HU, soft tissue in whole HU, jumps to air) coefficients
# differed with a margin of 24 in all (by 2e-11 HU at most), of 28 in half, 32 in 0.5 %, 36 in 3 of 100 000, 40 in none.
MARGIN = 40
_FORGOTTEN = 28  # samples after which only the last bit can differ
_CHANGES = 6  # changes of value that it then takes, at least, for the last bits to meet (but in 4 of 10 000 lines)

_LINES_AT_ONCE = 250_000  # samples of a slab of slices (2 MB), which stay in the processor's cache between passes
_POINTS_AT_ONCE = 16_000

Range = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Spline:
    """Coefficients (K, J, I) of a box of an image, and the index (k, j, i) of the first in the image.

    Beyond the image's border the coefficients are mirrored, so that the first may lie at -2.
    """

    coefficients: np.ndarray
    start: tuple[int, int, int]


def support(low: float, high: float, size: int) -> Range:
    """Return the first and the one past the last coefficient that points between two continuous indices may need.

    Parameters
    ----------
    low, high : float
        The points' least and largest continuous index along one axis, not closer than 0.01 voxel.
    size : int
        Voxels of the whole image along this axis; points outside of them need nothing.
    """
    return max(int(np.floor(low - 0.01)) - 1, -2), min(int(np.floor(high + 0.01)) + 3, size + 2)


def fit(voxels: np.ndarray, ranges: Sequence[Range], kernels: Kernels) -> Spline:
    """Return the spline through the voxels of an image within a box.

    Parameters
    ----------
    voxels : numpy.ndarray, shape (K, J, I)
        The whole image, of any real type; only the box and ``MARGIN`` voxels around it are read, or more where it is
        constant.
    ranges : three of (first, one past the last)
        The box (k, j, i); see :func:`support`.
    """
    wanted = [_mirrored(np.arange(*ends), size) for ends, size in zip(ranges, voxels.shape, strict=True)]
    inner = [slice(int(places.min()), int(places.max()) + 1) for places in wanted]
    coefficients = _box_coefficients(voxels, inner, kernels)
    for axis, (places, box) in enumerate(zip(wanted, inner, strict=True)):
        if len(places) != box.stop - box.start:
            coefficients = np.take(coefficients, places - box.start, axis=axis)
    return Spline(np.ascontiguousarray(coefficients), tuple(first for first, _ in ranges))


def values(spline: Spline, at: tuple[np.ndarray, np.ndarray, np.ndarray], kernels: Kernels) -> np.ndarray:
    """Return the spline's values at continuous indices (k, j, i) of the image, float64.

    Parameters
    ----------
    at : three numpy.ndarray, float64
        They broadcast to the shape of the result, have 3 axes each, and lie within the box of the spline.
    """
    shape = np.broadcast_shapes(*(x.shape for x in at))
    result = np.empty(shape)
    step = max(1, _POINTS_AT_ONCE // max(1, shape[1] * shape[2]))
    for k in range(0, shape[0], step):
        part = [x[k : k + step] if len(x) > 1 else x for x in at]
        first = [_first_coefficient(x) for x in part]
        weights = tuple(_weights(x - (n + 1)) for x, n in zip(part, first, strict=True))
        within = tuple(n - start for n, start in zip(first, spline.start, strict=True))
        result[k : k + step] = kernels.spline_values(spline.coefficients, within, weights)
    return result


def _box_coefficients(voxels: np.ndarray, inner: Sequence[slice], kernels: Kernels) -> np.ndarray:
    """Return the coefficients of a box, from the box and its margin.

    Slabs of slices go through the first two passes one by one, and only the columns and rows of the box are kept of
    each pass, so that of the margin's coefficients there are never more than those along the slices.
    """
    outer = _surroundings(voxels, inner)
    crop = voxels[tuple(outer)]
    slices, rows, columns = crop.shape
    k, j, i = (slice(s.start - o.start, s.stop - o.start) for s, o in zip(inner, outer, strict=True))
    result = np.empty((slices, j.stop - j.start, i.stop - i.start))
    step = max(1, _LINES_AT_ONCE // (rows * columns))
    for first in range(0, slices, step):
        slab = crop[first : first + step]
        lines = np.ascontiguousarray(slab.transpose(2, 0, 1), dtype=np.float64)
        kernels.spline_coefficients(lines.reshape(columns, -1))
        lines = np.ascontiguousarray(lines[i].transpose(2, 1, 0))
        kernels.spline_coefficients(lines.reshape(rows, -1))
        result[first : first + step] = lines[j].transpose(1, 0, 2)
    kernels.spline_coefficients(result.reshape(slices, -1))
    return result[k]


def _surroundings(voxels: np.ndarray, inner: Sequence[slice]) -> list[slice]:
    """Return the box with its margin, doubled on sides where a line through or near the box changes too little.

    Lines that are constant from the image's border on need no more: the margin begins an even number of voxels from
    it, so that the last bit alternates in step.
    """
    margins = np.full((3, 2), MARGIN)
    while True:
        outer = [
            slice(max((box.start - before) // 2 * 2, 0), size - max((size - box.stop - after) // 2 * 2, 0))
            for box, size, (before, after) in zip(inner, voxels.shape, margins.tolist(), strict=True)
        ]
        short = [
            (axis, side)
            for axis, side in np.ndindex(3, 2)
            if (begin := outer[axis].start if side == 0 else voxels.shape[axis] - outer[axis].stop)
            and _undecided(voxels, inner, margins, axis, side, begin + _FORGOTTEN)
        ]
        if not short:
            return outer
        for each in short:
            margins[each] *= 2


def _undecided(
    voxels: np.ndarray, inner: Sequence[slice], margins: np.ndarray, axis: int, side: int, begin: int
) -> bool:
    """Return whether a line along ``axis`` that reaches the box from one side may do so with another last bit.

    It may if it changes too little from its sample ``begin`` on, and something before made it change. Passes along x
    and y spread changes to neighbouring lines before those along y and z see them.
    """
    if (_changes(_lines(voxels, inner, margins, axis, side, MARGIN - _FORGOTTEN)[begin:]) >= _CHANGES).all():
        return False
    from scipy.ndimage import maximum_filter1d  # rarely needed, and not free to import

    lines = _lines(voxels, inner, margins, axis, side, _FORGOTTEN)
    late, early = _changes(lines[begin:]), _changes(lines[: begin + MARGIN - _FORGOTTEN])
    for across in {0: (0, 1), 1: (1,), 2: ()}[axis]:
        late = maximum_filter1d(late, 2 * (_FORGOTTEN - 8) + 1, axis=across, mode="nearest")
        early = maximum_filter1d(early, 2 * _FORGOTTEN + 1, axis=across, mode="nearest")
    return bool(((late < _CHANGES) & (early > 0)).any())


def _lines(
    voxels: np.ndarray, inner: Sequence[slice], margins: np.ndarray, axis: int, side: int, near: int
) -> np.ndarray:
    """Return the lines (samples, ...) from the image's border to the box, through the box or ``near`` it.

    Where constant voxels made a margin longer, a last bit is carried along all of it: then all of it is near.
    """
    reach = np.where(margins > MARGIN, margins, near).tolist()
    window = [slice(max(box.start - a, 0), box.stop + b) for box, (a, b) in zip(inner, reach, strict=True)]
    window[axis] = slice(0, inner[axis].start) if side == 0 else slice(None, inner[axis].stop - 1, -1)
    return np.moveaxis(voxels[tuple(window)], axis, 0)


def _changes(lines: np.ndarray) -> np.ndarray:
    """Return how often each line (samples, ...) changes its value."""
    return (lines[1:] != lines[:-1]).sum(axis=0, dtype=np.int32)


def _first_coefficient(x: np.ndarray) -> np.ndarray:
    """Return the index of the first of the four coefficients of points; ITK looks for it in single precision."""
    return np.floor(x.astype(np.float32)).astype(np.int64) - 1


def _weights(w: np.ndarray) -> np.ndarray:
    """Return the weights (4, ...) of the four coefficients of points ``w`` voxels past the second, by ITK's formula."""
    last = 1.0 / 6.0 * w * w * w
    first = 1.0 / 6.0 + 0.5 * w * (w - 1.0) - last
    third = w + first - 2.0 * last
    return np.stack([first, 1.0 - first - third - last, third, last])


def _mirrored(places: np.ndarray, size: int) -> np.ndarray:
    """Return which voxel stands for each place, some of which lie beyond the image's border."""
    if size == 1:
        return np.zeros_like(places)
    period = 2 * (size - 1)
    places = places % period
    return np.minimum(places, period - places)
