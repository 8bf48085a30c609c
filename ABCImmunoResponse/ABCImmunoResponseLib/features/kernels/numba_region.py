"""What depends on a region alone: where its voxels lie in a walled array, and how they neighbour each other.

The region's box is laid out flat with walls: ``wall`` voxels that belong to nothing follow each row, ``wall`` rows each
slice, and as much precedes the first voxel and follows the last. Whatever lies up to ``wall`` voxels away from a voxel
is then a fixed offset away, is within the array, and is a wall where it is outside the box: no bounds are tested.
"""

import numpy as np

from ABCImmunoResponseLib.features.kernels.numba_jit import kernel

BACKGROUND, REGION, WALL = 0, 1, 2


@kernel
def walled(region, wall):
    """Lay a region's box out flat with walls.

    Parameters
    ----------
    region : (K, J, I) bool, C-contiguous
    wall : int

    Returns
    -------
    box : (flat,) uint8
        ``BACKGROUND``, ``REGION`` or ``WALL``.
    positions : (voxels,) int32
        Of the region's voxels in it, in C order.
    """
    slices, rows, columns = region.shape
    row = columns + wall
    margin = wall * ((rows + wall) * row + row + 1)
    box = np.full(slices * (rows + wall) * row + 2 * margin, np.uint8(WALL), np.uint8)
    positions = np.empty(region.size, np.int32)
    voxels = 0
    for k in range(slices):
        for j in range(rows):
            start = margin + (k * (rows + wall) + j) * row
            for i in range(columns):
                inside = region[k, j, i]
                box[start + i] = inside
                positions[voxels] = start + i
                voxels += inside
    return box, positions[:voxels].copy()


@kernel
def placed(ranks, positions, size):
    """Put the voxels' ranks where they belong in the walled array, uint16; 0 elsewhere."""
    flat = np.zeros(size, np.uint16)
    for voxel in range(positions.size):
        flat[positions[voxel]] = ranks[voxel]
    return flat


@kernel
def neighbour_counts(box, positions, offsets):
    """Count the neighbours that each voxel has in the region.

    Parameters
    ----------
    box, positions
        As :func:`walled` gives them.
    offsets : (neighbours,) int64

    Returns
    -------
    (voxels,) int32
    """
    counts = np.empty(positions.size, np.int32)
    for voxel in range(positions.size):
        count = 0
        for offset in offsets:
            count += box[positions[voxel] + offset] == REGION
        counts[voxel] = count
    return counts


@kernel
def directions_with_lines(box, positions, offsets):
    """Find the directions in which a line through the box holds two voxels of the region, adjacent or not.

    Parameters
    ----------
    box, positions
        As :func:`walled` gives them.
    offsets : (directions,) int64

    Returns
    -------
    (directions,) bool
    """
    found = np.zeros(offsets.size, np.bool_)
    for direction in range(offsets.size):
        offset = offsets[direction]
        for start in positions:
            here = start + offset
            while box[here] == BACKGROUND:
                here += offset
            if box[here] == REGION:
                found[direction] = True
                break
    return found
