"""Change several files of a case folder at once: all of them or none, whatever moment the process or the disk fails.

New files are staged and flushed in ``.transaction/`` inside the folder. A journal that names each with its SHA-256 is
then flushed and renamed into place: from that moment the change is made, because :func:`recover` completes it.
Before it, the change never happened. Every function here expects the caller to hold the folder's process lock.
"""

import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ABCImmunoResponseLib.errors import CaseFolderError, IntegrityError
from ABCImmunoResponseLib.files import canonical_json, parse_json, sha256_bytes, sha256_file, sync_folder
from ABCImmunoResponseLib.reading.layout import is_case_file
from ABCImmunoResponseLib.reading.strict import decode, encode

STAGING = ".transaction"
_JOURNAL = "journal.json"

Content = bytes | Callable[[Path], None]


@dataclass(frozen=True, slots=True)
class _Step:
    """One file of a change: ``staged`` becomes ``target``; without ``staged``, ``target`` is removed."""

    target: str
    staged: str | None = None
    sha256: str | None = None


class Transaction:
    """The files of one change, staged beside the folder's own until :meth:`commit`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._steps: list[_Step] = []

    def write(self, name: str, content: Content) -> str:
        """Stage a new ``name`` (bytes, or a function that fills the path it is given); return its SHA-256."""
        staging = self._folder / STAGING
        staging.mkdir(exist_ok=True)
        # Writers choose the format by the suffix, and a reader's name may hold dots of its own.
        suffix = ".seg.nrrd" if name.endswith(".seg.nrrd") else Path(name).suffix
        staged = staging / f"{len(self._steps):02d}-{secrets.token_hex(4)}{suffix}"
        if isinstance(content, bytes):
            staged.write_bytes(content)
            digest = sha256_bytes(content)
        else:
            content(staged)
            digest = sha256_file(staged)
        _flush(staged)
        self._steps.append(_Step(name, staged.name, digest))
        return digest

    def remove(self, name: str) -> None:
        """Note that ``name`` goes when the change is made."""
        self._steps.append(_Step(name))

    def commit(self) -> None:
        """Make the change.

        Raises
        ------
        CaseFolderError
            If the disk fails: the message says whether the old state stands or opening will complete the new one.
        """
        staging = self._folder / STAGING
        steps = encode(self._steps)
        journal = canonical_json({"schema": 1, "steps": steps, "sha256": sha256_bytes(canonical_json(steps))})
        unnamed = staging / f"{_JOURNAL}.{secrets.token_hex(4)}"
        unnamed.write_bytes(journal)
        _flush(unnamed)
        sync_folder(staging)
        unnamed.replace(staging / _JOURNAL)
        sync_folder(staging)
        sync_folder(self._folder)  # the staging folder's own entry, before anything is renamed out of it
        try:
            _roll_forward(self._folder, self._steps)
        except OSError as cause:
            if all((staging / step.staged).exists() for step in self._steps if step.staged):
                raise  # nothing was renamed yet: the old state stands, and abandoning drops the journal
            raise CaseFolderError(
                f"{self._folder}: the disk failed in the middle of a write ({cause.strerror}); nothing is lost: "
                "open the folder again to complete it."
            ) from cause
        with suppress(OSError):  # the change is made and complete; the next one clears what is left of it
            _drop(staging)

    def abandon(self) -> None:
        """Drop what was staged, unless files were renamed already: then the journal stays for :func:`recover`."""
        staging = self._folder / STAGING
        with suppress(OSError):  # a disk that refuses even this leaves it to the next change to clear
            if all((staging / step.staged).exists() for step in self._steps if step.staged):
                _drop(staging)


@contextmanager
def transaction(folder: Path) -> Iterator[Transaction]:
    """Collect the files of one change to ``folder``; it is made when the block ends without an exception.

    Raises
    ------
    CaseFolderError
        If the disk refuses, as a full one does; the folder is as it was, or as it will be once opened again.
    """
    change = Transaction(folder)
    try:
        yield change
        change.commit()
    except OSError as cause:
        change.abandon()
        raise CaseFolderError(f"{folder} cannot be written ({cause.strerror or cause}); it is as it was.") from cause
    except BaseException:
        change.abandon()
        raise


def is_pending(folder: Path) -> bool:
    """Say whether a change was made but not completed: :func:`recover` must run before the folder is read."""
    return (folder / STAGING / _JOURNAL).exists()


def recover(folder: Path) -> None:
    """Complete a change that has its journal and drop one that has not.

    Raises
    ------
    IntegrityError
        If a staged file is missing or damaged, so that the change cannot be completed.
    CaseFolderError
        If the disk refuses, or the journal is another version's.
    """
    staging = folder / STAGING
    try:
        if not staging.exists():
            return
        steps = _read_journal(staging / _JOURNAL)
        if steps is not None:
            _check_staged(folder, steps)
            _roll_forward(folder, steps)
        _drop(staging)
    except OSError as cause:
        raise CaseFolderError(
            f"{folder}: an interrupted write cannot be completed ({cause.strerror}); make the folder writable."
        ) from cause


def _read_journal(path: Path) -> list[_Step] | None:
    """Return the steps of a journal; None for one that is missing or not whole: its change was never made."""
    try:
        journal = parse_json(path.read_bytes())
        whole = journal["sha256"] == sha256_bytes(canonical_json(journal["steps"]))
    except (FileNotFoundError, ValueError, TypeError, KeyError, RecursionError):
        return None
    if not whole:
        return None
    try:
        steps = list(decode(tuple[_Step, ...], journal["steps"], "journal"))
    except CaseFolderError:
        steps = []
    if journal.get("schema") != 1 or not steps or not all(map(_is_own, steps)):
        raise CaseFolderError(
            f"{path.parent.parent} holds an interrupted write that this version did not make: "
            "open it with the version that did, or restore it from a backup."
        )
    return steps


def _is_own(step: _Step) -> bool:
    """Say whether a step stays inside the case folder: a journal is a file, and anybody may have written it."""
    return is_case_file(step.target) and (
        step.staged is None or re.fullmatch(r"[A-Za-z0-9.-]+", step.staged) is not None
    )


def _check_staged(folder: Path, steps: list[_Step]) -> None:
    for step in steps:
        if step.staged is None:
            continue
        places = (folder / STAGING / step.staged, folder / step.target)
        if not any(place.is_file() and sha256_file(place) == step.sha256 for place in places):
            raise IntegrityError(
                f"{folder}: an interrupted write cannot be completed, for its copy of {step.target} is damaged; "
                "restore the folder from a backup."
            )


def _roll_forward(folder: Path, steps: list[_Step]) -> None:
    """Rename every staged file to its target, then remove what is to go; may be repeated after an interruption."""
    for step in steps:
        target = folder / step.target
        if step.staged is None:
            target.unlink(missing_ok=True)
        elif (staged := folder / STAGING / step.staged).exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            staged.replace(target)
    touched = {parent for step in steps for parent in (folder / step.target).parents if parent.is_relative_to(folder)}
    for parent in touched:
        sync_folder(parent)


def _drop(staging: Path) -> None:
    (staging / _JOURNAL).unlink(missing_ok=True)  # first: a journal without its files must never be met
    sync_folder(staging)
    shutil.rmtree(staging)


def _flush(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())
