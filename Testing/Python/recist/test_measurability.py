"""Measurability: every rule of RECIST 1.1 at and beside its limit."""

import pytest

from ABCImmunoResponseLib.case import Acquisition, Lesion
from ABCImmunoResponseLib.errors import CaseFolderError, ProtocolError
from ABCImmunoResponseLib.protocol import load_protocol
from ABCImmunoResponseLib.recist.diameters import Measurement
from ABCImmunoResponseLib.recist.measurability import assess

PROTOCOL = load_protocol()
THIN = Acquisition(slice_thickness_mm=1.25)
NOWHERE = ((0.0, 0.0, 0.0),) * 2


def size(longest, short=None):
    return Measurement(longest, longest if short is None else short, 1.0, 0, NOWHERE, NOWHERE, 27)


def assessed(organ="liver", longest=20.0, short=None, acquisition=THIN, **facts):
    return assess(Lesion("L1", organ, **facts), size(longest, short), acquisition, PROTOCOL)


def codes(assessment):
    return {finding.code: finding.severity for finding in assessment.findings}


@pytest.mark.parametrize(
    ("longest", "thickness", "eligible"),
    [
        (10.0, 1.25, "target"),
        (9.99, 1.25, "non-target"),
        (10.0, 5.0, "target"),  # the doubled limit begins above 5 mm
        (13.9, 7.0, "non-target"),
        (14.0, 7.0, "target"),
        (19.9, 10.0, "non-target"),
        (20.0, 10.0, "target"),
    ],
)
def test_longest_diameter_against_slice_thickness(longest, thickness, eligible):
    found = assessed(longest=longest, acquisition=Acquisition(slice_thickness_mm=thickness))
    assert found.eligible == eligible
    assert found.diameter_mm == longest
    assert codes(found) == ({} if eligible == "target" else {"too-small": "warning"})


@pytest.mark.parametrize(
    ("short", "thickness", "eligible", "code"),
    [
        (15.0, 1.25, "target", None),
        (14.9, 1.25, "non-target", "node-too-small"),
        (10.0, 1.25, "non-target", "node-too-small"),
        (9.9, 1.25, "not-a-lesion", "node-normal"),
        (15.9, 8.0, "non-target", "node-too-small"),
        (16.0, 8.0, "target", None),
    ],
)
def test_nodes_go_by_their_short_axis(short, thickness, eligible, code):
    found = assessed("node-axillary", 40.0, short, Acquisition(slice_thickness_mm=thickness))
    assert found.eligible == eligible
    assert found.diameter_mm == short
    assert list(codes(found)) == ([code] if code else [])


def test_a_small_node_is_judged_by_the_node_rule_alone():
    assert list(codes(assessed("node-axillary", 9.0, 8.0))) == ["node-normal"]


@pytest.mark.parametrize(
    ("soft_tissue", "eligible", "code"),
    [
        (True, "target", None),
        (False, "non-target", "bone-without-soft-tissue"),
        (None, "non-target", "bone-soft-tissue-unknown"),
    ],
)
def test_bone_needs_a_soft_tissue_component(soft_tissue, eligible, code):
    found = assessed("bone", soft_tissue=soft_tissue)
    assert found.eligible == eligible
    assert list(codes(found)) == ([code] if code else [])


def test_an_irradiated_lesion_is_no_target():
    found = assessed(irradiated=True)
    assert (found.eligible, codes(found)) == ("non-target", {"irradiated": "warning"})
    assert assessed(irradiated=False).eligible == "target"


def test_a_cystic_lesion_may_be_a_target_and_says_so():
    found = assessed(cystic=True)
    assert (found.eligible, codes(found), found.against) == ("target", {"cystic": "info"}, "")


def test_findings_name_the_lesion_and_the_numbers():
    (finding,) = assessed(longest=11.0, acquisition=Acquisition(slice_thickness_mm=6.0)).findings
    assert finding.lesion == "L1"
    assert "11.0 mm" in finding.message
    assert "12 mm (2 times the slice thickness of 6 mm)" in finding.message


def test_a_finding_that_agrees_with_the_reader_only_informs():
    assert codes(assessed(longest=8.0, kind="non-target")) == {"too-small": "info"}
    assert codes(assessed("node-axillary", 20.0, 12.0, kind="non-target")) == {"node-too-small": "info"}
    assert codes(assessed("node-axillary", 20.0, 8.0, kind="non-target")) == {"node-normal": "warning"}


def test_a_recorded_reason_keeps_the_finding_and_the_lesion():
    found = assessed(longest=9.0, override="only lesion, measured twice")
    assert found.eligible == "target"
    assert codes(found) == {"too-small": "info"}
    assert found.findings[0].message.endswith("Kept by the reader: only lesion, measured twice")
    kept = assessed("node-axillary", 20.0, 8.0, kind="non-target", override="new since last CT")
    assert kept.eligible == "non-target"  # a reason makes it no more than the reader calls it


def test_several_rules_can_object():
    found = assessed("bone", 8.0, soft_tissue=False, irradiated=True)
    assert list(codes(found)) == ["too-small", "bone-without-soft-tissue", "irradiated"]
    assert found.against == found.findings[0].message
    assert assessed(longest=8.0, cystic=True).eligible == "non-target"  # the strictest rule counts
    normal = assessed("node-axillary", 30.0, 8.0, irradiated=True)
    assert (normal.eligible, normal.against) == ("not-a-lesion", normal.findings[0].message)


def test_unknown_slice_thickness_is_told():
    nothing = assessed(acquisition=Acquisition())
    assert codes(nothing) == {"slice-thickness-unknown": "warning"}
    assert nothing.findings[0].lesion is None
    spaced = assessed(longest=13.0, acquisition=Acquisition(spacing_mm=(0.7, 0.7, 7.0)))
    assert codes(spaced) == {"too-small": "warning", "slice-thickness-unknown": "info"}
    assert assessed(longest=13.0, acquisition=Acquisition(spacing_mm=(0.7, 0.7, 5.0))).eligible == "target"


def test_an_unknown_organ_is_refused():
    with pytest.raises(ProtocolError, match="'heart' is not an organ"):
        assessed("heart")


@pytest.mark.parametrize("name", ["soft_tissue", "cystic", "irradiated"])
@pytest.mark.parametrize("value", ["yes", 1, 0.0])
def test_what_only_a_reader_can_say_is_true_false_or_unknown(name, value):
    with pytest.raises(CaseFolderError, match=f"Lesion L1: {name} must be true, false or null"):
        Lesion("L1", "bone", **{name: value})
