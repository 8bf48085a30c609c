"""Clinical values as a model's inputs: 0 or 1 by rules that the bundle holds as data."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ABCImmunoResponseLib.clinical import ClinicalRecord, clinical_variables, cut_points

DERIVED_LABELS = {"subtype": "Molecular subtype (ER, PR and HER2)", "dnlr": "dNLR (neutrophils and leucocytes)"}


def study_coding() -> list[dict[str, Any]]:
    """Return the study's clinical inputs (its multivariable model) as coding rules.

    Lines of prior therapy and metastatic sites are cut as in Table 1; HR+/HER2- is the reference subtype.
    """
    cuts = cut_points()
    lines, sites = cuts["prior_lines"], cuts["metastatic_sites"]
    return [
        _rule(f"prior_lines>={lines}", f"Lines of prior therapy ≥ {lines}", "prior_lines", "at-least", lines),
        _rule(f"metastatic_sites>={sites}", f"Metastatic sites ≥ {sites}", "metastatic_sites", "at-least", sites),
        _rule("visceral_metastasis", "Visceral metastasis", "visceral_metastasis", "equals", True),
        _rule("subtype=HER2+", "Subtype HER2+ (v HR+/HER2-)", "subtype", "equals", "HER2+"),
        _rule("subtype=TNBC", "Subtype TNBC (v HR+/HER2-)", "subtype", "equals", "TNBC"),
    ]


def code_clinical(coding: Sequence[Mapping[str, Any]], record: ClinicalRecord) -> np.ndarray:
    """Return the coded inputs of one patient: 1 where the rule holds, 0 where not, NaN where unknown.

    Parameters
    ----------
    coding
        Rules with ``source`` (a variable of the record, or one derived from it), ``rule`` ('at-least' or
        'equals') and ``value``.

    Returns
    -------
    np.ndarray
        (inputs,), float64.
    """
    coded = np.full(len(coding), np.nan)
    for n, rule in enumerate(coding):
        value = getattr(record, rule["source"])
        if value is not None:
            coded[n] = value >= rule["value"] if rule["rule"] == "at-least" else value == rule["value"]
    return coded


def missing_sources(coding: Sequence[Mapping[str, Any]], record: ClinicalRecord | None) -> tuple[str, ...]:
    """Return the labels of the variables that the coding needs and the record does not know, in order."""
    missing = [rule["source"] for rule in coding if record is None or getattr(record, rule["source"]) is None]
    return tuple(source_label(source) for source in dict.fromkeys(missing))


def source_label(source: str) -> str:
    """Return a clinical variable's label for a reader."""
    labels = {variable["name"]: variable["label"] for variable in clinical_variables()} | DERIVED_LABELS
    return labels[source]


def sources() -> tuple[str, ...]:
    """Return every variable that a rule may name."""
    return (*(variable["name"] for variable in clinical_variables()), *DERIVED_LABELS)


def _rule(name: str, label: str, source: str, rule: str, value: Any) -> dict[str, Any]:
    return {"name": name, "label": label, "source": source, "rule": rule, "value": value}
