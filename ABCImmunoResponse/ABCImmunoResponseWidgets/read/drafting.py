"""A read that is being drawn, in memory and as a draft on disk, until it is recorded and locked. No Qt, no MRML."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from ABCImmunoResponseLib.case import Finding, Lesion
from ABCImmunoResponseLib.errors import CaseFolderError, StateError
from ABCImmunoResponseLib.imaging.masks import Mask
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.reading.drafts import (
    Draft,
    DraftLesion,
    check_may_read,
    draft_masks,
    drop_draft,
    load_draft,
    save_draft,
    save_draft_mask,
    start_draft,
)
from ABCImmunoResponseLib.reading.entry import save_masks
from ABCImmunoResponseLib.reading.people import find_reader
from ABCImmunoResponseLib.reading.standing import read_standing
from ABCImmunoResponseWidgets.read.reading import Reading, own_read, same_outline

_SAVED_BY = "saved_by"  # in a draft's view: which of several programs that have the draft open saved it last


class DraftOverError(StateError):
    """A draft that went on elsewhere, or whose read was locked there: what is in memory of it is never saved."""


class Drafting(Reading):
    """A read that is being drawn. Every change is in memory at once, and on disk after :meth:`save`.

    Attributes
    ----------
    view
        Where the reader looks, ready for JSON.
    notice
        What the reader must know of how the draft was found, or ''.
    saved
        When the draft was saved last, local time; None before.
    """

    def __init__(self, folder: CaseFolder, reader: str) -> None:
        """Go on with the reader's draft, or begin one.

        Raises
        ------
        StateError, CaseFolderError
            If this person cannot read the case, or the disk refuses.
        """
        findings: list[Finding] = []
        draft, self.notice = _resume(folder, reader)
        super().__init__(folder, reader, draft.lesions, draft_masks(folder, reader, findings=findings))
        self.notice = " ".join(filter(None, (self.notice, *(found.message for found in findings))))
        if draft.current in self.lesions:
            self.current = draft.current
        self.view: dict[str, Any] = {name: value for name, value in draft.view.items() if name != _SAVED_BY}
        self.saved: datetime | None = None
        damaged = not draft.time  # then what is known of it is written anew
        self._found = draft.time
        self._token = secrets.token_hex(8)
        self._on_disk = None if damaged else (draft.lesions, draft.current, dict(self.view))
        self._unsaved_masks: set[str] = set()
        self._removed: dict[str, DraftLesion] = {}

    def add(self, name: str = "") -> str:
        """Add a lesion and make it the one at hand; return its id.

        ``name`` becomes its id if it is that of a lesion removed before, which then is as it was; any other lesion
        gets the next number. A number is not used twice while one reads.
        """
        lesion = self._removed.pop(name, None) or DraftLesion(self._next_id())
        self.lesions[lesion.lesion_id] = lesion
        self._unsaved_masks.add(lesion.lesion_id)
        self.current = lesion.lesion_id
        return lesion.lesion_id

    def remove(self, lesion_id: str) -> None:
        """Remove a lesion with its outline."""
        order = list(self.lesions)
        at = order.index(lesion_id)
        self._removed[lesion_id] = self.lesions.pop(lesion_id)
        self._take(lesion_id, None)
        self._unsaved_masks.discard(lesion_id)  # its file goes with the lesion
        if self.current == lesion_id:
            left = order[:at] + order[at + 1 :]
            self.current = left[min(at, len(left) - 1)] if left else None

    def replace(self, lesions: Sequence[DraftLesion | Lesion], masks: Mapping[str, Mask]) -> None:
        """Make these the lesions of the draft, each with its outline in ``masks``, if it has one."""
        for lesion_id in set(self.lesions) - {lesion.lesion_id for lesion in lesions}:
            self.remove(lesion_id)
        self.lesions = {
            lesion.lesion_id: DraftLesion.of(lesion) if isinstance(lesion, Lesion) else lesion for lesion in lesions
        }
        for lesion_id in self.lesions:
            self.draw(lesion_id, masks.get(lesion_id))

    def change(self, lesion: DraftLesion) -> None:
        """Note what the reader said of a lesion."""
        self.lesions[lesion.lesion_id] = lesion

    def take_over_proposal(self) -> None:
        """Make the lesions that the protocol's order proposes targets, and the others with outline and organ not."""
        for choice in self.overview().proposal.choices:
            kind = "target" if choice.chosen else "non-target"
            self.lesions[choice.lesion_id] = replace(self.lesions[choice.lesion_id], kind=kind)

    def draw(self, lesion_id: str, mask: Mask | None) -> bool:
        """Note a lesion's outline as it is now, None where it has none; return whether it changed."""
        before = self.masks.get(lesion_id)
        if mask is None and before is None:
            return False
        if mask is not None and before is not None and same_outline(mask.image, before.image, self.image):
            return False
        self._unsaved_masks.add(lesion_id)
        self._take(lesion_id, mask)
        return True

    def is_saved(self) -> bool:
        """Say whether everything is on disk."""
        return not self._unsaved_masks and self._on_disk == self._state()

    def save(self) -> bool:
        """Save what changed since the last time to the draft; return whether anything had.

        Raises
        ------
        DraftOverError
            If the draft was saved by another program since, or the read was locked.
        ABCImmunoResponseError
            If the disk refuses, or this person may no longer read the case; what could not be saved is tried again at
            the next call.
        """
        self._check_current()
        if self.is_saved():
            return False
        self._on_disk = None
        lesions, current, view = state = self._state()
        # Also where an outline alone changed: it tells others who have this draft open.
        save_draft(self.folder, self.reader, lesions, current=current, view=view | {_SAVED_BY: self._token})
        self._on_disk = state
        for lesion_id in sorted(self._unsaved_masks):
            mask = self.masks.get(lesion_id)
            save_draft_mask(self.folder, self.reader, lesion_id, None if mask is None else mask.image)
            self._unsaved_masks.discard(lesion_id)
        self.saved = datetime.now()
        return True

    def record(self) -> tuple[Lesion, ...]:
        """Save the complete lesions as a read in the case folder; return them. Incomplete ones stay in the draft.

        Raises
        ------
        StateError
            If no lesion is complete; the message says what is missing. DraftOverError as :meth:`save`.
        ABCImmunoResponseError
            As :meth:`CaseFolder.save_read`.
        """
        self._check_current()
        lesions = self.complete()
        if not lesions:
            raise StateError(f"No lesion is complete yet{self.missing_text(': ')}.")
        save_masks(self.folder, self.reader, lesions, [self.masks[lesion.lesion_id] for lesion in lesions])
        return lesions

    def is_recorded(self) -> bool:
        """Say whether the read in the case folder holds exactly the lesions that are complete."""
        read = own_read(self.folder, self.reader)
        lesions = self.complete()
        if read is None or read.lesions != lesions:
            return False
        kept = self.folder.segments(read.reader, crop=True)
        return all(
            same_outline(self.masks[lesion.lesion_id].image, kept[lesion.lesion_id], self.image) for lesion in lesions
        )

    def lock(self, statement: str) -> None:
        """Record every lesion and lock the read for good.

        Raises
        ------
        StateError
            If nothing is drawn, or a lesion is incomplete; the message names it.
        ABCImmunoResponseError
            As :meth:`CaseFolder.lock_read`.
        """
        self._check_current()
        self.check_lockable()
        if not self.is_recorded():
            self.record()
        self.folder.lock_read(self.reader, statement)

    def check_lockable(self) -> None:
        """Refuse, as :meth:`lock` would, a read that is not complete."""
        if not self.lesions:
            raise StateError("There is no lesion to sign: outline at least one.")
        if self.incomplete():
            raise StateError(f"The read cannot be locked{self.missing_text(': ')}. Complete the lesion, or remove it.")

    def withdraw(self, reason: str) -> None:
        """Take the read out of the record and drop the draft; where nothing was recorded, only the draft.

        Raises
        ------
        ABCImmunoResponseError
            As :meth:`CaseFolder.withdraw_read`.
        """
        if own_read(self.folder, self.reader) is not None:
            self.folder.withdraw_read(self.reader, self.reader, reason)
        drop_draft(self.folder, self.reader)

    def missing_text(self, before: str = "") -> str:
        """Return what the incomplete lesions lack in a few words, or ''."""
        missing = "; ".join(f"{lesion_id}: {why.rstrip('.')}" for lesion_id, why in self.incomplete().items())
        return f"{before}{missing}" if missing else ""

    def _check_current(self) -> None:
        """Raise DraftOverError if another program went on with this draft, or ended it."""
        try:
            entry = find_reader(read_standing(self.folder.path).reads, self.reader)
            draft = load_draft(self.folder, self.reader)
        except CaseFolderError:  # damaged, or the disk refuses: saving tells, or makes it good
            return
        if entry is not None and entry.signature is not None:
            raise DraftOverError(
                f"{self.reader}'s read is locked (since {entry.signature.time}) and never changes again."
            )
        if draft is not None and draft.time not in ("", self._found) and draft.view.get(_SAVED_BY) != self._token:
            raise DraftOverError(
                f"{self.reader}'s read of case {self.folder.case_id} went on in another window or program: what was "
                "saved there last stands."
            )

    def _state(self) -> tuple[tuple[DraftLesion, ...], str | None, dict[str, Any]]:
        return tuple(self.lesions.values()), self.current, dict(self.view)

    def _next_id(self) -> str:
        used = {lesion_id.casefold() for lesion_id in (*self.lesions, *self._removed)}
        return next(name for name in _numbered() if name.casefold() not in used)


def _resume(folder: CaseFolder, reader: str) -> tuple[Draft, str]:
    """Return the draft; of one that is damaged the lesions whose outlines can still be read, and the reason."""
    try:
        return start_draft(folder, reader), ""
    except StateError:
        raise
    except CaseFolderError as damage:
        check_may_read(folder, reader)
        left = draft_masks(folder, reader)
        if not left:
            raise
        return Draft(reader, tuple(map(DraftLesion, left)), None, {}, ""), (
            f"{damage} The outlines of {', '.join(left)} were recovered; say of each its organ and kind again."
        )


def _numbered() -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield f"L{number}"
