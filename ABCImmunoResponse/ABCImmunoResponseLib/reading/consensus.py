"""From verdicts to a consensus: which outline, organ and kind each pair of lesions ends up with, and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import SimpleITK as sitk

from ABCImmunoResponseLib.case import Acquisition, Finding, Lesion, Protocol
from ABCImmunoResponseLib.errors import CaseFolderError, MaskError
from ABCImmunoResponseLib.imaging.validity import check_lesion
from ABCImmunoResponseLib.reading.measuring import check_mask, measure_lesions
from ABCImmunoResponseLib.reading.proposals import PROPOSALS, explain_proposals, propose
from ABCImmunoResponseLib.reading.records import SCHEMA, Consensus, ConsensusLesion, Decision, Read
from ABCImmunoResponseLib.reading.verdict import Verdict

CHOICES = ("A", "B", *PROPOSALS, "edited", "drop")


@dataclass(frozen=True, slots=True)
class Reads:
    """Both locked reads with their masks, cropped, by lesion id, and the CT they lie on."""

    image: sitk.Image
    a: Read
    b: Read
    masks_a: Mapping[str, sitk.Image]
    masks_b: Mapping[str, sitk.Image]
    acquisition: Acquisition
    protocol: Protocol


def start(
    verdicts: tuple[Verdict, ...], reads: Reads, actor: str, time: str
) -> tuple[Consensus, dict[str, sitk.Image]]:
    """Return the consensus right after the reconciliation, and its masks, cropped, by lesion id.

    Concordant pairs take the protocol's proposal (``agreement.concordant_consensus``), recorded as automatic, unless
    that would be no valid lesion; such a pair stays open for the adjudicator.
    """
    rule = reads.protocol.agreement["concordant_consensus"]
    reason = f"concordant; the protocol {reads.protocol.name} takes the {rule} outline"
    decisions: list[Decision] = []
    notes: list[Finding] = []
    lesions: dict[str, Lesion] = {}
    masks: dict[str, sitk.Image] = {}
    for number, verdict in enumerate(verdicts, 1):
        if verdict.concordant:
            lesion = replace(_lesion(verdict, rule, reads, None), lesion_id=f"L{number}")
            try:
                mask, found = _outline(verdict, rule, reads, None)
                check_lesion(reads.image, mask, reads.protocol, lesion.lesion_id)
            except MaskError as cause:
                notes.append(Finding("concordant-proposal", f"{verdict.pair_id}: {cause}", "warning"))
                continue
            decisions.append(Decision(verdict.pair_id, rule, actor, reason, time, automatic=True, findings=found))
            lesions[verdict.pair_id], masks[lesion.lesion_id] = lesion, mask
    consensus = Consensus(SCHEMA, verdicts, tuple(decisions), (), (), tuple(notes))
    return _measure(consensus, lesions, masks, reads)


def settle(
    consensus: Consensus,
    masks: Mapping[str, sitk.Image],
    decision: Decision,
    reads: Reads,
    *,
    organ: str | None = None,
    edited: sitk.Image | None = None,
) -> tuple[Consensus, dict[str, sitk.Image]]:
    """Return the consensus and its masks with one pair settled, anew if it was settled before.

    The lesion of pair Pn is Ln, whoever is settled first, so that a lesion keeps its id when others are dropped.

    Parameters
    ----------
    masks
        The consensus's masks so far, cropped, by lesion id.
    organ
        The organ's code; needed where the readers named different ones and a proposal or edited mask is taken.
    edited
        The mask for the choice 'edited', full or cropped.

    Raises
    ------
    CaseFolderError
        If there is no such pair or choice, or the choice does not fit the pair.
    MaskError, GeometryError, ProtocolError
        If the outline is no valid lesion, not on the image's grid, or the organ is unknown.
    """
    numbers = {verdict.pair_id: n for n, verdict in enumerate(consensus.verdicts, 1)}
    if decision.pair_id not in numbers:
        raise CaseFolderError(f"There is no pair {decision.pair_id[:80]!r}; there are {', '.join(numbers)}.")
    verdict = consensus.verdicts[numbers[decision.pair_id] - 1]
    lesion_id = f"L{numbers[decision.pair_id]}"
    lesions = {item.pair_id: item.lesion for item in consensus.lesions if item.pair_id != decision.pair_id}
    kept = {name: mask for name, mask in masks.items() if name != lesion_id}
    if (edited is not None) != (decision.choice == "edited"):
        raise CaseFolderError("A mask goes with the choice 'edited', and only with it.")
    if decision.choice != "drop":
        kept[lesion_id], found = _outline(verdict, decision.choice, reads, edited)
        decision = replace(decision, findings=(*decision.findings, *found))
        lesions[decision.pair_id] = replace(_lesion(verdict, decision.choice, reads, organ), lesion_id=lesion_id)
    elif organ is not None:
        raise CaseFolderError("A lesion that is dropped has no organ: leave it out.")
    decisions = {item.pair_id: item for item in consensus.decisions} | {decision.pair_id: decision}
    settled = replace(consensus, decisions=tuple(decisions[pair] for pair in numbers if pair in decisions))
    return _measure(settled, {pair: lesions[pair] for pair in numbers if pair in lesions}, kept, reads)


def _outline(
    verdict: Verdict, choice: str, reads: Reads, edited: sitk.Image | None
) -> tuple[sitk.Image, tuple[Finding, ...]]:
    """Return the outline that was chosen, and what is to be known of it."""
    if choice == "edited":
        tolerance = reads.protocol.acquisition["geometry_tolerance_mm"]
        return check_mask(reads.image, edited, verdict.pair_id, tolerance), ()
    lesion_id, masks = {"A": (verdict.a, reads.masks_a), "B": (verdict.b, reads.masks_b)}.get(choice, (None, None))
    if choice in ("A", "B"):
        if lesion_id is None:
            raise CaseFolderError(f"Reader {choice} did not outline {verdict.pair_id}: choose the other or drop it.")
        return masks[lesion_id], ()
    if verdict.agreement is None:
        raise CaseFolderError(
            f"{verdict.pair_id} is not one lesion outlined by both readers, so there is no {choice} of it: "
            "choose A, B, an edited mask or drop it."
        )
    a, b = reads.masks_a[verdict.a], reads.masks_b[verdict.b]
    proposals = propose(a, b, reads.image)
    explained = explain_proposals(a, b, proposals, reads.image)
    if choice not in proposals:
        raise MaskError(f"There is no {choice} of {verdict.pair_id}. {' '.join(f.message for f in explained)}")
    return proposals[choice], explained if choice == "staple" else ()


def _lesion(verdict: Verdict, choice: str, reads: Reads, organ: str | None) -> Lesion:
    """Return what is said of the lesion: by the reader whose outline was taken, by both for any other outline.

    Where both count it is a target if either calls it one; RECIST's findings on that are kept with the consensus.
    """
    a = next((lesion for lesion in reads.a.lesions if lesion.lesion_id == verdict.a), None)
    b = next((lesion for lesion in reads.b.lesions if lesion.lesion_id == verdict.b), None)
    sources = [lesion for lesion in {"A": (a,), "B": (b,)}.get(choice, (a, b)) if lesion is not None]
    if organ is None:
        organs = list(dict.fromkeys(lesion.organ for lesion in sources))
        if len(organs) > 1:
            raise CaseFolderError(
                f"The readers named different organs for {verdict.pair_id} ({' and '.join(organs)}): say which it is."
            )
        organ = organs[0]
    reads.protocol.organ(organ)
    return Lesion(
        lesion_id=sources[0].lesion_id,
        organ=organ,
        kind="target" if any(lesion.kind == "target" for lesion in sources) else "non-target",
        site="; ".join(dict.fromkeys(lesion.site for lesion in sources if lesion.site)),
        override="; ".join(dict.fromkeys(lesion.override for lesion in sources if lesion.override)),
        **{
            name: _agreed(getattr(lesion, name) for lesion in sources)
            for name in ("soft_tissue", "cystic", "irradiated")
        },
    )


def _agreed(answers: Iterable[bool | None]) -> bool | None:
    """Return what everybody who knew said; None where nobody did or they contradict each other."""
    known = {answer for answer in answers if answer is not None}
    return known.pop() if len(known) == 1 else None


def _measure(
    consensus: Consensus, lesions: Mapping[str, Lesion], masks: Mapping[str, sitk.Image], reads: Reads
) -> tuple[Consensus, dict[str, sitk.Image]]:
    measured = measure_lesions(reads.image, list(lesions.values()), masks, reads.acquisition, reads.protocol)
    items = tuple(
        ConsensusLesion(
            lesion, pair_id, measured.measurements[lesion.lesion_id], measured.assessments[lesion.lesion_id]
        )
        for pair_id, lesion in lesions.items()
    )
    ordered = {item.lesion.lesion_id: masks[item.lesion.lesion_id] for item in items}
    return replace(consensus, lesions=items, findings=measured.findings), ordered
