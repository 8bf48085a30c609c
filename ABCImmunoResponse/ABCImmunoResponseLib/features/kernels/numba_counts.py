"""Texture matrices with numba: whatever is looked up lies at a fixed offset in a walled array (``numba_region``)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ABCImmunoResponseLib.features.kernels.directions import directions
from ABCImmunoResponseLib.features.kernels.matrices import Matrices
from ABCImmunoResponseLib.features.kernels.numba_lines import pairs, runs
from ABCImmunoResponseLib.features.kernels.numba_neighbourhoods import neighbourhoods
from ABCImmunoResponseLib.features.kernels.numba_region import (
    directions_with_lines,
    neighbour_counts,
    placed,
    walled,
)
from ABCImmunoResponseLib.features.kernels.numba_zones import EARLIER, representatives, zones


@dataclass(frozen=True, eq=False)
class Prepared:
    """What :func:`prepare` finds; never written to, so that threads may share it.

    Attributes
    ----------
    size : int
        Of the walled array.
    positions : numpy.ndarray, shape (voxels,), int32
        Of the region's voxels in it, in C order.
    longest : int
        The box's longest side.
    glcm_directions, glrlm_directions : numpy.ndarray, shape (directions, 3), int64
    pair_offsets, run_offsets : numpy.ndarray, shape (directions,), uint64
        The same in the walled array.
    without_lines : numpy.ndarray, int64
        The places of the GLRLM's directions in which no line holds two voxels.
    neighbour_offsets : numpy.ndarray, shape (neighbours,), int64
    neighbours : numpy.ndarray, shape (voxels,), int32
        How many each voxel has in the region.
    earlier_offsets : numpy.ndarray, shape (13,), int64
        Those of ``numba_zones.EARLIER``.
    """

    size: int
    positions: np.ndarray
    longest: int
    glcm_directions: np.ndarray
    glrlm_directions: np.ndarray
    pair_offsets: np.ndarray
    run_offsets: np.ndarray
    without_lines: np.ndarray
    neighbour_offsets: np.ndarray
    neighbours: np.ndarray
    earlier_offsets: np.ndarray


def prepare(region: np.ndarray, distances: Sequence[int]) -> Prepared:
    """Do all that depends on the region alone; see ``interface.Kernels``.

    Parameters
    ----------
    region : numpy.ndarray, shape (K, J, I), bool
        The lesion's smallest box; at least one voxel is in.
    distances : sequence of int
        Of neighbours, in voxels, in the infinity norm; they concern GLCM, GLDM and NGTDM.
    """
    wall = max(distances)
    sides = tuple(min(side, wall + 1) for side in region.shape)  # beyond, they make no difference to the directions
    glcm_directions = _directions(sides, tuple(distances))
    glrlm_directions = _directions(sides, (1,))
    row = region.shape[2] + wall
    strides = np.array([(region.shape[1] + wall) * row, row, 1])
    # Copies here and in matrices(): for read-only arrays, or in another order, numba would compile every kernel anew.
    box, positions = walled(np.array(region, bool, order="C"), wall)
    pair_offsets, run_offsets = glcm_directions @ strides, glrlm_directions @ strides
    neighbour_offsets = np.concatenate((pair_offsets, -pair_offsets))
    return Prepared(
        size=box.size,
        positions=positions,
        longest=max(region.shape),
        glcm_directions=glcm_directions,
        glrlm_directions=glrlm_directions,
        pair_offsets=pair_offsets.astype(np.uint64),
        run_offsets=run_offsets.astype(np.uint64),
        without_lines=np.flatnonzero(~directions_with_lines(box, positions, run_offsets)),
        neighbour_offsets=neighbour_offsets,
        neighbours=neighbour_counts(box, positions, neighbour_offsets),
        earlier_offsets=EARLIER @ strides,
    )


def matrices(prepared: Prepared, ranks: np.ndarray, grey_levels: np.ndarray, gldm_a: int) -> Matrices:
    """Count on one image; see ``interface.Kernels``.

    Parameters
    ----------
    prepared : Prepared
    ranks : numpy.ndarray, shape (voxels,), uint16
        From 1.
    grey_levels : numpy.ndarray, shape (n,), int64
        From 1.
    gldm_a : int
    """
    levels, positions, size = len(grey_levels), prepared.positions, prepared.size
    ranks = np.array(ranks, np.uint16)
    flat = placed(ranks, positions, size)
    glrlm = runs(flat, positions, prepared.run_offsets, levels, prepared.longest)
    glrlm[:, :, prepared.without_lines] = 0
    gldm, ngtdm = neighbourhoods(
        ranks, positions, size, np.array(grey_levels, np.int32), prepared.neighbour_offsets, prepared.neighbours, gldm_a
    )
    return Matrices(
        glcm=pairs(flat, positions, prepared.pair_offsets, levels),
        glcm_directions=prepared.glcm_directions,
        glrlm=glrlm,
        glrlm_directions=prepared.glrlm_directions,
        glszm=zones(flat, positions, representatives(), prepared.earlier_offsets, levels),
        gldm=gldm,
        ngtdm=ngtdm,
    )


@lru_cache
def _directions(sides: tuple[int, int, int], distances: tuple[int, ...]) -> np.ndarray:
    found = directions(sides, distances)
    found.flags.writeable = False
    return found
