"""The maximal correlation coefficient of grey level co-occurrence matrices."""

import numpy as np

from ABCImmunoResponseLib.features.formulas.directional import mean_over_directions
from ABCImmunoResponseLib.features.formulas.firstorder import EPSILON

_WELL_ABOVE_ROUNDING = 1e-3  # eigenvalues from here on are good to some 1e-12 of themselves
_TOLERANCE = 5e-10  # of an eigenvalue, twice that of its root
_THREADED = range(64, 101)  # sizes at which OpenBLAS starts threads for updates in blocks, but none for single columns


def maximal_correlation_coefficient(p: np.ndarray, px: np.ndarray, py: np.ndarray, symmetrical: bool) -> float:
    """Return the root of the second largest eigenvalue of Q, averaged over the directions in which it is real.

    Parameters
    ----------
    p : numpy.ndarray, shape (directions, n, n), C-contiguous
        Co-occurrence probabilities; NaN where a single direction holds no pair.
    px, py : numpy.ndarray, shape (directions, n)
        Their sums over columns and over rows.
    symmetrical : bool
        Whether p is.

    Notes
    -----
    Q(i, j) is the sum over k of p(i, k) p(j, k) / (px(i) py(k)) (Haralick, Shanmugam and Dinstein 1973, feature 14), to
    whose denominator pyradiomics adds an epsilon. A flat region has a single eigenvalue; by convention its coefficient
    is 1.
    """
    if np.isnan(px).any():
        return float("nan")
    if px.shape[1] == 1:
        return 1.0
    px, py = px[:, :, np.newaxis], py[:, np.newaxis, :]
    second, certain = _by_symmetry(p, px * py, symmetrical)
    if not certain.all():
        exact = _as_pyradiomics_does(p[~certain], px[~certain], py[~certain])
        second = second.astype(exact.dtype)
        second[~certain] = exact
    with np.errstate(invalid="ignore"):
        roots = np.sqrt(second)
    return float(mean_over_directions(roots[np.newaxis])[0].real)


def _by_symmetry(p: np.ndarray, independent: np.ndarray, symmetrical: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the second largest eigenvalues of symmetric matrices like Q, and which are Q's to the tolerance.

    Without epsilon, Q has the eigenvalues of C C' with C = p / √(px py), which take a quarter of the time. An epsilon
    under this root shares out Q's between the two factors: what is left of the difference is antisymmetric and at most
    delta, the largest share of epsilon in a denominator. It moves an eigenvalue by delta at most (Bauer and Fike), and
    by delta²/gap where the next eigenvalue is a gap away (second-order perturbation; the first order vanishes).
    """
    c = p / np.sqrt(independent + EPSILON)
    eigenvalues = np.sort(_eigenvalues(c) ** 2) if symmetrical else _eigenvalues(c @ c.transpose(0, 2, 1))
    second = eigenvalues[:, -2]
    gap = np.diff(eigenvalues[:, -3:]).min(axis=1)
    delta = EPSILON / independent.min(axis=(1, 2), where=p > 0.0, initial=1.0)
    return second, (second > _WELL_ABOVE_ROUNDING) & (delta**2 <= _TOLERANCE * second * np.maximum(gap, delta))


def _eigenvalues(symmetric: np.ndarray) -> np.ndarray:
    """Return the eigenvalues (directions, n), ascending, of symmetric matrices (directions, n, n).

    For so little work threads gain nothing, and on a machine whose cores are busy they wait for each other, up to a
    hundred times as long as the work takes. LAPACK reduces a matrix by single columns where it has no room for blocks.
    """
    n = symmetric.shape[1]
    if n not in _THREADED:
        return np.linalg.eigvalsh(symmetric)
    from scipy.linalg.lapack import dsterf, dsytrd

    eigenvalues = np.empty((len(symmetric), n))
    for direction, matrix in enumerate(symmetric):
        _, diagonal, beside, _, _ = dsytrd(matrix.T, lower=1, lwork=1)
        eigenvalues[direction], failed = dsterf(diagonal, beside)
        if failed:
            raise np.linalg.LinAlgError("Eigenvalues did not converge.")
    return eigenvalues


def _as_pyradiomics_does(p: np.ndarray, px: np.ndarray, py: np.ndarray) -> np.ndarray:
    """Return the second largest eigenvalue of each Q, added up level by level; complex if rounding made any so.

    Where the levels of neighbours are independent it is 0, and what is found instead is rounding; its root is some
    1e-8, or NaN. Only the same additions give the same.
    """
    q = np.zeros_like(p)
    for k in range(p.shape[2]):
        column = p[:, :, k]
        q += column[:, :, np.newaxis] * column[:, np.newaxis, :] / (px * py[:, :, k, np.newaxis] + EPSILON)
    eigenvalues = np.linalg.eigvals(q)
    if not eigenvalues.imag.any():
        eigenvalues = eigenvalues.real  # numpy 2.5 returns complex numbers always
    return np.sort(eigenvalues)[:, -2]
