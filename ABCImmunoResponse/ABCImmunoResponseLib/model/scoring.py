"""Score a patient: features of the lesions and clinical values in, everything that a report needs out."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from ABCImmunoResponseLib.case import Acquisition
from ABCImmunoResponseLib.clinical import ClinicalRecord
from ABCImmunoResponseLib.errors import FeatureError
from ABCImmunoResponseLib.evaluation.calibration import probability
from ABCImmunoResponseLib.features.table import FeatureTable, LesionRow
from ABCImmunoResponseLib.model.aggregation import lesion_weights
from ABCImmunoResponseLib.model.applicability import OTHER_ENGINE, assess_applicability
from ABCImmunoResponseLib.model.attribution import METHOD, Attribution, attribute
from ABCImmunoResponseLib.model.bundle import Bundle
from ABCImmunoResponseLib.model.coding import code_clinical, missing_sources
from ABCImmunoResponseLib.model.network import network_scores
from ABCImmunoResponseLib.model.origin import check_origin, table_engine

NEAREST, SHOWN_FEATURES = 5, 20


def score(
    bundle: Bundle,
    table: FeatureTable,
    clinical: ClinicalRecord | None = None,
    acquisition: Acquisition | None = None,
) -> dict[str, Any]:
    """Return the content of ``result.json`` for one patient.

    Parameters
    ----------
    table
        The features of the patient's lesions, not standardised, one row a lesion.
    clinical
        The patient's clinical values; where one is missing that the bundle needs, the clinical and the combined
        score are withheld with the reason, and the radiomics score stands.
    acquisition
        How the CT was acquired, for the applicability check.

    Raises
    ------
    RecipeError
        If the features were made with another recipe or have other names than the bundle's.
    FeatureError
        If the lesions are of several patients, or measured with several engines, or a feature that the model uses
        is not finite.
    """
    cases = {row.case_id for row in table.ids}
    if len(cases) > 1:
        raise FeatureError(f"One patient is scored at a time; these lesions are of {len(cases)} cases.")
    check_origin(bundle, table)
    engine = table_engine(table)
    selected, notes = _select(bundle, table)
    weights = lesion_weights(table.volumes, bundle.description["aggregation"])
    standardised = (selected - bundle.means) / bundle.deviations
    patient = weights @ standardised
    inputs, withheld = _clinical_inputs(bundle, clinical)

    radiomics = attribute(bundle, "radiomics", standardised, weights)
    combined = None if inputs is None else attribute(bundle, "combined", standardised, weights, inputs)
    applicability = assess_applicability(bundle, weights @ selected, table.volumes, acquisition, engine)
    other_engine = [one["message"] for one in applicability["reasons"] if one["code"] == OTHER_ENGINE]
    warnings = [*([withheld] if withheld else []), *notes, *other_engine, *bundle.description["caveats"]]
    if applicability["verdict"] != "inside":
        warnings.append(f"Applicability: {applicability['verdict']}; the score may not hold for this patient.")
    recipe = bundle.description["input"]["recipe"]
    return {
        "schema": 1,
        "case_id": table.ids[0].case_id,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "n_features": len(table.names),
        "n_lesions": len(table.ids),
        "scores": _scores(bundle, patient, inputs, withheld),
        "lesions": _lesions(table.ids, weights, radiomics, combined),
        "attribution": _attribution(bundle, weights @ selected, patient, radiomics, combined, clinical),
        "nearest": _nearest(bundle, patient),
        "applicability": applicability,
        "recipe": {"name": recipe["name"], "sha256": recipe["sha256"]},
        "bundle": {"id": bundle.id, "sha256": bundle.sha256},
        "engine": engine,
        "warnings": warnings,
        "disclaimer": bundle.description["disclaimer"],
    }


def _select(bundle: Bundle, table: FeatureTable) -> tuple[np.ndarray, list[str]]:
    """Return the model's own columns, (lesions, features), and notes on others that are not finite."""
    column = {name: n for n, name in enumerate(table.names)}
    selected = table.values[:, [column[name] for name in bundle.feature_names]]
    row, place = np.nonzero(~np.isfinite(selected))
    if row.size:
        listed = ", ".join(bundle.feature_names[n] for n in place[row == row[0]][:5])
        raise FeatureError(
            f"Lesion {table.ids[row[0]].lesion_id}: the model needs features that are not finite numbers ({listed}); "
            "check the lesion's outline, it may be too small or uniform."
        )
    undefined = int(np.count_nonzero(~np.isfinite(table.values).all(axis=0)))
    return selected, [f"{undefined} features are not finite; the model uses none of them."] if undefined else []


def _clinical_inputs(bundle: Bundle, clinical: ClinicalRecord | None) -> tuple[np.ndarray | None, str]:
    """Return the standardised coded inputs, or None and why not."""
    variables = bundle.description["clinical"]["variables"]
    missing = missing_sources(variables, clinical)
    if missing:
        return None, f"Clinical and combined score withheld: {', '.join(missing)} not known."
    return _standardise_clinical(bundle, code_clinical(variables, clinical)), ""


def _standardise_clinical(bundle: Bundle, coded: np.ndarray) -> np.ndarray:
    variables = bundle.description["clinical"]["variables"]
    mean = np.array([variable["mean"] for variable in variables], np.float64)
    return (coded - mean) / np.array([variable["sd"] for variable in variables], np.float64)


def _scores(bundle: Bundle, patient: np.ndarray, inputs: np.ndarray | None, withheld: str) -> dict[str, Any]:
    values = {"radiomics": float(network_scores(bundle.network("radiomics"), patient[None])[0])}
    if inputs is not None:
        logit = inputs @ bundle.tensors["clinical.coefficients"] + bundle.tensors["clinical.intercept"][0]
        values["clinical"] = float(logit)
        values["combined"] = float(network_scores(bundle.network("combined"), patient[None], inputs[None])[0])
    scores = {}
    for model in ("radiomics", "clinical", "combined"):
        cutoff = bundle.description["cutoffs"][model]["value"]
        if model not in values:
            nothing = dict.fromkeys(("score", "probability", "risk_group", "percentile"))
            scores[model] = {**nothing, "cutoff": cutoff, "withheld": withheld}
            continue
        value, calibration = values[model], bundle.description["calibration"][model]
        scores[model] = {
            "score": value,
            "probability": float(probability(value, calibration["slope"], calibration["intercept"])),
            "cutoff": cutoff,
            "risk_group": "low" if value > cutoff else "high",
            "percentile": _percentile(value, bundle.reference_scores(model)),
        }
    return scores


def _percentile(value: float, reference: np.ndarray) -> float:
    """Return the share of training patients below the value, in percent, those equal to it counting half."""
    below, equal = np.count_nonzero(reference < value), np.count_nonzero(reference == value)
    return 100.0 * (below + equal / 2) / len(reference)


def _lesions(
    lesions: Sequence[LesionRow], weights: np.ndarray, radiomics: Attribution, combined: Attribution | None
) -> list[dict[str, Any]]:
    return [
        {
            "lesion_id": lesion.lesion_id,
            "organ": lesion.organ,
            "volume_mm3": float(lesion.volume_mm3),
            "weight": float(weights[n]),
            "contribution": {
                "radiomics": float(radiomics.lesions[n].sum()),
                "combined": None if combined is None else float(combined.lesions[n].sum()),
            },
        }
        for n, lesion in enumerate(lesions)
    ]


def _attribution(
    bundle: Bundle,
    values: np.ndarray,
    patient: np.ndarray,
    radiomics: Attribution,
    combined: Attribution | None,
    clinical: ClinicalRecord | None,
) -> dict[str, Any]:
    result: dict[str, Any] = {
        "method": METHOD,
        "baseline": {"radiomics": radiomics.baseline, "combined": None if combined is None else combined.baseline},
        "radiomics": [],
        "combined": [],
        "other_features": {"radiomics": 0.0, "combined": None},
        "clinical": [],
    }
    for model, found in (("radiomics", radiomics), ("combined", combined)):
        if found is None:
            continue
        contributions = found.lesions.sum(axis=0)
        order = np.argsort(-np.abs(contributions), kind="stable")
        result[model] = [
            {
                "feature": bundle.feature_names[n],
                "value": float(values[n]),
                "standardised": float(patient[n]),
                "contribution": float(contributions[n]),
            }
            for n in order[:SHOWN_FEATURES]
        ]
        result["other_features"][model] = float(contributions[order[SHOWN_FEATURES:]].sum())
    if combined is not None:
        result["clinical"] = [
            {
                "variable": variable["label"],
                "value": getattr(clinical, variable["source"]),
                "contribution": float(contribution),
            }
            for variable, contribution in zip(
                bundle.description["clinical"]["variables"], combined.clinical, strict=True
            )
        ]
    return result


def _nearest(bundle: Bundle, patient: np.ndarray) -> list[dict[str, Any]]:
    distances = np.linalg.norm(bundle.tensors["reference.features"] - patient, axis=1)
    return [
        {
            "patient": bundle.description["reference"]["patients"][n],
            "distance": float(distances[n]),
            "response": int(bundle.tensors["reference.response"][n]),
            "pfs_months": float(bundle.tensors["reference.pfs_months"][n]),
            "progressed": int(bundle.tensors["reference.progressed"][n]),
        }
        for n in np.argsort(distances, kind="stable")[:NEAREST]
    ]
