"""The longest diameter of a set of points: convex hull and rotating calipers, exact on whole numbers."""

from collections.abc import Iterator, Sequence

import numpy as np

Point = tuple[int, int]


def convex_hull(points: Sequence[Point]) -> list[Point]:
    """Return the corners of the convex hull, anticlockwise from the smallest, without points on its edges.

    Andrew's monotone chain (Inf Process Lett 1979;9:216-219). Points on one line give its two ends, one point
    itself.

    Parameters
    ----------
    points
        Integer points sorted by first, then second coordinate, without repeats.
    """
    if len(points) < 3:
        return list(points)
    return [*_chain(points)[:-1], *_chain(reversed(points))[:-1]]


def _chain(points: Iterator[Point] | Sequence[Point]) -> list[Point]:
    chain: list[Point] = []
    for point in points:
        while len(chain) > 1 and _cross(chain[-2], chain[-1], chain[-1], point) <= 0:
            chain.pop()
        chain.append(point)
    return chain


def _cross(a: Point, b: Point, c: Point, d: Point) -> int:
    """Cross product of the vectors a to b and c to d."""
    return (b[0] - a[0]) * (d[1] - c[1]) - (b[1] - a[1]) * (d[0] - c[0])


def antipodal_pairs(hull: Sequence[Point]) -> Iterator[tuple[Point, Point]]:
    """Yield every pair of hull corners through which two parallel supporting lines go.

    Rotating calipers (Shamos 1978): the caliper lies along one edge after the other while the opposite jaw moves
    on. Parallel lines stay parallel when the axes are stretched, so pairs found on pixel indices are those of the
    physical outline too, whatever the pixel spacing, and the longest diameter is one of them.
    """
    n = len(hull)
    if n < 3:
        if n == 2:
            yield hull[0], hull[1]
        return
    opposite = 1
    for corner in range(n):
        start, end = hull[corner], hull[(corner + 1) % n]
        while (turn := _cross(start, end, hull[opposite], hull[(opposite + 1) % n])) > 0:
            opposite = (opposite + 1) % n
        yield start, hull[opposite]
        yield end, hull[opposite]
        if turn == 0:  # an edge parallel to the caliper: both its ends are farthest
            yield start, hull[(opposite + 1) % n]
            yield end, hull[(opposite + 1) % n]


def longest_chord(vertices: np.ndarray, spacing: tuple[float, float]) -> tuple[float, np.ndarray]:
    """Return the largest distance between two of ``vertices`` and the two.

    Parameters
    ----------
    vertices
        Integers (n, 2), n > 0, sorted by row, then column, without repeats.
    spacing
        Physical length of one step along (rows, columns).

    Returns
    -------
    length, ends
        ``ends`` is (2, 2), the smaller first; of equally long pairs the smallest one.
    """
    row_starts = np.flatnonzero(np.diff(vertices[:, 0], prepend=vertices[0, 0] - 1))
    row_ends = np.append(row_starts[1:], len(vertices)) - 1
    extremes = vertices[np.unique(np.concatenate([row_starts, row_ends]))]  # only a row's ends can be hull corners
    hull = convex_hull([tuple(point) for point in extremes.tolist()])
    if len(hull) == 1:
        return 0.0, np.array([hull[0], hull[0]])
    pairs = np.array(sorted({(min(pair), max(pair)) for pair in antipodal_pairs(hull)}))
    squared = np.square((pairs[:, 1] - pairs[:, 0]) * spacing).sum(axis=1)
    best = int(squared.argmax())
    return float(np.sqrt(squared[best])), pairs[best]
