"""GLCM features equal pyradiomics', also where they are rounding alone or undefined."""

import math

import numpy as np
import pytest

from ABCImmunoResponseLib.features.formulas.glcm import features
from texture_cases import SPACING_KJI, TextureCase, assert_same_features, of_levels, texture_cases, tiny

WEIGHTINGS = (None, "euclidean", "manhattan", "infinity", "no_weighting")
ONE_DIRECTION = np.array([[0, 0, 1]])


def found_and_wanted(case: TextureCase, symmetrical=True, weighting=None, distances=(1,)):
    matrices, levels = case.matrices(distances)
    found = features(matrices.glcm, matrices.glcm_directions, levels, SPACING_KJI, symmetrical, weighting)
    options = {"symmetricalGLCM": symmetrical, "weightingNorm": weighting, "distances": list(distances)}
    return found, case.by_pyradiomics("GLCM", **options)


def of_matrix(counts: list[list[float]], levels: list[int] | None = None) -> dict[str, float]:
    glcm = np.array(counts, float)[:, :, np.newaxis]
    levels = np.arange(1, len(glcm) + 1) if levels is None else np.array(levels)
    return features(glcm, ONE_DIRECTION, levels, SPACING_KJI, False, None)


@pytest.mark.parametrize("symmetrical", [True, False])
@pytest.mark.parametrize("weighting", WEIGHTINGS)
def test_cases_equal_pyradiomics(symmetrical, weighting):
    for name, case in texture_cases().items():
        assert_same_features(*found_and_wanted(case, symmetrical, weighting), name)


@pytest.mark.parametrize("distances", [(2,), (1, 2)])
def test_other_distances_equal_pyradiomics(distances):
    for name, case in texture_cases().items():
        if max(case.region.shape) > max(distances) and not name.startswith(("80", "a far")):
            assert_same_features(*found_and_wanted(case, distances=distances), name)


# Here another order in memory than pyradiomics' gives other cluster shades, correlations or Imc2.
_SEEDS_OF_ROUNDING = (26, 548, 1758, 1800, 2076, 2520, 2583, 2637, 2719, 2949, 3559, 3660, 3837)


@pytest.mark.parametrize("seeds", [range(400), _SEEDS_OF_ROUNDING], ids=["first", "rounding alone"])
def test_tiny_regions_equal_pyradiomics(seeds):
    """Their matrices are often of rank 1, of a single level in some directions, or empty."""
    for seed in seeds:
        assert_same_features(*found_and_wanted(tiny(seed), bool(seed % 3), None if seed % 4 else "manhattan"), seed)


def test_large_region_with_rare_levels_equals_pyradiomics():
    """The rarer two levels, the more pyradiomics' epsilon weighs in the maximal correlation coefficient."""
    rng = np.random.default_rng(3)
    smooth = np.cumsum(rng.normal(size=(40, 40, 40)), axis=2)
    levels = np.floor(smooth - smooth.min())
    found, wanted = found_and_wanted(of_levels(levels, np.ones(levels.shape, bool)))
    assert_same_features(found, wanted, "rare levels", rtol=1e-10)


def test_haralick_s_example():
    """Haralick, Shanmugam and Dinstein 1973, figure 3: the 4 x 4 image's horizontal matrix."""
    found = of_matrix([[4, 2, 1, 0], [2, 4, 0, 0], [1, 0, 6, 1], [0, 0, 1, 2]])
    wanted = {"JointEnergy": 84 / 576, "Contrast": 14 / 24, "Idm": (16 + 6 / 2 + 2 / 5) / 24}
    wanted |= {"MaximumProbability": 6 / 24, "JointAverage": (7 + 2 * 6 + 3 * 8 + 4 * 3) / 24}
    wanted |= {"DifferenceAverage": 10 / 24, "Id": (16 + 6 / 2 + 2 / 3) / 24, "InverseVariance": (6 + 2 / 4) / 24}
    assert {name: found[name] for name in wanted} == pytest.approx(wanted, rel=1e-14)


def test_levels_that_always_go_together_are_fully_correlated():
    found = of_matrix([[3, 0, 0], [0, 5, 0], [0, 0, 2]], [1, 4, 6])
    assert found["Correlation"] == pytest.approx(1, rel=1e-12)
    assert found["MCC"] == pytest.approx(1, rel=1e-12)
    assert found["Imc1"] == pytest.approx(-1, rel=1e-12)
    assert found["Contrast"] == found["DifferenceVariance"] == 0


def test_independent_levels_have_no_correlation():
    found = of_matrix(np.outer([1, 2, 3], [3, 2, 1]))
    assert [found[name] for name in ("Correlation", "Imc1")] == pytest.approx([0, 0], abs=1e-14)
    assert math.isnan(found["MCC"]) or found["MCC"] < 1e-7


def test_levels_that_do_not_occur_change_nothing():
    """pyradiomics leaves them out of the matrix, so the largest level alone knows of them."""
    rng = np.random.default_rng(1)
    counts = rng.integers(1, 9, (3, 3, 13)).astype(float)
    near, far = (features(counts, np.zeros((13, 3)), np.array(levels), SPACING_KJI, True, None)
                 for levels in ([1, 2, 3], [1, 2, 90]))  # fmt: skip
    for name in ("JointEnergy", "JointEntropy", "Imc1", "Imc2", "MCC", "MaximumProbability"):
        assert near[name] == pytest.approx(far[name], rel=1e-14)
    assert far["Contrast"] > near["Contrast"]


def test_counts_are_left_alone_and_a_caller_s_strictness_outside():
    case = texture_cases()["two voxels apart, 2 level(s)"]
    matrices, levels = case.matrices()
    before = matrices.glcm.copy()
    for weighting in WEIGHTINGS:
        with np.errstate(all="raise"):
            features(matrices.glcm, matrices.glcm_directions, levels, (5.0, 5.0, 40.0), True, weighting)
    np.testing.assert_array_equal(matrices.glcm, before)


@pytest.mark.parametrize("symmetrical", [True, False])
def test_order_of_the_counts_in_memory_does_not_matter(symmetrical):
    for name in ("20 levels", "levels without [2]", "10% scattered of 12 levels"):
        matrices, levels = texture_cases()[name].matrices()
        by_direction = np.ascontiguousarray(matrices.glcm.transpose(2, 0, 1)).transpose(1, 2, 0)
        one, other = (
            features(glcm, matrices.glcm_directions, levels, SPACING_KJI, symmetrical, None)
            for glcm in (matrices.glcm, by_direction)
        )
        assert one == other
