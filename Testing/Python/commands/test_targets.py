"""``targets``: RECIST's choice among lesions of known size, with its reasons."""

import json

import numpy as np
import pytest
import SimpleITK as sitk

from ABCImmunoResponseLib.protocol import load_protocol
from phantoms import box, grid, textured

# Boxes (start along i, j, k and size in voxels of 1 x 1 x 2 mm) on one CT, of an outline's diameter that can be told:
# the 0.5 iso-contour of a box of n pixels reaches from the middle of the first pixel beyond it to that of the last.
LESIONS = {
    "A": ("liver", (5, 5, 2), (30, 3, 3)),
    "B": ("liver", (5, 15, 2), (24, 3, 3)),
    "C": ("liver", (5, 25, 2), (20, 3, 3)),
    "D": ("lung", (5, 35, 2), (12, 3, 3)),
    "E": ("lung", (25, 35, 2), (6, 3, 3)),
    "F": ("node-axillary", (5, 45, 2), (30, 17, 3)),
    "G": ("node-other", (40, 45, 2), (20, 11, 3)),
    "H": ("node-other", (65, 45, 2), (20, 7, 3)),
    "I": ("bone", (5, 70, 2), (40, 3, 3)),
    "J": ("bone", (50, 70, 2), (25, 3, 3)),
    "K": ("breast", (5, 80, 2), (14, 3, 3)),
}
FACTS = {"J": {"soft_tissue": True}, "K": {"cystic": True}}


@pytest.fixture(scope="module")
def scan(tmp_path_factory):
    """A CT, a label map of the lesions and their list."""
    top = tmp_path_factory.mktemp("scan")
    ct = textured(grid((96, 96, 10), (1.0, 1.0, 2.0)))
    boxes = [sitk.GetArrayFromImage(box(ct, start, size)) for _, start, size in LESIONS.values()]
    labels = sum(label * voxels for label, voxels in enumerate(boxes, 1))
    mask = sitk.GetImageFromArray(labels.astype(np.uint8))
    mask.CopyInformation(ct)
    listed = [
        {"lesion_id": name, "segment": f"label-{label}", "organ": organ, **FACTS.get(name, {})}
        for label, (name, (organ, _, _)) in enumerate(LESIONS.items(), 1)
    ]
    sitk.WriteImage(ct, top / "ct.nrrd")
    sitk.WriteImage(mask, top / "mask.nrrd")
    (top / "lesions.json").write_text(json.dumps(listed))
    return top


def words(scan, *more):
    return ("targets", "--image", scan / "ct.nrrd", "--mask", scan / "mask.nrrd", *more)


@pytest.fixture
def found(run, scan):
    outcome = run(*words(scan, "--lesions", scan / "lesions.json", "--json"))
    assert outcome.code == 0, outcome.err
    return outcome.json()


def test_the_targets_are_recists(found):
    # At most five, at most two of an organ group (all nodes are one), the study's order: visceral first, then a first
    # of each organ, then the larger; the cystic one last. H is a normal node, I a bone lesion of which nobody said
    # that it has a soft-tissue component, E is shorter than 10 mm, G shorter than 15 mm across, C a third of the liver.
    assert found["targets"] == ["A", "D", "B", "J", "F"]
    assert {lesion["lesion"]: lesion["eligible"] for lesion in found["lesions"]} == {
        "A": "target", "B": "target", "C": "target", "D": "target", "E": "non-target", "F": "target",
        "G": "non-target", "H": "not-a-lesion", "I": "non-target", "J": "target", "K": "target",
    }  # fmt: skip


def test_sizes_are_those_of_the_boxes_and_nodes_count_their_short_axis(found):
    by_name = {lesion["lesion"]: lesion for lesion in found["lesions"]}
    longest = {name: by_name[name]["longest_diameter_mm"] for name in LESIONS}
    for name, (_, _, (i, j, _)) in LESIONS.items():
        assert longest[name] == pytest.approx(max(np.hypot(i, j - 1), np.hypot(i - 1, j)))
        node = name in "FGH"
        assert by_name[name]["diameter_mm"] == by_name[name]["short_axis_mm" if node else "longest_diameter_mm"]
    assert found["sum_mm"] == pytest.approx(sum(by_name[name]["diameter_mm"] for name in "ADBJF"))


def test_every_lesion_has_its_reason(found):
    reasons = {lesion["lesion"]: lesion["reason"] for lesion in found["lesions"]}
    assert reasons["A"] == "Chosen as target 1: Liver, visceral, first of its organ group, 30.1 mm."
    assert reasons["C"] == "Not chosen: A, B of the same organ group (liver) come before it."
    assert reasons["E"].startswith("Not chosen: the longest diameter of")
    assert "normal node is no lesion" in reasons["H"]
    assert "soft-tissue component" in reasons["I"]
    assert reasons["K"] == "Not chosen: the 5 places went to lesions before it in the protocol's order."
    assert [lesion["target"] for lesion in found["lesions"]] == [1, 2, 3, 4, 5] + [None] * 6


def test_the_slice_thickness_that_nobody_knows_is_told_once(found):
    assert [finding["code"] for finding in found["findings"]].count("slice-thickness-unknown") == 1


def test_as_text(run, scan):
    outcome = run(*words(scan, "--lesion", "Liver1@label-1=liver:segment VIII", "--lesion", "Lung@label-5=lung"))
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    assert lines[0].split() == ["target", "lesion", "organ", "diameter", "mm"]
    assert lines[2].split() == ["1", "Liver1", "liver", "30.07"]
    assert lines[3].split() == ["-", "Lung", "lung", "6.32"]
    assert "sum of diameters: 30.1 mm" in lines
    assert any(line.startswith("Lung: Not chosen: the longest diameter of 6.3 mm is below 10 mm") for line in lines)


def test_the_protocol_of_a_study_counts(run, scan, tmp_path, root):
    path = root / "ABCImmunoResponse/Resources/Protocols/recist-1.1.json"
    protocol = json.loads(path.read_text(encoding="utf-8"))
    protocol["selection"] |= {"targets_max": 2, "targets_per_organ_max": 1}
    protocol["name"] = "two-targets"
    (tmp_path / "own.json").write_text(json.dumps(protocol))
    outcome = run(*words(scan, "--lesions", scan / "lesions.json", "--protocol", tmp_path / "own.json", "--json"))
    assert outcome.json()["targets"] == ["A", "D"]
    assert load_protocol().selection["targets_max"] == 5


@pytest.mark.parametrize(
    ("lesions", "message"),
    [
        (("L1@label-1=heart",), "'heart' is not an organ"),
        (("L1@label-99=liver",), "label-99"),
        (("L1=liver",), "no segment 'L1'"),
        (("L1@label-1",), "is not ID"),
        (("L1@label-1=liver", "L1@label-2=liver"), "Two lesions are named L1"),
        (("L1@label-1=",), "has no organ"),
    ],
)
def test_what_is_refused(run, scan, lesions, message):
    outcome = run(*words(scan, *(word for lesion in lesions for word in ("--lesion", lesion))))
    assert outcome.code == 1
    assert message in outcome.err
    assert outcome.err.count("\n") == 1
    assert outcome.out == ""
