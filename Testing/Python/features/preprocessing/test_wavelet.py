"""The sub-bands are those of pyradiomics, bit for bit, on any image and in any box."""

import tracemalloc
import warnings

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st

from ABCImmunoResponseLib.features.names import IMAGE_TYPES
from ABCImmunoResponseLib.features.preprocessing.wavelet import sub_bands
from ABCImmunoResponseLib.features.recipe import load_recipe

WHOLE = (np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64)


def by_pyradiomics(image: np.ndarray) -> dict[str, np.ndarray]:
    """Return pyradiomics' sub-bands of a whole image."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from radiomics.imageoperations import getWaveletImage

    settings = load_recipe().image_types["Wavelet"]
    picture = sitk.GetImageFromArray(image)
    return {name: sitk.GetArrayFromImage(band) for band, name, _ in getWaveletImage(picture, None, **settings)}


def noise(shape, dtype, seed=0) -> np.ndarray:
    return np.random.default_rng(seed).normal(60, 15, shape).astype(dtype)


def whole(image: np.ndarray) -> tuple[slice, slice, slice]:
    return tuple(slice(0, length) for length in image.shape)


def assert_same_bits(image, box=None):
    box = box or whole(image)
    found, expected = dict(sub_bands(image, box)), by_pyradiomics(image)
    assert list(found) == list(expected)
    for name, band in found.items():
        assert band.dtype == expected[name].dtype
        assert band.shape == expected[name][box].shape
        assert band.tobytes() == expected[name][box].tobytes(), name


@st.composite
def images_and_boxes(draw):
    shape = draw(st.tuples(*[st.integers(1, 13)] * 3))
    box = []
    for length in shape:
        start = draw(st.integers(0, length - 1))
        box.append(slice(start, draw(st.integers(start + 1, length))))
    dtype = draw(st.sampled_from((np.int16, np.int32, np.float32, np.float64)))
    return noise(shape, dtype, draw(st.integers(0, 99))), tuple(box)


@settings(max_examples=150, deadline=None)
@given(images_and_boxes())
def test_sub_bands_have_pyradiomics_bits_in_any_box(case):
    assert_same_bits(*case)


@pytest.mark.parametrize("dtype", [*WHOLE, np.float32, np.float64])
def test_every_pixel_type_is_filtered_as_pyradiomics_filters_it(dtype):
    assert_same_bits(noise((7, 8, 9), dtype))


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 6, 7])
@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_images_thinner_than_the_filter_wrap_around_as_often_as_it_takes(length, axis, dtype):
    shape = [10, 11, 12]
    shape[axis] = length
    assert_same_bits(noise(shape, dtype))


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_large_images_filtered_slab_by_slab_have_the_same_bits(dtype):
    assert_same_bits(noise((50, 48, 47), dtype), (slice(1, 50), slice(3, 48), slice(0, 46)))


def test_names_and_order_are_canonical():
    names = tuple(name for name, _ in sub_bands(noise((6, 6, 6), np.int16), (slice(1, 4),) * 3))
    assert names == IMAGE_TYPES[4:]
    assert names[0] == "wavelet-LLH"
    assert names[-1] == "wavelet-LLL"


def test_letters_stand_for_i_j_k():
    """An image that alternates along one axis only is all high-pass there and low-pass along the others."""
    for letters, axis in (("HLL", 2), ("LHL", 1), ("LLH", 0)):
        image = np.zeros((8, 8, 8), np.int16)
        image += np.where(np.indices(image.shape)[axis] % 2, 100, -100).astype(np.int16)
        for name, band in sub_bands(image, whole(image)):
            assert (np.abs(band).max() > 200) == (name == f"wavelet-{letters}")


def test_constant_is_in_the_approximation_alone():
    """The low-pass taps add up to the square root of 2, the high-pass taps to nothing."""
    image = np.full((7, 8, 9), 40, np.int16)
    for name, band in sub_bands(image, (slice(0, 7), slice(2, 5), slice(8, 9))):
        np.testing.assert_allclose(band, 40 * 2**1.5 if name == "wavelet-LLL" else 0.0, rtol=1e-12, atol=1e-10)


def test_ramp_vanishes_in_the_details():
    """Coiflet 1 has two vanishing moments: what is linear within the filter's reach has no detail."""
    k, j, i = np.indices((12, 12, 12))
    image = (3 * k - 2 * j + 7 * i + 5).astype(np.int16)
    for name, band in sub_bands(image, (slice(2, 9),) * 3):
        assert (np.abs(band).max() < 1e-8) == (name != "wavelet-LLL")


def test_energy_is_kept():
    """The transform is orthogonal and undecimated: each axis doubles the energy."""
    image = noise((8, 10, 12), np.float64)
    energy = sum(np.square(band).sum() for _, band in sub_bands(image, whole(image)))
    np.testing.assert_allclose(energy, 8 * np.square(image).sum(), rtol=1e-10)


def test_a_box_depends_on_two_voxels_before_it_and_three_after():
    image = noise((20, 20, 20), np.int16)
    box = (slice(6, 12),) * 3
    other = noise((20, 20, 20), np.int16, seed=1)
    other[4:15, 4:15, 4:15] = image[4:15, 4:15, 4:15]
    for (_, found), (_, expected) in zip(sub_bands(other, box), sub_bands(image, box), strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_image_may_be_a_read_only_view_of_any_layout(dtype):
    image = noise((9, 10, 11), dtype)
    box = (slice(2, 9), slice(0, 5), slice(3, 10))
    padded = np.zeros((18, 12, 13), dtype)
    padded[::2, 1:-1, 1:-1] = image
    view = padded[::2, 1:-1, 1:-1]
    view.flags.writeable = False
    for layout in (view, np.asfortranarray(image)):
        for (_, found), (_, expected) in zip(sub_bands(layout, box), sub_bands(image, box), strict=True):
            np.testing.assert_array_equal(found, expected)


def test_caller_may_write_into_what_it_was_given():
    image = noise((12, 12, 12), np.float64)
    before, expected = image.copy(), by_pyradiomics(image)
    for name, band in sub_bands(image, whole(image)):
        np.testing.assert_array_equal(band, expected[name])
        band[:] = np.nan
    np.testing.assert_array_equal(image, before)


def test_memory_is_that_of_a_few_boxes():
    image = noise((60, 60, 60), np.int16)
    box = (slice(5, 55),) * 3
    tracemalloc.start()
    try:
        for _ in sub_bands(image, box):
            pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10 * 50**3 * 8
