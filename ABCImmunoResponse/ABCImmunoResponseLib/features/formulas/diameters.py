"""The largest distances between the vertices of the mesh around a region, as pyradiomics' four diameters have it.

A vertex lies halfway between two neighbouring voxels of which one is inside, so on the lattice of half voxels. Of the
vertices on one lattice line only the outermost two can be ends of a diameter, and of these only corners of the convex
hull. Lattice positions are whole numbers, so what is compared is exact; only the spacing brings in rounding.
"""

import math

import numpy as np

_CHUNK = 1 << 17  # numbers worked on at once: they stay in the processor's cache

# In half voxels, across the lines: if a line's outermost vertex lies no further out than halfway between those of its
# two neighbours at plus and minus one of these offsets, it is no corner of the hull.
_NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1), (0, 2), (2, 0), (2, 2), (2, -2), (0, 4), (4, 0), (4, 4), (4, -4))

_DIRECTIONS = np.array(
    [(z, y, x) for z in (-1, 0, 1) for y in (-1, 0, 1) for x in (-1, 0, 1) if (z, y, x) > (0, 0, 0)], dtype=np.float64
)


def diameters(padded: np.ndarray, spacing: np.ndarray) -> tuple[float, float, float, float]:
    """Return the largest distance (mm) of two vertices with equal k, with equal j, with equal i, and of any two.

    Parameters
    ----------
    padded : numpy.ndarray, shape (K, J, I), bool
        The region, not empty, with a layer of voxels around it that are outside.
    spacing : numpy.ndarray, shape (3,)
        Of voxels along (k, j, i), in mm.
    """
    half = spacing / 2
    z, y, x = half.tolist()
    along_i = _outermost(padded)
    along_j = _outermost(np.ascontiguousarray(padded.transpose(0, 2, 1)))
    return (
        _in_planes(*along_i, y, x),
        _in_planes(*(table.T for table in along_i), z, x),
        _in_planes(*(table.T for table in along_j), z, y),
        _in_space(_hull_candidates(*along_i) * half),
    )


def _outermost(padded: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where vertices begin and end on each lattice line along the last axis, in half voxels.

    Returns
    -------
    first, last : numpy.ndarray, shape (2K - 3, 2J - 3), int
        Lines between and within the voxels' rows. Where a line has no vertex, first is far beyond last, and no two
        differences of such numbers overflow.
    """
    layers, rows, columns = padded.shape
    far = 4 * columns
    shape = (2 * layers - 3, 2 * rows - 3)
    dtype = np.int16 if 3 * far < np.iinfo(np.int16).max else np.int32
    first, last = np.full(shape, far, dtype), np.full(shape, -far, dtype)
    within = padded[1:-1, 1:-1]
    for part, lines, side in (
        (np.s_[1::2, 1::2], within, 1),
        (np.s_[1::2, 0::2], padded[1:-1, 1:] ^ padded[1:-1, :-1], 0),
        (np.s_[0::2, 1::2], padded[1:, 1:-1] ^ padded[:-1, 1:-1], 0),
    ):
        begin = lines.argmax(axis=2)
        end = columns - 1 - lines[:, :, ::-1].argmax(axis=2)
        used = begin > 0  # the first column is padding
        first[part][used] = 2 * begin[used] - side
        last[part][used] = 2 * end[used] + side
    return first, last


def _in_planes(first: np.ndarray, last: np.ndarray, between: float, along: float) -> float:
    """Return the largest distance of two vertices in one plane.

    Parameters
    ----------
    first, last : numpy.ndarray, shape (planes, lines)
        Where vertices begin and end on the lines of each plane; see :func:`_outermost`.
    between, along : float
        Distance of lines, and unit of positions on them, in mm.
    """
    lines = first.shape[1]
    step = max(1, _CHUNK // first.size)
    squared = np.square(np.arange(lines) * between)
    largest = 0.0
    for start in range(0, lines, step):
        # The widest that any plane has from one line to another; the other way round is another pair's.
        widths = (last[:, start : start + step, None] - first[:, None, :]).max(axis=0)
        distance = np.abs(np.arange(start, start + len(widths))[:, None] - np.arange(lines))
        total = np.where(widths >= 0, squared[distance] + np.square(widths * along), 0)
        largest = max(largest, float(total.max()))
    return math.sqrt(largest)


def _hull_candidates(first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Return vertices (n, 3), in half voxels, among which are all corners of the convex hull."""
    planes, lines = first.shape
    reach = max(max(offset) for offset in _NEIGHBOURS)
    found = []
    for outward, sign in ((last, 1), (-first, -1)):
        empty = -int(first.max())
        wide = np.pad(outward, reach, constant_values=empty)
        doubled = 2 * outward
        corner = outward > empty
        for k, j in _NEIGHBOURS:
            before = wide[reach - k : reach - k + planes, reach - j : reach - j + lines]
            behind = wide[reach + k : reach + k + planes, reach + j : reach + j + lines]
            corner &= before + behind < doubled
        at = np.nonzero(corner)
        found.append(np.stack([*at, sign * outward[at]], axis=1))
    return np.concatenate(found)


def _in_space(points: np.ndarray) -> float:
    """Return the largest distance between any two of the points (n, 3).

    Around their box's middle all points lie in a ball. One that is nearer to the middle than a distance already found
    exceeds the ball's radius cannot have a partner further away than that.
    """
    points = points - (points.min(axis=0) + points.max(axis=0)) / 2
    along = points @ _DIRECTIONS.T
    ends = points[np.concatenate([along.argmax(axis=0), along.argmin(axis=0)])]
    found = math.sqrt(_largest_squared(ends, points))
    radii = np.sqrt(np.square(points).sum(axis=1))
    points = points[radii >= (found - radii.max()) * (1 - 1e-9)]
    return math.sqrt(_largest_squared(points, points))


def _largest_squared(points: np.ndarray, others: np.ndarray) -> float:
    lengths, other_lengths = np.square(points).sum(axis=1), np.square(others).sum(axis=1)
    step = max(1, _CHUNK // len(others))
    largest = 0.0
    for start in range(0, len(points), step):
        chunk = slice(start, start + step)
        squared = points[chunk] @ (-2 * others.T)
        squared += lengths[chunk, None]
        squared += other_lengths
        largest = max(largest, float(squared.max()))
    return largest
