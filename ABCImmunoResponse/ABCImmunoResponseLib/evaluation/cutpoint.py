"""The maximally selected log-rank cut-off, and what its p-value is worth after the search."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from ABCImmunoResponseLib.evaluation.survival import logrank_scan


@dataclass(frozen=True, slots=True)
class CutPoint:
    """A cut-off chosen among many: the low group is ``score <= value``, the high group ``score > value``.

    ``p_naive`` takes the chi-square as if the cut had been fixed beforehand; ``p_adjusted`` allows for the search
    (Lausen and Schumacher 1992, as R's maxstat gives it with ``pmethod = "Lau92"``).
    """

    value: float
    chi_square: float
    p_naive: float
    p_adjusted: float


def maximal_logrank_cut(score: np.ndarray, time: np.ndarray, event: np.ndarray, min_group: float = 0.1) -> CutPoint:
    """Return the cut-off with the largest log-rank chi-square among all that leave large enough groups.

    Cut-offs are the observed scores c for which ``min_group <= share of (score <= c) <= 1 - min_group``; the first
    of equals is taken.

    Parameters
    ----------
    score, time, event
        (patients,).
    min_group
        The least share of patients in a group, above 0 and below a half.

    Raises
    ------
    ValueError
        If no cut-off leaves two groups of that size, or nobody had the event.
    """
    score = np.asarray(score, np.float64)
    cuts = np.unique(score)
    share = np.searchsorted(np.sort(score), cuts, side="right") / len(score)
    cuts = cuts[(share >= min_group) & (share <= 1.0 - min_group)]
    if not len(cuts) or not np.any(event):
        raise ValueError("no cut-off leaves two groups that can be compared")
    chi_squares = logrank_scan(time, event, score > cuts[:, None])
    best = int(chi_squares.argmax())
    return CutPoint(
        value=float(cuts[best]),
        chi_square=float(chi_squares[best]),
        p_naive=float(stats.chi2.sf(chi_squares[best], 1)),
        p_adjusted=lausen_schumacher_p(float(_standardised(score, time, event, cuts).max()), min_group),
    )


def lausen_schumacher_p(statistic: float, min_group: float) -> float:
    """Return the approximate p of the largest standardised rank statistic among all cut-offs.

    Lausen and Schumacher, Biometrics 1992;48:73: with b the statistic and e the least share of a group,
    4 f(b) / b + f(b) (b - 1 / b) log((1 - e)² / e²), f being the normal density; at most 1.
    """
    if statistic < 1.0:  # the approximation is for the tail; below it may even turn negative
        return 1.0
    density = float(stats.norm.pdf(statistic))
    range_term = 2.0 * math.log((1.0 - min_group) / min_group)
    return min(1.0, 4.0 * density / statistic + density * (statistic - 1.0 / statistic) * range_term)


def _standardised(score: np.ndarray, time: np.ndarray, event: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    """Return |sum of log-rank scores below each cut|, standardised by its permutation mean and variance."""
    a = _logrank_scores(np.asarray(time, np.float64), np.asarray(event).astype(bool))
    n = len(a)
    below = score <= cuts[:, None]
    m = below.sum(axis=1)
    variance = m * (n - m) / (n * (n - 1)) * np.sum((a - a.mean()) ** 2)
    return np.abs(below @ a - m * a.mean()) / np.sqrt(variance)


def _logrank_scores(time: np.ndarray, event: np.ndarray) -> np.ndarray:
    """Return the log-rank scores of Hothorn and Lausen (Comput Stat Data Anal 2003;43:121).

    Event indicator less the sum, over all events up to the patient's time, of 1 / (N - g + 1), where g counts
    the times up to that event's: of tied events each counts as if it were the last.
    """
    ordered = np.sort(time)
    hazard = event / (len(time) - np.searchsorted(ordered, time, side="right") + 1.0)
    cumulated = np.cumsum(hazard[np.argsort(time, kind="stable")])
    return event - cumulated[np.searchsorted(ordered, time, side="right") - 1]
