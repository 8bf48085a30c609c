"""Image and mask of a lesion are those that pyradiomics makes of the whole image, bit for bit."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from radiomics import imageoperations

from ABCImmunoResponseLib.features.kernels import numba_spline, numpy_spline
from ABCImmunoResponseLib.features.preprocessing import bspline
from ABCImmunoResponseLib.features.preprocessing.boxed_mask import boxed_mask
from ABCImmunoResponseLib.features.preprocessing.bspline import MARGIN
from ABCImmunoResponseLib.features.preprocessing.resampling import HALF, Resampler
from ABCImmunoResponseLib.features.preprocessing.sampling_grid import sampling_grid
from ABCImmunoResponseLib.features.recipe import load_recipe
from phantoms import IDENTITY, ball, box, ellipsoid, grid, like, textured

OBLIQUE = (0.8, -0.36, 0.48, 0.6, 0.48, -0.64, 0.0, 0.8, 0.6)
SAGITTAL = (0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0)
GANTRY_TILT = (1.0, 0.0, 0.0, 0.0, 0.96, 0.28, 0.0, -0.28, 0.96)
ZHAO = load_recipe()
ROBUST = replace(ZHAO, rounding="nearest", mask_interpolation="linear")
BOTH = pytest.mark.parametrize("kernels", [numpy_spline, numba_spline], ids=["numpy", "numba"])


def with_settings(**settings):
    return replace(ZHAO, settings={**ZHAO.settings, **settings})


def resampled(image, mask, recipe=ZHAO, kernels=numpy_spline):
    boxed = boxed_mask(mask, image)
    sampling = sampling_grid(image, boxed, recipe)
    resampler = Resampler(image, [boxed], recipe, kernels)
    return resampler.image_on(sampling), resampler.mask_on(boxed, sampling)


def by_pyradiomics(image, mask, recipe=ZHAO):
    found = imageoperations.resampleImage(image, mask, **recipe.settings)
    values, region = map(sitk.GetArrayFromImage, found)
    return values, region == 1


def assert_same(found, wanted):
    assert found[0].dtype == wanted[0].dtype
    np.testing.assert_array_equal(found[0], wanted[0])
    np.testing.assert_array_equal(found[1], wanted[1])


def rotation(rng) -> tuple[float, ...]:
    axes, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    return tuple((axes * np.sign(np.linalg.det(axes))).ravel())


def random_case(seed: int) -> tuple[sitk.Image, sitk.Image]:
    """Noise in an image of any geometry and type, and a speckled mask anywhere in it, often in a corner."""
    rng = np.random.default_rng(seed)
    spacings = [(1, 1, 3), (1, 1, 5), (0.8, 0.8, 1.25), (0.7, 0.7, 2.5), (1.25, 0.7, 1), tuple(rng.uniform(0.5, 3, 3))]
    spacing = tuple(map(float, spacings[rng.integers(len(spacings))]))
    directions = [IDENTITY, (-1.0, 0, 0, 0, -1.0, 0, 0, 0, 1.0), SAGITTAL, GANTRY_TILT, rotation(rng)]
    direction = directions[rng.integers(len(directions))]
    size = rng.integers(5, 60, 3) if rng.random() < 0.5 else rng.integers(60, 100, 3)  # beyond the margin, or within
    reference = grid(size.tolist(), spacing, tuple(rng.uniform(-300, 300, 3)), direction)
    dtype = np.dtype([np.int16, np.uint8, np.float32, np.float64][seed % 4])
    values = rng.normal(40, 60, size[::-1])
    if dtype.kind in "iu":
        values = np.rint(values).clip(np.iinfo(dtype).min, np.iinfo(dtype).max)
    shape = np.minimum(rng.integers(1, 20, 3), size[::-1])
    start = rng.integers(0, size[::-1] - shape + 1) * (rng.random() < 0.7)
    voxels = np.zeros(size[::-1], np.uint8)
    inside = voxels[tuple(slice(a, a + n) for a, n in zip(start, shape, strict=True))]
    inside[...] = rng.random(shape) < 0.5
    inside[0, 0, 0] = inside[-1, -1, -1] = 1
    return like(values, reference, dtype), like(voxels, reference)


@pytest.mark.parametrize("seed", range(60))
def test_random_lesions_are_pyradiomics_to_the_bit(seed):
    image, mask = random_case(seed)
    assert_same(
        resampled(image, mask, kernels=(numpy_spline, numba_spline)[seed // 4 % 2]), by_pyradiomics(image, mask)
    )


@BOTH
@pytest.mark.parametrize("spacing", [(1.0, 1.0, 3.0), (1.0, 1.0, 5.0), (0.5, 0.5, 2.0)])
def test_truncation_of_samples_that_lie_on_voxels_is_pyradiomics(kernels, spacing):
    """There, rounding noise alone decides between 41 and 42 HU; a crop resampled by ITK would be told apart here."""
    for origin in ((-213.7, -180.3, 1021.9), (0.1, 0.2, 0.3)):
        image = textured(grid((70, 66, 60), spacing, origin), seed=3)
        mask = ball(image, [n * step / 2 for n, step in zip(image.GetSize(), spacing, strict=True)], 8)
        assert_same(resampled(image, mask, kernels=kernels), by_pyradiomics(image, mask))


@BOTH
@pytest.mark.parametrize("corner", [(0, 0, 0), (1, 1, 1), (1, 0, 1)])
def test_lesions_in_a_corner_are_pyradiomics(kernels, corner):
    image = textured(grid((61, 53, 47), (0.83, 0.9, 1.3), direction=OBLIQUE), seed=1)
    size = np.array(image.GetSize())
    mask = box(image, [int(n) for n in (size - 9) * corner], (9, 9, 9))
    assert_same(resampled(image, mask, kernels=kernels), by_pyradiomics(image, mask))


def test_voxels_whose_centre_is_beyond_the_image_are_zero():
    image = textured(grid((13, 13, 13), (0.8, 0.8, 0.8)), mean=500)  # 10.4 mm: the 11th voxel's centre lies at 10.5 mm
    found = resampled(image, box(image, (6, 6, 6), (7, 7, 7)))
    assert_same(found, by_pyradiomics(image, box(image, (6, 6, 6), (7, 7, 7))))
    assert found[0].shape == (11, 11, 11)
    assert not found[0][-1].any()
    assert not found[1][:, :, -1].any()
    assert found[0][:-1, :-1, :-1].all()


@pytest.mark.parametrize(
    "pixel_type", [sitk.sitkInt8, sitk.sitkUInt8, sitk.sitkUInt16, sitk.sitkInt32, sitk.sitkUInt32, sitk.sitkInt64]
)
def test_overshoot_is_cut_off_at_the_limits_of_the_pixel_type(pixel_type):
    """Next to an edge a B-spline runs past the values it interpolates; ITK clamps, then truncates."""
    reference = grid((30, 28, 26), (0.8, 0.9, 1.25))
    dtype = sitk.GetArrayFromImage(sitk.Image(1, 1, 1, pixel_type)).dtype
    limits = np.iinfo(dtype)
    high, low = min(limits.max, 2**40), max(limits.min, -(2**40))
    image = like(np.random.default_rng(0).choice([low, high], (26, 28, 30)), reference, dtype)
    assert_same(resampled(image, ball(image, (12, 12, 15), 5)), by_pyradiomics(image, ball(image, (12, 12, 15), 5)))


def test_flat_lesions_and_images_of_one_slice_are_pyradiomics():
    image = textured(grid((40, 36, 20), (0.8, 0.9, 5.0)))
    for mask in (box(image, (8, 8, 9), (9, 9, 1)), box(image, (8, 8, 0), (9, 1, 4))):
        assert_same(resampled(image, mask), by_pyradiomics(image, mask))
    slice_ = image[:, :, 5:6]
    mask = box(slice_, (8, 8, 0), (9, 9, 1))
    assert_same(resampled(slice_, mask), by_pyradiomics(slice_, mask))


def test_axis_of_two_voxels_is_mirrored():
    """ITK reads beyond its memory there. Mirrored at both ends, two slices are a long stack that repeats them."""
    pair = np.random.default_rng(0).normal(0, 100, (2, 20, 20))
    thin = like(pair, grid((20, 20, 2), (1.5, 1.5, 4.0)))
    wide = like(np.concatenate([pair] * 101), grid((20, 20, 202), (1.5, 1.5, 4.0)))
    found, _ = resampled(thin, box(thin, (5, 5, 0), (6, 6, 2)), with_settings(padDistance=0))
    wanted, _ = resampled(wide, box(wide, (5, 5, 100), (6, 6, 2)), with_settings(padDistance=0))
    np.testing.assert_allclose(found, wanted[2:], rtol=0, atol=1e-9)


def test_images_of_the_wanted_voxel_size_are_cropped_only():
    image = textured(grid((40, 40, 40), (1.0, 1.0, 1.0)))
    mask = ball(image, (5, 20, 36), 6)
    assert_same(resampled(image, mask), by_pyradiomics(image, mask))
    found, region = resampled(sitk.Cast(image, sitk.sitkFloat32) + 0.75, mask, ROBUST)
    assert found.dtype == np.int32
    np.testing.assert_array_equal(found, by_pyradiomics(image, mask)[0] + 1)
    np.testing.assert_array_equal(region, by_pyradiomics(image, mask)[1])


@pytest.mark.parametrize("interpolator", ["sitkNearestNeighbor", "sitkLinear", "sitkLanczosWindowedSinc"])
def test_other_interpolators_are_pyradiomics(interpolator):
    image = textured(grid((40, 38, 30), direction=OBLIQUE))
    mask = ball(image, (16, 15, 19), 6)
    recipe = with_settings(interpolator=interpolator, resampledPixelSpacing=[2, 1.5, 1], padDistance=3)
    assert_same(resampled(image, mask, recipe), by_pyradiomics(image, mask, recipe))
    exact, _ = resampled(sitk.Cast(image, sitk.sitkFloat64), mask, recipe)
    rounded, _ = resampled(image, mask, replace(recipe, rounding="nearest"))
    np.testing.assert_array_equal(rounded, np.floor(exact + 0.5 + 1e-6))


@pytest.mark.parametrize("pixel_type", [sitk.sitkInt16, sitk.sitkUInt16, sitk.sitkFloat32])
def test_rounding_to_the_nearest_hu_does_not_depend_on_the_pixel_type(pixel_type):
    image = textured(grid((40, 38, 30)), mean=300)
    mask = ball(image, (16, 15, 19), 6)
    exact, _ = resampled(sitk.Cast(image, sitk.sitkFloat64), mask)
    found, _ = resampled(sitk.Cast(image, pixel_type), mask, ROBUST)
    assert found.dtype == np.int32
    np.testing.assert_array_equal(found, np.floor(exact + 0.5 + 1e-6))


@pytest.mark.parametrize("direction", [IDENTITY, OBLIQUE])
def test_linear_mask_is_where_itk_s_linear_interpolation_reaches_one_half(direction):
    image = textured(grid((40, 38, 30), (0.83, 0.91, 1.37), direction=direction))
    for mask in (ellipsoid(image, (16, 15, 19), (7, 5, 6)), box(image, (0, 30, 0), (7, 8, 9))):
        sampling = sampling_grid(image, boxed_mask(mask, image), ROBUST)
        share = sitk.GetArrayFromImage(
            sitk.Resample(sitk.Cast(mask, sitk.sitkFloat64), sampling.grid.image(np.zeros(sampling.grid.size[::-1])))
        )
        np.testing.assert_array_equal(resampled(image, mask, ROBUST)[1], share >= HALF)


def test_linear_mask_does_not_depend_on_the_origin_and_the_nearest_one_does():
    """At 0.9 -> 1 mm some samples lie halfway between two voxels."""
    rng = np.random.default_rng(0)
    reference = grid((40, 40, 30), (0.9, 0.9, 3.0))
    voxels = np.zeros((30, 40, 40), np.uint8)
    voxels[8:22, 8:30, 8:30] = rng.random((14, 22, 22)) < 0.5
    mask = like(voxels, reference)
    nearest, linear = set(), set()
    for _ in range(25):
        mask.SetOrigin(rng.uniform(-400, 400, 3).tolist())
        nearest.add(resampled(mask, mask, ZHAO)[1].tobytes())
        linear.add(resampled(mask, mask, ROBUST)[1].tobytes())
    assert len(linear) == 1
    assert len(nearest) > 1


@BOTH
def test_masks_of_one_lesion_get_what_they_would_get_alone(kernels):
    image = sitk.Cast(textured(grid((90, 90, 70), direction=OBLIQUE)), sitk.sitkFloat64)
    masks = [ball(image, (35, 36, 40), 8), ball(image, (38, 36, 44), 7), box(image, (40, 44, 30), (9, 2, 5))]
    boxed = [boxed_mask(mask, image) for mask in masks]
    together = Resampler(image, boxed, ZHAO, kernels)
    for mask, one in zip(masks, boxed, strict=True):
        sampling = sampling_grid(image, one, ZHAO)
        found = together.image_on(sampling), together.mask_on(one, sampling)
        assert_same(found, resampled(image, mask, kernels=kernels))


def test_masks_may_be_put_on_one_another_s_grid():
    image = textured(grid((50, 50, 40), direction=OBLIQUE))
    masks = [ball(image, (19, 20, 22), 8), ball(image, (24, 20, 26), 7)]
    one, other = (boxed_mask(mask, image) for mask in masks)
    sampling = sampling_grid(image, one, ZHAO)
    onto = sampling.grid.image(np.zeros(sampling.grid.size[::-1], np.uint8))
    wanted = sitk.GetArrayFromImage(sitk.Resample(masks[1], onto, sitk.Transform(), sitk.sitkNearestNeighbor)) == 1
    found = Resampler(image, [one, other], ZHAO, numpy_spline).mask_on(other, sampling)
    np.testing.assert_array_equal(found, wanted)


def test_only_the_lesion_s_surroundings_are_read():
    image = sitk.Cast(textured(grid((150, 140, 130))), sitk.sitkFloat64)
    mask = box(image, (70, 66, 60), (6, 6, 6))
    wanted = resampled(image, mask)
    far = sitk.GetArrayFromImage(image)
    reach = MARGIN + 12  # the pad of 5 mm is 7 voxels, the support two more
    near = far[60 - reach : 66 + reach, 66 - reach : 72 + reach, 70 - reach : 76 + reach].copy()
    far[...] = np.nan
    far[60 - reach : 66 + reach, 66 - reach : 72 + reach, 70 - reach : 76 + reach] = near
    assert_same(resampled(like(far, image), mask), wanted)


def test_memory_is_bounded_by_the_lesion():
    image = textured(grid((64, 60, 50), (2.5, 2.5, 3.0)))
    image = sitk.Cast(sitk.Expand(image, (3, 3, 2)), sitk.sitkInt16)
    mask = ball(image, (80, 75, 75), 50)
    boxed = boxed_mask(mask, image)
    sampling = sampling_grid(image, boxed, ZHAO)
    tracemalloc.start()
    resampler = Resampler(image, [boxed], ZHAO, numpy_spline)
    values, region = resampler.image_on(sampling), resampler.mask_on(boxed, sampling)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert values.shape == region.shape == (113, 113, 113)
    assert peak < 150e6


def constant_parts(seed: int) -> tuple[sitk.Image, sitk.Image]:
    """Boxes of constant HU in constant air, some noise, and a lesion anywhere: nothing but rounding decides the HU."""
    rng = np.random.default_rng(seed)
    spacing = rng.choice([1, 0.7, 0.5, 0.9766, 1.25, 2, 3, 5], 3)
    spacing[1] = spacing[0]
    size = rng.integers(90, 150, 3)
    array = np.full(size, rng.choice([-1024, -1000, -30, 0]), np.int16)
    for _ in range(2 * (seed % 3)):
        low = rng.integers(0, size - 10)
        part = tuple(slice(a, b) for a, b in zip(low, low + rng.integers(5, 80, 3), strict=True))
        array[part] = rng.integers(-1000, 1500)
    if seed % 4 == 3:  # a body beside clipped air
        array[:, :, size[2] // 2 :] += rng.integers(-20, 20, (*size[:2], size[2] - size[2] // 2)).astype(np.int16)
    reference = grid(size[::-1].tolist(), tuple(map(float, spacing)), tuple(rng.uniform(-300, 300, 3).round(1)))
    low = rng.integers(5, size - 25)
    return like(array, reference), box(reference, low[::-1].tolist(), rng.integers(3, 20, 3).tolist())


@pytest.mark.parametrize("seed", range(24))
def test_constant_parts_have_the_bits_of_the_whole_image(seed):
    """Along them the spline's last bit alternates for ever; where a crop begins must not shift it."""
    image, mask = constant_parts(seed)
    assert_same(resampled(image, mask), by_pyradiomics(image, mask))


def test_noise_around_a_lesion_keeps_the_crop_small():
    rng = np.random.default_rng(0)
    size = (150, 150, 150)
    noise = like(rng.normal(0, 15, size).round(), grid(size, (0.8, 0.8, 1.25)), np.int16)
    inner = [slice(60, 80)] * 3
    assert bspline._surroundings(sitk.GetArrayViewFromImage(noise), inner) == [slice(20, 120)] * 3
    clipped = sitk.GetArrayFromImage(noise)
    clipped[:, 90:] = -1024  # air beside the lesion, to the image's end: still no more is needed
    assert bspline._surroundings(clipped, inner) == [slice(20, 120)] * 3
