"""Coefficients and values of cubic B-splines are ITK's, bit for bit, by numpy and by numba."""

import numpy as np
import pytest
import SimpleITK as sitk

from ABCImmunoResponseLib.features.kernels import numba_spline, numpy_spline

BOTH = pytest.mark.parametrize("kernels", [numpy_spline, numba_spline], ids=["numpy", "numba"])


def noise(*shape, seed=0) -> np.ndarray:
    return np.random.default_rng(seed).normal(40, 300, shape)


def weights_of_knots(points: np.ndarray) -> np.ndarray:
    """Weights (4, ...) of points that lie on the second of their four coefficients."""
    return np.stack([np.full(points.shape, w) for w in (1 / 6, 2 / 3, 1 / 6, 0.0)])


@BOTH
def test_coefficients_are_those_of_itk(kernels):
    volume = noise(21, 9, 30)
    wanted = sitk.GetArrayFromImage(sitk.BSplineDecomposition(sitk.GetImageFromArray(volume)))
    for axis in (2, 1, 0):  # ITK's order: x, y, z
        lines = np.ascontiguousarray(np.moveaxis(volume, axis, 0))
        kernels.spline_coefficients(lines.reshape(len(lines), -1))
        volume = np.moveaxis(lines, 0, axis)
    np.testing.assert_array_equal(volume, wanted)


@BOTH
@pytest.mark.parametrize("samples", [1, 2, 3, 4, 17, 18, 19, 20, 60])
def test_lines_of_every_length_are_filtered_as_itk_does(kernels, samples):
    """Up to 18 samples the sum over the mirrored line is exact, of longer lines it is cut off."""
    lines = noise(samples, 5, seed=samples)
    image = sitk.GetImageFromArray(lines[:, np.newaxis, :1].copy())
    wanted = sitk.GetArrayFromImage(sitk.BSplineDecomposition(image)).ravel()
    kernels.spline_coefficients(lines)
    np.testing.assert_array_equal(lines[:, 0], wanted)


@BOTH
def test_spline_passes_through_the_samples_where_itk_sums_exactly(kernels):
    samples = noise(12, 3)
    lines = samples.copy()
    kernels.spline_coefficients(lines)
    mirrored = np.pad(lines, ((1, 1), (0, 0)), mode="reflect")
    np.testing.assert_allclose((mirrored[:-2] + 4 * lines + mirrored[2:]) / 6, samples, rtol=0, atol=1e-10)


@BOTH
def test_values_are_weighted_sums(kernels):
    coefficients = noise(6, 7, 8)
    first = (np.array([0, 2]).reshape(2, 1, 1), np.array([1, 3, 0]).reshape(1, 3, 1), np.array([4, 1]).reshape(1, 1, 2))
    rng = np.random.default_rng(1)
    weights = tuple(rng.random((4, *places.shape)) for places in first)
    found = kernels.spline_values(coefficients, first, weights)
    assert found.shape == (2, 3, 2)
    for at in np.ndindex(found.shape):
        k, j, i = (int(places.ravel()[n]) for places, n in zip(first, at, strict=True))
        along = (w.reshape(4, -1)[:, n] for w, n in zip(weights, at, strict=True))
        wanted = np.einsum("kji,k,j,i", coefficients[k : k + 4, j : j + 4, i : i + 4], *along)
        assert found[at] == pytest.approx(wanted, rel=1e-12)


@BOTH
def test_values_at_full_and_at_broadcast_points_are_the_same(kernels):
    coefficients = noise(9, 9, 9)
    first = tuple(np.arange(5).reshape(shape) for shape in ((5, 1, 1), (1, 5, 1), (1, 1, 5)))
    weights = tuple(weights_of_knots(places) for places in first)
    full = tuple(np.array(np.broadcast_to(places, (5, 5, 5))) for places in first)
    found = kernels.spline_values(coefficients, first, weights)
    np.testing.assert_array_equal(kernels.spline_values(coefficients, full, tuple(map(weights_of_knots, full))), found)


def test_numba_and_numpy_give_the_same_bits():
    for samples in (2, 11, 18, 19, 45):
        lines = noise(samples, 300, seed=samples)
        again = lines.copy()
        numpy_spline.spline_coefficients(lines)
        numba_spline.spline_coefficients(again)
        np.testing.assert_array_equal(again, lines)
    rng = np.random.default_rng(2)
    coefficients = noise(20, 21, 22)
    first = tuple(rng.integers(0, 16, (11, 12, 13)) for _ in range(3))
    weights = tuple(rng.random((4, 11, 12, 13)) for _ in range(3))
    np.testing.assert_array_equal(
        numba_spline.spline_values(coefficients, first, weights),
        numpy_spline.spline_values(coefficients, first, weights),
    )
