"""``kill -9`` at any moment of a command: the case opens, stands before or after it, and keeps what was locked."""

import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass

import pytest

from ABCImmunoResponseLib.cli import main
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.reading.store import LOCK
from ABCImmunoResponseLib.reading.transaction import STAGING

STEPS = ("read", "reconcile", "adjudicate", "sign", "score")
KILLS = 4  # of each of the five steps
MOST = 24  # kills until one has to fall into a write


@dataclass(frozen=True)
class Timing:
    """How long a step takes undisturbed, in seconds: in all, and from taking the case's lock to its last change."""

    whole: float
    change: float


@pytest.fixture
def step(request, at, patient):
    """Return a case before the step and the words of the command after the case folder."""
    name = request.param
    if name == "read":
        case = at("read-a")
        assert main(["case", "lock", str(case), "--reader", "reader-a"]) == 0
        more = ("--reader", "reader-b", "--mask", patient / "reader-b.seg.nrrd", "--lesions", patient / "reader-b.json")
    elif name == "reconcile":
        case, more = at("locked"), ("--by", "tester")
    elif name == "adjudicate":
        case = at("reconciled")
        pair = next(pair for pair in CaseFolder.open(case).describe()["pairs"] if pair["decision"] is None)
        choice = "A" if pair["a"] else "B"
        more = (pair["pair_id"], "--choice", choice, "--by", "senior", "--reason", "seen with both")
    elif name == "sign":
        case, more = at("adjudicated"), ("--by", "senior")
    else:
        case, more = at("signed"), ("--clinical", patient / "clinical.json", "--by", "tester")
    (case / LOCK).unlink()  # so that its appearance tells when a process is about to change the case
    return case, lambda folder: ["case", name, *map(str, (folder, *more))]


def start(words):
    """Start the command as a user does, in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "ABCImmunoResponseLib", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def measured(case, words):
    """Take the step undisturbed and return its timing."""
    began = time.monotonic()
    with start(words(case)) as process:
        process.wait()
    assert process.returncode == 0
    # The lock is never written to, and the last change of the folder's own entries removes what was staged.
    return Timing(time.monotonic() - began, case.stat().st_mtime - (case / LOCK).stat().st_mtime)


def killed(case, words, delay, awaited=None):
    """Start the step, kill it ``delay`` seconds later (once ``awaited`` is there) and return its exit code."""
    with start(words(case)) as process:
        while awaited is not None and not (case / awaited).exists() and process.poll() is None:
            time.sleep(0.0002)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
    assert process.returncode in (0, -signal.SIGKILL)
    return process.returncode


def content(case):
    """Return the bytes of every file of a case but its lock, by name."""
    files = (file for file in case.rglob("*") if file.is_file() and file.name != LOCK)
    return {file.relative_to(case).as_posix(): file.read_bytes() for file in files}


def locked(folder):
    """Return the bytes of what must never change again: the CT, locked reads, a signed consensus."""
    kept = ["image.nrrd", *(f"reads/{read.reader}." for read in folder.reads if read.locked)]
    kept += ["consensus"] if folder.state == "signed" else []
    return {name: data for name, data in content(folder.path).items() if name.startswith(tuple(kept))}


def standing(folder):
    """Return where a case stands: its state, what was done to it, and its files."""
    return folder.state, [line.action for line in folder.audit()], sorted(content(folder.path))


@pytest.mark.parametrize("step", STEPS, indirect=True)
def test_kills_at_random_moments_lose_nothing(step, tmp_path, request):
    original, words = step
    before, unchanged, kept = standing(CaseFolder.open(original)), content(original), locked(CaseFolder.open(original))
    assert len(kept) >= 3
    finished = shutil.copytree(original, tmp_path / "finished" / original.name)
    timing = measured(finished, words)
    after = standing(CaseFolder.open(finished))
    assert after != before
    moments = random.Random(f"2023-{request.node.name}")
    kills = interrupted = 0
    while kills < KILLS or (not interrupted and kills < MOST):
        case = shutil.copytree(original, tmp_path / f"kill-{kills}" / original.name)
        if kills < 2:  # importing takes the most of a process: one half anywhere, the other half while it changes files
            code = killed(case, words, moments.uniform(0, timing.whole))
        elif kills == 2:
            code = killed(case, words, moments.uniform(0, timing.change), awaited=LOCK)
        else:
            code = killed(case, words, moments.uniform(0, timing.change / 3), awaited=STAGING)
        kills += 1
        interrupted += (case / STAGING).exists()
        folder = CaseFolder.open(case)
        assert standing(folder) in (before, after)
        assert {name: content(case).get(name) for name in kept} == kept
        if standing(folder) == before:
            assert code != 0, "a step that was reported done is lost"
            assert content(case) == unchanged
            assert main(words(case)) == 0
        assert standing(CaseFolder.open(case)) == after
        assert {name: content(case).get(name) for name in kept} == kept
    assert interrupted > 0, "no kill fell into a write: the test shows nothing"
