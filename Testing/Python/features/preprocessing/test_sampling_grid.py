"""The grid of a lesion's box is pyradiomics' own; its voxels are found in the image as ITK finds them."""

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from radiomics import imageoperations

from ABCImmunoResponseLib.errors import MaskError
from ABCImmunoResponseLib.features.engine import engine, engine_names
from ABCImmunoResponseLib.features.preprocessing.boxed_mask import BoxedMask, boxed_mask
from ABCImmunoResponseLib.features.preprocessing.sampling_grid import continuous_indices, sampling_grid
from ABCImmunoResponseLib.features.recipe import load_recipe
from ABCImmunoResponseLib.imaging.geometry import Grid
from phantoms import IDENTITY, box, grid, textured

OBLIQUE = (0.8, -0.36, 0.48, 0.6, 0.48, -0.64, 0.0, 0.8, 0.6)
SAGITTAL = (0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0)
GANTRY_TILT = (1.0, 0.0, 0.0, 0.0, 0.96, 0.28, 0.0, -0.28, 0.96)
RECIPE = load_recipe()


def recipe(**settings_):
    return replace(RECIPE, settings={**RECIPE.settings, **settings_})


def by_pyradiomics(image, mask, of=RECIPE) -> Grid:
    return Grid.of(imageoperations.resampleImage(image, mask, **of.settings)[0])


def of_box(image, start, size, of=RECIPE):
    mask = box(image, start, size)
    return sampling_grid(image, boxed_mask(mask, image), of), mask


@settings(max_examples=40)
@given(
    spacing=st.tuples(*[st.sampled_from([0.7, 0.8, 1.0, 1.25, 3.0, 5.0]) | st.floats(0.4, 4.0)] * 3),
    wanted=st.sampled_from([[1, 1, 1], [2, 2, 2], [0.75, 1.25, 1]]),
    pad=st.integers(0, 9),
    direction=st.sampled_from([IDENTITY, OBLIQUE, SAGITTAL, GANTRY_TILT]),
    ends=st.tuples(*[st.tuples(st.integers(0, 8), st.integers(1, 4))] * 3),
    origin=st.tuples(*[st.floats(-400, 400)] * 3),
)
def test_grid_is_pyradiomics_to_the_bit(spacing, wanted, pad, direction, ends, origin):
    image = grid((12, 12, 12), spacing, origin, direction)
    start, size = zip(*ends, strict=True)
    of = recipe(resampledPixelSpacing=wanted, padDistance=pad)
    found, mask = of_box(image, start, size, of)
    assert found.grid == by_pyradiomics(image, mask, of)


def test_box_of_a_known_lesion():
    """5 mm around 20 x 20 x 20 mm: along k exactly, along i and j to the next voxel counted from the image's corner."""
    found, _ = of_box(grid((100, 100, 60), (0.5, 0.5, 2.0), (-10.0, -20.0, 30.0)), (40, 40, 20), (40, 40, 10))
    assert found.resampled
    assert found.start is None
    assert found.grid == Grid((32, 32, 31), (1.0, 1.0, 1.0), (4.25, -5.75, 63.5), IDENTITY)


def test_image_of_the_wanted_size_is_only_cropped():
    image = grid((40, 40, 40), (1.0, 1.0, 1.0), (3.0, 4.0, 5.0))
    found, mask = of_box(image, (2, 10, 30), (5, 6, 7))
    assert not found.resampled
    assert found.start == (25, 5, 0)
    assert found.grid.size == (12, 16, 15)
    assert found.grid == by_pyradiomics(image, mask)


def test_axis_in_which_the_mask_is_one_voxel_thick_keeps_its_spacing():
    image = grid((40, 40, 20), (0.8, 0.8, 5.0))
    found, mask = of_box(image, (10, 10, 9), (12, 12, 1))
    assert found.grid.spacing == (1.0, 1.0, 5.0)
    assert found.grid == by_pyradiomics(image, mask)


def test_grids_are_equal_and_hash_alike_where_boxes_are_the_same():
    image = grid()
    one, _ = of_box(image, (20, 20, 10), (9, 9, 9))
    other, _ = of_box(image, (20, 20, 10), (9, 9, 9))
    assert one == other
    assert len({one, other, of_box(image, (20, 20, 11), (9, 9, 9))[0]}) == 2


@pytest.mark.parametrize(
    ("spacing", "said"),
    [
        ((0.001,) * 3, "no voxel of 1 x 1 x 1 mm: is the image's spacing of 0.001 x 0.001 x 0.001 mm right"),
        ((1.0, 1.0, 0.01), "no voxel of 1 x 1 x 1 mm: is the image's spacing of 1 x 1 x 0.01 mm right"),
        ((1e-90,) * 3, "no voxel of"),
        ((50.0,) * 3, "107 million voxels of 1 x 1 x 1 mm: is the image's spacing of 50 x 50 x 50 mm right"),
        ((1e9,) * 3, r"8e\+23 million voxels"),
        ((1e300,) * 3, "million voxels"),
    ],
)
def test_spacing_in_another_unit_is_refused_before_any_work(spacing, said):
    image = textured(grid((24, 24, 16)))
    mask = box(image, (6, 6, 4), (10, 10, 8))
    for each in (image, mask):
        each.SetSpacing(spacing)
    with pytest.raises(MaskError, match=said):
        sampling_grid(image, boxed_mask(mask, image), RECIPE)
    told = []
    for name in engine_names():
        with pytest.raises(MaskError, match=rf"Lesion L1: .*{said}"):
            engine(name).extract(image, {"L1": mask}, RECIPE, lambda *step: told.append(step))
    assert not told


def test_an_organ_of_40_cm_is_not_too_large():
    organ = BoxedMask(np.broadcast_to(True, (80, 400, 400)), (10, 56, 56))
    image = sitk.Image(512, 512, 100, sitk.sitkUInt8)
    image.SetSpacing((1.0, 1.0, 5.0))
    assert np.prod(sampling_grid(image, organ, RECIPE).grid.size) > 64_000_000
    organ = BoxedMask(np.broadcast_to(True, (480, 480, 480)), (10, 10, 10))
    image = sitk.Image(500, 500, 500, sitk.sitkUInt8)
    with pytest.raises(MaskError, match="118 million voxels"):
        sampling_grid(image, organ, RECIPE)


def test_a_box_beyond_the_last_voxel_s_centre_in_the_image():
    """2.4 mm have centres at 0.5 and 1.5 mm; a lesion beyond 2 mm would get the one at 2.5 mm."""
    image = grid((24, 24, 24), (0.1, 0.1, 0.1))
    with pytest.raises(MaskError, match="no voxel"):
        of_box(image, (22, 22, 22), (2, 2, 2), recipe(padDistance=0))
    assert of_box(image, (18, 18, 18), (2, 2, 2), recipe(padDistance=0))[0].grid.size == (2, 2, 2)


@pytest.mark.parametrize(
    ("direction", "shapes"),
    [
        (IDENTITY, [(7, 1, 1), (1, 6, 1), (1, 1, 5)]),
        (SAGITTAL, [(7, 1, 1), (1, 6, 1), (1, 1, 5)]),
        (OBLIQUE, [(7, 6, 5)] * 3),
        (GANTRY_TILT, [(7, 6, 1), (7, 6, 1), (1, 1, 5)]),
    ],
)
def test_indices_are_separate_where_axes_are_parallel_and_right_everywhere(direction, shapes):
    image = Grid((50, 50, 50), (0.7, 0.8, 1.25), (-100.0, 20.0, 3.0), direction)
    lattice = Grid((5, 6, 7), (1.0, 1.0, 1.0), tuple(image.matrix()[:3] @ [9.3, 4.2, 20.1, 1]), direction)
    found = continuous_indices(lattice, image, range(7))
    assert [x.shape for x in found] == shapes
    index = np.indices((7, 6, 5)).reshape(3, -1)[::-1]
    exact = np.linalg.solve(image.matrix(), lattice.matrix()) @ [*index, np.ones(index.shape[1])]
    for x, wanted in zip(found, exact[2::-1], strict=True):
        np.testing.assert_allclose(np.broadcast_to(x, (7, 6, 5)).ravel(), wanted, rtol=0, atol=1e-11)
    for x, whole in zip(continuous_indices(lattice, image, range(2, 5)), found, strict=True):
        np.testing.assert_array_equal(x, whole[2:5] if len(whole) > 1 else whole)


@pytest.mark.parametrize("direction", [IDENTITY, SAGITTAL, OBLIQUE, GANTRY_TILT])
def test_indices_have_itk_s_bits(direction):
    """Linear interpolation of an image that is 1 in one slice and 0 elsewhere shows the bits of an index."""
    rng = np.random.default_rng(5)
    image = grid((9, 8, 7), (0.7, 0.83, 1.25), tuple(rng.uniform(-300, 300, 3)), direction)
    lattice = Grid((6, 6, 6), (1.0,) * 3, image.TransformContinuousIndexToPhysicalPoint((0.3, 0.6, 0.7)), direction)
    points = [np.broadcast_to(x, (6, 6, 6)) for x in continuous_indices(lattice, Grid.of(image), range(6))]
    within = np.all([(x > 0) & (x < n - 1) for x, n in zip(points, (7, 8, 9), strict=True)], axis=0)
    for axis, x in enumerate(points):
        for place in range(1, (7, 8, 9)[axis] - 1):
            array = np.zeros((7, 8, 9))
            np.moveaxis(array, axis, 0)[place] = 1.0
            one = sitk.GetImageFromArray(array)
            one.CopyInformation(image)
            geometry = lattice.origin, lattice.spacing, lattice.direction
            by_itk = sitk.GetArrayFromImage(
                sitk.Resample(one, lattice.size, sitk.Transform(), sitk.sitkLinear, *geometry, 0.0, sitk.sitkFloat64)
            )
            below = within & (np.floor(x) == place - 1)
            np.testing.assert_array_equal(by_itk[below], x[below] - (place - 1))
