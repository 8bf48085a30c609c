"""Grids: when two are the same, and what it takes to bring a mask from one to another."""

import itertools

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st

from ABCImmunoResponseLib.errors import MaskError
from ABCImmunoResponseLib.imaging.geometry import (
    Grid,
    bounding_box,
    count_outside,
    fault_of_grid,
    resample_part,
    same_grid,
    same_lattice,
)
from ABCImmunoResponseLib.imaging.placement import place_mask
from phantoms import ball, box, grid

OBLIQUE = tuple(sitk.Euler3DTransform((0, 0, 0), 0.2, -0.3, 0.1).GetMatrix())


@pytest.fixture
def reference():
    return grid(size=(40, 36, 24), direction=OBLIQUE)


def array(image):
    return sitk.GetArrayFromImage(image)


def codes(findings):
    return [finding.code for finding in findings]


def test_grid_matrix_is_sitk(reference):
    index = (3, 5, 7)
    np.testing.assert_allclose(
        (Grid.of(reference).matrix() @ [*index, 1])[:3], reference.TransformIndexToPhysicalPoint(index), atol=1e-9
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"size": (40, 36, 25)}, "size"),
        ({"origin": (-20.0, -30.0, 5.02)}, "origin by 0.02 mm"),
        ({"spacing": (0.8, 0.81, 1.25)}, "spacing"),
        ({"direction": (1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0)}, "orientation"),
        ({"origin": (-20.0, -30.0, 5.009)}, None),
        ({"spacing": (0.8, 0.8 + 1e-5, 1.25)}, None),
        ({"spacing": (0.8, 0.8 + 5e-4, 1.25)}, "spacing"),
        ({}, None),
    ],
)
def test_same_grid(reference, change, reason):
    found = same_grid(reference, grid(**{"size": (40, 36, 24), "direction": OBLIQUE, **change}), 0.01)
    assert (found is None) == (reason is None)
    assert reason is None or reason in found


@given(tilt=st.floats(-0.01, 0.01), shift=st.floats(-0.02, 0.02), stretch=st.floats(-5e-4, 5e-4), n=st.integers(2, 600))
def test_same_grid_is_the_largest_distance_between_voxel_centres(tilt, shift, stretch, n):
    a = grid(size=(n, 3, 2), origin=(0, 0, 0))
    b = grid(
        size=(n, 3, 2),
        spacing=(0.8 + stretch, 0.8, 1.25),
        origin=(shift, 0, 0),
        direction=sitk.Euler3DTransform((0, 0, 0), 0, 0, tilt * 0.01).GetMatrix(),
    )
    apart = max(
        np.linalg.norm(np.subtract(a.TransformIndexToPhysicalPoint(c), b.TransformIndexToPhysicalPoint(c)))
        for c in itertools.product((0, n - 1), (0, 2), (0, 1))
    )
    if abs(apart - 0.01) > 1e-9:
        assert (same_grid(a, b, 0.01) is None) == (apart < 0.01)


@pytest.mark.parametrize(
    ("spacing", "origin", "direction", "fault"),
    [
        ((1, 1, 1), (0, 0, 0), OBLIQUE, None),
        ((0, 1, 1), (0, 0, 0), OBLIQUE, "spacing"),
        ((1, -1, 1), (0, 0, 0), OBLIQUE, "spacing"),
        ((1, float("nan"), 1), (0, 0, 0), OBLIQUE, "spacing"),
        ((1, 1, 1), (0, float("inf"), 0), OBLIQUE, "origin"),
        ((1, 1, 1), (0, 0, 0), (1, 0.1, 0, 0, 1, 0, 0, 0, 1), "right angles"),
        ((1, 1, 1), (0, 0, 0), (0,) * 9, "right angles"),
        ((1, 1, 1), (0, 0, 0), (float("nan"),) * 9, "right angles"),
    ],
)
def test_fault_of_grid(spacing, origin, direction, fault):
    found = fault_of_grid(spacing, origin, direction)
    assert (found is None) == (fault is None)
    assert fault is None or fault in found


def test_bounding_box():
    values = np.zeros((5, 6, 7), np.uint8)
    assert bounding_box(values) is None
    values[1, 2, 3] = values[3, 4, 3] = 1
    assert bounding_box(values) == (slice(1, 4), slice(2, 5), slice(3, 4))


def test_a_mask_on_the_grid_is_used_as_it_is(reference):
    mask = ball(reference, (14, 14, 14), 7)
    nearly = sitk.Image(mask)
    nearly.SetOrigin([x + 0.004 for x in mask.GetOrigin()])
    for given_mask in (mask, nearly):
        placed, findings = place_mask(given_mask, reference, "Mask a")
        assert findings == ()
        assert (placed.GetOrigin(), placed.GetDirection()) == (reference.GetOrigin(), reference.GetDirection())
        np.testing.assert_array_equal(array(placed), array(mask))


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("flips", list(itertools.product((False, True), repeat=3)))
def test_other_axis_orders_and_directions_are_exact(reference, order, flips):
    mask = ball(reference, (14, 14, 14), 7)
    turned = sitk.Flip(sitk.PermuteAxes(mask, list(order)), list(flips), False)
    placed, findings = place_mask(turned, reference, "Mask a")
    np.testing.assert_array_equal(array(placed), array(mask))
    if order != (0, 1, 2) or any(flips):
        assert codes(findings) == ["mask-reoriented"]
        assert findings[0].severity == "info"


def test_part_of_the_lattice_is_exact(reference):
    mask = ball(reference, (14, 14, 14), 7)
    part = mask[5:30, 3:30, 2:20]
    placed, findings = place_mask(part, reference, "Mask a")
    np.testing.assert_array_equal(array(placed), array(mask))
    assert codes(findings) == ["mask-reoriented"]
    assert place_mask(part, reference, "Mask a", cropped=True)[1] == ()


@settings(max_examples=40, deadline=None)
@given(
    angles=st.tuples(*[st.floats(-3, 3)] * 3),
    spacing=st.tuples(*[st.floats(0.5, 3)] * 3),
    shift=st.tuples(*[st.floats(-5, 5)] * 3),
)
def test_resampling_equals_itk_on_the_whole_grid(angles, spacing, shift):
    reference = grid(size=(22, 20, 18), direction=OBLIQUE)
    source = grid(
        size=(15, 14, 13),
        spacing=spacing,
        origin=[a + b for a, b in zip(reference.GetOrigin(), shift, strict=True)],
        direction=sitk.Euler3DTransform((0, 0, 0), *angles).GetMatrix(),
    )
    mask = ball(source, (6, 6, 6), 4)
    whole = sitk.Resample(mask, reference, sitk.Transform(), sitk.sitkNearestNeighbor, 0, sitk.sitkUInt8)
    # Voxel centres that lie half way between two of the mask's may be rounded either way.
    ours = np.zeros_like(array(whole))
    found = resample_part(mask, reference)
    if found is not None:
        ours[found[0]] = found[1]
    assert np.count_nonzero(array(whole) != ours) <= 1


def test_other_grids_are_resampled_and_told(reference):
    coarse = grid(size=(20, 18, 24), spacing=(1.6, 1.6, 1.25), direction=OBLIQUE)
    placed, findings = place_mask(ball(coarse, (14, 14, 14), 7), reference, "Mask a")
    assert codes(findings) == ["mask-resampled"]
    assert "spacing 1.6 x 1.6 x 1.25 against 0.8 x 0.8 x 1.25 mm" in findings[0].message
    assert "volume" in findings[0].message
    volume = array(placed).sum() * 0.8 * 0.8 * 1.25
    assert volume == pytest.approx(4 / 3 * np.pi * 7**3, rel=0.06)


def test_what_reaches_outside_is_counted_and_told(reference):
    wide = grid(size=(60, 36, 24), direction=OBLIQUE)
    mask = box(wide, (30, 5, 5), (20, 4, 3))  # ten columns inside, ten outside
    placed, findings = place_mask(mask, reference, "Mask a")
    assert codes(findings) == ["mask-reoriented", "mask-clipped"]
    assert "120 of its 240 voxels (50.0 %, 96.0 mm³)" in findings[1].message
    assert findings[1].severity == "serious"
    assert array(placed).sum() == 120
    assert count_outside(mask, Grid.of(reference)) == 120


def test_wholly_outside(reference):
    away = grid(size=(10, 10, 10), origin=(500, 0, 0))
    with pytest.raises(MaskError, match="Mask a lies wholly outside the image"):
        place_mask(ball(away, (4, 4, 6), 3), reference, "Mask a")


def test_outside_because_left_and_right_are_exchanged(reference):
    mask = ball(reference, (14, 14, 14), 3)
    mask.SetOrigin([-2.0 * x for x in mask.GetOrigin()])
    with pytest.raises(MaskError, match="another patient"):
        place_mask(mask, reference, "Mask a")


def test_smaller_than_the_images_voxels():
    fine = grid(size=(10, 10, 10), spacing=(0.1, 0.1, 0.1), origin=(1.2, 1.2, 1.2))
    coarse = grid(size=(5, 5, 5), spacing=(2.0, 2.0, 2.0), origin=(0, 0, 0))
    with pytest.raises(MaskError, match="no voxel centre of the image"):
        place_mask(box(fine, (2, 2, 2), (3, 3, 3)), coarse, "Mask a")


def test_an_empty_mask_stays_empty(reference):
    empty = sitk.Cast(grid(size=(3, 3, 3), origin=(900, 0, 0)), sitk.sitkUInt8)
    placed, findings = place_mask(empty, reference, "Mask a")
    assert not array(placed).any()
    assert findings == ()


def test_a_lattice_of_half_steps_is_another(reference):
    g = Grid.of(reference)
    half = (g.matrix() @ [0.5, 0, 0, 1])[:3]
    assert not same_lattice(Grid(g.size, g.spacing, tuple(half), g.direction), g, 0.01)
    assert same_lattice(g, g, 0.01)
