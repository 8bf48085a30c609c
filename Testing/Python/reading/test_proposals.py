"""Consensus proposals: laws of sets, a brute-force midway surface, STAPLE written anew."""

import itertools

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from ABCImmunoResponseLib.errors import GeometryError, MaskError
from ABCImmunoResponseLib.reading.proposals import PROPOSALS, explain_proposals, propose
from phantoms import ball, blob, box, grid, like

SEEDS = st.integers(0, 2**32 - 1)
SPACINGS = st.tuples(*[st.sampled_from([0.5, 0.7, 1.0, 1.25, 3.0])] * 3)
SHARES = st.sampled_from([0.02, 0.1, 0.4, 0.9])
SIZE = (8, 7, 5)


def inside(mask):
    return sitk.GetArrayFromImage(mask) > 0


def codes(a, b):
    return [finding.code for finding in explain_proposals(a, b, propose(a, b))]


@given(SEEDS, SEEDS, SHARES, SHARES, SPACINGS)
def test_laws_of_sets(seed_a, seed_b, share_a, share_b, spacing):
    a, b = blob(grid(SIZE, spacing), seed_a, share_a), blob(grid(SIZE, spacing), seed_b, share_b)
    found = propose(a, b)
    for mask in found.values():
        assert mask.GetPixelID() == sitk.sitkUInt8
        assert (mask.GetSpacing(), mask.GetOrigin(), mask.GetDirection()) == (
            a.GetSpacing(),
            a.GetOrigin(),
            a.GetDirection(),
        )
        assert set(np.unique(sitk.GetArrayFromImage(mask))) <= {0, 1}
        assert inside(mask).any()
    assert np.array_equal(inside(found["union"]), inside(a) | inside(b))
    if not (inside(a) & inside(b)).any():
        assert list(found) == ["union"]
        return
    assert [name for name in found if name != "staple"] == ["intersection", "union", "midway"]
    assert np.array_equal(inside(found["intersection"]), inside(a) & inside(b))
    for name in set(found) & {"midway", "staple"}:
        assert not (inside(found["intersection"]) & ~inside(found[name])).any()
        assert not (inside(found[name]) & ~inside(found["union"])).any()


@given(SEEDS, SEEDS, SHARES, SPACINGS)
def test_who_is_called_a_makes_no_difference(seed_a, seed_b, share, spacing):
    a, b = blob(grid(SIZE, spacing), seed_a, share), blob(grid(SIZE, spacing), seed_b, 0.3)
    one, other = propose(a, b), propose(b, a)
    assert list(one) == list(other)
    for name in one:
        assert np.array_equal(inside(one[name]), inside(other[name])), name


@given(SEEDS, SHARES, SPACINGS)
def test_readers_of_one_mind(seed, share, spacing):
    a = blob(grid(SIZE, spacing), seed, share)
    found = propose(a, a)
    assert tuple(found) == PROPOSALS
    for mask in found.values():
        assert np.array_equal(inside(mask), inside(a))
    assert explain_proposals(a, a, found) == ()


def signed(mask):
    """Signed distances in mm, (k, j, i), by comparing every voxel with every other; beyond the image is outside."""
    wide = np.pad(inside(mask), 1)
    points = np.argwhere(np.ones_like(wide)) * mask.GetSpacing()[::-1]
    flat = wide.ravel()
    distances = cdist(points, points)
    to_inside, to_outside = distances[:, flat].min(axis=1), distances[:, ~flat].min(axis=1)
    return np.where(flat, -to_outside, to_inside).reshape(wide.shape)[1:-1, 1:-1, 1:-1]


@given(SEEDS, SEEDS, SHARES, SPACINGS)
def test_midway_is_where_the_mean_signed_distance_is_not_positive(seed_a, seed_b, share, spacing):
    a, b = blob(grid((6, 5, 4), spacing), seed_a, share), blob(grid((6, 5, 4), spacing), seed_b, 0.4)
    assume((inside(a) & inside(b)).any())
    assert np.array_equal(inside(propose(a, b)["midway"]), (signed(a) + signed(b)) / 2 <= 1e-7)


def test_midway_of_boxes_and_balls_lies_in_the_middle():
    reference = grid((40, 40, 40), (1.0, 0.5, 2.0))
    # A side moved by 4 voxels: midway it lies 2 further out.
    found = propose(box(reference, (5, 5, 5), (10, 12, 12)), box(reference, (5, 5, 5), (14, 12, 12)))
    core = inside(found["midway"])[10:12, 10:12]
    assert np.array_equal(np.flatnonzero(core.all(axis=(0, 1))), np.arange(5, 17))
    fine = grid((60, 60, 60), (0.5, 0.5, 0.5))
    found = propose(ball(fine, (15, 15, 15), 6), ball(fine, (15, 15, 15), 10))
    between, expected = inside(found["midway"]), inside(ball(fine, (15, 15, 15), 8))
    assert between.sum() == pytest.approx(expected.sum(), rel=0.05)


def expectation_maximisation(a, b):
    """STAPLE (Warfield 2004) from the four counts of the 2 x 2 table: which of both, A only, B only are lesion."""
    counts = {(x, y): int(((a == x) & (b == y)).sum()) for x, y in itertools.product((False, True), repeat=2)}
    counts = {said: n for said, n in counts.items() if n}
    prior = (a.sum() + b.sum()) / (2 * a.size)
    p, q = [0.99999] * 2, [0.99999] * 2
    for _ in range(500):
        weight = {}
        for said in counts:
            yes = prior * np.prod([p[r] if said[r] else 1 - p[r] for r in (0, 1)])
            no = (1 - prior) * np.prod([1 - q[r] if said[r] else q[r] for r in (0, 1)])
            weight[said] = yes / (yes + no)
        lesion = sum(weight[said] * n for said, n in counts.items())
        p = [sum(weight[said] * n for said, n in counts.items() if said[r]) / lesion for r in (0, 1)]
        rest = sum((1 - weight[said]) * n for said, n in counts.items())
        q = [sum((1 - weight[said]) * n for said, n in counts.items() if not said[r]) / rest for r in (0, 1)]
    return weight


@pytest.mark.parametrize("shift", [0.0, 1.0, 4.0, 8.0])
@pytest.mark.parametrize("radius", [6.0, 8.0, 10.0, 12.0])
def test_staple_is_that_of_its_paper(shift, radius):
    reference = grid((50, 40, 40), (1.0, 1.0, 1.0))
    a, b = ball(reference, (20, 20, 20), 8), ball(reference, (20 + shift, 20, 20), radius)
    in_a, in_b = inside(a), inside(b)
    held = np.argwhere(in_a | in_b)
    low, high = held.min(axis=0), held.max(axis=0) + 1
    margin = [-(-(h - n) // 4) + 1 for n, h in zip(low, high, strict=True)]
    window = tuple(slice(n - m, h + m) for n, h, m in zip(low, high, margin, strict=True))
    weight = expectation_maximisation(in_a[window], in_b[window])
    expected = np.zeros(in_a.shape, bool)
    for said, probability in weight.items():
        expected |= (in_a == said[0]) & (in_b == said[1]) & (probability >= 0.4999) & (in_a | in_b)
    assert np.array_equal(inside(propose(a, b)["staple"]), expected)


@pytest.mark.parametrize("shape", ["balls", "boxes"])
def test_staple_settles_the_same_disagreement_alike_whatever_the_shape(shape):
    reference = grid((60, 60, 60), (1.0, 1.0, 1.0))
    if shape == "balls":
        a, b = ball(reference, (25, 25, 25), 8), ball(reference, (28, 25, 25), 8)
    else:
        a, b = box(reference, (20, 20, 20), (16, 16, 16)), box(reference, (23, 20, 20), (16, 16, 16))
    found = propose(a, b)
    assert np.array_equal(inside(found["staple"]), inside(found["intersection"]))
    (finding,) = explain_proposals(a, b, found)
    assert finding.message == "STAPLE of two outlines always repeats another choice, here the intersection."
    assert finding.severity == "info"


def test_staple_of_nested_outlines_is_explained():
    reference = grid((60, 60, 60), (1.0, 1.0, 1.0))
    assert codes(ball(reference, (25, 25, 25), 8), ball(reference, (25, 25, 25), 12)) == ["staple-degenerate"]


@given(SEEDS, SEEDS, SHARES, SHARES)
def test_staple_of_two_always_repeats_another_choice(seed_a, seed_b, share_a, share_b):
    a, b = blob(grid(SIZE), seed_a, share_a), blob(grid(SIZE), seed_b, share_b)
    assume((inside(a) & inside(b)).any() and not np.array_equal(inside(a), inside(b)))
    assert codes(a, b) == ["staple-degenerate" if "staple" in propose(a, b) else "staple-implausible"]


def test_outlines_apart_have_only_a_union():
    a, b = box(grid(), (2, 2, 2), (4, 4, 4)), box(grid(), (6, 2, 2), (4, 4, 4))
    assert list(propose(a, b)) == ["union"]
    assert codes(a, b) == ["no-common-voxel"]


def test_far_corners_of_a_ct_cost_no_map_of_the_space_between():
    wide = grid((512, 512, 120))
    found = propose(box(wide, (0, 0, 0), (4, 4, 4)), box(wide, (508, 508, 116), (4, 4, 4)))
    assert list(found) == ["union"]
    assert inside(found["union"]).sum() == 128


def test_staple_that_doubts_the_common_voxels_is_not_proposed():
    a, b = blob(grid(SIZE), 1, 0.1), blob(grid(SIZE), 150557789, 0.4)
    assert (inside(a) & inside(b)).sum() == 1
    assert list(propose(a, b)) == ["intersection", "union", "midway"]
    assert codes(a, b) == ["staple-implausible"]


@given(SEEDS, st.tuples(*[st.integers(0, 8)] * 3))
def test_where_the_lesion_lies_makes_no_difference(seed, shift):
    a, b = (inside(blob(grid(SIZE), s, 0.3)) for s in (seed, seed ^ 1))
    wide = grid((20, 20, 20))
    window = tuple(slice(s, s + n) for s, n in zip(shift, a.shape, strict=True))
    placed = []
    for array in (a, b):
        around = np.zeros((20, 20, 20), np.uint8)
        around[window] = array
        placed.append(like(around, wide))
    before = propose(like(a, grid(SIZE), np.uint8), like(b, grid(SIZE), np.uint8))
    after = propose(*placed)
    assert list(after) == list(before)
    for name in before:
        assert np.array_equal(inside(after[name])[window], inside(before[name])), name


def test_what_is_refused():
    a = ball(grid(), (20, 20, 20), 6)
    with pytest.raises(MaskError, match="Mask B is empty"):
        propose(a, a * 0)
    with pytest.raises(GeometryError, match="do not share a grid"):
        propose(a, ball(grid((30, 30, 30)), (10, 10, 10), 6))
