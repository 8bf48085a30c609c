"""Features of the grey level co-occurrence matrix."""

from collections.abc import Sequence

import numpy as np

from ABCImmunoResponseLib.features.formulas.directional import mean_over_directions, squared_distances
from ABCImmunoResponseLib.features.formulas.firstorder import EPSILON
from ABCImmunoResponseLib.features.formulas.maximal_correlation import maximal_correlation_coefficient

_LEVELS = (0, 1)  # the axes of a co-occurrence matrix


@np.errstate(invalid="ignore", under="ignore")  # NaN is what is undefined, and the weight of a far neighbour may be 0
def features(
    glcm: np.ndarray,
    directions: np.ndarray,
    grey_levels: np.ndarray,
    spacing_kji: Sequence[float],
    symmetrical: bool,
    weighting: str | None,
) -> dict[str, float]:
    """Return the 24 GLCM features by pyradiomics' names, in its order, averaged over the directions.

    Parameters
    ----------
    glcm : numpy.ndarray, shape (n, n, directions), float64
        How often a voxel of the first level has one of the second as its neighbour.
    directions : numpy.ndarray, shape (directions, 3)
        Offsets (k, j, i) in voxels.
    grey_levels : numpy.ndarray, shape (n,), int64
        The levels that occur, ascending.
    spacing_kji : (3,)
        In mm; for weighting.
    symmetrical : bool
        Whether each pair counts in both orders.
    weighting : str or None
        euclidean, manhattan, infinity: one matrix, in which a direction whose neighbours are d apart has the weight
        exp(-d²); no_weighting: one matrix, all weights 1; None: a matrix in each direction, and features averaged.

    Notes
    -----
    Haralick, Shanmugam and Dinstein 1973, as pyradiomics' ``glcm`` defines them. Directions without any pair are left
    out; features are NaN where none is left, except the maximal correlation coefficient of a flat region.

    Some of these features are differences that may cancel (a cluster shade of a symmetric distribution, informational
    measures of independent levels): then all that is left is rounding. So terms are those of pyradiomics, and arrays
    are laid out in memory as its are, since numpy adds up in the order of memory.
    """
    p = _probabilities(glcm, directions, grey_levels, spacing_kji, symmetrical, weighting)
    px, py = p.sum(1, keepdims=True), p.sum(0, keepdims=True)
    rows = np.ascontiguousarray(p.transpose(2, 0, 1))
    found = _of_cells(rows, grey_levels) | _of_levels(p, px, py, grey_levels)
    found |= _of_entropies(p, px, py) | _of_differences(p, grey_levels)
    means = dict(zip(found, mean_over_directions(np.array(list(found.values()))).tolist(), strict=True))
    means["MCC"] = maximal_correlation_coefficient(rows, px[:, 0].T, py[0].T, symmetrical)
    return dict(sorted(means.items()))


def _probabilities(
    glcm: np.ndarray,
    directions: np.ndarray,
    grey_levels: np.ndarray,
    spacing_kji: Sequence[float],
    symmetrical: bool,
    weighting: str | None,
) -> np.ndarray:
    """Return the matrices (n, n, directions) divided by their sums, without those that hold no pair.

    A single matrix that holds none is NaN.
    """
    # Where pyradiomics leaves out other than one level, its columns are farther apart in memory than its rows.
    by_columns = grey_levels[-1] - len(grey_levels) != 1
    p = glcm.transpose(1, 0, 2) if by_columns else glcm
    p = np.add(p, p.transpose(1, 0, 2), order="C") if symmetrical else p.copy(order="C")
    if by_columns:
        p = p.transpose(1, 0, 2)
    if weighting is not None:
        weights = np.ones(len(directions))
        if weighting != "no_weighting":
            weights = np.exp(-squared_distances(directions, spacing_kji, weighting))
        p = np.sum(p * weights, 2, keepdims=True)
    sums = p.sum(_LEVELS)
    if not sums.all():
        if len(sums) > 1:
            empty = np.flatnonzero(sums == 0)
            p, sums = np.delete(p, empty, 2), np.delete(sums, empty)
        else:
            sums = np.full_like(sums, np.nan)
    p /= sums
    return p


def _of_cells(rows: np.ndarray, grey_levels: np.ndarray) -> dict[str, np.ndarray]:
    """Return features that are plain sums over the cells (directions, n, n), or the largest of them."""
    cells = rows.reshape(len(rows), len(grey_levels) ** 2)
    products = np.outer(grey_levels, grey_levels).ravel().astype(np.float64)
    # einsum, since BLAS would start threads for so little.
    return {
        "Autocorrelation": np.einsum("ac,c->a", cells, products),
        "JointEnergy": np.einsum("ac,ac->a", cells, cells),
        "MaximumProbability": cells.max(1),
    }


def _of_levels(p: np.ndarray, px: np.ndarray, py: np.ndarray, grey_levels: np.ndarray) -> dict[str, np.ndarray]:
    """Return the features of the levels' means, variances and sums, each (directions,)."""
    levels = grey_levels.astype(np.float64)
    i, j = levels[:, np.newaxis, np.newaxis], levels[:, np.newaxis]
    ux, uy = (i * p).sum(_LEVELS), (j * p).sum(_LEVELS)
    from_ux, from_uy = i - ux, j - uy
    variance_x, variance_y = (px * from_ux**2).sum(_LEVELS), (py * from_uy**2).sum(_LEVELS)
    spread = np.sqrt(variance_x) * np.sqrt(variance_y)
    correlation = (p * from_ux * from_uy).sum(_LEVELS) / (spread + EPSILON)
    correlation[spread == 0.0] = 1.0  # by convention, where there is one level

    place = grey_levels[:, np.newaxis] + grey_levels - 2
    sums = np.arange(2.0, 2 * grey_levels[-1] + 1)[:, np.newaxis]
    of_sums = _added_up(p, place, len(sums))
    from_mean = sums - ux - uy
    squares = from_mean * from_mean
    return {
        "ClusterProminence": (of_sums * squares * squares).sum(0),
        "ClusterShade": (p * (from_mean**3).take(place, axis=0)).sum(_LEVELS),
        "ClusterTendency": (of_sums * squares).sum(0),
        "Correlation": correlation,
        "JointAverage": ux,
        "SumAverage": (sums * of_sums).sum(0),
        "SumEntropy": _entropy(of_sums, 0),
        "SumSquares": variance_x,
    }


def _of_entropies(p: np.ndarray, px: np.ndarray, py: np.ndarray) -> dict[str, np.ndarray]:
    """Return the joint entropy and the informational measures of correlation, each (directions,)."""
    independent = px * py
    logarithm = np.log2(independent + EPSILON)
    hxy, hx, hy = _entropy(p, _LEVELS), _entropy(px, _LEVELS), _entropy(py, _LEVELS)
    hxy1, hxy2 = -(p * logarithm).sum(_LEVELS), -(independent * logarithm).sum(_LEVELS)
    largest = np.fmax(hx, hy)
    imc1 = hxy - hxy1
    np.divide(imc1, largest, out=imc1, where=largest != 0.0)
    imc1[largest == 0.0] = 0.0  # by convention, where there is one level
    imc2 = np.sqrt(1 - np.e ** (-2 * (hxy2 - hxy)))  # NaN where rounding makes the root's argument negative
    imc2[hxy2 == hxy] = 0.0
    return {"Imc1": imc1, "Imc2": imc2, "JointEntropy": hxy}


def _of_differences(p: np.ndarray, grey_levels: np.ndarray) -> dict[str, np.ndarray]:
    """Return the features of the levels' differences, each (directions,)."""
    largest = grey_levels[-1]
    difference = np.arange(float(largest))
    of_differences = _added_up(p, np.abs(grey_levels[:, np.newaxis] - grey_levels), largest)
    relative = difference / largest
    squares = difference**2
    weights = {
        "Contrast": squares,
        "DifferenceAverage": difference,
        "Id": 1 / (1 + difference),
        "Idm": 1 / (1 + squares),
        "Idmn": 1 / (1 + relative**2),
        "Idn": 1 / (1 + relative),
    }
    found = dict(zip(weights, np.array(list(weights.values())) @ of_differences, strict=True))
    from_mean = difference[:, np.newaxis] - found["DifferenceAverage"]
    found["InverseVariance"] = (1 / squares[1:]) @ of_differences[1:]
    found["DifferenceEntropy"] = _entropy(of_differences, 0)
    found["DifferenceVariance"] = (of_differences * from_mean**2).sum(0)
    return found


def _added_up(p: np.ndarray, place: np.ndarray, places: int) -> np.ndarray:
    """Return the sums (places, directions) of the probabilities that have the same place (n, n), row by row."""
    directions = p.shape[2]
    if directions == 1:  # numpy adds up many numbers of a single matrix pairwise, and so pyradiomics does
        order = np.argsort(place, axis=None, kind="stable")
        ends = np.cumsum(np.bincount(place.ravel(), minlength=places))[:-1]
        return np.array([[part.sum()] for part in np.split(p.ravel()[order], ends)])
    at = (place * directions)[:, :, np.newaxis] + np.arange(directions)
    return np.bincount(at.ravel(), p.ravel(), places * directions).reshape(places, directions)


def _entropy(p: np.ndarray, axes: int | tuple[int, int]) -> np.ndarray:
    return -(p * np.log2(p + EPSILON)).sum(axes)
