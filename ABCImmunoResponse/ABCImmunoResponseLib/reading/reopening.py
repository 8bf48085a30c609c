"""A logged step back: what no longer holds is kept under ``superseded/``, and the reads stay as they were locked."""

import shutil
from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from ABCImmunoResponseLib.errors import StateError
from ABCImmunoResponseLib.reading import layout
from ABCImmunoResponseLib.reading.consensus import start
from ABCImmunoResponseLib.reading.consensus_steps import both_reads, commit_consensus, consensus_masks
from ABCImmunoResponseLib.reading.people import check_person, check_text
from ABCImmunoResponseLib.reading.states import require_reopening
from ABCImmunoResponseLib.reading.store import Store
from ABCImmunoResponseLib.reading.transaction import Content

_OUTCOME = (layout.REPORT, layout.RESULT, layout.DIAGNOSTICS, layout.FEATURES)
_CONSENSUS = (layout.CONSENSUS, layout.CONSENSUS_SEGMENTS)


def reopen(store: Store, to_state: str, actor: str, reason: str) -> None:
    """Reopen a case; see :meth:`CaseFolder.reopen`."""
    actor, reason = check_person(actor), check_text(reason, "The reason")
    with store.changing():
        require_reopening(store.record.state, to_state)
        step = {"action": "reopen", "actor": actor, "moment": store.now()}
        details = {"from": store.record.state, "to": to_state, "reason": reason}
        gone = (layout.REPORT,) if to_state == "scored" else _OUTCOME
        if to_state in ("signed", "scored"):
            store.commit(replace(store.record, state=to_state), **step, details=details, files=supersede(store, gone))
        elif to_state == "locked":
            store.commit(
                replace(store.record, state="locked", lesions=()),
                **step,
                details=details,
                files=supersede(store, (*gone, *_CONSENSUS)),
            )
        else:
            consensus = store.contents.consensus
            if to_state == "adjudicated":
                after, masks = replace(consensus, signature=None), consensus_masks(store, crop=True)
            else:
                after, masks = start(consensus.verdicts, both_reads(store), actor, step["moment"])
                if not after.open_pairs:
                    raise StateError(
                        "The case cannot be reopened to 'reconciled': the readers agree on every pair, so none is left "
                        "to settle; reopen it to 'adjudicated'."
                    )
            commit_consensus(store, after, masks, **step, details=details, files=supersede(store, gone, _CONSENSUS))


def supersede(store: Store, gone: Iterable[str], copied: Iterable[str] = ()) -> dict[str, Content | None]:
    """Return the changes that keep a copy of these files, and remove those that are ``gone``."""
    line = len(store.lines) + 1
    held = store.record.files
    changes: dict[str, Content | None] = {}
    for name in (*gone, *copied):
        if name in held:
            changes[layout.superseded(name, line)] = partial(shutil.copyfile, store.path / name)
    return changes | {name: None for name in gone if name in held}
