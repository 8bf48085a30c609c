"""A read under way as its reader sees it: sizes, what RECIST says and why not, while nothing has to be complete."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ABCImmunoResponseLib.case import Acquisition, Finding, Lesion, Protocol
from ABCImmunoResponseLib.errors import ProtocolError
from ABCImmunoResponseLib.reading.draft_record import DraftLesion
from ABCImmunoResponseLib.recist.diameters import Measurement
from ABCImmunoResponseLib.recist.measurability import Assessment, assess
from ABCImmunoResponseLib.recist.targets import (
    Candidate,
    TargetProposal,
    check_targets,
    propose_targets,
    sum_of_diameters,
)


@dataclass(frozen=True, slots=True)
class Row:
    """One lesion: its sizes, where it has an outline, and what RECIST lets it be.

    ``eligible`` is 'target', 'non-target', 'not-a-lesion', or '' where too little is known; ``why_not`` says why it is
    no possible target, or what is missing, in one sentence or a few words; ``findings`` are what to know about it.
    """

    lesion_id: str
    longest_diameter_mm: float | None
    short_axis_mm: float | None
    volume_mm3: float | None
    eligible: str
    why_not: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Overview:
    """A row for each lesion in the reader's order; findings on the read as a whole; and the sum of diameters.

    ``sum_mm`` and ``proposal`` are of the lesions whose outline and organ are known.
    """

    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]
    sum_mm: float
    proposal: TargetProposal


def overview(
    lesions: Sequence[DraftLesion | Lesion],
    measurements: Mapping[str, Measurement | None],
    acquisition: Acquisition,
    protocol: Protocol,
) -> Overview:
    """Return what is known of a read under way; no lesion is refused, however incomplete.

    Parameters
    ----------
    measurements
        By lesion id; None or left out where there is no outline yet.
    """
    rows, candidates = [], []
    for lesion in lesions:
        measured = measurements.get(lesion.lesion_id)
        missing = _missing(lesion, measured, protocol)
        if not missing and any(other.lesion.lesion_id == lesion.lesion_id for other in candidates):
            missing = "another lesion has the same id"
        assessment = None
        if not missing:
            candidate = Candidate(lesion if isinstance(lesion, Lesion) else lesion.lesion(), measured)
            assessment = assess(candidate.lesion, measured, acquisition, protocol)
            candidates.append(candidate)
        rows.append(_row(lesion.lesion_id, measured, missing, assessment))
    findings = [found for found in check_targets(candidates, acquisition, protocol) if found.lesion is None]
    if any(lesion.kind == "target" for lesion in lesions):  # one that is still to be completed is a target all the same
        findings = [found for found in findings if found.code != "no-target"]
    return Overview(
        rows=tuple(rows),
        findings=tuple(findings),
        sum_mm=sum_of_diameters(candidates, protocol),
        proposal=propose_targets(candidates, acquisition, protocol),
    )


def _missing(lesion: DraftLesion | Lesion, measured: Measurement | None, protocol: Protocol) -> str:
    if measured is None:
        return "no outline yet"
    if not lesion.organ:
        return "say the organ"
    try:
        protocol.organ(lesion.organ)
    except ProtocolError:
        return f"say the organ: {lesion.organ[:40]!r} is none of the protocol's"
    return ""


def _row(lesion_id: str, measured: Measurement | None, missing: str, assessment: Assessment | None) -> Row:
    sizes = (measured.longest_diameter_mm, measured.short_axis_mm, measured.volume_mm3) if measured else (None,) * 3
    if assessment is None:
        return Row(lesion_id, *sizes, "", missing)
    findings = tuple(found for found in assessment.findings if found.lesion is not None)
    return Row(lesion_id, *sizes, assessment.eligible, assessment.against, findings)
