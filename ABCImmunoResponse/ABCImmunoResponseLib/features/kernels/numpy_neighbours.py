"""What a voxel's neighbourhood holds: GLDM and NGTDM, by shifted slices of the walled box."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ABCImmunoResponseLib.features.kernels.directions import directions
from ABCImmunoResponseLib.features.kernels.numpy_box import WalledBox


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """Neighbours of the region's voxels.

    Attributes
    ----------
    distances : tuple of int
        In the infinity norm, without repeats.
    directions : numpy.ndarray, shape (directions, 3), int64
        Offsets (k, j, i), one of each opposite pair.
    steps : list of int
        The same in the flat array.
    counts : numpy.ndarray, shape (voxels,), float64
        How many neighbours are in the region; 1 where there is none.
    alone : numpy.ndarray, shape (n,), intp
        The voxels, by their place among the region's, that have none.
    """

    distances: tuple[int, ...]
    directions: np.ndarray
    steps: list[int]
    counts: np.ndarray
    alone: np.ndarray


def neighbourhood(box: WalledBox, distances: Sequence[int]) -> Neighbourhood:
    """Count each voxel's neighbours, once for all images, in a box with walls as wide as the largest distance."""
    wanted = tuple(sorted(set(distances)))
    counts = _sums(box, box.inside.astype(_holding(wanted, 1)), wanted).astype(np.float64)
    alone = np.flatnonzero(counts == 0)
    counts[alone] = 1
    offsets = directions(box.shape, wanted)
    return Neighbourhood(wanted, offsets, box.steps(offsets), counts, alone)


def gldm(
    box: WalledBox, near: Neighbourhood, flat: np.ndarray, ranks: np.ndarray, grey_levels: np.ndarray, apart: int
) -> np.ndarray:
    """Count voxels by how many of their neighbours have nearly their level.

    Parameters
    ----------
    box, near
        The region.
    flat : numpy.ndarray, shape (size,), unsigned
        Ranks (from 1) in the walled box, 0 outside the region.
    ranks : numpy.ndarray, shape (voxels,), intp
        From 0.
    grey_levels : numpy.ndarray, shape (levels,), int64
    apart : int
        The largest difference in levels that counts as dependent.

    Returns
    -------
    numpy.ndarray, shape (levels, most dependent neighbours + 1), float64
        Sun & Wee (1983), Comput. Vision Graph Image Process. 23:341.
    """
    dependent = np.zeros(len(flat), np.min_scalar_type(2 * len(near.steps)))
    levels = flat if apart == 0 else _levels_far_from_walls(box, ranks, grey_levels, apart)
    for step in near.steps:
        here, there = levels[:-step], levels[step:]
        alike = (here == there if apart == 0 else np.abs(here - there) <= apart).view(np.uint8)
        dependent[step:] += alike
        dependent[:-step] += alike
    found = dependent[box.voxels]
    columns = int(found.max()) + 1
    counts = np.bincount(ranks * columns + found, minlength=len(grey_levels) * columns)
    return counts.reshape(-1, columns).astype(np.float64)


def ngtdm(box: WalledBox, near: Neighbourhood, ranks: np.ndarray, grey_levels: np.ndarray) -> np.ndarray:
    """Sum the differences between voxels and the mean of their neighbours.

    Parameters
    ----------
    box, near
        The region.
    ranks : numpy.ndarray, shape (voxels,), intp
        From 0.
    grey_levels : numpy.ndarray, shape (levels,), int64

    Returns
    -------
    numpy.ndarray, shape (levels, 2), float64
        Voxels and summed absolute differences of each level, added in the order of the voxels as pyradiomics does.
        Amadasun & King (1989), IEEE Trans. SMC 19:1264.
    """
    own = grey_levels.take(ranks)
    sums = _sums(box, box.spread(own.astype(_holding(near.distances, int(grey_levels[-1])))), near.distances)
    differences = sums / near.counts
    np.subtract(own, differences, out=differences)
    np.abs(differences, out=differences)
    differences[near.alone] = 0
    levels = len(grey_levels)
    voxels = np.bincount(ranks, minlength=levels)
    return np.stack([voxels, np.bincount(ranks, differences, minlength=levels)], axis=1)


def _levels_far_from_walls(box: WalledBox, ranks: np.ndarray, grey_levels: np.ndarray, apart: int) -> np.ndarray:
    """Return the levels in the walled box, raised so that none is near the 0 of the walls."""
    raised = grey_levels - grey_levels[0] + apart + 1
    return box.spread(raised.astype(np.min_scalar_type(-int(raised[-1]) - 1)).take(ranks))


def _holding(distances: tuple[int, ...], level: int) -> np.dtype:
    """Return the smallest type that holds the sum of a cube full of one level."""
    return np.min_scalar_type((2 * distances[-1] + 1) ** 3 * level)


def _sums(box: WalledBox, flat: np.ndarray, distances: tuple[int, ...]) -> np.ndarray:
    """Return the sums over each voxel's neighbours, (voxels,), of values that are 0 outside the region.

    Neighbours at a distance are the cube of that radius without the cube one smaller.
    """
    total = np.zeros(len(box.voxels), flat.dtype)
    for radius in distances:
        total += _cube(box, flat, radius)
        total -= _cube(box, flat, radius - 1)
    return total


def _cube(box: WalledBox, flat: np.ndarray, radius: int) -> np.ndarray:
    """Return the sums over the cube around each voxel, (voxels,), one axis after the other."""
    for stride in box.strides[::-1].tolist() if radius else ():
        size = len(flat) - 2 * radius * stride
        total = flat[:size].copy()
        for step in range(1, 2 * radius + 1):
            total += flat[step * stride :][:size]
        flat = total
    return flat.take(box.voxels - radius * int(box.strides.sum()))
