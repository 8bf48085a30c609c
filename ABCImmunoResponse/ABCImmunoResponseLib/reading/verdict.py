"""Reconcile two reads: a verdict for every lesion, with its cause and a reason in plain words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.case import Lesion, Protocol
from ABCImmunoResponseLib.errors import MaskError, ProtocolError
from ABCImmunoResponseLib.reading.agreement import Agreement, compare_regions
from ABCImmunoResponseLib.reading.matching import cut_out, id_order, match_regions
from ABCImmunoResponseLib.recist.diameters import measure_region
from ABCImmunoResponseLib.recist.regions import Region

Cause = Literal["concordant", "different-boundary", "different-lesion", "different-organ", "one-reader-only"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What two readers made of one lesion.

    Attributes
    ----------
    pair_id
        'P1', 'P2', ...: the same for the same two reads.
    a, b
        Lesion ids in read A and read B, None where a reader has none.
    cause
        'concordant'; 'different-boundary', one lesion outlined differently; 'different-lesion', each reader chose
        another lesion of the same organ group, or only one of them chose this one as target; 'different-organ', one
        lesion under two organ codes; 'one-reader-only'.
    concordant
        Whether it needs no adjudication.
    agreement
        Numbers of a lesion that both outlined, else None.
    organ_a, organ_b
        Organ codes.
    reason
        Plain sentences with the numbers that decided.
    """

    pair_id: str
    a: str | None
    b: str | None
    cause: Cause
    concordant: bool
    agreement: Agreement | None
    organ_a: str | None
    organ_b: str | None
    reason: str


def reconcile(
    lesions_a: Sequence[Lesion],
    masks_a: Mapping[str, sitk.Image],
    lesions_b: Sequence[Lesion],
    masks_b: Mapping[str, sitk.Image],
    protocol: Protocol,
) -> tuple[Verdict, ...]:
    """Judge every lesion of two reads.

    Lesions are matched on overlap (:func:`~ABCImmunoResponseLib.reading.matching.match_lesions`) and matched ones
    judged by :func:`judge`. What is left over in both reads within one organ group is put side by side as
    'different-lesion', nearest centres first; the rest was read by one only.

    Parameters
    ----------
    lesions_a, lesions_b
        The lesions of each read; their order makes no difference.
    masks_a, masks_b
        uint8 volumes by lesion id, all on the CT's grid; masks of no lesion are not allowed.
    protocol
        Its ``agreement`` section holds the thresholds.

    Returns
    -------
    tuple of Verdict
        Every lesion of both reads once: lesions of A by id, then those only B has.

    Raises
    ------
    ProtocolError
        If a lesion id appears twice in a read, or an organ is unknown.
    MaskError
        If a lesion has no mask, a mask no lesion, or a mask is empty.
    GeometryError
        If the masks do not share a grid.
    """
    by_id_a, by_id_b = _by_id(lesions_a, masks_a, "A", protocol), _by_id(lesions_b, masks_b, "B", protocol)
    regions_a, regions_b = cut_out(masks_a, masks_b)
    pairs = match_regions(regions_a, regions_b, protocol.agreement["match_dice_min"])
    verdicts = []
    for pair in pairs:
        if pair.a is not None and pair.b is not None:
            agreement = compare_regions(regions_a[pair.a], regions_b[pair.b])
            verdicts.append(judge("", by_id_a[pair.a], by_id_b[pair.b], agreement, protocol))
    alone_a = [by_id_a[pair.a] for pair in pairs if pair.b is None]
    alone_b = [by_id_b[pair.b] for pair in pairs if pair.a is None]
    for a, b, apart in _side_by_side(alone_a, alone_b, regions_a, regions_b, protocol):
        verdicts.append(_different_lesion(a, b, regions_a[a.lesion_id], regions_b[b.lesion_id], apart, protocol))
        alone_a.remove(a)
        alone_b.remove(b)
    verdicts += [_one_reader_only("A", lesion, regions_a[lesion.lesion_id], protocol) for lesion in alone_a]
    verdicts += [_one_reader_only("B", lesion, regions_b[lesion.lesion_id], protocol) for lesion in alone_b]
    verdicts.sort(key=lambda verdict: (verdict.a is None, id_order(verdict.a or ""), id_order(verdict.b or "")))
    return tuple(replace(verdict, pair_id=f"P{number}") for number, verdict in enumerate(verdicts, 1))


def judge(pair_id: str, a: Lesion, b: Lesion, agreement: Agreement, protocol: Protocol) -> Verdict:
    """Judge one lesion that both readers outlined.

    It is concordant if the organ codes are the same, Dice, HD95 and the difference of longest diameters keep the
    protocol's thresholds, and both readers call it a target or both do not. Which of these fails first, in this
    order, is the cause; a different kind alone counts as 'different-lesion': the readers chose different targets.
    """
    numbers = _numbers(agreement)
    faults = _boundary_faults(agreement, protocol)
    organ = protocol.organ(a.organ).label
    if a.organ != b.organ:
        cause = "different-organ"
        reason = f"Both readers outlined this lesion, but A calls it {organ} and B {protocol.organ(b.organ).label}"
        reason += f" ({'; '.join(faults) if faults else numbers})."
    elif faults:
        cause = "different-boundary"
        reason = f"Both readers outlined this lesion ({organ}), but differently: {'; '.join(faults)}."
    elif a.kind != b.kind:
        cause = "different-lesion"
        reason = f"Both readers outlined this lesion ({organ}) alike ({numbers})."
    else:
        cause = "concordant"
        reason = f"Both readers outlined this lesion ({organ}) alike: {numbers}."
    if a.kind != b.kind:
        reason += f" A calls it {_kind(a)}, B {_kind(b)}."
    return Verdict(pair_id, a.lesion_id, b.lesion_id, cause, cause == "concordant", agreement, a.organ, b.organ, reason)


def _by_id(
    lesions: Sequence[Lesion], masks: Mapping[str, sitk.Image], reader: str, protocol: Protocol
) -> dict[str, Lesion]:
    by_id = {lesion.lesion_id: lesion for lesion in lesions}
    if len(by_id) != len(lesions):
        raise ProtocolError(f"Reader {reader} has two lesions of the same id; give each its own.")
    missing, spare = sorted(set(by_id) - set(masks)), sorted(set(masks) - set(by_id))
    if missing:
        raise MaskError(f"Reader {reader} has not outlined {', '.join(missing)}; outline it or remove it.")
    if spare:
        raise MaskError(f"Reader {reader} outlined {', '.join(spare)} without naming an organ; add it to the lesions.")
    for lesion in lesions:
        protocol.organ(lesion.organ)
    return by_id


def _kind(lesion: Lesion) -> str:
    return f"a {lesion.kind} lesion"


def _numbers(agreement: Agreement) -> str:
    return (
        f"Dice {agreement.dice:.3f}, HD95 {agreement.hd95_mm:.2f} mm, longest diameters "
        f"{agreement.longest_diameter_a_mm:.1f} and {agreement.longest_diameter_b_mm:.1f} mm"
    )


def _boundary_faults(agreement: Agreement, protocol: Protocol) -> list[str]:
    rules = protocol.agreement
    dice, hd95 = rules["concordant_dice_min"], rules["concordant_hd95_max_mm"]
    diameter = rules["concordant_diameter_difference_max"]
    faults = []
    if agreement.dice < dice:
        faults.append(f"Dice {agreement.dice:.3f} is below {dice:g}")
    if agreement.hd95_mm > hd95:
        faults.append(f"HD95 {agreement.hd95_mm:.2f} mm is above {hd95:g} mm")
    if abs(agreement.diameter_difference) > diameter:
        faults.append(
            f"longest diameters {agreement.longest_diameter_a_mm:.1f} and {agreement.longest_diameter_b_mm:.1f} mm "
            f"differ by {abs(agreement.diameter_difference):.1%}, more than {diameter:.0%}"
        )
    return faults


def _side_by_side(
    alone_a: Sequence[Lesion],
    alone_b: Sequence[Lesion],
    regions_a: Mapping[str, Region],
    regions_b: Mapping[str, Region],
    protocol: Protocol,
) -> list[tuple[Lesion, Lesion, float]]:
    """Return pairs of left-over lesions of one organ group and the mm between their centres, nearest first."""
    centres_a = {lesion.lesion_id: regions_a[lesion.lesion_id].centre_lps_mm() for lesion in alone_a}
    centres_b = {lesion.lesion_id: regions_b[lesion.lesion_id].centre_lps_mm() for lesion in alone_b}
    candidates = [
        (float(np.linalg.norm(centres_a[a.lesion_id] - centres_b[b.lesion_id])), a, b)
        for a in alone_a
        for b in alone_b
        if protocol.organ(a.organ).group == protocol.organ(b.organ).group
    ]
    candidates.sort(key=lambda item: (item[0], id_order(item[1].lesion_id), id_order(item[2].lesion_id)))
    pairs, taken_a, taken_b = [], set(), set()
    for apart, a, b in candidates:
        if a.lesion_id not in taken_a and b.lesion_id not in taken_b:
            pairs.append((a, b, apart))
            taken_a.add(a.lesion_id)
            taken_b.add(b.lesion_id)
    return pairs


def _different_lesion(
    a: Lesion, b: Lesion, region_a: Region, region_b: Region, apart: float, protocol: Protocol
) -> Verdict:
    size_a, size_b = (measure_region(region).longest_diameter_mm for region in (region_a, region_b))
    reason = (
        f"The readers chose different lesions of one organ group ({protocol.organ(a.organ).group}): A {a.lesion_id} "
        f"({_kind(a)}, {protocol.organ(a.organ).label}, longest diameter {size_a:.1f} mm), B {b.lesion_id} "
        f"({_kind(b)}, {protocol.organ(b.organ).label}, {size_b:.1f} mm); their centres lie {apart:.1f} mm apart."
    )
    return Verdict("", a.lesion_id, b.lesion_id, "different-lesion", False, None, a.organ, b.organ, reason)


def _one_reader_only(reader: str, lesion: Lesion, found: Region, protocol: Protocol) -> Verdict:
    size = measure_region(found).longest_diameter_mm
    reason = (
        f"Only reader {reader} outlined {lesion.lesion_id} ({_kind(lesion)}, {protocol.organ(lesion.organ).label}, "
        f"longest diameter {size:.1f} mm)."
    )
    a, b = (lesion, None) if reader == "A" else (None, lesion)
    return Verdict(
        pair_id="",
        a=a and a.lesion_id,
        b=b and b.lesion_id,
        cause="one-reader-only",
        concordant=False,
        agreement=None,
        organ_a=a and a.organ,
        organ_b=b and b.organ,
        reason=reason,
    )
