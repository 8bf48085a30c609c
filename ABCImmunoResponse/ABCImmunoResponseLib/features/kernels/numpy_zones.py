"""Zones of one grey level, connected by faces, edges or corners: GLSZM.

Voxels are first joined to runs along i. Contacts between runs are looked for in the twelve other directions at once by
shifted slices; a contact that others imply is left out, so that about as many remain as there are runs. The runs are
then joined by hooking each to its smallest neighbour and shortening the paths, until no contact is left.
"""

from itertools import product

import numpy as np

from ABCImmunoResponseLib.features.kernels.directions import directions
from ABCImmunoResponseLib.features.kernels.numpy_box import WalledBox

_DIRECTIONS = [tuple(offset) for offset in directions((2, 2, 2), [1]).tolist()]
_ALONG_K, _ALONG_J, _ALONG_I = (1, 0, 0), (0, 1, 0), (0, 0, 1)


def zones(box: WalledBox, flat: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Count connected zones.

    Parameters
    ----------
    box : WalledBox
    flat : numpy.ndarray, shape (size,), unsigned
        Ranks (from 1) in the walled box, 0 outside the region.

    Returns
    -------
    tuple of numpy.ndarray, each shape (zones,), int64
        Level (from 0), size in voxels and number, by level, then by size. Thibault et al. (2009), PRIP 140.
    """
    alike = _Alike(box, flat)
    starts = box.inside.copy()
    starts[box.counted] &= ~alike.at((0, 0, -1))
    run = np.cumsum(starts, dtype=np.int32)
    run -= 1
    lengths = np.bincount(run[box.voxels])
    zone = _joined(len(lengths), *_contacts(box, alike, run))
    sizes = np.bincount(zone, lengths).astype(np.int64)
    whole = np.flatnonzero(sizes)  # the first runs of zones
    levels = flat[np.flatnonzero(starts)[whole]].astype(np.int64) - 1
    return _tally(levels, sizes[whole])


class _Alike:
    """Whether a voxel has the level of its neighbour; also true between walls."""

    def __init__(self, box: WalledBox, flat: np.ndarray) -> None:
        self._counted = box.counted
        self.steps = dict(zip(_DIRECTIONS, box.steps(np.array(_DIRECTIONS)), strict=True))
        self._maps = np.zeros((len(_DIRECTIONS), len(flat)), bool)
        self._rows = dict(zip(_DIRECTIONS, self._maps, strict=True))
        for offset, step in self.steps.items():
            np.equal(flat[:-step], flat[step:], out=self._rows[offset][:-step])

    def at(self, offset: tuple[int, int, int], moved: int = 0) -> np.ndarray:
        """Return the map of one neighbour of the counted places, or of the places ``moved`` on from them."""
        if offset not in self.steps:  # seen from the neighbour
            offset = tuple(-step for step in offset)
            moved -= self.steps[offset]
        return self._rows[offset][self._counted.start + moved : self._counted.stop + moved]


def _contacts(box: WalledBox, alike: _Alike, run: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs of runs of one level that touch, enough to join all that are connected."""
    inside = box.inside[box.counted]
    first, second = [], []
    for offset, step in alike.steps.items():
        if offset == _ALONG_I:
            continue
        places = np.flatnonzero(_needed(alike, offset, inside))
        places += box.reach
        first.append(run[places])
        places += step
        second.append(run[places])
    return np.concatenate(first).astype(np.intp), np.concatenate(second).astype(np.intp)


def _needed(alike: _Alike, offset: tuple[int, int, int], inside: np.ndarray) -> np.ndarray:
    """Return where a contact is not implied by others.

    A contact across an edge or a corner is implied where a voxel between both has their level. One across a face is
    implied by the same contact one voxel back along i (or, from slice to slice, along j) if both sides go on there:
    removing it is safe as some contact always comes first.
    """
    needed = alike.at(offset) & inside
    if offset in (_ALONG_J, _ALONG_K):
        for back in ((0, 0, -1),) if offset == _ALONG_J else ((0, 0, -1), (0, -1, 0)):
            step = -alike.steps[tuple(-x for x in back)]
            needed &= ~(alike.at(back) & alike.at(offset, moved=step))
        return needed
    for between in product(*({0, x} for x in offset)):
        if between not in ((0, 0, 0), offset):
            np.greater(needed, alike.at(between), out=needed)
    return needed


def _joined(count: int, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return for each of ``count`` runs the first run of its zone, given pairs that touch.

    Minimum-label hooking with full shortcutting: Liu & Tarjan (2019), Simple concurrent labeling algorithms for
    connected components, SOSA.
    """
    root = np.arange(count)
    while len(first):
        higher = np.maximum(first, second)
        np.minimum.at(root, higher, np.minimum(first, second))
        _shorten(root, higher if 4 * len(higher) < count else slice(None))
        first, second = root[first], root[second]
        apart = first != second
        first, second = first[apart], second[apart]
    _shorten(root, slice(None))
    return root


def _shorten(root: np.ndarray, some: np.ndarray | slice) -> None:
    """Point some runs to the ends of their paths, in place."""
    before = root[some]
    while True:
        after = root[before]
        if np.array_equal(after, before):
            return
        root[some] = before = after


def _tally(levels: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Count equal (level, size)."""
    width = int(sizes.max()) + 1
    kinds, numbers = np.unique(levels * width + sizes, return_counts=True)
    found, size = np.divmod(kinds, width)
    return found, size, numbers
