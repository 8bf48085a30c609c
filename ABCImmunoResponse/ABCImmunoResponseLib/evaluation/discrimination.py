"""Discrimination: the area under the ROC curve with DeLong's variance and interval."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True, slots=True)
class AUC:
    """An area under the ROC curve with its interval.

    ``clipped`` says that the normal interval passed 0 or 1 and was cut there; ``degenerate`` that the variance is
    zero (perfect separation, or no spread at all), so that the interval says nothing about uncertainty.
    """

    value: float
    lower: float
    upper: float
    standard_error: float
    clipped: bool
    degenerate: bool
    n_positive: int
    n_negative: int


def auc_delong(label: np.ndarray, score: np.ndarray, level: float = 0.95) -> AUC:
    """Return the AUC of a score whose high values speak for ``label`` 1, with DeLong's interval.

    The AUC is the probability that a positive's score exceeds a negative's, ties counting half; its variance is
    that of the structural components (DeLong, DeLong and Clarke-Pearson, Biometrics 1988;44:837), computed from
    mid-ranks (Sun and Xu, IEEE Signal Process Lett 2014;21:1389). The interval is normal and clipped at 0 and 1,
    as R's pROC prints it.

    Parameters
    ----------
    label
        0 or 1, (patients,).
    score
        Finite, (patients,).
    level
        The interval's confidence.

    Raises
    ------
    ValueError
        If a class has fewer than two patients: no variance can be had.
    """
    label = np.asarray(label).astype(bool)
    score = np.asarray(score, np.float64)
    positive, negative = score[label], score[~label]
    m, n = len(positive), len(negative)
    if min(m, n) < 2:
        raise ValueError(f"an AUC needs at least two patients of each class, not {m} and {n}")
    ranks = stats.rankdata(np.concatenate([positive, negative]))
    of_positives = (ranks[:m] - stats.rankdata(positive)) / n
    of_negatives = 1.0 - (ranks[m:] - stats.rankdata(negative)) / m
    value = float(of_positives.mean())
    error = math.sqrt(of_positives.var(ddof=1) / m + of_negatives.var(ddof=1) / n)
    half = float(stats.norm.ppf(0.5 + level / 2)) * error
    return AUC(
        value=value,
        lower=max(0.0, value - half),
        upper=min(1.0, value + half),
        standard_error=error,
        clipped=value - half < 0.0 or value + half > 1.0,
        degenerate=error == 0.0,
        n_positive=m,
        n_negative=n,
    )
