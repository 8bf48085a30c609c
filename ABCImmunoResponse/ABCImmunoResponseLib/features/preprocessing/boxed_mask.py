"""A mask kept as its smallest box, so that fifteen masks of a CT of 100 million voxels need no arrays of its size."""

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.errors import MaskError
from ABCImmunoResponseLib.imaging.cropping import lattice_offset
from ABCImmunoResponseLib.imaging.geometry import bounding_box


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
        If the mask is not such a label map, lies off the image's voxels or reaches beyond the image, or has no voxel of
        value 1.
    """
    labels = sitk.GetArrayViewFromImage(mask)
    if labels.ndim != 3 or labels.dtype.kind not in "iu":
        raise MaskError("The mask is not a 3-D label map of whole numbers.")
    offset = lattice_offset(mask, image)
    if isinstance(offset, str):
        raise MaskError(f"The mask is not on the image's grid ({offset}); resample it onto the image first.")
    around = bounding_box(labels) or (slice(0, 0),) * 3
    inside = labels[around] == 1
    box = bounding_box(inside)
    if box is None:
        raise MaskError("There is no voxel of value 1 in the mask; segment the lesion or leave it out.")
    start = tuple(o + a.start + b.start for o, a, b in zip(offset[::-1], around, box, strict=True))
    return BoxedMask(np.ascontiguousarray(inside[box]), start)
