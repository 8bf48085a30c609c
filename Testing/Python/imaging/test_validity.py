"""A lesion that cannot be measured is refused, and the message says by which rule."""

import numpy as np
import pytest
import SimpleITK as sitk

from ABCImmunoResponseLib.errors import MaskError
from ABCImmunoResponseLib.imaging.cropping import crop_mask
from ABCImmunoResponseLib.imaging.validity import check_lesion
from ABCImmunoResponseLib.protocol import load_protocol
from phantoms import ball, box, grid, like, textured


@pytest.fixture(scope="module")
def protocol():
    return load_protocol()


@pytest.fixture(scope="module")
def image():
    return textured(grid(size=(30, 28, 20)))


def test_a_sound_lesion(image, protocol):
    assert check_lesion(image, ball(image, (10, 10, 10), 5), protocol, "L1") == ()


@pytest.mark.parametrize(
    ("start", "size", "words"),
    [
        ((0, 0, 0), (0, 0, 0), "the mask is empty"),
        ((5, 5, 5), (1, 1, 1), "single voxel"),
        ((5, 5, 5), (9, 9, 1), r"1 slice\(s\), fewer than the protocol's minimum of 2"),
        ((5, 5, 5), (2, 2, 5), "20 voxels, fewer than the protocol's minimum of 27"),
    ],
)
def test_refusals(image, protocol, start, size, words):
    with pytest.raises(MaskError, match=f"^Lesion L1: .*{words}"):
        check_lesion(image, box(image, start, size), protocol, "L1")


def test_the_least_that_is_allowed(image, protocol):
    assert check_lesion(image, box(image, (5, 5, 5), (3, 3, 3)), protocol, "L1") == ()
    assert check_lesion(image, box(image, (5, 5, 5), (14, 1, 2)), protocol, "L1") == ()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_voxels_that_are_not_finite(image, protocol, value):
    values = sitk.GetArrayFromImage(image).astype(np.float32)
    values[10, 12, 12] = values[8, 12, 12] = value
    values[0, 0, 0] = value  # outside the lesion: not the lesion's fault
    with pytest.raises(MaskError, match="Lesion L1: 2 of its 125 voxels are not finite"):
        check_lesion(like(values, image), box(image, (10, 10, 7), (5, 5, 5)), protocol, "L1")
    assert check_lesion(like(values, image), box(image, (20, 10, 7), (5, 5, 5)), protocol, "L1") == ()


def test_on_another_grid(image, protocol):
    mask = ball(grid(size=(30, 28, 21)), (10, 10, 10), 5)
    with pytest.raises(MaskError, match="not on the image's grid"):
        check_lesion(image, mask, protocol, "L1")


def test_remarks(image, protocol):
    mask = box(image, (0, 5, 5), (5, 5, 5)) | box(image, (20, 20, 15), (2, 2, 2))
    flat = image * 0
    codes = [finding.code for finding in check_lesion(flat, mask, protocol, "L1")]
    assert codes == ["lesion-at-border", "lesion-in-pieces", "lesion-uniform"]
    assert all(finding.lesion == "L1" for finding in check_lesion(flat, mask, protocol, "L1"))
    assert "2 separate pieces of 125, 8 voxels" in check_lesion(flat, mask, protocol, "L1")[1].message


def test_pieces_that_touch_at_a_corner_are_one(image, protocol):
    mask = box(image, (5, 5, 5), (3, 3, 3)) | box(image, (8, 8, 8), (3, 3, 3))
    assert check_lesion(image, mask, protocol, "L1") == ()


@pytest.mark.parametrize("start", [(0, 5, 5), (25, 5, 5), (10, 10, 15), (10, 10, 7)])
def test_a_cropped_mask_is_judged_alike(image, protocol, start):
    values = sitk.GetArrayFromImage(image)
    values[:, :, :5] = 7  # where the first of them lies the image is uniform
    mask = box(image, start, (5, 5, 5))
    found = check_lesion(like(values, image), crop_mask(mask), protocol, "L1")
    assert found == check_lesion(like(values, image), mask, protocol, "L1")
    assert ("lesion-at-border" in [finding.code for finding in found]) == (start != (10, 10, 7))
    elsewhere = grid(size=(30, 28, 20), origin=(0, 0, 0))
    with pytest.raises(MaskError, match="not on the image's grid"):
        check_lesion(elsewhere, crop_mask(mask), protocol, "L1")
