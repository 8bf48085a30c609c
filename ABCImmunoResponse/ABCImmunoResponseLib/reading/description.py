"""Where a case stands, as JSON for people and programs: nothing of a read that its viewer may not see."""

from typing import TYPE_CHECKING, Any

from ABCImmunoResponseLib.reading.strict import encode

if TYPE_CHECKING:
    from ABCImmunoResponseLib.reading.case_folder import CaseFolder


def describe(folder: "CaseFolder", viewer: str | None) -> dict[str, Any]:
    """Return a case's state, readers, pairs, consensus, clinical values and result; see :meth:`CaseFolder.describe`."""
    consensus, clinical = folder.consensus(), folder.clinical()
    return {
        "case_id": folder.case_id,
        "state": folder.state,
        "created": folder.created,
        "protocol": {"name": folder.protocol.name, "sha256": folder.protocol.sha256},
        "acquisition": encode(folder.acquisition),
        "findings": encode(folder.findings),
        "reads": [encode(read) for read in folder.reads_for(viewer)],
        "pairs": _pairs(folder),
        "lesions": encode(consensus.lesions) if consensus else [],
        "consensus_findings": encode((*consensus.notes, *consensus.findings)) if consensus else [],
        "signature": encode(consensus.signature) if consensus else None,
        "clinical": clinical.as_dict() if clinical else None,
        "result": folder.result(),
    }


def _pairs(folder: "CaseFolder") -> list[dict[str, Any]]:
    consensus = folder.consensus()
    if consensus is None:
        return []
    decisions = {decision.pair_id: decision for decision in consensus.decisions}
    pairs = []
    for verdict in consensus.verdicts:
        decision = decisions.get(verdict.pair_id)
        pairs.append(
            {
                **encode(verdict),
                "dice": verdict.agreement.dice if verdict.agreement else None,
                "hd95_mm": verdict.agreement.hd95_mm if verdict.agreement else None,
                "decision": decision.choice if decision else None,
                "decided_by": decision.actor if decision else None,
                "automatic": decision.automatic if decision else None,
                "decision_reason": decision.reason if decision else None,
                "decision_findings": encode(decision.findings) if decision else [],
            }
        )
    return pairs
