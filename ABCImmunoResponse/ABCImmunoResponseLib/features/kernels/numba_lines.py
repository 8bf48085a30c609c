"""Pairs of neighbours and runs, counted with numba along the directions of a walled array (``numba_region``).

Each direction is walked on its own, so that its table stays in the processor's nearest memory. Indices are unsigned:
numba then leaves out the arithmetic for negative ones.
"""

import numpy as np

from ABCImmunoResponseLib.features.kernels.numba_jit import kernel


@kernel
def _copies(cells):
    """Say over how many copies of a small table consecutive voxels are spread.

    They often count in the same cell, and an addition to what has just been written waits for it.
    """
    return 4 if cells <= 1024 else 1


@kernel
def _count_pairs(flat, positions, offset, width, counts):
    others = np.uintp(counts.shape[0] - 1)
    for voxel in range(positions.size):
        here = np.uintp(positions[voxel])
        cell = np.uintp(flat[here]) * width + np.uintp(flat[here + offset])
        counts[np.uintp(voxel) & others, cell] += np.uint32(1)


@kernel
def pairs(flat, positions, offsets, levels):
    """Count pairs of neighbours.

    Parameters
    ----------
    flat : (size,) uint16
        The ranks in the walled array.
    positions : (voxels,) int32
    offsets : (directions,) uint64
    levels : int

    Returns
    -------
    (levels, levels, directions) float64
    """
    width = levels + 1  # outside the region is level 0, counted and left out
    counts = np.zeros((offsets.size, _copies(width * width), width * width), np.uint32)
    for direction in range(offsets.size):
        table = counts[direction]
        _count_pairs(flat, positions, offsets[direction], np.uintp(width), table)
        for copy in range(1, table.shape[0]):
            table[0] += table[copy]
    found = np.empty((levels, levels, offsets.size), np.float64)
    for first in range(levels):
        for second in range(levels):
            cell = (first + 1) * width + second + 1
            for direction in range(offsets.size):
                found[first, second, direction] = counts[direction, 0, cell]
    return found


@kernel
def _count_lengths(flat, positions, offset, width, lengths, counts):
    for position in positions:
        here = np.uintp(position)
        before = here - offset
        lengths[here] = lengths[before] * np.uint16(flat[before] == flat[here]) + np.uint16(1)
    others = np.uintp(counts.shape[0] - 1)
    for voxel in range(positions.size):  # a loop of its own: a load need not wait for where a count was stored
        here = np.uintp(positions[voxel])
        counts[np.uintp(voxel) & others, np.uintp(flat[here]) * width + np.uintp(lengths[here])] += np.uint32(1)


@kernel
def runs(flat, positions, offsets, levels, longest):
    """Count runs.

    The length of the run up to a voxel follows from that up to the voxel before it. Counted over all voxels, they say
    how many runs are so long or longer; the differences are the runs of each length.

    Parameters
    ----------
    flat, positions, offsets, levels
        As for :func:`pairs`.
    longest : int
        The box's longest side, which no run exceeds.

    Returns
    -------
    (levels, longest run, directions) float64
    """
    width = longest + 2
    cells = (levels + 1) * width
    counts = np.zeros((offsets.size, _copies(cells), cells), np.uint32)
    lengths = np.empty(flat.size, np.uint16)
    reached = 1
    for direction in range(offsets.size):
        table = counts[direction]
        _count_lengths(flat, positions, offsets[direction], np.uintp(width), lengths, table)
        for copy in range(1, table.shape[0]):
            table[0] += table[copy]
        for level in range(1, levels + 1):
            while table[0, level * width + reached + 1]:
                reached += 1
    found = np.empty((levels, reached, offsets.size), np.float64)
    for level in range(levels):
        for length in range(reached):
            cell = (level + 1) * width + length + 1
            for direction in range(offsets.size):
                found[level, length, direction] = counts[direction, 0, cell] - counts[direction, 0, cell + 1]
    return found
