"""Features that runs, zones and dependences share: of a matrix of how often a grey level has a size."""

from dataclasses import dataclass

import numpy as np

from ABCImmunoResponseLib.features.formulas.firstorder import EPSILON


@dataclass(frozen=True, eq=False)
class SizeFeatures:
    """Features of size matrices, each of shape (directions,); small and large are of sizes, low and high of levels."""

    small: np.ndarray
    large: np.ndarray
    low: np.ndarray
    high: np.ndarray
    small_low: np.ndarray
    small_high: np.ndarray
    large_low: np.ndarray
    large_high: np.ndarray
    level_non_uniformity: np.ndarray
    level_non_uniformity_normalised: np.ndarray
    size_non_uniformity: np.ndarray
    size_non_uniformity_normalised: np.ndarray
    level_variance: np.ndarray
    size_variance: np.ndarray
    entropy: np.ndarray
    percentage: np.ndarray


def size_features(counts: np.ndarray, grey_levels: np.ndarray, sizes: np.ndarray) -> SizeFeatures:
    """Return emphases, non-uniformities, variances, entropy and percentage.

    Parameters
    ----------
    counts : numpy.ndarray, shape (n, sizes, directions), float64
        Of each level and size; none of the directions empty.
    grey_levels : numpy.ndarray, shape (n,)
    sizes : numpy.ndarray, shape (sizes,)
        Positive, in voxels.

    Notes
    -----
    Galloway 1975 (short and long, non-uniformities, percentage), Chu, Sehgal and Greenleaf 1990 (low and high),
    Dasarathy and Holder 1991 (joint emphases), Xu et al. 2004 (variances, entropy), as pyradiomics defines them.
    """
    n, columns, directions = counts.shape
    i, j = grey_levels[:, np.newaxis].astype(np.float64), sizes[:, np.newaxis].astype(np.float64)
    by_level, by_size = np.hstack([1 / i**2, i**2]).T, np.hstack([1 / j**2, j**2]).T
    total = counts.sum((0, 1))
    p, p_levels, p_sizes = counts / total, counts.sum(1) / total, counts.sum(0) / total
    mean_level, mean_size = (p_levels * i).sum(0), (p_sizes * j).sum(0)
    low, high = by_level @ p_levels
    small, large = by_size @ p_sizes
    of_sizes = (by_level @ p.reshape(n, -1)).reshape(2, columns, directions)
    (small_low, small_high), (large_low, large_high) = np.einsum("sc,lca->sla", by_size, of_sizes)
    level_uniformity, size_uniformity = np.square(p_levels).sum(0), np.square(p_sizes).sum(0)
    return SizeFeatures(
        small=small,
        large=large,
        low=low,
        high=high,
        small_low=small_low,
        small_high=small_high,
        large_low=large_low,
        large_high=large_high,
        level_non_uniformity=level_uniformity * total,
        level_non_uniformity_normalised=level_uniformity,
        size_non_uniformity=size_uniformity * total,
        size_non_uniformity_normalised=size_uniformity,
        level_variance=(p_levels * (i - mean_level) ** 2).sum(0),
        size_variance=(p_sizes * (j - mean_size) ** 2).sum(0),
        entropy=-(p * np.log2(p + EPSILON)).sum((0, 1)),
        percentage=1 / mean_size,
    )
