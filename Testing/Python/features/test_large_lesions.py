"""Lesions of 80 mm with many grey levels: kernels count long lines and many levels in other ways than small ones."""

import numpy as np
import pytest

from ABCImmunoResponseLib.features.engine import engine
from ABCImmunoResponseLib.features.names import FEATURE_NAMES
from ABCImmunoResponseLib.features.recipe import load_recipe
from oracle import values_by_hand
from phantoms import ball, grid, textured


def _lesion(sd_hu: float):
    reference = grid((56, 56, 56), (1.6, 1.6, 1.6))
    return textured(reference, seed=1, sd=sd_hu), ball(reference, (44, 44, 44), 40)


def _both(image, mask) -> tuple[np.ndarray, list[int]]:
    """Return the features that both own engines find, and the grey levels of the twelve images."""
    one, other = (
        engine(name).extract_with_diagnostics(image, {"L": mask}, load_recipe())["L"] for name in ("numpy", "numba")
    )
    assert one.diagnostics.resampled_voxels > 250_000
    assert one.diagnostics.grey_levels == other.diagnostics.grey_levels
    differ = np.flatnonzero(~np.isclose(one.values, other.values, rtol=1e-12, atol=0, equal_nan=True))
    assert [FEATURE_NAMES[n] for n in differ] == []
    return one.values, list(one.diagnostics.grey_levels.values())


def test_more_than_40_grey_levels_are_those_of_pyradiomics():
    image, mask = _lesion(sd_hu=150)
    found, levels = _both(image, mask)
    assert sorted(levels)[-2] > 40
    np.testing.assert_allclose(found, values_by_hand(image, mask), rtol=1e-9, atol=0)


@pytest.mark.parametrize("sd_hu", [220, 500])
def test_more_than_100_grey_levels_are_alike_in_both_engines(sd_hu):
    levels = _both(*_lesion(sd_hu))[1]
    assert sorted(levels)[-2] > 40
    assert max(levels) > 100
