"""NGTDM features equal pyradiomics', and its documentation's example."""

import numpy as np
import pytest

from ABCImmunoResponseLib.features.formulas.ngtdm import features
from texture_cases import assert_same_features, texture_cases, tiny


@pytest.mark.parametrize("distances", [(1,), (2,), (1, 2)])
def test_cases_equal_pyradiomics(distances):
    cases = texture_cases() | {f"more tiny {seed}": tiny(seed) for seed in range(7000, 7150)}
    for name, case in cases.items():
        if max(case.region.shape) > max(distances):
            matrices, levels = case.matrices(distances)
            wanted = case.by_pyradiomics("NGTDM", distances=list(distances))
            assert_same_features(features(matrices.ngtdm, levels), wanted, name)


def test_example_of_pyradiomics_documentation():
    """Its 4 x 4 image of four levels out of five."""
    s1 = abs(1 - 10 / 3) + abs(1 - 30 / 8) + 2 * abs(1 - 15 / 5) + abs(1 - 13 / 5) + abs(1 - 11 / 3)
    s3 = abs(3 - 12 / 5) + abs(3 - 18 / 5) + abs(3 - 20 / 8) + abs(3 - 5 / 3)
    s5 = abs(5 - 14 / 5) + abs(5 - 18 / 5) + abs(5 - 20 / 8) + abs(5 - 11 / 5)
    found = features(np.array([[6, s1], [2, 2.0], [4, s3], [4, s5]]), np.array([1, 2, 3, 5]))
    levels, p, s = (1, 2, 3, 5), (6 / 16, 2 / 16, 4 / 16, 4 / 16), (s1, 2.0, s3, s5)
    cells = [(i, j, pi, pj) for i, pi in zip(levels, p, strict=True) for j, pj in zip(levels, p, strict=True)]
    activity = sum(pi * si for pi, si in zip(p, s, strict=True))
    assert found["Coarseness"] == pytest.approx(1 / activity, rel=1e-14)
    change = sum(abs(i * pi - j * pj) for i, j, pi, pj in cells)
    assert found["Busyness"] == pytest.approx(activity / change, rel=1e-14)
    spread = sum(pi * pj * (i - j) ** 2 for i, j, pi, pj in cells)
    assert found["Contrast"] == pytest.approx(spread / 12 * sum(s) / 16, rel=1e-14)
    strength = sum((pi + pj) * (i - j) ** 2 for i, j, pi, pj in cells)
    assert found["Strength"] == pytest.approx(strength / sum(s), rel=1e-14)


def test_flat_region_has_pyradiomics_stand_ins():
    found = features(np.array([[30, 0.0]]), np.array([1]))
    assert found == {"Busyness": 0.0, "Coarseness": 1e6, "Complexity": 0.0, "Contrast": 0.0, "Strength": 0.0}
