"""The picture of a slice: grey values, orientation, crop, and outlines that lie where the lesion lies."""

import itertools

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st

from ABCImmunoResponseLib.errors import GeometryError
from ABCImmunoResponseLib.imaging.cropping import crop_mask
from ABCImmunoResponseLib.recist.diameters import axial_axis, measure
from ABCImmunoResponseLib.recist.outline import outline_vertices
from ABCImmunoResponseLib.report.slices import LUNG, SOFT_TISSUE, display_of, make_plate, window_pixels
from phantoms import ball, box, grid, like


def turned(rows) -> tuple[float, ...]:
    """Return a direction whose columns, one an axis i, j, k, are LPS unit vectors."""
    return tuple(np.array(rows, float).T.ravel())


def plate_of(image, masks, window=SOFT_TISSUE):
    return make_plate(image, masks, measure(masks["consensus"]), window)


@pytest.mark.parametrize(
    ("window", "hu", "grey"),
    [
        (SOFT_TISSUE, -160, 0),
        (SOFT_TISSUE, -2000, 0),
        (SOFT_TISSUE, 239, 255),
        (SOFT_TISSUE, 3000, 255),
        (SOFT_TISSUE, 40, 128),
        (LUNG, -1350, 0),
        (LUNG, 149, 255),
        (LUNG, -600, 128),
    ],
)
def test_the_window_maps_its_ends_to_black_and_white(window, hu, grey):
    assert window_pixels(np.array([hu], np.int16), window) == grey


def test_the_window_never_falls_as_hu_rises_and_is_linear_in_between():
    grey = window_pixels(np.arange(-1200, 1200), SOFT_TISSUE).astype(int)
    assert (np.diff(grey) >= 0).all()
    expected = (np.arange(-100, 200) - 39.5) / 399 * 255 + 127.5
    np.testing.assert_allclose(window_pixels(np.arange(-100, 200), SOFT_TISSUE), expected, atol=0.5)


L, P, S = (1, 0, 0), (0, 1, 0), (0, 0, 1)
R, A, I = (-1, 0, 0), (0, -1, 0), (0, 0, -1)  # noqa: E741 - inferior


@pytest.mark.parametrize("axes", [(L, P, S), (R, P, S), (L, A, S), (R, A, I), (P, L, S), (A, R, I)])
def test_an_axial_slice_shows_patients_right_on_the_left_and_anterior_on_top(axes):
    image = grid((30, 30, 30), (1, 1, 1), (0, 0, 0), turned(axes))
    assert display_of(image, axial_axis(image)).letters == ("R", "L", "A", "P")


@pytest.mark.parametrize("axes", list(itertools.permutations((L, P, S))))
@pytest.mark.parametrize("signs", list(itertools.product((1, -1), repeat=3)))
def test_any_storage_order_gives_the_same_picture(axes, signs):
    # A patient with one bright column, to the left and anterior of a lesion.
    axes = [tuple(sign * x for x in axis) for sign, axis in zip(signs, axes, strict=True)]
    image = grid((40, 40, 40), (1, 1, 1), (0, 0, 0), turned(axes))
    lesion_centre, mark_centre = np.array([0.0, 0.0, 0.0]), np.array([12.0, -8.0, 0.0])
    middle = np.array(image.TransformContinuousIndexToPhysicalPoint((20, 20, 20)))
    k, j, i = np.meshgrid(*(np.arange(40),) * 3, indexing="ij")
    points = np.einsum("ab,bkji->akji", np.array(image.GetDirection()).reshape(3, 3), np.array([i, j, k]))
    away = points - middle[:, None, None, None]

    def cube(centre, half):
        return (np.abs(away - centre[:, None, None, None]) <= np.reshape(half, (3, 1, 1, 1))).all(axis=0)

    hu = np.where(cube(mark_centre, (2.2, 2.2, 9)), 1000, -1000).astype(np.int16)
    plate = plate_of(like(hu, image), {"consensus": like(cube(lesion_centre, (4.2, 4.2, 4.2)), image, np.uint8)})
    rows, columns = np.nonzero(plate.pixels == 255)
    lesion_x, lesion_y = plate.outlines[0].rings[0][:-1].mean(axis=0)
    assert columns.mean() + 0.5 - lesion_x == pytest.approx(12)
    assert rows.mean() + 0.5 - lesion_y == pytest.approx(-8)
    assert plate.letters == ("R", "L", "A", "P")


def test_an_oblique_slice_says_so():
    tilt = np.deg2rad(20)
    axes = ((np.cos(tilt), np.sin(tilt), 0), (-np.sin(tilt), np.cos(tilt), 0), S)
    assert display_of(grid((9, 9, 9), direction=turned(axes)), 2).letters == ("RA", "LP", "AL", "PR")


def test_other_planes_stand_upright():
    assert display_of(grid(), 1).letters == ("R", "L", "S", "I")
    assert display_of(grid(), 0).letters == ("A", "P", "S", "I")


def test_the_outline_of_a_ball_lies_where_the_ball_lies():
    image = grid((128, 128, 20), (0.8, 0.8, 2.0))
    plate = plate_of(image, {"consensus": ball(image, (60.0, 44.0, 20.0), 10.0)})
    field = 0.8 * len(plate.pixels)
    assert plate.width_mm == plate.height_mm == pytest.approx(field)
    # The field is 113 pixels wide about pixel (75, 55): it is pushed back into the slice, to start at 15 and 0.
    assert plate.overview_box == pytest.approx((0.8 * 15, 0.0, 0.8 * 113, 0.8 * 113))
    centre = np.array([60.0 - 0.8 * 15 + 0.4, 44.0 + 0.4])
    distance = np.linalg.norm(plate.outlines[0].rings[0] - centre, axis=1)
    assert distance.min() > 10 - 0.8
    assert distance.max() < 10 + 0.8


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.tuples(*(st.sampled_from((1, -1)),) * 3))
def test_outlines_hold_exactly_the_vertices_that_are_measured(seed, signs):
    direction = tuple(np.diag(np.array(signs, float)).ravel())
    image = grid((24, 20, 5), (1.2, 0.7, 3.0), direction=direction)
    blob = np.zeros((5, 20, 24), np.uint8)
    blob[2, 4:16, 5:19] = np.random.default_rng(seed).random((12, 14)) < 0.6
    blob[2, 10, 12] = 1
    plate = plate_of(image, {"consensus": like(blob, image)})
    seen = blob[2][:: signs[1], :: signs[0]] > 0
    expected = (outline_vertices(seen)[:, ::-1] / 2 + 0.5) * (1.2, 0.7)  # the whole slice is in the field
    drawn = np.concatenate([ring[:-1] for ring in plate.outlines[0].rings])
    assert {tuple(p) for p in drawn.round(6).tolist()} == {tuple(p) for p in expected.round(6).tolist()}


def test_diameter_lines_end_on_the_outline_and_have_their_length():
    image = grid((90, 90, 12), (0.9, 0.6, 2.5), direction=turned((R, A, S)))
    mask = box(image, (30, 20, 3), (25, 12, 5))
    size = measure(mask)
    plate = plate_of(image, {"consensus": mask})
    ring = plate.outlines[0].rings[0]
    for ends, length in ((plate.longest, size.longest_diameter_mm), (plate.short, size.short_axis_mm)):
        assert np.linalg.norm(np.subtract(*ends)) == pytest.approx(length)
    for end in plate.longest:
        assert np.linalg.norm(ring - end, axis=1).min() < 1e-6


def test_the_crop_shows_the_pixels_of_its_box():
    rng = np.random.default_rng(0)
    image = like(rng.integers(-150, 230, (9, 200, 180)), grid((180, 200, 9), (0.9, 0.9, 3.0)), np.int16)
    plate = plate_of(image, {"consensus": ball(image, (80.0, 95.0, 12.0), 12.0)})
    x, y, width, height = (round(mm / 0.9) for mm in plate.overview_box)
    whole = window_pixels(sitk.GetArrayFromImage(image)[4], SOFT_TISSUE)
    np.testing.assert_array_equal(plate.pixels, whole[y : y + height, x : x + width])
    assert plate.overview.shape == (200, 180)


def test_a_big_lesion_gets_a_big_field_and_a_large_slice_a_thinned_overview():
    image = grid((512, 512, 6), (0.8, 0.8, 5.0))
    plate = plate_of(image, {"consensus": ball(image, (200.0, 200.0, 15.0), 45.0)})
    assert 1.7 * 90 < plate.width_mm < 1.9 * 91
    assert plate.overview.shape == (256, 256)
    assert plate.overview_mm == pytest.approx((409.6, 409.6))
    assert plate.scale_bar_mm == 50


def test_an_outline_elsewhere_neither_widens_the_field_nor_is_drawn():
    image = grid((300, 300, 8), (1.0, 1.0, 3.0))
    lesion, far = ball(image, (60.0, 60.0, 12.0), 8.0), ball(image, (250.0, 250.0, 12.0), 8.0)
    alone = plate_of(image, {"consensus": lesion})
    plate = plate_of(image, {"consensus": lesion, "b": far})
    assert [outline.who for outline in plate.outlines] == ["consensus"]
    np.testing.assert_array_equal(plate.pixels, alone.pixels)


def test_a_tiny_image_is_shown_whole():
    image = grid((12, 10, 4), (1.0, 1.0, 1.0))
    plate = plate_of(image, {"consensus": box(image, (0, 0, 1), (12, 10, 2))})
    assert plate.pixels.shape == (10, 12)
    assert plate.scale_bar_mm == 2


@pytest.mark.parametrize("axes", [(L, P, S), (P, S, L), (S, L, P), (A, R, I)])
def test_cropped_masks_draw_the_same_plate(axes):
    image = grid((40, 36, 30), (1, 1.2, 1.5), (-3, 4, 5), turned(axes))
    values = np.random.default_rng(4).integers(-200, 300, (30, 36, 40)).astype(np.int16)
    masks = {
        "consensus": ball(image, (18, 20, 20), 9),
        "a": ball(image, (20, 20, 20), 8),
        "b": box(image, (1, 1, 1), (3, 3, 3)),  # elsewhere: no part of it is in the slice
    }
    whole = plate_of(like(values, image), masks)
    measurement, cropped = measure(masks["consensus"]), {who: crop_mask(mask) for who, mask in masks.items()}
    plate = make_plate(like(values, image), cropped, measurement, SOFT_TISSUE)
    np.testing.assert_array_equal(plate.pixels, whole.pixels)
    assert [outline.who for outline in plate.outlines] == [outline.who for outline in whole.outlines]
    for ours, theirs in zip(plate.outlines, whole.outlines, strict=True):
        for ring, expected in zip(ours.rings, theirs.rings, strict=True):
            np.testing.assert_array_equal(ring, expected)
    assert (plate.longest, plate.short, plate.overview_box) == (whole.longest, whole.short, whole.overview_box)
    cropped["a"].SetOrigin((0.3, 0, 0))
    with pytest.raises(GeometryError, match="not on the image's grid"):
        make_plate(like(values, image), cropped, measurement, SOFT_TISSUE)
