"""Open a case folder's files and tell exactly what was changed, removed or added behind its back."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ABCImmunoResponseLib.droppings import is_dropping
from ABCImmunoResponseLib.errors import CaseFolderError, IntegrityError
from ABCImmunoResponseLib.files import parse_json, sha256_bytes, sha256_file
from ABCImmunoResponseLib.reading.audit import AuditHead, AuditLine, read_lines
from ABCImmunoResponseLib.reading.layout import AUDIT, CASE, DRAFTS, LOCK
from ABCImmunoResponseLib.reading.records import CaseRecord, ImageReference, case_sha256, from_json, indented
from ABCImmunoResponseLib.reading.strict import decode
from ABCImmunoResponseLib.reading.transaction import STAGING


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A verified case folder: its record, its audit log, and the bytes of its other JSON files by name."""

    record: CaseRecord
    lines: tuple[AuditLine, ...]
    json_files: Mapping[str, bytes]


def load(folder: Path) -> Snapshot:
    """Read and verify a case folder; see :mod:`ABCImmunoResponseLib.reading.audit` for what this cannot detect.

    Raises
    ------
    CaseFolderError
        If it is no case folder, cannot be read, or was written by a version that this one does not know.
    IntegrityError
        If anything differs from what the audit log and case.json record; the message lists each difference.
    """
    try:
        if not (folder / CASE).is_file() and not (folder / AUDIT).is_file():
            raise CaseFolderError(f"{folder} is no case folder: it holds no {CASE}.")
        case, head, problems = _read_case(folder)
        lines, more = _read_audit(folder, head)
        problems += more
        vouched = _vouched(case, head, lines)
        expected = _expected(case, head, lines, vouched, problems)
        json_files: dict[str, bytes] = {}
        if expected is not None:
            problems += _compare(folder, expected, json_files)
        if not vouched and not problems:
            problems.append(f"{CASE} was changed (no audit line vouches for it)")
    except OSError as cause:
        raise CaseFolderError(f"{folder} cannot be read ({cause.strerror or cause}).") from cause
    content = {key: value for key, value in (case or {}).items() if key != "audit"}
    record = from_json(CaseRecord, content, CASE) if vouched else None
    if record is not None and record.image.kind == "dicom":
        problems += _compare_dicom(folder, record.image)
    if problems:
        raise IntegrityError(
            f"{folder} was changed behind its back: {'; '.join(map(_printable, problems))}. "
            "Restore the folder from a backup."
        )
    return Snapshot(record, lines, json_files)


def dicom_folder(folder: Path, image: ImageReference) -> Path:
    """Return the path of the DICOM folder that a case refers to (relative ones start at the case folder)."""
    return folder / (image.folder or "")


def hash_dicom_folder(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of a DICOM folder and its subfolders, by name.

    Raises
    ------
    CaseFolderError
        If a file cannot be read.
    """
    try:
        return {name: sha256_file(folder / name) for name in sorted(_files(folder))}
    except OSError as cause:
        raise CaseFolderError(f"{folder} cannot be read ({cause.strerror}).") from cause


def _read_case(folder: Path) -> tuple[dict[str, Any] | None, AuditHead | None, list[str]]:
    """Return case.json's value and audit head, each None where unreadable, and what is wrong with its bytes."""
    if not (folder / CASE).is_file():
        return None, None, [f"{CASE} is missing"]
    data = (folder / CASE).read_bytes()
    try:
        value = parse_json(data)
        head = decode(AuditHead, value["audit"], "audit")
        if indented(value) != data:
            raise ValueError("not the bytes that were written")
    except (ValueError, TypeError, KeyError, RecursionError, CaseFolderError):
        return None, None, [f"{CASE} was changed (it is no longer as it was written)"]
    return value, head, []


def _read_audit(folder: Path, head: AuditHead | None) -> tuple[tuple[AuditLine, ...], list[str]]:
    if not (folder / AUDIT).is_file():
        return (), [f"{AUDIT} is missing"]
    return read_lines((folder / AUDIT).read_bytes(), head)


def _vouched(case: dict[str, Any] | None, head: AuditHead | None, lines: tuple[AuditLine, ...]) -> bool:
    """Say whether the audit line that case.json names as the last holds the hash of case.json's content."""
    if case is None or head is None:
        return False
    content = case_sha256(case)
    return any(line.number == head.count and line.case_sha256 == content for line in lines)


def _expected(
    case: dict[str, Any] | None,
    head: AuditHead | None,
    lines: tuple[AuditLine, ...],
    vouched: bool,
    problems: list[str],
) -> Mapping[str, str] | None:
    """Return the recorded SHA-256 of every file, from case.json or else the audit log; None where neither tells."""
    if case is not None and not vouched and any(line.number == head.count for line in lines):
        recorded = next(line.case_sha256 for line in lines if line.number == head.count)
        problems.append(_changed(CASE, recorded, case_sha256(case)))
        case = None
    if case is not None:
        try:
            return decode(Mapping[str, str], case.get("files"), "files")
        except CaseFolderError:
            problems.append(f"{CASE} was changed (its list of files cannot be read)")
    if lines:
        return lines[-1].files
    problems.append("neither case.json nor the audit log tells any more what the other files were")
    return None


def _compare(folder: Path, expected: Mapping[str, str], json_files: dict[str, bytes]) -> Iterator[str]:
    """Yield each difference between the files and their recorded hashes; collect the JSON files' bytes on the way."""
    found = set(_files(folder, but=(STAGING, DRAFTS))) - {CASE, AUDIT, LOCK}
    for name in sorted(found | set(expected)):
        if name not in found:
            yield f"{name} is missing"
        elif name not in expected:
            yield f"unknown file {name}"
        elif not (folder / name).is_file():  # a pipe, say, which would never end
            yield f"{name} is no longer a file"
        else:
            if name.endswith(".json"):  # hashed and later parsed from the same bytes, whatever others do meanwhile
                json_files[name] = (folder / name).read_bytes()
                digest = sha256_bytes(json_files[name])
            else:
                digest = sha256_file(folder / name)
            if digest != expected[name]:
                yield _changed(name, expected[name], digest)


def _compare_dicom(folder: Path, image: ImageReference) -> Iterator[str]:
    source = dicom_folder(folder, image)
    if not source.is_dir():
        yield f"the DICOM folder {source} is missing"
        return
    found = hash_dicom_folder(source)
    for name in sorted(set(found) | set(image.files)):
        if name not in found:
            yield f"DICOM file {name} is missing"
        elif name not in image.files:
            yield f"unknown DICOM file {name}"
        elif found[name] != image.files[name]:
            yield _changed(f"DICOM file {name}", image.files[name], found[name])


def _files(folder: Path, but: tuple[str, ...] = (STAGING,)) -> Iterator[str]:
    """Yield the name of each file below ``folder``, with '/' between folders, passing over the folders ``but``."""
    for place, folders, names in os.walk(folder, onerror=_raise):
        inside = Path(place).relative_to(folder)
        if inside == Path():
            folders[:] = [name for name in folders if name not in but]
        for name in names:
            if not is_dropping(name):
                yield (inside / name).as_posix()


def _raise(error: OSError) -> None:
    raise error


def _printable(text: str) -> str:
    """Return ``text`` on one line: a file may be named anything."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def _changed(name: str, recorded: str, found: str) -> str:
    return f"{name} was changed (recorded sha256 {recorded[:8]}..., found {found[:8]}...)"
