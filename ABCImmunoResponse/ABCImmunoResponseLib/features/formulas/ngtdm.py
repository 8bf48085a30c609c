"""Features of the neighbouring grey tone difference matrix."""

import numpy as np

_COARSENESS_OF_A_FLAT_REGION = 1e6  # pyradiomics' stand-in for infinity


def features(ngtdm: np.ndarray, grey_levels: np.ndarray) -> dict[str, float]:
    """Return the 5 NGTDM features by pyradiomics' names, in its order.

    Parameters
    ----------
    ngtdm : numpy.ndarray, shape (n, 2), float64
        How many voxels each level has, and the sum of their absolute differences from the mean of their neighbours.
    grey_levels : numpy.ndarray, shape (n,), int64
        The levels that occur.

    Notes
    -----
    Amadasun and King 1989, as pyradiomics defines them: where a denominator is 0, coarseness is 10⁶ and the others 0.
    """
    number, s = ngtdm.T
    voxels, n = number.sum(), len(number)
    i = grey_levels.astype(np.float64)
    p = number / voxels
    total, ps, ip = s.sum(), p * s, i * p
    activity = ps.sum()
    distance = np.abs(i[:, np.newaxis] - i)
    squared = distance * distance
    change = np.abs(ip[:, np.newaxis] - ip).sum()
    both = p[:, np.newaxis] + p
    named = {
        "Busyness": activity / change if change else 0.0,
        "Coarseness": 1 / activity if activity else _COARSENESS_OF_A_FLAT_REGION,
        "Complexity": (distance * (ps[:, np.newaxis] + ps) / both).sum() / voxels,
        "Contrast": p @ squared @ p * total / voxels / (n * (n - 1)) if n > 1 else 0.0,
        "Strength": (both * squared).sum() / total if total else 0.0,
    }
    return {name: float(value) for name, value in named.items()}
