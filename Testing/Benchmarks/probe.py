"""What is measured, each as a function that runs in a process of its own; ``processes`` starts it.

The process reads lines of JSON, ``[function, arguments]``, and answers each with a line of JSON. It loads nothing but
what it measures.

Times are the process's own CPU seconds, on all of its threads; memory is the largest resident set so far, in MB (10⁶
bytes). Nothing that is not to be timed is done between two readings of the clock.
"""

import json
import logging
import os
import resource
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.errors import MissingDependencyError
from ABCImmunoResponseLib.features.engine import engine, engine_names
from ABCImmunoResponseLib.features.recipe import load_recipe

ENOUGH_S, MOST_RUNS = 0.25, 15  # fast work is repeated until this much time or this many runs have gone by

_read = lru_cache(maxsize=2)(sitk.ReadImage)  # an image and a mask; a mask of the whole CT has 105 MB


def peak_mb() -> float:
    """Return the process's peak resident memory.

    Linux's ``ru_maxrss`` begins with that of the process which started this one; what is read there does not.
    """
    status = Path("/proc/self/status")
    if status.exists():
        [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


def usable_engines() -> list[str]:
    """Return the names of the engines whose packages are installed."""
    return [name for name in engine_names() if _usable(name)]


def pyradiomics_from_file(image: str, mask: str) -> dict[str, Any]:
    """Extract as SlicerRadiomics does: a new process, two files, pyradiomics' own defaults. Imports are not timed."""
    warnings.simplefilter("ignore")  # those of its parameter parser
    from radiomics.featureextractor import RadiomicsFeatureExtractor

    logging.getLogger("radiomics").setLevel(logging.CRITICAL)
    started = time.process_time()
    found = RadiomicsFeatureExtractor(str(load_recipe().path)).execute(image, mask)
    cpu = time.process_time() - started
    values = {name: float(np.real(value)) for name, value in found.items() if not name.startswith("diagnostics_")}
    voxels = int(found["diagnostics_Mask-interpolated_VoxelNum"])
    return {"cpu": cpu, "peak": peak_mb(), "voxels": voxels, "values": list(values.values())}


def in_memory(name: str, image: str, mask: str) -> dict[str, Any]:
    """Extract one lesion with an engine from what is in memory: its features, and the median time of several runs."""
    chosen, ct, lesion = engine(name), _read(image), _read(mask)
    times, values = _repeated(lambda: chosen.extract(ct, {"L": lesion}, load_recipe())["L"])
    return {"cpu": statistics.median(times), "values": values.tolist()}


def from_files(name: str, image: str, mask: str) -> float:
    """Return the CPU time of reading both files and extracting one lesion."""
    chosen = engine(name)
    return _timed(lambda: chosen.extract(sitk.ReadImage(image), {"L": sitk.ReadImage(mask)}, load_recipe()))


def peak_of_lesion(name: str, image: str, mask: str) -> float:
    """Return the peak memory of a process that reads an image and a mask and extracts."""
    engine(name).extract(sitk.ReadImage(image), {"L": sitk.ReadImage(mask)}, load_recipe())
    return peak_mb()


def one_by_one(name: str, image: str, masks: list[str]) -> float:
    """Return the CPU time of extracting every mask by a call of its own."""
    chosen, ct, lesions = engine(name), _read(image), [sitk.ReadImage(mask) for mask in masks]
    return _timed(lambda: [chosen.extract(ct, {"L": lesion}, load_recipe()) for lesion in lesions])


def all_at_once(name: str, image: str, masks: list[str]) -> float:
    """Return the CPU time of extracting all masks by one call."""
    chosen, ct, lesions = engine(name), _read(image), {mask: sitk.ReadImage(mask) for mask in masks}
    return _timed(lambda: chosen.extract(ct, lesions, load_recipe()))


def peak_of_case(name: str, image: str, masks: list[str]) -> dict[str, float]:
    """Return the peak memory with the engine alone, with the CT and all masks read, and after extraction."""
    chosen = engine(name)
    before = peak_mb()
    ct, lesions = sitk.ReadImage(image), {mask: sitk.ReadImage(mask) for mask in masks}
    loaded = peak_mb()
    chosen.extract(ct, lesions, load_recipe())
    return {"before": before, "loaded": loaded, "after": peak_mb()}


def with_jobs(name: str, image: str, masks: list[str], cores: list[int], rounds: int) -> dict[int, list[float]]:
    """Return wall times of extracting all masks with one job and with two, in turn, on ``cores``."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)
    chosen, ct, lesions = engine(name), _read(image), {mask: sitk.ReadImage(mask) for mask in masks}
    chosen.extract(ct, lesions, load_recipe())
    walls: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(rounds):
        for number, times in walls.items():
            started = time.perf_counter()
            chosen.extract(ct, lesions, load_recipe(), jobs=number)
            times.append(time.perf_counter() - started)
    return walls


def first_calls(name: str, image: str, mask: str) -> dict[str, float]:
    """Return the CPU time of choosing an engine and extracting a lesion in a new process, and of extracting again."""
    ct, lesion = sitk.ReadImage(image), sitk.ReadImage(mask)
    first = _timed(lambda: engine(name).extract(ct, {"L": lesion}, load_recipe()))
    chosen = engine(name)
    times, _ = _repeated(lambda: chosen.extract(ct, {"L": lesion}, load_recipe()))
    return {"first": first, "again": statistics.median(times)}


def _usable(name: str) -> bool:
    try:
        engine(name)
    except MissingDependencyError:
        return False
    return True


def _timed(work: Callable[[], Any]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _repeated(work: Callable[[], Any]) -> tuple[list[float], Any]:
    """Return the times of runs until there are enough, and what the last one returned."""
    times: list[float] = []
    while sum(times) < ENOUGH_S and len(times) < MOST_RUNS:
        started = time.process_time()
        result = work()
        times.append(time.process_time() - started)
    return times, result


if __name__ == "__main__":
    for line in sys.stdin:
        function, arguments = json.loads(line)
        print(json.dumps(globals()[function](*arguments)), flush=True)
