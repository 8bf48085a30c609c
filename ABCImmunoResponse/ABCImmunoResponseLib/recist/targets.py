"""Choose target lesions: a proposal in the protocol's order with a reason for each; check a reader's choice."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ABCImmunoResponseLib.case import Acquisition, Finding, Lesion, Organ, Protocol
from ABCImmunoResponseLib.errors import ProtocolError
from ABCImmunoResponseLib.recist.diameters import Measurement
from ABCImmunoResponseLib.recist.measurability import Assessment, assess, recist_diameter


@dataclass(frozen=True, slots=True)
class Candidate:
    """A lesion and its measurement."""

    lesion: Lesion
    measurement: Measurement


@dataclass(frozen=True, slots=True)
class Choice:
    """What became of one candidate: its ``rank`` among the targets (1 first) or None, and why in one sentence."""

    lesion_id: str
    rank: int | None
    chosen: bool
    reason: str


@dataclass(frozen=True, slots=True)
class TargetProposal:
    """Ids of the proposed targets in the order they were chosen, and a choice for every candidate."""

    targets: tuple[str, ...]
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    lesion: Lesion
    organ: Organ
    assessment: Assessment


# An order of the protocol: how a candidate ranks, less first, given the targets so far in its organ group; and
# how the rank is told.
_ORDERS: dict[str, tuple[Callable[[_Entry, int], float], Callable[[_Entry, int], str]]] = {
    "visceral-first": (
        lambda entry, taken: not entry.organ.visceral,
        lambda entry, taken: "visceral" if entry.organ.visceral else "not visceral",
    ),
    "distinct-organs-first": (
        lambda entry, taken: taken,
        lambda entry, taken: f"number {taken + 1} of its organ group" if taken else "first of its organ group",
    ),
    "non-cystic-first": (
        lambda entry, taken: bool(entry.lesion.cystic),
        lambda entry, taken: "cystic" if entry.lesion.cystic else "",
    ),
    "larger-first": (
        lambda entry, taken: -entry.assessment.diameter_mm,
        lambda entry, taken: f"{entry.assessment.diameter_mm:.1f} mm",
    ),
}


def propose_targets(candidates: Sequence[Candidate], acquisition: Acquisition, protocol: Protocol) -> TargetProposal:
    """Propose target lesions: at most so many in all and in an organ group as the protocol allows.

    Lesions are taken one at a time. Among those that may be targets
    (:func:`~ABCImmunoResponseLib.recist.measurability.assess`) and whose organ group has room, the next is the first
    by the protocol's ``selection.order``, whose entries count one after the other; 'distinct-organs-first' looks at
    the targets taken so far, 'larger-first' at the diameter that enters the sum. Equal ones go by lesion id. The
    order of ``candidates`` makes no difference.

    Returns
    -------
    TargetProposal
        Its choices: targets by rank, then the others by id.

    Raises
    ------
    ProtocolError
        If an organ or an entry of the order is unknown, or a lesion id appears twice.
    """
    order = _order(protocol)
    entries = {entry.lesion.lesion_id: entry for entry in _entries(candidates, acquisition, protocol)}
    left = [entry for entry in entries.values() if entry.assessment.eligible == "target"]
    taken: Counter[str] = Counter()
    choices: list[Choice] = []
    while len(choices) < protocol.selection["targets_max"]:
        open_ones = [e for e in left if taken[e.organ.group] < protocol.selection["targets_per_organ_max"]]
        if not open_ones:
            break
        best = min(
            open_ones,
            key=lambda e: (*(rank(e, taken[e.organ.group]) for rank, _ in order), e.lesion.lesion_id),
        )
        told = [tell(best, taken[best.organ.group]) for _, tell in order]
        rank = len(choices) + 1
        reason = f"Chosen as target {rank}: {best.organ.label}, {', '.join(filter(None, told))}."
        choices.append(Choice(best.lesion.lesion_id, rank, True, reason))
        taken[best.organ.group] += 1
        left.remove(best)
    targets = tuple(choice.lesion_id for choice in choices)
    for name in sorted(set(entries) - set(targets)):
        choices.append(Choice(name, None, False, _why_not(entries[name], entries, targets, protocol)))
    return TargetProposal(targets, tuple(choices))


def check_targets(candidates: Sequence[Candidate], acquisition: Acquisition, protocol: Protocol) -> tuple[Finding, ...]:
    """Check the targets that a reader chose (lesions of kind 'target') and the sizes of the others.

    Returns
    -------
    tuple of Finding
        Of each lesion what :func:`~ABCImmunoResponseLib.recist.measurability.assess` found; then, for the case, no
        target at all, too many, too many in an organ group, or another choice than the protocol's order gives. One too
        many only informs where the reader recorded a reason for it at a lesion of that group.

    Raises
    ------
    ProtocolError
        As :func:`propose_targets`.
    """
    entries = _entries(candidates, acquisition, protocol)
    findings = list(dict.fromkeys(finding for entry in entries for finding in entry.assessment.findings))
    targets = [entry for entry in entries if entry.lesion.kind == "target"]
    if not targets:
        message = "No target lesion is chosen; the study needs at least one measurable lesion."
        return (*findings, Finding("no-target", message))
    most = protocol.selection["targets_max"]
    if len(targets) > most:
        message = f"{len(targets)} target lesions are chosen, more than {most}: make the others non-target."
        findings.append(Finding("too-many-targets", message, _severity(targets, most)))
    per_organ = protocol.selection["targets_per_organ_max"]
    for group in sorted({entry.organ.group for entry in targets}):
        members = [entry for entry in targets if entry.organ.group == group]
        if len(members) > per_organ:
            named = ", ".join(sorted(entry.lesion.lesion_id for entry in members))
            message = f"{len(members)} targets lie in one organ group ({group}: {named}), more than {per_organ}."
            findings.append(Finding("too-many-in-organ", message, _severity(members, per_organ)))
    proposed = propose_targets(candidates, acquisition, protocol).targets
    chosen = {entry.lesion.lesion_id for entry in targets}
    if chosen != set(proposed):
        message = f"The protocol's order would choose {', '.join(proposed) or 'no lesion'} as targets."
        findings.append(Finding("target-order", message, "info"))
    return tuple(findings)


def sum_of_diameters(candidates: Iterable[Candidate], protocol: Protocol) -> float:
    """Return the sum of the targets' diameters in mm: short axis of nodes, longest diameter of all others."""
    return float(
        sum(
            recist_diameter(protocol.organ(candidate.lesion.organ), candidate.measurement)
            for candidate in candidates
            if candidate.lesion.kind == "target"
        )
    )


def _order(protocol: Protocol) -> list:
    unknown = [name for name in protocol.selection["order"] if name not in _ORDERS]
    if unknown:
        raise ProtocolError(f"Protocol {protocol.name} orders targets by {unknown[0]!r}; use: {', '.join(_ORDERS)}.")
    return [_ORDERS[name] for name in protocol.selection["order"]]


def _entries(candidates: Sequence[Candidate], acquisition: Acquisition, protocol: Protocol) -> list[_Entry]:
    repeated = [name for name, n in Counter(c.lesion.lesion_id for c in candidates).items() if n > 1]
    if repeated:
        raise ProtocolError(f"Lesion id {repeated[0]} appears twice; give each lesion its own.")
    return [
        _Entry(c.lesion, protocol.organ(c.lesion.organ), assess(c.lesion, c.measurement, acquisition, protocol))
        for c in candidates
    ]


def _severity(members: Sequence[_Entry], most: int) -> str:
    """Return 'info' if as many members as are too many carry a recorded reason, else 'warning'."""
    return "info" if sum(bool(entry.lesion.override) for entry in members) >= len(members) - most else "warning"


def _why_not(entry: _Entry, entries: dict[str, _Entry], targets: Sequence[str], protocol: Protocol) -> str:
    if entry.assessment.eligible != "target":
        return f"Not chosen: {entry.assessment.against[0].lower()}{entry.assessment.against[1:]}"
    same = [name for name in targets if entries[name].organ.group == entry.organ.group]
    if len(same) >= protocol.selection["targets_per_organ_max"]:
        return f"Not chosen: {', '.join(same)} of the same organ group ({entry.organ.group}) come before it."
    return f"Not chosen: the {len(targets)} places went to lesions before it in the protocol's order."
