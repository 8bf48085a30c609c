"""Opening a case folder says exactly what was changed behind its back."""

import json
import os
import re
import shutil

import pytest

import sample_case
from ABCImmunoResponseLib.errors import CaseFolderError, IntegrityError
from ABCImmunoResponseLib.files import sha256_file
from ABCImmunoResponseLib.reading.case_folder import CaseFolder

FILES = (
    "image.nrrd",
    "reads/lee.seg.nrrd",
    "reads/lee.json",
    "reads/kim.seg.nrrd",
    "reads/kim.json",
    "consensus.seg.nrrd",
    "consensus.json",
    "clinical.json",
    "features.csv",
    "result.json",
    "report.html",
)


def complaint(path):
    with pytest.raises(IntegrityError) as caught:
        CaseFolder.open(path)
    message = str(caught.value)
    assert "\n" not in message
    listed = re.fullmatch(r".* was changed behind its back: (.*)\. Restore the folder from a backup\.", message)
    return listed[1].split("; ")


def flip(path, position=None):
    data = bytearray(path.read_bytes())
    data[len(data) // 2 if position is None else position] ^= 1
    path.write_bytes(data)


def test_a_finished_case_holds_the_files_of_the_design_and_nothing_else(sample):
    folder = sample("reported")
    assert set(sample_case.snapshot(folder.path)) == {"case.json", "audit.jsonl", *FILES}
    assert folder.files == {name: sha256_file(folder.path / name) for name in FILES}


@pytest.mark.parametrize("name", FILES)
def test_a_changed_file_is_named_with_both_hashes(sample, name):
    path = sample("reported").path
    recorded = sha256_file(path / name)
    flip(path / name)
    found = sha256_file(path / name)
    assert complaint(path) == [f"{name} was changed (recorded sha256 {recorded[:8]}..., found {found[:8]}...)"]


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(sample, name):
    path = sample("reported").path
    (path / name).unlink()
    assert complaint(path) == [f"{name} is missing"]


@pytest.mark.parametrize("name", ["reads/x.json", "notes.txt", "reads/sub/y", ".hidden", "superseded/0009/result.json"])
def test_an_unknown_file_is_named(sample, name):
    path = sample("locked").path
    (path / name).parent.mkdir(parents=True, exist_ok=True)
    (path / name).write_text("{}")
    assert complaint(path) == [f"unknown file {name}"]


def test_a_hostile_file_name_does_not_break_the_line(sample):
    path = sample("created").path
    (path / "a\nb\x1b[31m\udcff").write_text("")
    assert complaint(path) == [r"unknown file a\nb\x1b[31m\udcff"]


@pytest.mark.parametrize("name", [".DS_Store", "Thumbs.db", "reads/desktop.ini", "._case.json"])
def test_what_file_managers_drop_is_no_change(sample, name):
    path = sample("locked").path
    (path / name).write_text("x")
    CaseFolder.open(path)


def test_everything_that_was_changed_is_listed(sample):
    path = sample("reported").path
    flip(path / "image.nrrd", -1)
    (path / "reads/lee.json").unlink()
    (path / "new.txt").write_text("")
    lines = (path / "audit.jsonl").read_bytes().splitlines(keepends=True)
    lines[6] = lines[6].replace(b"adjudicate", b"adjudicatE")
    (path / "audit.jsonl").write_bytes(b"".join(lines))
    listed = complaint(path)
    assert listed[0] == "audit line 7 was changed"
    assert listed[1].startswith("image.nrrd was changed (")
    assert listed[2:] == ["unknown file new.txt", "reads/lee.json is missing"]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_cut_audit_log_is_told_and_the_files_are_still_compared(sample, count):
    path = sample("reported").path
    lines = (path / "audit.jsonl").read_bytes().splitlines(keepends=True)
    (path / "audit.jsonl").write_bytes(b"".join(lines[:-count]))
    said = "the last audit line was removed" if count == 1 else f"the last {count} audit lines were removed"
    assert complaint(path) == [said]
    flip(path / "reads/lee.seg.nrrd")
    listed = complaint(path)
    assert listed[0] == said
    assert listed[1].startswith("reads/lee.seg.nrrd was changed")
    assert len(listed) == 2


def test_a_changed_value_of_case_json_is_told(sample):
    path = sample("signed").path
    text = (path / "case.json").read_text(encoding="utf-8")
    (path / "case.json").write_text(text.replace('"state": "signed"', '"state": "scored"'), encoding="utf-8")
    (said,) = complaint(path)
    assert said.startswith("case.json was changed (recorded sha256 ")


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"\xff\xfe", b"null", b'{"audit": 3}', b"[" * 99_999])
def test_a_broken_case_json_is_told_and_the_files_are_still_compared(sample, damage):
    path = sample("locked").path
    (path / "case.json").write_bytes(damage)
    flip(path / "reads/kim.json")
    listed = complaint(path)
    assert listed[0].startswith("case.json was changed")
    assert listed[1].startswith("reads/kim.json was changed")
    assert len(listed) == 2


def test_reformatting_case_json_is_a_change(sample):
    path = sample("locked").path
    (path / "case.json").write_text(json.dumps(json.loads((path / "case.json").read_text())))
    assert complaint(path) == ["case.json was changed (it is no longer as it was written)"]


def test_the_audit_head_in_case_json_is_held_too(sample):
    path = sample("locked").path
    value = json.loads((path / "case.json").read_text(encoding="utf-8"))
    value["audit"]["sha256"] = "0" * 64
    (path / "case.json").write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    assert complaint(path) == ["audit line 5 was replaced, or its hash in case.json was changed"]


def test_a_head_that_names_no_line_is_told(sample):
    path = sample("locked").path
    value = json.loads((path / "case.json").read_text(encoding="utf-8"))
    value["audit"]["count"] = 0
    (path / "case.json").write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (path / "audit.jsonl").write_bytes(b"")
    assert complaint(path) == ["case.json was changed (no audit line vouches for it)"]


def test_where_neither_case_json_nor_the_log_can_be_read_that_is_said(sample):
    path = sample("locked").path
    (path / "case.json").write_bytes(b"{")
    (path / "audit.jsonl").write_bytes(b"{}\n")
    assert complaint(path) == [
        "case.json was changed (it is no longer as it was written)",
        "audit line 1 was changed",
        "neither case.json nor the audit log tells any more what the other files were",
    ]


def test_case_json_or_the_log_missing_is_told(sample):
    path = sample("locked").path
    audit = (path / "audit.jsonl").read_bytes()
    (path / "audit.jsonl").unlink()
    assert complaint(path) == ["audit.jsonl is missing"]
    (path / "audit.jsonl").write_bytes(audit)
    (path / "case.json").unlink()
    assert complaint(path) == ["case.json is missing"]


def test_an_older_case_json_beside_the_newer_files_is_told(sample, sample_folders):
    path = sample("signed").path
    shutil.copy(sample_folders["locked"] / "case.json", path)
    listed = complaint(path)
    assert listed[0] == "audit lines were added after line 5, or case.json was put back to an older one"


def test_files_swapped_between_readers_are_told(sample):
    path = sample("locked").path
    one, other = path / "reads/lee.seg.nrrd", path / "reads/kim.seg.nrrd"
    one_bytes, other_bytes = one.read_bytes(), other.read_bytes()
    one.write_bytes(other_bytes)
    other.write_bytes(one_bytes)
    assert [said.split(" ")[0] for said in complaint(path)] == ["reads/kim.seg.nrrd", "reads/lee.seg.nrrd"]


def test_no_step_is_taken_on_a_changed_folder_and_nothing_is_written(sample):
    folder = sample("adjudicated")
    flip(folder.path / "reads/lee.json")
    before = sample_case.snapshot(folder.path)
    with pytest.raises(IntegrityError, match=r"reads/lee\.json was changed"):
        folder.sign(sample_case.SENIOR)
    with pytest.raises(IntegrityError, match=r"reads/lee\.json was changed"):
        folder.verify()
    assert sample_case.snapshot(folder.path) == before


def test_a_file_in_place_of_a_folder_and_a_folder_in_place_of_a_file(sample):
    path = sample("created").path
    (path / "image.nrrd").unlink()
    (path / "image.nrrd").mkdir()
    assert complaint(path) == ["image.nrrd is missing"]
    (path / "case.json").unlink()
    (path / "case.json").mkdir()
    assert complaint(path) == ["case.json is missing", "image.nrrd is missing"]


def test_a_pipe_in_place_of_a_file_does_not_hang(sample):
    path = sample("created").path
    (path / "image.nrrd").unlink()
    os.mkfifo(path / "image.nrrd")
    assert complaint(path) == ["image.nrrd is no longer a file"]


@pytest.mark.parametrize("name", ["x" * 300, "ü" * 200])
def test_a_name_that_no_file_can_have_is_refused_in_one_line(tmp_path, name):
    with pytest.raises(CaseFolderError, match=r"cannot be (opened|read)"):
        CaseFolder.open(tmp_path / name)
    with pytest.raises(CaseFolderError, match="cannot be created"):
        sample_case.create(tmp_path / name)


@pytest.mark.parametrize("make", [lambda p: None, lambda p: p.mkdir(), lambda p: p.write_text("x")])
def test_what_is_no_case_folder_is_said_to_be_none(tmp_path, make):
    make(tmp_path / "x")
    with pytest.raises(CaseFolderError, match=r"x is no case folder|cannot be read"):
        CaseFolder.open(tmp_path / "x")
    assert not (tmp_path / "x" / ".lock").exists()
