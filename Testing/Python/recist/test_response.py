"""Response: RECIST 1.1's own examples, its tables, and every limit."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ABCImmunoResponseLib.errors import ProtocolError
from ABCImmunoResponseLib.protocol import load_protocol
from ABCImmunoResponseLib.recist.response import TargetDiameter, assess_response

PROTOCOL = load_protocol()


def targets(*sizes, node=()):
    return [TargetDiameter(f"T{n}", "node-axillary" if n in node else "liver", size) for n, size in enumerate(sizes, 1)]


def respond(before, now, nadir=None, new=(), node=(), **also):
    return assess_response(targets(*before, node=node), nadir, targets(*now, node=node), new, PROTOCOL, **also)


@pytest.mark.parametrize(
    ("before", "now", "nadir", "category"),
    [
        ((100.0,), (70.0,), None, "PR"),  # 30 % less, exactly
        ((100.0,), (70.1,), None, "SD"),
        ((50.0, 50.0), (35.0, 35.0), None, "PR"),
        ((33.3,), (33.3 * 0.7,), None, "PR"),  # exact but for the last bit
        ((100.0,), (120.0,), None, "PD"),  # 20 % more, exactly
        ((100.0,), (119.9,), None, "SD"),
        ((0.1 + 0.2 + 30.0,), (1.2 * 30.3,), None, "PD"),
        ((20.0,), (24.9,), None, "SD"),  # 24.5 %, but less than 5 mm
        ((20.0,), (25.0,), None, "PD"),
        ((100.0,), (60.0,), 50.0, "PD"),  # from the nadir, although still 40 % below baseline
        ((100.0,), (59.9,), 50.0, "PR"),
        ((100.0,), (90.0,), 80.0, "SD"),
        ((100.0,), (120.0,), 110.0, "PD"),  # the baseline is the smallest
        ((100.0,), (0.0,), 50.0, "CR"),
    ],
)
def test_sums_against_baseline_and_nadir(before, now, nadir, category):
    found = respond(before, now, nadir)
    assert found.category == found.target_category == category


def test_the_guidelines_example_of_a_missing_lesion():
    # Eisenhauer 2009, 4.4.1: three lesions of 50 mm in all; two of them later measure 80 mm: progression,
    # whatever the third contributes.
    found = respond((20.0, 20.0, 10.0), (50.0, 30.0, None))
    assert found.category == "PD"
    assert found.changes.current_mm is None
    assert found.reason == ("The sum of T1, T2 alone, 80.0 mm, is 30.0 mm (+60.0%) above the smallest so far, 50.0 mm.")


def test_a_missing_lesion_is_otherwise_not_evaluable():
    assert respond((20.0, 30.0), (10.0, None)).category == "NE"
    assert respond((20.0, 30.0), (0.0, None)).category == "NE"
    left_out = assess_response(targets(20.0, 30.0), None, targets(10.0), (), PROTOCOL)
    assert (left_out.category, left_out.reason) == ("NE", "Not evaluated: T2.")
    assert respond((20.0, 30.0), (10.0, None), new=["brain"]).category == "PD"
    assert respond((20.0, 30.0), (10.0, None), non_target="PD").category == "PD"
    assert respond((20.0,), (None,)).category == "NE"


def test_normal_nodes_are_a_complete_response_with_a_sum():
    found = respond((40.0, 20.0), (0.0, 9.9), node=(2,))
    assert (found.category, found.changes.current_mm) == ("CR", 9.9)
    assert respond((40.0, 20.0), (0.0, 10.0), node=(2,)).category == "PR"
    assert respond((20.0, 18.0), (9.0, 8.0), node=(1, 2)).category == "CR"
    assert respond((40.0, 20.0), (1.0, 5.0), node=(2,)).category == "PR"


def test_normal_nodes_do_not_progress():
    # From 3 to 9 mm is threefold and 6 mm, but the node is still normal.
    assert respond((20.0,), (9.0,), nadir=3.0, node=(1,)).category == "CR"
    assert respond((20.0,), (12.0,), nadir=3.0, node=(1,)).category == "PD"


def test_after_a_complete_response_a_lesion_seen_again_is_progression():
    # Eisenhauer 2009, appendix III.
    found = respond((40.0,), (3.0,), nadir=0.0)
    assert (found.category, found.reason) == ("PD", "Seen again after a complete response: T1.")
    assert respond((40.0, 20.0), (3.0, 6.0), nadir=6.0, node=(2,), complete_before=True).category == "PD"
    assert respond((40.0, 20.0), (3.0, 6.0), nadir=6.0, node=(2,)).category == "PR"
    assert respond((40.0, 20.0), (0.0, 10.5), nadir=6.0, node=(2,), complete_before=True).category == "PR"
    assert respond((40.0, 20.0), (0.0, 12.0), nadir=0.0, node=(2,)).category == "PD"


def test_after_a_partial_response_it_is_added_to_the_sum():
    assert respond((40.0, 40.0), (4.0, 20.0), nadir=20.0).category == "PR"


def test_too_small_to_measure_counts_five_millimetres():
    baseline = targets(20.0, 30.0)
    small = TargetDiameter("T1", "liver", None, too_small=True)
    found = assess_response(baseline, None, [small, TargetDiameter("T2", "liver", 0.0)], (), PROTOCOL)
    assert (found.category, found.changes.current_mm) == ("PR", 5.0)
    measured = TargetDiameter("T1", "liver", 3.0, too_small=True)  # a real measurement is kept
    found = assess_response(baseline, None, [measured, TargetDiameter("T2", "liver", 0.0)], (), PROTOCOL)
    assert found.changes.current_mm == 3.0


SIZES = {"CR": (0.0, 0.0), "PR": (20.0, 10.0), "SD": (40.0, 40.0), "PD": (80.0, 80.0), "NE": (10.0, None)}

# Eisenhauer 2009, table 1: time point response by target, non-target and new lesions. 'any' of that table is
# written out; where it joins 'non-PD or not all evaluated' both are.
TABLE_1 = {
    ("CR", "CR"): "CR",
    ("CR", "none"): "CR",
    ("CR", "non-CR/non-PD"): "PR",
    ("CR", "NE"): "PR",
    **{("PR", other): "PR" for other in ("none", "CR", "non-CR/non-PD", "NE")},
    **{("SD", other): "SD" for other in ("none", "CR", "non-CR/non-PD", "NE")},
    **{("NE", other): "NE" for other in ("none", "CR", "non-CR/non-PD", "NE")},
    **{("PD", other): "PD" for other in ("none", "CR", "non-CR/non-PD", "NE", "PD")},
    **{(target, "PD"): "PD" for target in ("CR", "PR", "SD", "NE")},
}


@pytest.mark.parametrize(("target", "non_target"), TABLE_1)
def test_overall_response_is_table_1(target, non_target):
    found = respond((50.0, 50.0), SIZES[target], non_target=non_target)
    assert (found.target_category, found.category) == (target, TABLE_1[target, non_target])
    assert respond((50.0, 50.0), SIZES[target], new=["liver, 12 mm"], non_target=non_target).category == "PD"


def test_the_table_is_whole():
    assert set(TABLE_1) == set(itertools.product(SIZES, ("none", "CR", "non-CR/non-PD", "PD", "NE")))


def test_changes_are_given():
    changes = respond((60.0, 40.0), (40.0, 44.0), nadir=80.0).changes
    assert (changes.baseline_mm, changes.nadir_mm, changes.current_mm, changes.from_nadir_mm) == (100, 80, 84, 4)
    assert changes.from_baseline == pytest.approx(-0.16)
    assert changes.from_nadir == pytest.approx(0.05)
    assert respond((60.0,), (0.0,), nadir=0.0).changes.from_nadir is None


def test_reasons_say_the_numbers():
    assert respond((100.0,), (60.0,)).reason == (
        "The sum, 60.0 mm, is -40.0% against the baseline's 100.0 mm, a decrease of at least 30%."
    )
    assert respond((100.0,), (0.0,), new=["bone, T7"]).reason == "Every target has disappeared. New: bone, T7."
    assert "neither partial response nor progression" in respond((100.0,), (100.0,)).reason


SIZE = st.floats(0, 200).map(lambda size: round(size, 1))


@given(st.lists(st.floats(1, 200), min_size=1, max_size=5), st.data())
def test_growth_never_betters_the_response(before, data):
    now = [data.draw(SIZE) for _ in before]
    more = [size + data.draw(SIZE) for size in now]
    better = {"CR": 0, "PR": 1, "SD": 2, "PD": 3}
    nadir = data.draw(st.none() | st.floats(0, 400))
    assert better[respond(before, now, nadir).category] <= better[respond(before, more, nadir).category]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"baseline": []}, "at least one target"),
        ({"baseline": targets(None)}, "T1 has no diameter at baseline"),
        ({"baseline": targets(0.0)}, "T1 has no diameter at baseline"),
        ({"baseline": targets(20.0) * 2}, "T1 appears twice at baseline"),
        ({"current": targets(20.0) * 2}, "T1 appears twice at follow-up"),
        ({"current": targets(20.0, 10.0)}, "T2 was none at baseline; name it among the new lesions"),
        ({"current": targets(20.0, node=(1,))}, "lay in liver at baseline, not in node-axillary"),
        ({"current": targets(-1.0)}, "cannot measure -1.0 mm"),
        ({"current": targets(float("nan"))}, "cannot measure nan mm"),
        ({"current": targets(float("inf"))}, "cannot measure inf mm"),
        ({"current": targets("12")}, "cannot measure 12 mm"),
        ({"nadir_mm": -1.0}, "nadir cannot be -1.0 mm"),
        ({"nadir_mm": float("nan")}, "nadir cannot be nan mm"),
        ({"non_target": "SD"}, "Non-target response 'SD' is unknown"),
        ({"baseline": [TargetDiameter("T1", "heart", 20.0)]}, "'heart' is not an organ"),
    ],
)
def test_what_is_refused(change, message):
    asked = {"baseline": targets(20.0), "nadir_mm": None, "current": targets(20.0), "new_lesions": ()}
    with pytest.raises(ProtocolError, match=message):
        assess_response(**{**asked, **change}, protocol=PROTOCOL)
