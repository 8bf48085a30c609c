"""The outline of a lesion in one slice: the 0.5 iso-contour of its mask by marching squares.

All coordinates here are whole numbers, twice the pixel index, so that the mid-point between two pixel centres is
exact and geometry on them (hull, calipers) needs no tolerance. They are shaped (..., 2): row, column.
"""

import numpy as np

# A cell has the corner pixels  a b  and its sides are numbered   .0.   The sides that the outline of corner
#                               c d                              3.1    pattern abcd joins; where only a
#                                                                .2.    diagonal pair is inside, each corner
# is cut off by itself.
_SIDES = np.array([(0, 1), (1, 2), (2, 1), (1, 0)])
_JOINED = {
    (0, 3): (0b1000, 0b0111, 0b1001),
    (0, 1): (0b0100, 0b1011, 0b0110),
    (1, 2): (0b0001, 0b1110, 0b1001),
    (2, 3): (0b0010, 0b1101, 0b0110),
    (0, 2): (0b1010, 0b0101),
    (1, 3): (0b1100, 0b0011),
}


def outline_vertices(pixels: np.ndarray) -> np.ndarray:
    """Return the vertices of the outline: mid-points between an inside pixel and an outside neighbour.

    Parameters
    ----------
    pixels
        Boolean (rows, columns); what lies beyond its edge is outside.

    Returns
    -------
    numpy.ndarray
        Integers (n, 2), twice the pixel index, sorted by row, then column.
    """
    padded = np.pad(pixels, 1)
    down = 2 * np.argwhere(padded[1:] != padded[:-1]) - (1, 2)
    across = 2 * np.argwhere(padded[:, 1:] != padded[:, :-1]) - (2, 1)
    vertices = np.concatenate([down, across])
    return vertices[np.lexsort(vertices.T[::-1])]


def outline_segments(pixels: np.ndarray) -> np.ndarray:
    """Return the straight pieces of the outline, each between two of its vertices.

    Parameters
    ----------
    pixels
        Boolean (rows, columns); what lies beyond its edge is outside.

    Returns
    -------
    numpy.ndarray
        Integers (n, 2, 2): segment, end, coordinate; twice the pixel index.
    """
    padded = np.pad(pixels, 1).astype(np.uint8)
    pattern = 8 * padded[:-1, :-1] + 4 * padded[:-1, 1:] + 2 * padded[1:, :-1] + padded[1:, 1:]
    pieces = []
    for sides, patterns in _JOINED.items():
        cells = 2 * np.argwhere(np.isin(pattern, patterns)) - 2
        pieces.append(cells[:, None, :] + _SIDES[list(sides)])
    return np.concatenate(pieces)
