"""What a reader does in a case: save a read, lock it; and who may see it when."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

import SimpleITK as sitk

from ABCImmunoResponseLib.case import Finding, Lesion, Signature
from ABCImmunoResponseLib.errors import CaseFolderError, StateError
from ABCImmunoResponseLib.imaging.seg_nrrd import write_seg_nrrd
from ABCImmunoResponseLib.reading import draft_files, layout
from ABCImmunoResponseLib.reading.measuring import check_masks, measure_lesions
from ABCImmunoResponseLib.reading.people import check_text, find_reader
from ABCImmunoResponseLib.reading.records import SCHEMA, Read, ReadEntry, ReadRecord, to_bytes
from ABCImmunoResponseLib.reading.states import reached
from ABCImmunoResponseLib.reading.store import Store


def find_read(store: Store, reader: str) -> Read:
    """Return the reader's read; raises StateError if there is none."""
    entry = find_reader(store.record.reads, reader)
    if entry is None:
        raise StateError(f"{reader} has saved no read of this case.")
    return next(read for read in store.contents.reads if read.reader == entry.reader)


def masks_of(store: Store, read: Read, *, crop: bool) -> dict[str, sitk.Image]:
    """Return a read's masks, full or cropped, by lesion id."""
    return store.masks(layout.read_segments(read.reader), [lesion.lesion_id for lesion in read.lesions], crop=crop)


def may_see(store: Store, read: Read, viewer: str | None) -> bool:
    """Say whether ``viewer`` may see a read: the reader's own always, another's once both are locked."""
    own = viewer is not None and viewer.casefold() == read.reader.casefold()
    return own or reached(store.record.state, "locked")


def hide(read: Read) -> Read:
    """Return what may be known of another's read before both are locked: whose it is, and whether it is locked."""
    signature = read.signature and replace(read.signature, statement="")
    return replace(read, lesions=(), measurements={}, assessments={}, findings=(), signature=signature, hidden=True)


def save_read(
    store: Store,
    reader: str,
    lesions: Sequence[Lesion],
    masks: Mapping[str, sitk.Image],
    findings: Sequence[Finding],
) -> None:
    """Save a read; see :meth:`CaseFolder.save_read`."""
    with store.changing():
        entry = entry_to_read(store.record.reads, reader)
        record, protocol, image = store.record, store.contents.protocol, store.image()
        checked = check_masks(image, lesions, masks, protocol)
        measured = measure_lesions(image, lesions, checked, record.acquisition, protocol)
        read = ReadRecord(
            schema=SCHEMA,
            reader=reader,
            role=entry.role,
            lesions=tuple(lesions),
            measurements=measured.measurements,
            assessments=measured.assessments,
            findings=(*findings, *measured.findings),
        )
        others = (known for known in record.reads if known.role != entry.role)
        entries = tuple(sorted((*others, entry), key=lambda known: known.role))
        tags = {lesion_id: {"reader": reader, "role": entry.role, "lesion": lesion_id} for lesion_id in checked}
        store.commit(
            replace(record, state="reading", reads=entries),
            action="save-read",
            actor=reader,
            details={"reader": reader, "role": entry.role},  # and no more: the other reader may see this line
            moment=store.now(),
            files={
                layout.read_segments(reader): lambda path: write_seg_nrrd(path, checked, tags, image),
                layout.read_record(reader): to_bytes(read),
            },
        )


def lock_read(store: Store, reader: str, statement: str) -> None:
    """Lock a read; see :meth:`CaseFolder.lock_read`."""
    statement = check_text(statement, "The statement", required=False)
    with store.changing():
        record, moment = store.record, store.now()
        read = find_read(store, reader)
        if read.signature is not None:
            raise StateError(f"{reader}'s read is locked already (since {read.signature.time}).")
        signature = Signature(reader, f"reader {read.role}", moment)
        reads = tuple(replace(e, signature=signature) if e.reader == reader else e for e in record.reads)
        both = len(reads) == 2 and all(e.signature is not None for e in reads)
        signed = ReadRecord(
            schema=SCHEMA,
            reader=reader,
            role=read.role,
            lesions=read.lesions,
            measurements=read.measurements,
            assessments=read.assessments,
            findings=read.findings,
            statement=statement,
        )
        store.commit(
            replace(record, state="locked" if both else "reading", reads=reads),
            action="lock-read",
            actor=reader,
            details={"reader": reader, "role": read.role, "with_statement": bool(statement)},  # not what it says
            moment=moment,
            files={layout.read_record(reader): to_bytes(signed)},
        )
        with suppress(CaseFolderError):  # a draft of a locked read is shown to nobody, and goes when it is met
            draft_files.drop(store.path, reader)


def entry_to_read(entries: Sequence[ReadEntry], reader: str) -> ReadEntry:
    """Return the entry of a reader who may save: one who has not locked, or a new one in the first role that is free.

    Raises
    ------
    StateError
        If the own read is locked, or two others read the case.
    CaseFolderError
        If the name cannot be used, or differs from a reader's only in case.
    """
    entry = find_reader(entries, reader)
    if entry is None and len(entries) == 2:
        names = " and ".join(known.reader for known in entries)
        raise StateError(f"{reader} cannot read this case: it is read by {names}, and there is no third reader.")
    if entry is not None and entry.signature is not None:
        raise StateError(f"{reader}'s read is locked (since {entry.signature.time}) and never changes again.")
    taken = {known.role for known in entries}
    return entry or ReadEntry(reader, "B" if "A" in taken else "A")
