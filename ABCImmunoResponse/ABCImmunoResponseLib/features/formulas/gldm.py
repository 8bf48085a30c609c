"""Features of the grey level dependence matrix."""

import numpy as np

from ABCImmunoResponseLib.features.formulas.size_matrix import size_features


def features(gldm: np.ndarray, grey_levels: np.ndarray) -> dict[str, float]:
    """Return the 14 GLDM features by pyradiomics' names, in its order.

    Parameters
    ----------
    gldm : numpy.ndarray, shape (n, most dependent neighbours + 1), float64
        How many voxels of each level have 0, 1, 2, ... dependent neighbours.
    grey_levels : numpy.ndarray, shape (n,), int64
        The levels that occur.

    Notes
    -----
    Sun and Wee 1983, the voxel itself counted as dependent, as pyradiomics does; see
    :func:`~ABCImmunoResponseLib.features.formulas.size_matrix.size_features`.
    """
    found = size_features(gldm[:, :, np.newaxis], grey_levels, np.arange(1, gldm.shape[1] + 1))
    named = {
        "DependenceEntropy": found.entropy,
        "DependenceNonUniformity": found.size_non_uniformity,
        "DependenceNonUniformityNormalized": found.size_non_uniformity_normalised,
        "DependenceVariance": found.size_variance,
        "GrayLevelNonUniformity": found.level_non_uniformity,
        "GrayLevelVariance": found.level_variance,
        "HighGrayLevelEmphasis": found.high,
        "LargeDependenceEmphasis": found.large,
        "LargeDependenceHighGrayLevelEmphasis": found.large_high,
        "LargeDependenceLowGrayLevelEmphasis": found.large_low,
        "LowGrayLevelEmphasis": found.low,
        "SmallDependenceEmphasis": found.small,
        "SmallDependenceHighGrayLevelEmphasis": found.small_high,
        "SmallDependenceLowGrayLevelEmphasis": found.small_low,
    }
    return {name: value.item() for name, value in named.items()}
