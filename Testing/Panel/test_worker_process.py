"""A command in a process of its own: what it reports, how it ends, and what is left of it."""

import json
import os
import signal
import threading
import time
from pathlib import Path

import pytest
from score_work import children, snapshot

from ABCImmunoResponseLib.errors import MissingDependencyError
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseWidgets.background import process
from ABCImmunoResponseWidgets.background.process import Command, Outcome, Progress
from simulated_case import clinical_values, signed_case

SCORE_NUMPY = ("--clinical", "-", "--progress", "json", "--by=lee", "--engine=numpy")


def start(case: Path, *words: str) -> Command:
    return Command(["case", "score", str(case), *SCORE_NUMPY, *words], json.dumps(clinical_values().as_dict()))


def wait(command: Command, seconds: float = 60.0) -> tuple[list[Progress], Outcome]:
    """Return everything that a command says until it ends."""
    told: list[Progress] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for event in command.poll():
            if isinstance(event, Outcome):
                return told, event
            told.append(event)
        time.sleep(0.005)
    raise AssertionError(f"the command has not ended after {seconds} s")


def first_progress(command: Command) -> None:
    until = time.monotonic() + 30
    while not command.poll():
        assert time.monotonic() < until
        time.sleep(0.002)


@pytest.fixture
def case(tmp_path):
    return signed_case(tmp_path / "case with a blank")


def test_scoring_reports_every_step_and_is_recorded(case):
    before = children()
    told, outcome = wait(start(case))
    assert outcome == Outcome("done")
    folder = CaseFolder.open(case)
    assert folder.state == "scored"
    assert folder.clinical() == clinical_values()
    assert folder.audit()[-1].actor == "lee"
    assert len({one.what for one in told}) > 20
    assert [one.done for one in told] == sorted(one.done for one in told)
    assert told[-1].done <= told[-1].total
    assert children() == before


def test_what_is_refused_comes_in_one_line(case):
    _told, outcome = wait(start(case, "--bundle=/nowhere"))
    assert outcome.status == "refused"
    assert "/nowhere" in outcome.message
    assert "\n" not in outcome.message
    assert CaseFolder.open(case).state == "signed"


def test_clinical_values_out_of_range_are_refused_by_the_process_too(case):
    command = Command(["case", "score", str(case), *SCORE_NUMPY], '{"age_years": 7}')
    _told, outcome = wait(command)
    assert outcome.status == "refused"
    assert "between 18 and 110" in outcome.message
    assert CaseFolder.open(case).clinical() is None


def test_a_cancelled_command_ends_within_two_seconds_and_leaves_the_case_as_it_was(case):
    before, kept = children(), snapshot(case)
    command = start(case)
    first_progress(command)
    asked = time.monotonic()
    command.cancel()
    _told, outcome = wait(command)
    assert time.monotonic() - asked < 2
    assert outcome == Outcome("cancelled")
    assert CaseFolder.open(case).state == "signed"
    assert snapshot(case) == kept
    assert children() == before


def test_a_command_that_does_not_heed_is_killed_within_two_seconds(case):
    before = children()
    command = start(case)
    first_progress(command)
    [worker] = children() - before
    os.kill(worker, signal.SIGSTOP)  # as if it hung: no signal but the last one reaches it
    asked = time.monotonic()
    command.cancel()
    _told, outcome = wait(command)
    assert time.monotonic() - asked < 2
    assert outcome == Outcome("cancelled")
    assert CaseFolder.open(case).state == "signed"
    assert children() == before


def test_a_killed_worker_is_one_clear_line_and_the_case_as_it_was(case):
    before, kept = children(), snapshot(case)
    command = start(case)
    first_progress(command)
    [worker] = children() - before
    os.kill(worker, signal.SIGKILL)
    _told, outcome = wait(command)
    assert outcome.status == "died"
    assert "signal 9 (SIGKILL)" in outcome.message
    assert "\n" not in outcome.message
    CaseFolder.open(case)
    assert snapshot(case) == kept
    assert children() == before


def test_a_worker_that_dies_says_its_last_words(case, monkeypatch):
    monkeypatch.setenv("PYTHONHOME", "/nowhere")  # then Python itself cannot start
    _told, outcome = wait(start(case))
    assert outcome.status == "died"
    assert "exit code 1" in outcome.message
    assert "encodings" in outcome.message
    assert len(outcome.message) < 600


def test_wrong_use_is_no_refusal(case):
    _told, outcome = wait(Command(["case", "score", str(case), "--no-such-word"]))
    assert outcome.status == "died"
    assert "--no-such-word" in outcome.message


def test_the_case_is_opened_after_it_by_the_listener_and_not_by_the_window(case, monkeypatch):
    opened_in = []
    real = CaseFolder.open
    monkeypatch.setattr(
        process.CaseFolder, "open", lambda path: opened_in.append(threading.current_thread()) or real(path)
    )
    command = Command(["case", "score", str(case), *SCORE_NUMPY], "{}", case)
    _told, outcome = wait(command)
    assert outcome.folder.state == "scored"
    assert opened_in != [threading.main_thread()]
    assert len(opened_in) == 1
    (case / "clinical.json").write_text("{}")
    _told, outcome = wait(Command(["case", "score", str(case), *SCORE_NUMPY], "{}", case))
    assert outcome.folder is None
    assert "changed behind its back" in outcome.message


def test_stopping_ends_the_process_at_once(case):
    before = children()
    command = start(case)
    first_progress(command)
    command.stop()
    assert children() == before
    assert CaseFolder.open(case).state == "signed"


def test_the_worker_sees_the_product_and_nothing_of_the_folder_that_slicer_was_started_in(case, tmp_path, monkeypatch):
    (tmp_path / "json.py").write_text("raise SystemExit('taken for the real one')")
    (tmp_path / "ABCImmunoResponseLib").mkdir()
    monkeypatch.chdir(tmp_path)
    _told, outcome = wait(start(case))
    assert outcome == Outcome("done")


def test_within_slicer_its_own_interpreter_is_used(tmp_path, monkeypatch):
    there = tmp_path / "PythonSlicer"
    there.write_text("#!/bin/sh\n")
    there.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert process.python_executable() == str(there)


@pytest.fixture
def slicers_python(tmp_path, monkeypatch):
    """Put a program in the place of Slicer's interpreter."""

    def put(text: str) -> Path:
        program = tmp_path / "PythonSlicer"
        program.write_text(text)
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        return program

    return put


@pytest.mark.parametrize(
    "said", ['{"total": 4}', '{"done": null, "total": "x", "what": 1}', "[" * 100_000, "\\000\\377"]
)
def test_a_process_that_talks_nonsense_still_comes_to_an_end(slicers_python, said):
    slicers_python(f"#!/bin/sh\ncat > /dev/null\nprintf '{said}\\n'\nexit 3\n")
    told, outcome = wait(Command(["case", "score"]), 10)
    assert told == []
    assert outcome.status == "died"
    assert "exit code 3" in outcome.message


def test_steps_that_cannot_be_are_passed_over(slicers_python):
    lines = ('{"done": -1, "total": 4, "what": ""}', f'{{"done": 1, "total": {10**20}, "what": ""}}')
    slicers_python("#!/bin/sh\n" + "".join(f"echo '{line}'\n" for line in lines) + "exit 3\n")
    assert wait(Command(["case", "score"]), 10)[0] == []


def test_a_process_that_told_no_result_did_nothing(slicers_python):
    slicers_python("#!/bin/sh\nexit 0\n")
    _told, outcome = wait(Command(["case", "score"]), 10)
    assert outcome == Outcome("died", "The worker process ended before it was done: it told no result.")


@pytest.mark.parametrize("text", ["no program", "#!/no/such/interpreter\n"])
def test_an_interpreter_that_cannot_be_started_is_one_clear_line(slicers_python, text):
    program = slicers_python(text)
    before = set(Path("/proc/self/fd").iterdir())
    with pytest.raises(MissingDependencyError, match="cannot be started") as refusal:
        Command(["case", "score"])
    assert str(program) in str(refusal.value)
    assert set(Path("/proc/self/fd").iterdir()) == before


def test_where_no_interpreter_is_known_that_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(process.sys, "executable", None)
    with pytest.raises(MissingDependencyError, match="no Python interpreter is known"):
        Command(["case", "score"])


def test_cancelling_reaches_what_a_launcher_started_after_the_launcher_died(slicers_python):
    slicers_python("#!/bin/sh\nsleep 60 &\nexit 1\n")
    command = Command(["case", "score"])
    time.sleep(0.2)
    assert command.poll() == []
    command.cancel()
    _told, outcome = wait(command, 2)
    assert outcome == Outcome("cancelled")
