"""Each lesion of the big CT alone: pyradiomics as it is usually run, and every engine."""

from pathlib import Path
from typing import Any

import numpy as np
from big_ct import LESIONS
from processes import Worker, fresh, workers

MEMORY_OF = ("s1", "s2", "s3")


def measure(folder: Path, engines: list[str], rounds: int) -> list[dict[str, Any]]:
    """Return, a lesion: CPU seconds a round of each way to extract, peak memory, and how far values are apart.

    A round goes through all lesions and, at each, through all ways, so that a slow minute of the machine hits all of
    them alike. Ways: ``default`` is pyradiomics from files; an engine is given the image in memory with the mask on
    the CT's ``grid``. Our own are also given the mask as its ``box`` alone, or read both from ``files``.
    """
    image = folder / "image.nrrd"
    rows = [_row(lesion.name, lesion.title, engines) for lesion in LESIONS]
    with workers(engines) as running:
        for name, worker in running.items():
            worker("in_memory", name, image, folder / f"{rows[0]['name']}-consensus.nrrd")  # imports and the like
        for _ in range(rounds):
            for row in rows:
                _round(row, image, running)
    for row in rows:
        if row["name"] in MEMORY_OF:
            for name in engines:
                row["peak"][name] = fresh("peak_of_lesion", name, image, folder / f"{row['name']}.nrrd")
    return rows


def _round(row: dict[str, Any], image: Path, running: dict[str, Worker]) -> None:
    """Add one figure of each way to a lesion's row."""
    grid, box = image.with_name(f"{row['name']}.nrrd"), image.with_name(f"{row['name']}-consensus.nrrd")
    original = fresh("pyradiomics_from_file", image, grid)
    row["default"].append(original["cpu"])
    row["voxels"], row["peak"]["default"] = original["voxels"], original["peak"]
    for name, worker in running.items():
        for way, mask in (("grid", grid),) if name == "pyradiomics" else (("grid", grid), ("box", box)):
            found = worker("in_memory", name, image, mask)
            row["engines"][name][way].append(found["cpu"])
            row["apart"][name] = max(row["apart"][name], _apart(found["values"], original["values"]))
        if name != "pyradiomics":
            row["engines"][name]["files"].append(worker("from_files", name, image, grid))


def _row(name: str, title: str, engines: list[str]) -> dict[str, Any]:
    times = {engine: {"grid": [], "box": [], "files": []} for engine in engines}
    return {
        "name": name, "title": title, "default": [], "engines": times, "peak": {}, "apart": dict.fromkeys(engines, 0.0),
    }  # fmt: skip


def _apart(found: list[float], original: list[float]) -> float:
    """Return the largest relative difference of any feature (absolute where pyradiomics gives 0)."""
    a, b = np.array(found), np.array(original)
    return float(np.max(np.abs(a - b) / np.where(b == 0, 1, np.abs(b))))
