"""``kill -9`` at any moment: every folder opens, nothing locked is lost or changed, the workflow can be finished."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

import sample_case
from ABCImmunoResponseLib.errors import CaseFolderError
from ABCImmunoResponseLib.files import sha256_file
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.reading.transaction import STAGING

KILLS = 20
HERE = Path(__file__).parent


def start(*arguments):
    """Start the workflow in another process and return it once it is about to begin."""
    process = subprocess.Popen(
        [sys.executable, HERE / "workflow.py", *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parent), *sys.path])},
    )
    assert process.stdout.readline() == "ready\n"
    return process


def locked_files(folder):
    """Return the hashes of every file of the case that must never change again, by name."""
    names = [f"reads/{read.reader}.{kind}" for read in folder.reads if read.locked for kind in ("json", "seg.nrrd")]
    names += [name for name in folder.files if name.startswith("consensus") and folder.consensus().signature]
    return {name: sha256_file(folder.path / name) for name in ["image.nrrd", *names]}


def test_twenty_kills_at_random_moments_lose_nothing(tmp_path):
    with start(tmp_path / "measured", 1) as process:
        began = time.monotonic()
        process.wait()
        duration = time.monotonic() - began
    assert process.returncode == 0
    moments = random.Random(20230211)
    top, known, interrupted = tmp_path / "cases", {}, 0
    kills = 0
    while kills < KILLS or (not interrupted and kills < 5 * KILLS):  # go on until one fell into a write
        kills += 1
        with start(top) as process:
            time.sleep(moments.uniform(0, duration))
            process.kill()  # SIGKILL where there are signals
            said = process.stdout.read().splitlines()
        done = {}
        for line in said:
            path, _, count = line.rpartition(" ")
            if path and count.isdigit():
                done[path] = int(count)
        for path in sorted(top.glob("case-*")):
            interrupted += (path / STAGING).exists()
            if not (path / "case.json").exists() and not (path / STAGING / "journal.json").exists():
                assert str(path) not in done, f"{path} was created and is gone"
                with pytest.raises(CaseFolderError, match="no case folder"):
                    CaseFolder.open(path)
                continue
            folder = CaseFolder.open(path)
            assert len(folder.audit()) >= done.get(str(path), 0), "a step that was reported done is lost"
            before, after = known.get(path, {}), locked_files(folder)
            assert {name: after[name] for name in before} == before
            known[path] = after
    assert interrupted > 0, "no kill fell into a write: the test shows nothing"
    for path in top.glob("case-*"):
        exists = (path / "case.json").exists()
        folder = sample_case.advance(CaseFolder.open(path) if exists else sample_case.create(path), "reported")
        after = locked_files(folder)
        assert {name: after[name] for name in known.get(path, {})} == known.get(path, {})
        assert not (path / STAGING).exists()
