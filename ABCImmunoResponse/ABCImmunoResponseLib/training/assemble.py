"""From fitted models to what a bundle holds: its tensors and the parts of its description that are measured."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ABCImmunoResponseLib.evaluation.survival import Curve, kaplan_meier
from ABCImmunoResponseLib.model.applicability import nearest_distances
from ABCImmunoResponseLib.model.bundle import CURVE_PARTS
from ABCImmunoResponseLib.model.network import Network
from ABCImmunoResponseLib.model.schema import GROUPS, MODELS
from ABCImmunoResponseLib.protocol import load_protocol
from ABCImmunoResponseLib.training.clinical_model import ClinicalModel
from ABCImmunoResponseLib.training.cohort import Cohort
from ABCImmunoResponseLib.training.crossvalidation import Pipeline

_NEIGHBOURS = 5


def describe_features(names: Sequence[str], pipeline: Pipeline, features: np.ndarray) -> list[dict[str, Any]]:
    """Return name, scaling and training range of the selected features, in the order of the networks' inputs."""
    selection = pipeline.selection
    chosen = features[:, selection.columns]
    return [
        {
            "name": names[column],
            "mean": float(selection.mean[n]),
            "sd": float(selection.deviation[n]),
            "low": float(chosen[:, n].min()),
            "high": float(chosen[:, n].max()),
        }
        for n, column in enumerate(selection.columns)
    ]


def describe_clinical(coding: Sequence[Mapping[str, Any]], model: ClinicalModel) -> dict[str, Any]:
    """Return coding, scaling and odds ratios of the clinical inputs."""
    variables = []
    for n, rule in enumerate(coding):
        value, lower, upper = (float(x) if np.isfinite(x) else None for x in model.odds_ratios[n])
        note = "of response; penalised, no interval" if model.penalised else "of response, multivariable, Wald interval"
        variables.append(
            {
                **rule,
                "mean": float(model.mean[n]),
                "sd": float(model.deviation[n]),
                "odds_ratio": {"value": value, "lower": lower, "upper": upper, "note": note},
            }
        )
    penalty = "ridge, C = 1: the classes can be separated" if model.penalised else "none"
    return {"variables": variables, "penalty": penalty, "imputation": "none"}


def describe_applicability(standardised: np.ndarray, volumes_mm3: np.ndarray) -> dict[str, Any]:
    """Return the limits of applicability.

    The limits of distance are the 95th and 99th percentiles of each training patient's mean distance to its
    nearest neighbours among the others; the CT's are those of the study's protocol.

    Parameters
    ----------
    standardised
        The training patients' selected features, (patients, features).
    volumes_mm3
        The volumes of their lesions, (lesions,).
    """
    acquisition = load_protocol().acquisition
    neighbours = min(_NEIGHBOURS, len(standardised) - 1)
    distances = [
        nearest_distances(point[None], np.delete(standardised, n, axis=0), neighbours)[0]
        for n, point in enumerate(standardised)
    ]
    borderline, outside = np.percentile(distances, [95, 99])
    kvp, tolerance = acquisition["kvp"], acquisition["kvp_tolerance"]
    return {
        "range_margin": 0.1,
        "outside_share_borderline": 0.05,
        "outside_share_outside": 0.2,
        "neighbours": neighbours,
        "distance_borderline": float(borderline),
        "distance_outside": float(outside),
        "volume_mm3": [float(volumes_mm3.min()), float(volumes_mm3.max())],
        "slice_thickness_mm": list(acquisition["slice_thickness_mm"]),
        "kvp": [kvp - tolerance, kvp + tolerance],
        "contrast_required": acquisition["contrast_required"],
    }


def network_tensors(model: str, network: Network) -> dict[str, np.ndarray]:
    """Return a network's weights under the names that a bundle gives them, float32."""
    layers = [*network.hidden, (network.weight, network.bias)]
    return {
        f"{model}.layer{n}.{part}": tensor.astype(np.float32)
        for n, layer in enumerate(layers, 1)
        for part, tensor in zip(("weight", "bias"), layer, strict=True)
    }


def clinical_tensors(model: ClinicalModel) -> dict[str, np.ndarray]:
    """Return the clinical model's coefficients on standardised inputs."""
    return {
        "clinical.coefficients": model.coefficients.astype(np.float64),
        "clinical.intercept": np.array([model.intercept], np.float64),
    }


def reference_tensors(
    cohort: Cohort, order: np.ndarray, standardised: np.ndarray, scores: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Return the training patients as a later patient is compared with them.

    Parameters
    ----------
    order
        The training patients (indices into the cohort), in the order in which the bundle lists them.
    standardised, scores
        Selected features and out-of-fold scores, in that order.
    """
    return {
        "reference.features": standardised.astype(np.float64),
        "reference.pfs_months": cohort.pfs_months[order].astype(np.float64),
        "reference.response": cohort.response[order],
        "reference.progressed": cohort.progressed[order],
        **{f"reference.scores.{model}": scores[model].astype(np.float64) for model in MODELS},
    }


def risk_curves(score: np.ndarray, cutoff: float, time: np.ndarray, event: np.ndarray) -> dict[str, Curve]:
    """Return the Kaplan-Meier curves of the low and the high risk group of the training patients."""
    low = score > cutoff
    return {group: kaplan_meier(time[low == (group == "low")], event[low == (group == "low")]) for group in GROUPS}


def curve_tensors(model: str, curves: Mapping[str, Curve]) -> dict[str, np.ndarray]:
    """Return curves under the names that a bundle gives them."""
    return {
        f"curves.{model}.{group}.{part}": getattr(curve, part).astype(np.float64)
        for group, curve in curves.items()
        for part in CURVE_PARTS
    }
