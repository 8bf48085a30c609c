"""Grey levels are those of pyradiomics' numpy.digitize, in the pixel type's own arithmetic."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ABCImmunoResponseLib.errors import FeatureError
from ABCImmunoResponseLib.features.formulas.discretisation import discretise
from texture_cases import TextureCase, texture_cases


def assert_same_levels(values: np.ndarray, bin_width: float) -> None:
    image = values.reshape(1, 1, -1)
    wanted, levels = TextureCase(image, np.ones(image.shape, bool), bin_width).discretised()
    found = discretise(values, bin_width)
    assert found.ranks.dtype == np.uint16
    np.testing.assert_array_equal(found.grey_levels, levels)
    np.testing.assert_array_equal(found.grey_levels[found.ranks - 1], wanted.ravel())
    np.testing.assert_array_equal(found.counts, [np.count_nonzero(wanted == level) for level in levels])


def test_example_of_pyradiomics_documentation():
    found = discretise(np.array([54, 99, 100, 166], np.int16), 25)
    np.testing.assert_array_equal(found.grey_levels, [1, 2, 3, 5])
    np.testing.assert_array_equal(found.ranks, [1, 2, 3, 4])
    np.testing.assert_array_equal(found.counts, [1, 1, 1, 1])


def test_cases_equal_pyradiomics():
    for case in texture_cases().values():
        assert_same_levels(case.values, case.bin_width)


@given(
    dtype=st.sampled_from([np.int16, np.int32, np.float32, np.float64]),
    bin_width=st.one_of(st.integers(1, 60), st.floats(0.3, 60)),
    seed=st.integers(0, 2**32 - 1),
    centre=st.floats(-1000, 1000),
    voxels=st.integers(1, 200),
)
def test_any_values_equal_pyradiomics(dtype, bin_width, seed, centre, voxels):
    rng = np.random.default_rng(seed)
    assert_same_levels(rng.normal(centre, rng.choice([0, 1, 100, 500]), voxels).astype(dtype), bin_width)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("bin_width", [25, 0.1, 1 / 3])
def test_values_on_and_next_to_edges_equal_pyradiomics(dtype, bin_width):
    """An edge's multiple of the bin width is rounded; the values nearest to it fall on either side of it."""
    edges = (np.arange(-40, 40) * bin_width).astype(dtype)
    around = np.concatenate([edges, np.nextafter(edges, dtype(np.inf)), np.nextafter(edges, dtype(-np.inf))])
    for first in range(0, len(around), 7):
        assert_same_levels(around[first:], bin_width)


@pytest.mark.parametrize("value", [0, -25, 25, 7, -1])
def test_constant_region_has_one_level(value):
    for dtype in (np.int16, np.float32):
        found = discretise(np.full(9, value, dtype), 25)
        np.testing.assert_array_equal(found.grey_levels, [1])
        np.testing.assert_array_equal(found.counts, [9])


def test_values_too_large_for_the_bins_are_refused():
    with pytest.raises(FeatureError, match=r"too large for grey levels of width 25.*CT in HU"):
        discretise(np.full(4, 3e9, np.float32), 25)
