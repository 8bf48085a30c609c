"""What every kernel set counts on one discretised image."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Matrices:
    """Texture matrices over the n grey levels that occur, not over those between.

    Attributes
    ----------
    glcm : numpy.ndarray, shape (n, n, directions), float64
        How often a voxel of the first level has one of the second as its neighbour in each direction; not symmetric.
    glcm_directions, glrlm_directions : numpy.ndarray, shape (directions, 3), int64
        Offsets (k, j, i), as :func:`~ABCImmunoResponseLib.features.kernels.directions.directions` gives them.
    glrlm : numpy.ndarray, shape (n, longest run, directions), float64
        How many runs of each level and length (1, 2, ...) there are in each direction. All zero in a direction in which
        no line of the region holds two voxels.
    glszm : tuple of numpy.ndarray, each shape (zones,), int64
        Level (its place among the n, from 0), size and number of the connected zones; by level, then by size.
    gldm : numpy.ndarray, shape (n, most dependent neighbours + 1), float64
        How many voxels of each level have 0, 1, 2, ... neighbours that differ by ``gldm_a`` levels or less.
    ngtdm : numpy.ndarray, shape (n, 2), float64
        How many voxels each level has, and the sum of their absolute differences from the mean level of their
        neighbours in the region; a voxel without neighbours differs by 0.
    """

    glcm: np.ndarray
    glcm_directions: np.ndarray
    glrlm: np.ndarray
    glrlm_directions: np.ndarray
    glszm: tuple[np.ndarray, np.ndarray, np.ndarray]
    gldm: np.ndarray
    ngtdm: np.ndarray
