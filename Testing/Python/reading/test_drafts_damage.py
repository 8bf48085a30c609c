"""Drafts that are damaged, foreign, killed or short of disk: one clear line, and nothing else is lost."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import SimpleITK as sitk

import sample_case
from ABCImmunoResponseLib.errors import CaseFolderError
from ABCImmunoResponseLib.imaging.cropping import crop_mask, on_grid
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.reading.draft_files import mask_bytes
from ABCImmunoResponseLib.reading.drafts import (
    DraftLesion,
    draft_masks,
    load_draft,
    save_draft,
    save_draft_mask,
    start_draft,
)
from broken_disk import Crash, broken_disk
from phantoms import box, grid
from sample_case import LESIONS

MASKS = sample_case.masks("lee")


@pytest.fixture
def drafted(sample):
    """A case with a draft of lee's: a1 and a2, both outlined."""
    folder = sample("created")
    save_draft(folder, "lee", [DraftLesion("a1", "liver"), DraftLesion("a2", "lung")], current="a2")
    for name, mask in MASKS.items():
        save_draft_mask(folder, "lee", name, mask)
    return folder


def place(folder):
    return folder.path / "drafts" / "lee"


def size(mask):
    return int(sitk.GetArrayViewFromImage(mask).sum())


def record(folder, **changed):
    path = place(folder) / "draft.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (place(f) / "draft.json").write_bytes(b""), "not valid JSON"),
        (lambda f: (place(f) / "draft.json").write_bytes(b'{"schema": 1'), "not valid JSON"),
        (lambda f: (place(f) / "draft.json").write_bytes(b"[]"), "must be an object"),
        (lambda f: record(f, schema=9), "schema '9'"),
        (lambda f: record(f, more=1), "unknown entries: 'more'"),
        (lambda f: record(f, case_id="P002"), "it is the draft of 'lee' of case 'P002'"),
        (lambda f: record(f, reader="kim"), "it is the draft of 'kim'"),
        (lambda f: record(f, lesions=[{"lesion_id": "../x"}]), "cannot be used"),
        (lambda f: record(f, lesions=[{"lesion_id": "a1"}, {"lesion_id": "A1"}]), "a lesion appears twice"),
    ],
)
def test_a_damaged_record_is_told_and_takes_no_outline_with_it(drafted, damage, message):
    damage(drafted)
    with pytest.raises(CaseFolderError, match=message) as refusal:
        load_draft(drafted, "lee")
    told = str(refusal.value)
    assert str(place(drafted) / "draft.json") in told
    assert "remove it" in told
    assert "\n" not in told
    found = draft_masks(drafted, "lee")
    assert {name: size(mask) for name, mask in found.items()} == {name: size(mask) for name, mask in MASKS.items()}
    save_draft_mask(drafted, "lee", "a1", MASKS["a2"])  # strokes go on being saved
    (place(drafted) / "draft.json").unlink()
    assert load_draft(drafted, "lee").lesions == (DraftLesion("a1"), DraftLesion("a2"))
    save_draft_mask(drafted, "lee", "a3", MASKS["a1"])
    assert [lesion.lesion_id for lesion in load_draft(drafted, "lee").lesions] == ["a1", "a2", "a3"]
    assert list(draft_masks(drafted, "lee")) == ["a1", "a2", "a3"]


def test_saving_over_a_damaged_record_mends_it(drafted):
    record(drafted, more=1)
    save_draft(drafted, "lee", [DraftLesion("a1", "liver")])
    assert load_draft(drafted, "lee").lesions == (DraftLesion("a1", "liver"),)
    assert list(draft_masks(drafted, "lee")) == ["a1"]


def elsewhere(path):
    sitk.WriteImage(box(grid(), (3, 3, 3), (5, 5, 5)), path)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.write_bytes(b""), "is not an NRRD file"),
        (lambda path: path.write_bytes(path.read_bytes()[:-9]), "truncated"),
        (lambda path: path.write_bytes(path.read_bytes()[:-12] + b"\0" * 12), "incorrect|invalid|damaged|cannot be"),
        (lambda path: path.write_bytes(path.with_name("a1.nrrd").read_bytes()), "no outline that lee drew of a2"),
        (lambda path: path.write_bytes(path.read_bytes().replace(b":=lee", b":=kim")), "no outline that lee drew"),
        (lambda path: path.write_bytes(path.read_bytes().replace(b"origin: (", b"origin: (9")), "another CT"),
        (
            lambda path: path.write_bytes(mask_bytes(crop_mask(MASKS["a2"] * 2), "lee", "a2")),
            "no outline that lee drew",
        ),
        (elsewhere, "no outline that lee drew of a2"),
    ],
)
def test_a_damaged_outline_is_told_and_the_others_load(drafted, damage, message):
    damage(place(drafted) / "a2.nrrd")
    findings = []
    assert list(draft_masks(drafted, "lee", findings=findings)) == ["a1"]
    assert list(draft_masks(drafted, "lee")) == ["a1"]
    [finding] = findings
    assert (finding.code, finding.lesion, finding.severity) == ("draft-outline-unusable", "a2", "serious")
    assert re.search(message, finding.message)
    assert str(place(drafted) / "a2.nrrd") in finding.message
    assert "outline that lesion anew" in finding.message
    assert "\n" not in finding.message
    save_draft_mask(drafted, "lee", "a2", MASKS["a2"])
    assert list(draft_masks(drafted, "lee")) == ["a1", "a2"]


def test_what_others_put_into_the_folder_is_passed_over(drafted):
    for name in ("notes.txt", ".DS_Store", ".tmp-00.nrrd", "-x.nrrd", "CON.nrrd", "a3.nrrd"):
        (place(drafted) / name).write_bytes(b"anything")
    findings = []
    assert list(draft_masks(drafted, "lee", findings=findings)) == ["a1", "a2"]
    assert not findings


# --- accesses ---------------------------------------------------------------------------------------------------------

CHANGES = {
    "lesions": lambda folder: save_draft(folder, "lee", [DraftLesion("a1", "breast")]),
    "outline": lambda folder: save_draft_mask(folder, "lee", "a1", MASKS["a2"]),
    "new lesion": lambda folder: save_draft_mask(folder, "lee", "a3", MASKS["a1"]),
}


def standing(folder):
    """Return a draft as its reader sees it."""
    draft = load_draft(folder, "lee")
    return draft.lesions, {name: size(mask) for name, mask in draft_masks(folder, "lee").items()}


def every_access(folder, act, tmp_path):
    """Yield each access that a change makes, with a copy of the case to make it on, the draft before and after."""
    whole = CaseFolder.open(Path(shutil.copytree(folder.path, tmp_path / "whole")))
    before = standing(whole)
    with broken_disk(whole.path) as disk:
        act(whole)
    after = standing(whole)
    assert after != before
    for access in range(disk.steps):
        copy = CaseFolder.open(Path(shutil.copytree(folder.path, tmp_path / str(access))))
        yield access, copy, before, after


@pytest.mark.parametrize("change", CHANGES)
def test_killed_at_any_access_a_draft_is_the_old_one_or_the_new(drafted, tmp_path, change):
    for access, folder, before, after in every_access(drafted, CHANGES[change], tmp_path):
        with pytest.raises(Crash), broken_disk(folder.path, kill_at=access):
            CHANGES[change](folder)
        folder = CaseFolder.open(folder.path)
        listed = (after[0], before[1])  # a lesion is listed before its outline is there, and goes before it
        assert standing(folder) in (before, after, listed)
        CHANGES[change](folder)
        assert standing(folder) == after


@pytest.mark.parametrize("change", CHANGES)
def test_a_full_disk_is_told_and_the_draft_is_as_it_was(drafted, tmp_path, change):
    for access, folder, before, after in every_access(drafted, CHANGES[change], tmp_path):
        refusal = ""
        with broken_disk(folder.path, fail_at=access):
            try:
                CHANGES[change](folder)
            except CaseFolderError as error:
                refusal = str(error)
        assert "\n" not in refusal
        if refusal:
            assert "No space left" in refusal
        assert standing(folder) in ((before, after, (after[0], before[1])) if refusal else (after,))
        CHANGES[change](folder)
        assert standing(folder) == after


def test_a_draft_from_a_read_is_there_whole_or_not_at_all(sample, tmp_path):
    original = sample("created")
    original.save_read("lee", LESIONS["lee"], MASKS)
    path = Path(shutil.copytree(original.path, tmp_path / "whole"))
    with broken_disk(path) as disk:
        start_draft(CaseFolder.open(path), "lee")
    assert disk.steps > 5
    for access in range(disk.steps):
        path = Path(shutil.copytree(original.path, tmp_path / str(access)))
        folder = CaseFolder.open(path)
        with pytest.raises(Crash), broken_disk(path, kill_at=access):
            start_draft(folder, "lee")
        folder = CaseFolder.open(path)
        assert load_draft(folder, "lee") is None or standing(folder)[1].keys() == MASKS.keys()
        start_draft(folder, "lee")
        assert standing(folder)[1] == {name: size(mask) for name, mask in MASKS.items()}


@pytest.mark.parametrize(
    ("end", "over"),
    [
        (lambda folder: folder.lock_read("lee"), lambda folder: folder.reads[0].locked),
        (lambda folder: folder.withdraw_read("lee", "senior", "on leave"), lambda folder: not folder.reads),
    ],
    ids=["lock", "withdraw"],
)
def test_a_kill_while_a_read_ends_leaves_no_draft_of_an_ended_read(sample, tmp_path, end, over):
    original = sample("created")
    original.save_read("lee", LESIONS["lee"], MASKS)
    start_draft(original, "lee")
    path = Path(shutil.copytree(original.path, tmp_path / "whole"))
    with broken_disk(path) as disk:
        end(CaseFolder.open(path))
    assert not (path / "drafts" / "lee").exists()
    met = set()
    for access in range(disk.steps):
        path = Path(shutil.copytree(original.path, tmp_path / str(access)))
        folder = CaseFolder.open(path)
        with pytest.raises(Crash), broken_disk(path, kill_at=access):
            end(folder)
        left = (path / "drafts" / "lee" / "draft.json").exists()
        folder = CaseFolder.open(path)
        met.add((over(folder), left))
        if over(folder):
            assert load_draft(folder, "lee") is None
            assert draft_masks(folder, "lee") == {}
            assert not (path / "drafts" / "lee").exists()
        else:
            assert list(draft_masks(folder, "lee")) == ["a1", "a2"]
    assert {(False, True), (True, True), (True, False)} <= met


def test_a_reader_who_was_withdrawn_may_begin_anew(sample):
    folder = sample("created")
    folder.save_read("lee", LESIONS["lee"], MASKS)
    folder.withdraw_read("lee", "senior", "wrong patient")
    assert start_draft(folder, "lee").lesions == ()
    save_draft_mask(folder, "lee", "n1", MASKS["a1"])
    assert list(draft_masks(CaseFolder.open(folder.path), "lee")) == ["n1"]


# --- processes --------------------------------------------------------------------------------------------------------

STROKES = """
import sys
from pathlib import Path
import sample_case
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.reading.drafts import DraftLesion, save_draft, save_draft_mask
from phantoms import box
folder, first, step, count = CaseFolder.open(Path(sys.argv[1])), *map(int, sys.argv[2:5])
on = sample_case.reference()
print("ready", flush=True)
for n in range(first, first + step * count, step):
    side = 1 + n % 20
    save_draft_mask(folder, "lee", "a1", box(on, (5, 5, 3), (side, 1 + n // 20, 1)))
    save_draft(folder, "lee", [DraftLesion("a1", "liver", site=str(n))], current="a1", view={"n": n})
    print(n, flush=True)
"""


def strokes(path, first=0, step=1, count=300):
    """Draw in another process: stroke n is a box of (1 + n % 20) x (1 + n // 20) voxels."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent.parent), *sys.path])}
    process = subprocess.Popen(
        [sys.executable, "-c", STROKES, path, *map(str, (first, step, count))],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stdout.readline() == "ready\n"
    return process


def drawn(mask):
    """Return the number of the stroke."""
    box = sitk.GetArrayFromImage(on_grid(mask, sample_case.reference())).any(axis=0)
    return box.any(axis=0).sum() - 1 + 20 * (box.any(axis=1).sum() - 1)


def test_a_kill_loses_the_stroke_under_way_at_most(sample):
    folder, moments = sample("created"), random.Random(1)
    for _ in range(6):
        with strokes(folder.path) as process:
            first = process.stdout.readline()
            time.sleep(moments.uniform(0, 0.2))
            process.send_signal(signal.SIGKILL)
            last = int((first + process.stdout.read()).split()[-1])
        assert drawn(draft_masks(folder, "lee")["a1"]) in (last, last + 1)
        draft = load_draft(folder, "lee")
        assert draft.view["n"] in (last, last + 1)
        assert draft.lesions == (DraftLesion("a1", "liver", site=str(draft.view["n"])),)


def test_of_two_processes_the_last_to_write_wins(sample):
    folder = sample("created")
    with strokes(folder.path, 0, 2, 40) as one, strokes(folder.path, 1, 2, 40) as other:
        while one.poll() is None or other.poll() is None:
            time.sleep(0.01)
            if (folder.path / "drafts/lee/draft.json").exists():
                assert load_draft(folder, "lee").current == "a1" or load_draft(folder, "lee").current is None
                assert all(0 <= drawn(mask) < 80 for mask in draft_masks(folder, "lee").values())
    assert one.returncode == other.returncode == 0
    assert drawn(draft_masks(folder, "lee")["a1"]) in (78, 79)
