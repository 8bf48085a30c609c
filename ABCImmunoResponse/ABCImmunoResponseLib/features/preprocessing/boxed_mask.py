"""A mask kept as its smallest box, so that fifteen masks of a CT of 100 million voxels need no arrays of its size."""

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.errors import MaskError
from ABCImmunoResponseLib.imaging.geometry import Grid, bounding_box

TOLERANCE_MM = 0.01  # as in imaging.geometry.same_grid: how far voxel centres of mask and image may be apart


@dataclass(frozen=True, eq=False)
class BoxedMask:
    """The voxels of a lesion.

    Attributes
    ----------
    voxels : numpy.ndarray, shape (K, J, I), bool
        The smallest box that holds them.
    start : tuple of int
        The index (k, j, i) of that box in the image.
    """

    voxels: np.ndarray
    start: tuple[int, int, int]


def boxed_mask(mask: sitk.Image, image: sitk.Image) -> BoxedMask:
    """Return the voxels of value 1 of a mask, placed in the image.

    Parameters
    ----------
    mask : sitk.Image
        A label map of any integer type on the image's grid, or on a part of it: its axes are the image's, its voxels
        lie on voxels of the image. It takes the image's geometry: how far it is off (less than 0.01 mm) is forgotten.
    image : sitk.Image
        The whole CT; only its geometry is used.

    Raises
    ------
    MaskError
        If the mask is not such a label map, lies off the image's voxels or reaches beyond the image with voxels of
        value 1, or has none.
    """
    labels = sitk.GetArrayViewFromImage(mask)
    if labels.ndim != 3 or labels.dtype.kind not in "iu":
        raise MaskError("The mask is not a 3-D label map of whole numbers.")
    offset = _offset(Grid.of(mask), Grid.of(image))
    around = _coarse_box(labels)
    inside = labels[around] == 1
    box = bounding_box(inside)
    if box is None:
        raise MaskError("There is no voxel of value 1 in the mask; segment the lesion or leave it out.")
    start = tuple(o + a.start + b.start for o, a, b in zip(offset, around, box, strict=True))
    voxels = np.ascontiguousarray(inside[box])
    for first, side, size in zip(start, voxels.shape, image.GetSize()[::-1], strict=True):
        if first < 0 or first + side > size:
            raise MaskError("The mask reaches beyond the image; resample it onto the image first.")
    return BoxedMask(voxels, start)


def _offset(mask: Grid, image: Grid) -> tuple[int, int, int]:
    """Return the index (k, j, i) of the mask's first voxel in the image."""
    if mask == image:
        return 0, 0, 0
    index = np.linalg.solve(image.matrix(), mask.matrix())
    whole = np.rint(index)
    apart = (image.matrix() @ (index - whole) @ mask.corners().T)[:3]
    if not np.array_equal(whole[:3, :3], np.eye(3)) or np.sqrt((apart**2).sum(0)).max() > TOLERANCE_MM:
        raise MaskError(
            f"The mask's voxels are more than {TOLERANCE_MM:g} mm off the image's; resample it onto the image first."
        )
    i, j, k = whole[:3, 3].astype(int).tolist()
    return k, j, i


def _coarse_box(labels: np.ndarray) -> tuple[slice, slice, slice]:
    """Return a box that holds everything that is not 0: one pass over whole slices, then only over those used."""
    slices = _range(np.bitwise_or.reduce(labels.reshape(len(labels), -1), axis=1))
    projection = np.bitwise_or.reduce(labels[slices], axis=0)
    return slices, _range(projection.any(axis=1)), _range(projection.any(axis=0))


def _range(used: np.ndarray) -> slice:
    """Return the slice from the first to the last place that is not 0; an empty one if all are."""
    places = np.flatnonzero(used)
    return slice(int(places[0]), int(places[-1]) + 1) if places.size else slice(0, 0)
