"""Diameters: against brute force, pyradiomics, an independent contour, analytic shapes and the laws of geometry."""

import itertools
import math

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.spatial.distance import pdist

from ABCImmunoResponseLib.errors import GeometryError, MaskError
from ABCImmunoResponseLib.imaging.cropping import crop_mask
from ABCImmunoResponseLib.recist.diameters import axial_axis, measure
from phantoms import IDENTITY, ball, blob, box, ellipsoid, grid, like

SPACINGS = st.tuples(*[st.sampled_from([0.5, 0.7, 0.9765625, 1.0, 1.25, 3.0])] * 3)
SHARES = st.sampled_from([0.01, 0.05, 0.2, 0.5, 0.9, 1.0])
SIGMAS = st.sampled_from([0.3, 1.0, 2.0])
SEEDS = st.integers(0, 2**32 - 1)


def midpoints(pixels):
    """Every mid-point between an inside pixel and an outside neighbour, by a plain walk over the pixels."""
    rows, columns = pixels.shape
    inside = {(r, c) for r in range(rows) for c in range(columns) if pixels[r, c]}
    return [
        (r + dr / 2, c + dc / 2)
        for r, c in inside
        for dr, dc in ((0, 1), (1, 0), (0, -1), (-1, 0))
        if (r + dr, c + dc) not in inside
    ]


def brute_force(mask):
    """The longest diameter of an axially stored mask and its lowest slice, over all pairs of outline vertices."""
    spacing = np.array(mask.GetSpacing())[[1, 0]]
    longest = [
        pdist(np.array(midpoints(pixels)) * spacing).max() if pixels.any() else 0.0
        for pixels in sitk.GetArrayFromImage(mask)
    ]
    return max(longest), int(np.flatnonzero(np.isclose(longest, max(longest), rtol=1e-12))[0])


@given(SEEDS, SHARES, SIGMAS, SPACINGS)
def test_longest_diameter_is_the_largest_distance_of_outline_vertices(seed, share, sigma, spacing):
    mask = blob(grid((13, 11, 4), spacing), seed, share, sigma)
    longest, number = brute_force(mask)
    found = measure(mask)
    assert found.longest_diameter_mm == pytest.approx(longest, rel=1e-12)
    assert found.slice_index == number


def shape_features(mask):
    from radiomics.shape import RadiomicsShape

    return RadiomicsShape(sitk.Cast(mask, sitk.sitkFloat64), mask)


def between_slices(mask):
    """The longest diameter in pyradiomics' planes halfway between slices: of pixels where the mask changes."""
    array = np.pad(sitk.GetArrayFromImage(mask), ((1, 1), (0, 0), (0, 0)))
    spacing = np.array(mask.GetSpacing())[[1, 0]]
    changes = [np.argwhere(a != b) * spacing for a, b in itertools.pairwise(array)]
    return max((pdist(points).max() for points in changes if len(points) > 1), default=0.0)


@given(SEEDS, SHARES, SIGMAS, SPACINGS)
def test_longest_diameter_is_that_of_pyradiomics(seed, share, sigma, spacing):
    # pyradiomics pads the mask itself only when it extracts; the shape class needs a margin.
    mask = sitk.ConstantPad(blob(grid((12, 10, 4), spacing), seed, share, sigma), (1, 1, 1), (1, 1, 1))
    theirs = shape_features(mask).getMaximum2DDiameterSliceFeatureValue()
    assert theirs == pytest.approx(max(measure(mask).longest_diameter_mm, between_slices(mask)), rel=1e-9)


@pytest.mark.parametrize("radii", [(9, 6, 7), (4, 9, 9), (8, 8, 3)])
def test_longest_diameter_of_a_lesion_is_that_of_pyradiomics(radii):
    mask = ellipsoid(grid(), (24, 26, 25), radii)
    theirs = shape_features(mask).getMaximum2DDiameterSliceFeatureValue()
    assert measure(mask).longest_diameter_mm == pytest.approx(theirs, rel=1e-12)


@pytest.mark.realdata
def test_real_lesion_against_brute_force_and_pyradiomics(real_data):
    mask = sitk.ReadImage(str(real_data / "ibsi1_lung_ct" / "nifti" / "mask" / "mask.nii.gz"), sitk.sitkUInt8)
    found = measure(mask)
    inside = np.argwhere(sitk.GetArrayViewFromImage(mask))
    low, high = inside.min(axis=0) - 1, inside.max(axis=0) + 2
    crop = mask[tuple(slice(int(a), int(b)) for a, b in zip(low[::-1], high[::-1], strict=True))]
    longest, number = brute_force(crop)
    assert found.longest_diameter_mm == pytest.approx(longest, rel=1e-12)
    assert found.slice_index == number + low[0]
    theirs = shape_features(crop).getMaximum2DDiameterSliceFeatureValue()
    assert found.longest_diameter_mm == pytest.approx(theirs, rel=1e-9)
    assert 0 < found.short_axis_mm <= found.longest_diameter_mm


def contours(pixels, spacing):
    """The outline as an independent implementation draws it: a list of (n, 2) polylines in mm."""
    from skimage.measure import find_contours

    lines = find_contours(np.pad(pixels, 1).astype(float), 0.5, fully_connected="low")
    return [(line - 1) * spacing for line in lines]


def scan_short_axis(pixels, spacing, ends):
    """The longest extent perpendicular to ``ends``, by scanning lines set close together across the contours."""
    along = (ends[1] - ends[0]) / math.dist(*ends)
    turned = [line @ np.stack([along, [-along[1], along[0]]], axis=1) for line in contours(pixels, spacing)]
    x0, x1 = (np.concatenate([part[:, 0] for part in parts]) for parts in (_heads(turned), _tails(turned)))
    y0, y1 = (np.concatenate([part[:, 1] for part in parts]) for parts in (_heads(turned), _tails(turned)))
    lines = np.concatenate([np.linspace(x0.min(), x0.max(), 301), x0])[:, None]
    # A line counts as crossing a piece that it only touches: two tips at one height are an extent, too.
    crossed = (np.minimum(x0, x1) - 1e-9 <= lines) & (lines <= np.maximum(x0, x1) + 1e-9)
    upright = np.abs(x1 - x0) < 1e-9
    share = np.clip((lines - x0) / np.where(upright, 1.0, x1 - x0), 0, 1)
    y = y0 + share * (y1 - y0)
    top = np.where(crossed, np.where(upright, np.maximum(y0, y1), y), -np.inf).max(axis=1)
    bottom = np.where(crossed, np.where(upright, np.minimum(y0, y1), y), np.inf).min(axis=1)
    extent = top - bottom
    return extent.max()


def _heads(lines):
    return [line[:-1] for line in lines]


def _tails(lines):
    return [line[1:] for line in lines]


def in_plane_mm(mask, points):
    """LPS points as (row, column) mm in the slice of an axially stored mask with axes along the patient's."""
    index = np.array([mask.TransformPhysicalPointToContinuousIndex(point) for point in points])
    return index[:, [1, 0]] * np.array(mask.GetSpacing())[[1, 0]]


@given(SEEDS, SHARES, SIGMAS, SPACINGS)
def test_short_axis_is_the_longest_perpendicular_extent(seed, share, sigma, spacing):
    mask = blob(grid((12, 10, 3), spacing), seed, share, sigma)
    found = measure(mask)
    pixels = sitk.GetArrayFromImage(mask)[found.slice_index]
    in_plane = np.array(spacing)[[1, 0]]
    ends = in_plane_mm(mask, found.endpoints_lps_mm)
    scanned = scan_short_axis(pixels, in_plane, ends)
    assert found.short_axis_mm == pytest.approx(scanned, abs=1e-7)


def distance_to_outline(point, pixels, spacing):
    distances = []
    for line in contours(pixels, spacing):
        a, d = line[:-1], np.diff(line, axis=0)
        share = np.clip(((point - a) * d).sum(axis=1) / np.maximum((d * d).sum(axis=1), 1e-30), 0, 1)
        distances.append(np.linalg.norm(a + share[:, None] * d - point, axis=1).min())
    return min(distances)


@given(SEEDS, SHARES, SPACINGS)
def test_end_points_lie_on_the_outline_and_the_axes_stand_upright_on_each_other(seed, share, spacing):
    mask = blob(grid((12, 10, 3), spacing), seed, share, 1.0)
    found = measure(mask)
    pixels = sitk.GetArrayFromImage(mask)[found.slice_index]
    long, short = found.endpoints_lps_mm, found.short_axis_endpoints_lps_mm
    assert math.dist(*long) == pytest.approx(found.longest_diameter_mm, rel=1e-9)
    assert math.dist(*short) == pytest.approx(found.short_axis_mm, rel=1e-9)
    assert np.dot(np.subtract(*long), np.subtract(*short)) == pytest.approx(0, abs=1e-6)
    for point in in_plane_mm(mask, long + short):
        assert distance_to_outline(point, pixels, np.array(spacing)[[1, 0]]) < 1e-7
    z = {round(mask.TransformPhysicalPointToContinuousIndex(point)[2], 6) for point in long + short}
    assert z == {found.slice_index}


def rotation(axis, degrees):
    """Direction of an image turned about a patient axis."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    matrix = np.eye(3)
    a, b = [n for n in range(3) if n != axis]
    matrix[[a, a, b, b], [a, b, a, b]] = c, -s, s, c
    return tuple(matrix.ravel())


LESION = blob(grid((20, 18, 6), (0.7, 0.9, 2.5)), 11, 0.2, 2.0)


@given(st.integers(0, 2), st.integers(-40, 40), st.tuples(*[st.integers(-500, 500)] * 3))
def test_position_and_orientation_change_no_length(axis, degrees, origin):
    moved = sitk.Image(LESION)
    moved.SetDirection(rotation(axis, degrees))
    moved.SetOrigin(origin)
    before, after = measure(LESION), measure(moved)
    assert after.slice_index == before.slice_index
    assert after.longest_diameter_mm == pytest.approx(before.longest_diameter_mm, rel=1e-12)
    assert after.short_axis_mm == pytest.approx(before.short_axis_mm, rel=1e-9)
    assert math.dist(*after.endpoints_lps_mm) == pytest.approx(before.longest_diameter_mm, rel=1e-9)
    index = [moved.TransformPhysicalPointToContinuousIndex(point) for point in after.endpoints_lps_mm]
    assert np.array(index) == pytest.approx(
        np.array([LESION.TransformPhysicalPointToContinuousIndex(p) for p in before.endpoints_lps_mm]), abs=1e-6
    )


@given(SEEDS, st.floats(0.1, 10))
def test_lengths_scale_with_the_voxels(seed, scale):
    small = blob(grid((12, 10, 3), (0.7, 0.9, 2.0)), seed, 0.3, 1.0)
    large = sitk.Image(small)
    large.SetSpacing([scale * s for s in small.GetSpacing()])
    a, b = measure(small), measure(large)
    assert b.longest_diameter_mm == pytest.approx(scale * a.longest_diameter_mm, rel=1e-12)
    assert b.short_axis_mm == pytest.approx(scale * a.short_axis_mm, rel=1e-9)
    assert b.volume_mm3 == pytest.approx(scale**3 * a.volume_mm3, rel=1e-12)


@given(SEEDS, st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 5)))
def test_a_lesion_measures_the_same_wherever_it_lies_on_the_grid(seed, shift):
    lesion = sitk.GetArrayFromImage(blob(grid((9, 8, 3)), seed, 0.3, 1.0))
    measured = []
    for i, j, k in ((0, 0, 0), shift):
        array = np.zeros((8, 13, 14), np.uint8)
        array[k : k + 3, j : j + 8, i : i + 9] = lesion
        measured.append(measure(like(array, grid((14, 13, 8)))))
    first, second = measured
    assert second.longest_diameter_mm == first.longest_diameter_mm
    assert second.short_axis_mm == pytest.approx(first.short_axis_mm, rel=1e-9)
    assert second.slice_index == first.slice_index + shift[2]
    moved = np.array(second.endpoints_lps_mm) - np.array(first.endpoints_lps_mm)
    assert moved == pytest.approx(np.array([np.multiply(shift, grid().GetSpacing())] * 2), abs=1e-9)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("flips", [(False, False, False), (True, False, True), (True, True, True)])
def test_how_the_volume_is_stored_changes_nothing(order, flips):
    # Sagittal and coronal storage: the same voxels at the same places, in another order in memory.
    stored = sitk.PermuteAxes(sitk.Flip(LESION, flips), order)
    before, after = measure(LESION), measure(stored)
    assert after.slice_axis == order.index(2)
    assert after.longest_diameter_mm == pytest.approx(before.longest_diameter_mm, rel=1e-12)
    assert after.short_axis_mm == pytest.approx(before.short_axis_mm, rel=1e-9)
    for name in ("endpoints_lps_mm", "short_axis_endpoints_lps_mm"):
        assert np.array(sorted(getattr(after, name))) == pytest.approx(
            np.array(sorted(getattr(before, name))), abs=1e-6
        )
    depth = LESION.GetSize()[2]
    assert after.slice_index == (depth - 1 - before.slice_index if flips[2] else before.slice_index)


def test_the_axial_axis_of_a_tilted_gantry_is_the_slice_axis():
    image = grid(direction=rotation(0, 25.0))
    assert axial_axis(image) == 2
    assert axial_axis(sitk.PermuteAxes(image, (2, 0, 1))) == 0
    assert axial_axis(grid(direction=rotation(0, 45.0))) == 2


@pytest.mark.parametrize("spacing", [(0.5, 0.5, 1.0), (0.5, 0.9, 2.0), (1.0, 0.6, 5.0)])
@pytest.mark.parametrize("radii", [(12.0, 7.0, 9.0), (7.0, 12.0, 9.0), (10.0, 10.0, 10.0)])
def test_discretised_ellipsoids_measure_what_they_are(spacing, radii):
    reference = grid((70, 60, 40), spacing)
    centre = [spacing[0] * 30.3, spacing[1] * 29.8, spacing[2] * 8.0]  # a slice through the middle
    found = measure(ellipsoid(reference, centre, radii))
    pixel = math.hypot(*spacing[:2])
    assert found.longest_diameter_mm == pytest.approx(2 * max(radii[:2]), abs=pixel)
    assert found.short_axis_mm == pytest.approx(2 * min(radii[:2]), abs=2 * pixel)
    assert found.slice_index == 8
    assert found.volume_mm3 == pytest.approx(4 / 3 * math.pi * math.prod(radii), rel=0.02 * spacing[2])


def test_a_turned_ellipse_keeps_its_axes():
    reference = grid((120, 120, 1), (0.25, 0.25, 1.0))
    j, i = np.mgrid[:120, :120] * 0.25 - 15
    for degrees in range(0, 180, 15):
        c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        inside = ((i * c + j * s) / 11) ** 2 + ((j * c - i * s) / 6) ** 2 <= 1
        found = measure(like(inside[None], reference, np.uint8))
        assert found.longest_diameter_mm == pytest.approx(22, abs=0.36)
        assert found.short_axis_mm == pytest.approx(12, abs=0.7)
        ends = in_plane_mm(like(inside[None], reference, np.uint8), found.endpoints_lps_mm)
        turned = math.degrees(math.atan2(*(ends[1] - ends[0]))) % 180
        assert min(abs(turned - degrees), 180 - abs(turned - degrees)) < 6


def test_a_box_by_hand():
    found = measure(box(grid((20, 20, 5), (0.5, 2.0, 3.0), (0.0, 0.0, 0.0)), (3, 4, 1), (6, 2, 3)))
    # Outline vertices: columns 2.5 to 8.5 at rows 4 and 5, rows 3.5 to 5.5 at columns 3 to 8.
    # Farthest apart: (3.5, 3) to (5.5, 8), that is 2 rows of 2 mm and 5 columns of 0.5 mm.
    assert found.longest_diameter_mm == pytest.approx(math.hypot(4.0, 2.5), rel=1e-12)
    assert found.slice_index == 1
    assert found.n_voxels == 36
    assert found.volume_mm3 == pytest.approx(36 * 3.0)
    assert found.endpoints_lps_mm == ((1.5, 7.0, 3.0), (4.0, 11.0, 3.0))


def test_a_single_voxel_measures_a_voxel():
    found = measure(box(grid(spacing=(0.5, 0.8, 2.0)), (5, 5, 5), (1, 1, 1)))
    assert (found.longest_diameter_mm, found.short_axis_mm) == pytest.approx((0.8, 0.5))
    assert found.volume_mm3 == pytest.approx(0.8)


def test_the_short_axis_of_a_plus_crosses_in_the_middle():
    mask = sitk.Or(
        box(grid((30, 30, 3), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)), (5, 14, 1), (20, 2, 1)),
        box(grid((30, 30, 3), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)), (14, 8, 1), (2, 14, 1)),
    )
    found = measure(mask)
    crossing = np.mean(found.short_axis_endpoints_lps_mm, axis=0)
    assert crossing == pytest.approx([14.5, 14.5, 1.0], abs=1.0)
    assert found.short_axis_mm == pytest.approx(14.0, abs=0.5)


def test_equally_long_slices_give_the_lowest():
    assert measure(box(grid(), (3, 3, 7), (8, 8, 9))).slice_index == 7


def test_pieces_of_one_lesion_are_measured_across():
    pieces = sitk.Or(
        box(grid(spacing=(1, 1, 1)), (2, 5, 3), (1, 1, 1)), box(grid(spacing=(1, 1, 1)), (22, 5, 3), (1, 1, 1))
    )
    assert measure(pieces).longest_diameter_mm == pytest.approx(21.0)


@pytest.mark.parametrize("value", [1, 7, 255])
def test_every_voxel_that_is_not_zero_counts(value):
    mask = ball(grid(), (20, 20, 20), 6)
    assert measure(mask * value) == measure(mask)


def test_the_mask_may_fill_the_image():
    full = like(np.ones((3, 4, 5)), grid((5, 4, 3), (1, 1, 1)), np.uint8)
    assert measure(full).longest_diameter_mm == pytest.approx(math.hypot(5, 3))


def test_what_cannot_be_measured_is_refused():
    with pytest.raises(MaskError, match="The mask is empty"):
        measure(sitk.Cast(grid(), sitk.sitkUInt8))
    with pytest.raises(MaskError, match="three-dimensional"):
        measure(sitk.Image((4, 4), sitk.sitkUInt8))
    with pytest.raises(MaskError, match="three-dimensional"):
        measure(sitk.Image((4, 4, 4), sitk.sitkVectorUInt8, 2))
    sheared = ball(grid(), (20, 20, 20), 6)
    sheared.SetDirection((1, 0, 0.3, *IDENTITY[3:]))
    with pytest.raises(GeometryError, match="axes are not at right angles"):
        measure(sheared)


def test_the_mask_is_left_as_it_was():
    mask = ball(grid(), (20, 20, 20), 6)
    before = sitk.GetArrayFromImage(mask)
    measure(mask)
    assert np.array_equal(sitk.GetArrayFromImage(mask), before)


@given(
    seed=st.integers(0, 20),
    start=st.tuples(*[st.integers(0, 12)] * 3),
    axes=st.sampled_from([IDENTITY, (0, 0, 1, 1, 0, 0, 0, 1, 0), (0.8, 0, 0.6, 0, 1, 0, -0.6, 0, 0.8)]),
)
def test_a_cropped_mask_measures_the_same_in_its_image(seed, start, axes):
    image = grid((20, 20, 20), (0.7, 0.8, 1.25), (-31.0, 17.0, -940.0), axes)
    mask = blob(image, seed, share=0.4) & box(image, start, (8, 8, 8))
    assume(sitk.GetArrayViewFromImage(mask).any())
    whole = measure(mask)
    assert measure(crop_mask(mask), image) == measure(mask, image) == whole
    alone = measure(crop_mask(mask))
    assert alone.longest_diameter_mm == pytest.approx(whole.longest_diameter_mm)
    np.testing.assert_allclose(alone.endpoints_lps_mm, whole.endpoints_lps_mm)


def test_a_cropped_mask_of_another_image_is_refused():
    image = grid((20, 20, 20))
    with pytest.raises(GeometryError, match="not on the image's grid"):
        measure(crop_mask(ball(image, (8, 8, 8), 4)), grid((20, 20, 20), origin=(0.3, 0, 0)))
