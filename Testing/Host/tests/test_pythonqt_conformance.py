"""What a real Slicer did comes out the same on the host."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from slicerhost.conformance import Observation, Outcome, load

HOST = Path(__file__).resolve().parents[1]
EXTRA = filter(None, os.environ.get("ABC_OBSERVATIONS", "").split(os.pathsep))
FILES = [HOST / "observations" / "observed.json", *map(Path, EXTRA)]


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    """Replay everything in a process of its own: observations build on what those before them left."""
    command = [sys.executable, "-m", "slicerhost.conformance", "--json", *map(str, FILES)]
    environment = {**os.environ, "PYTHONPATH": str(HOST)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300)
    assert done.returncode in (0, 1), done.stderr
    assert not done.stderr
    entries = json.loads(done.stdout)
    return [Outcome(Observation(**entry["observation"]), entry["found"], entry["offered"]) for entry in entries]


def test_everything_that_was_observed_is_replayed(outcomes):
    assert [outcome.observation for outcome in outcomes] == load(FILES)
    assert len(outcomes) >= 307


def test_what_the_host_has_does_as_slicer_did(outcomes):
    different = [outcome for outcome in outcomes if outcome.offered and not outcome.same]
    assert not different, "\n".join(map(str, different))


def test_what_the_host_does_not_have_is_listed(outcomes):
    lines = (HOST / "observations" / "not_offered.txt").read_text(encoding="utf-8").splitlines()
    listed = {line.partition("  ")[0] for line in lines if not line.startswith("#")}
    refused = {outcome.observation.source for outcome in outcomes if not outcome.offered}
    assert refused <= listed, "\n".join(sorted(refused - listed))
    assert not any("  " in line and not line.rpartition("  ")[2] for line in lines)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("{}", "holds no observations"), ('{"observations": [{"group": "a"}]}', "holds no observations")],
)
def test_a_file_of_something_else_is_refused(tmp_path, text, complaint):
    path = tmp_path / "other.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=complaint):
        load([path])


def test_a_file_that_another_contains_is_replayed_only_with_it(tmp_path):
    whole = json.loads(FILES[0].read_text(encoding="utf-8"))
    whole["observations"].insert(1, {"group": "properties", "expr": "l.indent", "type": "int", "repr": "-1"})
    path = tmp_path / "whole.json"
    path.write_text(json.dumps(whole), encoding="utf-8")
    assert load([FILES[0], path]) == load([path])
    assert len(load([path])) == len(load(FILES[:1])) + 1
