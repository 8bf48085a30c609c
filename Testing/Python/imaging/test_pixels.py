"""Voxel values: lossless to int16 or told, and recognised where they cannot be HU."""

import sys

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ABCImmunoResponseLib.errors import ImagingError
from ABCImmunoResponseLib.imaging.geometry import FRAME_OF_REFERENCE, Grid
from ABCImmunoResponseLib.imaging.pixels import check_values, join_slices, to_int16, value_range


def image(values, dtype=None):
    return sitk.GetImageFromArray(np.asarray(values, dtype).reshape(-1, 1, 1))


@given(
    values=arrays(
        st.sampled_from([np.uint8, np.uint16, np.int32, np.float32, np.float64]),
        (3, 2, 2),
        elements=st.integers(0, 200) | st.just(0),
    )
)
def test_whole_values_are_exact(values):
    made, findings = to_int16(sitk.GetImageFromArray(values))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(made), values)
    assert made.GetPixelID() == sitk.sitkInt16
    assert findings == ()


def test_fractions_are_rounded_and_told():
    made, findings = to_int16(image([-1000.4, 0.25, 3.5], np.float32))
    assert sitk.GetArrayFromImage(made).ravel().tolist() == [-1000, 0, 4]
    assert [f.code for f in findings] == ["values-rounded"]
    assert "0.5 HU" in findings[0].message


@pytest.mark.parametrize(
    ("values", "dtype", "words"),
    [
        ([0, 40000], np.int32, "do not fit 16 bits"),
        ([-40000, 0], np.float32, "do not fit 16 bits"),
        ([0, np.nan], np.float32, "not numbers"),
        ([0, np.inf], np.float64, "not numbers"),
    ],
)
def test_what_cannot_be_int16(values, dtype, words):
    with pytest.raises(ImagingError, match=words):
        to_int16(image(values, dtype))


def test_the_frame_of_reference_stays():
    named = image([-1000.5, 0], np.float32)
    named.SetMetaData(FRAME_OF_REFERENCE, "1.2.3")
    assert to_int16(named)[0].GetMetaData(FRAME_OF_REFERENCE) == "1.2.3"
    assert to_int16(image([1], np.int16))[0].GetPixelID() == sitk.sitkInt16


def test_slices_are_joined_and_the_whole_is_widened_once():
    """However many of its parts need it: a cast of the whole costs more than all of them."""
    values = np.arange(12 * 4 * 4).reshape(12, 4, 4) + 32_700
    parts = [sitk.GetImageFromArray(values[k : k + 1].astype(np.int32)) for k in range(12)]
    casts = []

    def watch(frame, event, _):
        if event == "call" and frame.f_code is sitk.Cast.__code__:
            casts.append(next(iter(frame.f_locals.values())).GetSize())

    sys.setprofile(watch)
    try:
        joined, findings = join_slices(parts, Grid((4, 4, 12), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), np.eye(3).ravel()))
    finally:
        sys.setprofile(None)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(joined), values)
    assert joined.GetPixelID() == sitk.sitkInt32
    assert findings == ()
    assert casts.count((4, 4, 12)) == 1
    assert casts.count((4, 4, 1)) == 12


def test_range_passes_over_nan():
    assert value_range(image([3, np.nan, -7], np.float32)) == (-7.0, 3.0)


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ([-1000, 40, 1200], []),
        ([0, 40, 1200], ["hu-implausible"]),
        ([-150, 40, 1200], ["hu-implausible"]),
        ([-1000, -1000, -1000], ["hu-implausible"]),
        ([-1000, 0, 40000], ["hu-implausible"]),
        ([0.0, 0.5, 1.0], ["hu-implausible"]),
        ([-1000, np.nan, 1200], ["non-finite-voxels"]),
        ([np.nan, np.inf, -np.inf], ["non-finite-voxels"]),
    ],
)
def test_plausibility(values, codes):
    assert [finding.code for finding in check_values(image(values, np.float32))] == codes
