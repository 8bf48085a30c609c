"""The 14 shape features of a region of voxels."""

import math
from collections.abc import Sequence

import numpy as np

from ABCImmunoResponseLib.features.formulas.diameters import diameters
from ABCImmunoResponseLib.features.formulas.mesh import area_and_volume

_ROUNDING = 1e-10  # mm²; eigenvalues of flat regions that are negative by less are 0, as in pyradiomics


def features(region: np.ndarray, spacing_kji: Sequence[float]) -> dict[str, float]:
    """Return the shape features by pyradiomics' names, in its order.

    Parameters
    ----------
    region : numpy.ndarray, shape (K, J, I), bool
        The region's smallest box.
    spacing_kji : (3,)
        Of voxels along (k, j, i), in mm.

    Returns
    -------
    dict
        Lengths in mm, areas in mm², volumes in mm³. An axis length is NaN where its eigenvalue is negative beyond
        rounding.

    Notes
    -----
    Zwanenburg A, et al. The image biomarker standardisation initiative. Radiology 2020;295:328-338, reference manual,
    section 3.1 (morphological features), except that diameters are those of pyradiomics: between vertices of the mesh,
    also where they lie in a plane of the image's axes. Elongation and Flatness are 1 for a ball and 0 for a line.
    """
    spacing = np.array(spacing_kji, dtype=np.float64)
    padded = np.pad(region, 1)
    least, minor, major = _axis_variances(region, spacing)
    area, volume = area_and_volume(padded, spacing.tolist())
    in_slice, in_column, in_row, in_space = diameters(padded, spacing)
    z, y, x = spacing.tolist()
    with np.errstate(invalid="ignore"):
        return {
            "Elongation": _root(minor / major),
            "Flatness": _root(least / major),
            "LeastAxisLength": _root(least) * 4,
            "MajorAxisLength": _root(major) * 4,
            "Maximum2DDiameterColumn": in_column,
            "Maximum2DDiameterRow": in_row,
            "Maximum2DDiameterSlice": in_slice,
            "Maximum3DDiameter": in_space,
            "MeshVolume": volume,
            "MinorAxisLength": _root(minor) * 4,
            "Sphericity": (36 * math.pi * volume**2) ** (1 / 3) / area,
            "SurfaceArea": area,
            "SurfaceVolumeRatio": area / volume,
            "VoxelVolume": float(np.count_nonzero(region) * (z * x * y)),
        }


def _axis_variances(region: np.ndarray, spacing: np.ndarray) -> np.ndarray:
    """Return the variances (mm²) of the voxels' centres along their principal axes, ascending.

    In flat regions that lie askew the least is rounding noise, a feature all the same: every operation is
    pyradiomics', in its order, also the origin one voxel before the box. Two that are equal but for such noise may be
    a complex pair; features are the real parts of what is made of them.
    """
    centres = (np.array(np.nonzero(region)) + 1) * spacing[:, None]
    centres -= centres.mean(axis=1, keepdims=True)
    centres /= np.sqrt(centres.shape[1])
    # A copy, since of an array and its own transpose numpy computes one triangle only, with other rounding.
    variances = np.linalg.eigvals(np.dot(centres.copy(), centres.T))
    variances[(variances.real < 0) & (variances.real > -_ROUNDING)] = 0
    variances.sort()
    variances[variances.real < 0] = np.nan
    return variances


def _root(variance: complex) -> float:
    return float(np.real(np.sqrt(variance)))
