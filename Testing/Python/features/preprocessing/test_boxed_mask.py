"""A mask's box is found and placed in the image, whether the mask is whole or cropped, and refused off the grid."""

import numpy as np
import pytest
import SimpleITK as sitk

from ABCImmunoResponseLib.errors import MaskError
from ABCImmunoResponseLib.features.preprocessing.boxed_mask import boxed_mask
from phantoms import ball, box, grid, like

OBLIQUE = (0.8, -0.36, 0.48, 0.6, 0.48, -0.64, 0.0, 0.8, 0.6)
CT = grid((40, 36, 30), (0.8, 0.9, 1.25), direction=OBLIQUE)
BALL = ball(CT, (18, 15, 17), 7)


def whole(boxed) -> np.ndarray:
    array = np.zeros(CT.GetSize()[::-1], bool)
    array[tuple(slice(a, a + n) for a, n in zip(boxed.start, boxed.voxels.shape, strict=True))] = boxed.voxels
    return array


def shifted(mask: sitk.Image, **millimetres) -> sitk.Image:
    moved = sitk.Image(mask)
    moved.SetOrigin([x + millimetres.get(axis, 0.0) for axis, x in zip("xyz", mask.GetOrigin(), strict=True)])
    return moved


def test_box_is_the_smallest_and_in_place():
    found = boxed_mask(box(CT, (5, 6, 7), (4, 3, 2)), CT)
    assert found.start == (7, 6, 5)
    assert found.voxels.shape == (2, 3, 4)
    assert found.voxels.dtype == bool
    assert found.voxels.all()
    np.testing.assert_array_equal(whole(boxed_mask(BALL, CT)), sitk.GetArrayFromImage(BALL) == 1)


@pytest.mark.parametrize("pixel_type", [sitk.sitkInt8, sitk.sitkUInt16, sitk.sitkInt32, sitk.sitkUInt64])
def test_other_integer_types_mean_the_same(pixel_type):
    found = boxed_mask(sitk.Cast(BALL, pixel_type), CT)
    np.testing.assert_array_equal(whole(found), sitk.GetArrayFromImage(BALL) == 1)


def test_only_the_value_1_is_in():
    labels = sitk.GetArrayFromImage(BALL).astype(np.int16)
    labels[0, 0, 0], labels[-1, -1, -1], labels[:, 0, 5] = 2, -1, 256
    found = boxed_mask(like(labels, CT), CT)
    np.testing.assert_array_equal(whole(found), sitk.GetArrayFromImage(BALL) == 1)


def test_cropped_masks_are_placed_where_they_lie():
    complete = boxed_mask(BALL, CT)
    for start, stop in (((8, 6, 5), (35, 30, 24)), ((0, 0, 0), (40, 36, 30)), ((14, 9, 8), (32, 25, 20))):
        part = BALL[start[0] : stop[0], start[1] : stop[1], start[2] : stop[2]]
        found = boxed_mask(part, CT)
        assert found.start == complete.start
        np.testing.assert_array_equal(found.voxels, complete.voxels)


def test_a_crop_that_reaches_beyond_the_image_is_refused():
    with pytest.raises(MaskError, match="not on the image's grid"):
        boxed_mask(sitk.ConstantPad(BALL, (3, 2, 1), (0, 4, 2)), CT)


def test_rounding_of_the_geometry_is_forgiven():
    found = boxed_mask(shifted(BALL, x=0.009), CT)
    np.testing.assert_array_equal(whole(found), sitk.GetArrayFromImage(BALL) == 1)


@pytest.mark.parametrize("axis", "xyz")
def test_masks_between_the_voxels_are_refused(axis):
    with pytest.raises(MaskError, match=r"not on the image's grid .origin by 0.02 mm.; resample"):
        boxed_mask(shifted(BALL, **{axis: 0.02}), CT)


def test_masks_with_other_axes_are_refused():
    for mask in (
        sitk.Flip(BALL, (True, False, False)),
        sitk.PermuteAxes(BALL, (1, 0, 2)),
        sitk.Shrink(BALL, (2, 1, 1)),
    ):
        with pytest.raises(MaskError, match="not on the image's grid"):
            boxed_mask(mask, CT)


def test_masks_beyond_the_image_are_refused():
    step = sitk.Image(BALL)
    step.SetOrigin(CT.TransformIndexToPhysicalPoint((-15, 0, 0)))
    with pytest.raises(MaskError, match="not on the image's grid"):
        boxed_mask(step, CT)
    step.SetOrigin(CT.TransformIndexToPhysicalPoint((0, 0, 12)))
    with pytest.raises(MaskError, match="not on the image's grid"):
        boxed_mask(step, CT)


def test_empty_masks_and_other_pictures_are_refused():
    empty = sitk.Image(CT.GetSize(), sitk.sitkUInt8)
    empty.CopyInformation(CT)
    with pytest.raises(MaskError, match="no voxel of value 1"):
        boxed_mask(empty, CT)
    with pytest.raises(MaskError, match="no voxel of value 1"):
        boxed_mask(empty + 2, CT)
    with pytest.raises(MaskError, match="label map of whole numbers"):
        boxed_mask(sitk.Cast(BALL, sitk.sitkFloat32), CT)
    with pytest.raises(MaskError, match="label map of whole numbers"):
        boxed_mask(BALL[:, :, 5], CT)
