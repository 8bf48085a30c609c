"""A reader's work in progress: lesions and outlines as they are being drawn, each stroke on disk.

A draft is no part of a case's record: it may be incomplete, it is not audited, and it goes when the read is locked or
withdrawn. It is its reader's alone: every function here asks for the reader, and none tells who else has a draft.
Two processes on one draft do not disturb each other's files; what was saved last stands.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.case import Finding
from ABCImmunoResponseLib.errors import CaseFolderError
from ABCImmunoResponseLib.reading import audit, draft_files
from ABCImmunoResponseLib.reading.draft_record import Draft, DraftLesion, DraftRecord, read_record
from ABCImmunoResponseLib.reading.measuring import check_mask
from ABCImmunoResponseLib.reading.people import find_reader
from ABCImmunoResponseLib.reading.reader_steps import entry_to_read
from ABCImmunoResponseLib.reading.records import SCHEMA, to_bytes
from ABCImmunoResponseLib.reading.standing import Standing, read_standing
from ABCImmunoResponseLib.reading.withdrawal import WITHDRAW

if TYPE_CHECKING:
    from ABCImmunoResponseLib.reading.case_folder import CaseFolder

__all__ = [
    "Draft",
    "DraftLesion",
    "check_may_read",
    "draft_masks",
    "drop_draft",
    "load_draft",
    "save_draft",
    "save_draft_mask",
    "start_draft",
]


@dataclass(frozen=True, slots=True)
class _Found:
    """A reader's draft on disk.

    ``fault`` is why its ``record`` cannot be read, where there is one that cannot; ``over`` tells that the read was
    locked or withdrawn since.
    """

    place: Path
    standing: Standing
    record: DraftRecord | None = None
    fault: CaseFolderError | None = None
    over: bool = False


def check_may_read(folder: "CaseFolder", reader: str) -> None:
    """Refuse one who could not save a read of this case, as it is on disk now.

    Raises
    ------
    StateError
        If there is no room for another reader, or the own read is locked.
    CaseFolderError
        If the name cannot be used, or differs from a reader's only in case.
    """
    entry_to_read(read_standing(folder.path).reads, reader)
    draft_files.require_own_name(folder.path, reader)


def load_draft(folder: "CaseFolder", reader: str) -> Draft | None:
    """Return the reader's draft; None where there is none, or the read has been locked or withdrawn since.

    A lesion may have no outline yet: :func:`draft_masks` has those there are. Where draft.json is gone and outlines are
    left, they are lesions of which everything else is to be said again.

    Raises
    ------
    CaseFolderError
        If draft.json is damaged, or that of another case or reader; the outlines load all the same.
    """
    found = _find(folder, reader)
    if found.fault is not None:
        raise found.fault
    if found.record is not None:
        record = found.record
        return Draft(reader, record.lesions, record.current, record.view, record.time)
    lesions = () if found.over else tuple(map(DraftLesion, draft_files.drawn(found.place)))
    return Draft(reader, lesions, None, {}, "") if lesions else None


def start_draft(folder: "CaseFolder", reader: str) -> Draft:
    """Return the reader's draft; where there is none, begin one with the lesions of the saved read, or an empty one.

    Raises
    ------
    StateError, CaseFolderError
        As :func:`check_may_read` and :func:`load_draft`, or if the disk refuses.
    """
    check_may_read(folder, reader)
    draft = load_draft(folder, reader)
    if draft is not None:
        return draft
    found = _find(folder, reader)
    lesions: tuple[DraftLesion, ...] = ()
    masks: dict[str, bytes] = {}
    if find_reader(found.standing.reads, reader) is not None:
        read = next((read for read in folder.reads if read.reader == reader), None)
        if read is None:
            raise CaseFolderError(f"{reader}'s read was saved by another process: open {folder.path} again.")
        lesions = tuple(map(DraftLesion.of, read.lesions))
        outlines = folder.segments(reader, crop=True)
        masks = {name: draft_files.mask_bytes(mask, reader, name) for name, mask in outlines.items()}
    record = _record(folder, found.standing, reader, lesions, None, {})
    draft_files.lay_down(found.place, to_bytes(record), masks)
    return Draft(reader, lesions, None, {}, record.time)


def save_draft(
    folder: "CaseFolder",
    reader: str,
    lesions: Sequence[DraftLesion],
    *,
    current: str | None = None,
    view: Mapping[str, Any] | None = None,
) -> None:
    """Save the lesions of a draft, complete or not, over those before; outlines of lesions no longer there go.

    Written at once and flushed: a crash at any moment leaves the lesions before or those after.

    Raises
    ------
    StateError
        As :func:`check_may_read`.
    CaseFolderError
        If two lesions have the same id (also if only upper and lower case differ), ``current`` is none of them,
        ``view`` is no JSON, or the disk refuses.
    """
    check_may_read(folder, reader)
    lesions = tuple(lesions)
    known = {lesion.lesion_id for lesion in lesions}
    if len({name.casefold() for name in known}) != len(lesions):
        raise CaseFolderError("Two lesions have the same id: give each lesion its own.")
    if current is not None and current not in known:
        raise CaseFolderError(f"Lesion {str(current)[:80]} is at hand, but is none of the draft's.")
    found = _find(folder, reader)
    record = to_bytes(_record(folder, found.standing, reader, lesions, current, dict(view or {})))
    if found.record is not None:
        # What a kill left of lesions that had been removed must not come back with an id that is used again.
        draft_files.remove_masks(found.place, set(draft_files.drawn(found.place)) - found.record.ids)
    draft_files.write_file(found.place, draft_files.RECORD, record)
    draft_files.remove_masks(found.place, set(draft_files.drawn(found.place)) - known)


def save_draft_mask(folder: "CaseFolder", reader: str, lesion_id: str, mask: sitk.Image | None) -> None:
    """Save the outline of one lesion, over the one before; None or an empty mask removes it.

    Only the lesion's box is written, at once and flushed: a crash at any moment leaves the outline before or the one
    after. A lesion that the draft does not list yet is added to it.

    Parameters
    ----------
    mask
        0/1 on the CT's grid, full or cropped (:mod:`ABCImmunoResponseLib.imaging.cropping`). A cropped one is saved
        in a few milliseconds; in a full one the lesion has to be found first.

    Raises
    ------
    StateError
        As :func:`check_may_read`.
    GeometryError, MaskError
        If the mask is not on the CT's grid, or holds other values than 0 and 1.
    CaseFolderError
        If the id cannot be used, or the disk refuses.
    """
    check_may_read(folder, reader)
    found, name = _find(folder, reader), draft_files.mask_name(lesion_id)
    if mask is not None:
        mask = check_mask(folder.grid(), mask, lesion_id, folder.protocol.acquisition["geometry_tolerance_mm"])
    if mask is None or not np.any(sitk.GetArrayViewFromImage(mask)):
        draft_files.remove_masks(found.place, [lesion_id])
        return
    listed = found.fault is not None or (found.record is not None and lesion_id in found.record.ids)
    if not listed:
        draft = load_draft(folder, reader) or Draft(reader, (), None, {}, "")
        lesions = {lesion.lesion_id: lesion for lesion in (*draft.lesions, DraftLesion(lesion_id))}
        save_draft(folder, reader, tuple(lesions.values()), current=draft.current, view=draft.view)
    draft_files.write_file(found.place, name, draft_files.mask_bytes(mask, reader, lesion_id))


def draft_masks(folder: "CaseFolder", reader: str, *, findings: list[Finding] | None = None) -> dict[str, sitk.Image]:
    """Return the outlines of the reader's draft by lesion id: cropped masks, uint8 0/1, voxels those of the CT.

    Parameters
    ----------
    findings
        Is told of each outline that cannot be used and is therefore left out (code ``draft-outline-unusable``).

    Raises
    ------
    CaseFolderError
        If the folder cannot be read.
    """
    found = _find(folder, reader)
    names = () if found.over else draft_files.drawn(found.place)
    if found.record is not None:
        names = tuple(lesion.lesion_id for lesion in found.record.lesions if lesion.lesion_id in names)
    masks = {}
    for name in names:
        try:
            masks[name] = draft_files.read_mask(found.place, reader, name, folder.grid())
        except CaseFolderError as cause:
            if findings is not None:
                findings.append(Finding("draft-outline-unusable", str(cause), "serious", name))
    return masks


def drop_draft(folder: "CaseFolder", reader: str) -> None:
    """Remove the reader's draft, if there is one; raises CaseFolderError if the disk refuses."""
    draft_files.drop(folder.path, reader)


def _find(folder: "CaseFolder", reader: str) -> _Found:
    """Return the reader's draft; one that is over is removed, as whoever ended it would have but for a kill."""
    place, standing = draft_files.draft_folder(folder.path, reader), read_standing(folder.path)
    record = fault = None
    try:
        record = read_record(place, folder.case_id, reader)
    except CaseFolderError as cause:
        fault = cause
    entry = find_reader(standing.reads, reader)
    locked = entry is not None and entry.signature is not None
    if locked or (record is not None and record.after_line < _withdrawn(folder, reader)):
        with suppress(CaseFolderError):  # on a disk that does not let it go it is passed over all the same
            draft_files.drop(folder.path, reader)
        return _Found(place, standing, over=True)
    return _Found(place, standing, record, fault)


def _withdrawn(folder: "CaseFolder", reader: str) -> int:
    """Return the number of the audit line that last withdrew this reader's read; 0 where none did."""
    lines = (line for line in folder.audit() if line.action == WITHDRAW and line.details.get("reader") == reader)
    return max((line.number for line in lines), default=0)


def _record(
    folder: "CaseFolder",
    standing: Standing,
    reader: str,
    lesions: tuple[DraftLesion, ...],
    current: str | None,
    view: Mapping[str, Any],
) -> DraftRecord:
    return DraftRecord(
        schema=SCHEMA,
        case_id=folder.case_id,
        reader=reader,
        lesions=lesions,
        current=current,
        view=view,
        time=audit.now(),
        after_line=standing.audit.count,
    )
