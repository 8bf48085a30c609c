"""The texture matrices of a discretised image in numpy, equal to pyradiomics' counts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ABCImmunoResponseLib.features.kernels.matrices import Matrices
from ABCImmunoResponseLib.features.kernels.numpy_box import WalledBox, walled_box
from ABCImmunoResponseLib.features.kernels.numpy_lines import Lines, distant_glcm, glcm, glrlm, lay_lines
from ABCImmunoResponseLib.features.kernels.numpy_neighbours import Neighbourhood, gldm, neighbourhood, ngtdm
from ABCImmunoResponseLib.features.kernels.numpy_zones import zones


@dataclass(frozen=True, eq=False)
class PreparedRegion:
    """All that depends on the region alone; never written to, so that threads may share it."""

    box: WalledBox
    lines: Lines
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
    return PreparedRegion(box, lay_lines(box), neighbourhood(box, distances))


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
    box, lines, near = prepared.box, prepared.lines, prepared.near
    levels = len(grey_levels)
    flat = box.spread(ranks.astype(np.min_scalar_type(levels)))
    ranks = ranks.astype(np.intp) - 1
    voxels = np.bincount(ranks, minlength=levels)
    adjacent = lines.read(flat)
    pairs = glcm(adjacent, levels) if near.distances == (1,) else distant_glcm(flat, near.steps, levels)
    return Matrices(
        glcm=pairs,
        glcm_directions=near.directions,
        glrlm=glrlm(adjacent, lines.collinear, voxels, max(box.shape)),
        glrlm_directions=lines.directions,
        glszm=zones(box, flat),
        gldm=gldm(box, near, flat, ranks, grey_levels, gldm_a),
        ngtdm=ngtdm(box, near, ranks, grey_levels),
    )
