"""The part of a mask that holds the lesion: what measuring and comparing work on, instead of the whole CT grid."""

import math
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.errors import GeometryError, MaskError
from ABCImmunoResponseLib.imaging.cropping import lattice_offset
from ABCImmunoResponseLib.imaging.geometry import bounding_box, fault_of_grid


@dataclass(frozen=True, eq=False)
class Region:
    """A lesion cut out of its mask along its bounding box.

    Attributes
    ----------
    voxels
        Boolean (k, j, i) array; every face of it touches the lesion.
    start
        Index (k, j, i) of ``voxels[0, 0, 0]`` in ``image``.
    image
        The image that the mask lies on, or the mask itself where that is not known; for its geometry.
    """

    voxels: np.ndarray
    start: tuple[int, int, int]
    image: sitk.Image

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Voxel spacing in mm along (k, j, i)."""
        return self.image.GetSpacing()[::-1]

    @property
    def stop(self) -> tuple[int, int, int]:
        """Index (k, j, i) one past the last voxel along each axis."""
        return tuple(s + n for s, n in zip(self.start, self.voxels.shape, strict=True))

    @property
    def n_voxels(self) -> int:
        """How many voxels the lesion has."""
        return int(np.count_nonzero(self.voxels))

    @property
    def volume_mm3(self) -> float:
        """Number of voxels times the volume of one."""
        return self.n_voxels * math.prod(self.spacing)

    def centre_lps_mm(self) -> np.ndarray:
        """Return the centre of mass of the voxels as an LPS point in mm, shaped (3,)."""
        index = np.argwhere(self.voxels).mean(axis=0) + self.start
        return np.array(self.image.TransformContinuousIndexToPhysicalPoint(index[::-1].tolist()))


def region(mask: sitk.Image, what: str = "The mask", image: sitk.Image | None = None) -> Region:
    """Cut the lesion out of ``mask``: every voxel that is not zero belongs to it.

    Parameters
    ----------
    mask
        On the grid of ``image``, or cropped (``imaging.cropping``).
    what
        Names the mask in an error.
    image
        The image whose indices count, which a cropped mask does not know; the mask itself by default.

    Raises
    ------
    MaskError
        If the mask is not a scalar volume, or empty.
    GeometryError
        If its geometry is impossible or its axes are not perpendicular, so that lengths would be wrong, or it is not on
        the image's grid.
    """
    if mask.GetDimension() != 3 or mask.GetNumberOfComponentsPerPixel() != 1:
        raise MaskError(f"{what} is not a three-dimensional volume with one value a voxel.")
    fault = fault_of_grid(mask.GetSpacing(), mask.GetOrigin(), mask.GetDirection())
    if fault:
        raise GeometryError(f"{what} cannot be measured: {fault}; resample it onto the CT's grid first.")
    array = sitk.GetArrayViewFromImage(mask)
    box = bounding_box(array)
    if box is None:
        raise MaskError(f"{what} is empty: outline the lesion, or leave it out.")
    offset = (0, 0, 0) if image is None else lattice_offset(mask, image)
    if isinstance(offset, str):
        raise GeometryError(f"{what} is not on the image's grid ({offset}); resample it onto the image.")
    start = tuple(side.start + n for side, n in zip(box, offset[::-1], strict=True))
    return Region(array[box] != 0, start, mask if image is None else image)


def common_voxels(a: Region, b: Region) -> int:
    """Return how many voxels two lesions on one grid share."""
    low = np.maximum(a.start, b.start)
    high = np.minimum(a.stop, b.stop)
    if (high <= low).any():
        return 0
    inside = [lesion.voxels[tuple(map(slice, low - lesion.start, high - lesion.start))] for lesion in (a, b)]
    return int(np.count_nonzero(inside[0] & inside[1]))
