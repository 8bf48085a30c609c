"""A change of several files happens whole or not at all, wherever it is interrupted."""

import errno
import json
import os

import pytest

from ABCImmunoResponseLib.errors import CaseFolderError, IntegrityError
from ABCImmunoResponseLib.files import canonical_json, sha256_bytes
from ABCImmunoResponseLib.reading.transaction import STAGING, is_pending, recover, transaction
from broken_disk import Crash, broken_disk

OLD = {"case.json": b"old case", "audit.jsonl": b"old log", "report.html": b"old report", "result.json": b"old"}
NEW = {"case.json": b"new case", "audit.jsonl": b"new log", "reads/lee.json": b"{}", "result.json": b"old"}


@pytest.fixture
def folder(tmp_path):
    for name, data in OLD.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def files(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def change(folder):
    with transaction(folder) as new:
        new.write("reads/lee.json", NEW["reads/lee.json"])
        new.remove("report.html")
        new.write("audit.jsonl", lambda path: path.write_bytes(NEW["audit.jsonl"]))
        new.write("case.json", NEW["case.json"])


def test_a_change_replaces_adds_and_removes_together(folder):
    change(folder)
    assert files(folder) == NEW
    assert not (folder / STAGING).exists()


def test_write_returns_the_hash_of_what_was_staged(folder):
    with transaction(folder) as new:
        assert new.write("case.json", b"x") == sha256_bytes(b"x")
        assert new.write("audit.jsonl", lambda path: path.write_bytes(b"y")) == sha256_bytes(b"y")


def test_the_staged_file_keeps_the_suffix_that_image_writers_choose_a_format_by(folder):
    seen = []

    def write(path):
        seen.append(path.name)
        path.write_bytes(b"")

    with transaction(folder) as new:
        new.write("reads/lee.v2.json.seg.nrrd", write)
        new.write("image.nrrd", write)
    assert [name.split(".", 1)[1] for name in seen] == ["seg.nrrd", "nrrd"]


def test_an_exception_in_the_block_leaves_the_old_files(folder):
    def half():
        with transaction(folder) as new:
            new.write("case.json", b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    assert files(folder) == OLD
    assert not (folder / STAGING).exists()


def steps_of(folder, act):
    with broken_disk(folder) as disk:
        act()
    return disk.steps


def count_steps(tmp_path_factory):
    folder = tmp_path_factory.mktemp("count")
    for name, data in OLD.items():
        (folder / name).write_bytes(data)
    return steps_of(folder, lambda: change(folder))


def test_killed_at_every_step_it_is_old_or_new(tmp_path_factory):
    total = count_steps(tmp_path_factory)
    assert total > 20
    outcomes = []
    for step in range(total):
        folder = tmp_path_factory.mktemp("kill")
        for name, data in OLD.items():
            (folder / name).write_bytes(data)
        with pytest.raises(Crash), broken_disk(folder, kill_at=step):
            change(folder)
        committed = is_pending(folder)
        recover(folder)
        found = files(folder)
        assert found in (OLD, NEW), f"killed at step {step}: neither old nor new"
        assert not (folder / STAGING).exists()
        if committed:
            assert found == NEW
        outcomes.append(found == NEW)
    assert outcomes == sorted(outcomes), "once made, a change must stay made"
    assert set(outcomes) == {True, False}


def test_killed_at_every_step_of_the_recovery_it_is_new(tmp_path_factory):
    def interrupted():
        folder = tmp_path_factory.mktemp("recovery")
        for name, data in OLD.items():
            (folder / name).write_bytes(data)
        step = 0
        while not is_pending(folder):  # the first step at which the journal is in place
            with pytest.raises(Crash), broken_disk(folder, kill_at=step):
                change(folder)
            step += 1
        return folder

    folder = interrupted()
    total = steps_of(folder, lambda: recover(folder))
    for step in range(total):
        folder = interrupted()
        with pytest.raises(Crash), broken_disk(folder, kill_at=step):
            recover(folder)
        recover(folder)
        assert files(folder) == NEW


@pytest.mark.parametrize("lasting", [False, True])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_fails_at_any_step_leaves_old_or_new(tmp_path_factory, code, lasting):
    for step in range(count_steps(tmp_path_factory)):
        folder = tmp_path_factory.mktemp("full")
        for name, data in OLD.items():
            (folder / name).write_bytes(data)
        refusal = None
        with broken_disk(folder, fail_at=step, code=code, lasting=lasting):
            try:
                change(folder)
            except CaseFolderError as error:
                refusal = str(error)
        if refusal is not None:
            assert "\n" not in refusal
            assert os.strerror(code) in refusal
            assert ("as it was" in refusal) != ("open the folder again" in refusal)
        recover(folder)
        assert files(folder) in (OLD, NEW)
        if refusal is None or not lasting:
            assert files(folder) == (OLD if refusal is not None and "as it was" in refusal else NEW)
        assert not (folder / STAGING).exists()


def test_a_full_disk_while_staging_leaves_the_old_files_and_nothing_else(folder):
    def full(path):
        path.write_bytes(b"some")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def fill():
        with transaction(folder) as new:
            new.write("case.json", b"new")
            new.write("image.nrrd", full)

    with pytest.raises(CaseFolderError, match=r"No space left.*as it was"):
        fill()
    assert files(folder) == OLD


def journal(*steps):
    return canonical_json({"schema": 1, "steps": steps, "sha256": sha256_bytes(canonical_json(steps))})


def step_to(target, data=b"evil", staged="00.json"):
    return {"target": target, "staged": staged, "sha256": sha256_bytes(data)}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"null",
        b"[" * 100_000,
        journal(step_to("case.json"))[:-9],
        journal(step_to("case.json")).replace(b"00.json", b"01.json"),
        json.dumps({"schema": 1, "steps": [], "sha256": 5}).encode(),
    ],
)
def test_a_journal_that_is_not_whole_is_dropped(folder, data):
    staging = folder / STAGING
    staging.mkdir()
    (staging / "00.json").write_bytes(b"evil")
    (staging / "journal.json").write_bytes(data)
    recover(folder)
    assert files(folder) == OLD


@pytest.mark.parametrize(
    "data",
    [
        journal(step_to("case.json")).replace(b'"schema":1', b'"schema":2'),
        journal(),
        journal({"target": "case.json", "staged": 5}),
        journal(step_to("../escaped.json")),
        journal(step_to("/tmp/escaped.json")),
        journal(step_to("case.json", staged="../outside.json")),
        journal(step_to("case.json", staged="..\\outside.json")),
        journal(step_to("case.json", staged="C:outside.json")),
        journal(step_to(".lock")),
    ],
)
def test_a_whole_journal_that_is_not_ours_is_refused_and_nothing_is_touched(folder, data):
    staging = folder / STAGING
    staging.mkdir()
    (staging / "00.json").write_bytes(b"evil")
    (staging / "journal.json").write_bytes(data)
    before = files(folder)
    with pytest.raises(CaseFolderError, match="this version did not make"):
        recover(folder)
    assert files(folder) == before


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"dam")])
def test_a_journal_whose_files_are_damaged_is_refused_and_nothing_is_touched(folder, damage):
    staging = folder / STAGING
    staging.mkdir()
    (staging / "00.json").write_bytes(b"evil")
    (staging / "01.json").write_bytes(b"log")
    (staging / "journal.json").write_bytes(journal(step_to("case.json"), step_to("audit.jsonl", b"log", "01.json")))
    damage(staging / "01.json")
    before = files(folder)
    with pytest.raises(IntegrityError, match=r"audit\.jsonl"):
        recover(folder)
    assert files(folder) == before


def test_recover_without_anything_to_recover_does_nothing(folder):
    recover(folder)
    assert files(folder) == OLD
