"""What a reader's draft says, as values: lesions that may be incomplete, and where the reader was."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from ABCImmunoResponseLib.case import Lesion
from ABCImmunoResponseLib.errors import CaseFolderError, ProtocolError
from ABCImmunoResponseLib.reading.draft_files import RECORD
from ABCImmunoResponseLib.reading.records import from_bytes

_UNSAID = "unsaid"  # stands for an organ where a lesion's other values are checked


@dataclass(frozen=True, slots=True)
class DraftLesion:
    """A lesion that is being read: a :class:`~ABCImmunoResponseLib.case.Lesion` whose organ may not be said yet ('').

    Raises
    ------
    CaseFolderError, ProtocolError
        As ``Lesion``, of every value but the organ.
    """

    lesion_id: str
    organ: str = ""
    kind: Literal["target", "non-target"] = "target"
    site: str = ""
    override: str = ""
    soft_tissue: bool | None = None
    cystic: bool | None = None
    irradiated: bool | None = None

    def __post_init__(self) -> None:
        self._lesion(self.organ if self.organ != "" else _UNSAID)

    @classmethod
    def of(cls, lesion: Lesion) -> "DraftLesion":
        """Return a finished lesion as one to be worked on."""
        return cls(**{value.name: getattr(lesion, value.name) for value in fields(lesion)})

    def lesion(self) -> Lesion:
        """Return the finished lesion; raises ProtocolError if its organ is not said yet."""
        if not self.organ:
            raise ProtocolError(f"Say the organ of lesion {self.lesion_id} first.")
        return self._lesion(self.organ)

    def _lesion(self, organ: str) -> Lesion:
        values = {value.name: getattr(self, value.name) for value in fields(self)}
        return Lesion(**(values | {"organ": organ}))


@dataclass(frozen=True, slots=True)
class Draft:
    """A reader's draft without its outlines.

    ``current`` is the id of the lesion at hand; ``view`` what the program keeps to go on where the reader stopped, as
    JSON can say it; ``time`` when these were saved last (ISO 8601 UTC), '' where draft.json is lost.
    """

    reader: str
    lesions: tuple[DraftLesion, ...]
    current: str | None
    view: Mapping[str, Any]
    time: str


@dataclass(frozen=True, slots=True)
class DraftRecord:
    """draft.json. ``after_line`` is the number of the last audit line when it was written."""

    schema: int
    case_id: str
    reader: str
    lesions: tuple[DraftLesion, ...]
    current: str | None
    view: Mapping[str, Any]
    time: str
    after_line: int

    @property
    def ids(self) -> set[str]:
        """The ids of its lesions."""
        return {lesion.lesion_id for lesion in self.lesions}


def read_record(folder: Path, case_id: str, reader: str) -> DraftRecord | None:
    """Return what the draft in ``folder`` says; None where there is no draft.json.

    Raises
    ------
    CaseFolderError
        If it cannot be read, is damaged, or is the draft of another case or reader.
    """
    path = folder / RECORD
    try:
        record = from_bytes(DraftRecord, path.read_bytes(), RECORD)
    except FileNotFoundError:
        return None
    except OSError as cause:
        raise CaseFolderError(f"{path} cannot be read ({cause.strerror}).") from cause
    except CaseFolderError as cause:
        raise _unusable(path, str(cause).rstrip(".")) from cause
    if (record.case_id, record.reader) != (case_id, reader):
        raise _unusable(path, f"it is the draft of {record.reader[:64]!r} of case {record.case_id[:64]!r}")
    if len({name.casefold() for name in record.ids}) != len(record.lesions):
        raise _unusable(path, "a lesion appears twice")
    return record


def _unusable(path: Path, why: str) -> CaseFolderError:
    return CaseFolderError(
        f"{path} cannot be used ({why}): remove it, and the outlines beside it are lesions again, their organs to be "
        "said anew."
    )
