"""Choice of target lesions: worked examples of the order, and constraints that always hold."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ABCImmunoResponseLib.case import Acquisition, Lesion
from ABCImmunoResponseLib.errors import ProtocolError
from ABCImmunoResponseLib.protocol import load_protocol
from ABCImmunoResponseLib.recist.diameters import Measurement
from ABCImmunoResponseLib.recist.targets import Candidate, check_targets, propose_targets, sum_of_diameters

PROTOCOL = load_protocol()
THIN = Acquisition(slice_thickness_mm=1.25)
NOWHERE = ((0.0, 0.0, 0.0),) * 2


def candidate(name, organ, longest, short=None, **facts):
    size = Measurement(float(longest), float(short or longest), 1.0, 0, NOWHERE, NOWHERE, 27)
    return Candidate(Lesion(name, organ, **facts), size)


def proposed(*candidates, protocol=PROTOCOL):
    return propose_targets(candidates, THIN, protocol)


def ordered(*names):
    return dataclasses.replace(PROTOCOL, selection={**PROTOCOL.selection, "order": list(names)})


def test_the_larger_of_one_organ_come_first_and_two_are_enough():
    found = proposed(candidate("a", "liver", 20), candidate("b", "liver", 40), candidate("c", "liver", 30))
    assert found.targets == ("b", "c")
    assert found.choices[2].reason == "Not chosen: b, c of the same organ group (liver) come before it."


def test_a_small_visceral_lesion_comes_before_a_large_one_elsewhere():
    assert proposed(candidate("breast", "breast", 80), candidate("lung", "lung", 11)).targets == ("lung", "breast")


def test_distinct_organs_come_before_a_second_lesion():
    found = proposed(candidate("l1", "liver", 60), candidate("l2", "liver", 50), candidate("p1", "lung", 12))
    assert found.targets == ("l1", "p1", "l2")


def test_a_second_visceral_lesion_comes_before_the_first_elsewhere():
    # The order's entries count one after the other: visceral first, then distinct organs.
    found = proposed(
        candidate("l1", "liver", 60), candidate("l2", "liver", 11), candidate("n1", "node-axillary", 40, 30)
    )
    assert found.targets == ("l1", "l2", "n1")


def test_the_order_is_the_protocols():
    candidates = [
        candidate("l1", "liver", 60),
        candidate("l2", "liver", 11),
        candidate("b1", "breast", 90),
        candidate("p1", "lung", 20, cystic=True),
    ]
    assert proposed(*candidates).targets == ("l1", "l2", "b1", "p1")
    visceral = ordered("visceral-first", "distinct-organs-first", "larger-first")
    assert proposed(*candidates, protocol=visceral).targets == ("l1", "p1", "l2", "b1")
    distinct = ordered("distinct-organs-first", "visceral-first", "larger-first")
    assert proposed(*candidates, protocol=distinct).targets == ("l1", "p1", "b1", "l2")
    assert proposed(*candidates, protocol=ordered("larger-first")).targets == ("b1", "l1", "p1", "l2")


def test_lungs_are_one_organ_and_so_are_all_nodes():
    found = proposed(
        candidate("left", "lung", 30, site="left"),
        candidate("right", "lung", 25, site="right"),
        candidate("third", "lung", 20),
        candidate("n1", "node-axillary", 40, 20),
        candidate("n2", "node-mediastinal", 40, 19),
        candidate("n3", "node-abdominal", 40, 18),
    )
    assert found.targets == ("left", "right", "n1", "n2")


def test_nodes_count_by_their_short_axis():
    found = proposed(candidate("node", "node-axillary", 60, 16), candidate("skin", "skin", 17))
    assert found.targets == ("skin", "node")


def test_five_are_enough_and_everything_is_explained():
    found = proposed(
        candidate("liver", "liver", 30),
        candidate("lung", "lung", 30),
        candidate("pleura", "pleura", 30),
        candidate("adrenal", "adrenal", 30),
        candidate("kidney", "kidney", 30),
        candidate("skin", "skin", 90),
        candidate("small", "spleen", 9),
        candidate("bone", "bone", 50),
    )
    assert found.targets == ("adrenal", "kidney", "liver", "lung", "pleura")  # equally large: by id
    assert {choice.lesion_id: (choice.rank, choice.reason) for choice in found.choices} == {
        "adrenal": (1, "Chosen as target 1: Adrenal gland, visceral, first of its organ group, 30.0 mm."),
        "kidney": (2, "Chosen as target 2: Kidney, visceral, first of its organ group, 30.0 mm."),
        "liver": (3, "Chosen as target 3: Liver, visceral, first of its organ group, 30.0 mm."),
        "lung": (4, "Chosen as target 4: Lung, visceral, first of its organ group, 30.0 mm."),
        "pleura": (5, "Chosen as target 5: Pleura, visceral, first of its organ group, 30.0 mm."),
        "bone": (
            None,
            "Not chosen: say whether this bone lesion has a soft-tissue component; "
            "without one it can only be non-target.",
        ),
        "skin": (None, "Not chosen: the 5 places went to lesions before it in the protocol's order."),
        "small": (
            None,
            "Not chosen: the longest diameter of 9.0 mm is below 10 mm: not measurable, it can only be non-target.",
        ),
    }


def test_a_recorded_reason_makes_a_lesion_eligible():
    assert proposed(candidate("a", "liver", 9)).targets == ()
    assert proposed(candidate("a", "liver", 9, override="the only lesion")).targets == ("a",)


def test_nothing_to_choose_from():
    assert proposed().targets == proposed().choices == ()


def test_what_is_refused():
    with pytest.raises(ProtocolError, match="Lesion id a appears twice"):
        proposed(candidate("a", "liver", 20), candidate("a", "lung", 20))
    with pytest.raises(ProtocolError, match="orders targets by 'nearest-first'; use: visceral-first"):
        proposed(protocol=ordered("nearest-first"))


LESIONS = st.lists(
    st.tuples(
        st.sampled_from([organ.code for organ in PROTOCOL.organs]),
        st.integers(5, 40),
        st.sampled_from([None, True, False]),
        st.sampled_from([None, True]),
        st.sampled_from(["target", "non-target"]),
        st.sampled_from(["", "a reason"]),
    ),
    max_size=14,
).map(
    lambda rows: [
        candidate(f"L{n}", organ, longest, longest * 0.8, soft_tissue=soft, cystic=cystic, kind=kind, override=why)
        for n, (organ, longest, soft, cystic, kind, why) in enumerate(rows)
    ]
)


@given(LESIONS, st.randoms(use_true_random=False))
def test_constraints_always_hold(candidates, shuffler):
    found = propose_targets(candidates, THIN, PROTOCOL)
    groups = [
        PROTOCOL.organ(c.lesion.organ).group for name in found.targets for c in candidates if c.lesion.lesion_id == name
    ]
    assert len(found.targets) <= 5
    assert all(groups.count(group) <= 2 for group in groups)
    assert sorted(choice.lesion_id for choice in found.choices) == sorted(c.lesion.lesion_id for c in candidates)
    assert [choice.lesion_id for choice in found.choices if choice.chosen] == list(found.targets)
    assert [choice.rank for choice in found.choices if choice.chosen] == list(range(1, len(found.targets) + 1))
    assert all(choice.reason.startswith(("Chosen as", "Not chosen: ")) for choice in found.choices)
    shuffled = list(candidates)
    shuffler.shuffle(shuffled)
    assert propose_targets(shuffled, THIN, PROTOCOL) == found


@given(LESIONS)
def test_no_place_is_left_that_a_lesion_could_fill(candidates):
    found = propose_targets(candidates, THIN, PROTOCOL)
    for choice in found.choices[len(found.targets) :]:
        alone = propose_targets([c for c in candidates if c.lesion.lesion_id == choice.lesion_id], THIN, PROTOCOL)
        if alone.targets and len(found.targets) < 5:
            assert "of the same organ group" in choice.reason


@given(LESIONS)
def test_a_reader_who_follows_the_proposal_hears_nothing_of_the_choice(candidates):
    chosen = propose_targets(candidates, THIN, PROTOCOL).targets
    followed = [
        dataclasses.replace(
            c, lesion=dataclasses.replace(c.lesion, kind="target" if c.lesion.lesion_id in chosen else "non-target")
        )
        for c in candidates
    ]
    told = {finding.code for finding in check_targets(followed, THIN, PROTOCOL) if finding.lesion is None}
    if chosen and not any(c.lesion.override for c in candidates):
        assert told == set()
    elif not chosen:
        assert told == {"no-target"}


def checked(*candidates):
    return {finding.code: finding for finding in check_targets(candidates, THIN, PROTOCOL)}


def test_as_many_as_allowed_are_not_too_many():
    assert checked(candidate("a", "liver", 30), candidate("b", "liver", 30)) == {}
    assert checked(*(candidate(organ, organ, 30) for organ in ("liver", "lung", "pleura", "adrenal", "skin"))) == {}


def test_too_many_targets_are_told():
    organs = ["liver", "lung", "pleura", "adrenal", "kidney", "skin"]
    found = checked(*(candidate(organ, organ, 30) for organ in organs))
    assert set(found) == {"too-many-targets", "target-order"}
    assert found["too-many-targets"].severity == "warning"
    assert "6 target lesions are chosen, more than 5" in found["too-many-targets"].message
    kept = checked(*(candidate(organ, organ, 30, override="why" if organ == "skin" else "") for organ in organs))
    assert kept["too-many-targets"].severity == "info"


def test_too_many_in_an_organ_are_told():
    found = checked(
        candidate("n1", "node-axillary", 30, 20),
        candidate("n2", "node-mediastinal", 30, 20),
        candidate("n3", "node-abdominal", 30, 20),
    )
    assert found["too-many-in-organ"].message == (
        "3 targets lie in one organ group (lymph-node: n1, n2, n3), more than 2."
    )


def test_another_choice_than_the_protocols_is_told():
    found = checked(candidate("a", "liver", 40, kind="non-target"), candidate("b", "skin", 20))
    assert list(found) == ["target-order"]
    assert found["target-order"].severity == "info"
    assert found["target-order"].message == "The protocol's order would choose a, b as targets."


def test_no_target_is_told():
    assert list(checked(candidate("a", "liver", 40, kind="non-target"))) == ["no-target"]
    assert list(checked()) == ["no-target"]


def test_what_holds_for_the_case_is_told_once():
    candidates = [candidate("a", "liver", 40), candidate("b", "lung", 40)]
    found = check_targets(candidates, Acquisition(), PROTOCOL)
    assert [finding.code for finding in found] == ["slice-thickness-unknown"]


def test_the_sum_takes_short_axes_of_nodes_and_targets_only():
    total = sum_of_diameters(
        [
            candidate("a", "liver", 40, 30),
            candidate("n", "node-axillary", 33, 18),
            candidate("x", "lung", 50, kind="non-target"),
        ],
        PROTOCOL,
    )
    assert total == 58.0
    assert sum_of_diameters([], PROTOCOL) == 0.0
