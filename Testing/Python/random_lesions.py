"""Lesions of many kinds, sizes, textures, geometries and pixel types, by seed, to hold extraction engines against.

Each property runs through its list with the seed. The lists' lengths have no common factor, so that every combination
comes in its turn, and the first 60 seeds have every entry of every list.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from scipy.ndimage import gaussian_filter

from phantoms import IDENTITY, grid, like
from random_shapes import SHAPES, Place, large_enough

# In an order that keeps the calcified among the first 60 small: their many grey levels take pyradiomics seconds.
SIZES_MM = (8, 15, 30, 9, 6, 10, 8.5, 20, 25, 12, 5.5, 11, 7, 17, 5, 13, 6.5)
SPACINGS_MM = (
    (0.8, 0.8, 1.25),
    (1.0, 1.0, 1.0),
    (1.0, 1.0, 3.0),
    (0.977, 0.977, 3.0),
    (1.0, 1.0, 5.0),
    (0.7, 0.7, 2.0),
    (1.25, 1.25, 1.25),
)
DIRECTIONS = {
    "axial": IDENTITY,
    "oblique": (0.8, -0.36, 0.48, 0.6, 0.48, -0.64, 0.0, 0.8, 0.6),
    "flipped": (-1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, -1.0),
    "sagittal": (0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0),
    "tilted": (1.0, 0.0, 0.0, 0.0, 0.96, -0.28, 0.0, 0.28, 0.96),
}
PIXEL_TYPES = (
    *(sitk.sitkInt16, sitk.sitkFloat32, sitk.sitkInt16, sitk.sitkInt16, sitk.sitkFloat64, sitk.sitkInt16),
    *(sitk.sitkInt32, sitk.sitkFloat32, sitk.sitkInt16, sitk.sitkUInt8, sitk.sitkFloat32),
)
LARGE_MM = {
    14: 45,
    42: 100,
    47: 60,
}  # of these seeds, by remainder: a ball, a thin tree, and a slice among the first 60
_LARGE_EVERY = 61


@dataclass(frozen=True)
class RandomLesion:
    """A CT, a lesion's mask (uint8, 0 and 1) on its grid, and in words what they are."""

    image: sitk.Image
    mask: sitk.Image
    description: str


def random_lesion(seed: int) -> RandomLesion:
    """Return the lesion of a seed (0 or more): the same on each call, and one that pyradiomics accepts."""
    random = np.random.default_rng([seed, 20230])
    shape = _turn(tuple(SHAPES), seed)
    texture = _turn(tuple(TEXTURES), seed)
    size = LARGE_MM.get(seed % _LARGE_EVERY, _turn(SIZES_MM, seed))
    spacing = _turn(SPACINGS_MM, seed)
    direction = _turn(tuple(DIRECTIONS), seed)
    pixel_type = _turn(PIXEL_TYPES, seed)

    margins = random.choice([6.0, 12.0, 25.0, 40.0], (2, 3))
    counts = [
        max(8, round((before + size + after) / step)) for before, after, step in zip(*margins, spacing, strict=True)
    ]
    reference = grid(counts, spacing, tuple(random.uniform(-250, 250, 3)), DIRECTIONS[direction])
    middle = np.array(
        [(before + size / 2) // step for before, step in zip(margins[0], spacing, strict=True)], dtype=int
    )
    place = Place(reference, np.minimum(middle, np.array(counts) - 3), size / 2, random)
    region = large_enough(SHAPES[shape](place), place)
    values = TEXTURES[texture](region, place)
    description = (
        f"seed {seed}: {shape}, {size:g} mm, {texture}, {sitk.GetPixelIDValueAsString(pixel_type)}, "
        f"{' x '.join(f'{step:g}' for step in spacing)} mm, {direction}"
    )
    return RandomLesion(_as_pixels(values, pixel_type, reference), like(region, reference, np.uint8), description)


def _turn(entries: tuple, seed: int):
    return entries[seed % len(entries)]


def _soft_tissue(region: np.ndarray, place: Place) -> np.ndarray:
    return 20 + 25 * gaussian_filter(region.astype(float), 1) + 15 * place.noise(1.5)


def _noisy(region: np.ndarray, place: Place) -> np.ndarray:
    return 40 + 60 * region + 45 * place.noise(0)


def _lung(region: np.ndarray, place: Place) -> np.ndarray:
    """Soft tissue in air, with blurred edges."""
    return -860 + 880 * gaussian_filter(region.astype(float), 0.8) + 40 * place.noise(1)


def _calcified(region: np.ndarray, place: Place) -> np.ndarray:
    """About 70 grey levels of 25 HU."""
    return 30 + 1700 * np.clip(place.noise(1.2) * region, 0, 1) ** 2 + 12 * place.noise(0.7)


def _two_levels(region: np.ndarray, place: Place) -> np.ndarray:
    """Far enough from multiples of the bin width to be two grey levels after interpolation as well."""
    return np.where(place.noise(2) > 0, 58.0, 34.0)


def _constant(region: np.ndarray, place: Place) -> np.ndarray:
    """A constant lesion in a constant CT, or one that differs from its surroundings."""
    return np.where(region, 40.0, place.random.choice([40.0, -30.0]))


TEXTURES: dict[str, Callable[[np.ndarray, Place], np.ndarray]] = {
    "soft tissue": _soft_tissue,
    "noisy": _noisy,
    "lung": _lung,
    "calcified": _calcified,
    "two grey levels": _two_levels,
    "constant": _constant,
}


def _as_pixels(values: np.ndarray, pixel_type: int, reference: sitk.Image) -> sitk.Image:
    """Return HU as an image of the pixel type: whole numbers where it has no others; uint8 spans 75 to 145 or less.

    Interpolation overshoots by up to half of that, and pyradiomics adds two bin widths to the largest value, in uint8.
    """
    if pixel_type == sitk.sitkUInt8:
        values = 75 + (values - values.min()) * min(1.0, 70 / max(1.0, float(np.ptp(values))))
    if pixel_type not in (sitk.sitkFloat32, sitk.sitkFloat64):
        values = np.rint(values)
    return sitk.Cast(like(values, reference, np.float64), pixel_type)
