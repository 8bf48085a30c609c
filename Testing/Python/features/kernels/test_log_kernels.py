"""Both Laplacians of Gaussian are pyradiomics', bit for bit, and that of mathematics to its approximation."""

import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st

from ABCImmunoResponseLib.errors import FeatureError
from ABCImmunoResponseLib.features.kernels import numba_log, numpy_log

KERNELS = (numpy_log.laplacian_of_gaussian, numba_log.laplacian_of_gaussian)
DTYPES = (np.int8, np.uint8, np.int16, np.uint16, np.int32, np.int64, np.float32, np.float64)
both = pytest.mark.parametrize("kernel", KERNELS, ids=["numpy", "numba"])


def by_pyradiomics(image, spacing, sigma) -> np.ndarray:
    """Return pyradiomics' LoG image of a whole image."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from radiomics.imageoperations import getLoGImage

    picture = sitk.GetImageFromArray(image)
    picture.SetSpacing(spacing[::-1])
    ((filtered, _, _),) = getLoGImage(picture, None, sigma=[sigma])
    return sitk.GetArrayFromImage(filtered)


def noise(shape, dtype, seed=0) -> np.ndarray:
    return np.random.default_rng(seed).normal(60, 15, shape).astype(dtype)


def whole(image: np.ndarray) -> tuple[slice, slice, slice]:
    return tuple(slice(0, length) for length in image.shape)


@st.composite
def cases(draw):
    """Draw an image, spacing, sigma and box; pyradiomics needs an image longer than sigma."""
    sigma = draw(st.sampled_from((1.0, 2.0, 3.0)))
    length = st.integers(4, 18)
    shape = draw(st.tuples(length, length, length))
    if draw(st.booleans()):
        spacing = tuple(draw(st.floats(max(0.3, sigma / (n - 1.5)), 6.0)) for n in shape)
    else:
        spacing = (1.0, 1.0, 1.0)
    box = []
    for n in shape:
        start = draw(st.integers(0, n - 1))
        box.append(slice(start, draw(st.integers(start + 1, n))))
    return noise(shape, draw(st.sampled_from(DTYPES)), draw(st.integers(0, 99))), spacing, sigma, tuple(box)


@settings(max_examples=200, deadline=None)
@given(cases())
def test_filtered_image_has_pyradiomics_bits_in_any_box(case):
    image, spacing, sigma, box = case
    expected = by_pyradiomics(image, spacing, sigma)[box]
    for kernel in KERNELS:
        found = kernel(image, spacing, sigma, box)
        assert found.dtype == np.float32
        assert found.flags.c_contiguous
        assert found.tobytes() == expected.tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
@both
def test_every_pixel_type_has_pyradiomics_bits(kernel, dtype):
    image = noise((20, 33, 40), dtype)
    expected = by_pyradiomics(image, (1.25, 0.8, 0.7), 2.0)
    np.testing.assert_array_equal(kernel(image, (1.25, 0.8, 0.7), 2.0, whole(image)), expected)


@pytest.mark.parametrize("scale", [1e-30, 1e7, 1e30])
@both
def test_values_beyond_hu_have_pyradiomics_bits(kernel, scale):
    image = noise((12, 12, 12), np.float64) * scale
    expected = by_pyradiomics(image, (1.0, 1.0, 1.0), 1.0)
    np.testing.assert_array_equal(kernel(image, (1.0, 1.0, 1.0), 1.0, whole(image)), expected)


@both
def test_parabola_has_its_second_derivatives_times_sigma_squared(kernel):
    spacing, sigma = (1.5, 1.0, 0.8), 2.0
    k, j, i = (index * step for index, step in zip(np.indices((80, 100, 120)), spacing, strict=True))
    image = ((k - 60) ** 2 + 2 * (j - 50) ** 2 - 0.5 * (i - 48) ** 2).astype(np.float64)
    found = kernel(image, spacing, sigma, (slice(38, 42), slice(48, 52), slice(58, 62)))
    np.testing.assert_allclose(found, (2 + 4 - 1) * sigma**2, rtol=5e-3)


@pytest.mark.parametrize("sigma", [1.0, 2.0, 3.0])
@both
def test_gaussian_ball_answers_as_mathematics_says(kernel, sigma):
    """A Gaussian smoothed by another is a Gaussian whose variance is the sum of theirs."""
    width, spacing = 4.0, (1.0, 0.9, 1.2)
    squared = sum(((index - 30) * step) ** 2 for index, step in zip(np.indices((61, 61, 61)), spacing, strict=True))
    image = 1000 * np.exp(-squared / (2 * width**2))
    box = (slice(22, 39),) * 3
    variance = width**2 + sigma**2
    smooth = 1000 * (width**2 / variance) ** 1.5 * np.exp(-squared / (2 * variance))
    expected = sigma**2 * smooth * (squared / variance**2 - 3 / variance)
    np.testing.assert_allclose(kernel(image, spacing, sigma, box), expected[box], atol=0.02 * np.abs(expected).max())


@both
def test_constant_image_has_no_laplacian(kernel):
    image = np.full((9, 10, 11), -1000, np.int16)
    np.testing.assert_allclose(kernel(image, (1.0, 1.0, 1.0), 3.0, whole(image)), 0.0, atol=1e-3)


@both
def test_image_may_be_a_read_only_view_of_any_layout_and_is_left_alone(kernel):
    image = noise((9, 10, 11), np.int16)
    expected = by_pyradiomics(image, (1.0, 1.0, 1.0), 1.0)
    padded = np.zeros((18, 12, 13), np.int16)
    padded[::2, 1:-1, 1:-1] = image
    view = padded[::2, 1:-1, 1:-1]
    view.flags.writeable = False
    before = padded.copy()
    for layout in (view, np.asfortranarray(image)):
        np.testing.assert_array_equal(kernel(layout, (1.0, 1.0, 1.0), 1.0, whole(image)), expected)
    np.testing.assert_array_equal(padded, before)


@both
def test_result_is_the_caller_s_own(kernel):
    """Neither a later call nor freed memory changes it."""
    image = noise((16, 16, 16), np.float32)
    box = (slice(3, 12),) * 3
    found = kernel(image, (1.0, 1.0, 1.0), 1.0, box)
    kept = found.copy()
    for seed in range(5):
        kernel(noise((16, 16, 16), np.float32, seed + 1), (1.0, 1.0, 1.0), 1.0, box)
    np.testing.assert_array_equal(found, kept)
    found[:] = 0
    np.testing.assert_array_equal(kernel(image, (1.0, 1.0, 1.0), 1.0, box), kept)


@both
def test_threads_do_not_disturb_one_another(kernel):
    images = [noise((30, 31, 32), np.int16, seed) for seed in range(8)]
    box = (slice(5, 25),) * 3
    expected = [kernel(image, (1.0, 1.0, 1.0), 2.0, box) for image in images]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda image: kernel(image, (1.0, 1.0, 1.0), 2.0, box), images))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("shape", [(3, 9, 9), (9, 1, 9), (9, 9, 2)])
@both
def test_image_too_short_for_the_recursion_is_refused(kernel, shape):
    with pytest.raises(FeatureError, match=r"needs 4 voxels along each axis.* 9 .*use a CT with more"):
        kernel(np.zeros(shape, np.int16), (1.0, 1.0, 1.0), 1.0, (slice(0, 1),) * 3)
