"""The live view of a read under way: every lesion has its row, however little is known of it."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sample_case
from ABCImmunoResponseLib.case import Acquisition, Lesion
from ABCImmunoResponseLib.protocol import load_protocol
from ABCImmunoResponseLib.reading.drafts import DraftLesion
from ABCImmunoResponseLib.reading.overview import overview
from ABCImmunoResponseLib.recist.diameters import Measurement

PROTOCOL = load_protocol()
ACQUISITION = Acquisition(slice_thickness_mm=1.25, spacing_mm=(0.8, 0.8, 1.25))


def size(longest, short=None):
    short = longest if short is None else short
    nowhere = ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    return Measurement(longest, short, 1000.0, 3, nowhere, nowhere, 500)


def see(lesions, measurements, acquisition=ACQUISITION):
    return overview(lesions, measurements, acquisition, PROTOCOL)


def test_what_is_missing_is_said():
    lesions = [DraftLesion("L1"), DraftLesion("L2", "liver"), DraftLesion("L3"), DraftLesion("L4", "heart")]
    found = see(lesions, {"L2": None, "L3": size(20.0, 12.0), "L4": size(30.0)})
    assert [(row.lesion_id, row.eligible, row.why_not) for row in found.rows] == [
        ("L1", "", "no outline yet"),
        ("L2", "", "no outline yet"),
        ("L3", "", "say the organ"),
        ("L4", "", "say the organ: 'heart' is none of the protocol's"),
    ]
    third = found.rows[2]
    assert (third.longest_diameter_mm, third.short_axis_mm, third.volume_mm3) == (20.0, 12.0, 1000.0)
    assert found.rows[0].longest_diameter_mm is None
    assert (found.sum_mm, found.proposal.targets, found.proposal.choices) == (0.0, (), ())
    assert not found.findings


def test_nothing_at_all_is_no_error():
    found = see([], {})
    assert (found.rows, found.sum_mm) == ((), 0.0)
    assert [finding.code for finding in found.findings] == ["no-target"]


def test_sizes_and_recist_as_one_draws():
    lesions = [
        DraftLesion("L1", "liver"),
        DraftLesion("L2", "lung"),
        DraftLesion("L3", "node-axillary"),
        DraftLesion("L4", "node-other", kind="non-target"),
        DraftLesion("L5", "bone"),
        DraftLesion("L6", "bone", soft_tissue=True),
    ]
    sizes = {
        "L1": size(31.0), "L2": size(8.0), "L3": size(25.0, 16.0), "L4": size(20.0, 9.0), "L5": size(40.0),
        "L6": size(22.0),
    }  # fmt: skip
    found = see(lesions, sizes)
    assert [(row.lesion_id, row.eligible) for row in found.rows] == [
        ("L1", "target"), ("L2", "non-target"), ("L3", "target"), ("L4", "not-a-lesion"), ("L5", "non-target"),
        ("L6", "target"),
    ]  # fmt: skip
    assert found.rows[0].why_not == ""
    assert found.rows[1].why_not.startswith("The longest diameter of 8.0 mm is below 10 mm")
    assert [finding.code for finding in found.rows[4].findings] == ["bone-soft-tissue-unknown"]
    assert all(finding.lesion == row.lesion_id for row in found.rows for finding in row.findings)
    assert found.sum_mm == pytest.approx(31.0 + 8.0 + 16.0 + 40.0 + 22.0)  # what the reader calls targets
    assert found.proposal.targets == ("L1", "L6", "L3")
    assert all(finding.lesion is None for finding in found.findings)


def test_findings_on_the_whole_read_are_told_once():
    lesions = [DraftLesion(f"L{n}", "liver") for n in range(1, 4)]
    found = see(lesions, {lesion.lesion_id: size(20.0 + n) for n, lesion in enumerate(lesions)}, Acquisition())
    assert [finding.code for finding in found.findings] == [
        "slice-thickness-unknown",
        "too-many-in-organ",
        "target-order",
    ]


def test_no_target_is_told_once_every_lesion_is_said_to_be_none():
    non_target = DraftLesion("L1", "liver", kind="non-target")
    assert "no-target" in [finding.code for finding in see([non_target], {"L1": size(20.0)}).findings]
    assert not see([DraftLesion("L1")], {}).findings


def test_two_lesions_of_one_id_are_both_shown():
    found = see([DraftLesion("L1", "liver"), DraftLesion("L1", "lung")], {"L1": size(20.0)})
    assert [row.why_not for row in found.rows] == ["", "another lesion has the same id"]
    assert found.sum_mm == 20.0


def test_a_complete_read_says_what_is_recorded_with_it(sample):
    folder = sample("reading")
    read = folder.reads[0]
    found = overview(read.lesions, read.measurements, folder.acquisition, folder.protocol)
    for row in found.rows:
        assert row.eligible == read.assessments[row.lesion_id].eligible
        assert row.longest_diameter_mm == read.measurements[row.lesion_id].longest_diameter_mm
        recorded = read.assessments[row.lesion_id].findings
        assert row.findings == tuple(finding for finding in recorded if finding.lesion)
    told = {finding for row in found.rows for finding in row.findings} | set(found.findings)
    assert {finding for finding in read.findings if finding.code in {one.code for one in told}} <= told


LESIONS = st.lists(
    st.builds(
        DraftLesion,
        lesion_id=st.sampled_from(["L1", "L2", "L3", "l3", "L4"]),
        organ=st.sampled_from(["", "liver", "lung", "bone", "node-other", "heart"]),
        kind=st.sampled_from(["target", "non-target"]),
        override=st.sampled_from(["", "seen to grow"]),
        soft_tissue=st.none() | st.booleans(),
        cystic=st.none() | st.booleans(),
        irradiated=st.none() | st.booleans(),
    ),
    max_size=6,
)
SIZES = st.dictionaries(
    st.sampled_from(["L1", "L2", "L3", "l3", "L4"]), st.none() | st.builds(size, st.floats(0.1, 90), st.floats(0.1, 90))
)


@given(LESIONS, SIZES, st.sampled_from([ACQUISITION, Acquisition(), sample_case.ACQUISITION]))
def test_no_read_is_refused(lesions, sizes, acquisition):
    found = see(lesions, sizes, acquisition)
    assert [row.lesion_id for row in found.rows] == [lesion.lesion_id for lesion in lesions]
    for row in found.rows:
        assert (row.longest_diameter_mm is None) == (sizes.get(row.lesion_id) is None)
        assert row.eligible or row.why_not
        assert row.eligible != "non-target" or row.why_not or row.findings
    assert set(found.proposal.targets) <= {row.lesion_id for row in found.rows if row.eligible == "target"}


@given(LESIONS, SIZES)
def test_a_draft_and_its_finished_lesions_look_the_same(lesions, sizes):
    lesions = [lesion for lesion in lesions if lesion.organ]
    finished = [Lesion(**dataclasses.asdict(lesion)) for lesion in lesions]
    assert see(lesions, sizes) == see(finished, sizes)
