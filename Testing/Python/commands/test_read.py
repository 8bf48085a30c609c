"""Which segments of a file become a reader's lesions, and under which names."""

import json

import pytest

from ABCImmunoResponseLib.imaging.seg_nrrd import read_seg_nrrd, write_seg_nrrd
from ABCImmunoResponseLib.reading.case_folder import CaseFolder


@pytest.fixture
def named(patient, tmp_path):
    """The patient's first read with names as people give them."""
    first, second, third = read_seg_nrrd(patient / "reader-a.seg.nrrd")
    segments = {"Liver met 1": first.image, "lung, left": second.image, "scratch=1": third.image}
    write_seg_nrrd(tmp_path / "named.seg.nrrd", segments)
    return tmp_path / "named.seg.nrrd"


def _lesions(case):
    [read] = CaseFolder.open(case).reads
    return [(lesion.lesion_id, lesion.organ, lesion.site) for lesion in read.lesions]


def test_a_lesion_may_have_another_id_than_its_segment(run, at, named):
    case = at("created")
    words = ("--lesion", "L1@Liver met 1=liver:size=2 cm: hilar", "--lesion", "L2@lung, left=lung")
    outcome = run("case", "read", case, "--reader", "lee", "--mask", named, *words, "--json")
    assert outcome.code == 0, outcome.err
    assert _lesions(case) == [("L1", "liver", "size=2 cm: hilar"), ("L2", "lung", "")]
    assert outcome.json()["state"] == "reading"
    assert set(CaseFolder.open(case).segments("lee")) == {"L1", "L2"}


def test_the_same_as_a_list(run, at, named, tmp_path):
    case = at("created")
    listed = [
        {"lesion_id": "L1", "segment": "Liver met 1", "organ": "liver", "site": "hilar"},
        {"lesion_id": "L3", "segment": "scratch=1", "organ": "node-abdominal", "kind": "non-target"},
    ]
    (tmp_path / "lesions.json").write_text(json.dumps(listed))
    words = ("--reader", "lee", "--mask", named, "--lesions", tmp_path / "lesions.json")
    assert run("case", "read", case, *words).code == 0
    assert _lesions(case) == [("L1", "liver", "hilar"), ("L3", "node-abdominal", "")]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--lesion", "L1@Liver met 2=liver"), "no segment 'Liver met 2'; it holds: 'Liver met 1'"),
        (("--lesion", "L1@Liver met 1=liver", "--lesion", "L1@lung, left=lung"), "several segments of the name L1"),
        (("--lesion", "Liver met 1=liver"), "Lesion id 'Liver met 1' cannot be used"),
    ],
)
def test_what_does_not_fit_is_refused(run, at, named, words, message):
    outcome = run("case", "read", at("created"), "--reader", "lee", "--mask", named, *words)
    assert outcome.code == 1
    assert message in outcome.err


def test_a_segment_of_no_mask(run, at):
    words = ("P1", "--choice", "A", "--by", "senior", "--reason", "x", "--segment", "T1")
    outcome = run("case", "adjudicate", at("reconciled"), *words)
    assert outcome.code == 1
    assert "--mask, which was not given" in outcome.err


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("read-a", ("lock", "--reader", "reader-a")),
        ("locked", ("reconcile",)),
        ("adjudicated", ("sign", "--by", "senior")),
        ("reported", ("verify",)),
        ("reported", ("show",)),
        ("reported", ("reopen", "--to", "scored", "--by", "senior", "--reason", "x")),
    ],
)
def test_every_step_answers_a_program(run, at, state, words):
    outcome = run("case", words[0], at(state), *words[1:], "--json")
    assert outcome.code == 0, outcome.err
    assert isinstance(outcome.json(), (dict, list))
