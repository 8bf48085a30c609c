"""The installer does nothing where pyradiomics is there, and names in one line what a build would lack."""

import subprocess
import sys
import time
import venv

import pytest


@pytest.fixture
def installer(root):
    """The script's path."""
    return str(root / "Testing" / "install_pyradiomics.py")


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory) -> str:
    """A Python without any package, and without pip."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, with_pip=False, symlinks=True)
    return str(folder / "bin" / "python")


def test_nothing_is_done_where_it_is_installed(installer):
    started = time.monotonic()
    done = subprocess.run([sys.executable, installer], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "pyradiomics 3.0.1 is installed.\n", "")
    assert time.monotonic() - started < 20


def test_missing_pip_is_named(installer, bare_python):
    done = subprocess.run([bare_python, installer], capture_output=True, text=True)
    assert done.returncode == 1
    assert "has no pip; run" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_missing_compiler_is_named(installer, bare_python, tmp_path):
    (tmp_path / "pip.py").write_text("")
    nowhere = {"PATH": str(tmp_path), "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([bare_python, installer], capture_output=True, text=True, env=nowhere)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "a C compiler is needed; install gcc (Debian, Ubuntu: apt-get install gcc)." in done.stderr
