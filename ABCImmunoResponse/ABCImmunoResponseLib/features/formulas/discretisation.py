"""Grey levels of a fixed width, as texture features see them."""

from dataclasses import dataclass

import numpy as np

from ABCImmunoResponseLib.errors import FeatureError


@dataclass(frozen=True, eq=False)
class Discretised:
    """A region's values as grey levels.

    Attributes
    ----------
    ranks : numpy.ndarray, shape (voxels,), uint16
        Each voxel's place, from 1, among the grey levels that occur.
    grey_levels : numpy.ndarray, shape (levels,), int64
        Those levels, ascending; the first is 1.
    counts : numpy.ndarray, shape (levels,), int64
        How many voxels have each of them.
    """

    ranks: np.ndarray
    grey_levels: np.ndarray
    counts: np.ndarray


def discretise(values: np.ndarray, bin_width: float) -> Discretised:
    """Sort values into bins whose edges are multiples of the bin width, and number the bins from the smallest value's.

    Parameters
    ----------
    values : numpy.ndarray, shape (voxels,), any integer or floating type
        Finite, of a range that :func:`ABCImmunoResponseLib.features.checks.check_grey_levels` accepts.
    bin_width : float
        In the values' unit; greater than 0.

    Raises
    ------
    FeatureError
        If the values are so large that their pixel type does not tell one bin from the next.

    Notes
    -----
    Fixed bin size discretisation as pyradiomics does it (``imageoperations.getBinEdges``): from zero, not, as IBSI has
    it, from the smallest value. The edges come from the values in their own pixel type, so that in a float32 image they
    carry that type's rounding.
    """
    edges = _edges(values, bin_width)
    if edges.dtype.kind == "i":
        bins = (values - edges[0]) // edges.dtype.type(bin_width)
    else:
        # One division finds the bin or, because of rounding, one next to it.
        bins = ((values - edges[0]) / bin_width).astype(np.int64)
        bins -= values < edges[bins]
        bins += values >= edges[bins + 1]
    counts = np.bincount(bins)
    occurs = counts > 0
    ranks = np.cumsum(occurs, dtype=np.uint16)[bins]
    levels = np.flatnonzero(occurs)
    return Discretised(ranks, levels + 1, counts[levels])


def _edges(values: np.ndarray, bin_width: float) -> np.ndarray:
    """Return the bins' edges; the last lies above the largest value."""
    smallest, largest = values.min(), values.max()
    edges = np.arange(smallest - smallest % bin_width, largest + 2 * bin_width, bin_width)
    if len(edges) < 2 or not edges[0] <= smallest <= largest < edges[-1]:
        raise FeatureError(
            f"Values from {smallest} to {largest} of type {values.dtype} are too large for grey levels of width "
            f"{bin_width:g}; is the image a CT in HU?"
        )
    return edges
