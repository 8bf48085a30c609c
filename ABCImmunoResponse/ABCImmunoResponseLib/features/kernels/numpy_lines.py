"""Pairs and runs of grey levels along lines: GLCM and GLRLM.

All lines of one direction are laid end to end, as a list of places in the walled box: the voxels of a line in their
order, and one entry of wall behind each stretch of them. Reading an image in that order makes neighbours adjacent, so
that pairs are counted from two slices and runs found where equality begins and ends. The list depends on the region
alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ABCImmunoResponseLib.features.kernels.directions import directions
from ABCImmunoResponseLib.features.kernels.numpy_box import WalledBox

_BLOCK = 1 << 17  # entries worked on at once: what a core's own cache holds; small lesions go in one block
_MANY = 1 << 13  # entries of a line from which counting by triples pays


@dataclass(frozen=True, eq=False)
class Lines:
    """The region along its lines in the directions of distance 1.

    Attributes
    ----------
    directions : numpy.ndarray, shape (directions, 3), int64
        Offsets (k, j, i).
    order : numpy.ndarray, shape (directions, entries), int32
        Places in the walled box; an even number, each row ending with at least one wall (place 0).
    collinear : numpy.ndarray, shape (directions,), bool
        Whether some line of this direction holds two voxels of the region or more, connected or not.
    """

    directions: np.ndarray
    order: np.ndarray
    collinear: np.ndarray

    def read(self, flat: np.ndarray) -> np.ndarray:
        """Return an image (size,) in the lines' order, shape (directions, entries)."""
        ranks = np.empty(self.order.shape, flat.dtype)
        for block in _blocks(*ranks.shape):
            ranks[block] = flat.take(self.order[block])
        return ranks


def lay_lines(box: WalledBox) -> Lines:
    """Lay a region's lines of distance 1 end to end."""
    along = directions(box.shape, [1])
    rows = [_one_direction(box.inside, step) for step in box.steps(along)]
    entries = max(map(len, rows), default=0)
    order = np.zeros((len(rows), entries + 2 - entries % 2), np.int32)
    for row, places in zip(order, rows, strict=True):
        row[: len(places)] = places
    # A row has an entry a voxel and one a stretch: fewer than two a voxel if a stretch holds two voxels.
    voxels = len(box.voxels)
    collinear = [
        len(places) < 2 * voxels or _share_line(box, direction) for places, direction in zip(rows, along, strict=True)
    ]
    return Lines(along, order, np.array(collinear, bool))


def _one_direction(inside: np.ndarray, step: int) -> np.ndarray:
    """Return the places along one direction, (entries,) int32.

    Written as a table of ``step`` columns, the flat array has the lines in its columns, one or several in each: from a
    voxel, the next row holds its neighbour or a wall.
    """
    rows = -(-len(inside) // step)
    wanted = np.zeros(rows * step, bool)
    wanted[: len(inside)] = inside
    wanted[step : len(inside)] |= inside[:-step]  # the wall or gap behind a stretch
    places = np.flatnonzero(wanted.reshape(rows, step).T)  # column x rows + row
    column = places // rows
    return (places * step - column * (rows * step - 1)).astype(np.int32)


def _share_line(box: WalledBox, direction: np.ndarray) -> bool:
    """Whether two voxels of the region lie on one line, however far apart."""
    position = box.positions()
    from_start = position[:, np.flatnonzero(direction)[:1]]
    foot = position - from_start * direction  # where the line meets the first slice, row or column
    return len(np.unique(foot, axis=0)) < len(foot)


def glcm(ranks: np.ndarray, levels: int) -> np.ndarray:
    """Count neighbouring levels.

    Parameters
    ----------
    ranks : numpy.ndarray, shape (directions, entries), unsigned
        What :meth:`Lines.read` gives of an image of ranks (from 1).
    levels : int
        How many ranks there are.

    Returns
    -------
    numpy.ndarray, shape (levels, levels, directions), float64
        Haralick et al. (1973), IEEE Trans. SMC 3:610, before symmetry and normalisation.
    """
    side = levels + 1  # and the walls
    counts = np.empty((levels, levels, len(ranks)))
    entries = ranks.shape[1]
    in_two_bytes = ranks.itemsize == 1 and side**3 <= 1 << 16
    count = _triples if in_two_bytes and entries > max(2 * side**3, _MANY) else _pairs
    for block in _blocks(len(ranks), max(entries, side**2)):
        found = count(ranks[block], side)
        counts[:, :, block] = found[:, 1:, 1:].transpose(1, 2, 0)
    return counts


def distant_glcm(flat: np.ndarray, steps: Sequence[int], levels: int) -> np.ndarray:
    """Count as :func:`glcm` in directions of other distances, of which there are too many to hold their lines.

    Parameters
    ----------
    flat : numpy.ndarray, shape (size,), unsigned
        Ranks (from 1) in the walled box, 0 outside the region.
    steps : sequence of int
        The directions' steps in the box.
    levels : int
        How many ranks there are.
    """
    side = levels + 1
    firsts = flat.astype(np.min_scalar_type(side**2)) * side
    counts = np.empty((levels, levels, len(steps)))
    for direction, step in enumerate(steps):
        found = np.bincount(firsts[:-step] + flat[step:], minlength=side**2)
        counts[:, :, direction] = found.reshape(side, side)[1:, 1:]
    return counts


def _pairs(ranks: np.ndarray, side: int) -> np.ndarray:
    """Count (first, second) of adjacent entries: (rows, side, side). Between rows there is a wall."""
    rows = len(ranks)
    codes = ranks.astype(np.min_scalar_type(rows * side**2))
    codes *= side
    codes += (np.arange(rows) * side**2).astype(codes.dtype)[:, None]
    codes = codes.ravel()[:-1]
    codes += ranks.ravel()[1:]
    return np.bincount(codes, minlength=rows * side**2).reshape(rows, side, side)


def _triples(ranks: np.ndarray, side: int) -> np.ndarray:
    """Count as :func:`_pairs`, in half as many steps: three entries, one byte each, hold two pairs.

    The number of a triple is held in two bytes: ``side**3`` must not exceed 65 536.
    """
    counts = np.empty((len(ranks), side, side), np.intp)
    for row, found in zip(ranks, counts, strict=True):
        couples = row.view("<u2")
        even = couples & 255
        codes = even * np.uint16(side)
        codes += couples >> 8
        codes *= np.uint16(side)
        codes[:-1] += even[1:]  # the last couple is wall
        triples = np.bincount(codes, minlength=side**3).reshape(side, side, side)
        np.add(triples.sum(axis=2), triples.sum(axis=0), out=found)
    return counts


def glrlm(ranks: np.ndarray, collinear: np.ndarray, voxels: np.ndarray, longest: int) -> np.ndarray:
    """Count runs of one level.

    Parameters
    ----------
    ranks : numpy.ndarray, shape (directions, entries), unsigned
        What :meth:`Lines.read` gives of an image of ranks (from 1).
    collinear : numpy.ndarray, shape (directions,), bool
        See :class:`Lines`.
    voxels : numpy.ndarray, shape (levels,), int64
        How many voxels each level has.
    longest : int
        The longest run that fits in the region's box.

    Returns
    -------
    numpy.ndarray, shape (levels, longest run found, directions), float64
        Galloway (1975), Computer Graphics and Image Processing 4:172. All zero where the lines of a direction hold one
        voxel each.
    """
    levels = len(voxels)
    counts = np.zeros((levels, longest, len(ranks)))
    entries = ranks.shape[1]
    for block in _blocks(len(ranks), max(entries, levels * longest)):
        rows = len(ranks[block])
        line = ranks[block].ravel()
        joined = np.zeros(len(line) + 1, bool)  # whether an entry has the level of the one before
        np.equal(line[1:], line[:-1], out=joined[1:-1])
        joined[1:-1] &= line[1:] != 0
        turns = np.flatnonzero(joined[1:] != joined[:-1])  # first and last voxels, in turn, of runs of two or more
        first = turns[::2]
        row = first // entries
        code = (row * levels + line.take(first) - 1) * longest + (turns[1::2] - first)
        found = np.bincount(code, minlength=rows * levels * longest).reshape(rows, levels, longest)
        found[:, :, 0] = voxels - found @ np.arange(1, longest + 1)  # what is in no longer run is a run of one
        counts[:, :, block] = found.transpose(1, 2, 0)
    counts[:, :, ~collinear] = 0
    lengths = np.flatnonzero(counts.any(axis=(0, 2)))
    return np.ascontiguousarray(counts[:, : lengths[-1] + 1 if len(lengths) else 1])


def _blocks(count: int, entries: int) -> Iterator[slice]:
    """Yield slices of ``count`` directions, of so many entries each, to be worked on at once."""
    rows = max(1, _BLOCK // max(1, entries))
    for first in range(0, count, rows):
        yield slice(first, first + rows)
