"""Until both reads are locked, nobody is shown what another drew."""

import json

import pytest

import sample_case
from ABCImmunoResponseLib.errors import StateError
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from sample_case import LESIONS

SECRETS = ("a1", "a2", "segment VIII", "left upper lobe", "b1", "b2", "b3", "liver", "lung", "breast")


@pytest.fixture
def half_read(sample):
    """Lee has locked, kim has saved."""
    folder = sample("created")
    folder.save_read("lee", LESIONS["lee"], sample_case.masks("lee"))
    folder.save_read("kim", LESIONS["kim"], sample_case.masks("kim"))
    folder.lock_read("lee")
    return CaseFolder.open(folder.path)


def test_each_reader_sees_the_own_read_only(half_read):
    assert list(half_read.segments("lee", viewer="lee")) == ["a1", "a2"]
    assert list(half_read.segments("kim", viewer="KIM")) == ["b1", "b2", "b3"]
    for reader, viewer in (("lee", "kim"), ("kim", "lee"), ("lee", "Dr Senior"), ("kim", "")):
        with pytest.raises(StateError, match="before both reads are locked"):
            half_read.segments(reader, viewer=viewer)


def test_the_other_read_shows_only_that_it_exists(half_read):
    lee, kim = half_read.reads_for("kim")
    assert (lee.reader, lee.role, lee.locked, lee.hidden) == ("lee", "A", True, True)
    assert (lee.lesions, lee.findings, dict(lee.measurements), dict(lee.assessments)) == ((), (), {}, {})
    assert not kim.hidden
    assert kim.lesions == LESIONS["kim"]


def test_nobody_in_particular_sees_no_read(half_read):
    assert all(read.hidden for read in half_read.reads_for())


def test_the_description_holds_nothing_of_a_hidden_read(half_read):
    said = json.dumps(half_read.describe())
    assert not [secret for secret in SECRETS if f'"{secret}"' in said]
    said = json.dumps(half_read.describe("lee"))
    assert [secret for secret in SECRETS if f'"{secret}"' in said] == [
        "a1",
        "a2",
        "segment VIII",
        "left upper lobe",
        "liver",
        "lung",
    ]


def test_case_json_and_the_audit_log_hold_nothing_of_an_unlocked_read(half_read):
    for name in ("case.json", "audit.jsonl"):
        lines = (half_read.path / name).read_text(encoding="utf-8")
        if name == "case.json":
            value = json.loads(lines)
            del value["protocol"]  # which lists every organ
            lines = json.dumps(value)
        assert not [secret for secret in SECRETS if f'"{secret}"' in lines]


def test_all_is_open_once_both_are_locked(half_read):
    half_read.lock_read("kim")
    assert not any(read.hidden for read in half_read.reads_for())
    assert list(half_read.segments("lee", viewer="kim")) == ["a1", "a2"]


def test_clinical_values_and_scores_wait_for_both_locks(half_read):
    with pytest.raises(StateError, match="must be locked first"):
        half_read.set_clinical(sample_case.CLINICAL, "clerk")
    with pytest.raises(StateError, match="must be signed first"):
        half_read.record_score(sample_case.FEATURES, sample_case.result(), "clerk")
