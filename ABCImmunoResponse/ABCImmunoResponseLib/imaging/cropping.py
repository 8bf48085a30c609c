"""Cropped masks: only the lesion's box of a mask, placed by its origin on the lattice of the image.

A full mask of a CT takes a byte a voxel, a hundred megabytes, nearly all of them zero; a case has fifteen. A cropped
mask keeps the lesion's box and one voxel of background around it, where the image has one. Its voxels are voxels of
the image, so nothing that is computed from it differs.
"""

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.errors import GeometryError
from ABCImmunoResponseLib.imaging.geometry import Grid, bounding_box, difference_of

Index = tuple[int, int, int]


def crop_mask(mask: sitk.Image, margin: int = 1) -> sitk.Image:
    """Return the box of a mask's non-zero voxels, widened by ``margin`` voxels where the mask has them.

    The pixel type is kept. Of an empty mask the corner of its first voxel is left.
    """
    return crop_voxels(sitk.GetArrayViewFromImage(mask), (0, 0, 0), Grid.of(mask), margin)


def crop_voxels(voxels: np.ndarray, start: Index, grid: Grid, margin: int = 1) -> sitk.Image:
    """Return voxels as a cropped mask.

    Parameters
    ----------
    voxels : numpy.ndarray, shape (K, J, I)
        A part of ``grid``; beyond it there is background.
    start
        The index (i, j, k) of ``voxels[0, 0, 0]`` in ``grid``.
    grid
        The whole grid; the margin does not reach beyond it.
    margin
        How many voxels of background to keep on each side.
    """
    box = bounding_box(voxels) or (slice(0, 1),) * 3
    offset, size = np.array(start[::-1]), np.array(grid.size[::-1])
    first = offset + [side.start for side in box]
    shape = np.array([side.stop - side.start for side in box])
    low, high = np.maximum(first - margin, 0), np.minimum(first + shape + margin, size)
    part = np.zeros(high - low, voxels.dtype)
    part[tuple(map(slice, first - low, first - low + shape))] = voxels[box]
    return grid.part(part, tuple(low[::-1].tolist()))


def crop_label(labels: np.ndarray, value: float, grid: Grid) -> sitk.Image:
    """Return the voxels (k, j, i) of a label map on ``grid`` that have this value as a cropped mask, uint8 0/1.

    The label map is compared a slice at a time, so that nothing of its size is made.
    """
    seen, slices = np.zeros(labels.shape[1:], bool), []
    for k, plane in enumerate(labels):
        inside = plane == value
        if inside.any():
            seen |= inside
            slices.append(k)
    if not slices:
        return crop_voxels(np.zeros((1, 1, 1), np.uint8), (0, 0, 0), grid)
    rows, columns = bounding_box(seen)
    voxels = labels[slices[0] : slices[-1] + 1, rows, columns] == value
    return crop_voxels(voxels.astype(np.uint8), (columns.start, rows.start, slices[0]), grid)


def on_grid(mask: sitk.Image, whole: sitk.Image | Grid, tolerance_mm: float = 0.01) -> sitk.Image:
    """Return a cropped mask on the whole grid, or that of an image; a mask that spans exactly it is returned itself.

    Raises
    ------
    GeometryError
        If its voxels are not voxels of the grid.
    """
    grid = whole if isinstance(whole, Grid) else Grid.of(whole)
    if Grid.of(mask) == grid:
        return mask
    start = grid_offset(Grid.of(mask), grid, tolerance_mm)
    if isinstance(start, str):
        raise GeometryError(f"The mask is not on the image's grid ({start}); resample it onto the image.")
    voxels = sitk.GetArrayViewFromImage(mask)
    array = np.zeros(grid.size[::-1], voxels.dtype)
    array[tuple(slice(s, s + n) for s, n in zip(start[::-1], voxels.shape, strict=True))] = voxels
    return grid.image(array)


def lattice_offset(mask: sitk.Image, image: sitk.Image, tolerance_mm: float = 0.01) -> Index | str:
    """Return the index (i, j, k) of the image at which a full or cropped mask begins, or why there is none.

    There is one if the mask's voxels are voxels of the image: every centre within ``tolerance_mm`` of the image's at
    that index, axes in the same order and direction, none outside the image. A mask on the image's own grid begins at
    (0, 0, 0).
    """
    return grid_offset(Grid.of(mask), Grid.of(image), tolerance_mm)


def grid_offset(part: Grid, whole: Grid, tolerance_mm: float = 0.01) -> Index | str:
    """Return the index (i, j, k) of ``whole`` at which ``part`` begins, or why there is none."""
    difference = difference_of(part, whole, tolerance_mm)
    if difference is None:
        return (0, 0, 0)
    start = np.rint(np.linalg.solve(whole.matrix(), [*part.origin, 1.0])[:3])
    inside = (start >= 0).all() and (start + part.size <= whole.size).all()
    if not inside or difference_of(part, whole.at(start, part.size), tolerance_mm) is not None:
        return difference
    return tuple(int(n) for n in start)
