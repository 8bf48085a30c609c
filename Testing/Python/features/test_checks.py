"""Images and masks without features are refused with one line that says why."""

import numpy as np
import pytest
import SimpleITK as sitk

from ABCImmunoResponseLib.errors import FeatureError, MaskError
from ABCImmunoResponseLib.features.engine import engine, engine_names
from ABCImmunoResponseLib.features.recipe import load_recipe
from phantoms import ball, box, grid, like, textured

RECIPE = load_recipe()


@pytest.fixture(scope="module")
def ct() -> sitk.Image:
    """A small CT with slices of 1.25 mm."""
    return textured(grid((40, 40, 24), (0.8, 0.8, 1.25)))


def refusal(image, masks, kind=MaskError, recipe=RECIPE) -> str:
    """Return the message with which the engine refuses; it must be one line and come before any progress."""
    told = []
    with pytest.raises(kind) as error:
        engine("numpy").extract(
            image, masks if isinstance(masks, dict) else {"L1": masks}, recipe, lambda *s: told.append(s)
        )
    assert "\n" not in str(error.value)
    assert not [step for step in told if step[0] > 0]
    return str(error.value)


def test_empty_mask(ct):
    assert refusal(ct, box(ct, (0, 0, 0), (0, 0, 0))).startswith("Lesion L1: There is no voxel of value 1 in the mask")


def test_mask_of_another_label(ct):
    assert "no voxel of value 1" in refusal(ct, ball(ct, (16, 16, 15), 6) * 2)


def test_single_voxel(ct):
    assert "a single voxel in the mask" in refusal(ct, box(ct, (10, 10, 10), (1, 1, 1)))


@pytest.mark.parametrize(
    ("size", "flat"),
    [((9, 1, 1), "j (rows) and k (slices)"), ((1, 9, 1), "i (columns) and k"), ((1, 1, 9), "i (columns) and j (rows)")],
)
def test_thin_mask_says_which_dimension_and_what_is_needed(ct, size, flat):
    message = refusal(ct, box(ct, (10, 10, 10), size))
    assert f"one voxel thick along {flat}" in message
    assert "recipe zhao2023 needs two voxels or more in at least 2 dimensions" in message


def test_minimum_of_dimensions_is_the_recipe_s(ct, tmp_path):
    path = tmp_path / "solid.yaml"
    text = RECIPE.path.read_text(encoding="utf-8").replace('"minimumROIDimensions": 2', '"minimumROIDimensions": 3')
    path.write_text(text, encoding="utf-8")
    slab = box(ct, (10, 10, 10), (9, 9, 1))
    engine("numpy").extract(ct, {"L1": slab}, RECIPE)
    message = refusal(ct, slab, recipe=load_recipe(path))
    assert (
        "one voxel thick along k (slices) in the mask; recipe solid needs two voxels or more in at least 3" in message
    )


def test_mask_that_resampling_leaves_one_voxel_of():
    fine = textured(grid((40, 40, 40), (0.3, 0.3, 0.3)))
    assert "after resampling to 1 x 1 x 1 mm" in refusal(fine, box(fine, (20, 20, 20), (3, 3, 3)))


def test_second_lesion_is_checked_before_the_first_is_extracted(ct):
    good, empty = ball(ct, (16, 16, 15), 6), box(ct, (0, 0, 0), (0, 0, 0))
    assert refusal(ct, {"good": good, "bad": empty}).startswith("Lesion bad:")


def test_mask_on_another_grid_or_outside_the_image(ct):
    for other, why in (
        (grid((40, 40, 24), (0.8, 0.8, 1.3)), "not on the image's grid (spacing"),
        (grid((40, 40, 24), (0.8, 0.8, 1.25), origin=(-19.6, -30.0, 5.0)), "not on the image's grid (origin"),
        (grid((40, 40, 24), (0.8, 0.8, 1.25), origin=(500.0, -30.0, 5.0)), "not on the image's grid (origin"),
        (grid((40, 40, 24), (0.8, 0.8, 1.25), direction=(0, 1, 0, 1, 0, 0, 0, 0, 1)), "grid (orientation"),
    ):
        assert why in refusal(ct, ball(other, (16, 16, 15), 6))


def test_mask_of_the_whole_image(ct):
    assert "fills the whole image" in refusal(ct, box(ct, (0, 0, 0), ct.GetSize()))


def test_mask_that_is_no_label_map(ct):
    assert "not a 3-D label map" in refusal(ct, sitk.Cast(ball(ct, (16, 16, 15), 6), sitk.sitkFloat32))
    assert "not a 3-D label map" in refusal(ct, ball(ct, (16, 16, 15), 6)[:, :, 12])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("voxel", [(12, 20, 20), (0, 0, 0)])
@pytest.mark.parametrize("recipe", ["zhao2023", "robust-v1"])
def test_voxels_that_are_no_numbers(ct, value, voxel, recipe):
    array = sitk.GetArrayFromImage(ct).astype(np.float32)
    array[voxel] = value
    message = refusal(like(array, ct), ball(ct, (16, 16, 15), 6), FeatureError, load_recipe(recipe))
    assert message.startswith("Lesion L1: the image has voxels that are NaN or infinite in it or near it")


@pytest.mark.parametrize("recipe", ["zhao2023", "robust-v1"])
@pytest.mark.parametrize("name", engine_names())
def test_a_voxel_that_is_no_number_is_refused_or_does_not_matter_at_any_distance(recipe, name):
    """What the spline is fitted to reaches further than a pad, a margin or a support alone."""
    ct = sitk.Cast(textured(grid((150, 24, 20), (0.8, 1, 1))), sitk.sitkFloat32)
    mask, extractor = box(ct, (8, 8, 6), (7, 7, 7)), engine(name)
    wanted = extractor.extract(ct, {"L1": mask}, load_recipe(recipe))["L1"]
    outcomes = []
    for distance in (30, 40, 44, 48, 55, 60, 64, 66, 68, 70, 72, 74, 80, 120):
        broken = sitk.Image(ct)
        broken[15 + distance, 12, 10] = float("nan")
        try:
            found = extractor.extract(broken, {"L1": mask}, load_recipe(recipe))["L1"]
        except FeatureError as error:
            outcomes.append("refused" if "NaN or infinite" in str(error) else str(error))
        else:
            np.testing.assert_array_equal(found, wanted)
            outcomes.append("equal")
    assert outcomes == sorted(outcomes, reverse=True)  # near ones are refused, far ones do not matter
    assert set(outcomes) == {"refused", "equal"}


def test_image_that_is_no_ct(ct):
    mask = ball(ct, (16, 16, 15), 6)
    assert "2-D image" in refusal(ct[:, :, 3], mask, FeatureError)
    assert "vector" in refusal(sitk.Compose(ct, ct), mask, FeatureError)
    assert "complex" in refusal(
        sitk.RealAndImaginaryToComplex(*[sitk.Cast(ct, sitk.sitkFloat32)] * 2), mask, FeatureError
    )


def test_no_masks(ct):
    assert refusal(ct, {}, FeatureError) == "There are no lesion masks to extract features from."


def test_image_too_thin_for_the_filters():
    thin = like(np.random.default_rng(0).integers(0, 90, (3, 40, 40)), grid((40, 40, 3), (1, 1, 1)), np.int16)
    message = refusal(thin, box(thin, (10, 10, 0), (9, 9, 3)))
    assert "the image around it has 3 voxel(s) along k (slices), and the LoG filter of 1 mm needs 4" in message


def test_values_that_are_no_hounsfield_units(ct):
    array = sitk.GetArrayFromImage(ct).astype(np.float32)
    array[12, 20, 20] = 1e7
    with pytest.raises(FeatureError, match="more than 4000 grey levels of width 25; is the image a CT in HU"):
        engine("numpy").extract(like(array, ct), {"L1": ball(ct, (16, 16, 15), 6)}, RECIPE)


@pytest.mark.parametrize(("low", "high"), [(32_700, 32_760), (-32_768, -32_000)])
def test_values_at_the_end_of_the_pixel_type(ct, low, high):
    """pyradiomics' bin edges overflow there, and what it gives is no grey level of anything."""
    array = sitk.GetArrayFromImage(ct)
    array[:] = high
    array[:, :20] = low
    with pytest.raises(FeatureError, match="reach the end of int16"):
        engine("numpy").extract(like(array, ct), {"L1": ball(ct, (16, 16, 15), 6)}, RECIPE)


def test_voxels_beyond_the_reach_of_filters_may_be_anything():
    ct = textured(grid((130, 30, 30), (1.1, 1, 1)))
    mask = ball(ct, (20, 15, 15), 6)
    array = sitk.GetArrayFromImage(ct).astype(np.float32)
    wanted = engine("numpy").extract(like(array, ct), {"L1": mask}, RECIPE)["L1"]
    array[:, :, 120:] = np.nan
    np.testing.assert_array_equal(engine("numpy").extract(like(array, ct), {"L1": mask}, RECIPE)["L1"], wanted)


@pytest.mark.parametrize("name", engine_names())
def test_distance_longer_than_the_lesion(ct, tmp_path, name):
    path = tmp_path / "far.yaml"
    path.write_text(RECIPE.path.read_text(encoding="utf-8").replace('"distances": [1]', '"distances": [40]'))
    with pytest.raises(MaskError, match=r"Lesion L1: .* no neighbours at the distance of 40 voxels that recipe far"):
        engine(name).extract(ct, {"L1": ball(ct, (16, 16, 15), 6)}, load_recipe(path))
