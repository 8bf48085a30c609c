"""What a real Slicer did comes out the same on the host."""

import os
from pathlib import Path

import pytest
import slicer

import slicerhost
from slicerhost import pythonqt
from slicerhost.conformance import load, replay

OBSERVATIONS = Path(__file__).resolve().parents[1] / "observations"
EXTRA = filter(None, os.environ.get("ABC_OBSERVATIONS", "").split(os.pathsep))
FILES = [OBSERVATIONS / "observed.json", *map(Path, EXTRA)]


@pytest.fixture(scope="module")
def outcomes():
    """Replay everything: observations build on what those before them left."""
    slicerhost.install()
    qt, ctk = pythonqt.install()
    names = {"qt": qt, "ctk": ctk, "slicer": slicer}
    found = replay(load(FILES), names)
    pythonqt.errors.take()  # what slots raised was observed to be printed only
    yield found
    names.clear()
    pythonqt.process_events()


def test_everything_that_was_observed_is_replayed(outcomes):
    assert len(outcomes) == sum(1 for _ in load(FILES)) >= 307


def test_what_the_host_has_does_as_slicer_did(outcomes):
    different = [outcome for outcome in outcomes if outcome.offered and not outcome.same]
    assert not different, "\n".join(map(str, different))


def test_what_the_host_does_not_have_is_listed(outcomes):
    listed = {
        line.partition("  ")[0].strip()
        for line in (OBSERVATIONS / "not_offered.txt").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    }
    refused = {outcome.observation.source for outcome in outcomes if not outcome.offered}
    assert refused <= listed, "\n".join(sorted(refused - listed))
