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
        'concordant'; 'different-boundary', one lesion outlined differently; 'different-lesion', only one reader
        outlined it and the other another lesion of its organ group and kind instead, or both outlined it and only one
        calls it a target; 'different-organ', one lesion under two organ codes; 'one-reader-only'.
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
    image: sitk.Image | None = None,
) -> tuple[Verdict, ...]:
    """Judge every lesion of two reads.

    Lesions are matched on overlap (:func:`~ABCImmunoResponseLib.reading.matching.match_lesions`) and matched ones
    judged by :func:`judge`. Each lesion left over has a verdict of its own, so that it can be kept or dropped without
    regard to any other. Where both reads have one left over of one organ group and kind, the two are related one to
    one, nearest centres first: 'different-lesion', and the reason names the other. The rest was read by one only.

    Parameters
    ----------
    lesions_a, lesions_b
        The lesions of each read; their order makes no difference.
    masks_a, masks_b
        uint8 volumes by lesion id, all on the CT's grid; masks of no lesion are not allowed.
    protocol
        Its ``agreement`` section holds the thresholds.
    image
        The CT; needed for cropped masks (``imaging.cropping``) only.

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
    regions_a, regions_b = cut_out(masks_a, masks_b, image)
    pairs = match_regions(regions_a, regions_b, protocol.agreement["match_dice_min"])
    verdicts = []
    for pair in pairs:
        if pair.a is not None and pair.b is not None:
            agreement = compare_regions(regions_a[pair.a], regions_b[pair.b])
            verdicts.append(judge("", by_id_a[pair.a], by_id_b[pair.b], agreement, protocol))
    alone_a = [_Alone("A", by_id_a[pair.a], regions_a[pair.a], protocol) for pair in pairs if pair.b is None]
    alone_b = [_Alone("B", by_id_b[pair.b], regions_b[pair.b], protocol) for pair in pairs if pair.a is None]
    instead = _instead(alone_a, alone_b)
    verdicts += [_outlined_by_one(one, *instead.get(one, ())) for one in (*alone_a, *alone_b)]
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


class _Alone:
    """A lesion that only one reader outlined, with what is said of it."""

    def __init__(self, reader: str, lesion: Lesion, found: Region, protocol: Protocol) -> None:
        organ = protocol.organ(lesion.organ)
        self.reader, self.lesion = reader, lesion
        self.centre = found.centre_lps_mm()
        self.counts_with = (organ.group, lesion.kind)
        size = measure_region(found).longest_diameter_mm
        self.text = f"{lesion.lesion_id} ({_kind(lesion)}, {organ.label}, longest diameter {size:.1f} mm)"


def _instead(alone_a: Sequence[_Alone], alone_b: Sequence[_Alone]) -> dict[_Alone, tuple[_Alone, float]]:
    """Return which lesion of the other reader each is related to, one to one, and the mm between their centres.

    Where distances tie the ids decide, in either order, so that it makes no difference who is called A.
    """
    candidates = [
        (float(np.linalg.norm(a.centre - b.centre)), sorted(id_order(one.lesion.lesion_id) for one in (a, b)), a, b)
        for a in alone_a
        for b in alone_b
        if a.counts_with == b.counts_with
    ]
    instead: dict[_Alone, tuple[_Alone, float]] = {}
    for apart, _, a, b in sorted(candidates, key=lambda item: item[:2]):
        if a not in instead and b not in instead:
            instead[a], instead[b] = (b, apart), (a, apart)
    return instead


def _outlined_by_one(one: _Alone, other: _Alone | None = None, apart: float = 0.0) -> Verdict:
    """Return the verdict on a lesion that one reader outlined, and the other perhaps ``other`` instead."""
    lesion, by_a = one.lesion, one.reader == "A"
    reason = f"Only reader {one.reader} outlined {one.text}."
    if other is not None:
        reason += (
            f" Reader {other.reader} outlined another lesion of the same organ group ({one.counts_with[0]}): "
            f"{other.text}; their centres lie {apart:.1f} mm apart."
        )
    return Verdict(
        pair_id="",
        a=lesion.lesion_id if by_a else None,
        b=None if by_a else lesion.lesion_id,
        cause="different-lesion" if other else "one-reader-only",
        concordant=False,
        agreement=None,
        organ_a=lesion.organ if by_a else None,
        organ_b=None if by_a else lesion.organ,
        reason=reason,
    )
