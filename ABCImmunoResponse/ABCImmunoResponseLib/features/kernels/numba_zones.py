"""Connected zones of equal level in a walled array (``numba_region``), by union-find over the earlier neighbours."""

from functools import lru_cache

import numpy as np

from ABCImmunoResponseLib.features.kernels.directions import directions
from ABCImmunoResponseLib.features.kernels.numba_jit import kernel

EARLIER = directions((2, 2, 2), [1])  # a neighbour lies one of these steps before the voxel
_STRETCH = 512  # voxels whose neighbours are compared at a time, by vector instructions


@lru_cache(maxsize=1)
def representatives() -> np.ndarray:
    """Tell, for each set of earlier neighbours of a voxel's own level, with which of them it must be united.

    Of neighbours that are adjacent to each other, and so united before, one stands for all: the number of unions
    falls from as many as 13 to mostly one.

    Returns
    -------
    numpy.ndarray, shape (2**13,), uint16
        By the set, bit n for ``EARLIER[n]``. Four bits for each of up to four neighbours, the first in the lowest bits:
        n + 1, or 0 for no more.
    """
    adjacent = np.abs(EARLIER[:, None] - EARLIER).max(axis=2) <= 1
    stands_for = (adjacent << np.arange(len(EARLIER))).sum(axis=1)
    left = np.arange(1 << len(EARLIER))
    chosen, shift = np.zeros_like(left), np.zeros_like(left)
    for place in np.argsort(-adjacent.sum(axis=1), kind="stable"):  # first those that stand for most
        taken = left >> place & 1
        chosen |= taken * (place + 1) << shift
        shift += 4 * taken
        left &= ~(taken * stands_for[place])
    return chosen.astype(np.uint16)


@kernel
def _root(parents, voxel):
    """Find a voxel's root, and halve the path to it (Tarjan and van Leeuwen, J ACM 1984;31:245)."""
    while parents[voxel] != voxel:
        parents[voxel] = parents[np.uintp(parents[voxel])]
        voxel = np.uintp(parents[voxel])
    return voxel


@kernel
def _mark(others, ranks, bit, marks):
    for place in range(ranks.size):
        marks[place] |= np.uint16(np.uint16(others[place] == ranks[place]) << bit)


@kernel
def _unite(parents, here, neighbours, offsets):
    root = here
    while neighbours:
        other = _root(parents, here - np.uintp(offsets[(neighbours & 15) - 1]))
        if other < root:
            parents[root] = other
            root = other
        elif other > root:
            parents[other] = root
        neighbours >>= 4
    parents[here] = root


@kernel
def zones(flat, positions, united, offsets, levels):
    """Count the zones of each level and size.

    Parameters
    ----------
    flat : (size,) uint16
        The ranks in the walled array.
    positions : (voxels,) int32
    united : (2**13,) uint16
        As :func:`representatives` gives it.
    offsets : (13,) int64
        Of ``EARLIER`` in the walled array.
    levels : int

    Returns
    -------
    three (zones,) int64
        Level (from 0), size and number; by level, then by size.
    """
    # A root is the earliest voxel of its zone, so far as the zone is known: parents come before their children.
    parents = np.empty(flat.size, np.uint32)
    marks = np.empty(_STRETCH, np.uint16)
    voxel = 0
    while voxel < positions.size:
        start = positions[voxel]
        stop = min(start + _STRETCH, positions[-1] + 1)
        marks[:] = 0
        for place in range(offsets.size):
            offset = offsets[place]
            _mark(flat[start - offset : stop - offset], flat[start:stop], np.uint16(place), marks)
        while voxel < positions.size and positions[voxel] < stop:
            here = np.uintp(positions[voxel])
            _unite(parents, here, united[marks[here - start]], offsets)
            voxel += 1
    zone_levels = np.empty(positions.size, np.uint16)
    zone_sizes = np.empty(positions.size, np.int32)
    number = 0
    for voxel in range(positions.size):  # a parent, met earlier, holds its zone's number by now
        here = np.uintp(positions[voxel])
        parent = np.uintp(parents[here])
        if parent == here:
            zone_levels[number] = flat[here] - 1
            zone_sizes[number] = 1
            parents[here] = number
            number += 1
        else:
            zone = parents[parent]
            zone_sizes[zone] += 1
            parents[here] = zone
    return _counted(zone_levels[:number], zone_sizes[:number], levels)


@kernel
def _counted(zone_levels, zone_sizes, levels):
    by_size = _ordered(np.arange(zone_sizes.size), zone_sizes, zone_sizes.max() + 1)
    order = _ordered(by_size, zone_levels, levels)
    found = np.zeros((3, order.size), np.int64)
    last = -1
    for zone in order:
        if last < 0 or found[0, last] != zone_levels[zone] or found[1, last] != zone_sizes[zone]:
            last += 1
            found[0, last] = zone_levels[zone]
            found[1, last] = zone_sizes[zone]
        found[2, last] += 1
    return found[0, : last + 1].copy(), found[1, : last + 1].copy(), found[2, : last + 1].copy()


@kernel
def _ordered(items, keys, bound):
    """Sort items by their keys, which are below a bound; equal ones keep their order (counting sort)."""
    ends = np.zeros(bound + 1, np.int64)
    for item in items:
        ends[keys[item] + 1] += 1
    for key in range(bound):
        ends[key + 1] += ends[key]
    order = np.empty_like(items)
    for item in items:
        order[ends[keys[item]]] = item
        ends[keys[item]] += 1
    return order
