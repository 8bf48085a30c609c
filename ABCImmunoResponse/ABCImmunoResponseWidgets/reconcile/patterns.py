"""Fill patterns made of samples: Slicer fills a segment evenly, and colour alone must not tell two readers apart."""

from collections.abc import Callable, Mapping

import numpy as np

PERIOD = 4
"""Samples after which a pattern repeats in the slice plane: two of them on, two off."""

LEAST, MOST = 0.25, 0.75
"""How much of a region a pattern covers at least and at most, wherever the region's shape allows it."""


def _stripes(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    return (rows + columns) % PERIOD < PERIOD // 2


def _dots(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    return (rows % PERIOD < PERIOD // 2) == (columns % PERIOD < PERIOD // 2)


PATTERNS: Mapping[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {"stripes": _stripes, "dots": _dots}


def fill(voxels: np.ndarray, start: tuple[int, int, int], pattern: str, across: int = 0) -> np.ndarray:
    """Return the samples of a region that a pattern keeps, slice by slice.

    The pattern is anchored to the image, so that it runs through slices and neighbouring regions. Only where it would
    cover less than :data:`LEAST` or more than :data:`MOST` of a slice of the region is it shifted in that slice to
    come nearest to one half: a difference of a few samples never vanishes.

    Parameters
    ----------
    voxels : numpy.ndarray of bool, shape (K, J, I)
        The region: voxels of the image, or of one that is finer.
    start
        The index (k, j, i) of ``voxels[0, 0, 0]`` in the image.
    pattern
        'stripes', diagonal ones, or 'dots', staggered squares; both are two samples wide.
    across
        The array axis across which the slices lie: 0, 1 or 2 for k, j or i.

    Returns
    -------
    numpy.ndarray of bool, shape (K, J, I)
        A subset of ``voxels``, empty only in slices where they are.
    """
    covers = PATTERNS[pattern]
    slices = np.moveaxis(voxels, across, 0)
    first_row, first_column = np.delete(start, across)
    rows = first_row + np.arange(slices.shape[1])[:, np.newaxis]
    columns = first_column + np.arange(slices.shape[2])[np.newaxis, :]
    shifted = [covers(rows, columns + shift) for shift in range(PERIOD)]
    kept = np.zeros_like(slices)
    for number in np.flatnonzero(slices.any(axis=(1, 2))):
        kept[number] = slices[number] & _best(slices[number], shifted)
    return np.moveaxis(kept, 0, across)


def _best(region: np.ndarray, shifted: list[np.ndarray]) -> np.ndarray:
    """Return the first of the shifted patterns that covers enough of the region, or that which comes nearest.

    Half a period's shift gives the complement, so that of two equally near ones one covers at least one half.
    """
    covered = [np.count_nonzero(region & plane) / np.count_nonzero(region) for plane in shifted]
    for share, plane in zip(covered, shifted, strict=True):
        if LEAST < share < MOST:
            return plane
    nearest = min(range(len(covered)), key=lambda n: (abs(covered[n] - 0.5), -covered[n]))
    return shifted[nearest]
