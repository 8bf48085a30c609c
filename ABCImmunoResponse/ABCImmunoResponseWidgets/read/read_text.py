"""What the step 'Read' says: findings, organs, kinds, the statement that is signed."""

from collections.abc import Iterable, Mapping

from slicer.i18n import tr as _

from ABCImmunoResponseLib.case import Finding
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.reading.overview import Row
from ABCImmunoResponseWidgets.read.reading import own_read

KINDS: Mapping[str, str] = {"target": _("target"), "non-target": _("non-target")}
ANSWERS: tuple[tuple[str, bool | None], ...] = ((_("not said"), None), (_("yes"), True), (_("no"), False))

STATEMENT = _("I read this case on my own, without knowledge of another read. It is complete.")

# Words for places that readers use again and again, offered while one types; any other text is as good.
SITES: Mapping[str, tuple[str, ...]] = {
    "liver": tuple(f"segment {number}" for number in ("I", "II", "III", "IVa", "IVb", "V", "VI", "VII", "VIII")),
    "lung": (
        "right upper lobe",
        "middle lobe",
        "right lower lobe",
        "left upper lobe",
        "lingula",
        "left lower lobe",
    ),
    "bone": ("cervical spine", "thoracic spine", "lumbar spine", "sacrum", "pelvis", "sternum", "rib", "femur"),
}
_SIDES = ("right", "left")


def sites_of(organ: str) -> tuple[str, ...]:
    """Return the places to offer for an organ code."""
    return SITES.get(organ, _SIDES)


def finding_lines(findings: Iterable[Finding]) -> str:
    """Return one line a finding, those to act on first."""
    ordered = sorted(findings, key=lambda finding: finding.severity == "info")
    return "\n".join(f"{'ℹ' if finding.severity == 'info' else '⚠'} {finding.message}" for finding in ordered)


def measurable(row: Row) -> str:
    """Return whether a lesion can be a target, in one word; '' where too little is known."""
    return {"": "", "target": _("yes")}.get(row.eligible, _("no"))


def status(row: Row) -> str:
    """Return how many findings a lesion has, in a few characters."""
    warnings = sum(finding.severity != "info" for finding in row.findings)
    if warnings:
        return f"⚠ {warnings}"
    return f"ℹ {len(row.findings)}" if row.findings else ("✓" if row.eligible else "…")


def millimetres(value: float | None) -> str:
    """Return a length as a radiologist writes it."""
    return "" if value is None else f"{value:.1f}"


def role_text(folder: CaseFolder, person: str) -> str:
    """Return as whom a person reads a case, and since when the read is locked where it is."""
    read = own_read(folder, person)
    if read is None:
        return _("You read case {case}.").format(case=folder.case_id)
    if read.locked:
        return _("You read case {case} as reader {role}. Your read is locked since {time}.").format(
            case=folder.case_id, role=read.role, time=read.signature.time
        )
    return _("You read case {case} as reader {role}.").format(case=folder.case_id, role=read.role)


def say(label, text: str) -> None:
    """Show a text in a label, which takes no room where there is nothing to say."""
    label.text = text
    label.visible = bool(text)
