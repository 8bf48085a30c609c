"""Features of the grey level size zone matrix."""

import numpy as np

from ABCImmunoResponseLib.features.formulas.size_matrix import size_features


def features(zones: tuple[np.ndarray, np.ndarray, np.ndarray], grey_levels: np.ndarray) -> dict[str, float]:
    """Return the 16 GLSZM features by pyradiomics' names, in its order.

    Parameters
    ----------
    zones : tuple of numpy.ndarray, each shape (zones,), int64
        Level (its place among the n, from 0), size in voxels and number of the connected zones.
    grey_levels : numpy.ndarray, shape (n,), int64
        The levels that occur.

    Notes
    -----
    Thibault et al. 2009; see :func:`~ABCImmunoResponseLib.features.formulas.size_matrix.size_features`.
    """
    level, size, number = zones
    sizes, column = np.unique(size, return_inverse=True)
    shape = len(grey_levels), len(sizes), 1
    counts = np.bincount(level * len(sizes) + column, number, shape[0] * shape[1]).reshape(shape)
    found = size_features(counts, grey_levels, sizes)
    named = {
        "GrayLevelNonUniformity": found.level_non_uniformity,
        "GrayLevelNonUniformityNormalized": found.level_non_uniformity_normalised,
        "GrayLevelVariance": found.level_variance,
        "HighGrayLevelZoneEmphasis": found.high,
        "LargeAreaEmphasis": found.large,
        "LargeAreaHighGrayLevelEmphasis": found.large_high,
        "LargeAreaLowGrayLevelEmphasis": found.large_low,
        "LowGrayLevelZoneEmphasis": found.low,
        "SizeZoneNonUniformity": found.size_non_uniformity,
        "SizeZoneNonUniformityNormalized": found.size_non_uniformity_normalised,
        "SmallAreaEmphasis": found.small,
        "SmallAreaHighGrayLevelEmphasis": found.small_high,
        "SmallAreaLowGrayLevelEmphasis": found.small_low,
        "ZoneEntropy": found.entropy,
        "ZonePercentage": found.percentage,
        "ZoneVariance": found.size_variance,
    }
    return {name: value.item() for name, value in named.items()}
