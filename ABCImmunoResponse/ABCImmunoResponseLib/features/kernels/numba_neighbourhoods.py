"""Dependent neighbours and differences from the neighbours' mean, with numba, in a walled array (``numba_region``).

A stretch of the array is taken at a time: over it, each neighbour offset is one simple loop, which the compiler turns
into vector instructions.
"""

import numpy as np

from ABCImmunoResponseLib.features.kernels.numba_jit import kernel

_STRETCH = 512  # voxels; its sums and counts stay in the processor's nearest memory


@kernel
def _add(others, levels, reach, sums, dependent):
    for place in range(levels.size):
        sums[place] += others[place]
        dependent[place] += np.uint32(others[place] - levels[place] + reach) <= np.uint32(2 * reach)


@kernel
def neighbourhoods(ranks, positions, size, grey_levels, offsets, neighbours, gldm_a):
    """Count dependent neighbours, and sum up the differences from the mean of the neighbours.

    Parameters
    ----------
    ranks : (voxels,) uint16
    positions : (voxels,) int32
    size : int
        Of the walled array.
    grey_levels : (levels,) int32
        All positive.
    offsets : (neighbours,) int64
        Of all neighbours, earlier and later.
    neighbours : (voxels,) int32
        How many each voxel has in the region.
    gldm_a : int
        Not negative.

    Returns
    -------
    gldm : (levels, most dependent neighbours + 1) float64
    ngtdm : (levels, 2) float64
        Summed over the voxels in C order, the mean being a sum divided by a number: pyradiomics' own rounding.
    """
    flat = np.zeros(size, np.int32)
    for voxel in range(positions.size):
        flat[positions[voxel]] = grey_levels[ranks[voxel] - 1]
    gldm = np.zeros((grey_levels.size, offsets.size + 1), np.float64)
    ngtdm = np.zeros((grey_levels.size, 2), np.float64)
    sums = np.empty(_STRETCH, np.int32)
    dependent = np.empty(_STRETCH, np.int32)
    most = 0
    voxel = 0
    while voxel < positions.size:
        start = positions[voxel]
        stop = min(start + _STRETCH, positions[-1] + 1)
        levels = flat[start:stop]
        sums[:] = 0
        dependent[:] = 0
        for offset in offsets:
            _add(flat[start + offset : stop + offset], levels, np.int32(gldm_a), sums, dependent)
        while voxel < positions.size and positions[voxel] < stop:
            place = positions[voxel] - start
            level = levels[place]
            count = dependent[place]
            if level <= gldm_a:  # then the zeros outside the region were counted as well
                count -= offsets.size - neighbours[voxel]
            rank = ranks[voxel] - 1
            gldm[rank, count] += 1.0
            most = max(most, count)
            ngtdm[rank, 0] += 1.0
            if neighbours[voxel]:
                ngtdm[rank, 1] += abs(level - sums[place] / neighbours[voxel])
            voxel += 1
    return gldm[:, : most + 1].copy(), ngtdm
