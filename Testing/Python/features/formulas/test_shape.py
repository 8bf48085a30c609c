"""Shape features are pyradiomics', also where regions are flat and a value is rounding noise."""

import warnings

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st
from radiomics.shape import RadiomicsShape
from scipy.ndimage import gaussian_filter

from ABCImmunoResponseLib.features.formulas.shape import features
from ABCImmunoResponseLib.features.names import FEATURE_NAMES

SPACINGS = [(1.0, 1.0, 1.0), (1.25, 0.8, 0.8), (5.0, 1.0, 1.0), (2.0, 0.7, 0.7)]
AXES = ("LeastAxisLength", "MinorAxisLength", "MajorAxisLength", "Elongation", "Flatness")


def _pyradiomics(region: np.ndarray, spacing) -> dict[str, float]:
    mask = sitk.GetImageFromArray(region.astype(np.uint8))
    mask.SetSpacing([float(step) for step in spacing[::-1]])
    calculator = RadiomicsShape(mask, mask, label=1)
    calculator.enableAllFeatures()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {name: float(np.real(value)) for name, value in calculator.execute().items()}


def _tight(region: np.ndarray) -> np.ndarray:
    return region[tuple(slice(at.min(), at.max() + 1) for at in np.nonzero(region))]


def _check(region: np.ndarray, spacing) -> None:
    wanted, found = _pyradiomics(region, spacing), features(region, spacing)
    assert list(found) == list(wanted)
    for name, value in wanted.items():
        if name in AXES:
            assert found[name] == pytest.approx(value, rel=0, abs=0, nan_ok=True), name
        else:
            assert found[name] == pytest.approx(value, rel=1e-12, nan_ok=True), name


def test_names_are_the_canonical_ones_in_their_order():
    names = [name.removeprefix("original_shape_") for name in FEATURE_NAMES if "_shape_" in name]
    assert list(features(np.ones((2, 2, 2), bool), (1, 1, 1))) == names


@pytest.mark.parametrize("spacing", SPACINGS)
def test_blobs_and_speckles_have_pyradiomics_features(spacing):
    random = np.random.default_rng(11)
    for sigma in (0, 0.6, 1.5, 3):
        noise = random.normal(size=(17, 22, 19))
        smooth = gaussian_filter(noise, sigma)
        for share in (0.02, 0.3, 0.8):
            _check(_tight(smooth >= np.quantile(smooth, 1 - share)), spacing)


@given(
    seed=st.integers(0, 10**6),
    size=st.tuples(*[st.integers(1, 9)] * 3),
    share=st.floats(0.02, 0.98),
    spacing=st.tuples(*[st.floats(0.4, 5.0)] * 3),
)
def test_random_voxels_have_pyradiomics_features(seed, size, share, spacing):
    region = np.random.default_rng(seed).random(size) < share
    region.flat[[0, -1]] = True
    _check(region, spacing)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("spacing", SPACINGS)
def test_one_slice_is_flat_to_the_bit(axis, spacing):
    region = np.expand_dims(gaussian_filter(np.random.default_rng(2).normal(size=(21, 17)), 2) > 0, axis)
    _check(_tight(region), spacing)
    assert features(_tight(region), (1, 1, 1))["LeastAxisLength"] == 0


@pytest.mark.parametrize("spacing", SPACINGS)
def test_flat_regions_askew_have_pyradiomics_rounding_noise(spacing):
    """Their least variance is 0 but for the order of operations; some of them are negative and become 0."""
    k, j, i = np.indices((12, 13, 14))
    for plane in (k == j, j == i, k + j == 11, k == i - 1, 2 * k == j + 1, k + j + i == 17, (k == j) & (j == i)):
        _check(_tight(plane), spacing)


def test_a_ball_and_a_rod():
    k, j, i = np.indices((31, 31, 31)) - 15
    ball = features(k**2 + j**2 + i**2 <= 15**2, (1, 1, 1))
    assert ball["Elongation"] == pytest.approx(1, abs=1e-12)
    assert ball["Flatness"] == pytest.approx(1, abs=1e-12)
    # A ball's variance along an axis is r² / 5, and its principal axis length 4 standard deviations.
    assert ball["MajorAxisLength"] == pytest.approx(4 * 15 / np.sqrt(5), rel=0.02)
    assert 0.9 < ball["Sphericity"] < 1
    rod = features(np.ones((1, 1, 40), bool), (1, 1, 2))
    assert rod["Elongation"] == rod["Flatness"] == rod["LeastAxisLength"] == 0
    assert rod["VoxelVolume"] == 80
    assert rod["Maximum3DDiameter"] == 80


def test_one_voxel_has_no_axes_to_compare():
    found = features(np.ones((1, 1, 1), bool), (1, 1, 1))
    assert np.isnan([found["Elongation"], found["Flatness"]]).all()
    assert found["MajorAxisLength"] == 0
