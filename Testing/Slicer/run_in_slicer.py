"""Run the module's self test and this folder's tests in a real Slicer, and say what came of it.

``python Testing/Slicer/run_in_slicer.py --slicer /path/to/Slicer`` needs nothing but Python's own library. Every file
has a Slicer of its own, in testing mode. Exit code 0: all passed; 1: something did not, or could not be run.

A file passed if Slicer ended with code 0, unittest said OK, every test that the file holds ran, none was skipped, and
no Python error was printed: Slicer prints what goes wrong in a slot and goes on.
"""

import argparse
import ast
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODULE = ROOT / "ABCImmunoResponse"
TESTS = ROOT / "Testing" / "Slicer"
_TIMEOUT_S = 900
_KILLED_WITHIN_S = 10
_TAIL = 30  # lines of the output that are shown of what did not pass
_PYTHON_ERROR = re.compile(r"Traceback \(most recent call last\).*|^(?:\w+\.)*\w+(?:Error|Exception): .*", re.MULTILINE)


@dataclass(frozen=True)
class Unit:
    """A file of tests: its module's name, its folder, how many tests it holds at least."""

    name: str
    folder: Path
    tests: int


@dataclass(frozen=True)
class Outcome:
    """What came of a file: why it did not pass ('' if it did), how many tests ran, how long, what was printed."""

    unit: Unit
    fault: str
    ran: int
    seconds: float
    output: str


def units(tests: Path = TESTS) -> tuple[Unit, ...]:
    """Return the module's self test and those files of ``tests`` that need no pytest, which Slicer has not."""
    found = [Unit(MODULE.name, MODULE, _count(MODULE / f"{MODULE.name}.py"))]
    for path in sorted(tests.glob("test_*.py")):
        if not {"pytest", "slicerhost"} & _imported(path):
            found.append(Unit(path.stem, tests, _count(path)))
    return tuple(found)


def _imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(_parsed(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def _count(path: Path) -> int:
    """Return how many test methods a file's classes hold."""
    classes = (node for node in _parsed(path).body if isinstance(node, ast.ClassDef))
    return sum(
        isinstance(node, ast.FunctionDef) and node.name.startswith("test") for found in classes for node in found.body
    )


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def command(slicer: Path, unit: Unit, main_window: bool = True) -> list[str]:
    """Return the command line that runs a file: what changes the start comes before the code to run."""
    code = f"import slicer.testing; slicer.testing.runUnitTest([{str(unit.folder)!r}], {unit.name!r})"
    return [
        str(slicer),
        "--no-splash",
        *([] if main_window else ["--no-main-window"]),
        "--testing",
        "--ignore-slicerrc",
        "--disable-cli-modules",
        "--additional-module-paths",
        str(MODULE),
        "--python-code",
        code,
    ]


def run(slicer: Path, unit: Unit, timeout_s: float = _TIMEOUT_S, main_window: bool = True) -> Outcome:
    """Run a file's tests in a Slicer of their own and judge how that went."""
    began = time.monotonic()
    try:
        # A pipe, not a file: Slicer redirects its own output, and into a file it would get lost.
        process = subprocess.Popen(
            command(slicer, unit, main_window),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=_environment(),
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=os.name != "nt",
        )
    except OSError as cause:
        return Outcome(unit, f"Slicer cannot be started ({cause.strerror or cause})", 0, 0.0, "")
    try:
        output, _ = process.communicate(timeout=timeout_s)
        ran, fault = _judge(unit, process.returncode, output)
    except subprocess.TimeoutExpired:
        output = _end(process)
        ran, fault = _ran(output), f"no end after {timeout_s:g} s"
    except BaseException:  # stopped by the user: Slicer has a group of its own and hears nothing of it
        _end(process)
        raise
    return Outcome(unit, fault, ran, time.monotonic() - began, output)


def _environment() -> dict[str, str]:
    """Return the environment without what leads Slicer's Python to the packages of another one."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}


def _end(process: subprocess.Popen) -> str:
    """End Slicer with all that its launcher started; return what it printed."""
    if os.name == "nt":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)
    else:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    try:
        return process.communicate(timeout=_KILLED_WITHIN_S)[0]
    except subprocess.TimeoutExpired as still:  # something that it started still holds the pipe
        return (still.stdout or b"").decode("utf-8", "replace") if isinstance(still.stdout, bytes) else ""


def _ran(output: str) -> int:
    found = re.findall(r"^Ran (\d+) tests? in ", output, re.MULTILINE)
    return int(found[-1]) if found else 0


def _judge(unit: Unit, code: int, output: str) -> tuple[int, str]:
    """Return how many tests ran, and why the file did not pass, '' if it did."""
    ran = _ran(output)
    verdict = re.findall(r"^(OK|FAILED)(?: \((.*)\))?$", output, re.MULTILINE)
    failed = [found for found in verdict if found[0] == "FAILED"]
    state, details = [*verdict, *failed][-1] if verdict else ("", "")
    error = _PYTHON_ERROR.search(output)
    if state == "FAILED":
        fault = f"tests failed ({details})"
    elif not state and code != 0:
        fault = f"Slicer ended with {_code(code)} before the tests did"
    elif ran == 0:
        fault = "no test ran"
    elif ran < unit.tests:
        fault = f"only {ran} of {unit.tests} tests ran"
    elif details:
        fault = f"not every test was carried out ({details})"
    elif code != 0:
        fault = f"tests passed, but Slicer ended with {_code(code)}"
    elif error:
        fault = f"an error was printed: {error[0][:80]}"
    else:
        fault = ""
    return ran, fault


def _code(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {-code}"


def table(outcomes: Sequence[Outcome]) -> str:
    """Return a line for each file: tests, seconds, what came of it."""
    width = max(len(outcome.unit.name) for outcome in outcomes)
    lines = [f"{'file'.ljust(width)}  tests  seconds  result"]
    for outcome in outcomes:
        result = outcome.fault or "passed"
        lines.append(f"{outcome.unit.name.ljust(width)}  {outcome.ran:5d}  {outcome.seconds:7.1f}  {result}")
    return "\n".join(lines)


def main(words: Sequence[str] | None = None) -> int:
    """Run all, print the table, return the exit code."""
    parser = argparse.ArgumentParser(description="Run the module's tests in a real Slicer.")
    parser.add_argument("--slicer", type=Path, required=True, help="the Slicer executable")
    parser.add_argument("--tests", type=Path, default=TESTS, help="folder of tests (%(default)s)")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="only these files, as the table names them")
    parser.add_argument("--timeout", type=float, default=_TIMEOUT_S, metavar="S", help="seconds a file may take")
    parser.add_argument("--no-main-window", action="store_true", help="start Slicer without its main window")
    given = parser.parse_args(words)
    if not given.tests.is_dir():
        print(f"There is no folder {given.tests}.", file=sys.stderr)
        return 1
    chosen = [unit for unit in units(given.tests.resolve()) if not given.only or unit.name in given.only]
    unknown = set(given.only or ()) - {unit.name for unit in chosen}
    if unknown:
        print(f"There is no test file {', '.join(sorted(unknown))} for Slicer.", file=sys.stderr)
        return 1
    outcomes = []
    for unit in chosen:
        print(f"{unit.name} ...", flush=True)
        outcomes.append(run(given.slicer, unit, given.timeout, not given.no_main_window))
    for outcome in outcomes:
        if outcome.fault and outcome.output:
            tail = "\n".join(outcome.output.splitlines()[-_TAIL:])
            print(f"\n--- {outcome.unit.name}: {outcome.fault}\n{tail}\n")
    print(table(outcomes))
    return int(any(outcome.fault for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
