"""Cubic B-splines by numpy, one vector operation over many lines or points at a time, in ITK's order of operations.

Every sum and product is written out one by one: another order rounds differently, and where a resampled value lies
within rounding noise of a whole HU, truncation would make another HU of it. See ``preprocessing.bspline``.
"""

import math

import numpy as np

POLE = math.sqrt(3.0) - 2.0  # Unser, IEEE Signal Process Mag 1999;16(6):22-38, table 1: cubic
GAIN = (1.0 - POLE) * (1.0 - 1.0 / POLE)
LAST = POLE / (POLE * POLE - 1.0)
_HORIZON = math.ceil(math.log(1e-10) / math.log(-POLE))  # samples after which ITK cuts the infinite sum off


def causal_start(samples: int) -> tuple[list[int], list[float], float]:
    """Return which samples make the first value of the causal filter of a line mirrored at its ends.

    Parameters
    ----------
    samples : int
        The line's length, 2 or more.

    Returns
    -------
    indices : list of int
        Of samples, in the order in which they are added; the first has the weight 1.
    weights : list of float
        Of the same samples.
    divisor : float
        Of the sum: 1 where the sum is cut off after 18 samples, which leaves an error of 1e-10 of a sample; shorter
        lines are summed exactly (Unser 1999, box 2).
    """
    if samples > _HORIZON:
        return list(range(_HORIZON)), _powers(POLE, _HORIZON), 1.0
    rising = _powers(POLE, samples)
    end = POLE ** float(samples - 1)
    falling = _powers(1.0 / POLE, samples - 1, first=end * (end * (1.0 / POLE)))
    indices = [0, samples - 1, *range(1, samples - 1)]
    weights = [1.0, end, *(rising[n] + falling[n - 1] for n in range(1, samples - 1))]
    return indices, weights, 1.0 - rising[-1] * rising[-1]


def spline_coefficients(lines: np.ndarray) -> None:
    """Turn samples into coefficients of a cubic B-spline along the first axis, in place.

    Parameters
    ----------
    lines : numpy.ndarray, shape (samples, lines), float64, C-contiguous
        A single sample is its own coefficient.
    """
    samples = len(lines)
    if samples == 1:
        return
    lines *= GAIN
    indices, weights, divisor = causal_start(samples)
    first = lines[0].copy()
    term = np.empty_like(first)
    for n, weight in zip(indices[1:], weights[1:], strict=True):
        np.multiply(lines[n], weight, out=term)
        first += term
    np.divide(first, divisor, out=lines[0])
    for n in range(1, samples):
        np.multiply(lines[n - 1], POLE, out=term)
        line = lines[n]
        line += term
    np.multiply(lines[-2], POLE, out=term)
    line = lines[-1]
    line += term
    line *= LAST
    for n in range(samples - 2, -1, -1):
        line = lines[n]
        np.subtract(lines[n + 1], line, out=line)
        line *= POLE


def spline_values(
    coefficients: np.ndarray,
    first: tuple[np.ndarray, np.ndarray, np.ndarray],
    weights: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> np.ndarray:
    """Sum 4 x 4 x 4 weighted coefficients at each point of a grid.

    Parameters
    ----------
    coefficients : numpy.ndarray, shape (K, J, I), float64, C-contiguous
    first : three numpy.ndarray, int64
        Indices k, j and i of each point's first coefficient; they broadcast to the shape of the result.
    weights : three numpy.ndarray, shape (4, ...), float64
        Of the four coefficients along k, j and i; what follows the first axis has the shapes of ``first``.

    Returns
    -------
    numpy.ndarray, float64
    """
    _, rows, columns = coefficients.shape
    flat = coefficients.reshape(-1)
    at = (first[0] * rows + first[1]) * columns + first[2]
    total, term, taken = np.zeros(at.shape), np.empty(at.shape), np.empty(at.shape)
    in_plane = [[along_i * along_j for along_i in weights[2]] for along_j in weights[1]]
    for k in range(4):
        for j in range(4):
            for i in range(4):
                np.take(flat[(k * rows + j) * columns + i :], at, out=taken, mode="clip")
                np.multiply(in_plane[j][i], weights[0][k], out=term)
                term *= taken
                total += term
    return total


def _powers(base: float, count: int, first: float = 1.0) -> list[float]:
    """Return ``first``, ``first`` x ``base``, ..., each by a multiplication of the last."""
    powers = [first]
    while len(powers) < count:
        powers.append(powers[-1] * base)
    return powers
