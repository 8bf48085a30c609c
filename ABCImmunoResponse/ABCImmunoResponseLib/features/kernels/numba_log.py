"""Laplacian of Gaussian by numba: ITK's recursion, with its bits, on many lines at once.

A Gaussian or a derivative of it is approximated on each side of zero by two damped oscillations (Deriche, Recursively
implementing the Gaussian and its derivatives, INRIA report 1893, 1993). The convolution with such a function is a
recursion of the fourth order: one along the line, one against it, and their sum. The weights are scaled so that the
sampled function has the moments of the true one (Farneback and Westin, J Math Imaging Vis 2006;26(3):293-299).

So that every value has the bits that ITK gives it, sums keep ITK's order, recursions are in double precision and what
lies between two filters is rounded to float32. What no voxel of the box depends on is left out.
"""

import math
from functools import lru_cache

import numpy as np

from ABCImmunoResponseLib.features.kernels.interface import Box
from ABCImmunoResponseLib.features.kernels.numba_jit import kernel
from ABCImmunoResponseLib.features.kernels.numpy_log import check_shape

_LINES = 32  # filtered side by side: enough for the processor's vectors, few enough for its first cache

# Deriche's fit for sigma 1: (a1 cos(w1 x) + b1 sin(w1 x)) exp(l1 x) + (a2 cos(w2 x) + b2 sin(w2 x)) exp(l2 x), with
# these frequencies and decays, and (a1, b1, a2, b2) of the Gaussian and of its second derivative.
_W1, _L1, _W2, _L2 = 0.6681, -1.3932, 2.0787, -1.3732
_GAUSSIAN = (1.3530, 1.8151, -0.3531, 0.0902)
_SECOND = (-1.3563, 5.2318, 0.3446, -2.2355)

Four = tuple[float, float, float, float]
Weights = tuple[Four, Four, Four, Four, Four]


def laplacian_of_gaussian(image: np.ndarray, spacing: tuple[float, float, float], sigma: float, box: Box) -> np.ndarray:
    """Return the Laplacian of Gaussian of an image within a box; see ``numpy_log``, whose bits it gives."""
    check_shape(image.shape)
    # An int16 is a float32 exactly and an int32 a float64, so that two types of lines are compiled instead of ten.
    image = np.ascontiguousarray(image, np.result_type(image, np.float32))
    bounds = [(side.start, side.stop) for side in box]
    total = np.zeros([stop - start for start, stop in bounds], np.float32)
    for derived in (2, 1, 0):
        filtered = image
        for axis in (derived, *(other for other in (2, 1, 0) if other != derived)):
            start, stop = bounds[axis]
            samples, stride = filtered.shape[axis], math.prod(filtered.shape[axis + 1 :])
            kept = np.empty((*filtered.shape[:axis], stop - start, *filtered.shape[axis + 1 :]), np.float32)
            weights = _weights(sigma, spacing[axis], axis == derived)
            _filter_lines(filtered.reshape(-1), samples, stride, weights, start, stop, kept.reshape(-1))
            filtered = kept
        _add(total.reshape(-1), filtered.reshape(-1), 1.0 / (spacing[derived] * spacing[derived]))
    return total


@lru_cache(maxsize=64)
def _weights(sigma: float, spacing: float, second: bool) -> Weights:
    """Return the weights of the smoothing filter or of the scale-normalised second derivative along one axis.

    Returns
    -------
    forward : of the sample itself and the three before it
    backward : of the four samples after it
    back : of the four results before (or after) it, which are subtracted
    forward_border, backward_border : of the outermost sample in place of results that lie beyond it
    """
    width = sigma / spacing  # in samples
    cos1, sin1, exp1 = math.cos(_W1 / width), math.sin(_W1 / width), math.exp(_L1 / width)
    cos2, sin2, exp2 = math.cos(_W2 / width), math.sin(_W2 / width), math.exp(_L2 / width)

    d4 = exp1 * exp1 * exp2 * exp2
    d3 = -2 * cos1 * exp1 * exp2 * exp2 + -2 * cos2 * exp2 * exp1 * exp1
    d2 = 4 * cos2 * cos1 * exp1 * exp2 + (exp1 * exp1 + exp2 * exp2)
    d1 = -2 * (exp2 * cos2 + exp1 * cos1)
    sum_d = 1.0 + d1 + d2 + d3 + d4
    first_d = d1 + 2 * d2 + 3 * d3 + 4 * d4
    second_d = d1 + 4 * d2 + 9 * d3 + 16 * d4

    def numerator(a1: float, b1: float, a2: float, b2: float) -> Four:
        return (
            a1 + a2,
            exp2 * (b2 * sin2 - (a2 + 2 * a1) * cos2) + exp1 * (b1 * sin1 - (a1 + 2 * a2) * cos1),
            ((a1 + a2) * cos2 * cos1 - (b1 * cos2 * sin1 + b2 * cos1 * sin2)) * (2 * exp1 * exp2)
            + (a2 * exp1 * exp1 + a1 * exp2 * exp2),
            exp2 * exp1 * exp1 * (b2 * sin2 - a2 * cos2) + exp1 * exp2 * exp2 * (b1 * sin1 - a1 * cos1),
        )

    n = numerator(*_GAUSSIAN)
    if second:
        # As much of the Gaussian is mixed in as makes the second derivative of a constant zero.
        sums, m = _moments(n), numerator(*_SECOND)
        sums_m = _moments(m)
        beta = -(2 * sums_m[0] - sum_d * m[0]) / (2 * sums[0] - sum_d * n[0])
        sum_n, first_n, second_n = (b + beta * a for a, b in zip(sums, sums_m, strict=True))
        n = tuple(b + beta * a for a, b in zip(n, m, strict=True))
        moment = (
            second_n * sum_d * sum_d
            - second_d * sum_n * sum_d
            - 2 * first_n * first_d * sum_d
            + 2 * first_d * first_d * sum_n
        ) / (sum_d * sum_d * sum_d)
        scale = sigma * sigma / moment
    else:
        scale = 1.0 / (2 * _moments(n)[0] / sum_d - n[0])

    n0, n1, n2, n3 = (value * scale for value in n)
    m1, m2, m3, m4 = n1 - d1 * n0, n2 - d2 * n0, n3 - d3 * n0, -d4 * n0
    sum_n, sum_m = n0 + n1 + n2 + n3, m1 + m2 + m3 + m4
    back = (d1, d2, d3, d4)
    borders = [tuple(d * total / sum_d for d in back) for total in (sum_n, sum_m)]
    return (n0, n1, n2, n3), (m1, m2, m3, m4), back, borders[0], borders[1]


def _moments(n: Four) -> tuple[float, float, float]:
    """Return the sum of the weights, and that of their products with 0, 1, 2, 3 and with the squares of these."""
    return n[0] + n[1] + n[2] + n[3], n[1] + 2 * n[2] + 3 * n[3], n[1] + 4 * n[2] + 9 * n[3]


@kernel
def _filter_lines(image, samples, stride, weights, start, stop, kept):
    """Filter every line of an image along one axis and keep its samples from ``start`` to ``stop``.

    Parameters
    ----------
    image : shape (voxels,), float32 or float64
    samples : int
        Of a line, 4 or more.
    stride : int
        Voxels from one sample of a line to the next.
    weights
        See ``_weights``.
    kept : shape (lines * (stop - start),), float32
        The result.
    """
    (n0, n1, n2, n3), (m1, m2, m3, m4), (d1, d2, d3, d4), (f1, f2, f3, f4), (b1, b2, b3, b4) = weights
    x = np.zeros((samples, _LINES))
    y = np.empty((samples, _LINES))  # forward
    z = np.empty((samples, _LINES))  # backward
    last = samples - 1
    lines = image.size // samples
    for line in range(0, lines, _LINES):
        beside = min(_LINES, lines - line)
        for c in range(beside):
            outer, inner = divmod(line + c, stride)
            at = outer * samples * stride + inner
            for t in range(samples):
                x[t, c] = image[at + t * stride]

        for c in range(_LINES):
            e = x[0, c]
            y[0, c] = (e * n0 + e * n1 + e * n2 + e * n3) - (e * f1 + e * f2 + e * f3 + e * f4)
            y[1, c] = (x[1, c] * n0 + e * n1 + e * n2 + e * n3) - (y[0, c] * d1 + e * f2 + e * f3 + e * f4)
            y[2, c] = (x[2, c] * n0 + x[1, c] * n1 + e * n2 + e * n3) - (y[1, c] * d1 + y[0, c] * d2 + e * f3 + e * f4)
            y[3, c] = (x[3, c] * n0 + x[2, c] * n1 + x[1, c] * n2 + e * n3) - (
                y[2, c] * d1 + y[1, c] * d2 + y[0, c] * d3 + e * f4
            )
        for t in range(4, stop):
            for c in range(_LINES):
                y[t, c] = (x[t, c] * n0 + x[t - 1, c] * n1 + x[t - 2, c] * n2 + x[t - 3, c] * n3) - (
                    y[t - 1, c] * d1 + y[t - 2, c] * d2 + y[t - 3, c] * d3 + y[t - 4, c] * d4
                )

        for c in range(_LINES):
            e = x[last, c]
            z[last, c] = (e * m1 + e * m2 + e * m3 + e * m4) - (e * b1 + e * b2 + e * b3 + e * b4)
            z[last - 1, c] = (e * m1 + e * m2 + e * m3 + e * m4) - (z[last, c] * d1 + e * b2 + e * b3 + e * b4)
            z[last - 2, c] = (x[last - 1, c] * m1 + e * m2 + e * m3 + e * m4) - (
                z[last - 1, c] * d1 + z[last, c] * d2 + e * b3 + e * b4
            )
            z[last - 3, c] = (x[last - 2, c] * m1 + x[last - 1, c] * m2 + e * m3 + e * m4) - (
                z[last - 2, c] * d1 + z[last - 1, c] * d2 + z[last, c] * d3 + e * b4
            )
        for t in range(samples - 5, start - 1, -1):
            for c in range(_LINES):
                z[t, c] = (x[t + 1, c] * m1 + x[t + 2, c] * m2 + x[t + 3, c] * m3 + x[t + 4, c] * m4) - (
                    z[t + 1, c] * d1 + z[t + 2, c] * d2 + z[t + 3, c] * d3 + z[t + 4, c] * d4
                )

        for c in range(beside):
            outer, inner = divmod(line + c, stride)
            at = outer * (stop - start) * stride + inner
            for t in range(start, stop):
                kept[at + (t - start) * stride] = y[t, c] + z[t, c]


@kernel
def _add(total, part, factor):
    """Add ``part`` times a factor to ``total`` in place, in double precision, rounded to float32; flat arrays."""
    for n in range(total.size):
        total[n] = total[n] + part[n] * factor
