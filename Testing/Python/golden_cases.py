"""Small lesions of differing kinds, made of whole numbers alone, so that every machine makes the same ones.

No image is random and no value rounded: HU are whole numbers, or quarters of them, and masks inequalities of whole
numbers. Spacings are such that no voxel of the recipe's grid of 1 mm lies half-way between two of the CT along an axis,
and none in the place of one, except where both grids are the same: otherwise rounding noise would decide which voxel is
the nearest, and whether 40 HU are truncated to 39.
"""

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from phantoms import grid, like

_OBLIQUE = (0.8, -0.36, 0.48, 0.6, 0.48, -0.64, 0.0, 0.8, 0.6)


@dataclass(frozen=True)
class GoldenCase:
    """A CT and a lesion's mask (uint8, 0 and 1) on its grid."""

    image: sitk.Image
    mask: sitk.Image


def golden_cases() -> dict[str, GoldenCase]:
    """Return the cases by name."""
    return {
        "notched": _in_fat(0),
        "shell": _in_fat(1),
        "corner": _corner(),
        "slice": _slice(),
        "specks": _specks(),
        "oblique": _oblique(),
        "quarters": _quarters(),
    }


def _in_fat(lesion: int) -> GoldenCase:
    """An ellipsoid with a notch, or a flat shell: both in one CT, in fat with a coarse grain."""
    reference = grid((34, 32, 22), (0.8, 0.96, 1.6), origin=(-13.0, 7.0, 101.0))
    i, j, k = _indices(reference)
    ellipsoid = 9 * (i - 11) ** 2 + 11 * (j - 12) ** 2 + 25 * (k - 10) ** 2 <= 600
    notch = (i > 14) & (j > 13)
    shell = 4 * (i - 25) ** 2 + 3 * (j - 22) ** 2 + 16 * (k - 12) ** 2
    masks = ellipsoid & ~notch, (shell <= 150) & (shell > 20)
    coarse = ((i // 3) * 13 + (j // 3) * 29 + (k // 2) * 41) % 37
    values = -90 + _grain(i, j, k) + coarse + sum(mask.astype(int) for mask in masks) * (140 - coarse * 2)
    return _case(values, masks[lesion], reference)


def _corner() -> GoldenCase:
    """A lesion in lung that three borders of the CT cut off: many grey levels, filters without surroundings."""
    reference = grid((30, 28, 18), (0.8, 0.8, 2.0), origin=(3.0, -40.0, 12.0))
    i, j, k = _indices(reference)
    mask = 4 * (i - 3) ** 2 + 5 * (j - 24) ** 2 + 22 * (k - 2) ** 2 <= 420
    return _case(np.where(mask, 20, -860) + 2 * _grain(i, j, k), mask, reference)


def _slice() -> GoldenCase:
    """A disc in one slice."""
    reference = grid((30, 28, 12), (0.8, 0.96, 1.0))
    i, j, k = _indices(reference)
    mask = (7 * (i - 14) ** 2 + 10 * (j - 15) ** 2 <= 500) & (k == 6)
    return _case(15 + 40 * mask + _grain(i, j, k), mask, reference)


def _specks() -> GoldenCase:
    """Several pieces of two grey levels, one of them a voxel without neighbours, on the recipe's own grid of 1 mm."""
    reference = grid((24, 22, 20), (1.0, 1.0, 1.0), origin=(0.0, 0.0, 0.0))
    i, j, k = _indices(reference)
    balls = ((i - 7) ** 2 + (j - 8) ** 2 + (k - 8) ** 2 <= 8) | ((i - 14) ** 2 + 2 * (j - 13) ** 2 + (k - 11) ** 2 <= 9)
    mask = balls | ((i == 16) & (j == 6) & (k == 9))
    two = np.where((i * 5 + j * 3 + k * 7 + i * j) % 11 < 5, 35, 60)
    return _case(np.where(mask, two, -90 + _grain(i, j, k)), mask, reference)


def _oblique() -> GoldenCase:
    """A branching lesion, oblique in space."""
    reference = grid((32, 30, 16), (0.8, 0.8, 2.0), origin=(-31.0, 17.0, 64.0), direction=_OBLIQUE)
    i, j, k = _indices(reference)
    trunk = (i - 14) ** 2 + (j - 13) ** 2 <= 12
    branch = (abs(i - j) <= 2) & (abs(k - 8) <= 1) & (i > 6) & (i < 25)
    mask = (trunk & (k >= 4) & (k <= 11)) | branch
    return _case(-20 + 70 * mask + _grain(i, j, k), mask, reference)


def _quarters() -> GoldenCase:
    """A CT of float32 with HU in quarters."""
    reference = grid((28, 28, 18), (0.8, 0.8, 2.0), origin=(8.0, 9.0, -15.0))
    i, j, k = _indices(reference)
    mask = 6 * (i - 13) ** 2 + 8 * (j - 14) ** 2 + 40 * (k - 8) ** 2 <= 400
    quarters = 4 * (25 * mask + _grain(i, j, k)) + (i * 3 + j * 5 + k * 7) % 4
    return _case(quarters / 4, mask, reference, np.float32)


def _indices(reference: sitk.Image) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the indices i, j and k of an image's voxels, each shaped (k, j, i)."""
    k, j, i = np.indices(reference.GetSize()[::-1])
    return i, j, k


def _grain(i: np.ndarray, j: np.ndarray, k: np.ndarray) -> np.ndarray:
    """Return whole numbers from -30 to 30 that look like noise."""
    return (i * 7919 + j * 104729 + k * 1299709 + i * j * 31 + j * k * 17) % 61 - 30


def _case(values: np.ndarray, mask: np.ndarray, reference: sitk.Image, dtype: type = np.int16) -> GoldenCase:
    return GoldenCase(like(values, reference, dtype), like(mask, reference, np.uint8))
