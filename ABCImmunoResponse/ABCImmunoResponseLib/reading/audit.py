"""The audit log of a case: one JSON line a step, each holding the hash of the line before.

Each line also carries its own hash, and ``case.json`` carries the number and hash of the last one, so that a line
changed, removed, inserted or cut off the end is told by its number. The chain has no key: whoever can write the
folder and knows the format can recompute every hash from the changed line on, or put an older copy of the whole
folder in its place, and this module will not see it. Only a hash kept elsewhere (printed on the report, sent to the
study's office) shows that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from ABCImmunoResponseLib.errors import CaseFolderError
from ABCImmunoResponseLib.files import canonical_json, parse_json, sha256_bytes
from ABCImmunoResponseLib.reading.states import State
from ABCImmunoResponseLib.reading.strict import decode, encode

_FIRST = "0" * 64


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One step: who did what, and every file's SHA-256 after it.

    ``case_sha256`` is of case.json's content without its audit head; ``previous`` is the ``sha256`` of the line
    before (64 zeros in the first), which is of the line's canonical JSON without that entry.
    """

    number: int
    time: str
    actor: str
    action: str
    details: Mapping[str, Any]
    state: State
    files: Mapping[str, str]
    case_sha256: str
    previous: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class AuditHead:
    """How many lines the log has, and the last one's hash: kept in case.json."""

    count: int
    sha256: str


def now(after: str = "") -> str:
    """Return the time as ISO 8601 UTC in milliseconds, never before ``after``: a clock set back does not reorder."""
    time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return max(time, after)


def next_line(
    before: AuditLine | None,
    *,
    time: str,
    actor: str,
    action: str,
    details: Mapping[str, Any],
    state: State,
    files: Mapping[str, str],
    case_sha256: str,
) -> AuditLine:
    """Return the line that follows ``before`` (None: the first), with its hashes."""
    line = AuditLine(
        number=before.number + 1 if before else 1,
        time=time,
        actor=actor,
        action=action,
        details=details,
        state=state,
        files=files,
        case_sha256=case_sha256,
        previous=before.sha256 if before else _FIRST,
    )
    return replace(line, sha256=_hash(encode(line)))


def write_lines(lines: Sequence[AuditLine]) -> bytes:
    """Return the log's bytes."""
    return b"".join(canonical_json(encode(line)) + b"\n" for line in lines)


def read_lines(data: bytes, head: AuditHead | None) -> tuple[tuple[AuditLine, ...], list[str]]:
    """Return the log's intact lines and what was done to it, one text a change.

    ``head`` is the one of case.json, None where case.json itself cannot be read.
    """
    raw = data.split(b"\n")
    if raw[-1] == b"":
        raw.pop()
    intact: list[AuditLine] = []
    problems: list[str] = []
    expected, before = 1, _FIRST  # the next line's number, and the hash it must name (None after a gap)
    for text in raw:
        line = _parse(text)
        if line is None:
            problems.append(f"audit line {expected} was changed")
            expected, before = expected + 1, None
            continue
        if line.number < expected:
            problems.append(f"an audit line numbered {line.number} was added after line {expected - 1}")
            continue
        if line.number > expected:
            problems.append(_removed(expected, line.number - 1))
        elif before not in (None, line.previous):
            problems.append(f"audit line {expected - 1} was replaced, or line {expected} after it")
        intact.append(line)
        expected, before = line.number + 1, line.sha256
    if data and not data.endswith(b"\n") and not problems:
        problems.append(f"the end of audit line {expected - 1} was changed")
    if head is not None:
        problems += _against_head(head, expected - 1, intact)
    return tuple(intact), problems


def _against_head(head: AuditHead, count: int, intact: Sequence[AuditLine]) -> list[str]:
    missing = head.count - count
    if missing > 0:
        return ["the last audit line was removed" if missing == 1 else f"the last {missing} audit lines were removed"]
    if missing < 0:
        return [f"audit lines were added after line {head.count}, or case.json was put back to an older one"]
    if intact and intact[-1].number == count and intact[-1].sha256 != head.sha256:
        return [f"audit line {count} was replaced, or its hash in case.json was changed"]
    return []


def _removed(first: int, last: int) -> str:
    return f"audit line {first} was removed" if first == last else f"audit lines {first} to {last} were removed"


def _parse(text: bytes) -> AuditLine | None:
    """Return the line if its bytes are exactly what the product wrote, else None."""
    try:
        value = parse_json(text)
        line = decode(AuditLine, value, "audit line")
        whole = canonical_json(value) == text and line.sha256 == _hash(value)
    except (ValueError, RecursionError, CaseFolderError):
        return None
    return line if whole else None


def _hash(value: Mapping[str, Any]) -> str:
    return sha256_bytes(canonical_json({key: item for key, item in value.items() if key != "sha256"}))
