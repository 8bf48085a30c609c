"""Cubic B-splines by numba: the operations of ``numpy_spline`` in the same order, so the same bits, in fewer passes."""

import numpy as np

from ABCImmunoResponseLib.features.kernels.numba_jit import kernel
from ABCImmunoResponseLib.features.kernels.numpy_spline import GAIN, LAST, POLE, causal_start

_LINES_AT_ONCE = 64  # so that the samples of a block of lines stay in the processor's first cache


def spline_coefficients(lines: np.ndarray) -> None:
    """Turn samples into coefficients in place; see :func:`.numpy_spline.spline_coefficients`."""
    if len(lines) > 1:
        indices, weights, divisor = causal_start(len(lines))
        _filter(lines, np.array(indices), np.array(weights), divisor, GAIN, POLE, LAST)


def spline_values(
    coefficients: np.ndarray,
    first: tuple[np.ndarray, np.ndarray, np.ndarray],
    weights: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> np.ndarray:
    """Sum 4 x 4 x 4 weighted coefficients at each point; see :func:`.numpy_spline.spline_values`."""
    values = np.empty(np.broadcast_shapes(*(places.shape for places in first)))
    # Flat arrays and their steps instead of broadcast ones: of those, numba would compile one version a combination.
    places = [np.ascontiguousarray(each) for each in first]
    steps = np.array([np.broadcast_to(each, values.shape).strides for each in places]) // places[0].itemsize
    _sum(coefficients, *map(np.ravel, places), *(each.reshape(4, -1) for each in weights), steps, values)
    return values


@kernel
def _filter(lines, indices, weights, divisor, gain, pole, last):
    samples, count = lines.shape
    start = np.empty(_LINES_AT_ONCE)
    for low in range(0, count, _LINES_AT_ONCE):
        high = min(low + _LINES_AT_ONCE, count)
        for n in range(samples):
            for line in range(low, high):
                lines[n, line] *= gain
        for line in range(low, high):
            start[line - low] = lines[0, line]
        for n in range(1, len(indices)):
            for line in range(low, high):
                start[line - low] += weights[n] * lines[indices[n], line]
        for line in range(low, high):
            lines[0, line] = start[line - low] / divisor
        for n in range(1, samples):
            for line in range(low, high):
                lines[n, line] += pole * lines[n - 1, line]
        for line in range(low, high):
            lines[samples - 1, line] = last * (pole * lines[samples - 2, line] + lines[samples - 1, line])
        for n in range(samples - 2, -1, -1):
            for line in range(low, high):
                lines[n, line] = pole * (lines[n + 1, line] - lines[n, line])


@kernel
def _sum(coefficients, at_k, at_j, at_i, along_k, along_j, along_i, steps, values):
    slices, rows, columns = values.shape
    for k in range(slices):
        for j in range(rows):
            for i in range(columns):
                a = k * steps[0, 0] + j * steps[0, 1] + i * steps[0, 2]
                b = k * steps[1, 0] + j * steps[1, 1] + i * steps[1, 2]
                c = k * steps[2, 0] + j * steps[2, 1] + i * steps[2, 2]
                total = 0.0
                for n in range(4):
                    for m in range(4):
                        for p in range(4):
                            weight = along_i[p, c] * along_j[m, b] * along_k[n, a]
                            total += weight * coefficients[at_k[a] + n, at_j[b] + m, at_i[c] + p]
                values[k, j, i] = total
