"""Help, exit codes and how errors look."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from ABCImmunoResponseLib.cli import build_parser


def _commands(parser, words=()):
    for action in parser._actions:
        if hasattr(action, "choices") and isinstance(action.choices, dict):
            for name, child in action.choices.items():
                yield from _commands(child, (*words, name))
            return
    yield words, parser


COMMANDS = list(_commands(build_parser()))


def test_every_command_the_product_promises_is_there():
    names = {" ".join(words) for words, _ in COMMANDS}
    case = {"new", "read", "lock", "reconcile", "adjudicate", "sign", "score", "report", "show", "verify"}
    promised = {
        "demo",
        "measure",
        "extract",
        "bundle show",
        "bundle verify",
        "simulate case",
        "simulate cohort",
        "train",
    }
    assert promised | {f"case {name}" for name in case} <= names


@pytest.mark.parametrize(("words", "parser"), COMMANDS, ids=[" ".join(words) for words, _ in COMMANDS])
def test_help_shows_an_example_that_parses(run, words, parser):
    help_ = run(*words, "--help")
    assert help_.code == 0
    example = help_.out.split("example:\n", 1)[1].strip()
    assert example.startswith("abc-immuno-response " + " ".join(words))
    parsed = build_parser().parse_args(shlex.split(example)[1:])
    assert callable(parsed.run)


@pytest.mark.parametrize(
    "words", [(), ("nonsense",), ("case",), ("measure",), ("case", "new", "x"), ("measure", "--x")]
)
def test_wrong_use_exits_2(run, words):
    outcome = run(*words)
    assert outcome.code == 2
    assert "usage:" in outcome.err


@pytest.mark.parametrize("jobs", ["0", "-3", "two", "1.5", ""])
@pytest.mark.parametrize(
    "words", [("simulate", "cohort", "x"), ("extract", "--image", "x", "--mask", "x", "--output", "x.csv")]
)
def test_a_number_of_cores_is_a_whole_one(run, words, jobs):
    outcome = run(*words, f"--jobs={jobs}")
    assert outcome.code == 2
    assert f"argument --jobs: {jobs!r} is not a whole number of at least 1" in outcome.err


def test_a_refusal_is_one_line_on_stderr_and_exits_1(run, tmp_path):
    outcome = run("case", "show", tmp_path / "absent\nfolder\x1b[31m")
    assert outcome.code == 1
    assert outcome.out == ""
    assert outcome.err.count("\n") == 1
    assert outcome.err.startswith("abc-immuno-response: ")
    assert "\x1b" not in outcome.err


def test_as_a_module_and_as_an_installed_command_it_is_the_same():
    for program in (
        [sys.executable, "-m", "ABCImmunoResponseLib"],
        [str(Path(sys.executable).parent / "abc-immuno-response")],
    ):
        done = subprocess.run([*program, "--version"], capture_output=True, text=True, check=True)
        assert done.stdout.startswith("abc-immuno-response ")


def test_a_reader_of_our_output_may_leave_early():
    command = [sys.executable, "-m", "ABCImmunoResponseLib", "bundle", "show"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()  # long before it prints
        complaint = process.stderr.read()
    assert complaint == b""
    assert process.returncode == 1


def test_closed_streams_change_nothing_of_what_is_done():
    program = f"'{sys.executable}' -m ABCImmunoResponseLib bundle show"
    for closed in (">&-", ">&- 2>&-", ">&- 2>&- <&-"):
        done = subprocess.run(["/bin/sh", "-c", f"{program} {closed}"], capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
