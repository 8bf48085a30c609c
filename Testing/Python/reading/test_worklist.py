"""The list of cases: where each stands, for whom; fast, and silent on what may not be seen."""

import json
import shutil
import time

import pytest

import sample_case
from ABCImmunoResponseLib.errors import CaseFolderError
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.reading.states import STATES
from ABCImmunoResponseLib.reading.worklist import WORK_FILTERS, filtered, worklist
from broken_disk import Crash, broken_disk
from sample_case import LESIONS, SENIOR


@pytest.fixture
def cases(sample_folders, tmp_path):
    """A reading folder with a case in each state, named by it."""
    top = tmp_path / "reading folder"
    for state in STATES:
        shutil.copytree(sample_folders[state], top / state)
    return top


def by_folder(items):
    return {item.directory.name: item for item in items}


def test_each_case_says_where_it_stands(cases):
    found = by_folder(worklist(cases, SENIOR))
    assert {name: item.state for name, item in found.items()} == {state: state for state in STATES}
    for name, item in found.items():
        folder = CaseFolder.open(cases / name)
        assert item.case_id == folder.case_id
        assert item.readers == tuple((read.reader, read.role, read.locked) for read in folder.reads)
        assert item.problem == ""


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("created", "Two readers to read it."),
        ("locked", "Both reads are locked: to be compared, by anybody."),
        ("reconciled", "The readers' differences are to be settled, by someone who is neither lee nor kim."),
        ("adjudicated", "The consensus is to be signed, by someone who is neither lee nor kim."),
        ("signed", "The consensus is signed: to be scored, by anybody."),
        ("scored", "Scored: the report is to be written, by anybody."),
        ("reported", "Reported: nothing is left to do."),
    ],
)
def test_what_is_next_and_by_whom(cases, state, told):
    assert by_folder(worklist(cases, "lee"))[state].next == told


def test_what_is_next_while_reading(sample):
    folder = sample("created")

    def told():
        [item] = worklist(folder.path.parent, "lee")
        return item.next

    folder.save_read("lee", LESIONS["lee"], sample_case.masks("lee"))
    assert told() == "Lee is to lock the read; one reader other than lee to read it."
    folder.lock_read("lee")
    assert told() == "One reader other than lee to read it."
    folder.save_read("kim", LESIONS["kim"], sample_case.masks("kim"))
    assert told() == "Kim is to lock the read."


def marks(path, person):
    [item] = worklist(path.parent, person)
    return item.mine, item.to_adjudicate


def test_whose_turn_it_is(sample):
    folder = sample("created")
    assert marks(folder.path, "lee") == (True, False)
    folder.save_read("lee", LESIONS["lee"], sample_case.masks("lee"))
    assert [marks(folder.path, who)[0] for who in ("lee", "LEE", "kim", SENIOR)] == [True] * 4
    folder.save_read("kim", LESIONS["kim"], sample_case.masks("kim"))
    folder.lock_read("lee")
    assert [marks(folder.path, who)[0] for who in ("lee", "kim", "park")] == [False, True, False]
    assert marks(folder.path, "park") == (False, False)
    folder.lock_read("kim")
    assert [marks(folder.path, who) for who in ("lee", "Kim", "park")] == [
        (False, False),
        (False, False),
        (False, True),
    ]
    sample_case.advance(folder, "adjudicated")
    assert marks(folder.path, "park") == (False, True)
    folder.sign(SENIOR)
    assert marks(folder.path, "park") == (False, False)


def test_filters(cases):
    items = worklist(cases, SENIOR)
    assert [len(filtered(items, which)) for which in WORK_FILTERS] == [8, 2, 3, 1]
    assert {item.state for item in filtered(items, "to-adjudicate")} == {"locked", "reconciled", "adjudicated"}
    assert {item.state for item in filtered(items, "to-read")} == {"created", "reading"}
    assert [item.state for item in filtered(items, "to-score")] == ["signed"]
    with pytest.raises(CaseFolderError, match="no filter 'mine'; use one of: all, to-read"):
        filtered(items, "mine")


def test_a_read_that_is_open_shows_its_reader_and_no_more(sample):
    folder = sample("created")
    folder.save_read("lee", LESIONS["lee"], sample_case.masks("lee"))
    folder.lock_read("lee", "liver and lung")
    told = str([worklist(folder.path.parent, who) for who in ("kim", "lee", SENIOR)])
    assert not any(secret in told for secret in ("a1", "a2", "liver", "lung", "segment VIII"))


DAMAGE = {
    "empty": (b"", "is not valid JSON"),
    "cut": (b'{"schema": 1', "is not valid JSON"),
    "list": (b"[]", "is no case of schema 1"),
    "newer": (b'{"schema": 2}', "is no case of schema 1"),
    "lacking": (b'{"schema": 1, "case_id": "P1"}', "lacks the entry"),
    "deep": (b"[" * 100_000, "is not valid JSON"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_broken_case_is_listed_with_its_problem_and_the_others_stand(cases, kind):
    data, problem = DAMAGE[kind]
    (cases / "broken").mkdir()
    (cases / "broken" / "case.json").write_bytes(data)
    found = by_folder(worklist(cases, "lee"))
    assert len(found) == 9
    item = found["broken"]
    assert problem in item.problem
    assert "\n" not in item.problem
    assert (item.case_id, item.state, item.readers, item.mine, item.to_adjudicate) == ("broken", "", (), False, False)


def test_what_is_no_case_is_passed_over_and_what_was_one_is_not(cases, tmp_path):
    (cases / "notes").mkdir()
    (cases / "notes.txt").write_text("no folder")
    (cases / "signed" / "case.json").unlink()
    found = by_folder(worklist(cases, "lee"))
    assert set(found) == set(STATES)
    assert found["signed"].problem == "case.json is missing: restore the folder from a backup."


def test_a_creation_that_was_killed_is_told_until_it_is_completed(tmp_path):
    told = set()
    for access in range(40):
        top = tmp_path / str(access)
        top.mkdir()
        try:
            with broken_disk(top, kill_at=access):
                sample_case.create(top / "case")
        except Crash:
            items = worklist(top, "lee")
            told |= {item.problem for item in items}
            if items:
                CaseFolder.open(top / "case")
                assert [item.problem for item in worklist(top, "lee")] == [""]
    assert "case was being created when the work stopped: open it to complete it." in told


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CaseFolderError, match="cannot be read"):
        worklist(tmp_path / "absent", "lee")
    assert worklist(tmp_path, "lee") == ()


def test_cases_come_by_their_ids(tmp_path, sample_folders):
    template = json.loads((sample_folders["created"] / "case.json").read_text(encoding="utf-8"))
    for folder, case_id in (("x", "P2"), ("y", "p1"), ("z", "P3")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "case.json").write_text(json.dumps(template | {"case_id": case_id}), encoding="utf-8")
    assert [item.case_id for item in worklist(tmp_path, "lee")] == ["p1", "P2", "P3"]


def test_nothing_but_case_json_is_read(cases):
    for state in STATES:
        for file in (cases / state).rglob("*"):
            if file.is_file() and file.name != "case.json":
                file.unlink()
    assert all(item.problem == "" for item in worklist(cases, "lee"))


def test_a_thousand_cases_take_no_time_worth_waiting_for(sample_folders, tmp_path):
    for n in range(1000):
        (tmp_path / f"P{n:04d}").mkdir()
        shutil.copy(sample_folders["reported"] / "case.json", tmp_path / f"P{n:04d}")
    began = time.process_time()
    assert len(worklist(tmp_path, "lee")) == 1000
    assert time.process_time() - began < 2  # 0.1 s on the machine this was written on
