"""A region in a flat array with walls, in which a neighbour is one fixed step away and never needs a bounds test."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class WalledBox:
    """Where a region's voxels lie in a flat array.

    Every row and slice ends in a wall as wide as the neighbours are distant, and the next one begins behind it: a step
    out of the box lands in a wall, on whichever side. ``reach`` entries at both ends of the array belong to no voxel,
    so that slices shifted by a neighbour's step stay inside.

    Attributes
    ----------
    shape : (3,) of int
        The region's box.
    strides : numpy.ndarray, shape (3,), int64
        Steps in the flat array to the next voxel along k, j and i.
    reach : int
        The longest step to a neighbour.
    inside : numpy.ndarray, shape (size,), bool
        Where the region is.
    voxels : numpy.ndarray, shape (voxels,), intp
        The places of the region's voxels, in C order of the box.
    """

    shape: tuple[int, int, int]
    strides: np.ndarray
    reach: int
    inside: np.ndarray
    voxels: np.ndarray

    @property
    def counted(self) -> slice:
        """The part of the array between both ends, which holds all voxels."""
        return slice(self.reach, len(self.inside) - self.reach)

    def positions(self) -> np.ndarray:
        """Return the voxels' indices (k, j, i), shape (voxels, 3), counted from some corner."""
        slices, within = np.divmod(self.voxels, self.strides[0])
        return np.stack([slices, *np.divmod(within, self.strides[1])], axis=1)

    def steps(self, directions: np.ndarray) -> list[int]:
        """Return the steps in the flat array, positive, of ``directions`` (d, 3) as ``directions()`` gives them."""
        return (directions @ self.strides).tolist()

    def spread(self, values: np.ndarray) -> np.ndarray:
        """Return ``values`` (voxels,) in their places, and 0 in the walls and outside the region."""
        flat = np.zeros(len(self.inside), values.dtype)
        flat[self.voxels] = values
        return flat


def walled_box(region: np.ndarray, wall: int) -> WalledBox:
    """Put a region (K, J, I), bool, into a box with walls of the given width."""
    depth, height, width = region.shape
    box = (depth + 2 * wall, height + wall, width + wall)
    strides = np.array([box[1] * box[2], box[2], 1])
    inside = np.zeros(box[0] * box[1] * box[2] + wall * (box[2] + 1), bool)
    inside[: box[0] * box[1] * box[2]].reshape(box)[wall : wall + depth, wall:, wall:] = region
    return WalledBox(
        shape=region.shape,
        strides=strides,
        reach=wall * int(strides.sum()),
        inside=inside,
        voxels=np.flatnonzero(inside),
    )
