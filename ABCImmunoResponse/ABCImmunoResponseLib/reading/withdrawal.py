"""A read that is not locked leaves the record: one begun under a wrong name, or by a reader who cannot go on."""

from contextlib import suppress
from dataclasses import replace

from ABCImmunoResponseLib.errors import CaseFolderError, StateError
from ABCImmunoResponseLib.reading import draft_files, layout
from ABCImmunoResponseLib.reading.people import check_person, check_text
from ABCImmunoResponseLib.reading.reader_steps import find_read
from ABCImmunoResponseLib.reading.reopening import supersede
from ABCImmunoResponseLib.reading.store import Store

WITHDRAW = "withdraw-read"  # the action as the audit log names it


def withdraw_read(store: Store, reader: str, actor: str, reason: str) -> None:
    """Withdraw a read; see :meth:`CaseFolder.withdraw_read`."""
    actor, reason = check_person(actor), check_text(reason, "The reason")
    with store.changing():
        record, read = store.record, find_read(store, reader)
        if read.signature is not None:
            raise StateError(
                f"{reader}'s read is locked (since {read.signature.time}) and cannot be withdrawn: what was signed "
                "stays; start a new case for a new read."
            )
        left = tuple(entry for entry in record.reads if entry.reader != reader)
        store.commit(
            replace(record, state="reading" if left else "created", reads=left),
            action=WITHDRAW,
            actor=actor,
            details={"reader": reader, "role": read.role, "reason": reason},
            moment=store.now(),
            files=supersede(store, (layout.read_segments(reader), layout.read_record(reader))),
        )
        with suppress(CaseFolderError):  # a draft of before is shown to nobody, and goes when it is met
            draft_files.drop(store.path, reader)
