"""Until both reads are locked, nobody is shown what another drew."""

import json
import re

import pytest

import sample_case
from ABCImmunoResponseLib.errors import StateError
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from sample_case import LESIONS

STATEMENT = "breast and liver read on two screens"
SECRETS = (STATEMENT, "a1", "a2", "segment VIII", "left upper lobe", "b1", "b2", "b3", "liver", "lung", "breast")


@pytest.fixture
def half_read(sample):
    """Lee has locked, kim has saved."""
    folder = sample("created")
    folder.save_read("lee", LESIONS["lee"], sample_case.masks("lee"))
    folder.save_read("kim", LESIONS["kim"], sample_case.masks("kim"))
    folder.lock_read("lee", STATEMENT)
    return CaseFolder.open(folder.path)


def test_each_reader_sees_the_own_read_only(half_read):
    assert list(half_read.segments_for("lee", "lee")) == ["a1", "a2"]
    assert list(half_read.segments_for("kim", "KIM")) == ["b1", "b2", "b3"]
    for reader, viewer in (("lee", "kim"), ("kim", "lee"), ("lee", "Dr Senior"), ("kim", ""), ("lee", None)):
        with pytest.raises(StateError, match="before both reads are locked"):
            half_read.segments_for(reader, viewer)


def test_the_other_read_shows_only_that_it_exists(half_read):
    lee, kim = half_read.reads_for("kim")
    assert (lee.reader, lee.role, lee.locked, lee.hidden) == ("lee", "A", True, True)
    assert (lee.lesions, lee.findings, dict(lee.measurements), dict(lee.assessments)) == ((), (), {}, {})
    assert lee.signature.statement == ""
    assert not kim.hidden
    assert kim.lesions == LESIONS["kim"]


def test_nobody_in_particular_sees_no_read(half_read):
    assert all(read.hidden for read in half_read.reads_for())


def found(text):
    """Return the secrets that appear anywhere in a text, whatever is around them."""
    return {secret for secret in SECRETS if re.search(rf"(?<![0-9a-z]){re.escape(secret)}(?![0-9a-z])", text)}


def shown(folder, viewer):
    """Return all that a viewer is shown of a case, but for the protocol, which lists every organ."""
    folder = CaseFolder.open(folder.path)
    case = json.loads((folder.path / "case.json").read_text(encoding="utf-8"))
    del case["protocol"]
    return json.dumps([folder.describe(viewer), case]) + (folder.path / "audit.jsonl").read_text(encoding="utf-8")


def test_nothing_shown_holds_anything_of_a_hidden_read(half_read):
    assert found(shown(half_read, None)) == found(shown(half_read, "Dr Senior")) == set()
    assert found(shown(half_read, "kim")) == {"b1", "b2", "b3", "liver", "lung", "breast"}
    assert found(shown(half_read, "lee")) == set(SECRETS) - {"b1", "b2", "b3"}


def test_a_statement_is_kept_with_its_read_and_stays_out_of_the_log_for_good(half_read):
    half_read.lock_read("kim")
    folder = CaseFolder.open(half_read.path)
    assert [read.signature.statement for read in folder.reads_for()] == [STATEMENT, ""]
    assert json.loads((folder.path / "reads/lee.json").read_text(encoding="utf-8"))["statement"] == STATEMENT
    assert [line.details["with_statement"] for line in folder.audit() if line.action == "lock-read"] == [True, False]
    for name in ("case.json", "audit.jsonl"):
        assert STATEMENT not in (folder.path / name).read_text(encoding="utf-8")


def test_all_is_open_once_both_are_locked(half_read):
    half_read.lock_read("kim")
    assert not any(read.hidden for read in half_read.reads_for())
    assert list(half_read.segments_for("lee", "kim")) == ["a1", "a2"]


def test_clinical_values_and_scores_wait_for_both_locks(half_read):
    with pytest.raises(StateError, match="must be locked first"):
        half_read.set_clinical(sample_case.CLINICAL, "clerk")
    with pytest.raises(StateError, match="must be signed first"):
        half_read.record_score(sample_case.FEATURES, sample_case.result(), "clerk")
