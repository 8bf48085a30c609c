"""A read that is withdrawn: audited, kept aside, its role free; never one that is locked."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import sample_case
from ABCImmunoResponseLib.errors import CaseFolderError, StateError
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.reading.contents import parse
from broken_disk import Crash, broken_disk
from sample_case import LESIONS, SENIOR, refused, snapshot


@pytest.fixture
def both(sample):
    """Lee and kim have saved."""
    folder = sample("created")
    for reader in ("lee", "kim"):
        folder.save_read(reader, LESIONS[reader], sample_case.masks(reader))
    return folder


def readers(folder):
    return [(read.reader, read.role, read.locked) for read in CaseFolder.open(folder.path).reads]


def test_it_leaves_the_record_and_is_kept_aside(both):
    before = snapshot(both.path)
    both.withdraw_read("lee", SENIOR, "lee is on leave")
    assert readers(both) == [("kim", "B", False)]
    assert both.state == CaseFolder.open(both.path).state == "reading"
    line = both.audit()[-1]
    assert (line.action, line.actor, line.state) == ("withdraw-read", SENIOR, "reading")
    assert line.details == {"reader": "lee", "role": "A", "reason": "lee is on leave"}
    after = snapshot(both.path)
    for name in ("reads/lee.json", "reads/lee.seg.nrrd"):
        assert name not in after
        assert after[f"superseded/{line.number:04d}/{name}"] == before[name]
    for name in ("reads/kim.json", "reads/kim.seg.nrrd", "image.nrrd"):
        assert after[name] == before[name]


def test_the_last_read_leaves_a_case_as_created(sample):
    folder = sample("created")
    folder.save_read("lee", LESIONS["lee"], sample_case.masks("lee"))
    folder.withdraw_read("lee", "lee", "begun under the wrong name")
    assert CaseFolder.open(folder.path).state == folder.state == "created"
    assert folder.reads == ()
    sample_case.advance(folder, "reported")
    folder.verify()


def test_the_next_reader_takes_the_free_role_and_the_case_goes_on(both):
    both.lock_read("kim", "read alone")
    both.withdraw_read("lee", "clerk", "on leave")
    assert readers(both) == [("kim", "B", True)]
    both.save_read("park", LESIONS["lee"], sample_case.masks("lee"))
    assert readers(both) == [("park", "A", False), ("kim", "B", True)]
    refused(both, StateError, "it is read by park and kim", lambda: both.save_read("lee", LESIONS["lee"], {}))
    both.lock_read("park")
    assert both.state == "locked"
    [first, *_] = both.reconcile("clerk")
    assert (first.a, first.b) == ("a1", "b1")
    assert [read["role"] for read in both.describe()["reads"]] == ["A", "B"]
    for pair, choice in (("P2", "A"), ("P3", "drop")):
        both.adjudicate(pair, choice, SENIOR, "seen with both")
    assert [len(mask) for mask in (both.segments("park"), both.segments("kim"))] == [2, 3]
    both.sign(SENIOR)
    both.record_score(sample_case.features(both), sample_case.result(), "clerk", clinical=sample_case.CLINICAL)
    both.record_report(sample_case.REPORT, "clerk")
    assert CaseFolder.open(both.path).state == "reported"


def test_a_withdrawn_reader_may_read_again_in_the_role_that_is_free(both):
    both.withdraw_read("kim", "clerk", "a mistake")
    both.save_read("kim", LESIONS["kim"], sample_case.masks("kim"))
    assert readers(both) == [("lee", "A", False), ("kim", "B", False)]
    both.withdraw_read("lee", "clerk", "a mistake")
    both.withdraw_read("kim", "clerk", "a mistake")
    both.save_read("kim", LESIONS["kim"], sample_case.masks("kim"))
    assert readers(both) == [("kim", "A", False)]
    both.verify()


def test_saving_anew_keeps_the_order_of_the_roles(both):
    both.withdraw_read("lee", "clerk", "on leave")
    both.save_read("park", LESIONS["lee"], sample_case.masks("lee"))
    both.save_read("kim", LESIONS["kim"][:2], {k: v for k, v in sample_case.masks("kim").items() if k != "b3"})
    assert readers(both) == [("park", "A", False), ("kim", "B", False)]


@pytest.mark.parametrize("other_locks", [True, False])
def test_a_locked_read_stays(both, other_locks):
    both.lock_read("lee")
    if other_locks:
        both.lock_read("kim")
    message = "lee's read is locked .* what was signed stays; start a new case"
    refused(both, StateError, message, lambda: both.withdraw_read("lee", SENIOR, "please"))


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        (("park", SENIOR, "x"), StateError, "park has saved no read"),
        (("Lee", SENIOR, "x"), CaseFolderError, "only in case: use 'lee'"),
        (("../lee", SENIOR, "x"), CaseFolderError, "Reader '../lee' cannot be used"),
        (("lee", "", "x"), CaseFolderError, "The person who acts must be named"),
        (("lee", SENIOR, " "), CaseFolderError, "The reason is missing"),
        (("lee", SENIOR, "a\x1bb"), CaseFolderError, "The reason must be"),
    ],
)
def test_what_is_refused(both, words, error, message):
    refused(both, error, message, lambda: both.withdraw_read(*words))


def test_nothing_of_a_withdrawn_read_is_shown(both):
    both.withdraw_read("lee", SENIOR, "on leave")
    for viewer in ("kim", None, SENIOR, "lee"):
        told = json.dumps(CaseFolder.open(both.path).describe(viewer))
        assert not any(secret in told for secret in ("segment VIII", "left upper lobe", '"a1"', "lee"))
    refused(both, StateError, "lee has saved no read", lambda: both.segments("lee"))


@pytest.mark.parametrize("roles", ["A", "B", "AB"])
def test_roles_that_a_case_can_have(both, roles):
    record, json_files = both._store.record, both._store._json_files
    entries = [entry for entry in record.reads if entry.role in roles]
    files = {name: sha for name, sha in record.files.items() if name == "image.nrrd" or readers_of(name, entries)}
    parsed = parse(replace(record, reads=tuple(entries), files=files), json_files)
    assert "".join(read.role for read in parsed.reads) == roles
    swapped = tuple(replace(entry, role="BA"["AB".index(entry.role)]) for entry in record.reads)
    for impossible in (record.reads[::-1], swapped, (replace(record.reads[0], role="B"), record.reads[1])):
        with pytest.raises(CaseFolderError, match="readers must be A, then B"):
            parse(replace(record, reads=impossible), json_files)


def readers_of(name, entries):
    return any(name.startswith(f"reads/{entry.reader}.") for entry in entries)


def test_killed_at_every_access_the_read_is_there_or_withdrawn(both, tmp_path):
    old = snapshot(both.path)
    path = Path(shutil.copytree(both.path, tmp_path / "whole"))
    with broken_disk(path) as disk:
        CaseFolder.open(path).withdraw_read("lee", SENIOR, "on leave")
    new = sorted(snapshot(path))
    outcomes = []
    for access in range(disk.steps):
        path = Path(shutil.copytree(both.path, tmp_path / str(access)))
        victim = CaseFolder.open(path)
        with pytest.raises(Crash), broken_disk(path, kill_at=access):
            victim.withdraw_read("lee", SENIOR, "on leave")
        withdrawn = readers(CaseFolder.open(path)) == [("kim", "B", False)]
        assert sorted(snapshot(path)) == new if withdrawn else snapshot(path) == old
        outcomes.append(withdrawn)
    assert outcomes == sorted(outcomes)
    assert set(outcomes) == {False, True}


def test_a_full_disk_leaves_the_read(both, tmp_path):
    old = snapshot(both.path)
    refused_once = False
    for access in range(200):
        path = Path(shutil.copytree(both.path, tmp_path / str(access)))
        victim, refusal = CaseFolder.open(path), ""
        with broken_disk(path, fail_at=access) as disk:
            try:
                victim.withdraw_read("lee", SENIOR, "on leave")
            except CaseFolderError as error:
                refusal = str(error)
        if refusal:
            refused_once = True
            assert "No space left" in refusal
            if "open the folder again" not in refusal:
                assert snapshot(path) == old
        assert CaseFolder.open(path).state == "reading"
        if disk.steps <= access:
            break
    assert refused_once
