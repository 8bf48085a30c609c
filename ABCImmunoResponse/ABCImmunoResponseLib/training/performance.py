"""What a bundle says of how well its scores do, with intervals."""

from typing import Any

import numpy as np

from ABCImmunoResponseLib.evaluation.discrimination import auc_delong
from ABCImmunoResponseLib.evaluation.survival import hazard_ratio, kaplan_meier, logrank, median_survival

_NOT_TESTABLE = {"value": None, "lower": None, "upper": None, "note": "not testable: too few patients"}


def performance(
    score: np.ndarray, cutoff: float, response: np.ndarray, time: np.ndarray, event: np.ndarray
) -> dict[str, Any]:
    """Return discrimination of response and survival by risk group (above the cut-off: low risk).

    Parameters
    ----------
    score, response, time, event
        (patients,); times in months.
    """
    low = score > cutoff
    both = 0 < np.count_nonzero(low) < len(low)
    return {
        "n": len(score),
        "responders": int(np.count_nonzero(response)),
        "progressed": int(np.count_nonzero(event)),
        "auc": _auc(score, response),
        "hazard_ratio": _hazard_ratio(time, event, ~low),
        "logrank_p": logrank(time, event, low)[1] if both else None,
        "n_low": int(np.count_nonzero(low)),
        "n_high": int(np.count_nonzero(~low)),
        "median_pfs_low": _median(time, event, low),
        "median_pfs_high": _median(time, event, ~low),
    }


def _auc(score: np.ndarray, response: np.ndarray) -> dict[str, Any]:
    if min(np.count_nonzero(response), np.count_nonzero(response == 0)) < 5:
        return dict(_NOT_TESTABLE)
    auc = auc_delong(response, score)
    note = "degenerate: no variance" if auc.degenerate else "clipped at 1" if auc.clipped else ""
    return {"value": auc.value, "lower": auc.lower, "upper": auc.upper, "note": note}


def _hazard_ratio(time: np.ndarray, event: np.ndarray, high: np.ndarray) -> dict[str, Any]:
    found = hazard_ratio(time, event, high)
    if found is None:
        return dict(_NOT_TESTABLE)
    return dict(zip(("value", "lower", "upper", "note"), (*found, "high v low risk"), strict=True))


def _median(time: np.ndarray, event: np.ndarray, group: np.ndarray) -> float | None:
    return median_survival(kaplan_meier(time[group], event[group])) if group.any() else None
