"""Area and volume of the triangle mesh around a region of voxels, all cells at once."""

import math
from collections.abc import Sequence

import numpy as np

# The 128 configurations of a cell whose last corner is outside; the others are their complements, with the same
# triangles turned inside out. A word lists a configuration's triangles by the cell's edges (hexadecimal), three digits
# each. Lorensen WE, Cline HE. Marching cubes: a high resolution 3D surface construction algorithm. Computer Graphics
# 1987;21(4):163-169, in the numbering of P. Bourke's public-domain table (Polygonising a scalar field, 1994,
# paulbourke.net/geometry/polygonise); 15 entries cut a quadrilateral along its other diagonal, as pyradiomics does.
# Complements make faces with two opposite corners inside ambiguous: there the mesh may have holes, as pyradiomics' has.
_TRIANGLES = """
- 083 019 183198 12a 08312a 0292a9 2832a88a9 23b 08b0b2 01923b 19b1b28b9 13a3ba 08a0a18ba 0393b99ba 8a98ba 478
043347 019478 147173194 12a478 04312a347 0292a9478 2732972a9479 23b478 04224b47b 01923b478 19229b47b4b9
13a3ba478 04114b1ba47b 0393b94789ba 47b4b99ba 495 083495 015054 153358485 12a495 08312a495 0242542a5
2532a5348354 23b495 08b0b2495 01505423b 15225828b485 13a3ba495 08a0a14958ba 03b0540b55ba 48558a8ba 579789
093357395 017078157 157173 12a579789 09312a357395 0282582a5578 2532a5357 23b579789 09227b297579 01815717823b
15717b1b2 13a3ba579789 05707b0950a10ba 03b0570780a50ba 57b5ba 5a6 0835a6 0195a6 1831985a6 126165 083126165
026069596 258265283598 23b5a6 08b0b25a6 01923b5a6 19b1b25a68b9 1353653b6 05108b0b55b6 0360590653b6 59669b8b9
4785a6 0433475a6 0194785a6 1471731945a6 126165478 043126165347 026069478596 269293397479596 23b4785a6
04224b47b5a6 01923b4785a6 19229b47b4b95a6 1353653b6478 04b0b11b547b5b6 0360590653b6478 47959669b7b9 49a4a6
08349a4a6 01a0640a6 1681831a6486 124149264 083124149264 024264 248264283 23b49a4a6 08b0b249a4a6 01a0640a623b
14816418b1a61b2 1393693b6496 08114916418b1b6 0360643b6 48668b 67a78a89a 07309a0a767a 0181781a767a 1731a767a
126168189678 093129269397679 026067078 267273 23b67a78a89a 07209727b67a79a 0181781a723b67a 16717b1a61b2
1361693b6678689 09167b 03b0670780b6 67b
""".split()  # noqa: SIM905 (as a list it would be 128 lines)

# Corners of a cell and midpoints of its edges (z, y, x), in the numbering of that table.
_CORNERS = ((0, 0, 0), (0, 0, 1), (0, 1, 1), (0, 1, 0), (1, 0, 0), (1, 0, 1), (1, 1, 1), (1, 1, 0))
_EDGES = ((0, 1), (1, 2), (2, 3), (3, 0), (4, 5), (5, 6), (6, 7), (7, 4), (0, 4), (1, 5), (2, 6), (3, 7))


def _tables() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return all triangles' configuration and normal, and each configuration's total normal and six-fold volume.

    Triangles with corners a, b, c in a cell of side 1; a normal's length is twice the triangle's area. Configurations
    of 128 and more have the opposite normals and volumes of their complements.
    """
    corners = np.array(_CORNERS, dtype=np.float64)
    midpoints = np.array([(corners[a] + corners[b]) / 2 for a, b in _EDGES])
    owner = np.array([number for number, word in enumerate(_TRIANGLES) for _ in range(len(word) // 3)])
    edges = np.array([int(edge, 16) for edge in "".join(_TRIANGLES).replace("-", "")]).reshape(-1, 3)
    a, b, c = midpoints[edges].transpose(1, 0, 2)
    normals = np.cross(b - a, c - a)
    total = np.zeros((128, 3))
    np.add.at(total, owner, normals)
    volume = np.bincount(owner, (np.cross(a, b) * c).sum(axis=1), minlength=128)
    return owner, normals, np.concatenate([total, -total[::-1]]), np.concatenate([volume, -volume[::-1]])


_OWNER, _NORMALS, _TOTAL_NORMAL, _SIXFOLD_VOLUME = _tables()


def area_and_volume(padded: np.ndarray, spacing: Sequence[float]) -> tuple[float, float]:
    """Return the mesh's area and the volume it encloses.

    The mesh is the surface halfway between voxels inside and outside, by marching cubes.

    Parameters
    ----------
    padded : numpy.ndarray, shape (K, J, I), bool
        The region, with a layer of voxels around it that are outside.
    spacing : (3,)
        Of voxels along (k, j, i), in mm.

    Returns
    -------
    area : float
        In mm².
    volume : float
        In mm³: the sum of the signed volumes of the tetrahedra of each triangle and the first voxel's centre, which is
        that of the body within wherever the mesh has no holes. It is exact but for the voxel's own volume.

    Notes
    -----
    A triangle's volume in a cell at o is det(a + o, b + o, c + o) / 6 = (det(a, b, c) + o · n) / 6 with the normal
    n = a × b + b × c + c × a, so that the numbers of cells of each configuration and where they lie are enough.
    """
    configurations = _configurations(padded.view(np.uint8))
    surface = np.flatnonzero(configurations + np.uint8(1) > 1)  # neither 0 nor 255
    there = configurations.ravel()[surface]
    counts = np.bincount(there, minlength=256)
    position = np.array(np.unravel_index(surface, configurations.shape), dtype=np.float64)
    sixfold = counts @ _SIXFOLD_VOLUME + (position * _TOTAL_NORMAL[there].T).sum()
    z, y, x = spacing
    doubled = np.sqrt(np.square(_NORMALS * (y * x, z * x, z * y)).sum(axis=1))
    triangles = (counts[:128] + counts[:127:-1])[_OWNER]
    return float(triangles @ doubled) / 2, float(sixfold) / 6 * math.prod(spacing)


def _configurations(padded: np.ndarray) -> np.ndarray:
    """Return which corners of each cell are inside, one bit a corner, shape (K - 1, J - 1, I - 1), uint8."""
    rows = padded[:, :, :-1] | padded[:, :, 1:] << 1
    layers = rows[:, :-1] | (rows[:, 1:] & 1) << 3 | (rows[:, 1:] & 2) << 1
    return layers[:-1] | layers[1:] << 4
