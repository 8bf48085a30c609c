"""The directions in which neighbours are looked for."""

from collections.abc import Sequence
from itertools import product

import numpy as np


def directions(size: Sequence[int], distances: Sequence[int]) -> np.ndarray:
    """Return one offset of each opposite pair of neighbours, in pyradiomics' order.

    Parameters
    ----------
    size : (3,)
        Voxels of the region's box along (k, j, i); an offset that leaves a box from any of its voxels is left out.
    distances : sequence of int
        Which distances, in the infinity norm, neighbours have.

    Returns
    -------
    numpy.ndarray, shape (directions, 3), int64
        Offsets (k, j, i); the first that is not 0 is positive. 13 for distance 1 in a box of 2 x 2 x 2 or more.
    """
    reach = range(max(distances), -max(distances) - 1, -1)
    wanted = [
        offset
        for offset in product(reach, repeat=3)
        if offset > (0, 0, 0)
        and max(map(abs, offset)) in distances
        and all(abs(step) < side for step, side in zip(offset, size, strict=True))
    ]
    return np.array(wanted, dtype=np.int64).reshape(-1, 3)
