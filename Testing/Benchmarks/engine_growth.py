"""What features cost against the lesion's volume."""

from pathlib import Path
from typing import Any

from blobs import DIAMETERS_MM
from processes import workers


def measure(folder: Path, engines: list[str], rounds: int) -> list[dict[str, Any]]:
    """Return, a blob: its diameter in mm and each engine's CPU seconds a round."""
    rows = [{"mm": mm, "engines": {name: [] for name in engines}} for mm in DIAMETERS_MM]
    with workers(engines) as running:
        for name, worker in running.items():
            worker("in_memory", name, folder / "blobs.nrrd", folder / f"blob-{rows[0]['mm']}.nrrd")  # imports
        for _ in range(rounds):
            for row in rows:
                for name, worker in running.items():
                    found = worker("in_memory", name, folder / "blobs.nrrd", folder / f"blob-{row['mm']}.nrrd")
                    row["engines"][name].append(found["cpu"])
    return rows
