"""Counts along the directions and in the neighbourhoods of one discretised image, in walled arrays (``numba_region``).

Each direction is walked on its own, so that the tables that are counted in stay in the processor's nearest memory.
Indices are unsigned: numba then leaves out the arithmetic for negative ones.
"""

import numpy as np

from ABCImmunoResponseLib.features.kernels.numba_jit import kernel


@kernel
def _count_pairs(flat, positions, offset, width, pairs):
    for position in positions:
        here = np.uintp(position)
        before = here - offset
        pairs[np.uintp(flat[before]) * width + np.uintp(flat[here])] += np.uint32(1)


@kernel
def _count_pairs_and_runs(flat, positions, offset, width, pairs, lengths, longest, runs, bit, equal):
    for voxel in range(positions.size):
        here = np.uintp(positions[voxel])
        before = here - offset
        level = np.uintp(flat[here])
        earlier = np.uintp(flat[before])
        pairs[earlier * width + level] += np.uint32(1)
        same = np.uintp(earlier == level)
        length = np.uintp(lengths[before]) * same + np.uintp(1)
        lengths[here] = length
        runs[level * longest + length] += np.uint32(1)
        equal[voxel] |= np.uint16(same << bit)


@kernel
def lines(ranks, positions, size, levels, longest, offsets, pair_of, run_of, bit_of, pair_directions, has_lines):
    """Count pairs of neighbours and runs.

    The length of the run up to each voxel follows from that up to the voxel before it. Counted over all voxels they
    give, for each length, how many runs are that long or longer; the differences are the runs.

    Parameters
    ----------
    ranks : (voxels,) uint16
    positions : (voxels,) int32
    size : int
        Of the walled array.
    levels : int
        How many levels there are.
    longest : int
        The box's longest side: no run is longer.
    offsets : (steps,) uint64
        Of the directions to walk in.
    pair_of, run_of, bit_of : (steps,) int64
        Their places among the GLCM's directions, the GLRLM's and the bits of ``equal``; -1 where they have none.
    pair_directions : int
        How many directions the GLCM has.
    has_lines : (run directions,) bool
        In which of the GLRLM's directions there are lines of two voxels or more.

    Returns
    -------
    glcm : (levels, levels, pair directions) float64
    glrlm : (levels, longest run, run directions) float64
    equal : (voxels,) uint16
        Bit ``bit_of[step]`` says whether the voxel one step earlier has the same level.
    """
    flat = np.zeros(size, np.uint16)
    for voxel in range(positions.size):
        flat[positions[voxel]] = ranks[voxel]
    width = np.uintp(levels + 1)
    stride = np.uintp(longest + 2)
    pairs = np.zeros((pair_directions + 1, width * width), np.uint32)  # the last for directions not the GLCM's
    runs = np.zeros((has_lines.size, width * stride), np.uint32)
    lengths = np.empty(size, np.uint16)
    equal = np.zeros(positions.size, np.uint16)
    for step in range(offsets.size):
        if run_of[step] < 0:
            _count_pairs(flat, positions, offsets[step], width, pairs[pair_of[step]])
        else:
            _count_pairs_and_runs(
                flat, positions, offsets[step], width, pairs[pair_of[step]], lengths, stride, runs[run_of[step]],
                np.uintp(bit_of[step]), equal,
            )  # fmt: skip
    return _glcm(pairs[:-1], levels), _glrlm(runs, levels, stride, has_lines), equal


@kernel
def _glcm(pairs, levels):
    glcm = np.empty((levels, levels, pairs.shape[0]), np.float64)
    for first in range(levels):
        for second in range(levels):
            cell = (first + 1) * (levels + 1) + second + 1
            for direction in range(pairs.shape[0]):
                glcm[first, second, direction] = pairs[direction, cell]
    return glcm


@kernel
def _glrlm(runs, levels, stride, has_lines):
    longest = 1
    for direction in range(has_lines.size):
        for level in range(1, levels + 1):
            while runs[direction, level * stride + longest + 1]:
                longest += 1
    glrlm = np.zeros((levels, longest, has_lines.size), np.float64)
    for level in range(levels):
        for length in range(longest):
            cell = (level + 1) * stride + length + 1
            for direction in range(has_lines.size):
                if has_lines[direction]:
                    glrlm[level, length, direction] = runs[direction, cell] - runs[direction, cell + 1]
    return glrlm


@kernel
def neighbourhoods(ranks, positions, size, grey_levels, offsets, neighbours, gldm_a):
    """Count dependent neighbours, and sum up the differences from the mean of the neighbours.

    Parameters
    ----------
    ranks : (voxels,) uint16
    positions : (voxels,) int32
    size : int
        Of the walled array.
    grey_levels : (levels,) int64
        All positive.
    offsets : (neighbours,) uint64
        Of all neighbours, earlier and later.
    neighbours : (voxels,) uint32
        How many each voxel has in the region.
    gldm_a : int

    Returns
    -------
    gldm : (levels, most dependent neighbours + 1) float64
    ngtdm : (levels, 2) float64
        Summed over the voxels in C order, the mean taken as a sum divided by a number: pyradiomics' own rounding.
    """
    flat = np.zeros(size, np.int32)
    for voxel in range(positions.size):
        flat[positions[voxel]] = grey_levels[ranks[voxel] - 1]
    dependent = np.zeros((grey_levels.size, offsets.size + 1), np.float64)
    ngtdm = np.zeros((grey_levels.size, 2), np.float64)
    most = 0
    for voxel in range(positions.size):
        here = np.uintp(positions[voxel])
        level = flat[here]
        total = 0
        count = 0
        for offset in offsets:
            other = flat[here + offset]
            total += other
            count += (abs(other - level) <= gldm_a) & (other > 0)
        rank = ranks[voxel] - 1
        dependent[rank, count] += 1.0
        most = max(most, count)
        ngtdm[rank, 0] += 1.0
        if neighbours[voxel]:
            ngtdm[rank, 1] += abs(level - total / neighbours[voxel])
    return dependent[:, : most + 1].copy(), ngtdm
