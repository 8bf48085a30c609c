"""Best response and progression-free survival of the virtual cohort."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ABCImmunoResponseLib.errors import ABCImmunoResponseError
from ABCImmunoResponseLib.files import read_json
from ABCImmunoResponseLib.resources import resource
from ABCImmunoResponseLib.simulation.table1 import table1

_TOLERANCE = 1e-9


@cache
def _model() -> Mapping[str, Any]:
    return read_json(resource("Simulation", "outcomes.json"), ABCImmunoResponseError)


@dataclass(frozen=True)
class Outcomes:
    """Arrays (n,) of one cohort: best response, latent risk group ('low' or 'high'), PFS and its event."""

    best_response: np.ndarray
    risk: np.ndarray
    pfs_months: np.ndarray
    progressed: np.ndarray


def draw_best_response(rng: np.random.Generator, response: np.ndarray, phenotype: np.ndarray) -> np.ndarray:
    """Name each patient's best response: CR 16, PR 69, SD 101, PD 54 over both cohorts together.

    CR goes to the responders, PD to the non-responders, whose phenotype plus noise is highest and lowest.
    """
    rank = phenotype + _model()["best_response_noise_sd"] * rng.standard_normal(len(response))
    counts = table1()["best_response"]
    result = np.where(response, "PR", "SD")
    complete = np.argsort(np.where(response, -rank, np.inf))[: counts["response"]["CR"]]
    progressive = np.argsort(np.where(response, np.inf, rank))[: counts["non-response"]["PD"]]
    result[complete] = "CR"
    result[progressive] = "PD"
    return result


def draw_risk(rng: np.random.Generator, phenotype: np.ndarray, low_risk: int) -> np.ndarray:
    """Call the ``low_risk`` patients of a cohort with the highest phenotype plus noise 'low', the others 'high'."""
    rank = phenotype + _model()["risk_noise_sd"] * rng.standard_normal(len(phenotype))
    risk = np.full(len(phenotype), "high", dtype="<U4")
    risk[np.argsort(-rank)[:low_risk]] = "low"
    return risk


def draw_pfs(
    rng: np.random.Generator, cohort: str, best_response: np.ndarray, risk: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Draw PFS in months and whether progression was seen.

    Times to progression are Weibull above a floor, both by best response and risk group; they are censored at
    the end of a uniform follow-up or at an exponential loss. Then the times of each risk group, events and
    censorings alike, are multiplied by the one factor that makes its Kaplan-Meier median the published one.

    Returns
    -------
    months, progressed
        Float (n,), rounded to 0.01, and boolean (n,).
    """
    model, n = _model(), len(risk)
    floor = np.array([model["event_months"][best]["floor"] for best in best_response])
    scale = np.array(
        [model["event_months"][best]["scale"][group] for best, group in zip(best_response, risk, strict=True)]
    )
    event = floor + scale * rng.weibull(model["weibull_shape"], n)
    censored = np.minimum(rng.uniform(*model["follow_up_months"], n), rng.exponential(model["loss_mean_months"], n))
    censored = np.maximum(censored, floor)  # nobody is lost before the best response was seen
    progressed = event <= censored
    months = np.minimum(event, censored)
    for group, median in table1()["median_pfs_months"][cohort].items():
        here = risk == group
        own = _off_the_half(months[here], progressed[here])
        months[here] = own * (median / kaplan_meier_median(own, progressed[here]))
    return np.round(months, 2), progressed


def kaplan_meier_median(months: np.ndarray, progressed: np.ndarray) -> float:
    """Return the first time at which the Kaplan-Meier estimate is one half or less; infinity if it never is."""
    order, survival = _kaplan_meier(months, progressed)
    reached = np.flatnonzero(survival <= 0.5 + _TOLERANCE)
    return float(months[order][reached[0]]) if reached.size else float("inf")


def _kaplan_meier(months: np.ndarray, progressed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the patients in order of time, events before censorings, and the estimate after each of them."""
    order = np.lexsort((~progressed, months))
    at_risk = np.arange(len(months), 0, -1)
    return order, np.cumprod(1.0 - progressed[order] / at_risk)


def _off_the_half(months: np.ndarray, progressed: np.ndarray) -> np.ndarray:
    """Return the times with no stretch of the Kaplan-Meier curve at exactly one half.

    There one program calls the stretch's beginning the median, another its end or its middle. The progression
    that ends it is moved to its beginning.
    """
    order, survival = _kaplan_meier(months, progressed)
    on_half = order[(np.abs(survival - 0.5) < _TOLERANCE)]
    later = order[(survival < 0.5 - _TOLERANCE) & progressed[order]]
    moved = months.copy()
    if on_half.size and later.size:
        moved[later[0]] = months[on_half[0]]
    return moved


def draw_outcomes(
    rng: np.random.Generator, cohorts: np.ndarray, response: np.ndarray, phenotype: np.ndarray
) -> Outcomes:
    """Draw the outcomes of all patients; ``cohorts`` holds 'train' or 'test' for each.

    A cohort has as many low-risk patients as responders, but not the same ones: risk follows the phenotype,
    not the response.
    """
    best = draw_best_response(rng, response, phenotype)
    risk = np.full(len(response), "high", dtype="<U4")
    months, progressed = np.zeros(len(response)), np.zeros(len(response), bool)
    for cohort in ("train", "test"):
        here = cohorts == cohort
        risk[here] = draw_risk(rng, phenotype[here], int(response[here].sum()))
        months[here], progressed[here] = draw_pfs(rng, cohort, best[here], risk[here])
    return Outcomes(best, risk, months, progressed)
