"""A numba that does not work is refused in one line; a cache that does not work costs time alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import ABCImmunoResponseLib

MODULE = Path(ABCImmunoResponseLib.__file__).parents[1]
TELL = """
from ABCImmunoResponseLib.errors import MissingDependencyError
from ABCImmunoResponseLib.features.engine import default_engine
from ABCImmunoResponseLib.features.kernels.numba_kernels import NumbaKernels
try:
    NumbaKernels()
except MissingDependencyError as error:
    print(error)
print(default_engine())
"""
BROKEN = {
    "numpy too new": "raise ImportError('Numba needs NumPy 2.4 or less. Got NumPy 3.0.')",
    "compiled for another numpy": "raise SystemError('initialization of _internal failed')",
    "removed from numpy": "import numpy\nnumpy.no_such_thing",
    "libLLVM": "raise OSError('Could not find/load shared object file: libllvmlite.so\\n  [searched in]')",
    "folder not writable": "raise RuntimeError('cannot cache function')",
    "without a word": "raise RuntimeError",
    "half installed": "",
}
SAID = {
    "numpy too new": "Numba needs NumPy 2.4 or less. Got NumPy 3.0.",
    "compiled for another numpy": "initialization of _internal failed",
    "removed from numpy": "no_such_thing",
    "libLLVM": "libllvmlite.so [searched in]",
    "folder not writable": "cannot cache function",
    "without a word": "(RuntimeError)",
    "half installed": "cannot import name",
}
KERNEL = """
from ABCImmunoResponseLib.features.kernels.numba_jit import kernel


@kernel
def add(a, b):
    return a + b / 0.0
"""
ADD = "from some_kernel import add; print(add(1.0, 2.0), sum(add.stats.cache_hits.values()))"


def run(program: str, cwd: Path, **environment: str) -> list[str]:
    """Return the lines that a program prints whose modules in ``cwd`` come first."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env=os.environ | {"PYTHONPATH": f"{cwd}{os.pathsep}{MODULE}", "PYTHONDONTWRITEBYTECODE": "1"} | environment,
        cwd=cwd, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def assert_refused(printed: list[str], cause: str) -> None:
    message, default = printed
    assert message.startswith("The numba engine")
    assert cause in message
    assert "the engine numpy" in message
    assert default == "numpy"


@pytest.mark.parametrize("fault", BROKEN)
def test_numba_that_cannot_be_imported_is_refused_with_its_cause(tmp_path, fault):
    (tmp_path / "numba.py").write_text(BROKEN[fault])
    assert_refused(run(TELL, tmp_path), SAID[fault])


def test_missing_numba_is_refused(tmp_path):
    (tmp_path / "numba.py").write_text("raise ModuleNotFoundError(\"No module named 'numba'\")")
    printed = run(TELL, tmp_path)
    assert_refused(printed, "No module named 'numba'")
    assert "pip install 'numba>=" in printed[0]


def test_empty_folder_named_numba_is_refused(tmp_path):
    """Where numba itself is not installed, Python takes such a folder for a package."""
    (tmp_path / "numba").mkdir()
    program = """
import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
sys.modules["numba"] = module_from_spec(PathFinder.find_spec("numba", ["."]))
"""
    assert_refused(run(program + TELL, tmp_path), "cannot import name")


def test_numba_told_not_to_compile_is_refused(tmp_path):
    assert_refused(run(TELL, tmp_path, NUMBA_DISABLE_JIT="1"), "NUMBA_DISABLE_JIT")


@pytest.fixture
def kept(tmp_path):
    """Return a function that runs a kernel and returns whether its code was found in the cache folder."""
    (tmp_path / "some_kernel.py").write_text(KERNEL)

    def found(before: str = "") -> bool:
        value, hits = run(before + ADD, tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "cache"))[0].split()
        assert value == "inf"
        return hits == "1"

    return found


@pytest.mark.parametrize(
    ("suffix", "damage"), [(".nbi", "empty"), (".nbi", "half"), (".nbi", "other"), (".nbc", "half"), (".nbc", "other")]
)
def test_damaged_cache_is_compiled_anew_and_mended(tmp_path, kept, suffix, damage):
    assert not kept()
    assert kept()
    (file,) = tmp_path.rglob(f"*{suffix}")
    whole = file.read_bytes()
    file.write_bytes({"empty": b"", "half": whole[: len(whole) // 2], "other": b"no pickle"}[damage])
    assert not kept()
    assert kept()


@pytest.mark.parametrize("room", [0, 1000])
def test_full_disk_keeps_nothing_and_fails_nothing(kept, room):
    full = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room})); "
    assert not kept(full)
    assert not kept(full)
    assert not kept()
    assert kept()
