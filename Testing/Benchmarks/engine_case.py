"""A whole case: five lesions, each drawn by two readers and settled by a consensus."""

from pathlib import Path
from typing import Any

from big_ct import LESIONS, READERS
from processes import fresh, workers


def measure(folder: Path, engines: list[str], cores: list[int], rounds: int) -> dict[str, Any]:
    """Return CPU seconds a round of fifteen single-mask runs of pyradiomics, and of one call of each other engine.

    Also the peak memory of that one call in MB, and the wall time of one and two jobs in seconds.
    """
    image = folder / "image.nrrd"
    masks = [folder / f"{lesion.name}-{reader}.nrrd" for lesion in LESIONS for reader in READERS]
    own = [name for name in engines if name != "pyradiomics"]
    alone: list[float] = []
    at_once: dict[str, list[float]] = {name: [] for name in own}
    with workers(["pyradiomics", *own]) as running:
        for name in running:
            running[name]("in_memory", name, image, masks[0])  # what is done but once is done before
        for _ in range(rounds):
            alone.append(running["pyradiomics"]("one_by_one", "pyradiomics", image, masks))
            for name in own:
                at_once[name].append(running[name]("all_at_once", name, image, masks))
    return {
        "one by one": alone,
        "at once": at_once,
        "volume": image.stat().st_size / 1e6,
        "peak": {name: fresh("peak_of_case", name, image, masks) for name in own},
        "jobs": {name: fresh("with_jobs", name, image, masks, cores, rounds) for name in own},
    }
