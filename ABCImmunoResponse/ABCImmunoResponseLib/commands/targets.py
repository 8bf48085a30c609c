"""``targets``: which lesions RECIST 1.1 would take as targets, and why each."""

from argparse import Namespace, _SubParsersAction
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from ABCImmunoResponseLib.case import Finding, Lesion
from ABCImmunoResponseLib.commands.console import (
    add_command,
    add_json,
    one_line,
    print_findings,
    print_json,
    print_table,
)
from ABCImmunoResponseLib.commands.lesion_words import add_lesions, lesion_masks, named_lesions
from ABCImmunoResponseLib.errors import MaskError
from ABCImmunoResponseLib.imaging.ct import read_ct
from ABCImmunoResponseLib.imaging.validity import check_lesion
from ABCImmunoResponseLib.protocol import load_protocol
from ABCImmunoResponseLib.recist.diameters import measure
from ABCImmunoResponseLib.recist.measurability import Assessment, assess
from ABCImmunoResponseLib.recist.targets import Candidate, TargetProposal, propose_targets


def add(commands: _SubParsersAction) -> None:
    """Add ``targets``."""
    parser = add_command(
        commands,
        "targets",
        "Propose RECIST 1.1 target lesions, with the reason for each lesion that is taken or not.",
        "abc-immuno-response targets --image ct/ --mask all.seg.nrrd --lesion L1=liver --lesion L2=node-axillary",
        _targets,
    )
    parser.add_argument("--image", type=Path, required=True, help="CT: DICOM folder, NRRD, NIfTI or MetaImage")
    parser.add_argument("--series", metavar="UID", help="the DICOM series, where the folder holds several")
    add_lesions(parser)
    parser.add_argument("--protocol", type=Path, help="a protocol file (the study's own)")
    add_json(parser)


def _targets(words: Namespace) -> None:
    protocol, named = load_protocol(words.protocol), named_lesions(words)
    for lesion, _ in named:
        protocol.organ(lesion.organ)
    ct = read_ct(words.image, series_uid=words.series)
    masks = lesion_masks(words, named, ct.image, protocol)
    findings: list[Finding] = [*ct.findings, *(finding for mask in masks for finding in mask.findings)]
    candidates: dict[str, Candidate] = {}
    for mask, (lesion, _) in zip(masks, named, strict=True):
        if lesion.lesion_id in candidates:
            raise MaskError(f"Two lesions are named {lesion.lesion_id}: give each lesion its own id.")
        findings += check_lesion(ct.image, mask.image, protocol, lesion.lesion_id)
        candidates[lesion.lesion_id] = Candidate(lesion, measure(mask.image, ct.image))
    proposal = propose_targets(list(candidates.values()), ct.acquisition, protocol)
    assessed = {name: assess(c.lesion, c.measurement, ct.acquisition, protocol) for name, c in candidates.items()}
    whole = [finding for found in assessed.values() for finding in found.findings if finding.lesion is None]
    findings += dict.fromkeys(whole)  # of the case, and so the same for every lesion
    if words.json:
        print_json(_as_json(proposal, candidates, assessed, findings))
        return
    lesions = {name: candidate.lesion for name, candidate in candidates.items()}
    _print(proposal, lesions, assessed)
    print_findings(findings)


def _sum(proposal: TargetProposal, assessed: Mapping[str, Assessment]) -> float:
    return float(sum(assessed[name].diameter_mm for name in proposal.targets))


def _print(proposal: TargetProposal, lesions: Mapping[str, Lesion], assessed: Mapping[str, Assessment]) -> None:
    rows = [
        (choice.rank, choice.lesion_id, lesions[choice.lesion_id].organ, assessed[choice.lesion_id].diameter_mm)
        for choice in proposal.choices
    ]
    print_table(("target", "lesion", "organ", "diameter mm"), rows)
    print(f"sum of diameters: {_sum(proposal, assessed):.1f} mm")
    for choice in proposal.choices:
        print(f"{choice.lesion_id}: {one_line(choice.reason)}")


def _as_json(
    proposal: TargetProposal,
    candidates: Mapping[str, Candidate],
    assessed: Mapping[str, Assessment],
    findings: list[Finding],
) -> dict:
    lesions = []
    for choice in proposal.choices:
        candidate, found = candidates[choice.lesion_id], assessed[choice.lesion_id]
        lesions.append(
            {
                "lesion": choice.lesion_id,
                "organ": candidate.lesion.organ,
                "longest_diameter_mm": candidate.measurement.longest_diameter_mm,
                "short_axis_mm": candidate.measurement.short_axis_mm,
                "diameter_mm": found.diameter_mm,
                "eligible": found.eligible,
                "target": choice.rank,
                "reason": choice.reason,
            }
        )
    return {
        "targets": list(proposal.targets),
        "sum_mm": _sum(proposal, assessed),
        "lesions": lesions,
        "findings": [asdict(finding) for finding in findings],
    }
