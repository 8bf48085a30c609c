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
    i, j = grey_levels.astype(np.float64), sizes.astype(np.float64)
    i2, j2 = i * i, j * j
    by_level = np.array([np.ones(n), i, 1 / i2, i2])
    by_size = np.array([np.ones(columns), j, 1 / j2, j2])
    of_sizes = (by_level @ counts.reshape(n, -1)).reshape(4, columns, directions)
    # [a, b, direction] is the sum over the matrix of by_size[a] and by_level[b].
    moments = (by_size @ of_sizes.transpose(1, 0, 2).reshape(columns, -1)).reshape(4, 4, directions)
    total = moments[0, 0].copy()
    moments /= total
    p = counts / total
    p_levels, p_sizes = p.sum(1), of_sizes[0] / total
    level_uniformity, size_uniformity = np.square(p_levels).sum(0), np.square(p_sizes).sum(0)
    return SizeFeatures(
        small=moments[2, 0],
        large=moments[3, 0],
        low=moments[0, 2],
        high=moments[0, 3],
        small_low=moments[2, 2],
        small_high=moments[2, 3],
        large_low=moments[3, 2],
        large_high=moments[3, 3],
        level_non_uniformity=level_uniformity * total,
        level_non_uniformity_normalised=level_uniformity,
        size_non_uniformity=size_uniformity * total,
        size_non_uniformity_normalised=size_uniformity,
        level_variance=(p_levels * (i[:, np.newaxis] - moments[0, 1]) ** 2).sum(0),
        size_variance=(p_sizes * (j[:, np.newaxis] - moments[1, 0]) ** 2).sum(0),
        entropy=-(p * np.log2(p + EPSILON)).sum((0, 1)),
        percentage=1 / moments[1, 0],
    )
