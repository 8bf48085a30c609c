"""Matching of lesions between two reads."""

import itertools

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st

from ABCImmunoResponseLib.errors import GeometryError, MaskError
from ABCImmunoResponseLib.reading.matching import Pair, id_order, match_lesions
from phantoms import box, grid

REFERENCE = grid((12, 10, 8))
BOXES = st.lists(
    st.tuples(*[st.integers(0, 5)] * 3, *[st.integers(1, 3)] * 3).map(lambda v: box(REFERENCE, v[:3], v[3:])),
    max_size=4,
)


def named(masks, letter):
    return {f"{letter}{n}": mask for n, mask in enumerate(masks, 1)}


def dice(a, b):
    one, other = sitk.GetArrayFromImage(a) > 0, sitk.GetArrayFromImage(b) > 0
    return 2 * (one & other).sum() / (one.sum() + other.sum())


def best_total(a, b, dice_min):
    """The largest sum of Dice over all ways to pair lesions, by trying them all."""
    table = np.array([[dice(one, other) for other in b] for one in a]).reshape(len(a), len(b))
    table[table < dice_min] = 0
    if len(a) > len(b):
        table = table.T
    rows, columns = table.shape
    return max(
        sum(table[r, c] for r, c in enumerate(chosen)) for chosen in itertools.permutations(range(columns), rows)
    )


@given(BOXES, BOXES, st.sampled_from([0.0, 0.1, 0.5]))
def test_the_assignment_is_the_best_there_is(a, b, dice_min):
    a, b = named(a, "a"), named(b, "b")
    pairs = match_lesions(a, b, dice_min)
    assert sum(pair.dice for pair in pairs) == pytest.approx(best_total(a.values(), b.values(), dice_min))
    assert sorted(pair.a for pair in pairs if pair.a) == sorted(a)
    assert sorted(pair.b for pair in pairs if pair.b) == sorted(b)
    for pair in pairs:
        if pair.a and pair.b:
            assert pair.dice == pytest.approx(dice(a[pair.a], b[pair.b]))
            assert pair.dice >= dice_min
            assert pair.dice > 0
        else:
            assert pair.dice == 0


@given(BOXES, BOXES, st.randoms(use_true_random=False))
def test_the_order_of_the_lesions_makes_no_difference(a, b, shuffler):
    a, b = named(a, "a"), named(b, "b")
    items_a, items_b = list(a.items()), list(b.items())
    shuffler.shuffle(items_a)
    shuffler.shuffle(items_b)
    assert match_lesions(dict(items_a), dict(items_b), 0.1) == match_lesions(a, b, 0.1)


@given(BOXES, BOXES, st.booleans(), st.sampled_from([0.0, 0.1]))
def test_it_makes_no_difference_which_read_is_called_a(a, b, same_ids, dice_min):
    a, b = named(a, "a"), named(b, "a" if same_ids else "b")
    there = {(pair.a, pair.b, pair.dice) for pair in match_lesions(a, b, dice_min)}
    back = {(pair.b, pair.a, pair.dice) for pair in match_lesions(b, a, dice_min)}
    alike = list(a) == list(b) and all(dice(a[name], b[name]) == 1 for name in a)
    assert there == back or alike  # two reads that are the same have no order


def test_the_best_of_all_is_not_the_best_of_each():
    # b1 overlaps a1 most, but a2 overlaps nothing else.
    row = grid((40, 3, 3))
    a = {"a1": box(row, (10, 0, 0), (10, 3, 3)), "a2": box(row, (2, 0, 0), (10, 3, 3))}
    b = {"b1": box(row, (8, 0, 0), (10, 3, 3)), "b2": box(row, (14, 0, 0), (10, 3, 3))}
    assert dice(a["a1"], b["b1"]) == pytest.approx(0.8)
    pairs = match_lesions(a, b, 0.1)
    assert pairs == (Pair("a1", "b2", pytest.approx(0.6)), Pair("a2", "b1", pytest.approx(0.4)))


def test_less_overlap_than_the_least_is_no_match():
    row = grid((40, 3, 3))
    a, b = {"x": box(row, (0, 0, 0), (10, 3, 3))}, {"x": box(row, (9, 0, 0), (10, 3, 3))}
    assert match_lesions(a, b, 0.1) == (Pair("x", "x", pytest.approx(0.1)),)
    assert match_lesions(a, b, 0.11) == (Pair("x", None, 0.0), Pair(None, "x", 0.0))


def test_pairs_come_by_id_with_numbers_as_numbers():
    voxels = {f"L{n}": box(REFERENCE, (n, 0, 0), (1, 1, 1)) for n in (10, 2, 1)}
    others = {f"M{n}": box(REFERENCE, (n, 5, 0), (1, 1, 1)) for n in (11, 3)} | {"M10": voxels["L10"]}
    assert [(pair.a, pair.b) for pair in match_lesions(voxels, others, 0.1)] == [
        ("L1", None),
        ("L2", None),
        ("L10", "M10"),
        (None, "M3"),
        (None, "M11"),
    ]


@given(st.lists(st.text("aL019._-", min_size=1), unique=True))
def test_ids_can_always_be_ordered_and_never_tie(ids):
    assert len({id_order(name) for name in ids}) == len(ids)
    assert sorted(sorted(ids, key=id_order)) == sorted(ids)


def test_a_hundred_lesions_each():
    place = list(itertools.product(range(0, 40, 4), range(0, 40, 4)))
    wide = grid((44, 44, 4))
    a = {f"A{n}": box(wide, (x, y, 0), (3, 3, 3)) for n, (x, y) in enumerate(place)}
    b = {f"B{n}": box(wide, (x + 1, y, 0), (3, 3, 3)) for n, (x, y) in enumerate(place)}
    pairs = match_lesions(a, b, 0.1)
    assert [(pair.a, pair.b) for pair in pairs] == [(f"A{n}", f"B{n}") for n in range(100)]


def test_empty_reads():
    assert match_lesions({}, {}, 0.1) == ()
    only = {"x": box(REFERENCE, (0, 0, 0), (2, 2, 2))}
    assert match_lesions(only, {}, 0.1) == (Pair("x", None, 0.0),)
    assert match_lesions({}, only, 0.1) == (Pair(None, "x", 0.0),)


def test_what_is_refused_is_named():
    good = {"x": box(REFERENCE, (0, 0, 0), (2, 2, 2))}
    with pytest.raises(MaskError, match="Lesion y of reader B is empty"):
        match_lesions(good, {"y": good["x"] * 0}, 0.1)
    with pytest.raises(GeometryError, match=r"Lesion y of reader B is not on the grid of the others \(size"):
        match_lesions(good, {"y": box(grid(), (0, 0, 0), (2, 2, 2))}, 0.1)
