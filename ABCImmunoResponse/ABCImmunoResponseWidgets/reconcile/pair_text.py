"""What a person reads of pairs, decisions and the consensus: plain words for what the record says."""

from collections.abc import Mapping
from dataclasses import dataclass

from slicer.i18n import tr as _

from ABCImmunoResponseLib.case import Protocol
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.reading.records import Decision
from ABCImmunoResponseLib.reading.verdict import Verdict
from ABCImmunoResponseWidgets.score.results import findings_text

CAUSES: Mapping[str, str] = {
    "concordant": _("agree"),
    "different-boundary": _("outlines differ"),
    "different-lesion": _("other lesions"),
    "different-organ": _("organs differ"),
    "one-reader-only": _("one reader only"),
}

CHOICES: Mapping[str, str] = {
    "A": _("A's outline"),
    "B": _("B's outline"),
    "staple": _("STAPLE of both"),
    "intersection": _("What both outlined"),
    "union": _("What either outlined"),
    "midway": _("Midway between both"),
    "edited": _("Edit an outline"),
    "drop": _("Drop the lesion"),
}
"""The choices of an adjudicator, in the order in which they are offered."""

REOPENINGS: Mapping[str, str] = {
    "locked": _("both reads locked: compare them anew"),
    "reconciled": _("compared: withdraw every decision taken by a person"),
    "adjudicated": _("decided: withdraw the signature"),
    "signed": _("signed: withdraw the score"),
    "scored": _("scored: withdraw the report"),
}
"""Where a case can go back to, and what that means."""

_DECIDED: Mapping[str, str] = {
    "A": _("A"),
    "B": _("B"),
    "staple": _("STAPLE"),
    "intersection": _("in both"),
    "union": _("in either"),
    "midway": _("midway"),
    "edited": _("edited"),
    "drop": _("dropped"),
}

_NOTHING = "–"


@dataclass(frozen=True, slots=True)
class PairRow:
    """One pair as the table shows it: texts, and whether nobody has decided it yet."""

    pair_id: str
    is_open: bool
    decision: str
    verdict: str
    dice: str
    hd95: str
    diameters: str
    organ: str
    lesions: str
    reason: str


def pair_rows(folder: CaseFolder) -> tuple[PairRow, ...]:
    """Return the pairs of a case, open ones first, else in order; none before the reads were compared.

    Diameters of lesions that one reader alone has are those of the read.
    """
    consensus = folder.consensus()
    if consensus is None:
        return ()
    decisions = {decision.pair_id: decision for decision in consensus.decisions}
    rows = [_row(verdict, decisions.get(verdict.pair_id), folder) for verdict in consensus.verdicts]
    return tuple(sorted(rows, key=lambda row: not row.is_open))


def _row(verdict: Verdict, decision: Decision | None, folder: CaseFolder) -> PairRow:
    agreement = verdict.agreement
    return PairRow(
        pair_id=verdict.pair_id,
        is_open=decision is None,
        decision=decision_text(decision),
        verdict=CAUSES[verdict.cause],
        dice=_NOTHING if agreement is None else f"{agreement.dice:.3f}",
        hd95=_NOTHING if agreement is None else f"{agreement.hd95_mm:.2f}",
        diameters=_both(*(_diameter(verdict, role, folder) for role in ("A", "B"))),
        organ=organ_text(verdict, folder.protocol),
        lesions=_both(verdict.a, verdict.b),
        reason=verdict.reason,
    )


def decision_text(decision: Decision | None) -> str:
    """Return how a pair was decided and by whom, or that it is open."""
    if decision is None:
        return _("OPEN")
    choice = _DECIDED[decision.choice]
    if decision.automatic:
        return _("{choice}, automatic").format(choice=choice)
    return _("{choice}, by {person}").format(choice=choice, person=decision.actor)


def pair_text(verdict: Verdict, decision: Decision | None) -> str:
    """Return why a pair was judged so and, where it is decided, how and why."""
    text = f"{verdict.pair_id}: {verdict.reason}"
    if decision is None:
        return text
    decided = _("{decision}: {reason}").format(decision=decision_text(decision), reason=decision.reason)
    return f"{text}\n{decided}"


def organ_text(verdict: Verdict, protocol: Protocol) -> str:
    """Return the organ that the readers named, or both where they differ."""
    codes = dict.fromkeys(code for code in (verdict.organ_a, verdict.organ_b) if code is not None)
    return " | ".join(protocol.organ(code).label for code in codes)


def _diameter(verdict: Verdict, role: str, folder: CaseFolder) -> str | None:
    lesion_id = verdict.a if role == "A" else verdict.b
    if lesion_id is None:
        return None
    if verdict.agreement is not None:
        agreement = verdict.agreement
        return f"{agreement.longest_diameter_a_mm if role == 'A' else agreement.longest_diameter_b_mm:.1f}"
    read = next(read for read in folder.reads_for() if read.role == role)
    return f"{read.measurements[lesion_id].longest_diameter_mm:.1f}"


def _both(a: str | None, b: str | None) -> str:
    return f"{a or _NOTHING} | {b or _NOTHING}"


def consensus_text(folder: CaseFolder) -> str:
    """Return the lesions of the consensus so far, one a line, and what RECIST says of them; '' where there are none."""
    consensus = folder.consensus()
    if consensus is None:
        return ""
    lines = [
        _("{lesion}: {organ}, {kind}, {longest} x {short} mm").format(
            lesion=item.lesion.lesion_id,
            organ=folder.protocol.organ(item.lesion.organ).label,
            kind=_("target") if item.lesion.kind == "target" else _("non-target"),
            longest=f"{item.measurement.longest_diameter_mm:.1f}",
            short=f"{item.measurement.short_axis_mm:.1f}",
        )
        for item in consensus.lesions
    ]
    found = findings_text((*consensus.notes, *consensus.findings))
    return "\n".join([*lines, *([found] if found else [])])


def standing_text(folder: CaseFolder) -> str:
    """Return in one sentence how far the consensus has come."""
    consensus = folder.consensus()
    if consensus is None:
        return _("Both reads are locked and have not been compared yet.")
    if consensus.signature is not None:
        text = _("The consensus is signed by {person}.").format(person=consensus.signature.person)
        return (
            text if folder.state == "signed" else _("{text} The case is {state}.").format(text=text, state=folder.state)
        )
    open_pairs = consensus.open_pairs
    if open_pairs:
        return _("{open} of {all} pairs are open: {names}.").format(
            open=len(open_pairs), all=len(consensus.verdicts), names=", ".join(open_pairs)
        )
    if not consensus.lesions:
        return _("Every pair is decided, and every lesion was dropped: there is nothing to sign.")
    return _("Every pair is decided; the consensus can be signed.")
