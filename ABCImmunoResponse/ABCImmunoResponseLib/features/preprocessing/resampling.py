"""Image and masks on a lesion's grid: what pyradiomics makes of the whole CT, from the lesion's surroundings alone."""

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.errors import FeatureError
from ABCImmunoResponseLib.features.kernels.interface import Kernels
from ABCImmunoResponseLib.features.preprocessing import bspline
from ABCImmunoResponseLib.features.preprocessing.boxed_mask import BoxedMask
from ABCImmunoResponseLib.features.preprocessing.sampling_grid import SamplingGrid, continuous_indices, sampling_grid
from ABCImmunoResponseLib.features.recipe import Recipe
from ABCImmunoResponseLib.imaging.geometry import Grid

# A voxel half covered by the lesion belongs to it. Rounding puts such a voxel on either side of one half, depending on
# the image's origin (1e-12) or on a geometry stored in single precision (1e-5); this is more than either.
HALF = 0.5 - 1e-4

_POINTS_AT_ONCE = 100_000

_Points = tuple[np.ndarray, np.ndarray, np.ndarray]


class Resampler:
    """Resamples the image and the masks of one lesion.

    Parameters
    ----------
    image : sitk.Image
        The whole CT.
    masks : sequence of BoxedMask
        All the lesion's masks, as readers drew it: one spline is fitted to what they need together.
    recipe : Recipe
        Settings ``resampledPixelSpacing``, ``interpolator`` and ``padDistance``; ``rounding`` and
        ``mask_interpolation``.
    kernels : Kernels
    """

    def __init__(self, image: sitk.Image, masks: Sequence[BoxedMask], recipe: Recipe, kernels: Kernels) -> None:
        self._image, self._lattice = image, Grid.of(image)
        self._voxels = sitk.GetArrayViewFromImage(image)
        self._recipe, self._kernels = recipe, kernels
        self._spline: bspline.Spline | None = None
        grids = [sampling.grid for mask in masks if (sampling := sampling_grid(image, mask, recipe)).resampled]
        if grids and recipe.settings["interpolator"] == "sitkBSpline":
            with np.errstate(invalid="ignore", over="ignore"):  # of infinite voxels, which are refused later
                self._spline = bspline.fit(self._voxels, self._support(grids), kernels)

    def image_on(self, sampling: SamplingGrid) -> np.ndarray:
        """Return the image on the grid of one of the masks, shape (K, J, I).

        Voxels whose centre lies outside the image are 0.

        Returns
        -------
        numpy.ndarray
            Of the image's pixel type, truncated toward zero if it is an integer one (``rounding: truncate``), or
            whole HU as int32 (``rounding: nearest``).

        Raises
        ------
        FeatureError
            If the image is not finite where the values come from: a B-spline carries a NaN along.
        """
        whole = self._recipe.rounding == "nearest"
        if not sampling.resampled:
            values = _finite(self._voxels[_box(sampling)])
            return _whole_hu(values) if whole else values.copy()
        if self._spline is None:
            pixel_type = sitk.sitkFloat64 if whole else self._image.GetPixelID()
            values = _finite(self._resampled_by_itk(sampling.grid, pixel_type))
            return _whole_hu(values) if whole else values
        dtype, size = np.dtype(np.int32) if whole else self._voxels.dtype, self._voxels.shape
        result = np.empty(sampling.grid.size[::-1], dtype)
        for part, points in self._points(sampling.grid, slice(0, sampling.grid.size[2])):
            reachable = tuple(np.clip(x, -0.5, n - 0.5) for x, n in zip(points, size, strict=True))
            with np.errstate(invalid="ignore", over="ignore"):
                values = _finite(bspline.values(self._spline, reachable, self._kernels))
            inside = _inside(points, size)
            if not inside.all():
                values[np.broadcast_to(~inside, values.shape)] = 0.0
            result[part] = _whole_hu(values) if whole else _as_pixels(values, dtype)
        return result

    def mask_on(self, mask: BoxedMask, sampling: SamplingGrid) -> np.ndarray:
        """Return which voxels of a grid belong to a mask, shape (K, J, I), bool.

        By the nearest voxel (``mask_interpolation: nearest``), or where the 0/1 mask interpolated linearly is at
        least one half (``linear``, see ``HALF``). Voxels whose centre lies outside the image do not belong to it.
        """
        if not sampling.resampled:
            return _placed(mask, sampling)
        at = _nearest if self._recipe.mask_interpolation == "nearest" else _half_covered
        result = np.zeros(sampling.grid.size[::-1], bool)
        planes, rows, columns = self._reach(mask, sampling.grid)
        for part, points in self._points(sampling.grid, planes):
            near = tuple(_cut(x, rows, columns) for x in points)
            result[part, rows, columns] = at(mask, near, self._voxels.shape) & _inside(near, self._voxels.shape)
        return result

    def _support(self, grids: Sequence[Grid]) -> list[bspline.Range]:
        to_index = np.linalg.inv(self._lattice.matrix())
        corners = np.concatenate([(to_index @ grid.matrix() @ grid.corners().T)[:3] for grid in grids], axis=1)[::-1]
        return [
            bspline.support(low, high, size)
            for low, high, size in zip(corners.min(axis=1), corners.max(axis=1), self._voxels.shape, strict=True)
        ]

    def _reach(self, mask: BoxedMask, grid: Grid) -> tuple[slice, slice, slice]:
        """Return the part (k, j, i) of a grid that a mask can reach: most of the rest is padding around the lesion."""
        low = np.array(mask.start) - 1
        ends = zip(low[::-1], (low + mask.voxels.shape + 1)[::-1], strict=True)
        corners = np.array([(*corner, 1) for corner in itertools.product(*ends)])
        at = (np.linalg.inv(grid.matrix()) @ self._lattice.matrix() @ corners.T)[2::-1]
        first = np.clip(np.floor(at.min(axis=1)), 0, grid.size[::-1]).astype(int).tolist()
        last = np.clip(np.ceil(at.max(axis=1)) + 1, 0, grid.size[::-1]).astype(int).tolist()
        return tuple(map(slice, first, last))

    def _points(self, grid: Grid, planes: slice) -> Iterator[tuple[slice, _Points]]:
        """Yield slabs of some slices of a grid, and where their voxels lie in the image.

        In an oblique grid every voxel has its own three indices: of a large lesion's, all at once take too much memory.
        """
        step = max(1, _POINTS_AT_ONCE // (grid.size[0] * grid.size[1]))
        for first in range(planes.start, planes.stop, step):
            part = slice(first, min(first + step, planes.stop))
            yield part, continuous_indices(grid, self._lattice, range(part.start, part.stop))

    def _resampled_by_itk(self, grid: Grid, pixel_type: int) -> np.ndarray:
        """Return the image on a grid by another interpolator than the B-spline: they only look at near voxels."""
        interpolator = getattr(sitk, self._recipe.settings["interpolator"])
        geometry = grid.origin, grid.spacing, grid.direction
        return sitk.GetArrayFromImage(
            sitk.Resample(self._image, grid.size, sitk.Transform(), interpolator, *geometry, 0.0, pixel_type)
        )


def _box(sampling: SamplingGrid) -> tuple[slice, ...]:
    """Return where in the image the box of a grid lies that is only cropped."""
    return tuple(slice(a, a + n) for a, n in zip(sampling.start, sampling.grid.size[::-1], strict=True))


def _placed(mask: BoxedMask, sampling: SamplingGrid) -> np.ndarray:
    result = np.zeros(sampling.grid.size[::-1], bool)
    offsets = [a - b for a, b in zip(mask.start, sampling.start, strict=True)]
    result[tuple(slice(a, a + n) for a, n in zip(offsets, mask.voxels.shape, strict=True))] = mask.voxels
    return result


def _cut(x: np.ndarray, rows: slice, columns: slice) -> np.ndarray:
    """Return the rows and columns of an array (K, J, I), of which an axis on which nothing depends has a single one."""
    x = x[:, rows] if x.shape[1] > 1 else x
    return x[:, :, columns] if x.shape[2] > 1 else x


def _inside(points: _Points, size: Sequence[int]) -> np.ndarray:
    """Return which points lie within the image's voxels; it broadcasts to the shape of the grid."""
    k, j, i = ((x >= -0.5) & (x < n - 0.5) for x, n in zip(points, size, strict=True))
    return k & j & i


def _as_pixels(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Return values in an image's pixel type as ITK casts them: whole numbers within its limits, truncated."""
    if dtype.kind == "f":
        return values.astype(dtype)
    limits = np.iinfo(dtype)
    return np.clip(values, limits.min, limits.max).astype(dtype)


def _finite(values: np.ndarray) -> np.ndarray:
    """Return values that are all finite numbers."""
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise FeatureError(
            "the image has voxels that are NaN or infinite in it or near it; repair the image (air is -1000 HU)."
        )
    return values


def _whole_hu(values: np.ndarray) -> np.ndarray:
    """Return values rounded to the nearest HU, int32; halves go up, within what rounding noise may have made of them.

    Where slices are twice as thick as the voxels wanted, many values lie exactly between two HU, and which one the
    noise of the arithmetic chooses would depend on the image's origin.
    """
    return _as_pixels(np.floor(values + (0.5 + 1e-6)), np.dtype(np.int32))


def _nearest(mask: BoxedMask, points: _Points, size: Sequence[int]) -> np.ndarray:
    """Return the mask at the nearest voxels; halfway between two it is the upper one, by ITK's arithmetic."""
    padded, flat = _padded(mask), []
    for x, n, start, side in zip(points, size, mask.start, padded.shape, strict=True):
        nearest = np.clip(np.rint(2.0 * x + 0.5).astype(np.int64) >> 1, 0, n - 1)
        flat.append(np.clip(nearest - start + 1, 0, side - 1))
    return padded[tuple(flat)]


def _half_covered(mask: BoxedMask, points: _Points, size: Sequence[int]) -> np.ndarray:
    """Return where the mask, interpolated linearly between the centres of voxels, is one half or more.

    Between the last centres and the image's border it stays as it is at the centres.
    """
    padded, ends = _padded(mask), []
    for x, n, start, side in zip(points, size, mask.start, padded.shape, strict=True):
        held = np.clip(x, 0, n - 1)
        low = np.floor(held)
        places = [np.clip(low.astype(np.int64) + step - start + 1, 0, side - 1) for step in (0, 1)]
        ends.append(list(zip(places, (1.0 - (held - low), held - low), strict=True)))
    covered = np.zeros(np.broadcast_shapes(*(x.shape for x in points)))
    for k, along_k in ends[0]:
        for j, along_j in ends[1]:
            for i, along_i in ends[2]:
                covered += along_k * (along_j * along_i) * padded[k, j, i]
    return covered >= HALF


def _padded(mask: BoxedMask) -> np.ndarray:
    """Return the mask's box with one voxel that is not in it on each side, which stands for all beyond."""
    return np.pad(mask.voxels, 1)
