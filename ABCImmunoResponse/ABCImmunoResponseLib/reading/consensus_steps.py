"""What follows the locked reads: reconciliation, adjudication and signature of the consensus."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import SimpleITK as sitk

from ABCImmunoResponseLib.case import Finding, Signature
from ABCImmunoResponseLib.errors import CaseFolderError, StateError
from ABCImmunoResponseLib.imaging.seg_nrrd import write_seg_nrrd
from ABCImmunoResponseLib.reading import layout, verdict
from ABCImmunoResponseLib.reading.consensus import CHOICES, Reads, settle, start
from ABCImmunoResponseLib.reading.people import check_person, check_text, require_independent
from ABCImmunoResponseLib.reading.reader_steps import masks_of
from ABCImmunoResponseLib.reading.records import Consensus, Decision, to_bytes
from ABCImmunoResponseLib.reading.states import require
from ABCImmunoResponseLib.reading.store import Store
from ABCImmunoResponseLib.reading.transaction import Content


def both_reads(store: Store) -> Reads:
    """Return both reads with their masks, cropped, and what they are held against."""
    a, b = store.contents.reads
    return Reads(
        image=store.image(),
        a=a,
        b=b,
        masks_a=masks_of(store, a, crop=True),
        masks_b=masks_of(store, b, crop=True),
        acquisition=store.record.acquisition,
        protocol=store.contents.protocol,
    )


def consensus_masks(store: Store, *, crop: bool) -> dict[str, sitk.Image]:
    """Return the masks of the consensus so far, full or cropped, by lesion id."""
    ids = [lesion.lesion_id for lesion in store.record.lesions]
    return store.masks(layout.CONSENSUS_SEGMENTS, ids, crop=crop) if ids else {}


def reconcile(store: Store, actor: str) -> tuple[verdict.Verdict, ...]:
    """Compare both reads; see :meth:`CaseFolder.reconcile`."""
    actor = check_person(actor)
    with store.changing():
        require(store.record.state, ("locked",), "Reconciling")
        reads, moment = both_reads(store), store.now()
        verdicts = verdict.reconcile(
            reads.a.lesions, reads.masks_a, reads.b.lesions, reads.masks_b, reads.protocol, reads.image
        )
        consensus, masks = start(verdicts, reads, actor, moment)
        details = {"pairs": len(verdicts), "open": list(consensus.open_pairs)}
        commit_consensus(store, consensus, masks, action="reconcile", actor=actor, details=details, moment=moment)
    return verdicts


def adjudicate(
    store: Store,
    pair_id: str,
    choice: str,
    actor: str,
    reason: str,
    *,
    organ: str | None,
    mask: sitk.Image | None,
    findings: Sequence[Finding],
    override_reason: str,
) -> None:
    """Settle one pair; see :meth:`CaseFolder.adjudicate`."""
    actor, reason = check_person(actor), check_text(reason, "The reason")
    override_reason = check_text(override_reason, "The override reason", required=False)
    if choice not in CHOICES:
        raise CaseFolderError(f"{str(choice)[:40]!r} is no choice; use one of {', '.join(CHOICES)}.")
    with store.changing():
        require(store.record.state, ("reconciled", "adjudicated"), "Adjudicating")
        require_independent(actor, store.record.reads, override_reason, "adjudicating")
        moment = store.now()
        decision = Decision(
            str(pair_id), choice, actor, reason, moment, override_reason=override_reason, findings=tuple(findings)
        )
        masks = consensus_masks(store, crop=True)
        consensus, masks = settle(
            store.contents.consensus, masks, decision, both_reads(store), organ=organ, edited=mask
        )
        details = {"pair": decision.pair_id, "choice": choice, "reason": reason}
        details |= {"organ": organ} if organ else {}
        details |= {"override_reason": override_reason} if override_reason else {}
        commit_consensus(store, consensus, masks, action="adjudicate", actor=actor, details=details, moment=moment)


def sign(store: Store, actor: str, override_reason: str) -> None:
    """Sign the consensus; see :meth:`CaseFolder.sign`."""
    actor = check_person(actor)
    override_reason = check_text(override_reason, "The override reason", required=False)
    with store.changing():
        consensus = store.contents.consensus
        if consensus is not None and consensus.open_pairs:
            raise StateError(f"Signing is refused: adjudicate {', '.join(consensus.open_pairs)} first.")
        require(store.record.state, ("adjudicated",), "Signing")
        require_independent(actor, store.record.reads, override_reason, "signing")
        if not consensus.lesions:
            raise StateError("Signing is refused: every lesion was dropped, so there is nothing to score.")
        moment = store.now()
        details: dict[str, Any] = {"lesions": [item.lesion.lesion_id for item in consensus.lesions]}
        details |= {"override_reason": override_reason} if override_reason else {}
        signed = replace(consensus, signature=Signature(actor, "consensus", moment, override_reason))
        store.commit(
            replace(store.record, state="signed"),
            action="sign",
            actor=actor,
            details=details,
            moment=moment,
            files={layout.CONSENSUS: to_bytes(signed)},
        )


def commit_consensus(
    store: Store,
    consensus: Consensus,
    masks: Mapping[str, sitk.Image],
    *,
    action: str,
    actor: str,
    details: Mapping[str, Any],
    moment: str,
    files: Mapping[str, Content | None] | None = None,
) -> None:
    """Write an unsigned consensus and its masks (and ``files``); the state follows from whether a pair is open."""
    names = {item.lesion.lesion_id: item.pair_id for item in consensus.lesions}
    tags = {lesion_id: {"role": "consensus", "lesion": lesion_id, "pair": pair} for lesion_id, pair in names.items()}
    changed: dict[str, Content | None] = {layout.CONSENSUS: to_bytes(consensus)}
    if masks:
        changed[layout.CONSENSUS_SEGMENTS] = lambda path: write_seg_nrrd(path, masks, tags, store.image())
    elif layout.CONSENSUS_SEGMENTS in store.record.files:
        changed[layout.CONSENSUS_SEGMENTS] = None
    store.commit(
        replace(
            store.record,
            state="reconciled" if consensus.open_pairs else "adjudicated",
            lesions=tuple(item.lesion for item in consensus.lesions),
        ),
        action=action,
        actor=actor,
        details=details,
        moment=moment,
        files=changed | dict(files or {}),
    )
