"""What the JSON files of a case folder hold, as values: case.json, reads/<reader>.json and consensus.json."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ABCImmunoResponseLib.case import Acquisition, Finding, Lesion, Signature
from ABCImmunoResponseLib.errors import CaseFolderError
from ABCImmunoResponseLib.files import canonical_json, parse_json, sha256_bytes
from ABCImmunoResponseLib.reading.audit import AuditHead
from ABCImmunoResponseLib.reading.states import State
from ABCImmunoResponseLib.reading.strict import decode, encode
from ABCImmunoResponseLib.reading.verdict import Verdict
from ABCImmunoResponseLib.recist.diameters import Measurement
from ABCImmunoResponseLib.recist.measurability import Assessment

SCHEMA = 1

Choice = Literal["A", "B", "staple", "intersection", "union", "midway", "edited", "drop"]


@dataclass(frozen=True, slots=True)
class ImageReference:
    """Where the CT is: 'stored' as image.nrrd, or a 'dicom' folder with the SHA-256 of each of its files.

    ``folder`` is relative to the case folder where both lie in the same folder, so that they can move together.
    """

    kind: Literal["stored", "dicom"]
    folder: str | None = None
    series_uid: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReadEntry:
    """A reader of the case, and the signature that locked the read.

    The signature's statement is left empty here: it may tell of the read, and is kept with it (:class:`ReadRecord`).
    """

    reader: str
    role: Literal["A", "B"]
    signature: Signature | None = None


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """case.json without its audit head. ``lesions`` are those of the consensus; ``files`` hold every SHA-256."""

    schema: int
    case_id: str
    created: str
    state: State
    image: ImageReference
    acquisition: Acquisition
    protocol: Mapping[str, Any]
    findings: tuple[Finding, ...]
    lesions: tuple[Lesion, ...]
    reads: tuple[ReadEntry, ...]
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ReadRecord:
    """reads/<reader>.json: one reader's lesions with what was measured, by lesion id, and what the reader signed to.

    Blinding is kept by what the product shows: whoever may read the folder on disk may open this file.
    """

    schema: int
    reader: str
    role: Literal["A", "B"]
    lesions: tuple[Lesion, ...]
    measurements: Mapping[str, Measurement]
    assessments: Mapping[str, Assessment]
    findings: tuple[Finding, ...]
    statement: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """One reader's read. ``hidden``: its lesions are not shown to the one who asked (see ``CaseFolder.reads_for``)."""

    reader: str
    role: Literal["A", "B"]
    lesions: tuple[Lesion, ...]
    locked: bool
    signature: Signature | None
    measurements: Mapping[str, Measurement]
    assessments: Mapping[str, Assessment]
    findings: tuple[Finding, ...]
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """How one pair was settled. ``automatic``: by the protocol's rule for concordant pairs, not by a person.

    ``findings`` tell how an edited mask came onto the CT's grid, or what the chosen proposal repeats.
    """

    pair_id: str
    choice: Choice
    actor: str
    reason: str
    time: str
    automatic: bool = False
    override_reason: str = ""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class ConsensusLesion:
    """One lesion of the consensus, the pair it came from, and what was measured."""

    lesion: Lesion
    pair_id: str
    measurement: Measurement
    assessment: Assessment


@dataclass(frozen=True, slots=True)
class Consensus:
    """consensus.json: the verdicts, how each pair was settled, and the lesions that came of it.

    ``findings`` are about the lesions, ``notes`` about the reconciliation.
    """

    schema: int
    verdicts: tuple[Verdict, ...]
    decisions: tuple[Decision, ...]
    lesions: tuple[ConsensusLesion, ...]
    findings: tuple[Finding, ...]
    notes: tuple[Finding, ...] = ()
    signature: Signature | None = None

    @property
    def open_pairs(self) -> tuple[str, ...]:
        """The pairs that nobody has settled yet."""
        settled = {decision.pair_id for decision in self.decisions}
        return tuple(verdict.pair_id for verdict in self.verdicts if verdict.pair_id not in settled)


def to_bytes(value: Any) -> bytes:
    """Return a record as the bytes of its file: indented JSON, finite numbers only."""
    return indented(encode(value))


def case_to_bytes(record: CaseRecord, head: AuditHead) -> bytes:
    """Return case.json's bytes: the record and its audit head."""
    return indented({**encode(record), "audit": encode(head)})


def case_sha256(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of case.json's content without its audit head, which the audit log's lines hold."""
    return sha256_bytes(canonical_json({key: value for key, value in content.items() if key != "audit"}))


def from_bytes(kind: type, data: bytes, what: str) -> Any:
    """Return the record of class ``kind`` that ``data`` holds.

    Raises
    ------
    CaseFolderError
        If it is no JSON, of another schema version, or has an entry that is missing, unknown or of another type.
    """
    return from_json(kind, json_from_bytes(data, what), what)


def from_json(kind: type, value: Any, what: str) -> Any:
    """Return the record of class ``kind`` that a JSON value says; see :func:`from_bytes`."""
    if isinstance(value, dict) and (type(value.get("schema")) is not int or value["schema"] != SCHEMA):
        raise CaseFolderError(
            f"{what} is of schema {str(value.get('schema'))[:20]!r} and this version reads {SCHEMA}: "
            "use the version that wrote it, or a newer one."
        )
    return decode(kind, value, what)


def json_from_bytes(data: bytes, what: str) -> Any:
    """Return the JSON value of ``data``; raises CaseFolderError if it is none."""
    try:
        return parse_json(data)
    except ValueError as cause:
        raise CaseFolderError(f"{what} is not valid JSON ({cause}); restore it from a backup.") from cause


def indented(value: Any) -> bytes:
    """Return a JSON value as the bytes of a file, for people to read.

    Raises
    ------
    ValueError
        If JSON cannot say it; what :func:`strict.encode` returned it can.
    """
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n"
