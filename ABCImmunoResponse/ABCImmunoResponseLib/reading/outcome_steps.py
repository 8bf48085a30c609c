"""What is recorded after the reads: clinical values, features with their result, and the report."""

import csv
import io
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ABCImmunoResponseLib.clinical import ClinicalRecord
from ABCImmunoResponseLib.errors import CaseFolderError, StateError
from ABCImmunoResponseLib.reading import layout
from ABCImmunoResponseLib.reading.people import check_person
from ABCImmunoResponseLib.reading.records import SCHEMA, to_bytes
from ABCImmunoResponseLib.reading.states import require
from ABCImmunoResponseLib.reading.store import Store

# What a score is made from, beside the CT, which never changes.
_SCORED = (layout.CONSENSUS, layout.CONSENSUS_SEGMENTS, layout.CLINICAL)


def set_clinical(store: Store, record: ClinicalRecord, actor: str) -> None:
    """Record clinical values; see :meth:`CaseFolder.set_clinical`."""
    actor = check_person(actor)
    _check_clinical(record)
    with store.changing():
        require(store.record.state, ("locked", "reconciled", "adjudicated", "signed"), "Recording clinical values")
        store.commit(
            store.record,
            action="set-clinical",
            actor=actor,
            details={"changed": _changed(store, record)},
            moment=store.now(),
            files={layout.CLINICAL: _clinical_bytes(record)},
        )


def record_score(
    store: Store,
    features_csv: bytes,
    result: Mapping[str, Any],
    actor: str,
    clinical: ClinicalRecord | None,
    diagnostics_csv: bytes | None,
    made_from: Mapping[str, str] | None,
) -> None:
    """Record features and result; see :meth:`CaseFolder.record_score`."""
    actor = check_person(actor)
    if not isinstance(features_csv, bytes) or not features_csv:
        raise CaseFolderError("The features must be the bytes of a CSV file.")
    if diagnostics_csv is not None and (not isinstance(diagnostics_csv, bytes) or not diagnostics_csv):
        raise CaseFolderError("The diagnostics must be the bytes of a CSV file.")
    if not isinstance(result, Mapping):
        raise CaseFolderError(f"A result must be a mapping, not {type(result).__name__}.")
    if result.get("schema") != SCHEMA or result.get("case_id") != store.record.case_id:
        raise CaseFolderError(f"The result is not of schema {SCHEMA} or not of case {store.record.case_id}.")
    if clinical is not None:
        _check_clinical(clinical)
    seen = store.record.files if made_from is None else made_from
    with store.changing():
        require(store.record.state, ("signed",), "Recording a score")
        if any(seen.get(name) != store.record.files.get(name) for name in _SCORED):
            raise StateError("The case changed while it was being scored; score it again.")
        targets = [lesion.lesion_id for lesion in store.record.lesions if lesion.kind == "target"]
        if sorted(_lesion_ids(features_csv)) != sorted(targets):
            raise CaseFolderError(
                f"The features must be those of the target lesions ({', '.join(targets) or 'none'}), each once."
            )
        details = {"bundle": result.get("bundle"), "recipe": result.get("recipe"), "engine": result.get("engine")}
        files = {layout.FEATURES: features_csv, layout.RESULT: to_bytes(result)}
        if diagnostics_csv is not None:
            files[layout.DIAGNOSTICS] = diagnostics_csv
        if clinical is not None:
            details["clinical_changed"] = _changed(store, clinical)
            files[layout.CLINICAL] = _clinical_bytes(clinical)
        store.commit(
            replace(store.record, state="scored"),
            action="record-score",
            actor=actor,
            details=details,
            moment=store.now(),
            files=files,
        )


def record_report(store: Store, html: bytes, actor: str) -> None:
    """Record the report; see :meth:`CaseFolder.record_report`."""
    actor = check_person(actor)
    if not isinstance(html, bytes) or not html:
        raise CaseFolderError("The report must be the bytes of an HTML file.")
    with store.changing():
        require(store.record.state, ("scored",), "Recording a report")
        store.commit(
            replace(store.record, state="reported"),
            action="record-report",
            actor=actor,
            details={},
            moment=store.now(),
            files={layout.REPORT: html},
        )


def _check_clinical(record: ClinicalRecord) -> None:
    if not isinstance(record, ClinicalRecord):
        raise CaseFolderError(f"Clinical values must be a ClinicalRecord, not {type(record).__name__}.")


def _changed(store: Store, record: ClinicalRecord) -> dict[str, list[Any]]:
    """Return each clinical value that differs from the recorded one: before and after."""
    before, after = (store.contents.clinical or ClinicalRecord()).as_dict(), record.as_dict()
    return {name: [before[name], after[name]] for name in after if before[name] != after[name]}


def _clinical_bytes(record: ClinicalRecord) -> bytes:
    return to_bytes({"schema": SCHEMA, "values": record.as_dict()})


def _lesion_ids(features_csv: bytes) -> list[str]:
    """Return the lesion_id column of a feature table, row by row."""
    try:
        rows = csv.DictReader(io.StringIO(features_csv.decode(), newline=""))
        return [row["lesion_id"] or "" for row in rows]
    except (UnicodeDecodeError, csv.Error, KeyError) as cause:
        raise CaseFolderError("The features are no CSV file with a column lesion_id.") from cause
