"""Zones of one grey level, connected by faces, edges or corners: GLSZM.

Voxels are first joined to runs along i. Contacts between runs are looked for in the twelve other directions at once by
shifted slices; a contact that others imply is left out, so that about as many remain as there are runs. The runs are
then joined by hooking each to its smallest neighbour and shortening the paths, until no contact is left.
"""

from itertools import product

import numpy as np

from ABCImmunoResponseLib.features.kernels.directions import directions
from ABCImmunoResponseLib.features.kernels.numpy_box import WalledBox

_Offset = tuple[int, int, int]

_DIRECTIONS: list[_Offset] = [tuple(offset) for offset in directions((2, 2, 2), [1]).tolist()]
_ALONG_I: _Offset = (0, 0, 1)
_BACK: dict[_Offset, list[_Offset]] = {(0, 1, 0): [(0, 0, -1)], (1, 0, 0): [(0, 0, -1), (0, -1, 0)]}


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
    """Whether a place has the level of its neighbour; so have walls beside walls."""

    def __init__(self, box: WalledBox, flat: np.ndarray) -> None:
        self._counted = box.counted
        self._maps = dict(zip(_DIRECTIONS, np.zeros((len(_DIRECTIONS), len(flat)), bool), strict=True))
        self.steps = {}
        for offset, step in zip(_DIRECTIONS, box.steps(np.array(_DIRECTIONS)), strict=True):
            self.steps |= {offset: step, _opposite(offset): -step}
            np.equal(flat[:-step], flat[step:], out=self._maps[offset][:-step])

    def at(self, offset: _Offset, beside: _Offset | None = None) -> np.ndarray:
        """Return the map of one neighbour, of the box's counted places or of those ``beside`` them."""
        moved = 0 if beside is None else self.steps[beside]
        if offset not in self._maps:  # seen from the neighbour
            moved += self.steps[offset]
            offset = _opposite(offset)
        return self._maps[offset][self._counted.start + moved : self._counted.stop + moved]


def _opposite(offset: _Offset) -> _Offset:
    k, j, i = offset
    return -k, -j, -i


def _contacts(box: WalledBox, alike: _Alike, run: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs of runs of one level that touch, enough to join all that are connected."""
    inside = box.inside[box.counted]
    first, second = [], []
    for offset in _DIRECTIONS:
        if offset != _ALONG_I:
            places = np.flatnonzero(_needed(alike, offset, inside))
            places += box.counted.start
            first.append(run[places])
            places += alike.steps[offset]
            second.append(run[places])
    return np.concatenate(first).astype(np.intp), np.concatenate(second).astype(np.intp)


def _needed(alike: _Alike, offset: _Offset, inside: np.ndarray) -> np.ndarray:
    """Return where a contact is not implied by others.

    A contact across an edge or a corner is implied where a voxel between the two has their level. One across a face is
    implied by the same contact one voxel back along i (or along j, between slices) if both sides go on there; following
    it back always ends at one that is kept.
    """
    needed = alike.at(offset) & inside
    if offset in _BACK:
        for back in _BACK[offset]:
            needed &= ~(alike.at(back) & alike.at(offset, beside=back))
        return needed
    for between in product(*({0, step} for step in offset)):
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
        np.minimum.at(root, np.maximum(first, second), np.minimum(first, second))
        while True:
            shorter = root[root]
            if np.array_equal(shorter, root):
                break
            root = shorter
        first, second = root[first], root[second]
        apart = first != second
        first, second = first[apart], second[apart]
    return root


def _tally(levels: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Count equal (level, size)."""
    width = int(sizes.max()) + 1
    kinds, numbers = np.unique(levels * width + sizes, return_counts=True)
    found, size = np.divmod(kinds, width)
    return found, size, numbers
