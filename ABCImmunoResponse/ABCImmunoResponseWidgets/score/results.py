"""What the scene and the panel show of measurements, features, agreement and scores: columns of tables, and text."""

from collections.abc import Iterable, Mapping
from typing import Any

from ABCImmunoResponseLib.case import Finding
from ABCImmunoResponseLib.clinical import ClinicalRecord, clinical_variables
from ABCImmunoResponseLib.features.names import FEATURE_NAMES
from ABCImmunoResponseLib.features.table import FeatureTable
from ABCImmunoResponseLib.imaging.masks import Mask
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.recist.diameters import Measurement
from ABCImmunoResponseLib.report.view import Attribution, ClinicalRow, LesionContribution
from ABCImmunoResponseLib.report.words import value_words
from ABCImmunoResponseWidgets.nodes.geometry import ras_from_lps

Columns = dict[str, list[Any]]


def measurement_columns(measured: Mapping[str, Measurement], masks: Mapping[str, Mask]) -> Columns:
    """Return one row a lesion; the diameter's two ends are RAS mm."""
    columns: Columns = {
        "lesion": list(measured),
        "longest_diameter_mm": [m.longest_diameter_mm for m in measured.values()],
        "short_axis_mm": [m.short_axis_mm for m in measured.values()],
        "volume_mm3": [m.volume_mm3 for m in measured.values()],
        "slice_index": [m.slice_index for m in measured.values()],
    }
    for number in (0, 1):
        ends = [ras_from_lps(m.endpoints_lps_mm[number]) for m in measured.values()]
        for axis, letter in enumerate("RAS"):
            columns[f"endpoint_{number + 1}_{letter}_mm"] = [end[axis] for end in ends]
    columns["findings"] = [" ".join(finding.message for finding in masks[name].findings) for name in measured]
    return columns


def feature_columns(table: FeatureTable) -> Columns:
    """Return one row a feature, in canonical order, and one column a lesion."""
    lesions = zip(table.ids, table.values.tolist(), strict=True)
    return {"feature": list(FEATURE_NAMES), **{row.lesion_id: values for row, values in lesions}}


def findings_text(findings: Iterable[Finding]) -> str:
    """Return one line a finding, with the lesion it is about."""
    return "\n".join(
        f"{finding.severity.capitalize()}: {f'{finding.lesion}: ' if finding.lesion else ''}{finding.message}"
        for finding in findings
    )


def pair_columns(folder: CaseFolder) -> Columns:
    """Return one row a pair of lesions of the two reads; ``a`` or ``b`` is None where one reader alone has it."""
    pairs = folder.describe()["pairs"]
    shown = ("pair_id", "a", "b", "cause", "dice", "hd95_mm", "decision")
    return {name: [pair[name] for pair in pairs] for name in shown}


def result_columns(folder: CaseFolder) -> Columns:
    """Return the research-use statement, then the risk groups beside the clinical values that went into them."""
    result, clinical = folder.result(), folder.clinical() or ClinicalRecord()
    rows: list[tuple[str, Any, str]] = [("statement", result["disclaimer"], "")]
    rows += [
        (f"risk group, {model}", score["risk_group"] or "withheld", _score_note(score))
        for model, score in result["scores"].items()
    ]
    rows.append(("applicability", result["applicability"]["verdict"], ""))
    rows += [
        (v["label"], _clinical_value(getattr(clinical, v["name"])), v.get("unit") or "") for v in clinical_variables()
    ]
    rows += [
        ("dNLR", _clinical_value(clinical.dnlr), ""),
        ("molecular subtype", _clinical_value(clinical.subtype), ""),
        ("model bundle", result["bundle"]["id"], ""),
    ]
    quantity, value, note = zip(*rows, strict=True)
    return {"quantity": list(quantity), "value": list(value), "note": list(note)}


def _score_note(score: Mapping[str, Any]) -> str:
    if score["score"] is None:
        return score["withheld"]
    return f"score {score['score']:.3f}, cut-off {score['cutoff']:.3f}, P(response) {score['probability']:.2f}"


def _clinical_value(value: Any) -> str:
    return value_words(value) or "unknown"


def clinical_columns(rows: Iterable[ClinicalRow]) -> Columns:
    """Return one row a clinical value, the derived ones last; ``input`` says whether a model takes it."""
    rows = tuple(rows)
    return {
        "variable": [row.label for row in rows],
        "value": ["unknown" if row.value is None else row.value for row in rows],
        "unit": [row.unit for row in rows],
        "input": ["yes" if row.used else "" for row in rows],
    }


def attribution_columns(found: Attribution) -> Columns:
    """Return one row an input, the largest contribution first, and all other radiomic features in the last row.

    The contributions add up to the score minus the baseline, a patient of the training mean.
    """
    inputs = sorted((*found.features, *found.clinical), key=lambda one: -abs(one.contribution))
    return {
        "rank": [*range(1, len(inputs) + 2)],
        "input": [*(one.name for one in inputs), "All other radiomic features"],
        "value": [*(value_words(one.value) for one in inputs), ""],
        "contribution": [*(one.contribution for one in inputs), found.others],
        "feature": [*(one.code for one in inputs), ""],
    }


def contribution_columns(lesions: Iterable[LesionContribution]) -> Columns:
    """Return one row a lesion with its weight in the patient's vector and its contributions (units of the score)."""
    lesions = tuple(lesions)
    return {
        "lesion": [one.lesion_id for one in lesions],
        "organ": [one.organ for one in lesions],
        "volume_mm3": [one.volume_mm3 for one in lesions],
        "weight": [one.weight for one in lesions],
        "radiomics": [one.radiomics for one in lesions],
        "combined": [one.combined for one in lesions],
    }


def case_text(folder: CaseFolder) -> str:
    """Return where a case stands, as text: nothing of what a reader drew before both reads are locked."""
    lines = [f"Case {folder.case_id}: {folder.state}"]
    lines += [
        f"Reader {read.role}: {read.reader}, {'locked' if read.locked else 'reading'}" for read in folder.reads_for()
    ]
    lines += [findings_text(folder.findings)] if folder.findings else []
    lines += [
        f"{pair['pair_id']}: {pair['cause']}, {pair['decision'] or 'open'}" for pair in folder.describe()["pairs"] or ()
    ]
    result = folder.result()
    if result is not None:
        lines += [
            f"Risk group, {model}: {score['risk_group'] or 'withheld'} ({_score_note(score)})"
            for model, score in result["scores"].items()
        ]
        lines += [f"Applicability: {result['applicability']['verdict']}", result["disclaimer"].capitalize() + "."]
    return "\n".join(lines)
