"""Which lesion of reader A is which lesion of reader B: optimal assignment on overlap."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from scipy.optimize import linear_sum_assignment

from ABCImmunoResponseLib.errors import GeometryError
from ABCImmunoResponseLib.imaging.geometry import same_grid
from ABCImmunoResponseLib.recist.regions import Region, common_voxels, region


@dataclass(frozen=True, slots=True)
class Pair:
    """One lesion: its id in read A and in read B, None where a reader has no match, and the overlap (Dice)."""

    a: str | None
    b: str | None
    dice: float


def match_lesions(
    a: Mapping[str, sitk.Image], b: Mapping[str, sitk.Image], dice_min: float, image: sitk.Image | None = None
) -> tuple[Pair, ...]:
    """Match the lesions of two reads one to one so that the sum of their Dice coefficients is the largest possible.

    Parameters
    ----------
    a, b
        Masks by lesion id, all on one grid, or cropped ones (``imaging.cropping``) of ``image``.
    dice_min
        Lesions that overlap less are never matched; nor are those that share no voxel.
    image
        The image that all lie on; needed for cropped masks only.

    Returns
    -------
    tuple of Pair
        Every lesion once: the matched and the unmatched ones of A by id, then the unmatched ones of B by id (numbers
        in ids counted as numbers). Neither the order of the mappings makes a difference nor which read is called A,
        also where several assignments have the same sum.

    Raises
    ------
    MaskError
        If a mask is empty; the message names the lesion.
    GeometryError
        If the masks do not share a grid.
    """
    return match_regions(*cut_out(a, b, image), dice_min)


def cut_out(
    a: Mapping[str, sitk.Image], b: Mapping[str, sitk.Image], image: sitk.Image | None = None
) -> tuple[dict[str, Region], dict[str, Region]]:
    """Cut the lesions out of the masks of both reads; raises as :func:`match_lesions` does."""
    reference = next(iter((*a.values(), *b.values())), None)
    regions = ({}, {})
    for reader, masks, found in zip("AB", (a, b), regions, strict=True):
        for lesion_id, mask in masks.items():
            what = f"Lesion {lesion_id} of reader {reader}"
            difference = same_grid(reference, mask) if image is None else None
            if difference:
                raise GeometryError(f"{what} is not on the grid of the others ({difference}); resample it first.")
            found[lesion_id] = region(mask, what, image)
    return regions


def match_regions(a: Mapping[str, Region], b: Mapping[str, Region], dice_min: float) -> tuple[Pair, ...]:
    """Match lesions that have been cut out already; see :func:`match_lesions`."""
    if _identity(b) < _identity(a):  # ties fall the same way whoever is called A
        swapped = match_regions(b, a, dice_min)
        return _in_order(Pair(pair.b, pair.a, pair.dice) for pair in swapped)
    names_a, names_b = sorted(a, key=id_order), sorted(b, key=id_order)
    dice = np.zeros((len(names_a), len(names_b)))
    for row, column in _touching([a[name] for name in names_a], [b[name] for name in names_b]):
        one, other = a[names_a[row]], b[names_b[column]]
        dice[row, column] = 2 * common_voxels(one, other) / (one.n_voxels + other.n_voxels)
    dice[dice < dice_min] = 0.0
    matched = {int(r): int(c) for r, c in zip(*linear_sum_assignment(dice, maximize=True), strict=True) if dice[r, c]}
    pairs = [
        Pair(name, names_b[matched[row]], float(dice[row, matched[row]])) if row in matched else Pair(name, None, 0.0)
        for row, name in enumerate(names_a)
    ]
    taken = set(matched.values())
    pairs += [Pair(None, name, 0.0) for column, name in enumerate(names_b) if column not in taken]
    return _in_order(pairs)


def _in_order(pairs: Iterable[Pair]) -> tuple[Pair, ...]:
    return tuple(sorted(pairs, key=lambda pair: (pair.a is None, id_order(pair.a or pair.b))))


def _identity(read: Mapping[str, Region]) -> list[tuple]:
    """Return what tells one read from another: ids and, where those are the same, places and voxels."""
    return [
        (id_order(name), lesion.start, lesion.voxels.shape, lesion.voxels.tobytes())
        for name, lesion in sorted(read.items(), key=lambda item: id_order(item[0]))
    ]


def _touching(a: list[Region], b: list[Region]) -> np.ndarray:
    """Return the (row, column) of every two lesions whose bounding boxes overlap."""
    start_a, stop_a = (np.array([getattr(r, side) for r in a]).reshape(-1, 1, 3) for side in ("start", "stop"))
    start_b, stop_b = (np.array([getattr(r, side) for r in b]).reshape(1, -1, 3) for side in ("start", "stop"))
    return np.argwhere(((start_a < stop_b) & (start_b < stop_a)).all(axis=2))


def id_order(lesion_id: str) -> tuple:
    """Return the sort key of a lesion id: numbers in it count as numbers, so that L2 comes before L10."""
    parts = re.findall(r"\d+|\D+", lesion_id)
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts), lesion_id
