"""A step of a case that is killed, or whose disk fails, at every single access: the old state or the new one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import sample_case
from ABCImmunoResponseLib.errors import CaseFolderError
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.reading.transaction import STAGING
from broken_disk import Crash, broken_disk

STEPS = {
    "save a first read": ("created", sample_case.step),
    "lock": ("reading", sample_case.step),
    "adjudicate": ("reconciled", sample_case.step),
    "score": ("signed", lambda folder: folder.record_score(sample_case.FEATURES, sample_case.result(), "clerk")),
    "reopen": ("reported", lambda folder: folder.reopen("locked", sample_case.SENIOR, "a mistake")),
}


@pytest.fixture
def copies(sample_folders, tmp_path):
    """A function that gives one fresh copy after the other of the sample case in a state."""
    numbers = iter(range(10**6))

    def copy(state):
        return Path(shutil.copytree(sample_folders[state], tmp_path / str(next(numbers))))

    return copy


def whole(path, old, state_after):
    """Check that a folder holds the old state or the new one, and say whether it is the new one."""
    folder = CaseFolder.open(path)
    assert not (path / STAGING).exists()
    files = sample_case.snapshot(path)
    if files == old:
        return False
    assert folder.state == state_after
    return True


@pytest.mark.parametrize("name", STEPS)
def test_killed_at_every_access(copies, name):
    state, act = STEPS[name]
    path = copies(state)
    old = sample_case.snapshot(path)
    folder = CaseFolder.open(path)
    with broken_disk(path) as disk:
        act(folder)
    outcomes = []
    for access in range(disk.steps):
        path = copies(state)
        victim = CaseFolder.open(path)
        with pytest.raises(Crash), broken_disk(path, kill_at=access):
            act(victim)
        outcomes.append(whole(path, old, folder.state))
    assert outcomes == sorted(outcomes)
    assert set(outcomes) == {False, True}


@pytest.mark.parametrize("lasting", [False, True])
@pytest.mark.parametrize("name", ["save a first read", "reopen"])
def test_a_disk_that_is_full_at_any_access(copies, name, lasting):
    state, act = STEPS[name]
    path = copies(state)
    old = sample_case.snapshot(path)
    folder = CaseFolder.open(path)
    with broken_disk(path) as disk:
        act(folder)
    for access in range(disk.steps):
        path = copies(state)
        victim = CaseFolder.open(path)
        refusal = None
        with broken_disk(path, fail_at=access, lasting=lasting):
            try:
                act(victim)
            except CaseFolderError as error:
                refusal = str(error)
        if refusal is not None:
            assert "\n" not in refusal
            assert "No space left" in refusal
            assert victim.state == state
        new = whole(path, old, folder.state)
        if refusal is None:
            assert new
        elif "open the folder again" not in refusal and not lasting:
            assert not new
        if not new:  # the same object goes on once there is room
            act(victim)
            assert CaseFolder.open(path).state == folder.state


def accesses_of_a_creation(tmp_path):
    """Yield the number of each access of a creation with a fresh folder to create a case in."""
    top = tmp_path / "whole"
    top.mkdir()
    with broken_disk(top) as disk:
        sample_case.create(top / "case")
    for access in range(disk.steps):
        top = tmp_path / str(access)
        top.mkdir()
        yield access, top


def test_a_creation_killed_at_every_access_is_made_or_may_be_made_again(tmp_path):
    for access, top in accesses_of_a_creation(tmp_path):
        path = top / "case"
        with pytest.raises(Crash), broken_disk(top, kill_at=access):
            sample_case.create(path)
        try:
            folder = CaseFolder.open(path)
        except CaseFolderError:
            folder = sample_case.create(path)
        assert folder.state == "created"
        assert set(sample_case.snapshot(path)) == {"case.json", "audit.jsonl", "image.nrrd"}


def test_a_creation_on_a_full_disk_leaves_nothing(tmp_path):
    for access, top in accesses_of_a_creation(tmp_path):
        path, refusal = top / "case", None
        with broken_disk(top, fail_at=access):
            try:
                sample_case.create(path)
            except CaseFolderError as error:
                refusal = str(error)
        if refusal is None or "open the folder again" in refusal:
            assert CaseFolder.open(path).state == "created"
        else:
            assert "No space left" in refusal
            assert list(top.iterdir()) == []


FULL_DISK = """
import resource, sys
import sample_case
from pathlib import Path
from ABCImmunoResponseLib.errors import ABCImmunoResponseError
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
act = sys.argv[1]
path, limit = Path(sys.argv[2]), int(sys.argv[3])
folder = None if act == "create" else CaseFolder.open(path)
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
try:
    sample_case.create(path) if act == "create" else sample_case.step(folder)
except ABCImmunoResponseError as refusal:
    print(refusal)
"""


def on_a_small_disk(act, path, limit):
    """Run a step in a process whose files the system cuts off at ``limit`` bytes, native code's too."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent.parent), *sys.path])}
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, act, path, str(limit)], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("limit", [0, 100, 40_000])
def test_a_ct_that_does_not_fit_on_the_disk_is_refused_and_leaves_nothing(tmp_path, limit):
    said = on_a_small_disk("create", tmp_path / "case", limit)
    assert said.count("\n") == 1
    assert not (tmp_path / "case").exists()


@pytest.mark.parametrize("limit", [100, 1500])
def test_a_read_that_does_not_fit_on_the_disk_leaves_the_old_state(copies, limit):
    path = copies("created")
    old = sample_case.snapshot(path)
    said = on_a_small_disk("save", path, limit)
    assert said.count("\n") == 1
    assert "cannot be written" in said
    assert not whole(path, old, "reading")
