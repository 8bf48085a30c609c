"""The runner for a real Slicer, held to a stub that takes the command line and behaves as Slicer is documented to."""

import importlib.util
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
RUNNER = ROOT / "Testing" / "Slicer" / "run_in_slicer.py"

# Slicer's options come before what it is to run; it prints what goes wrong in a slot, goes on, and ends with the
# tests' exit code. `slicer.testing.runUnitTest` is the stub's only part of the application.
STUB = f"""#!{sys.executable}
import os, signal, subprocess, sys, time, types, unittest
words = sys.argv[1:]
assert words[-2] == "--python-code", words
assert {{"--testing", "--no-splash", "--ignore-slicerrc"}} < set(words[:-2]), words
paths = words[words.index("--additional-module-paths") + 1 : -2]
assert [os.path.basename(path) for path in paths] == ["ABCImmunoResponse"], words
assert "PYTHONPATH" not in os.environ

def runUnitTest(path, testname):
    sys.path.extend(path)
    suite = unittest.TestLoader().loadTestsFromName(testname)
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    if not result.wasSuccessful():
        raise Exception("")  # as Slicer's own

mode = os.environ.get("STUB")
if mode == "hang":  # and so does what the launcher started
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    print("starting", flush=True)
    time.sleep(60)
if mode == "dies":
    sys.exit("cannot open display")
if mode == "slot":
    print("Traceback (most recent call last):\\n  File 'panel.py'\\nKeyError: 'L1'", file=sys.stderr)
if mode == "mute":
    os._exit(0)
testing = types.ModuleType("slicer.testing")
testing.runUnitTest = runUnitTest
sys.modules |= {{"slicer": types.ModuleType("slicer"), "slicer.testing": testing}}
sys.modules["slicer"].testing = testing
exec(words[-1])
if mode == "crash":
    sys.stdout.flush()
    os.kill(os.getpid(), signal.SIGSEGV)
"""

PASSING = """
import unittest
class SmallTest(unittest.TestCase):
    def test_one(self): self.assertEqual(1, 1)
    def test_two(self): self.assertEqual(2, 2)
"""


@pytest.fixture(scope="module")
def runner():
    spec = importlib.util.spec_from_file_location("run_in_slicer", RUNNER)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look themselves up there
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture
def stub(tmp_path):
    path = tmp_path / "a Slicer"
    path.write_text(STUB, encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def tests(tmp_path):
    folder = tmp_path / "tests"
    folder.mkdir()
    (folder / "test_small.py").write_text(PASSING, encoding="utf-8")
    (folder / "test_with_pytest.py").write_text("import pytest\ndef test_x(): pass\n", encoding="utf-8")
    return folder


def run(stub, tests, *words):
    """Run the runner as a command on the small tests; return its exit code and its table's last line."""
    words = [sys.executable, str(RUNNER), "--slicer", str(stub), "--tests", str(tests), "--only", "test_small", *words]
    done = subprocess.run(words, capture_output=True, text=True, timeout=50, check=False)
    return done.returncode, (done.stdout.splitlines() or [done.stderr])[-1], done.stdout


def test_what_passes_passes(stub, tests):
    code, line, _ = run(stub, tests)
    assert code == 0
    assert line.split() == ["test_small", "2", line.split()[2], "passed"]


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("crash", "tests passed, but Slicer ended with signal 11"),
        ("dies", "Slicer ended with exit code 1 before the tests did"),
        ("slot", "an error was printed: Traceback"),
        ("mute", "no test ran"),
    ],
)
def test_what_a_slicer_does_wrong_is_a_failure(stub, tests, monkeypatch, mode, said):
    monkeypatch.setenv("STUB", mode)
    code, line, _ = run(stub, tests)
    assert code == 1
    assert said in line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PASSING.replace("(2, 2)", "(2, 3)"), "tests failed (failures=1)"),
        (PASSING.replace("def test_two", "@unittest.skip('')\n    def test_two"), "skipped=1"),
        (PASSING.replace("(2, 2)", "(2, 2)\ndel SmallTest.test_two"), "only 1 of 2 tests ran"),
        ("import unittest\n", "no test ran"),
        ("import missing_package\n", "tests failed (errors=1)"),
        ("raise SystemExit(0)\n", "no test ran"),
    ],
)
def test_what_a_file_does_wrong_is_a_failure(stub, tests, text, said):
    (tests / "test_small.py").write_text(text, encoding="utf-8")
    code, line, shown = run(stub, tests)
    assert code == 1
    assert said in line
    assert "---" in shown or not line.split()[1].strip("0")


def test_what_hangs_is_ended_with_all_that_it_started(stub, tests, monkeypatch):
    monkeypatch.setenv("STUB", "hang")
    began = time.monotonic()
    code, line, shown = run(stub, tests, "--timeout", "2")
    assert time.monotonic() - began < 20
    assert code == 1
    assert "no end after 2 s" in line
    assert "starting" in shown


def test_a_slicer_that_is_not_there_is_a_failure(tests, tmp_path):
    code, line, _ = run(tmp_path / "nowhere", tests)
    assert code == 1
    assert "Slicer cannot be started (No such file or directory)" in line


def test_a_file_that_is_not_there_is_a_failure(stub, tests):
    assert run(stub, tests, "--only", "test_gone")[0] == 1


def test_a_folder_of_tests_that_is_not_there_is_a_failure(stub, tmp_path):
    code, line, _ = run(stub, tmp_path / "nowhere", "--only", "ABCImmunoResponse")
    assert (code, line) == (1, f"There is no folder {tmp_path / 'nowhere'}.\n")


@pytest.mark.parametrize(
    ("output", "fault"),
    [
        ("FAILED (failures=1)\nRan 2 tests in 0.1s\nOK\n", "tests failed (failures=1)"),
        ("OK\n[slot] Traceback (most recent call last):\n  File 'panel.py'\n", "an error was printed"),
    ],
)
def test_what_goes_wrong_before_or_after_the_verdict_counts(runner, output, fault):
    ran, said = runner._judge(runner.Unit("small", ROOT, 2), 0, f"Ran 2 tests in 0.1s\n{output}")
    assert ran == 2
    assert fault in said


def test_slicer_ends_with_whoever_stops_the_run(stub, tests, monkeypatch):
    monkeypatch.setenv("STUB", "hang")
    command = [sys.executable, str(RUNNER), "--slicer", str(stub), "--tests", str(tests), "--only", "test_small"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        process.stdout.readline()
        time.sleep(1.0)
        [slicer] = map(int, Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split())
        process.send_signal(signal.SIGINT)
        process.wait(timeout=10)
    assert not Path(f"/proc/{slicer}").exists()


def test_the_python_of_another_environment_stays_outside(stub, tests, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(tests))  # the stub refuses it
    assert run(stub, tests)[0] == 0


def test_every_test_file_that_needs_no_pytest_runs_in_slicer(runner):
    names = {unit.name for unit in runner.units()}
    assert {"ABCImmunoResponse", "test_nodes", "test_logic"} <= names
    assert "test_host" not in names
    assert all(unit.tests > 0 for unit in runner.units())


def test_ctest_runs_the_same_files(runner):
    folder = ROOT / "ABCImmunoResponse"
    registered = re.findall(
        r"^ *slicer_add_python_unittest\(SCRIPT (?:\$\{_slicer_tests\}/)?(\S+)\.py\)$",
        (folder / "CMakeLists.txt").read_text(encoding="utf-8")
        + (folder / "Testing" / "Python" / "CMakeLists.txt").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert [name.replace("${MODULE_NAME}", "ABCImmunoResponse") for name in registered] == [
        unit.name for unit in runner.units()
    ]
