"""How much memory a piece of work takes: it runs in a fresh process, which tells its own peak.

The CT that it works on is large enough for one full-size copy too many to show, and is mostly holes on disk.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np

SIZE = (512, 512, 200)
SPACING = (0.8, 0.8, 1.25)
VOXELS = 512 * 512 * 200
MEGABYTE = 1 << 20
LESIONS = {(140, 200, 40): 5.0, (350, 210, 60): 6.0, (250, 330, 100): 7.0, (180, 300, 145): 8.0, (330, 250, 170): 15.0}

# The kernel's own high-water mark of this process alone: what getrusage gives begins at the parent's on Linux.
_PEAK = """
import resource, sys
def peak():
    if sys.platform == "linux":
        with open("/proc/self/status") as status:
            return 1024 * next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
"""


def peak_above_imports(imports: str, work: str, *arguments: Path | str) -> int:
    """Return how many bytes more than after its ``imports`` a process held at most during ``work``.

    Both are Python; ``work`` finds ``arguments`` in ``sys.argv[1:]``.
    """
    program = f"{_PEAK}\n{imports}\nbefore = peak()\n{work}\nprint(peak() - before)"
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout.split()[-1])


def _voxels(path: Path, kind: str, dtype) -> np.memmap:
    """Write the header of an uncompressed NRRD of ``SIZE`` and return its voxels (k, j, i), all zero, to be set."""
    axes = " ".join(f"({','.join(str(s) if a == b else '0' for b in range(3))})" for a, s in enumerate(SPACING))
    head = (
        f"NRRD0004\ntype: {kind}\ndimension: 3\nspace: left-posterior-superior\nsizes: {' '.join(map(str, SIZE))}\n"
        f"space directions: {axes}\nkinds: domain domain domain\nendian: little\nencoding: raw\n"
        "space origin: (-200,-210,33)\n\n"
    ).encode()
    path.write_bytes(head)
    return np.memmap(path, dtype, "r+", len(head), SIZE[::-1])


def _around(centre: tuple[int, int, int], radius_mm: float) -> tuple[tuple[slice, ...], np.ndarray]:
    """Return a box (k, j, i) around a lesion and the distance in mm of its voxels from the centre."""
    reach = [int(radius_mm / spacing) + 3 for spacing in SPACING]
    box = tuple(slice(c - r, c + r + 1) for c, r in zip(centre, reach, strict=True))
    axes = np.ogrid[tuple(slice(-r, r + 1) for r in reach)]
    away = np.sqrt(sum((axis * spacing) ** 2 for axis, spacing in zip(axes, SPACING, strict=True)))
    return box[::-1], away.transpose()


def write_ct(path: Path) -> None:
    """Write a CT of air with noisy soft tissue where the lesions are."""
    voxels = _voxels(path, "short", "<i2")
    voxels[0] = -1000
    for n, (centre, radius) in enumerate(LESIONS.items()):
        box, away = _around(centre, radius + 10)
        voxels[box] = np.rint(np.random.default_rng(n).normal(40, 30, away.shape))
    voxels.flush()


def write_labels(path: Path, larger_mm: float = 0.0) -> None:
    """Write a label map of the lesions, 1 to 5, balls around their centres."""
    voxels = _voxels(path, "uchar", "u1")
    for n, (centre, radius) in enumerate(LESIONS.items(), 1):
        box, away = _around(centre, radius + larger_mm)
        voxels[box] = np.where(away <= radius + larger_mm, n, 0)
    voxels.flush()
