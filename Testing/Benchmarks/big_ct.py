"""A synthetic chest CT with five lesions, each drawn three times, written once for the benchmarks.

The CT is as large as a clinical one (512 × 512 × 400 voxels of 0.8 × 0.8 × 1.25 mm, int16), because what reading and
searching such a volume costs is part of what is measured. Its noise is correlated over about two voxels, as a
reconstruction kernel leaves it; lesions are irregular, textured and of known volume. Same seed, same bytes.

    python Testing/Benchmarks/big_ct.py build/benchmark
"""

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from scipy.ndimage import gaussian_filter

SPACING = np.array([1.25, 0.8, 0.8])  # mm along (k, j, i)
SHAPE = (400, 512, 512)
READERS = ("A", "B", "consensus")
SEED = 2023

_AIR, _LUNG, _SOFT = -1000.0, -850.0, 40.0
_NOISE = 110.0  # HU of white noise; after the reconstruction kernel about 16


@dataclass(frozen=True)
class Lesion:
    """A lesion to draw: ``at`` are fractions of the volume along (k, j, i), ``volume`` is mm³ of the consensus."""

    name: str
    title: str
    at: tuple[float, float, float]
    volume: float
    hu: float
    seed: int


LESIONS = (
    Lesion("s1", "1 cm, soft tissue", (0.32, 0.26, 0.42), 557, 75, 1),
    Lesion("s2", "3 cm, soft tissue", (0.45, 0.50, 0.50), 14600, 75, 2),
    Lesion("s3", "6 cm, soft tissue", (0.80, 0.52, 0.36), 117000, 85, 3),
    Lesion("s4", "3 cm, lung", (0.40, 0.50, 0.73), 14700, 45, 4),
    Lesion("s5", "1 cm, lung", (0.48, 0.45, 0.27), 541, 45, 5),
)


def lesion_voxels(
    lesion: Lesion, shape: tuple[int, ...], reader: str, scale: float = 1
) -> tuple[np.ndarray, list[int]]:
    """Return a lesion as one reader drew it: a bool box (k, j, i), and the box's first index in a volume of ``shape``.

    It is the part of space around a centre where the distance, divided by a smooth random function of the direction,
    is smallest: a star-shaped body with bulges, of the wanted volume to within one voxel. Readers A and B draw 8 %
    less and 8 % more than the consensus, with bulges and a centre of their own.
    """
    own = np.random.default_rng([lesion.seed, READERS.index(reader)])
    volume = lesion.volume * scale**3 * {"A": 0.92, "B": 1.08, "consensus": 1.0}[reader]
    radius = (volume * 3 / (4 * np.pi)) ** (1 / 3)
    centre = np.multiply(lesion.at, shape) * SPACING
    if reader != "consensus":
        centre = centre + own.normal(scale=0.02 * radius, size=3)
    start = np.floor((centre - 1.8 * radius) / SPACING).astype(int)
    stop = np.ceil((centre + 1.8 * radius) / SPACING).astype(int) + 1
    axes = [np.arange(a, b) * step - c for a, b, step, c in zip(start, stop, SPACING, centre, strict=True)]
    offset = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    distance = np.sqrt((offset**2).sum(-1)) + 1e-9
    direction = offset / distance[..., None]
    shared = np.random.default_rng(lesion.seed)
    bulge = 1 + 0.7 * _waves(direction, shared) + 0.04 * _waves(direction, own)
    scaled = distance / bulge
    count = max(40, round(volume / SPACING.prod()))  # a shrunk lesion must still have a shape
    voxels = scaled <= np.partition(scaled, count - 1, axis=None)[count - 1]
    box = tuple(slice(int(used.min()), int(used.max()) + 1) for used in np.nonzero(voxels))
    return voxels[box], [int(a + part.start) for a, part in zip(start, box, strict=True)]


def _waves(direction: np.ndarray, rng: np.random.Generator, number: int = 8) -> np.ndarray:
    """Return a smooth random function of unit vectors (..., 3), within ±1 and of standard deviation about 0.25."""
    vectors = rng.normal(size=(number, 3))
    vectors *= rng.uniform(2, 6, (number, 1)) / np.linalg.norm(vectors, axis=1, keepdims=True)
    phases = rng.uniform(0, 2 * np.pi, number)
    return sum(np.cos(direction @ vector + phase) for vector, phase in zip(vectors, phases, strict=True)) / number


def hounsfield(shape: tuple[int, ...], lesions: list[tuple[Lesion, np.ndarray, list[int]]]) -> np.ndarray:
    """Return the CT of a chest with these lesions, (k, j, i), int16 HU."""
    rng = np.random.default_rng(SEED)
    volume = np.full(shape, _AIR, np.float32)
    z, y, x = np.ogrid[tuple(slice(-1, 1, n * 1j) for n in shape)]
    body = (y / 0.75) ** 2 + (x / 0.92) ** 2 + 0 * z <= 1
    volume[body] = _SOFT
    for side in (-0.47, 0.47):  # both lungs
        volume[((z + 0.35) / 0.62) ** 2 + (y / 0.55) ** 2 + ((x - side) / 0.30) ** 2 <= 1] = _LUNG
    for lesion, voxels, start in lesions:
        box = tuple(slice(a, a + n) for a, n in zip(start, voxels.shape, strict=True))
        texture = gaussian_filter(rng.normal(size=voxels.shape), 2 / SPACING)  # structures of some 4 mm
        volume[box][voxels] = (lesion.hu + 18 * texture / texture.std())[voxels]
    for k in range(shape[0]):  # slice by slice, so that no second volume of normal numbers is held
        volume[k] += _NOISE * rng.standard_normal(shape[1:], dtype=np.float32)
    gaussian_filter(volume, 0.8 / SPACING, output=volume, truncate=3)
    return np.rint(np.clip(volume, -1024, 3071)).astype(np.int16)


def image_of(array: np.ndarray, start: tuple[int, ...] | list[int] = (0, 0, 0)) -> sitk.Image:
    """Return an array (k, j, i) as an image whose first voxel is voxel ``start`` (k, j, i) of the CT."""
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(SPACING[::-1].tolist())
    image.SetOrigin((np.array([-500.0, -204.8, -204.8]) + np.multiply(start, SPACING))[::-1].tolist())
    return image


def write(folder: Path, scale: float = 1) -> None:
    """Write what the benchmarks read, unless it is there already.

    ``image.nrrd``; ``<lesion>.nrrd``, the consensus on the whole CT's grid, as pyradiomics wants it; and
    ``<lesion>-<reader>.nrrd``, the lesion's box alone. All uncompressed. ``scale`` shrinks the CT and the lesions.
    """
    made_by = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    done = folder / f"big-ct-{made_by}-{scale:g}"
    if done.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    for older in folder.glob("big-ct-*"):
        older.unlink()
    shape = tuple(round(n * scale) for n in SHAPE)
    drawn = []
    for lesion in LESIONS:
        for reader in READERS:
            voxels, start = lesion_voxels(lesion, shape, reader, scale)
            sitk.WriteImage(image_of(voxels.astype(np.uint8), start), folder / f"{lesion.name}-{reader}.nrrd")
        drawn.append((lesion, voxels, start))
        full = np.zeros(shape, np.uint8)
        full[tuple(slice(a, a + n) for a, n in zip(start, voxels.shape, strict=True))] = voxels
        sitk.WriteImage(image_of(full), folder / f"{lesion.name}.nrrd")
    sitk.WriteImage(image_of(hounsfield(shape, drawn)), folder / "image.nrrd")
    done.touch()


if __name__ == "__main__":
    write(Path(sys.argv[1]))
