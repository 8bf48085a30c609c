"""A small case, taken through every state once, for the tests of the command line."""

import json
import shutil
from pathlib import Path

import pytest

from ABCImmunoResponseLib.cli import main

SMALL = ("96", "96", "48")


class Outcome:
    """What one run of the command gave: exit code, standard output, standard error."""

    def __init__(self, code: int, out: str, err: str):
        self.code, self.out, self.err = code, out, err

    def json(self):
        """Return the JSON on standard output."""
        return json.loads(self.out)


@pytest.fixture
def run(capfd):
    """Run the command with words; native libraries' output counts too."""

    def call(*words: object) -> Outcome:
        capfd.readouterr()
        try:
            code = main([str(word) for word in words])
        except SystemExit as stop:  # argparse's wrong use, --help and --version
            code = stop.code
        out, err = capfd.readouterr()
        return Outcome(code, out, err)

    return call


@pytest.fixture(scope="session")
def patient(tmp_path_factory) -> Path:
    """A simulated patient on a small grid: dicom/, two reads, clinical values."""
    folder = tmp_path_factory.mktemp("simulated") / "patient"
    assert main(["simulate", "case", str(folder), "--seed", "3", "--size", *SMALL]) == 0
    return folder


@pytest.fixture(scope="session")
def stages(patient, tmp_path_factory) -> dict[str, Path]:
    """The same case in every state: state -> case folder. Read-only; copy before changing."""
    home = tmp_path_factory.mktemp("stages")
    case = home / "work" / "CASE1"
    case.parent.mkdir()
    kept: dict[str, Path] = {}

    def step(state: str, *words: object) -> None:
        assert main(["case", *(str(word) for word in words)]) == 0
        kept[state] = home / state / "CASE1"
        shutil.copytree(case, kept[state])

    step("created", "new", case, "--image", patient / "dicom", "--by", "tester")
    for name in ("a", "b"):
        mask, lesions = patient / f"reader-{name}.seg.nrrd", patient / f"reader-{name}.json"
        step(f"read-{name}", "read", case, "--reader", f"reader-{name}", "--mask", mask, "--lesions", lesions)
    step("locked-a", "lock", case, "--reader", "reader-a")
    step("locked", "lock", case, "--reader", "reader-b")
    step("reconciled", "reconcile", case, "--by", "tester")
    pairs = _pairs(kept["reconciled"])
    for pair in pairs:
        if pair["decision"] is None:
            choice = "A" if pair["a"] else "drop"
            words = ("adjudicate", case, pair["pair_id"], "--choice", choice, "--by", "senior", "--reason", "follows A")
            step("adjudicated", *words)
    step("signed", "sign", case, "--by", "senior")
    step("scored", "score", case, "--clinical", patient / "clinical.json", "--by", "tester")
    step("reported", "report", case, "--by", "tester")
    return kept


def _pairs(case: Path) -> list[dict]:
    from ABCImmunoResponseLib.reading.case_folder import CaseFolder

    return CaseFolder.open(case).describe()["pairs"]


@pytest.fixture
def at(stages, tmp_path):
    """Return a private copy of the case in a state."""

    def copy(state: str) -> Path:
        target = tmp_path / state / "CASE1"
        shutil.copytree(stages[state], target)
        return target

    return copy
