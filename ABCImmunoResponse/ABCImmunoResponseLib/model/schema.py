"""The shape of ``bundle.json``: which entries it holds, of which kind, and a strict check of that.

A shape is a type (``int`` refuses True, ``float`` takes whole numbers too), a list of one shape, a mapping of names
to shapes (exactly these), or one of the three small classes below.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ABCImmunoResponseLib.errors import BundleError
from ABCImmunoResponseLib.model.aggregation import AGGREGATIONS
from ABCImmunoResponseLib.model.coding import sources

SCHEMA = 1
MODELS = ("radiomics", "clinical", "combined")
GROUPS = ("low", "high")
LIST_MAX = 10_000
VALUE_MAX = 1e30  # no number of a model is larger; below it no arithmetic of scoring overflows


@dataclass(frozen=True)
class Or:
    """Any of several shapes; None stands for null."""

    shapes: tuple[Any, ...]


@dataclass(frozen=True)
class Named:
    """A mapping from names of the bundle's choosing to values of one shape."""

    shape: Any


@dataclass(frozen=True)
class OneOf:
    """Exactly one of some values."""

    values: Sequence[Any]


@dataclass(frozen=True)
class Text:
    """Text that a regular expression matches in full."""

    pattern: str


_SHA256 = Text("[0-9a-f]{64}")
_NUMBER = Or((float, None))
_INTERVAL = {"value": _NUMBER, "lower": _NUMBER, "upper": _NUMBER, "note": str}
_PERFORMANCE = {
    "n": int,
    "responders": int,
    "progressed": int,
    "auc": _INTERVAL,
    "hazard_ratio": _INTERVAL,
    "logrank_p": _NUMBER,
    "n_low": int,
    "n_high": int,
    "median_pfs_low": _NUMBER,
    "median_pfs_high": _NUMBER,
}
_CUTOFF = {
    "value": float,
    "rule": str,
    "method": str,
    "min_group": float,
    "chi_square": float,
    "p_naive": float,
    "p_adjusted": float,
}

BUNDLE = {
    "schema": OneOf((SCHEMA,)),
    "id": str,
    "self_sha256": _SHA256,
    "files": Named({"bytes": int, "sha256": _SHA256}),
    "intended_use": str,
    "disclaimer": str,
    "caveats": [str],
    "input": {
        "recipe": {"name": str, "sha256": _SHA256},
        "n_names": int,
        "names_sha256": _SHA256,
        "engines": [str],
    },
    "features": [{"name": str, "mean": float, "sd": float, "low": float, "high": float}],
    "aggregation": OneOf(AGGREGATIONS),
    "clinical": {
        "variables": [
            {
                "name": str,
                "label": str,
                "source": OneOf(sources()),
                "rule": OneOf(("at-least", "equals")),
                "value": Or((bool, float, str)),
                "mean": float,
                "sd": float,
                "odds_ratio": _INTERVAL,
            }
        ],
        "penalty": str,
        "imputation": OneOf(("none",)),
    },
    "network": {"hidden": [int], "members": int, "activation": OneOf(("relu",)), "fusion": str},
    "cutoffs": dict.fromkeys(MODELS, _CUTOFF),
    "calibration": {model: {"method": str, "slope": float, "intercept": float} for model in MODELS},
    "metrics": Named(Named(_PERFORMANCE)),
    "applicability": {
        "range_margin": float,
        "outside_share_borderline": float,
        "outside_share_outside": float,
        "neighbours": int,
        "distance_borderline": float,
        "distance_outside": float,
        "volume_mm3": [float],
        "slice_thickness_mm": [float],
        "kvp": [float],
        "contrast_required": bool,
    },
    "reference": {"patients": [str], "curve_lengths": {model: dict.fromkeys(GROUPS, int) for model in MODELS}},
    "provenance": {
        "simulated": bool,
        "seed": int,
        "features_sha256": _SHA256,
        "outcome_sha256": _SHA256,
        "selection_sha256": _SHA256,
        "columns": Named(str),
        "options": Named(Or((bool, float, str, [float], None))),
        "versions": Named(str),
        "cohorts": Named(dict.fromkeys(("patients", "simulated", "lesions", "responders", "progressed"), int)),
        "selection": Named(int),
        "note": str,
    },
}


def check_shape(value: Any, shape: Any, where: str) -> None:
    """Check that ``value``, as JSON gave it, has this shape.

    Raises
    ------
    BundleError
        If it has not; the message names the first place.
    """
    if isinstance(shape, dict):
        if not isinstance(value, dict) or set(value) != set(shape):
            raise BundleError(f"{where} must hold exactly: {', '.join(shape)}.")
        for name, part in shape.items():
            check_shape(value[name], part, f"{where}: {name}")
    elif isinstance(shape, Named):
        if not isinstance(value, dict):
            raise BundleError(f"{where} must be a JSON object.")
        for name, item in value.items():
            check_shape(item, shape.shape, f"{where}: {name[:80]}")
    elif isinstance(shape, list):
        if not isinstance(value, list) or len(value) > LIST_MAX:
            raise BundleError(f"{where} must be a list of at most {LIST_MAX} entries.")
        for n, item in enumerate(value):
            check_shape(item, shape[0], f"{where}[{n}]")
    elif not _fits(value, shape):
        raise BundleError(f"{where} must not be {str(value)[:60]!r}.")


def _fits(value: Any, shape: Any) -> bool:
    if isinstance(shape, Or):
        return any(_matches(value, part) for part in shape.shapes)
    if isinstance(shape, OneOf):
        return any(value == known and type(value) is type(known) for known in shape.values)
    if isinstance(shape, Text):
        return isinstance(value, str) and re.fullmatch(shape.pattern, value) is not None
    if shape is float:
        return type(value) in (int, float) and abs(value) <= VALUE_MAX
    return type(value) is shape


def _matches(value: Any, shape: Any) -> bool:
    if shape is None:
        return value is None
    try:
        check_shape(value, shape, "")
    except BundleError:
        return False
    return True
