"""The maximal correlation coefficient of a grey level co-occurrence matrix."""

import numpy as np

from ABCImmunoResponseLib.features.formulas.directional import mean_over_directions
from ABCImmunoResponseLib.features.formulas.firstorder import EPSILON

# Eigenvalues are good to some 1e-15; from here on, that is far below 1e-9 of them.
_WELL_ABOVE_ROUNDING = 1e-3


def maximal_correlation_coefficient(p: np.ndarray, px: np.ndarray, py: np.ndarray) -> float:
    """Return the root of the second largest eigenvalue of Q, averaged over the directions in which it is real.

    Parameters
    ----------
    p : numpy.ndarray, shape (n, n, directions)
        Co-occurrence probabilities; NaN where a single direction holds no pair.
    px, py : numpy.ndarray, shapes (n, 1, directions) and (1, n, directions)
        Their sums over columns and over rows.

    Notes
    -----
    Q(i, j) is the sum over k of p(i, k) p(j, k) / (px(i) py(k)) (Haralick, Shanmugam and Dinstein 1973, feature 14, as
    pyradiomics defines it, with its epsilon in the denominator). A flat region has a single eigenvalue; by convention
    its coefficient is 1.
    """
    n = len(p)
    rows = np.ascontiguousarray(p.transpose(2, 0, 1))  # direction, i, k
    if np.isnan(rows).any():
        return float("nan")
    if n == 1:
        return 1.0
    over = px[:, 0].T[:, :, np.newaxis], py[0].T[:, np.newaxis, :]
    second = _second_eigenvalues((rows / (over[0] * over[1] + EPSILON)) @ rows.transpose(0, 2, 1))
    if not (second.real > _WELL_ABOVE_ROUNDING).all():
        second = _second_eigenvalues(_as_pyradiomics_adds(rows, *over))
    with np.errstate(invalid="ignore"):
        roots = np.sqrt(second)
    return float(mean_over_directions(roots[np.newaxis])[0].real)


def _second_eigenvalues(q: np.ndarray) -> np.ndarray:
    """Return the second largest eigenvalue of each matrix (directions, n, n), complex if rounding made any so."""
    eigenvalues = np.linalg.eigvals(q)
    if not eigenvalues.imag.any():
        eigenvalues = eigenvalues.real  # numpy 2.5 returns complex numbers always
    return np.sort(eigenvalues)[:, -2]


def _as_pyradiomics_adds(rows: np.ndarray, px: np.ndarray, py: np.ndarray) -> np.ndarray:
    """Return Q added up level by level.

    Where the levels of neighbours are independent the second eigenvalue is 0, and what is found instead is rounding;
    its root is some 1e-8, or NaN. Only the same additions give the same.
    """
    q = np.zeros((len(rows), rows.shape[1], rows.shape[1]))
    for k in range(rows.shape[2]):
        column = rows[:, :, k]
        q += column[:, :, np.newaxis] * column[:, np.newaxis, :] / (px * py[:, :, k, np.newaxis] + EPSILON)
    return q
