"""Every engine gives all 1130 features as pyradiomics by hand does, on random lesions of every kind."""

import numpy as np
import pytest

from ABCImmunoResponseLib.features.engine import engine, engine_names
from ABCImmunoResponseLib.features.names import FEATURE_NAMES
from ABCImmunoResponseLib.features.recipe import load_recipe
from oracle import values_by_hand
from random_lesions import random_lesion

RELATIVE = 1e-9
VOLUME = FEATURE_NAMES.index("original_shape_VoxelVolume")


def _deviations(found: np.ndarray, wanted: np.ndarray) -> list[str]:
    """Return the features that are not equal within ``RELATIVE``, with both values; NaN equals NaN.

    There is no absolute tolerance: what is zero in pyradiomics is to be zero, and what is rounding noise there the
    same noise.
    """
    equal = np.isclose(found, wanted, rtol=RELATIVE, atol=0, equal_nan=True)
    return [f"{FEATURE_NAMES[n]}: {float(found[n])!r} instead of {float(wanted[n])!r}" for n in np.flatnonzero(~equal)]


@pytest.mark.parametrize("seed", range(60))
def test_random_lesions_have_pyradiomics_features_in_every_engine(seed):
    lesion = random_lesion(seed)
    wanted = values_by_hand(lesion.image, lesion.mask)
    assert len(wanted) == len(FEATURE_NAMES)
    for name in engine_names():
        found = engine(name).extract(lesion.image, {"L": lesion.mask}, load_recipe())["L"]
        # A voxel's volume is the same double in both, so that equal volumes are equal numbers of voxels.
        assert found[VOLUME] == wanted[VOLUME], (name, lesion.description)
        assert _deviations(found, wanted) == [], (name, lesion.description)
