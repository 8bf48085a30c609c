"""The cases of a reading folder and what each waits for: told from case.json alone, for lists of thousands.

Of a read that may not be seen yet nothing is told but who reads in which role, and whether the read is locked.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ABCImmunoResponseLib.errors import CaseFolderError
from ABCImmunoResponseLib.reading.layout import AUDIT, CASE
from ABCImmunoResponseLib.reading.standing import Standing, read_standing
from ABCImmunoResponseLib.reading.states import STATES
from ABCImmunoResponseLib.reading.transaction import is_pending

_TO_ADJUDICATE = ("locked", "reconciled", "adjudicated")
_LAST = {
    "signed": "The consensus is signed: to be scored, by anybody.",
    "scored": "Scored: the report is to be written, by anybody.",
    "reported": "Reported: nothing is left to do.",
}


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One case of a reading folder, as one person meets it.

    Attributes
    ----------
    directory, case_id
        Where it is; the folder's name stands for the id of one that cannot be read.
    state
        See :mod:`ABCImmunoResponseLib.reading.states`; '' of one that cannot be read.
    readers
        Reader, role ('A' or 'B') and whether the read is locked, A first.
    next
        What is to be done next and by whom, in one sentence.
    mine
        The person can read it, or go on reading it.
    to_adjudicate
        Both reads are locked, the consensus is not signed, and the person is neither reader.
    problem
        Why the case cannot be read, or ''.
    """

    directory: Path
    case_id: str
    state: str
    readers: tuple[tuple[str, str, bool], ...]
    next: str
    mine: bool
    to_adjudicate: bool
    problem: str = ""


_FILTERS: dict[str, Callable[[WorkItem], bool]] = {
    "all": lambda item: True,
    "to-read": lambda item: item.mine,
    "to-adjudicate": lambda item: item.to_adjudicate,
    "to-score": lambda item: item.state == "signed",
}
WORK_FILTERS = tuple(_FILTERS)


def worklist(reading_folder: Path, person: str) -> tuple[WorkItem, ...]:
    """Return the cases in a folder's sub-folders by their ids, as ``person`` meets them.

    Nothing is verified or changed: opening a case does that. A sub-folder that holds no case is passed over; one whose
    case.json cannot be read, or is not there yet or any more, is listed with its problem.

    Raises
    ------
    CaseFolderError
        If the folder cannot be read.
    """
    try:
        folders = [place for place in Path(reading_folder).iterdir() if place.is_dir()]
    except (OSError, ValueError) as cause:  # ValueError: no path at all
        raise CaseFolderError(f"{reading_folder} cannot be read ({getattr(cause, 'strerror', cause)}).") from cause
    items = (_item(place, person) for place in folders)
    return tuple(sorted(filter(None, items), key=lambda item: (item.case_id.casefold(), item.directory.name)))


def filtered(items: Iterable[WorkItem], which: str) -> tuple[WorkItem, ...]:
    """Return the items of one of :data:`WORK_FILTERS`.

    Raises
    ------
    CaseFolderError
        If there is no such filter.
    """
    if which not in _FILTERS:
        raise CaseFolderError(f"There is no filter {str(which)[:40]!r}; use one of: {', '.join(WORK_FILTERS)}.")
    return tuple(filter(_FILTERS[which], items))


def _item(place: Path, person: str) -> WorkItem | None:
    try:
        standing = read_standing(place)
    except CaseFolderError as cause:
        problem = _problem(place, cause)
        return WorkItem(place, place.name, "", (), "", False, False, problem) if problem else None
    readers = {entry.reader.casefold(): entry for entry in standing.reads}
    own = readers.get(person.casefold())
    mine = own.signature is None if own else len(readers) < 2
    return WorkItem(
        directory=place,
        case_id=standing.case_id,
        state=standing.state,
        readers=tuple((entry.reader, entry.role, entry.signature is not None) for entry in standing.reads),
        next=_next(standing),
        mine=mine,
        to_adjudicate=standing.state in _TO_ADJUDICATE and own is None,
    )


def _problem(place: Path, cause: CaseFolderError) -> str:
    """Return what is wrong with a folder without a readable case.json; '' where it is no case."""
    try:
        if (place / CASE).exists():
            return str(cause)
        if is_pending(place):
            return f"{place.name} was being created when the work stopped: open it to complete it."
        return f"{CASE} is missing: restore the folder from a backup." if (place / AUDIT).exists() else ""
    except OSError as refusal:
        return f"{place} cannot be read ({refusal.strerror})."


def _next(standing: Standing) -> str:
    locked = [entry.reader for entry in standing.reads if entry.signature is not None]
    reading = [entry.reader for entry in standing.reads if entry.signature is None]
    if STATES.index(standing.state) < STATES.index("locked"):
        steps = [f"{reader} is to lock the read" for reader in reading]
        missing = 2 - len(standing.reads)
        if missing:
            others = f" other than {' and '.join((*locked, *reading))}" if missing == 1 else ""
            steps.append(f"{'two readers' if missing == 2 else 'one reader'}{others} to read it")
        text = "; ".join(steps)
        return f"{text[0].upper()}{text[1:]}."
    neither = f"by someone who is neither {' nor '.join(locked)}"
    steps = {
        "locked": "Both reads are locked: to be compared, by anybody.",
        "reconciled": f"The readers' differences are to be settled, {neither}.",
        "adjudicated": f"The consensus is to be signed, {neither}.",
    }
    return (steps | _LAST)[standing.state]
