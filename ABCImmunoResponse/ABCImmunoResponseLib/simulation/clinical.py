"""Clinical records of the virtual cohort: every group has Table 1's count, values are drawn inside the groups."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from ABCImmunoResponseLib.clinical import ClinicalRecord
from ABCImmunoResponseLib.errors import ABCImmunoResponseError
from ABCImmunoResponseLib.files import read_json
from ABCImmunoResponseLib.resources import resource
from ABCImmunoResponseLib.simulation.receptors import receptors
from ABCImmunoResponseLib.simulation.table1 import cell_counts, cell_size, table1


@cache
def value_model() -> Mapping[str, Any]:
    """Return ``Resources/Simulation/clinical-values.json``: how values are drawn inside their groups."""
    return read_json(resource("Simulation", "clinical-values.json"), ABCImmunoResponseError)


def draw_records(rng: np.random.Generator, cohort: str, response: str) -> list[ClinicalRecord]:
    """Draw the records of all patients of one cohort and response, in random order.

    Given cohort and response the variables are independent of each other, except ER, PR and HER2 (their joint
    table), menopause (later with age), visceral metastasis (more often with three sites or more) and neutrophils
    with leucocytes (through the dNLR).

    Returns
    -------
    list of ClinicalRecord
        As many as Table 1 has; the count of every group of every row equals Table 1.
    """
    n = cell_size(cohort, response)

    def levels(variable: str) -> np.ndarray:
        counts = cell_counts(variable, cohort, response)
        return rng.permutation(np.repeat(list(counts), list(counts.values())))

    columns: dict[str, list] = {}
    for name in ("age_years", "bmi"):
        target = table1()["mean_sd"][name][cohort][response]
        columns[name] = _with_mean_sd(rng, name, levels(name), *target)
    for name in ("ki67_percent", "ldh", "albumin"):
        columns[name] = _values(rng, name, levels(name)).tolist()
    for name in ("ecog", "prior_lines", "metastatic_sites"):
        columns[name] = _integers(rng, name, levels(name))
    columns["menopausal"] = _menopause(rng, columns["age_years"], cell_counts("menopausal", cohort, response)["pre"])
    columns["prior_operation"] = [level == "yes" for level in levels("prior_operation")]
    columns["regimen"] = [str(level) for level in levels("regimen")]
    columns["visceral_metastasis"] = _visceral(
        rng, columns["metastatic_sites"], cell_counts("visceral_metastasis", cohort, response)["yes"]
    )
    statuses = receptors(cohort, response)
    order = rng.permutation(n)
    for place, name in enumerate(("er", "pr", "her2")):
        columns[name] = [statuses[i][place] for i in order]
    columns["leucocytes"] = _values(rng, "leucocytes", np.repeat("all", n)).tolist()
    ratio = _values(rng, "dnlr", levels("dnlr"))
    # dNLR = N / (L - N), solved for N; two decimals leave the ratio inside its group (the ranges keep a gap).
    columns["neutrophils"] = np.round(np.array(columns["leucocytes"]) * ratio / (1 + ratio), 2).tolist()
    positive = rng.random(n) < value_model()["cps_positive_share"]
    columns["cps"] = _values(rng, "cps", np.where(positive, ">=10", "<10")).tolist()
    return [ClinicalRecord(**{name: column[i] for name, column in columns.items()}) for i in range(n)]


def _bounds(name: str, levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    spec = value_model()["continuous"][name]["levels"]
    low, high = (np.array([spec[level]["range"][end] for level in levels], float) for end in (0, 1))
    return low, high


def _values(rng: np.random.Generator, name: str, levels: np.ndarray) -> np.ndarray:
    """Draw one value a patient: a beta variate stretched over the range of the patient's level, then rounded."""
    spec = value_model()["continuous"][name]
    low, high = _bounds(name, levels)
    alpha, beta = (np.array([spec["levels"][level]["beta"][end] for level in levels]) for end in (0, 1))
    return np.round(low + (high - low) * rng.beta(alpha, beta), spec["decimals"])


def _with_mean_sd(rng: np.random.Generator, name: str, levels: np.ndarray, mean: float, sd: float) -> list[float]:
    """Draw values inside their levels whose mean and sample SD (n - 1) are the printed ones to 0.005.

    The drawn values are stretched to the mean and SD and cut back to their ranges, in turn, until both hold.
    """
    low, high = _bounds(name, levels)
    values = _values(rng, name, levels)
    for _ in range(2000):
        stretched = np.clip(mean + (values - values.mean()) * (sd / values.std(ddof=1)), low, high)
        if np.abs(stretched - values).max() < 1e-7:
            break
        values = stretched
    values = np.round(values, value_model()["continuous"][name]["decimals"])
    if abs(values.mean() - mean) > 0.005 or abs(values.std(ddof=1) - sd) > 0.005:
        raise ABCImmunoResponseError(f"clinical-values.json: the ranges of {name} do not allow mean {mean}, SD {sd}.")
    return values.tolist()


def _integers(rng: np.random.Generator, name: str, levels: np.ndarray) -> list[int]:
    spec = value_model()["integer"][name]
    return [int(rng.choice(list(spec[level]), p=list(spec[level].values()))) for level in levels]


def _menopause(rng: np.random.Generator, ages: list[float], premenopausal: int) -> list[str]:
    """Call the youngest premenopausal, by age plus noise, and nobody beyond the oldest plausible age."""
    age = np.array(ages)
    rank = age + rng.normal(0.0, value_model()["menopause_age_sd_years"], len(ages))
    rank[age > value_model()["oldest_premenopausal_years"]] = np.inf
    chosen = set(np.argsort(rank)[:premenopausal].tolist())
    return ["pre" if i in chosen else "post" for i in range(len(ages))]


def _visceral(rng: np.random.Generator, sites: list[int], visceral: int) -> list[bool]:
    weights = np.where(np.array(sites) >= 3, value_model()["visceral_odds_with_three_sites"], 1.0)
    chosen = set(rng.choice(len(sites), visceral, replace=False, p=weights / weights.sum()).tolist())
    return [i in chosen for i in range(len(sites))]
