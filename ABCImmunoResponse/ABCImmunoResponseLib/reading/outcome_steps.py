"""What is recorded after the reads: clinical values, features with their result, and the report."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ABCImmunoResponseLib.clinical import ClinicalRecord
from ABCImmunoResponseLib.errors import CaseFolderError
from ABCImmunoResponseLib.reading import layout
from ABCImmunoResponseLib.reading.people import check_person
from ABCImmunoResponseLib.reading.records import SCHEMA, to_bytes
from ABCImmunoResponseLib.reading.states import require
from ABCImmunoResponseLib.reading.store import Store


def set_clinical(store: Store, record: ClinicalRecord, actor: str) -> None:
    """Record clinical values; see :meth:`CaseFolder.set_clinical`."""
    actor = check_person(actor)
    if not isinstance(record, ClinicalRecord):
        raise CaseFolderError(f"Clinical values must be a ClinicalRecord, not {type(record).__name__}.")
    with store.changing():
        require(store.record.state, ("locked", "reconciled", "adjudicated", "signed"), "Recording clinical values")
        before, after = (store.contents.clinical or ClinicalRecord()).as_dict(), record.as_dict()
        store.commit(
            store.record,
            action="set-clinical",
            actor=actor,
            details={"changed": {name: [before[name], after[name]] for name in after if before[name] != after[name]}},
            moment=store.now(),
            files={layout.CLINICAL: to_bytes({"schema": SCHEMA, "values": after})},
        )


def record_score(store: Store, features_csv: bytes, result: Mapping[str, Any], actor: str) -> None:
    """Record features and result; see :meth:`CaseFolder.record_score`."""
    actor = check_person(actor)
    if not isinstance(features_csv, bytes) or not features_csv:
        raise CaseFolderError("The features must be the bytes of a CSV file.")
    if not isinstance(result, Mapping):
        raise CaseFolderError(f"A result must be a mapping, not {type(result).__name__}.")
    if result.get("schema") != SCHEMA or result.get("case_id") != store.record.case_id:
        raise CaseFolderError(f"The result is not of schema {SCHEMA} or not of case {store.record.case_id}.")
    with store.changing():
        require(store.record.state, ("signed",), "Recording a score")
        store.commit(
            replace(store.record, state="scored"),
            action="record-score",
            actor=actor,
            details={"bundle": result.get("bundle"), "recipe": result.get("recipe"), "engine": result.get("engine")},
            moment=store.now(),
            files={layout.FEATURES: features_csv, layout.RESULT: to_bytes(result)},
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
