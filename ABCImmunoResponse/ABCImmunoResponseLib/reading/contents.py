"""What a case folder holds, as values, and the rules by which its files belong together."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ABCImmunoResponseLib.case import Protocol, check_name
from ABCImmunoResponseLib.clinical import ClinicalRecord, clinical_from_mapping
from ABCImmunoResponseLib.errors import ABCImmunoResponseError, CaseFolderError
from ABCImmunoResponseLib.protocol import protocol_from_mapping
from ABCImmunoResponseLib.reading import layout
from ABCImmunoResponseLib.reading.records import (
    SCHEMA,
    CaseRecord,
    Consensus,
    Read,
    ReadEntry,
    ReadRecord,
    from_bytes,
    json_from_bytes,
)
from ABCImmunoResponseLib.reading.states import State, reached


@dataclass(frozen=True, slots=True)
class Contents:
    """A case folder's files but for images and masks."""

    protocol: Protocol
    reads: tuple[Read, ...]
    consensus: Consensus | None
    clinical: ClinicalRecord | None
    result: dict[str, Any] | None


def parse(record: CaseRecord, json_files: Mapping[str, bytes]) -> Contents:
    """Return what the files say, having checked that they fit case.json and each other.

    Raises
    ------
    CaseFolderError
        If a file is missing for the case's state, says what its schema does not allow, or contradicts another.
    """
    check_name(record.case_id, "Case id")
    _require(all(map(layout.is_case_file, record.files)), "case.json lists a file that no case folder holds")
    _require_files(record)
    _require_reads(record)
    try:
        protocol = protocol_from_mapping(record.protocol, record.protocol.get("sha256"), "case.json: protocol")
        clinical = _clinical(json_files)
    except ABCImmunoResponseError as cause:
        raise CaseFolderError(str(cause)) from cause
    consensus = _consensus(record, json_files)
    reads = tuple(_read(entry, json_files) for entry in record.reads)
    result = json_from_bytes(json_files[layout.RESULT], layout.RESULT) if layout.RESULT in json_files else None
    return Contents(protocol, reads, consensus, clinical, result)


def _require_files(record: CaseRecord) -> None:
    needed = {layout.IMAGE} if record.image.kind == "stored" else set()
    for entry in record.reads:
        needed |= {layout.read_segments(entry.reader), layout.read_record(entry.reader)}
    later: dict[State, set[str]] = {
        "reconciled": {layout.CONSENSUS},
        "scored": {layout.FEATURES, layout.RESULT},
        "reported": {layout.REPORT},
    }
    for state, names in later.items():
        held = names & set(record.files)
        if reached(record.state, state):
            needed |= names
        else:
            _require(not held, f"a case that is {record.state} holds {', '.join(sorted(held))}")
    early = layout.DIAGNOSTICS in record.files and not reached(record.state, "scored")
    _require(not early, f"a case that is {record.state} holds {layout.DIAGNOSTICS}")
    missing = ", ".join(sorted(needed - set(record.files)))
    _require(not missing, f"a case that is {record.state} must hold {missing}")
    reads = {name for name in record.files if name.startswith("reads/")}
    _require(reads <= needed, "there is a read that belongs to no reader of the case")


def _require_reads(record: CaseRecord) -> None:
    names = [check_name(entry.reader, "Reader").casefold() for entry in record.reads]
    _require(len(set(names)) == len(names), "a reader appears twice")
    roles = [entry.role for entry in record.reads]
    _require(roles in ([], ["A"], ["B"], ["A", "B"]), "readers must be A, then B")  # B alone: A was withdrawn
    locked = sum(entry.signature is not None for entry in record.reads)
    fits = {"created": not names, "reading": bool(names) and locked < 2}.get(record.state, locked == 2)
    told = any(entry.signature is not None and entry.signature.statement for entry in record.reads)
    _require(not told, "case.json holds a statement that belongs to a read")
    _require(fits, f"a case that is {record.state} cannot have {len(names)} reads of which {locked} are locked")


def _read(entry: ReadEntry, json_files: Mapping[str, bytes]) -> Read:
    name = layout.read_record(entry.reader)
    record = from_bytes(ReadRecord, json_files[name], name)
    ids = {lesion.lesion_id for lesion in record.lesions}
    _require((record.reader, record.role) == (entry.reader, entry.role), f"{name} is not that of its reader")
    _require(entry.signature is not None or not record.statement, f"{name} holds a statement that nobody signed")
    _require(len(ids) == len(record.lesions) > 0, f"{name} must list each lesion once, and at least one")
    _require(
        ids == set(record.measurements) == set(record.assessments), f"{name} must hold a measurement for each lesion"
    )
    return Read(
        reader=entry.reader,
        role=entry.role,
        lesions=record.lesions,
        locked=entry.signature is not None,
        signature=entry.signature and replace(entry.signature, statement=record.statement),
        measurements=record.measurements,
        assessments=record.assessments,
        findings=record.findings,
    )


def _consensus(record: CaseRecord, json_files: Mapping[str, bytes]) -> Consensus | None:
    if layout.CONSENSUS not in record.files:
        _require(not record.lesions, "case.json lists lesions of a consensus that is not there")
        return None
    name = layout.CONSENSUS
    consensus = from_bytes(Consensus, json_files[name], name)
    pairs = [verdict.pair_id for verdict in consensus.verdicts]
    settled = [decision.pair_id for decision in consensus.decisions]
    used = [item.pair_id for item in consensus.lesions]
    kept = [decision.pair_id for decision in consensus.decisions if decision.choice != "drop"]
    _require(len(set(pairs)) == len(pairs), f"{name} names a pair twice")
    _require(len(set(settled)) == len(settled) and set(settled) <= set(pairs), f"{name} settles a pair it has not")
    _require(sorted(used) == sorted(kept), f"{name} must hold one lesion for each pair that was not dropped")
    _require(tuple(item.lesion for item in consensus.lesions) == record.lesions, f"{name} and case.json differ")
    _require((layout.CONSENSUS_SEGMENTS in record.files) == bool(used), f"{name} and its masks do not fit")
    _require((consensus.signature is not None) == reached(record.state, "signed"), f"{name} and the state differ")
    _require((not consensus.open_pairs) == reached(record.state, "adjudicated"), f"{name} and the state differ")
    return consensus


def _clinical(json_files: Mapping[str, bytes]) -> ClinicalRecord | None:
    if layout.CLINICAL not in json_files:
        return None
    value = json_from_bytes(json_files[layout.CLINICAL], layout.CLINICAL)
    _require(
        isinstance(value, dict) and set(value) == {"schema", "values"} and value["schema"] == SCHEMA,
        f"{layout.CLINICAL} must hold schema {SCHEMA} and values",
    )
    return clinical_from_mapping(value["values"])


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise CaseFolderError(f"The case folder contradicts itself: {otherwise}; restore it from a backup.")
