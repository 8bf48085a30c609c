"""Texture matrices with numba: one walk over the region's voxels a direction, and one over their neighbourhoods."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ABCImmunoResponseLib.features.kernels.directions import directions
from ABCImmunoResponseLib.features.kernels.matrices import Matrices
from ABCImmunoResponseLib.features.kernels.numba_region import directions_with_lines, neighbour_counts, walled
from ABCImmunoResponseLib.features.kernels.numba_texture import lines, neighbourhoods
from ABCImmunoResponseLib.features.kernels.numba_zones import EARLIER, representatives, zones


@dataclass(frozen=True, eq=False)
class _Walk:
    """The directions of a box, and the steps of a walk in all of them.

    ``pair_of``, ``run_of`` and ``bit_of``, each (steps,) int64, are a step's places among the GLCM's directions, the
    GLRLM's and ``EARLIER``; -1 where it is not there.
    """

    glcm_directions: np.ndarray
    glrlm_directions: np.ndarray
    steps: np.ndarray
    pair_of: np.ndarray
    run_of: np.ndarray
    bit_of: np.ndarray


@dataclass(frozen=True, eq=False)
class Prepared:
    """What :func:`prepare` finds; never written to, so that threads may share it.

    Offsets are those of ``walk.steps``, of all neighbours and of ``EARLIER`` in the walled array (see ``numba_region``)
    of ``size`` voxels, uint64. ``longest`` is the box's longest side.
    """

    walk: _Walk
    size: int
    longest: int
    positions: np.ndarray
    neighbours: np.ndarray
    has_lines: np.ndarray
    step_offsets: np.ndarray
    neighbour_offsets: np.ndarray
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
    walk = _walk(tuple(min(side, wall + 1) for side in region.shape), tuple(distances))
    row = region.shape[2] + wall
    strides = np.array([(region.shape[1] + wall) * row, row, 1])
    box, positions = walled(np.ascontiguousarray(region, bool), wall)
    pair_offsets = walk.glcm_directions @ strides
    neighbour_offsets = np.concatenate((pair_offsets, -pair_offsets))
    return Prepared(
        walk=walk,
        size=box.size,
        longest=max(region.shape),
        positions=positions,
        neighbours=neighbour_counts(box, positions, neighbour_offsets),
        has_lines=directions_with_lines(box, positions, walk.glrlm_directions @ strides),
        step_offsets=(walk.steps @ strides).astype(np.uint64),
        neighbour_offsets=neighbour_offsets.astype(np.uint64),
        earlier_offsets=(EARLIER @ strides).astype(np.uint64),
    )


def matrices(prepared: Prepared, ranks: np.ndarray, grey_levels: np.ndarray, gldm_a: int) -> Matrices:
    """Count on one image; see ``interface.Kernels``.

    Parameters
    ----------
    prepared : Prepared
    ranks : numpy.ndarray, shape (voxels,), uint16
        From 1.
    grey_levels : numpy.ndarray, shape (n,), int64
        Positive.
    gldm_a : int
    """
    walk = prepared.walk
    ranks = np.ascontiguousarray(ranks, np.uint16)
    where = ranks, prepared.positions, prepared.size
    glcm, glrlm, equal = lines(
        *where, len(grey_levels), prepared.longest, prepared.step_offsets, walk.pair_of, walk.run_of, walk.bit_of,
        len(walk.glcm_directions), prepared.has_lines,
    )  # fmt: skip
    gldm, ngtdm = neighbourhoods(
        *where, np.ascontiguousarray(grey_levels, np.int64), prepared.neighbour_offsets, prepared.neighbours, gldm_a
    )
    return Matrices(
        glcm=glcm,
        glcm_directions=walk.glcm_directions,
        glrlm=glrlm,
        glrlm_directions=walk.glrlm_directions,
        glszm=zones(*where, equal, representatives(), prepared.earlier_offsets, len(grey_levels)),
        gldm=gldm,
        ngtdm=ngtdm,
    )


@lru_cache
def _walk(sides: tuple[int, ...], distances: tuple[int, ...]) -> _Walk:
    pair, run = (directions(sides, reach) for reach in (distances, [1]))
    steps = list(map(tuple, pair))
    steps += [step for step in map(tuple, run) if step not in steps]
    found = _Walk(pair, run, np.array(steps).reshape(-1, 3), *(_places(steps, table) for table in (pair, run, EARLIER)))
    for array in vars(found).values():
        array.flags.writeable = False
    return found


def _places(steps: list[tuple[int, ...]], table: np.ndarray) -> np.ndarray:
    place = {tuple(step): n for n, step in enumerate(table)}
    return np.array([place.get(step, -1) for step in steps], dtype=np.int64)
