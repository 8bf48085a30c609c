"""The texture matrices of a discretised image in numpy, equal to pyradiomics' counts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ABCImmunoResponseLib.features.kernels.directions import directions
from ABCImmunoResponseLib.features.kernels.matrices import Matrices
from ABCImmunoResponseLib.features.kernels.numpy_box import WalledBox, walled_box
from ABCImmunoResponseLib.features.kernels.numpy_lines import Lines, glcm, glrlm, lay_lines
from ABCImmunoResponseLib.features.kernels.numpy_neighbours import Neighbourhood, gldm, neighbourhood, ngtdm
from ABCImmunoResponseLib.features.kernels.numpy_zones import zones


@dataclass(frozen=True, eq=False)
class PreparedRegion:
    """All that depends on the region alone.

    ``adjacent`` holds the lines of distance 1, ``distant`` those of the wanted distances: the same object if that is 1.
    """

    box: WalledBox
    adjacent: Lines
    distant: Lines
    near: Neighbourhood


def prepare(region: np.ndarray, distances: Sequence[int]) -> PreparedRegion:
    """Do all that depends on the region alone, once for its twelve images; see ``interface.Kernels.prepare``.

    Parameters
    ----------
    region : numpy.ndarray, shape (K, J, I), bool
        The lesion's smallest box.
    distances : sequence of int
        Of neighbours, in voxels (infinity norm), for GLCM, GLDM and NGTDM; runs and zones join adjacent voxels.
    """
    box = walled_box(region, max(distances))
    adjacent = lay_lines(box, directions(region.shape, [1]))
    distant = adjacent if set(distances) == {1} else lay_lines(box, directions(region.shape, distances))
    return PreparedRegion(box, adjacent, distant, neighbourhood(box, distant.directions, distances))


def matrices(prepared: PreparedRegion, ranks: np.ndarray, grey_levels: np.ndarray, gldm_a: int) -> Matrices:
    """Count on one image; see ``interface.Kernels.matrices``.

    Parameters
    ----------
    prepared : PreparedRegion
    ranks : numpy.ndarray, shape (voxels,), uint16
        Each voxel's place (from 1) among the grey levels that occur, the region's voxels in C order.
    grey_levels : numpy.ndarray, shape (n,), int64
        Those levels, ascending.
    gldm_a : int
        How far the levels of dependent neighbours may be apart.
    """
    box, near = prepared.box, prepared.near
    levels = len(grey_levels)
    flat = box.spread(ranks.astype(np.min_scalar_type(levels)))
    ranks = ranks.astype(np.intp) - 1
    voxels = np.bincount(ranks, minlength=levels)
    adjacent = prepared.adjacent.read(flat)
    distant = adjacent if prepared.distant is prepared.adjacent else prepared.distant.read(flat)
    return Matrices(
        glcm=glcm(distant, levels),
        glcm_directions=prepared.distant.directions,
        glrlm=glrlm(adjacent, prepared.adjacent.collinear, voxels, max(box.shape)),
        glrlm_directions=prepared.adjacent.directions,
        glszm=zones(box, flat),
        gldm=gldm(box, near, flat, ranks, grey_levels, gldm_a),
        ngtdm=ngtdm(box, near, ranks, grey_levels),
    )
