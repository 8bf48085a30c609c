"""What a bundle locks in and says of its scores: cut-offs, calibration, performance with intervals, caveats."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from ABCImmunoResponseLib.errors import TrainingError
from ABCImmunoResponseLib.evaluation.calibration import platt_calibration
from ABCImmunoResponseLib.evaluation.cutpoint import maximal_logrank_cut
from ABCImmunoResponseLib.evaluation.discrimination import auc_delong
from ABCImmunoResponseLib.evaluation.survival import hazard_ratio, kaplan_meier, logrank, median_survival
from ABCImmunoResponseLib.model.schema import MODELS
from ABCImmunoResponseLib.training.cohort import Cohort
from ABCImmunoResponseLib.training.crossvalidation import Pipeline

TITLES = {
    "radiomics": "Radiomics network",
    "clinical": "Clinical logistic regression",
    "combined": "Combined network",
    "volume": "Total lesion volume alone (baseline)",
}
DIFFER = "differ in PFS on the test patients, low risk progressing later"
_NOT_TESTABLE = {"value": None, "lower": None, "upper": None, "note": "not testable: too few patients"}


def lock_cutoff(score: np.ndarray, time: np.ndarray, event: np.ndarray, min_group: float) -> dict[str, Any]:
    """Return the cut-off chosen on out-of-fold training scores, as ``bundle.json`` holds it.

    Raises
    ------
    TrainingError
        If no cut-off can be chosen.
    """
    try:
        cut = asdict(maximal_logrank_cut(score, time, event, min_group))
    except ValueError as cause:
        raise TrainingError(f"No cut-off can be chosen ({cause}): check the time and event columns.") from cause
    return {
        **{name: cut[name] for name in ("value", "chi_square", "p_naive", "p_adjusted")},
        "rule": "score > value is low risk (long PFS)",
        "method": "largest log-rank chi-square over the training patients' out-of-fold scores; p_adjusted allows for "
        "the search (Lausen and Schumacher 1992)",
        "min_group": min_group,
    }


def calibrate(score: np.ndarray, response: np.ndarray) -> dict[str, Any]:
    """Return the calibration fitted to out-of-fold training scores, as ``bundle.json`` holds it."""
    slope, intercept = platt_calibration(response, score)
    return {
        "method": "Platt (smoothed targets, slope >= 0) on out-of-fold scores",
        "slope": slope,
        "intercept": intercept,
    }


def measure(
    cohort: Cohort,
    values: np.ndarray,
    coded: np.ndarray,
    out_of_fold: Mapping[str, np.ndarray],
    pipeline: Pipeline,
    cutoffs: Mapping[str, Mapping[str, Any]],
    min_group: float,
) -> dict[str, dict[str, Any]]:
    """Return the performance of each model and of volume alone: honest, flattering and, last, on the test patients.

    Parameters
    ----------
    values, coded
        Features and coded clinical inputs of all patients, (patients, features) and (patients, inputs).
    out_of_fold
        The training patients' scores by model.

    Raises
    ------
    TrainingError
        If a test patient's selected feature is not finite.
    """
    training, test = cohort.training, ~cohort.training
    _check_finite(values, cohort, pipeline)

    def measured(scores: np.ndarray, cutoff: float, rows: np.ndarray) -> dict[str, Any]:
        return performance(scores, cutoff, cohort.response[rows], cohort.pfs_months[rows], cohort.progressed[rows])

    # Larger is taken to be worse beforehand and nothing is fitted to the response, so its training AUC is as honest
    # as out-of-fold; hazard ratio and p are not, for the cut-off is chosen on the same patients.
    volume = -np.log(cohort.patient_volumes())
    volume_cut = lock_cutoff(volume[training], cohort.pfs_months[training], cohort.progressed[training], min_group)
    everybody = {**pipeline.scores(values, coded), "volume": volume}
    honest = {**out_of_fold, "volume": volume[training]}
    metrics: dict[str, dict[str, Any]] = {}
    for model, scores in everybody.items():
        cutoff = (volume_cut if model == "volume" else cutoffs[model])["value"]
        metrics[model] = {"out_of_fold": measured(honest[model], cutoff, training)}
        if model != "volume":
            metrics[model]["apparent"] = measured(scores[training], cutoff, training)
        if test.any():
            metrics[model]["test"] = measured(scores[test], cutoff, test)
    return metrics


def caveats(metrics: Mapping[str, Any], calibration: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return what every user of these scores must be told, a sentence each; none where nothing is amiss."""
    found = []
    for model in MODELS:
        name, apparent, honest = TITLES[model], metrics[model]["apparent"], metrics[model]["out_of_fold"]
        flattering, lower = apparent["auc"]["value"], honest["auc"]["lower"]
        if flattering is not None and flattering > 0.95 and lower is not None and lower <= 0.5:
            found.append(
                f"{name}: it separates the patients it was trained on (AUC {flattering:.3f}) but not those held out "
                f"(AUC {honest['auc']['value']:.3f}, interval from {lower:.3f}); there may be nothing to learn."
            )
        ratio = honest["hazard_ratio"]["value"]
        if ratio is not None and ratio < 1.0:
            found.append(f"{name}: its low-risk group progressed sooner than its high-risk group in training.")
        if calibration[model]["slope"] == 0.0:
            found.append(f"{name}: its score does not discriminate, so everybody has the same probability.")
        tested = metrics[model].get("test")
        if tested is not None and risk_groups_tested(tested) != DIFFER:
            found.append(f"{name}: risk groups by its score {risk_groups_tested(tested)}.")
    return found


def risk_groups_tested(test: Mapping[str, Any]) -> str:
    """Return in words what the locked cut-off showed on the test patients; ``DIFFER`` is what one hopes for."""
    p, ratio = test["logrank_p"], test["hazard_ratio"]["value"]
    if p is None:
        return "could not be compared on the test patients"
    if p >= 0.05:
        return f"are not shown to differ in PFS on the test patients (p {p_text(p)})"
    if ratio is None:
        return f"differ in PFS on the test patients (p {p_text(p)}), without a finite hazard ratio"
    if ratio < 1.0:
        return f"differ in PFS on the test patients the wrong way round (p {p_text(p)})"
    return DIFFER


def p_text(p: float | None) -> str:
    """Return a p-value with four decimals."""
    return "-" if p is None else "< 0.0001" if p < 0.0001 else f"{p:.4f}"


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
    note = "degenerate: no variance" if auc.degenerate else "clipped at 0 or 1" if auc.clipped else ""
    return {"value": auc.value, "lower": auc.lower, "upper": auc.upper, "note": note}


def _hazard_ratio(time: np.ndarray, event: np.ndarray, high: np.ndarray) -> dict[str, Any]:
    found = hazard_ratio(time, event, high)
    if found is None:
        return {**_NOT_TESTABLE, "note": "not estimable: 0 or infinite"}
    return dict(zip(("value", "lower", "upper", "note"), (*found, "high v low risk"), strict=True))


def _median(time: np.ndarray, event: np.ndarray, group: np.ndarray) -> float | None:
    return median_survival(kaplan_meier(time[group], event[group])) if group.any() else None


def _check_finite(values: np.ndarray, cohort: Cohort, pipeline: Pipeline) -> None:
    row, place = np.nonzero(~np.isfinite(values[:, pipeline.selection.columns]))
    if row.size:
        raise TrainingError(
            f"Feature {cohort.table.names[pipeline.selection.columns[place[0]]]} of test patient "
            f"{cohort.patients[row[0]]} is not a finite number; leave the patient out or check the outline."
        )
