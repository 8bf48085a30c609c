"""Response by RECIST 1.1: complete, partial, stable, progressive or not evaluable.

Eisenhauer et al., Eur J Cancer 2009;45:228-247, sections 4.3 and 4.4, tables 1 and 3.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal

from ABCImmunoResponseLib.case import Protocol
from ABCImmunoResponseLib.errors import ProtocolError

Category = Literal["CR", "PR", "SD", "PD", "NE"]
NonTarget = Literal["none", "CR", "non-CR/non-PD", "PD", "NE"]
_NON_TARGET: tuple[NonTarget, ...] = ("none", "CR", "non-CR/non-PD", "PD", "NE")

_ROUNDING = 1e-9  # a decrease of exactly 30 % must not fail by the last bit of a float


@dataclass(frozen=True, slots=True)
class TargetDiameter:
    """One target lesion at one time.

    ``diameter_mm`` is what enters the sum (short axis of a node, longest diameter of all others): 0 if the lesion
    has disappeared, None if it was not evaluated. ``too_small`` marks a lesion that is seen but too small to measure:
    it counts the protocol's default, unless a diameter is given all the same.
    """

    lesion_id: str
    organ: str
    diameter_mm: float | None = None
    too_small: bool = False


@dataclass(frozen=True, slots=True)
class Changes:
    """The sums behind a response, in mm, and their relative changes; None where a target was not evaluated.

    ``nadir_mm`` is the smallest sum before now, the baseline's included. ``from_nadir`` is None also where the
    nadir is 0.
    """

    baseline_mm: float
    nadir_mm: float
    current_mm: float | None
    from_baseline: float | None
    from_nadir: float | None
    from_nadir_mm: float | None


@dataclass(frozen=True, slots=True)
class Response:
    """The overall response now, that of the target lesions alone, and why."""

    category: Category
    target_category: Category
    reason: str
    changes: Changes


def assess_response(
    baseline: Sequence[TargetDiameter],
    nadir_mm: float | None,
    current: Sequence[TargetDiameter],
    new_lesions: Sequence[str],
    protocol: Protocol,
    *,
    non_target: NonTarget = "none",
    complete_before: bool = False,
) -> Response:
    """Return the response at one follow-up.

    Targets (in this order):

    - CR: every target has disappeared, every node has a short axis below 10 mm. The sum need not be 0, and normal
      nodes cannot progress.
    - PD: the sum is 20 % and 5 mm or more above the nadir; or, after a complete response, a target other than a node
      is seen again. It stands also where targets were not evaluated, if the others alone reach it.
    - NE: a target was not evaluated.
    - PR: the sum is 30 % or more below the baseline's.
    - SD: everything else.

    The overall response joins the other lesions by table 1: any progression or new lesion is PD; CR needs CR of the
    non-targets too, else it is PR.

    Parameters
    ----------
    baseline
        Every target, all measured.
    nadir_mm
        Smallest sum of all follow-ups before this one in mm; None at the first follow-up.
    current
        The same targets now; one that is left out was not evaluated.
    new_lesions
        What is new and unequivocal, in words.
    protocol
        Its ``response`` section holds the limits.
    non_target
        Response of the non-target lesions; 'none' if there are none.
    complete_before
        Whether the targets had been in complete response at an earlier follow-up. (A nadir of 0 says so itself.)

    Raises
    ------
    ProtocolError
        If there is no target, a value is impossible, a lesion appears twice, changed its organ or is not at baseline.
    """
    limits = protocol.response
    before = _diameters(baseline, "baseline", limits, protocol)
    now = _diameters(current, "follow-up", limits, protocol)
    _check(baseline, current, before, nadir_mm, non_target)
    nodes = {target.lesion_id for target in baseline if protocol.organ(target.organ).node}
    changes = _changes(before, now, nadir_mm)
    target, why = _target_response(before, now, nodes, changes, limits, complete_before or changes.nadir_mm == 0)
    category, also = _overall(target, new_lesions, non_target)
    return Response(category, target, " ".join(filter(None, (why, also))), changes)


def _diameters(
    targets: Sequence[TargetDiameter], when: str, limits: Mapping[str, Any], protocol: Protocol
) -> dict[str, float | None]:
    values: dict[str, float | None] = {}
    for target in targets:
        if target.lesion_id in values:
            raise ProtocolError(f"Target {target.lesion_id} appears twice at {when}; give each lesion its own id.")
        protocol.organ(target.organ)
        value = target.diameter_mm
        if value is None and target.too_small:
            value = limits["too_small_to_measure_mm"]
        if value is not None and not (isinstance(value, Real) and math.isfinite(value) and value >= 0):
            raise ProtocolError(f"Target {target.lesion_id} at {when} cannot measure {value} mm; check the diameter.")
        values[target.lesion_id] = value
    return values


def _check(
    baseline: Sequence[TargetDiameter],
    current: Sequence[TargetDiameter],
    before: Mapping[str, float | None],
    nadir_mm: float | None,
    non_target: str,
) -> None:
    if not baseline:
        raise ProtocolError("Response needs at least one target lesion at baseline.")
    unmeasured = [name for name, value in before.items() if not value]
    if unmeasured:
        raise ProtocolError(f"Target {unmeasured[0]} has no diameter at baseline; measure it or make it non-target.")
    organs = {target.lesion_id: target.organ for target in baseline}
    for target in current:
        if target.lesion_id not in organs:
            raise ProtocolError(f"Target {target.lesion_id} was none at baseline; name it among the new lesions.")
        if target.organ != organs[target.lesion_id]:
            raise ProtocolError(
                f"Target {target.lesion_id} lay in {organs[target.lesion_id]} at baseline, not in {target.organ}."
            )
    if nadir_mm is not None and not (math.isfinite(nadir_mm) and nadir_mm >= 0):
        raise ProtocolError(f"The nadir cannot be {nadir_mm} mm; give the smallest sum of diameters so far.")
    if non_target not in _NON_TARGET:
        raise ProtocolError(f"Non-target response {str(non_target)[:40]!r} is unknown; use: {', '.join(_NON_TARGET)}.")


def _changes(before: Mapping[str, float], now: Mapping[str, float | None], nadir_mm: float | None) -> Changes:
    baseline = math.fsum(before.values())
    nadir = baseline if nadir_mm is None else min(baseline, nadir_mm)
    if any(now.get(name) is None for name in before):
        return Changes(baseline, nadir, None, None, None, None)
    current = math.fsum(now.values())
    return Changes(
        baseline_mm=baseline,
        nadir_mm=nadir,
        current_mm=current,
        from_baseline=current / baseline - 1,
        from_nadir=current / nadir - 1 if nadir else None,
        from_nadir_mm=current - nadir,
    )


def _target_response(
    before: Mapping[str, float],
    now: Mapping[str, float | None],
    nodes: set[str],
    changes: Changes,
    limits: Mapping[str, Any],
    complete_before: bool,
) -> tuple[Category, str]:
    evaluated = {name: value for name, value in now.items() if value is not None}
    missing = [name for name in before if name not in evaluated]
    normal = limits["node_normal_short_axis_below_mm"]
    gone = [value < normal if name in nodes else value == 0 for name, value in evaluated.items()]
    if not missing and all(gone):
        left = f"; nodes are normal (short axis below {normal:g} mm)" if nodes else ""
        return "CR", f"Every target has disappeared{left}."
    back = [name for name, value in evaluated.items() if value > 0 and name not in nodes]
    if complete_before and back:
        return "PD", f"Seen again after a complete response: {', '.join(back)}."
    total, nadir = math.fsum(evaluated.values()), changes.nadir_mm
    growth, absolute = limits["progression_increase"], limits["progression_absolute_mm"]
    if total - nadir >= max(growth * nadir, absolute) - _ROUNDING:
        part = f" of {', '.join(evaluated)} alone" if missing else ""
        relative = f" ({total / nadir - 1:+.1%})" if nadir else ""
        return "PD", (
            f"The sum{part}, {total:.1f} mm, is {total - nadir:.1f} mm{relative} above the smallest so far, "
            f"{nadir:.1f} mm."
        )
    if missing:
        return "NE", f"Not evaluated: {', '.join(missing)}."
    baseline, shrinkage = changes.baseline_mm, limits["partial_response_decrease"]
    told = f"The sum, {total:.1f} mm, is {total / baseline - 1:+.1%} against the baseline's {baseline:.1f} mm"
    if baseline - total >= shrinkage * baseline - _ROUNDING:
        return "PR", f"{told}, a decrease of at least {shrinkage:.0%}."
    return "SD", (
        f"{told} and {total - nadir:+.1f} mm against the smallest so far, {nadir:.1f} mm: neither partial response nor "
        "progression."
    )


def _overall(target: Category, new_lesions: Sequence[str], non_target: NonTarget) -> tuple[Category, str]:
    """Join targets, non-targets and new lesions by table 1 of RECIST 1.1."""
    if new_lesions:
        return "PD", f"New: {', '.join(new_lesions)}."
    if non_target == "PD":
        return "PD", "Non-target lesions have progressed."
    if target == "CR" and non_target in ("non-CR/non-PD", "NE"):
        left = "are still there" if non_target == "non-CR/non-PD" else "were not all evaluated"
        return "PR", f"Non-target lesions {left}, so the response is partial."
    return target, ""
