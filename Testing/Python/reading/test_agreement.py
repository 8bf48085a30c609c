"""Agreement: against brute force, SimpleITK, and shapes whose answers are known."""

import dataclasses
import math

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from ABCImmunoResponseLib.errors import GeometryError, MaskError
from ABCImmunoResponseLib.reading.agreement import compare
from ABCImmunoResponseLib.recist.diameters import measure
from phantoms import ball, blob, box, grid, like

SEEDS = st.integers(0, 2**32 - 1)
SPACINGS = st.tuples(*[st.sampled_from([0.5, 0.7, 1.0, 1.25, 3.0])] * 3)
SHARES = st.sampled_from([0.01, 0.1, 0.4, 0.9])
SIZE = (8, 7, 5)


def surface(mask):
    """Centres in mm of the voxels with a face neighbour outside, by a plain walk over the voxels."""
    inside = {tuple(index) for index in np.argwhere(sitk.GetArrayFromImage(mask)).tolist()}
    steps = ((1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1))
    found = [v for v in inside if any(tuple(np.add(v, step).tolist()) not in inside for step in steps)]
    return np.array(found) * mask.GetSpacing()[::-1]


@given(SEEDS, SEEDS, SHARES, SHARES, SPACINGS)
def test_everything_against_brute_force(seed_a, seed_b, share_a, share_b, spacing):
    a, b = blob(grid(SIZE, spacing), seed_a, share_a), blob(grid(SIZE, spacing), seed_b, share_b)
    found = compare(a, b)
    in_a, in_b = (set(np.flatnonzero(sitk.GetArrayFromImage(mask)).tolist()) for mask in (a, b))
    assert found.dice == pytest.approx(2 * len(in_a & in_b) / (len(in_a) + len(in_b)))
    assert found.jaccard == pytest.approx(len(in_a & in_b) / len(in_a | in_b))
    distances = cdist(surface(a), surface(b))
    there, back = distances.min(axis=1), distances.min(axis=0)
    assert found.hausdorff_mm == pytest.approx(max(there.max(), back.max()), abs=1e-9)
    assert found.hd95_mm == pytest.approx(max(np.percentile(there, 95), np.percentile(back, 95)), abs=1e-9)
    assert found.mean_surface_distance_mm == pytest.approx(np.concatenate([there, back]).mean(), abs=1e-9)
    voxel = math.prod(spacing)
    assert (found.volume_a_mm3, found.volume_b_mm3) == pytest.approx((len(in_a) * voxel, len(in_b) * voxel))
    long_a, long_b = measure(a).longest_diameter_mm, measure(b).longest_diameter_mm
    assert (found.longest_diameter_a_mm, found.longest_diameter_b_mm) == (long_a, long_b)
    assert found.diameter_difference == pytest.approx((long_b - long_a) / ((long_a + long_b) / 2))


@given(SEEDS, SEEDS, SHARES, SPACINGS)
def test_overlap_is_that_of_simpleitk(seed_a, seed_b, share, spacing):
    a, b = blob(grid(SIZE, spacing), seed_a, share), blob(grid(SIZE, spacing), seed_b, 0.3)
    theirs = sitk.LabelOverlapMeasuresImageFilter()
    theirs.Execute(a, b)
    found = compare(a, b)
    assert found.dice == pytest.approx(theirs.GetDiceCoefficient())
    assert found.jaccard == pytest.approx(theirs.GetJaccardCoefficient())
    assert -found.volume_difference == pytest.approx(theirs.GetVolumeSimilarity())


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.7, 0.9, 2.5)])
@pytest.mark.parametrize("shift", [(3, 0, 0), (0, 2, 1), (2, 3, 2), (30, 0, 0)])
def test_hausdorff_of_shifted_shapes_is_that_of_simpleitk_and_the_shift(spacing, shift):
    reference = grid((50, 24, 20), spacing)
    a = box(reference, (5, 5, 5), (8, 7, 6))
    b = box(reference, np.add((5, 5, 5), shift).tolist(), (8, 7, 6))
    theirs = sitk.HausdorffDistanceImageFilter()
    theirs.Execute(a, b)
    found = compare(a, b)
    assert found.hausdorff_mm == pytest.approx(theirs.GetHausdorffDistance(), abs=1e-6)
    assert found.hausdorff_mm == pytest.approx(math.hypot(*np.multiply(shift, spacing)), abs=1e-9)


def test_shifted_boxes_by_hand():
    reference = grid((40, 20, 20), (0.5, 1.0, 2.0))
    found = compare(box(reference, (5, 5, 5), (10, 4, 4)), box(reference, (10, 5, 5), (10, 4, 4)))
    assert found.dice == 0.5
    assert found.jaccard == pytest.approx(1 / 3)
    assert found.hausdorff_mm == pytest.approx(2.5)
    assert found.volume_difference == found.diameter_difference == 0.0


def test_nested_balls():
    reference = grid((60, 60, 60), (0.5, 0.5, 0.5))
    found = compare(ball(reference, (15, 15, 15), 12), ball(reference, (15, 15, 15), 8))
    assert found.hausdorff_mm == pytest.approx(4, abs=0.87)
    assert found.hd95_mm == pytest.approx(4, abs=0.87)
    assert found.mean_surface_distance_mm == pytest.approx(4, abs=0.5)
    ratio = (8 / 12) ** 3
    assert found.jaccard == pytest.approx(ratio, rel=0.02)
    assert found.dice == pytest.approx(2 * ratio / (1 + ratio), rel=0.02)
    assert found.volume_difference == pytest.approx(2 * (ratio - 1) / (ratio + 1), rel=0.02)
    assert found.diameter_difference == pytest.approx(2 * (8 - 12) / 20, abs=0.05)


def test_hd95_leaves_a_spike_out():
    reference = grid((60, 40, 30), (1.0, 1.0, 1.0))
    plain = box(reference, (5, 5, 5), (15, 15, 15))
    spiked = sitk.Or(plain, box(reference, (20, 12, 12), (20, 1, 1)))
    found = compare(plain, spiked)
    assert found.hausdorff_mm == 20.0
    assert found.hd95_mm == 0.0


@given(SEEDS, SEEDS, SPACINGS)
def test_laws(seed_a, seed_b, spacing):
    a, b = blob(grid(SIZE, spacing), seed_a, 0.3), blob(grid(SIZE, spacing), seed_b, 0.3)
    one, other = compare(a, b), compare(b, a)
    swapped = dataclasses.replace(
        other,
        volume_a_mm3=other.volume_b_mm3,
        volume_b_mm3=other.volume_a_mm3,
        volume_difference=-other.volume_difference,
        longest_diameter_a_mm=other.longest_diameter_b_mm,
        longest_diameter_b_mm=other.longest_diameter_a_mm,
        diameter_difference=-other.diameter_difference,
    )
    assert dataclasses.astuple(one) == pytest.approx(dataclasses.astuple(swapped), abs=1e-12)
    assert one.jaccard == pytest.approx(one.dice / (2 - one.dice))
    assert 0 <= one.mean_surface_distance_mm <= one.hausdorff_mm
    assert one.hd95_mm <= one.hausdorff_mm
    same = compare(a, a)
    assert (same.dice, same.jaccard, same.hausdorff_mm, same.hd95_mm, same.mean_surface_distance_mm) == (1, 1, 0, 0, 0)


@given(SEEDS, st.tuples(*[st.integers(0, 6)] * 3), st.floats(0.1, 10))
def test_the_surroundings_change_nothing_and_lengths_scale(seed, shift, scale):
    a, b = (sitk.GetArrayFromImage(blob(grid(SIZE), s, 0.3)) for s in (seed, seed ^ 1))
    before = compare(like(a, grid(SIZE)), like(b, grid(SIZE)))
    wide = grid((20, 20, 20), tuple(scale * s for s in grid().GetSpacing()))
    placed = []
    for array in (a, b):
        around = np.zeros((20, 20, 20), np.uint8)
        around[tuple(slice(s, s + n) for s, n in zip(shift, a.shape, strict=True))] = array
        placed.append(like(around, wide))
    after = compare(*placed)
    assert after.dice == before.dice
    for name in ("hausdorff_mm", "hd95_mm", "mean_surface_distance_mm", "longest_diameter_b_mm"):
        assert getattr(after, name) == pytest.approx(scale * getattr(before, name), rel=1e-9)


def test_what_cannot_be_compared_is_refused():
    a = ball(grid(), (20, 20, 20), 6)
    with pytest.raises(MaskError, match="Mask B is empty"):
        compare(a, a * 0)
    with pytest.raises(MaskError, match="Mask A is empty"):
        compare(a * 0, a)
    moved = sitk.Image(a)
    moved.SetOrigin((0, 0, 0))
    with pytest.raises(GeometryError, match="do not share a grid"):
        compare(a, moved)
