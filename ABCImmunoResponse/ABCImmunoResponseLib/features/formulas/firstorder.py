"""First-order features: of the values alone, wherever in the region they lie."""

import numpy as np

EPSILON = np.spacing(1.0)  # pyradiomics adds it within every logarithm


def features(values: np.ndarray, counts: np.ndarray, voxel_volume_mm3: float, shift: float) -> dict[str, float]:
    """Return the 18 first-order features by pyradiomics' names, in its order.

    Parameters
    ----------
    values : numpy.ndarray, shape (voxels,), any integer or floating type
        Of the region's voxels in C order: rounding depends on the order in which values are added up.
    counts : numpy.ndarray, shape (levels,)
        How many voxels have each grey level; for entropy and uniformity.
    voxel_volume_mm3 : float
    shift : float
        Added to the values for energies and root mean square (``voxelArrayShift``).

    Notes
    -----
    pyradiomics' ``firstorder`` defines them. Kurtosis is not reduced by 3. The robust mean absolute deviation is NaN
    where no value lies between the 10th and the 90th percentile.
    """
    x = values.astype(np.float64)
    n = x.size
    minimum, p10, p25, median, p75, p90, maximum = _order_statistics(values)
    mean = x.sum() / n
    deviation = x - mean
    squares = deviation * deviation
    variance = squares.sum() / n
    fourth = (squares * squares).sum() / n
    energy = float(np.square(x + shift).sum())
    probabilities = counts / n
    scale = variance if variance != 0.0 else 1.0  # pyradiomics' way out for a constant image
    return {
        "10Percentile": p10,
        "90Percentile": p90,
        "Energy": energy,
        "Entropy": float(-np.sum(probabilities * np.log2(probabilities + EPSILON))),
        "InterquartileRange": p75 - p25,
        "Kurtosis": float(fourth / scale**2.0),
        "Maximum": maximum,
        "MeanAbsoluteDeviation": float(np.abs(deviation).sum() / n),
        "Mean": float(mean),
        "Median": median,
        "Minimum": minimum,
        "Range": maximum - minimum,
        "RobustMeanAbsoluteDeviation": _mean_absolute_deviation_within(x, p10, p90),
        "RootMeanSquared": float(np.sqrt(energy / n)),
        "Skewness": float(_third_moment(deviation, squares, variance, fourth) / scale**1.5),
        "TotalEnergy": energy * voxel_volume_mm3,
        "Uniformity": float(np.square(probabilities).sum()),
        "Variance": float(variance),
    }


def _order_statistics(values: np.ndarray) -> tuple[float, float, float, float, float, float, float]:
    """Return minimum, 10th, 25th, 50th, 75th and 90th percentile and maximum from one sort of the values."""
    ordered = np.sort(values)
    last = ordered.size - 1

    def percentile(percent: float) -> float:
        """Interpolate linearly, from the nearer side, as :func:`numpy.percentile` does (Hyndman and Fan's method 7)."""
        place = last * (percent / 100)
        below = int(place)
        low, high = float(ordered[below]), float(ordered[min(below + 1, last)])
        part = place - below
        return high - (high - low) * (1 - part) if part >= 0.5 else low + (high - low) * part

    median = (float(ordered[last // 2]) + float(ordered[(last + 1) // 2])) / 2
    quartiles = percentile(25), median, percentile(75)
    return float(ordered[0]), percentile(10), *quartiles, percentile(90), float(ordered[-1])


def _third_moment(deviation: np.ndarray, squares: np.ndarray, variance: float, fourth: float) -> float:
    """Return the third central moment; where it nearly vanishes, with the rounding of pyradiomics' power function."""
    third = (squares * deviation).sum() / deviation.size
    # sqrt(variance * fourth) bounds the mean of |deviation|**3 (Cauchy and Schwarz), and so the rounding.
    if abs(third) > 1e-4 * np.sqrt(variance * fourth):
        return third
    return np.power(deviation, 3).sum() / deviation.size


def _mean_absolute_deviation_within(x: np.ndarray, low: float, high: float) -> float:
    """Return the mean distance of the values from ``low`` to ``high`` from their own mean, or NaN without any."""
    within = (x >= low) & (x <= high)
    n = np.count_nonzero(within)
    if n == 0:
        return float("nan")
    # Zeros stay in the place of the others, for the same rounding as pyradiomics'.
    mean = np.where(within, x, 0.0).sum() / n
    return float(np.where(within, np.abs(x - mean), 0.0).sum() / n)
