"""GLRLM, GLSZM and GLDM features equal pyradiomics', and the examples of those who proposed them."""

import numpy as np
import pytest

from ABCImmunoResponseLib.features.formulas import gldm, glrlm, glszm
from texture_cases import SPACING_KJI, assert_same_features, texture_cases, tiny

WEIGHTINGS = (None, "euclidean", "manhattan", "infinity", "no_weighting")


@pytest.mark.parametrize("weighting", WEIGHTINGS)
def test_runs_equal_pyradiomics(weighting):
    cases = texture_cases() | {f"more tiny {seed}": tiny(seed) for seed in range(4000, 4200)}
    for name, case in cases.items():
        matrices, levels = case.matrices()
        found = glrlm.features(matrices.glrlm, matrices.glrlm_directions, levels, SPACING_KJI, weighting)
        assert_same_features(found, case.by_pyradiomics("GLRLM", weightingNorm=weighting), name)


def test_zones_equal_pyradiomics():
    for name, case in texture_cases().items():
        matrices, levels = case.matrices()
        assert_same_features(glszm.features(matrices.glszm, levels), case.by_pyradiomics("GLSZM"), name)


@pytest.mark.parametrize(("gldm_a", "distances"), [(0, (1,)), (1, (1,)), (3, (1, 2))])
def test_dependences_equal_pyradiomics(gldm_a, distances):
    for name, case in texture_cases().items():
        matrices, levels = case.matrices(distances, gldm_a)
        wanted = case.by_pyradiomics("GLDM", gldm_a=gldm_a, distances=list(distances))
        assert_same_features(gldm.features(matrices.gldm, levels), wanted, name)


def test_galloway_s_example():
    """Galloway 1975, figure 1: the run lengths of her 4 x 4 image at 0 degrees."""
    counts = np.array([[4, 0, 0, 0], [1, 0, 1, 0], [3, 0, 0, 0], [3, 1, 0, 0]], float)[:, :, np.newaxis]
    found = glrlm.features(counts, np.array([[0, 0, 1]]), np.arange(1, 5), SPACING_KJI, None)
    wanted = {"ShortRunEmphasis": (11 + 1 / 4 + 1 / 9) / 13, "LongRunEmphasis": (11 + 4 + 9) / 13}
    wanted |= {"GrayLevelNonUniformity": (16 + 4 + 9 + 16) / 13, "RunLengthNonUniformity": (121 + 1 + 1) / 13}
    wanted |= {"RunPercentage": 13 / 16, "LowGrayLevelRunEmphasis": (4 + 2 / 4 + 3 / 9 + 4 / 16) / 13}
    wanted |= {"LongRunHighGrayLevelEmphasis": (4 + 4 * 1 + 4 * 9 + 9 * 3 + 16 * 3 + 16 * 4) / 13}
    assert {name: found[name] for name in wanted} == pytest.approx(wanted, rel=1e-14)


def test_zones_of_pyradiomics_documentation():
    """The 5 x 5 image of five levels there has eleven zones; only those of levels 1, 2 and 3 are kept here."""
    zones = tuple(np.array(each) for each in ([0, 1, 1, 2], [4, 1, 5, 2], [1, 1, 2, 3]))
    found = glszm.features(zones, np.array([1, 2, 5]))
    wanted = {"ZonePercentage": 7 / 21, "LargeAreaEmphasis": (16 + 1 + 50 + 12) / 7}
    wanted |= {"SmallAreaHighGrayLevelEmphasis": (1 / 16 + 4 + 2 * 4 / 25 + 3 * 25 / 4) / 7}
    wanted |= {"SizeZoneNonUniformity": (1 + 1 + 4 + 9) / 7, "GrayLevelNonUniformity": (1 + 9 + 9) / 7}
    assert {name: found[name] for name in wanted} == pytest.approx(wanted, rel=1e-14)


def test_order_of_zones_does_not_matter():
    rng = np.random.default_rng(0)
    level, size, number = rng.integers(0, 4, 40), rng.permutation(np.arange(1, 41)), rng.integers(1, 5, 40)
    level[:4] = range(4)
    order = rng.permutation(40)
    levels = np.array([1, 2, 4, 9])
    one, other = (
        glszm.features(zones, levels) for zones in ((level, size, number), (level[order], size[order], number[order]))
    )
    assert one == other


def test_columns_of_no_dependence_change_nothing():
    counts = np.array([[3, 2, 0], [0, 1, 5]], float)
    wider = np.pad(counts, ((0, 0), (0, 24)))
    assert gldm.features(wider, np.array([1, 3])) == pytest.approx(gldm.features(counts, np.array([1, 3])), rel=1e-14)
