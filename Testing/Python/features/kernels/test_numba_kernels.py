"""The numba kernel set: asked for by name alone, compiled once, kept where there is room, free of the GIL."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest

import ABCImmunoResponseLib
from ABCImmunoResponseLib.features.kernels import (
    numba_counts,
    numba_lines,
    numba_log,
    numba_neighbourhoods,
    numba_region,
    numba_spline,
    numba_zones,
)
from ABCImmunoResponseLib.features.kernels.interface import Kernels
from ABCImmunoResponseLib.features.kernels.numba_kernels import NumbaKernels
from ABCImmunoResponseLib.features.kernels.numpy_kernels import NumpyKernels

MODULE = Path(ABCImmunoResponseLib.__file__).parents[1]
COMPILED = [
    (module.__name__.rpartition(".")[2], name, function)
    for module in (numba_lines, numba_log, numba_neighbourhoods, numba_region, numba_spline, numba_zones)
    for name, function in vars(module).items()
    if hasattr(function, "targetoptions")
]
COUNTING = [numba_region.walled, numba_lines.pairs, numba_lines.runs, numba_neighbourhoods.neighbourhoods]


def lesion(seed: int, levels=7) -> tuple[np.ndarray, np.ndarray]:
    """Return a region that fills half its box, and its voxels' ranks."""
    chance = np.random.default_rng(seed)
    region = chance.random((20, 22, 24)) < 0.5
    return region, chance.integers(1, levels + 1, region.sum()).astype(np.uint16)


def count(region, ranks) -> list[np.ndarray]:
    found = numba_counts.matrices(numba_counts.prepare(region, [1]), ranks, np.arange(1, 8), 0)
    return [np.asarray(part) for part in astuple(found)]


def run(program: str, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env=os.environ | {"PYTHONPATH": f"{MODULE}{os.pathsep}{cwd}"} | environment,
        cwd=cwd, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("kernels", [NumpyKernels, NumbaKernels])
def test_kernel_set_offers_all_that_the_engine_asks_for(kernels):
    offered = kernels()
    asked = [name for name in vars(Kernels) if not name.startswith("_")]
    assert asked
    assert all(callable(getattr(offered, name)) for name in asked)
    assert offered.name == kernels.__name__.removesuffix("Kernels").lower()
    assert offered.releases_gil is (kernels is NumbaKernels)


def test_numba_is_not_loaded_before_it_is_asked_for(tmp_path):
    program = """
import sys
from ABCImmunoResponseLib.features.kernels.numba_kernels import NumbaKernels
from ABCImmunoResponseLib.features import engine
engine.engine("numpy")
assert "numba" not in sys.modules
NumbaKernels()
assert "numba" in sys.modules
"""
    run(program, tmp_path)


@pytest.mark.parametrize(("module", "name", "function"), COMPILED, ids=[f"{m}.{n}" for m, n, _ in COMPILED])
def test_kernels_release_the_gil_and_compute_as_written(module, name, function):
    assert function.targetoptions["nogil"]
    assert not function.targetoptions.get("fastmath")
    assert not function.targetoptions.get("parallel")


def test_threads_count_the_same_on_one_prepared_region():
    region, _ = lesion(1)
    prepared = numba_counts.prepare(region, [1])
    images = [np.random.default_rng(n).integers(1, 8, region.sum()).astype(np.uint16) for n in range(24)]

    def of(ranks):
        return astuple(numba_counts.matrices(prepared, ranks, np.arange(1, 8), 0))

    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(of, images))
    for found, ranks in zip(together, images, strict=True):
        for mine, alone in zip(found, of(ranks), strict=True):
            np.testing.assert_array_equal(mine, alone)


def test_one_version_is_compiled_whatever_arrays_come():
    region, ranks = lesion(2)
    wanted = count(region, ranks)
    compiled = [len(function.signatures) for function in COUNTING]
    for other in (np.asfortranarray(region), np.pad(region, 2)[2:-2, 2:-2, 2:-2], region.astype(np.uint8)):
        other.flags.writeable = False
        steps = np.repeat(ranks, 2)[::2]
        steps.flags.writeable = False
        for found, part in zip(count(other, steps), wanted, strict=True):
            np.testing.assert_array_equal(found, part)
    assert [len(function.signatures) for function in COUNTING] == compiled == [1] * len(COUNTING)


def test_representatives_stand_for_every_earlier_neighbour():
    near = np.abs(numba_zones.EARLIER[:, None] - numba_zones.EARLIER).max(axis=2) <= 1
    for members, code in enumerate(numba_zones.representatives().tolist()):
        among = {place for place in range(13) if members >> place & 1}
        chosen = {(code >> shift & 15) - 1 for shift in range(0, 16, 4) if code >> shift & 15}
        assert chosen <= among
        assert all(near[place, list(chosen)].any() for place in among)


def test_a_lone_voxel_has_a_zone_and_no_neighbours():
    found = numba_counts.matrices(numba_counts.prepare(np.ones((1, 1, 1), bool), [1]), np.ones(1), np.array([5]), 0)
    assert found.glcm.shape == (1, 1, 0)
    assert found.glrlm.shape == (1, 1, 0)
    np.testing.assert_array_equal(found.glszm, [[0], [1], [1]])
    np.testing.assert_array_equal(found.gldm, [[1]])
    np.testing.assert_array_equal(found.ngtdm, [[1, 0]])


@pytest.mark.parametrize("place", ["beside the file", "the user's cache", "nowhere"])
def test_compiled_code_is_kept_where_there_is_room(tmp_path, place):
    """A file where a folder should be stands for one that cannot be written: root may write into read-only ones."""
    code = tmp_path / "some_kernel.py"
    code.write_text(
        "from ABCImmunoResponseLib.features.kernels.numba_jit import kernel\n\n\n"
        "@kernel\ndef add(a, b):\n    return a + b / 0.0\n"
    )
    beside, user = tmp_path / "__pycache__", tmp_path / "user"
    if place != "beside the file":
        beside.touch()
    if place == "nowhere":
        user.touch()
    program = "from some_kernel import add; print(add(1.0, 2.0))"
    for _ in range(2):
        printed = run(
            program, tmp_path,
            HOME=str(user), XDG_CACHE_HOME=str(user), LOCALAPPDATA=str(user), PYTHONDONTWRITEBYTECODE="1",
        )  # fmt: skip
        assert printed.strip() == "inf"
    kept = {"beside the file" if beside in path.parents else "the user's cache" for path in tmp_path.rglob("*.nbi")}
    assert kept == {place} - {"nowhere"}
