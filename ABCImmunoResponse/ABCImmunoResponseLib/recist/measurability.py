"""Whether a lesion may be a target: RECIST 1.1's rules, evaluated with the numbers of the protocol.

Eisenhauer et al., Eur J Cancer 2009;45:228-247, sections 3 and 4 and appendix II.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ABCImmunoResponseLib.case import Acquisition, Finding, Lesion, Organ, Protocol
from ABCImmunoResponseLib.recist.diameters import Measurement

Eligible = Literal["target", "non-target", "not-a-lesion"]
_RANK: tuple[Eligible, ...] = ("not-a-lesion", "non-target", "target")


@dataclass(frozen=True, slots=True)
class Assessment:
    """What RECIST lets a lesion be.

    ``eligible`` is the most it may be; ``diameter_mm`` what it adds to the sum of diameters (short axis of a node,
    longest diameter of anything else); ``findings`` what to know about it; ``against`` why it cannot be a target,
    in one sentence, or ''.
    """

    eligible: Eligible
    diameter_mm: float
    findings: tuple[Finding, ...]
    against: str = ""


@dataclass(frozen=True, slots=True)
class _Facts:
    lesion: Lesion
    organ: Organ
    measurement: Measurement
    slice_mm: float | None
    limits: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Objection:
    """What a rule has to say; ``at_most`` is what it still lets the lesion be."""

    code: str
    message: str
    at_most: Eligible = "target"


def assess(lesion: Lesion, m: Measurement, acquisition: Acquisition, protocol: Protocol) -> Assessment:
    """Say what RECIST lets ``lesion`` be, and why.

    A finding about the lesion warns if it contradicts what the reader made of it (``lesion.kind``), else it informs.
    Where the reader recorded a reason to keep the lesion (``lesion.override``), it stays but only informs, and the
    lesion is what the reader calls it.

    Parameters
    ----------
    lesion
        With its organ, kind and what only a reader can say.
    m
        Its :func:`~ABCImmunoResponseLib.recist.diameters.measure`.
    acquisition
        For the slice thickness; where it is unknown the distance between slices is taken instead.
    protocol
        Its ``measurability`` section holds the limits.

    Raises
    ------
    ProtocolError
        If the protocol does not know the organ.
    """
    organ = protocol.organ(lesion.organ)
    facts = _Facts(lesion, organ, m, _slice_mm(m, acquisition), protocol.measurability)
    objections = [objection for rule in RULES for objection in rule(facts)]
    eligible = min((o.at_most for o in objections), key=_RANK.index, default="target")
    if lesion.override:
        eligible = max(eligible, lesion.kind, key=_RANK.index)
    return Assessment(
        eligible,
        recist_diameter(organ, m),
        (*(_finding(objection, lesion) for objection in objections), *_unknown_thickness(acquisition, facts)),
        "" if eligible == "target" else next(o.message for o in objections if o.at_most != "target"),
    )


def recist_diameter(organ: Organ, m: Measurement) -> float:
    """Return what a lesion of ``organ`` adds to the sum of diameters in mm: a node its short axis."""
    return m.short_axis_mm if organ.node else m.longest_diameter_mm


def _finding(objection: _Objection, lesion: Lesion) -> Finding:
    contradicted = _RANK.index(objection.at_most) < _RANK.index(lesion.kind)
    message = objection.message
    if contradicted and lesion.override:
        message += f" Kept by the reader: {lesion.override}"
    severity = "warning" if contradicted and not lesion.override else "info"
    return Finding(objection.code, message, severity, lesion.lesion_id)


def _slice_mm(m: Measurement, acquisition: Acquisition) -> float | None:
    if acquisition.slice_thickness_mm is not None:
        return acquisition.slice_thickness_mm
    return acquisition.spacing_mm[m.slice_axis] if acquisition.spacing_mm else None


def _unknown_thickness(acquisition: Acquisition, facts: _Facts) -> Iterator[Finding]:
    """Tell what was assumed; a finding about the case, the same for all its lesions."""
    if acquisition.slice_thickness_mm is not None:
        return
    message = "The slice thickness is not recorded; "
    if facts.slice_mm is not None:
        yield Finding(
            "slice-thickness-unknown", f"{message}the {facts.slice_mm:g} mm between slices are taken.", "info"
        )
    else:
        thick = facts.limits["thick_slice_above_mm"]
        yield Finding("slice-thickness-unknown", f"{message}check that it is at most {thick:g} mm, as is assumed.")


def _least(facts: _Facts, least: float) -> tuple[float, str]:
    """Return the smallest measurable size in mm, larger where slices are thick, and how to name it."""
    thick = facts.limits["thick_slice_above_mm"]
    if facts.slice_mm is None or facts.slice_mm <= thick:
        return least, f"{least:g} mm"
    times = facts.limits["thick_slice_multiplier"]
    widened = max(least, times * facts.slice_mm)
    return widened, f"{widened:g} mm ({times:g} times the slice thickness of {facts.slice_mm:g} mm)"


def _size(facts: _Facts) -> Iterator[_Objection]:
    """A measurable lesion is at least 10 mm long, twice the slice thickness where slices exceed 5 mm."""
    least, named = _least(facts, facts.limits["longest_diameter_min_mm"])
    found = facts.measurement.longest_diameter_mm
    if not facts.organ.node and found < least:
        yield _Objection(
            "too-small",
            f"The longest diameter of {found:.1f} mm is below {named}: not measurable, it can only be non-target.",
            "non-target",
        )


def _node(facts: _Facts) -> Iterator[_Objection]:
    """A node needs 15 mm of short axis to be a target; 10 to 15 mm is non-target, less is normal."""
    if not facts.organ.node:
        return
    short = facts.measurement.short_axis_mm
    normal = facts.limits["node_pathological_short_axis_min_mm"]
    least, named = _least(facts, facts.limits["node_target_short_axis_min_mm"])
    if short < normal:
        yield _Objection(
            "node-normal",
            f"The node's short axis of {short:.1f} mm is below {normal:g} mm: a normal node is no lesion.",
            "not-a-lesion",
        )
    elif short < least:
        yield _Objection(
            "node-too-small",
            f"The node's short axis of {short:.1f} mm is below {named}: pathological, but it can only be non-target.",
            "non-target",
        )


def _bone(facts: _Facts) -> Iterator[_Objection]:
    """A bone lesion is measurable only by its soft-tissue component."""
    if not facts.organ.bone or not facts.limits["bone_needs_soft_tissue_component"]:
        return
    if facts.lesion.soft_tissue is None:
        yield _Objection(
            "bone-soft-tissue-unknown",
            "Say whether this bone lesion has a soft-tissue component; without one it can only be non-target.",
            "non-target",
        )
    elif not facts.lesion.soft_tissue:
        yield _Objection(
            "bone-without-soft-tissue",
            "A bone lesion without a soft-tissue component is not measurable, it can only be non-target.",
            "non-target",
        )


def _irradiated(facts: _Facts) -> Iterator[_Objection]:
    """A lesion in a treated area is measurable only after it has progressed there."""
    if facts.lesion.irradiated:
        yield _Objection(
            "irradiated",
            "The lesion lies in an irradiated or locally treated area; it can be a target only if it has progressed "
            "since, which must be recorded as the reason.",
            "non-target",
        )


def _cystic(facts: _Facts) -> Iterator[_Objection]:
    """A cystic metastasis may be a target, but others are preferred."""
    if facts.lesion.cystic:
        yield _Objection(
            "cystic", "A cystic metastasis can be a target, but lesions that are not cystic are preferred."
        )


RULES = (_size, _node, _bone, _irradiated, _cystic)
