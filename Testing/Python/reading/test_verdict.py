"""Verdicts: every cause, every threshold, and what each reason says."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ABCImmunoResponseLib.case import Lesion
from ABCImmunoResponseLib.errors import GeometryError, MaskError, ProtocolError
from ABCImmunoResponseLib.protocol import load_protocol
from ABCImmunoResponseLib.reading.agreement import Agreement, compare
from ABCImmunoResponseLib.reading.verdict import judge, reconcile
from phantoms import ball, box, grid

PROTOCOL = load_protocol()
REFERENCE = grid((90, 90, 60), (1.0, 1.0, 1.0))


def read(**lesions):
    """A read of balls: name=(organ, centre, radius[, kind])."""
    drawn = {name: ball(REFERENCE, centre, radius) for name, (_, centre, radius, *_) in lesions.items()}
    return [Lesion(name, organ, *kind) for name, (organ, _, _, *kind) in lesions.items()], drawn


def reconciled(a, b):
    return reconcile(*a, *b, PROTOCOL)


def test_every_cause_in_one_case():
    a = read(
        L1=("liver", (20, 20, 20), 10),
        L2=("liver", (60, 20, 20), 10),
        L3=("lung", (20, 70, 20), 6),
        L4=("node-axillary", (60, 70, 20), 10),
        L5=("breast", (20, 45, 50), 5),
    )
    b = read(
        M1=("liver", (20.5, 20, 20), 10),
        M2=("liver", (60, 25, 20), 12),
        M3=("lung", (40, 70, 20), 7),
        M4=("chest-wall", (60, 70, 20), 10),
        M5=("bone", (70, 45, 50), 5),
    )
    verdicts = reconciled(a, b)
    assert [(v.pair_id, v.a, v.b, v.cause, v.concordant) for v in verdicts] == [
        ("P1", "L1", "M1", "concordant", True),
        ("P2", "L2", "M2", "different-boundary", False),
        ("P3", "L3", None, "different-lesion", False),
        ("P4", "L4", "M4", "different-organ", False),
        ("P5", "L5", None, "one-reader-only", False),
        ("P6", None, "M3", "different-lesion", False),
        ("P7", None, "M5", "one-reader-only", False),
    ]
    assert [(v.organ_a, v.organ_b) for v in verdicts] == [
        ("liver", "liver"),
        ("liver", "liver"),
        ("lung", None),
        ("node-axillary", "chest-wall"),
        ("breast", None),
        (None, "lung"),
        (None, "bone"),
    ]
    assert verdicts[0].agreement == compare(a[1]["L1"], b[1]["M1"])
    assert [v.agreement is None for v in verdicts] == [False, False, True, False, True, True, True]
    reasons = [v.reason for v in verdicts]
    assert reasons[0].startswith("Both readers outlined this lesion (Liver) alike: Dice 0.9")
    assert reasons[1].startswith("Both readers outlined this lesion (Liver), but differently: Dice 0.6")
    assert "is below 0.8" in reasons[1]
    assert reasons[2] == (
        "Only reader A outlined L3 (a target lesion, Lung, longest diameter 13.0 mm). Reader B outlined another lesion "
        "of the same organ group (lung): M3 (a target lesion, Lung, longest diameter 15.0 mm); their centres lie 20.0 "
        "mm apart."
    )
    assert reasons[3].startswith(
        "Both readers outlined this lesion, but A calls it Axillary lymph node and B Chest wall (Dice 1.000"
    )
    assert reasons[4] == "Only reader A outlined L5 (a target lesion, Breast, longest diameter 11.0 mm)."
    assert reasons[5].startswith(
        "Only reader B outlined M3 (a target lesion, Lung, longest diameter 15.0 mm). Reader A"
    )
    assert "(lung): L3 (a target lesion" in reasons[5]
    assert reasons[6] == "Only reader B outlined M5 (a target lesion, Bone, longest diameter 11.0 mm)."


FINE = Agreement(
    dice=0.8,
    jaccard=2 / 3,
    hausdorff_mm=9.0,
    hd95_mm=5.0,
    mean_surface_distance_mm=1.0,
    volume_a_mm3=100.0,
    volume_b_mm3=100.0,
    volume_difference=0.0,
    longest_diameter_a_mm=22.0,
    longest_diameter_b_mm=18.0,
    diameter_difference=-0.2,
)


def judged(a=None, b=None, **numbers):
    lesion_a = Lesion("L1", **{"organ": "liver", **(a or {})})
    lesion_b = Lesion("M1", **{"organ": "liver", **(b or {})})
    return judge("P1", lesion_a, lesion_b, dataclasses.replace(FINE, **numbers), PROTOCOL)


def test_at_the_thresholds_readers_agree():
    found = judged()
    assert (found.cause, found.concordant) == ("concordant", True)
    assert found.reason == (
        "Both readers outlined this lesion (Liver) alike: Dice 0.800, HD95 5.00 mm, longest diameters 22.0 and 18.0 mm."
    )


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ({"dice": 0.79}, "Dice 0.790 is below 0.8."),
        ({"hd95_mm": 5.1}, "HD95 5.10 mm is above 5 mm."),
        ({"diameter_difference": 0.21}, "longest diameters 22.0 and 18.0 mm differ by 21.0%, more than 20%."),
        ({"diameter_difference": -0.21}, "longest diameters 22.0 and 18.0 mm differ by 21.0%, more than 20%."),
        ({"dice": 0.5, "hd95_mm": 9.0}, "Dice 0.500 is below 0.8; HD95 9.00 mm is above 5 mm."),
    ],
)
def test_each_threshold_alone_makes_another_boundary(numbers, told):
    found = judged(**numbers)
    assert (found.cause, found.concordant) == ("different-boundary", False)
    assert found.reason == f"Both readers outlined this lesion (Liver), but differently: {told}"


def test_another_organ_goes_before_another_boundary():
    found = judged(b={"organ": "peritoneum"}, dice=0.5)
    assert found.cause == "different-organ"
    assert found.reason == (
        "Both readers outlined this lesion, but A calls it Liver and B Peritoneum (Dice 0.500 is below 0.8)."
    )


def test_two_codes_of_one_group_are_different_organs():
    assert judged({"organ": "node-axillary"}, {"organ": "node-mediastinal"}).cause == "different-organ"


def test_target_for_one_and_not_for_the_other_is_no_agreement():
    found = judged(b={"kind": "non-target"})
    assert (found.cause, found.concordant, found.agreement) == ("different-lesion", False, FINE)
    assert found.reason.endswith(" A calls it a target lesion, B a non-target lesion.")
    assert judged(b={"kind": "non-target"}, dice=0.5).cause == "different-boundary"
    for other in ({"dice": 0.5}, {"b": {"organ": "skin", "kind": "non-target"}}):
        numbers = {"b": {"kind": "non-target"}, **other}
        assert judged(**numbers).reason.endswith(" A calls it a target lesion, B a non-target lesion.")
    assert judged({"kind": "non-target"}, {"kind": "non-target"}).concordant


def test_thresholds_are_the_protocols():
    stricter = dataclasses.replace(PROTOCOL, agreement={**PROTOCOL.agreement, "concordant_dice_min": 0.9})
    assert judge("P1", Lesion("a", "liver"), Lesion("b", "liver"), FINE, stricter).cause == "different-boundary"
    apart = dataclasses.replace(PROTOCOL, agreement={**PROTOCOL.agreement, "match_dice_min": 0.99})
    a, b = read(x=("liver", (20, 20, 20), 10)), read(x=("liver", (21, 20, 20), 10))
    assert [v.cause for v in reconcile(*a, *b, apart)] == ["different-lesion"] * 2


def test_left_over_lesions_of_a_group_are_related_nearest_first_and_judged_each_for_itself():
    a = read(N1=("node-axillary", (20, 20, 20), 5), N2=("node-mediastinal", (40, 20, 20), 5))
    b = read(
        K1=("node-abdominal", (70, 20, 20), 5),
        K2=("node-other", (52, 20, 20), 5),
        K3=("node-axillary", (20, 80, 50), 5),
    )
    verdicts = reconciled(a, b)
    assert [(v.a, v.b, v.cause) for v in verdicts] == [
        ("N1", None, "different-lesion"),
        ("N2", None, "different-lesion"),
        (None, "K1", "different-lesion"),
        (None, "K2", "different-lesion"),
        (None, "K3", "one-reader-only"),
    ]
    assert "same organ group (lymph-node): K1 (" in verdicts[0].reason
    for verdict, other in ((verdicts[1], "K2"), (verdicts[3], "N2")):
        assert f": {other} (" in verdict.reason
        assert "their centres lie 12.0 mm apart" in verdict.reason


def test_a_target_is_never_related_to_a_lesion_that_is_none():
    a = read(x=("liver", (20, 20, 20), 8))
    b = read(y=("liver", (45, 20, 20), 8, "non-target"), z=("liver", (70, 70, 40), 8))
    assert [(v.a, v.b, v.cause) for v in reconciled(a, b)] == [
        ("x", None, "different-lesion"),
        (None, "y", "one-reader-only"),
        (None, "z", "different-lesion"),
    ]
    assert [v.cause for v in reconciled(a, read(y=("liver", (45, 20, 20), 8, "non-target")))] == ["one-reader-only"] * 2


def test_too_little_overlap_is_another_lesion():
    a, b = read(x=("liver", (20, 20, 20), 8)), read(y=("liver", (34, 20, 20), 8))
    assert 0 < compare(a[1]["x"], b[1]["y"]).dice < 0.1
    assert [(v.a, v.b, v.cause) for v in reconciled(a, b)] == [
        ("x", None, "different-lesion"),
        (None, "y", "different-lesion"),
    ]


def test_empty_reads():
    nothing = ([], {})
    assert reconciled(nothing, nothing) == ()
    assert [v.cause for v in reconciled(nothing, read(x=("liver", (20, 20, 20), 8)))] == ["one-reader-only"]


ORGANS = ["liver", "lung", "node-axillary", "node-abdominal"]
READS = st.lists(
    st.tuples(st.sampled_from(ORGANS), *[st.integers(0, 5)] * 3, st.sampled_from(["target", "non-target"])), max_size=4
)


def random_read(rows, letter):
    small = grid((10, 10, 10))
    lesions = [Lesion(f"{letter}{n}", organ, kind) for n, (organ, *_, kind) in enumerate(rows)]
    return lesions, {f"{letter}{n}": box(small, row[1:4], (4, 4, 4)) for n, row in enumerate(rows)}


@given(READS, READS, st.randoms(use_true_random=False))
def test_every_lesion_once_whatever_the_order(rows_a, rows_b, shuffler):
    a, b = random_read(rows_a, "a"), random_read(rows_b, "b")
    verdicts = reconciled(a, b)
    assert sorted(v.a for v in verdicts if v.a) == sorted(a[1])
    assert sorted(v.b for v in verdicts if v.b) == sorted(b[1])
    assert [v.pair_id for v in verdicts] == [f"P{n}" for n in range(1, len(verdicts) + 1)]
    for verdict in verdicts:
        assert verdict.concordant == (verdict.cause == "concordant")
        alone = verdict.a is None or verdict.b is None
        assert alone == (verdict.agreement is None)
        assert alone or verdict.cause != "one-reader-only"
        assert not alone or verdict.cause in ("one-reader-only", "different-lesion")
        assert verdict.reason.endswith(".")
    shuffled = list(a[0])
    shuffler.shuffle(shuffled)
    assert reconcile(shuffled, {x.lesion_id: a[1][x.lesion_id] for x in shuffled}, *b, PROTOCOL) == verdicts


@given(READS, READS, st.booleans())
def test_it_makes_no_difference_who_is_called_a(rows_a, rows_b, same_ids):
    a, b = random_read(rows_a, "a"), random_read(rows_b, "a" if same_ids else "b")
    there = {(v.a, v.b, v.cause, v.organ_a, v.organ_b) for v in reconciled(a, b)}
    back = {(v.b, v.a, v.cause, v.organ_b, v.organ_a) for v in reconciled(b, a)}
    if (a[0], rows_a) != (b[0], rows_b):  # two reads that are the same have no order
        assert there == back


def test_verdicts_are_plain_values():
    (verdict,) = reconciled(read(x=("liver", (20, 20, 20), 8)), read(y=("liver", (20, 20, 20), 8)))
    values = dataclasses.asdict(verdict)
    assert not any(isinstance(value, np.generic) for value in (*values.values(), *values["agreement"].values()))


def test_what_is_refused():
    good = read(x=("liver", (20, 20, 20), 8))
    lesions, masks = good
    with pytest.raises(ProtocolError, match="Reader B has two lesions of the same id"):
        reconciled(good, (lesions * 2, masks))
    with pytest.raises(MaskError, match="Reader A has not outlined x"):
        reconciled((lesions, {}), good)
    with pytest.raises(MaskError, match="Reader B outlined z without naming an organ"):
        reconciled(good, (lesions, {**masks, "z": masks["x"]}))
    with pytest.raises(MaskError, match="Lesion x of reader B is empty"):
        reconciled(good, (lesions, {"x": masks["x"] * 0}))
    with pytest.raises(ProtocolError, match="'heart' is not an organ"):
        reconciled(good, ([Lesion("x", "heart")], masks))
    with pytest.raises(GeometryError, match="Lesion x of reader B is not on the grid"):
        reconciled(good, (lesions, {"x": ball(grid(), (20, 20, 20), 8)}))
