"""The generator of lesions gives the same on each call, and all that it promises among its first 60 seeds."""

import numpy as np
import pytest
import SimpleITK as sitk

from ABCImmunoResponseLib.imaging.geometry import same_grid
from random_lesions import DIRECTIONS, PIXEL_TYPES, SPACINGS_MM, TEXTURES, random_lesion
from random_shapes import SHAPES

SEEDS = range(60)


@pytest.fixture(scope="module")
def lesions():
    """The first 60."""
    return [random_lesion(seed) for seed in SEEDS]


def _extents(mask: sitk.Image) -> np.ndarray:
    return np.array([np.ptp(at) + 1 for at in np.nonzero(sitk.GetArrayViewFromImage(mask))])


@pytest.mark.parametrize("seed", [0, 9, 25])
def test_a_seed_gives_the_same_lesion_again(seed):
    first, again = random_lesion(seed), random_lesion(seed)
    assert first.description == again.description
    assert sitk.Hash(first.image) == sitk.Hash(again.image)
    assert sitk.Hash(first.mask) == sitk.Hash(again.mask)
    assert first.image.GetOrigin() == again.image.GetOrigin()


def test_every_shape_texture_and_direction_comes(lesions):
    for names in (SHAPES, TEXTURES, DIRECTIONS):
        for name in names:
            assert any(f"{name}," in lesion.description + "," for lesion in lesions), name


def test_every_spacing_and_pixel_type_comes(lesions):
    assert {lesion.image.GetSpacing() for lesion in lesions} == set(SPACINGS_MM)
    assert {lesion.image.GetPixelID() for lesion in lesions} == set(PIXEL_TYPES)


def test_directions_are_rotations_of_the_space_or_the_mirror(lesions):
    for direction in DIRECTIONS.values():
        matrix = np.array(direction).reshape(3, 3)
        np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-12)
    assert len({lesion.image.GetOrigin() for lesion in lesions}) == len(lesions)


def test_masks_are_zero_and_one_on_the_grid_of_their_image(lesions):
    for lesion in lesions:
        assert same_grid(lesion.mask, lesion.image) is None
        assert lesion.mask.GetPixelID() == sitk.sitkUInt8
        assert set(np.unique(sitk.GetArrayViewFromImage(lesion.mask))) == {0, 1}


def test_lesions_extend_in_two_dimensions_or_more(lesions):
    """The recipe asks for two voxels there, after resampling as well."""
    for lesion in lesions:
        assert (np.sort(_extents(lesion.mask))[1:] >= 3).all(), lesion.description


def test_lesions_are_small_and_large(lesions):
    longest = [max(_extents(lesion.mask)[::-1] * lesion.mask.GetSpacing()) for lesion in lesions]
    assert min(longest) < 7
    assert max(longest) > 60
    assert np.median(longest) < 20


def test_one_slice_is_one_slice_and_borders_are_touched(lesions):
    for lesion in lesions:
        extents = _extents(lesion.mask)
        for axis, name in enumerate("kji"):
            assert (f"one slice {name}" in lesion.description) <= (extents[axis] == 1)
        inside = np.nonzero(sitk.GetArrayViewFromImage(lesion.mask))
        sides = lesion.mask.GetSize()[::-1]
        cut = sum(bool(at.min() == 0) or bool(at.max() == n - 1) for at, n in zip(inside, sides, strict=True))
        wanted = 3 if "in a corner" in lesion.description else 1 if "at a border" in lesion.description else 0
        assert cut >= wanted, lesion.description


def test_textures_have_the_grey_levels_that_they_are_for(lesions):
    levels = {}
    for lesion in lesions:
        inside = sitk.GetArrayViewFromImage(lesion.image)[sitk.GetArrayViewFromImage(lesion.mask) == 1]
        for texture in TEXTURES:
            if f"{texture}," in lesion.description:
                levels.setdefault(texture, []).append(len(np.unique(np.floor(inside / 25))))
    assert max(levels["constant"]) == 1
    assert max(levels["two grey levels"]) == 2
    assert 60 <= max(levels["calcified"]) <= 80
    assert max(levels["lung"]) >= 20


def test_floating_point_images_have_fractions(lesions):
    for lesion in lesions:
        if "float" in lesion.description and "constant" not in lesion.description and "two" not in lesion.description:
            values = sitk.GetArrayViewFromImage(lesion.image)
            assert (values != np.rint(values)).mean() > 0.9
