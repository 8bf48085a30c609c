"""Features of the grey level run length matrix."""

from collections.abc import Sequence

import numpy as np

from ABCImmunoResponseLib.features.formulas.directional import mean_over_directions, squared_distances
from ABCImmunoResponseLib.features.formulas.size_matrix import size_features


def features(
    glrlm: np.ndarray,
    directions: np.ndarray,
    grey_levels: np.ndarray,
    spacing_kji: Sequence[float],
    weighting: str | None,
) -> dict[str, float]:
    """Return the 16 GLRLM features by pyradiomics' names, in its order, averaged over the directions.

    Parameters
    ----------
    glrlm : numpy.ndarray, shape (n, longest run, directions), float64
        How many runs of each level and length 1, 2, ... there are; all zero in a direction that is not to count.
    directions : numpy.ndarray, shape (directions, 3)
        Offsets (k, j, i) in voxels.
    grey_levels : numpy.ndarray, shape (n,), int64
        The levels that occur.
    spacing_kji : (3,)
        In mm; for weighting.
    weighting : str or None
        euclidean, manhattan, infinity: one matrix, in which a direction's weight is the distance of its neighbours;
        no_weighting: one matrix, all weights 1; None: a matrix in each direction, and features averaged.

    Notes
    -----
    See :func:`~ABCImmunoResponseLib.features.formulas.size_matrix.size_features`. Where no direction counts, features
    are NaN (of a weighted matrix, run entropy and run variance are 0).
    """
    if weighting is not None:
        weights = np.ones(len(directions))
        if weighting != "no_weighting":
            weights = np.sqrt(squared_distances(directions, spacing_kji, weighting))
        glrlm = np.sum(glrlm * weights, 2, keepdims=True)
    counts_any = glrlm.any((0, 1))
    if not counts_any.all():
        glrlm = glrlm[:, :, counts_any]
    found = size_features(glrlm, grey_levels, np.arange(1, glrlm.shape[1] + 1))
    named = {
        "GrayLevelNonUniformity": found.level_non_uniformity,
        "GrayLevelNonUniformityNormalized": found.level_non_uniformity_normalised,
        "GrayLevelVariance": found.level_variance,
        "HighGrayLevelRunEmphasis": found.high,
        "LongRunEmphasis": found.large,
        "LongRunHighGrayLevelEmphasis": found.large_high,
        "LongRunLowGrayLevelEmphasis": found.large_low,
        "LowGrayLevelRunEmphasis": found.low,
        "RunEntropy": found.entropy,
        "RunLengthNonUniformity": found.size_non_uniformity,
        "RunLengthNonUniformityNormalized": found.size_non_uniformity_normalised,
        "RunPercentage": found.percentage,
        "RunVariance": found.size_variance,
        "ShortRunEmphasis": found.small,
        "ShortRunHighGrayLevelEmphasis": found.small_high,
        "ShortRunLowGrayLevelEmphasis": found.small_low,
    }
    means = dict(zip(named, mean_over_directions(np.array(list(named.values()))).tolist(), strict=True))
    if weighting is not None and not counts_any.any():
        means["RunEntropy"] = means["RunVariance"] = 0.0  # pyradiomics adds up over the lengths of no run
    return means
