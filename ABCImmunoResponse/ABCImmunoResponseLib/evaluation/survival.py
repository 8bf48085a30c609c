"""Survival: Kaplan-Meier curves, the log-rank test and the hazard ratio of two groups."""

import math
import warnings
from dataclasses import dataclass

import numpy as np
from scipy import special

from ABCImmunoResponseLib.errors import MissingDependencyError


@dataclass(frozen=True)
class Curve:
    """A Kaplan-Meier curve: one entry for each distinct time, (times,) each.

    ``at_risk`` counts those under observation just before the time; ``survival`` holds from the time on, and is 1
    before the first.
    """

    times: np.ndarray
    survival: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    at_risk: np.ndarray


def kaplan_meier(time: np.ndarray, event: np.ndarray, level: float = 0.95) -> Curve:
    """Return the product-limit estimate with log-log (Kalbfleisch-Prentice) limits from Greenwood's variance.

    The limits are exp(-exp(log(-log S) -+ z se / log S)), R's ``conf.type = "log-log"``. They are undefined where
    S is 1 or 0; here they are then 1 and 1 before the first event, and 0 and the last defined upper limit after
    the last.

    Parameters
    ----------
    time
        Times to event or censoring, (patients,).
    event
        1 where the event was seen, 0 where censored, (patients,).
    """
    time, event = np.asarray(time, np.float64), np.asarray(event).astype(bool)
    times = np.unique(time)
    at_risk = len(time) - np.searchsorted(np.sort(time), times, side="left")
    events = np.array([np.count_nonzero(event & (time == t)) for t in times])
    survival = np.cumprod(1.0 - events / at_risk)
    inside = (survival > 0.0) & (survival < 1.0)
    greenwood = np.cumsum(
        np.divide(events, at_risk * (at_risk - events), where=at_risk > events, out=np.zeros(len(times)))
    )
    lower, upper = np.where(survival > 0.0, 1.0, 0.0), np.ones(len(times))
    log_survival = np.log(survival[inside])
    half = float(special.ndtri(0.5 + level / 2)) * np.sqrt(greenwood[inside]) / log_survival
    lower[inside] = np.exp(-np.exp(np.log(-log_survival) - half))
    upper[inside] = np.exp(-np.exp(np.log(-log_survival) + half))
    if inside.any():
        upper[survival == 0.0] = upper[inside][-1]
    return Curve(times, survival, lower, upper, at_risk.astype(np.float64))


def median_survival(curve: Curve) -> float | None:
    """Return the median: the first time at which S falls below a half, or None where it never does.

    Where S equals a half over an interval, its midpoint, as R's ``survfit`` prints it.
    """
    below = np.flatnonzero(curve.survival < 0.5 - 1e-9)
    level = np.flatnonzero(np.abs(curve.survival - 0.5) <= 1e-9)
    if level.size:
        start = curve.times[level[0]]
        return float((start + curve.times[below[0]]) / 2 if below.size else start)
    return float(curve.times[below[0]]) if below.size else None


def logrank(time: np.ndarray, event: np.ndarray, group: np.ndarray) -> tuple[float, float]:
    """Return the log-rank test's chi-square (1 degree of freedom) and p of two groups.

    Parameters
    ----------
    group
        True for one group, False for the other, (patients,). The variance is hypergeometric, as in R's
        ``survdiff``; chi-square is 0 and p is 1 where no event happens while both groups are at risk.
    """
    chi_square = float(logrank_scan(time, event, np.asarray(group, bool)[None])[0])
    return chi_square, float(special.chdtrc(1, chi_square))


def logrank_scan(time: np.ndarray, event: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return the log-rank chi-square of each of several ways to split the patients in two.

    Parameters
    ----------
    groups
        Boolean, (splits, patients).

    Returns
    -------
    np.ndarray
        (splits,), float64.
    """
    time, event = np.asarray(time, np.float64), np.asarray(event).astype(bool)
    event_times = np.unique(time[event])
    at_risk = time >= event_times[:, None]
    happening = (time == event_times[:, None]) & event
    n, d = at_risk.sum(axis=1), happening.sum(axis=1)
    n_one = groups.astype(np.float64) @ at_risk.T
    d_one = groups.astype(np.float64) @ happening.T
    difference = (d_one - d * n_one / n).sum(axis=1)
    spread = np.divide(d * (n - d), n - 1, where=n > 1, out=np.zeros(len(n)))
    variance = (spread * (n_one / n) * (1.0 - n_one / n)).sum(axis=1)
    return np.divide(difference**2, variance, where=variance > 1e-12, out=np.zeros(len(groups)))


def hazard_ratio(time: np.ndarray, event: np.ndarray, group: np.ndarray) -> tuple[float, float, float] | None:
    """Return the hazard ratio of ``group`` True against False with its 95 % Wald interval.

    Cox regression with Efron's ties by lifelines, run to a precision at which it equals R's ``coxph`` to 1e-6
    (its defaults do not). None where the likelihood has no maximum, so that the ratio would be 0 or infinite: of
    the events that happen while both groups are at risk, all are of one group, or there is none.

    Raises
    ------
    MissingDependencyError
        If lifelines is not installed.
    """
    group, event = np.asarray(group, bool), np.asarray(event).astype(bool)
    if not _has_maximum(np.asarray(time, np.float64), event, group):
        return None
    try:
        import pandas
        from lifelines import CoxPHFitter
        from lifelines.exceptions import ConvergenceWarning
    except ImportError as cause:
        raise MissingDependencyError("A hazard ratio needs lifelines: run 'make setup' in a checkout.") from cause
    table = pandas.DataFrame({"time": time, "event": event.astype(int), "group": group.astype(float)})
    with warnings.catch_warnings():
        # It warns beforehand where all the censored are of one group, which does no harm.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitter = CoxPHFitter().fit(
            table, "time", "event", fit_options={"precision": 1e-12, "r_precision": 1e-15, "max_steps": 200}
        )
    log_ratio, error = float(fitter.params_["group"]), float(fitter.standard_errors_["group"])
    half = float(special.ndtri(0.975)) * error
    return math.exp(log_ratio), math.exp(log_ratio - half), math.exp(log_ratio + half)


def _has_maximum(time: np.ndarray, event: np.ndarray, group: np.ndarray) -> bool:
    """Tell whether the partial likelihood of two groups has a finite maximum (else it is monotone)."""
    last = min(time[group].max(initial=-np.inf), time[~group].max(initial=-np.inf))
    compared = event & (time <= last)  # both groups are at risk until the first of them has run out
    return bool((compared & group).any() and (compared & ~group).any())
