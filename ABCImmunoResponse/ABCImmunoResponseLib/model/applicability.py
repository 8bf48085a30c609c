"""Is the patient like those that the model was trained on? Inside, borderline or outside, and why.

Every limit is data of the bundle (``applicability`` and each feature's training range).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ABCImmunoResponseLib.case import Acquisition, Finding
from ABCImmunoResponseLib.features.engine import equal_engines
from ABCImmunoResponseLib.model.bundle import Bundle

OTHER_ENGINE = "other-engine"
_VERDICTS = {"info": "inside", "warning": "borderline", "serious": "outside"}


def assess_applicability(
    bundle: Bundle, values: np.ndarray, volumes_mm3: np.ndarray, acquisition: Acquisition | None, engine: str
) -> dict[str, Any]:
    """Compare a patient with the training patients.

    Checked are the share of selected features beyond their training range (widened on both sides by
    ``range_margin`` of its width), the mean distance to the nearest training patients against the same distance
    of each training patient to the others, the lesions' volumes, the CT's slice thickness, tube voltage and
    contrast, and whether the features were measured by an engine of those that the bundle names.

    Parameters
    ----------
    values
        The patient's selected features, not standardised, (features,).
    volumes_mm3
        The lesions' volumes, (lesions,).
    acquisition
        How the CT was acquired; None or unknown entries make the verdict borderline.
    engine
        What measured the features, with its version.

    Returns
    -------
    dict
        ``verdict`` ('inside', 'borderline' or 'outside': the worst of the reasons) and ``reasons``, each with
        ``code``, ``message`` and ``severity``.
    """
    rules = bundle.description["applicability"]
    reasons = [
        *_ranges(bundle, values, rules),
        *_distance(bundle, values, rules),
        *_volumes(volumes_mm3, rules),
        *_acquisition(acquisition or Acquisition(), rules),
        *_engine(bundle, engine),
    ]
    worst = max((reason.severity for reason in reasons), key=list(_VERDICTS).index, default="info")
    return {
        "verdict": _VERDICTS[worst],
        "reasons": [
            {"code": reason.code, "message": reason.message, "severity": reason.severity} for reason in reasons
        ],
    }


def nearest_distances(points: np.ndarray, others: np.ndarray, neighbours: int) -> np.ndarray:
    """Return the mean Euclidean distance of each point to its nearest ``neighbours`` among the others.

    Parameters
    ----------
    points, others
        Standardised features, (points, features) and (others, features).
    """
    distances = np.linalg.norm(points[:, None, :] - others[None, :, :], axis=2)
    return np.sort(distances, axis=1)[:, :neighbours].mean(axis=1)


def _ranges(bundle: Bundle, values: np.ndarray, rules: Mapping[str, Any]) -> list[Finding]:
    features = bundle.description["features"]
    low = np.array([feature["low"] for feature in features], np.float64)
    high = np.array([feature["high"] for feature in features], np.float64)
    margin = rules["range_margin"] * (high - low)
    beyond = np.flatnonzero((values < low - margin) | (values > high + margin))
    if not beyond.size:
        return []
    share = beyond.size / len(features)
    severity = _grade(share, rules["outside_share_borderline"], rules["outside_share_outside"])
    listed = ", ".join(bundle.feature_names[n] for n in beyond[:5]) + (", ..." if beyond.size > 5 else "")
    message = (
        f"{beyond.size} of the {len(features)} features that the model uses lie outside their training range "
        f"({listed}): the score extrapolates."
    )
    return [Finding("features-outside-range", message, severity)]


def _distance(bundle: Bundle, values: np.ndarray, rules: Mapping[str, Any]) -> list[Finding]:
    point = (values - bundle.means) / bundle.deviations
    distance = float(nearest_distances(point[None], bundle.tensors["reference.features"], rules["neighbours"])[0])
    severity = _grade(distance, rules["distance_borderline"], rules["distance_outside"])
    if severity == "info":
        return []
    limit = rules["distance_borderline" if severity == "warning" else "distance_outside"]
    message = (
        f"The patient is unlike those trained on: the mean distance to the nearest {rules['neighbours']} is "
        f"{distance:.1f} (Euclidean, {len(point)} standardised features), where nearly all training patients lie "
        f"within {limit:.1f} of theirs."
    )
    return [Finding("far-from-training", message, severity)]


def _volumes(volumes_mm3: np.ndarray, rules: Mapping[str, Any]) -> list[Finding]:
    low, high = rules["volume_mm3"]
    odd = int(np.count_nonzero((volumes_mm3 < low) | (volumes_mm3 > high)))
    if not odd:
        return []
    severity = "serious" if odd == len(volumes_mm3) else "warning"
    message = (
        f"{odd} of {len(volumes_mm3)} lesions are smaller or larger than any in training "
        f"({low / 1000:.2g} to {high / 1000:.3g} cm³)."
    )
    return [Finding("lesion-volume", message, severity)]


def _acquisition(acquisition: Acquisition, rules: Mapping[str, Any]) -> list[Finding]:
    findings = []
    for code, label, value, unit in (
        ("slice_thickness_mm", "slice thickness", acquisition.slice_thickness_mm, "mm"),
        ("kvp", "tube voltage", acquisition.kvp, "kV"),
    ):
        low, high = rules[code]
        name = code.removesuffix("_mm").replace("_", "-")
        if value is None:
            message = f"The CT's {label} is unknown; the model is meant for {low:g} to {high:g} {unit}."
            findings.append(Finding(f"{name}-unknown", message))
        elif not low <= value <= high:
            message = f"The CT's {label} is {value:g} {unit}; the model is meant for {low:g} to {high:g} {unit}."
            # A slice twice too thick blurs texture beyond what resampling can bring back.
            far = code == "slice_thickness_mm" and value > 2 * high
            findings.append(Finding(name, message, "serious" if far else "warning"))
    if rules["contrast_required"] and acquisition.contrast is not True:
        if acquisition.contrast is None:
            message = "Whether the CT is contrast-enhanced is unknown; the model is meant for enhanced CT."
            findings.append(Finding("contrast-unknown", message))
        else:
            message = "The CT is not contrast-enhanced; the model is meant for enhanced CT."
            findings.append(Finding("contrast", message, "serious"))
    return findings


def _engine(bundle: Bundle, engine: str) -> list[Finding]:
    known = bundle.description["input"]["engines"]
    if any(equal_engines(engine, one) for one in known):
        return []
    message = (
        f"The features were measured with {engine}, those that the model was trained on with {' or '.join(known)}: "
        "equal values are not proven."
    )
    return [Finding(OTHER_ENGINE, message)]


def _grade(value: float, borderline: float, outside: float) -> str:
    return "serious" if value > outside else "warning" if value > borderline else "info"
