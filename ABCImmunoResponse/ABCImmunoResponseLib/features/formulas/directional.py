"""What the matrices that are counted in each direction (GLCM, GLRLM) have in common."""

from collections.abc import Sequence

import numpy as np


def squared_distances(directions: np.ndarray, spacing_kji: Sequence[float], norm: str) -> np.ndarray:
    """Return how far apart neighbours are.

    Parameters
    ----------
    directions : numpy.ndarray, shape (directions, 3)
        Offsets (k, j, i) in voxels.
    spacing_kji : (3,)
        In mm.
    norm : str
        euclidean, manhattan or infinity.

    Returns
    -------
    numpy.ndarray, shape (directions,)
        In mm².
    """
    steps = np.abs(directions) * np.asarray(spacing_kji, dtype=np.float64)
    if norm == "euclidean":
        return (steps**2).sum(axis=1)
    distances = steps.max(axis=1) if norm == "infinity" else steps.sum(axis=1)
    return distances**2


def mean_over_directions(values: np.ndarray) -> np.ndarray:
    """Return the means of features over the directions in which they are defined, NaN where there is none.

    Parameters
    ----------
    values : numpy.ndarray, shape (features, directions)
        NaN where a feature is undefined.

    Returns
    -------
    numpy.ndarray, shape (features,)
    """
    undefined = np.isnan(values)
    with np.errstate(invalid="ignore"):
        if undefined.any():
            return np.where(undefined, 0.0, values).sum(axis=1) / (~undefined).sum(axis=1)
        return values.sum(axis=1) / values.shape[1]
