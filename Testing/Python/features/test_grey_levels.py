"""Values that cannot be put into grey levels are refused, and the message says whose fault it is."""

import re
from dataclasses import replace

import numpy as np
import pytest

from ABCImmunoResponseLib.errors import FeatureError
from ABCImmunoResponseLib.features.checks import check_grey_levels
from ABCImmunoResponseLib.features.engine import engine, engine_names
from ABCImmunoResponseLib.features.formulas.discretisation import discretise
from ABCImmunoResponseLib.features.recipe import load_recipe
from phantoms import ball, grid, like

RECIPE = load_recipe()


def of_width(width):
    return replace(RECIPE, settings={**RECIPE.settings, "binWidth": width})


@pytest.mark.parametrize("values", [(-1024, 3071), (-5000, 70_000)])
def test_a_bin_width_too_small_for_a_ct(values):
    with pytest.raises(FeatureError, match=r"grey levels of width 0\.5; recipe zhao2023's binWidth is too small") as no:
        check_grey_levels(np.array(values, np.float32), of_width(0.5), "L1", "original")
    assert "CT in HU" not in str(no.value)


@pytest.mark.parametrize("values", [(-6000, 3000), (0, 1e6), (-np.inf, 0)])
def test_values_of_no_ct(values):
    with pytest.raises(FeatureError, match="is the image a CT in HU"):
        check_grey_levels(np.array(values, np.float32), of_width(0.5), "L1", "original")


@pytest.mark.parametrize("name", engine_names())
def test_values_that_span_more_than_their_type_holds(name):
    """A RuntimeWarning would be an error here."""
    image = grid((24, 24, 24), (1.0, 1.0, 1.0))
    array = np.full((24, 24, 24), -1000)
    array[:, :, 12:] = 32_000
    with pytest.raises(FeatureError, match="from -1000 to 32000 span more than int16 holds"):
        engine(name).extract(like(array, image, np.int16), {"L1": ball(image, (12, 12, 12), 6)}, RECIPE)


@pytest.mark.parametrize("width", [1000, 25, 7, 24.5])
@pytest.mark.parametrize("dtype", [np.int16, np.uint16])
def test_what_is_accepted_is_counted_as_wider_integers_are(dtype, width):
    """Up to the last span that fits, whatever the smallest value's place in its bin."""
    limits, outcomes = np.iinfo(dtype), set()
    for low in (limits.min + 1000, limits.min + 1013, limits.min + 1024):
        for span in (5000, *range(32_600 - 2 * int(width), 32_800)):
            values = np.array([low, low + span // 2, low + span], dtype)
            try:
                check_grey_levels(values, of_width(width), "L1", "original")
            except FeatureError as refusal:
                outcomes.add(re.search("reach|span|are more", str(refusal)).group())
                continue
            outcomes.add("accepted")
            found, wanted = discretise(values, width), discretise(values.astype(np.int64), width)
            np.testing.assert_array_equal(found.grey_levels, wanted.grey_levels)
            np.testing.assert_array_equal(found.ranks, wanted.ranks)
    assert "accepted" in outcomes
    assert "span" in outcomes or dtype == np.uint16 or width == 7
