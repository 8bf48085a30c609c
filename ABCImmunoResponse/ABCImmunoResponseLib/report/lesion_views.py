"""Gather what the report shows of lesions: the consensus with its pictures, and how the readers agreed."""

from ABCImmunoResponseLib.case import Finding, Protocol
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.reading.records import Consensus, ConsensusLesion, Decision
from ABCImmunoResponseLib.reading.verdict import Verdict
from ABCImmunoResponseLib.report.slices import LUNG, SOFT_TISSUE, make_plate
from ABCImmunoResponseLib.report.view import AgreementRow, LesionView, Note
from ABCImmunoResponseLib.report.words import decision_words, when

_LUNG_GROUP = "lung"


def lesion_views(folder: CaseFolder, consensus: Consensus) -> tuple[LesionView, ...]:
    """Return every lesion of the consensus with its slice, on which the reads' outlines of its pair are drawn too."""
    image, agreed = folder.image(), folder.consensus_segments(crop=True)
    reads = {read.role.lower(): folder.segments(read.reader, crop=True) for read in folder.reads}
    verdicts = {verdict.pair_id: verdict for verdict in consensus.verdicts}
    views = []
    for item in consensus.lesions:
        organ = folder.protocol.organ(item.lesion.organ)
        verdict = verdicts[item.pair_id]
        masks = {"consensus": agreed[item.lesion.lesion_id]}
        masks |= {who: reads[who][name] for who, name in (("a", verdict.a), ("b", verdict.b)) if name is not None}
        window = LUNG if organ.group == _LUNG_GROUP else SOFT_TISSUE
        plate = make_plate(image, masks, item.measurement, window)
        slices = image.GetSize()[item.measurement.slice_axis]
        views.append(_lesion(item, folder.protocol, consensus.findings, slices, plate))
    return tuple(views)


def _lesion(item: ConsensusLesion, protocol: Protocol, findings: tuple[Finding, ...], slices: int, plate) -> LesionView:
    lesion, size, organ = item.lesion, item.measurement, protocol.organ(item.lesion.organ)
    return LesionView(
        lesion_id=lesion.lesion_id,
        organ=organ.label,
        site=lesion.site,
        kind=lesion.kind,
        node=organ.node,
        longest_diameter_mm=size.longest_diameter_mm,
        short_axis_mm=size.short_axis_mm,
        recist_diameter_mm=item.assessment.diameter_mm,
        volume_mm3=size.volume_mm3,
        slice_number=size.slice_index + 1,
        slices=slices,
        eligible=item.assessment.eligible,
        override=lesion.override,
        notes=tuple(
            Note(finding.severity, "", finding.message)
            for finding in findings
            if finding.lesion == lesion.lesion_id and finding.severity != "info"
        ),
        plate=plate,
    )


def agreement_rows(folder: CaseFolder, consensus: Consensus) -> tuple[AgreementRow, ...]:
    """Return a row for each pair of the reconciliation."""
    decisions = {decision.pair_id: decision for decision in consensus.decisions}
    sizes = {
        read.role: {name: size.longest_diameter_mm for name, size in read.measurements.items()} for read in folder.reads
    }
    return tuple(_row(verdict, decisions[verdict.pair_id], sizes, folder.protocol) for verdict in consensus.verdicts)


def _row(verdict: Verdict, decision: Decision, sizes: dict[str, dict[str, float]], protocol: Protocol) -> AgreementRow:
    agreement = verdict.agreement
    reasons = [decision.reason] if decision.reason and not decision.automatic else []
    if decision.override_reason:
        reasons.append(f"By a reader of the case, because: {decision.override_reason}")
    return AgreementRow(
        pair_id=verdict.pair_id,
        lesion_a=verdict.a,
        lesion_b=verdict.b,
        organ_a=verdict.organ_a and protocol.organ(verdict.organ_a).label,
        organ_b=verdict.organ_b and protocol.organ(verdict.organ_b).label,
        concordant=verdict.concordant,
        cause=verdict.cause.replace("-", " "),
        reason=verdict.reason,
        dice=agreement and agreement.dice,
        hd95_mm=agreement and agreement.hd95_mm,
        mean_surface_distance_mm=agreement and agreement.mean_surface_distance_mm,
        diameter_a_mm=sizes["A"].get(verdict.a),
        diameter_b_mm=sizes["B"].get(verdict.b),
        decision=decision_words(decision.choice),
        decided_by="by the protocol's rule" if decision.automatic else decision.actor,
        decided_at="" if decision.automatic else when(decision.time),
        decision_reason=" ".join(reasons),
    )
