"""The grid onto which a lesion's box is resampled, exactly as pyradiomics lays it, and where its voxels lie in the CT.

pyradiomics lays the grid of the new voxel size on the corner of the whole image and cuts from it the mask's bounding
box plus ``padDistance`` voxels (``radiomics.imageoperations.resampleImage``).
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.errors import MaskError
from ABCImmunoResponseLib.features.preprocessing.boxed_mask import BoxedMask
from ABCImmunoResponseLib.features.recipe import Recipe
from ABCImmunoResponseLib.imaging.geometry import Grid

LARGEST_BOX = 100_000_000  # voxels; an organ of 40 cm has 64 million of 1 mm


@dataclass(frozen=True)
class SamplingGrid:
    """Where the voxels of one lesion's box are sampled.

    Attributes
    ----------
    grid : Grid
        Of the box with its padding.
    start : tuple of int, or None
        The box's first voxel (k, j, i) in the image, if the image has the wanted voxel size already and is only
        cropped.
    """

    grid: Grid
    start: tuple[int, int, int] | None

    @property
    def resampled(self) -> bool:
        """Whether values are interpolated."""
        return self.start is None


def sampling_grid(image: sitk.Image, mask: BoxedMask, recipe: Recipe) -> SamplingGrid:
    """Return the grid of a lesion's box.

    Along an axis in which the mask is one voxel thick, the image's voxel size stays. The box ends at the border of
    the image; its last voxel may have its centre beyond it, and is 0 there.

    Parameters
    ----------
    image : sitk.Image
        The whole CT; only its geometry is used.
    mask : BoxedMask
        The lesion on the image's grid. A mask image whose geometry differs from the image's within the tolerance of
        :func:`~ABCImmunoResponseLib.features.preprocessing.boxed_mask.boxed_mask` has been given the image's here;
        pyradiomics would use the mask's own.
    recipe : Recipe
        Settings ``resampledPixelSpacing`` (mm along i, j, k) and ``padDistance`` (voxels of the new size).

    Raises
    ------
    MaskError
        If the box would have more than ``LARGEST_BOX`` voxels, or none in the image: the image's spacing is in another
        unit, most likely.
    """
    pad = recipe.settings["padDistance"]
    size, spacing = np.array(image.GetSize()), np.array(image.GetSpacing())
    start, extent = np.array(mask.start[::-1]), np.array(mask.voxels.shape[::-1])
    wanted = np.where(extent != 1, recipe.settings["resampledPixelSpacing"], spacing)
    if np.allclose(spacing, wanted):
        low, high = np.maximum(start - pad, 0), np.minimum(start + extent + pad, size)
        _check_size(high - low, wanted, spacing)
        origin = image.TransformIndexToPhysicalPoint(low.tolist())
        grid = Grid(tuple((high - low).tolist()), image.GetSpacing(), origin, image.GetDirection())
        return SamplingGrid(grid, tuple(low.tolist()[::-1]))
    with np.errstate(over="ignore", invalid="ignore"):  # of an absurd spacing, which is refused
        ratio = spacing / wanted
        low = np.maximum(np.floor((start - 0.5) * ratio - pad), 0)
        high = np.minimum(np.ceil((start + extent - 0.5) * ratio + pad), np.ceil(size * ratio) - 1)
        within = low + 0.5 < size * ratio  # the first voxel's centre lies in the image
        _check_size(np.where(within, high - low + 1, 0), wanted, spacing)
    at = 0.5 * (wanted - spacing) / spacing + low / ratio  # half of the new voxel from the image's outer face
    origin = image.TransformContinuousIndexToPhysicalPoint(at.tolist())
    count = (high - low + 1).astype(int)
    return SamplingGrid(Grid(tuple(count.tolist()), tuple(wanted.tolist()), origin, image.GetDirection()), None)


def _check_size(count: np.ndarray, wanted: np.ndarray, spacing: np.ndarray) -> None:
    """Refuse a box of so many voxels along i, j and k."""
    voxels = math.prod(map(float, count))
    if min(count) >= 1 and voxels <= LARGEST_BOX:
        return
    many = f"{voxels / 1e6:.3g} million voxels" if min(count) >= 1 else "no voxel"
    new, old = (" x ".join(f"{step:g}" for step in steps) for steps in (wanted, spacing))
    raise MaskError(f"Its box would have {many} of {new} mm: is the image's spacing of {old} mm right?")


def continuous_indices(grid: Grid, image: Grid, slices: range) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where some slices of a grid lie in an image, to the bit as ITK's ResampleImageFilter computes it.

    ITK takes the first voxel of each line of the output, and the one after its last, to physical space and from there
    to the image, and interpolates linearly between the two. Where a sample lies halfway between two voxels, or on
    one, the rounding noise of just these operations decides, so all of them are repeated here one by one: a point is
    the origin plus the axes' terms in the order i, j, k; an index is the sum over x, y, z.

    Returns
    -------
    three numpy.ndarray, float64
        Continuous indices k, j and i of the voxels, which broadcast to the shape (K, J, I) of those slices. Terms of
        an axis that contribute nothing are left out, so the shapes are (K, 1, 1), (1, J, 1) and (1, 1, I) where the
        grid's axes are parallel to those of the image and of space, and full only where the grid is oblique.
    """
    forward, inverse = _matrices(grid)[0], _matrices(image)[1]
    columns, rows, _ = grid.size
    index = (
        np.array([0.0, columns]),
        np.arange(rows, dtype=float)[:, np.newaxis],
        np.array(slices, dtype=float)[:, np.newaxis, np.newaxis],
    )
    offsets = []
    for row, origin, zero in zip(forward, grid.origin, image.origin, strict=True):
        point = np.full((1, 1, 1), origin)
        for element, steps in zip(row, index, strict=True):
            if element != 0:
                point = point + element * steps
        offsets.append(point - zero)
    along_line = np.arange(columns) / columns
    found = []
    for row in inverse:
        total = np.zeros((1, 1, 1))
        for element, offset in zip(row, offsets, strict=True):
            if element != 0:
                total = total + element * offset
        if total.shape[2] == 2:
            line_start, line_end = total[..., :1], total[..., 1:]
            total = line_start + along_line * (line_end - line_start)
        found.append(total)
    return found[2], found[1], found[0]


def _matrices(grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    return _itk_matrices(grid.spacing, grid.direction)


@lru_cache(maxsize=64)
def _itk_matrices(spacing: tuple[float, ...], direction: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return ITK's own 3 x 3 matrices from index to mm and back: its inverse is not numpy's to the last bit."""
    probe = sitk.Image(1, 1, 1, sitk.sitkUInt8)
    probe.SetSpacing(spacing)
    probe.SetDirection(direction)
    units = np.eye(3).tolist()
    forward = [probe.TransformContinuousIndexToPhysicalPoint(unit) for unit in units]
    inverse = [probe.TransformPhysicalPointToContinuousIndex(unit) for unit in units]
    return np.array(forward).T, np.array(inverse).T
