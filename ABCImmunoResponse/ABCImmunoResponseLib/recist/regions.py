"""The part of a mask that holds the lesion: what measuring and comparing work on, instead of the whole CT grid."""

import math
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.errors import GeometryError, MaskError

_ORTHOGONAL_TOLERANCE = 1e-3


@dataclass(frozen=True, eq=False)
class Region:
    """A lesion cut out of its mask along its bounding box.

    Attributes
    ----------
    voxels
        Boolean (k, j, i) array; every face of it touches the lesion.
    start
        Index (k, j, i) of ``voxels[0, 0, 0]`` in the mask.
    image
        The mask, for its geometry.
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


def region(mask: sitk.Image) -> Region:
    """Cut the lesion out of ``mask``: every voxel that is not zero belongs to it.

    Raises
    ------
    MaskError
        If the mask is not a scalar volume, or empty.
    GeometryError
        If its axes are not perpendicular, so that lengths would be wrong.
    """
    if mask.GetDimension() != 3 or mask.GetNumberOfComponentsPerPixel() != 1:
        raise MaskError("A lesion mask must be one three-dimensional volume with one value a voxel.")
    direction = np.array(mask.GetDirection()).reshape(3, 3)
    if not np.allclose(direction.T @ direction, np.eye(3), atol=_ORTHOGONAL_TOLERANCE):
        raise GeometryError("The mask's axes are not perpendicular; resample it onto a rectangular grid first.")
    array = sitk.GetArrayViewFromImage(mask)
    box = []
    for axis in range(3):  # each pass looks only at what the passes before left over
        inside = array[tuple(box)]
        held = np.flatnonzero(inside.any(axis=tuple(a for a in range(3) if a != axis)))
        if not held.size:
            raise MaskError("The mask is empty: outline the lesion, or leave it out.")
        box.append(slice(int(held[0]), int(held[-1]) + 1))
    return Region(array[tuple(box)] != 0, tuple(side.start for side in box), mask)
