"""Gather what the report shows of the model's answer: scores, contributions, and the training patients around it."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ABCImmunoResponseLib import DISCLAIMER
from ABCImmunoResponseLib.case import Protocol
from ABCImmunoResponseLib.clinical import ClinicalRecord, clinical_variables
from ABCImmunoResponseLib.evaluation.survival import median_survival
from ABCImmunoResponseLib.model.bundle import Bundle
from ABCImmunoResponseLib.report.feature_text import readable
from ABCImmunoResponseLib.report.view import (
    Applicability,
    Attribution,
    ClinicalRow,
    Distribution,
    Estimate,
    InputContribution,
    LesionContribution,
    ModelScore,
    Neighbour,
    Note,
    Quality,
    Survival,
    SurvivalCurve,
)
from ABCImmunoResponseLib.report.words import value_words

_FEATURES_SHOWN = 12
_TICKS_MAX = 7
_TICK_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120)
_DERIVED = (("subtype", "Molecular subtype"), ("dnlr", "Derived neutrophil-to-lymphocyte ratio (dNLR)"))


def model_scores(result: Mapping[str, Any]) -> tuple[ModelScore, ...]:
    """Return the scores in the order radiomics, clinical, combined."""
    return tuple(
        ModelScore(
            model=model,
            score=given["score"],
            probability=given["probability"],
            cutoff=given["cutoff"],
            risk_group=given["risk_group"],
            percentile=given["percentile"],
            withheld=str(given.get("withheld") or "no reason recorded") if given["score"] is None else "",
        )
        for model in ("radiomics", "clinical", "combined")
        for given in (result["scores"][model],)
    )


def lead_score(scores: tuple[ModelScore, ...]) -> ModelScore:
    """Return the score whose risk group heads the report: combined, or radiomics where that is withheld."""
    by_model = {score.model: score for score in scores}
    return by_model["radiomics"] if by_model["combined"].score is None else by_model["combined"]


def applicability(result: Mapping[str, Any]) -> Applicability:
    """Return the verdict on whether the model may be asked, with its reasons."""
    given = result["applicability"]
    reasons = tuple(Note(reason["severity"], "", reason["message"]) for reason in given["reasons"])
    return Applicability(given["verdict"], reasons)


def lesion_contributions(result: Mapping[str, Any], protocol: Protocol) -> tuple[LesionContribution, ...]:
    """Return what each lesion adds to the scores."""
    return tuple(
        LesionContribution(
            lesion_id=given["lesion_id"],
            organ=protocol.organ(given["organ"]).label,
            volume_mm3=given["volume_mm3"],
            weight=given["weight"],
            radiomics=given["contribution"]["radiomics"],
            combined=given["contribution"]["combined"],
        )
        for given in result["lesions"]
    )


def attribution(result: Mapping[str, Any], lead: ModelScore) -> Attribution:
    """Return how the leading score comes about; features beyond the largest are added up as others."""
    given = result["attribution"]
    features = given[lead.model]
    return Attribution(
        model=lead.model,
        method=given["method"],
        baseline=given["baseline"][lead.model],
        features=tuple(
            InputContribution(readable(one["feature"]), one["feature"], one["value"], one["contribution"])
            for one in features[:_FEATURES_SHOWN]
        ),
        others=given["other_features"][lead.model] + sum(one["contribution"] for one in features[_FEATURES_SHOWN:]),
        clinical=tuple(
            InputContribution(one["variable"], "", value_words(one["value"]) or "", one["contribution"])
            for one in (given["clinical"] if lead.model == "combined" else ())
        ),
        score=lead.score,
    )


def neighbours(result: Mapping[str, Any]) -> tuple[Neighbour, ...]:
    """Return the nearest training patients, nearest first."""
    return tuple(
        Neighbour(one["patient"], one["distance"], bool(one["response"]), one["pfs_months"], bool(one["progressed"]))
        for one in result["nearest"]
    )


def clinical_rows(record: ClinicalRecord | None, bundle: Bundle | None) -> tuple[ClinicalRow, ...]:
    """Return every clinical value and what is derived from them; nothing where none was recorded.

    Without the bundle it is not known which the model uses, and none is marked.
    """
    if record is None:
        return ()
    used = {variable["source"] for variable in bundle.description["clinical"]["variables"]} if bundle else set()
    rows = [
        ClinicalRow(
            label=variable["label"],
            value=value_words(getattr(record, variable["name"])),
            unit=_unit(variable.get("unit", "")),
            used=variable["name"] in used,
        )
        for variable in clinical_variables()
    ]
    for name, label in _DERIVED:
        value = getattr(record, name)
        shown = f"{value:.2f}" if isinstance(value, float) else value
        rows.append(ClinicalRow(label, shown, "", name in used, derived=True))
    return tuple(rows)


def _unit(unit: str) -> str:
    return f"× {unit}" if unit.startswith("10") else unit  # 4.67 × 10⁹/L


def training_patients(result: Mapping[str, Any], bundle: Bundle | None) -> str:
    """Return what the training patients are to be called, so that nobody takes simulated ones for real."""
    if result["disclaimer"] != DISCLAIMER:
        return "training patients"
    parts = bundle.description["provenance"]["cohorts"].values() if bundle else ()
    mixed = any(part["simulated"] < part["patients"] for part in parts)
    return "partly simulated training patients" if mixed else "simulated training patients"


def quality(bundle: Bundle) -> tuple[Quality, ...]:
    """Return how well the models of the bundle did, in the order of the scores."""
    found = []
    for model in ("radiomics", "clinical", "combined"):
        parts = bundle.description["metrics"][model]
        test = parts.get("test")
        found.append(
            Quality(
                model=model,
                out_of_fold_auc=_estimate(parts["out_of_fold"]["auc"]),
                test_auc=_estimate(test["auc"]) if test else None,
                test_hazard_ratio=_estimate(test["hazard_ratio"]) if test else None,
                test_p=test["logrank_p"] if test else None,
            )
        )
    return tuple(found)


def _estimate(given: Mapping[str, Any]) -> Estimate:
    return Estimate(given["value"], given["lower"], given["upper"])


def distributions(bundle: Bundle, lead: ModelScore, scores: tuple[ModelScore, ...]) -> tuple[Distribution, ...]:
    """Return the training scores of the leading model, and of radiomics where that is another one."""
    response = bundle.tensors["reference.response"].astype(bool)
    found = []
    for score in (lead, *(one for one in scores if one.model == "radiomics" and one is not lead)):
        reference = bundle.reference_scores(score.model)
        found.append(Distribution(score.model, reference[response], reference[~response], score.cutoff, score.score))
    return tuple(found)


def survival(bundle: Bundle, lead: ModelScore) -> Survival:
    """Return the training patients' survival by the leading model's risk groups, and the group the patient is in."""
    curves = {group: bundle.curve(lead.model, group) for group in ("low", "high")}
    ticks = tick_months(max(float(curve.times[-1]) for curve in curves.values()))
    return Survival(
        model=lead.model,
        curves=tuple(
            SurvivalCurve(
                group=group,
                times=np.concatenate([[0.0], curve.times]),
                survival=np.concatenate([[1.0], curve.survival]),
                lower=np.concatenate([[1.0], curve.lower]),
                upper=np.concatenate([[1.0], curve.upper]),
                at_risk_times=ticks,
                at_risk=np.append(curve.at_risk, 0)[np.searchsorted(curve.times, ticks)],
                n=int(curve.at_risk[0]),
                median=median_survival(curve),
            )
            for group, curve in curves.items()
        ),
        group=lead.risk_group,
    )


def tick_months(end: float) -> np.ndarray:
    """Return months from 0 at which numbers at risk are told, (n,): whole years or simple parts, at most 7 or so."""
    step = next((step for step in _TICK_MONTHS if end / step < _TICKS_MAX), _TICK_MONTHS[-1])
    return np.arange(0.0, end + 1e-9, step)
