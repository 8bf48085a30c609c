"""First-order features equal pyradiomics', also where they are rounding alone."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ABCImmunoResponseLib.features.formulas.discretisation import discretise
from ABCImmunoResponseLib.features.formulas.firstorder import features
from texture_cases import SPACING_KJI, TextureCase, assert_same_features, texture_cases

VOXEL_MM3 = float(np.multiply.reduce(SPACING_KJI[::-1]))


def of_values(values: np.ndarray, shift: float = 0) -> dict[str, float]:
    return features(values, discretise(values, 25).counts, VOXEL_MM3, shift)


@pytest.mark.parametrize("shift", [0, 1000])
def test_cases_equal_pyradiomics(shift):
    for name, case in texture_cases().items():
        counts = discretise(case.values, case.bin_width).counts
        wanted = case.by_pyradiomics("FirstOrder", voxelArrayShift=shift)
        assert_same_features(features(case.values, counts, VOXEL_MM3, shift), wanted, name)


@given(
    dtype=st.sampled_from([np.int16, np.int32, np.float32, np.float64]),
    seed=st.integers(0, 2**32 - 1),
    voxels=st.integers(2, 900),
    spread=st.sampled_from([0.0, 1e-6, 3.0, 80.0]),
    mirrored=st.booleans(),
)
def test_any_values_equal_pyradiomics(dtype, seed, voxels, spread, mirrored):
    """Mirrored ones have a third moment of rounding alone."""
    values = np.random.default_rng(seed).normal(0, spread, voxels) + 0.1
    if mirrored:
        values = np.concatenate([values, -values])
    image = values.astype(dtype).reshape(1, 1, -1)
    wanted = TextureCase(image, np.ones(image.shape, bool)).by_pyradiomics("FirstOrder")
    assert_same_features(of_values(image.ravel()), wanted, (dtype, seed, voxels))


def test_known_answers():
    found = of_values(np.array([1, 2, 3, 4, 10], np.int16), shift=10)
    wanted = {"10Percentile": 1.4, "90Percentile": 7.6, "Median": 3, "Mean": 4, "Minimum": 1, "Maximum": 10}
    wanted |= {"Range": 9, "InterquartileRange": 2, "MeanAbsoluteDeviation": 2.4, "Variance": 10, "Uniformity": 1}
    wanted |= {"Energy": 121 + 144 + 169 + 196 + 400, "RootMeanSquared": math.sqrt(206), "Skewness": 36 / 10**1.5}
    wanted |= {"Kurtosis": 278.8 / 100, "RobustMeanAbsoluteDeviation": 2 / 3, "TotalEnergy": 1030 * VOXEL_MM3}
    assert {name: found[name] for name in wanted} == pytest.approx(wanted, rel=1e-14)
    assert found["Entropy"] == pytest.approx(0, abs=1e-15)


def test_percentiles_are_numpy_s_to_the_last_bit():
    """A voxel on the 10th percentile counts in the robust deviation, one next to it does not."""
    rng = np.random.default_rng(2)
    for voxels in range(2, 400):
        values = rng.normal(size=voxels)
        found = of_values(values)
        p10, p25, p75, p90 = np.percentile(values, [10, 25, 75, 90])
        assert (found["10Percentile"], found["90Percentile"]) == (p10, p90)
        assert found["InterquartileRange"] == p75 - p25
        assert found["Median"] == np.median(values)


def test_robust_deviation_of_two_values_is_undefined():
    found = of_values(np.array([1.0, 2.0], np.float32))
    assert [name for name, value in found.items() if math.isnan(value)] == ["RobustMeanAbsoluteDeviation"]


def test_values_are_left_alone():
    values = np.array([5, 3, 4], np.int16)
    of_values(values)
    np.testing.assert_array_equal(values, [5, 3, 4])
