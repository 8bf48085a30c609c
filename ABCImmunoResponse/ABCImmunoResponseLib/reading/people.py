"""Who acts on a case, and what they must say."""

from collections.abc import Iterable
from typing import Any

from ABCImmunoResponseLib.case import check_name
from ABCImmunoResponseLib.errors import CaseFolderError, StateError
from ABCImmunoResponseLib.reading.records import ReadEntry

_LONGEST_NAME, _LONGEST_TEXT = 100, 2000


def check_person(value: Any, what: str = "The person who acts") -> str:
    """Return a person's name; raises CaseFolderError unless it is one line of 1 to 100 printable characters."""
    if not isinstance(value, str) or not value.isprintable() or not 0 < len(value.strip()) <= _LONGEST_NAME:
        raise CaseFolderError(
            f"{what} must be named by 1 to {_LONGEST_NAME} printable characters, not {_shown(value)}."
        )
    return value.strip()


def check_text(value: Any, what: str, *, required: bool = True) -> str:
    """Return a reason or statement; raises CaseFolderError unless it is text, not too long, and there if required."""
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT or not value.replace("\n", "").isprintable():
        raise CaseFolderError(f"{what} must be up to {_LONGEST_TEXT} printable characters, not {_shown(value)}.")
    if required and not value.strip():
        raise CaseFolderError(f"{what} is missing: say why, it is recorded.")
    return value.strip()


def find_reader(entries: Iterable[ReadEntry], reader: Any) -> ReadEntry | None:
    """Return the reader's entry, or None for one who has not read yet.

    Raises
    ------
    CaseFolderError
        If the name cannot be used, or differs from a reader's only in case (files of both would be one on some disks).
    """
    check_name(reader, "Reader")
    for entry in entries:
        if entry.reader == reader:
            return entry
        if entry.reader.casefold() == reader.casefold():
            raise CaseFolderError(
                f"Reader {reader!r} differs from {entry.reader!r} only in case: use {entry.reader!r}."
            )
    return None


def require_independent(actor: str, entries: Iterable[ReadEntry], override_reason: str, what: str) -> None:
    """Refuse ``actor`` who read the case, unless the reason for it is recorded.

    Raises
    ------
    StateError
        If the actor is one of the readers and no reason is given.
    """
    if not override_reason and actor.casefold() in {entry.reader.casefold() for entry in entries}:
        raise StateError(
            f"{actor} read this case, and {what} is for a third person; where there is none, record the reason "
            "(override reason)."
        )


def _shown(value: Any) -> str:
    return repr(value)[:80] if isinstance(value, str) else type(value).__name__
