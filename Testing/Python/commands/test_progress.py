"""``--progress json``: what a program that started a command hears, and how it stops it."""

import io
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest

from ABCImmunoResponseLib.cli import main
from ABCImmunoResponseLib.commands import case_outcome
from ABCImmunoResponseLib.commands.reporting import JsonReport, readable
from ABCImmunoResponseLib.errors import Cancelled
from ABCImmunoResponseLib.features.steps import STEPS
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from sample_case import snapshot

TELLING = ("--progress", "json", "--by", "tester")


def heard(text):
    """Return what was said, each line parsed; every line is a JSON object."""
    said = [json.loads(line) for line in text.splitlines()]
    assert all(isinstance(value, dict) for value in said)
    return said


@pytest.fixture
def given(monkeypatch):
    """A function that puts bytes on standard input."""

    def put(data):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))

    return put


def test_a_score_tells_every_step_and_is_the_same_score(run, at, patient, given, tmp_path):
    plain = at("signed")
    told = shutil.copytree(plain, tmp_path / "told" / plain.name)
    before = signal.getsignal(signal.SIGTERM)
    given((patient / "clinical.json").read_bytes())
    outcome = run("case", "score", told, "--clinical", "-", *TELLING)
    assert outcome.code == 0, outcome.err
    assert signal.getsignal(signal.SIGTERM) is before
    *steps, last = heard(outcome.out)
    assert last == {"result": "scored"}
    assert outcome.err == ""
    assert all(set(step) == {"done", "total", "what"} for step in steps)
    assert [step["done"] for step in steps] == sorted(step["done"] for step in steps)
    assert all(0 <= step["done"] < step["total"] for step in steps)
    assert len({step["total"] for step in steps[1:]}) == 1
    whats = list(dict.fromkeys(step["what"] for step in steps))
    assert whats[:4] == ["Opening the case", "Loading the model", "Preparing the computation", "Reading the CT"]
    assert whats[-1] == "Scoring and recording the score"
    lesions = [lesion.lesion_id for lesion in CaseFolder.open(told).consensus_lesions() if lesion.kind == "target"]
    assert len(whats) == steps[-1]["total"] == 5 + len(lesions) * len(STEPS)
    assert {re.fullmatch("Lesion (.+): .+", what)[1] for what in whats[4:-1]} == set(lesions)
    assert run("case", "score", plain, "--clinical", patient / "clinical.json", "--by", "tester").code == 0
    for name in ("features.csv", "clinical.json"):
        assert (told / name).read_bytes() == (plain / name).read_bytes()
    results = [CaseFolder.open(case).result() for case in (told, plain)]
    assert results[0]["scores"] == results[1]["scores"]


def test_steps_are_told_in_a_radiologists_words():
    told = [readable(f"L1: {step}") for step in STEPS]
    assert told[:4] == [
        "Lesion L1: size and shape",
        "Lesion L1: texture",
        "Lesion L1: texture at a scale of 1 mm",
        "Lesion L1: texture at a scale of 2 mm",
    ]
    assert told[-1] == "Lesion L1: texture, wavelet LLL"
    assert len(set(told)) == len(STEPS)
    assert [readable(what) for what in ("features extracted", "a: b", "write the CT")] == [
        "features extracted",
        "a: b",
        "write the CT",
    ]


def test_a_report_tells_its_steps(run, at):
    case = at("scored")
    outcome = run("case", "report", case, *TELLING)
    *steps, last = heard(outcome.out)
    assert last == {"result": "reported", "report": str(case / "report.html")}
    assert list(dict.fromkeys((step["done"], step["what"]) for step in steps)) == [
        (0, "Opening the case"),
        (1, "Loading the model"),
        (2, "Drawing the report"),
        (3, "Recording the report"),
    ]
    assert CaseFolder.open(case).state == "reported"


def test_a_simulated_patient_too(run, tmp_path):
    words = ("--seed", 3, "--size", 96, 96, 48, "--lesions", 1, "--progress", "json")
    *steps, last = heard(run("simulate", "case", tmp_path / "patient", *words).out)
    assert last == {"result": "simulated"}
    assert len(steps) > 40
    assert all(step["done"] <= step["total"] for step in steps)


def bug(folder, bundle):
    raise ZeroDivisionError("nobody\nexpected this")


@pytest.mark.parametrize(
    ("state", "words", "clinical", "kind", "message"),
    [
        ("reconciled", ("score",), None, "StateError", "it is scored once its consensus is signed"),
        ("scored", ("score",), None, "StateError", "reopen it to 'signed'"),
        ("signed", ("score", "--clinical", "-"), b"{", "ClinicalError", "on standard input are not valid JSON"),
        ("signed", ("score", "--clinical", "-"), b"", "ClinicalError", "on standard input are not valid JSON"),
        ("signed", ("score", "--clinical", "-"), b"\xff", "ClinicalError", "on standard input are not valid JSON"),
        ("signed", ("score", "--clinical", "-"), b"[]", "ClinicalError", "must be a JSON object, not list"),
        ("signed", ("score", "--clinical", "-"), b'{"ecog": 9}', "ClinicalError", "ecog"),
        ("signed", ("score", "--bundle", "absent"), None, "BundleError", "absent"),
        ("signed", ("report",), None, "StateError", "must be scored before"),
        ("scored", ("report", "bug"), None, "ZeroDivisionError", "ZeroDivisionError: nobody expected this"),
    ],
)
def test_a_refusal_is_the_last_line(run, at, given, monkeypatch, state, words, clinical, kind, message):
    if clinical is not None:
        given(clinical)
    if "bug" in words:
        monkeypatch.setattr(case_outcome, "render", bug)
        words = words[:1]
    case = at(state)
    before = snapshot(case)
    outcome = run("case", words[0], case, *words[1:], *TELLING)
    assert outcome.code == 1
    *steps, last = heard(outcome.out)
    assert set(last) == {"error", "kind"}
    assert last["kind"] == kind
    assert message in last["error"]
    assert "\n" not in last["error"]
    assert not any("error" in step or "result" in step for step in steps)
    assert outcome.err.count("\n") == 1
    assert snapshot(case) == before


def test_a_process_without_standard_input_is_told(run, at, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    outcome = run("case", "score", at("signed"), "--clinical", "-", *TELLING)
    assert "no standard input" in heard(outcome.out)[-1]["error"]


def test_clinical_values_come_on_standard_input_without_progress_too(run, at, patient, given):
    given((patient / "clinical.json").read_bytes())
    case = at("signed")
    assert run("case", "score", case, "--clinical", "-", "--by", "tester").code == 0
    assert CaseFolder.open(case).clinical() is not None


def test_a_long_step_is_told_again_and_nothing_after_the_outcome():
    stream = io.StringIO()
    report = JsonReport(stream)
    with report.at_work():
        report.begin("Drawing the report")
        time.sleep(1.5)
        report.done({"result": "reported"}, lambda: None)
        time.sleep(0.6)
    *steps, last = heard(stream.getvalue())
    assert last == {"result": "reported"}
    assert len(steps) >= 3
    assert steps == [{"done": 0, "total": 1, "what": "Drawing the report"}] * len(steps)


def test_a_name_from_anywhere_stays_one_line_of_json():
    stream = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    report = JsonReport(stream)
    report.begin("Lesion größer\n肝\x1b[2J: texture")
    report.fail(ValueError("a\nb"))
    told = heard(stream.buffer.getvalue().decode("ascii"))
    assert told[0]["what"] == "Lesion größer 肝\\x1b[2J: texture"
    assert told[1] == {"error": "ValueError: a b", "kind": "ValueError"}


def test_outside_the_main_thread_it_works_without_a_handler(at, capfd):
    codes = []
    case = at("signed")
    thread = threading.Thread(target=lambda: codes.append(main(["case", "score", str(case), *TELLING])))
    thread.start()
    thread.join()
    assert codes == [0]
    assert heard(capfd.readouterr().out)[-1] == {"result": "scored"}


# --- stopped ----------------------------------------------------------------------------------------------------------


def start(*words, program=("-m", "ABCImmunoResponseLib")):
    return subprocess.Popen(
        [sys.executable, *program, *map(str, words)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_stopped_while_it_waits(at):
    case = at("signed")
    before = snapshot(case)
    with start("case", "score", case, "--clinical", "-", *TELLING) as process:
        assert json.loads(process.stdout.readline())["what"] == "Opening the case"
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        told = heard(process.stdout.read())
        errors = process.stderr.read()
    assert time.monotonic() - began < 2
    assert process.returncode == 130
    assert told[-1]["kind"] == "Cancelled"
    assert errors.count("\n") == 1
    assert snapshot(case) == before
    CaseFolder.open(case).verify()


# The command in a process that sends SIGTERM to itself as soon as it has told of a step, or is about to record.
STOPPED_AT = """
import os, signal, sys
from ABCImmunoResponseLib.cli import main
from ABCImmunoResponseLib.commands.reporting import JsonReport
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
at, *words = sys.argv[1:]
write, record = JsonReport._write, CaseFolder.record_score

def stop():
    os.kill(os.getpid(), signal.SIGTERM)

def telling(self, value):
    write(self, value)
    if value.get("what", "").startswith(at):
        stop()

def recording(self, *arguments, **more):
    stop()
    return record(self, *arguments, **more)

if at == "record":
    CaseFolder.record_score = recording
else:
    JsonReport._write = telling
sys.exit(main(words))
"""


@pytest.mark.parametrize(
    ("what", "jobs"),
    [
        ("Opening the case", 1),
        ("Reading the CT", 1),
        ("Lesion", 1),
        ("Lesion", 2),
        ("Lesion L2: texture, wavelet", 1),
    ],
)
def test_stopped_at_any_step_it_leaves_the_case_as_it_was(at, what, jobs):
    case = at("signed")
    before = snapshot(case)
    with start(what, "case", "score", case, "--jobs", jobs, *TELLING, program=("-c", STOPPED_AT)) as process:
        told, errors = map(str, process.communicate())
    assert process.returncode == 130, errors
    assert heard(told)[-1] == {"error": "The work was stopped; what it was done for is as it was.", "kind": "Cancelled"}
    assert "Traceback" not in errors
    assert snapshot(case) == before


def test_stopped_while_it_records_it_is_done(at):
    case = at("signed")
    with start("record", "case", "score", case, *TELLING, program=("-c", STOPPED_AT)) as process:
        told, errors = process.communicate()
    assert process.returncode == 0, errors
    assert heard(told)[-1] == {"result": "scored"}
    assert CaseFolder.open(case).state == "scored"


def test_a_second_signal_does_not_interrupt_the_telling_of_the_first():
    report = JsonReport(io.StringIO())
    with report.at_work():
        with pytest.raises(Cancelled):
            os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Cancelled):
            report.begin("another step")


def test_what_breaks_because_it_is_being_stopped_is_no_error():
    report = JsonReport(io.StringIO())
    with report.at_work():
        with pytest.raises(Cancelled):
            os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Cancelled):
            report.begin("the next step")


def test_it_ends_where_nobody_listens_any_more(at):
    case = at("signed")
    before = snapshot(case)
    with start("case", "score", case, *TELLING) as process:
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 1
    assert snapshot(case) == before


def test_no_silence_is_longer_than_a_second(at, patient):
    case = at("signed")
    with start("case", "score", case, "--engine", "numpy", *TELLING) as process:
        process.stdout.readline()
        moments = [time.monotonic()]
        for _ in process.stdout:
            moments.append(time.monotonic())
    assert process.returncode == 0
    assert max(after - before for before, after in itertools.pairwise(moments)) < 1
