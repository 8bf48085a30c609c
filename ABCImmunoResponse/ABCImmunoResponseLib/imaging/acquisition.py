"""How a CT was acquired: read from DICOM headers, and held against the protocol."""

import re
from datetime import date, datetime

from pydicom.dataset import Dataset

from ABCImmunoResponseLib.case import Acquisition, Finding, Protocol
from ABCImmunoResponseLib.errors import ProtocolError
from ABCImmunoResponseLib.imaging.dicom_values import items, number, text

_NO_AGENT = {"NONE", "NO", "N", "NON", "NIL", "WITHOUT", "W/O", "UNENHANCED", "NATIVE", "PLAIN", "NO CONTRAST"}
_DATES = ("StudyDate", "AcquisitionDate", "SeriesDate", "ContentDate")


def acquisition_of(
    header: Dataset, spacing_mm: tuple[float, float, float], size: tuple[int, int, int], thickness_mm: float | None
) -> Acquisition:
    """Return the acquisition facts of a CT header; nothing that names the patient is read."""
    contrast, agent = _contrast(header)
    return Acquisition(
        modality=text(header, "Modality"),
        manufacturer=text(header, "Manufacturer"),
        model=text(header, "ManufacturerModelName"),
        kvp=number(header, "KVP"),
        kernel=text(header, "ConvolutionKernel"),
        slice_thickness_mm=thickness_mm,
        spacing_mm=spacing_mm,
        size=size,
        contrast=contrast,
        contrast_agent=agent,
        study_date=next((date for name in _DATES if (date := _date(text(header, name)))), None),
        series_uid=text(header, "SeriesInstanceUID"),
    )


def _contrast(header: Dataset) -> tuple[bool | None, str | None]:
    """Return whether contrast was given and which agent. Absent tags prove nothing: many exports drop them."""
    agent = text(header, "ContrastBolusAgent")
    if agent is not None:
        if agent.upper().strip(" .") in _NO_AGENT:
            return False, None
        return True, agent
    if items(header, "ContrastBolusAgentSequence"):
        return True, None
    given = any((number(header, name) or 0) > 0 for name in ("ContrastBolusVolume", "ContrastBolusTotalDose"))
    if given or text(header, "ContrastBolusRoute") or text(header, "ContrastBolusStartTime"):
        return True, None
    return None, None


def _date(value: str | None) -> str | None:
    try:
        return datetime.strptime((value or "")[:8], "%Y%m%d").date().isoformat()
    except ValueError:
        return None


def check_acquisition(
    acquisition: Acquisition, protocol: Protocol, treatment_start: date | None = None
) -> tuple[Finding, ...]:
    """Return where an acquisition departs from the protocol's section ``acquisition``: findings, never a refusal.

    ``treatment_start`` is the day the immune checkpoint inhibitor was first given, which the CT must precede by no
    more than the protocol's days; where it is None a finding says that this was not checked.

    Raises
    ------
    ProtocolError
        If the protocol's kernel pattern is not a regular expression.
    """
    rules = protocol.acquisition
    findings: list[Finding] = []

    def departs(code: str, message: str) -> None:
        findings.append(Finding(code, f"{message}; scores of such images are less certain."))

    if acquisition.modality is not None and acquisition.modality != rules["modality"]:
        departs("modality", f"The modality is {acquisition.modality}, the protocol asks for {rules['modality']}")
    if rules["contrast_required"] and acquisition.contrast is False:
        departs("not-contrast-enhanced", "The CT is recorded as not contrast-enhanced")
    low, high = rules["kvp"] - rules["kvp_tolerance"], rules["kvp"] + rules["kvp_tolerance"]
    if acquisition.kvp is not None and not low <= acquisition.kvp <= high:
        departs("kvp", f"The tube voltage is {acquisition.kvp:g} kVp, the protocol asks for {low:g} to {high:g}")
    if acquisition.kernel is not None and _matches(rules["sharp_kernel_pattern"], acquisition.kernel):
        departs("sharp-kernel", f"The kernel {acquisition.kernel} is sharp, the protocol asks for a standard one")
    findings += _check_slices(acquisition, *rules["slice_thickness_mm"])
    if acquisition.size is not None and acquisition.size[:2] != (rules["matrix"],) * 2:
        departs(
            "matrix",
            f"The matrix is {acquisition.size[0]} x {acquisition.size[1]}, the protocol asks for {rules['matrix']}",
        )
    if acquisition.manufacturer is not None and not any(
        re.search(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", acquisition.manufacturer, re.IGNORECASE)
        for name in rules["manufacturers"]
    ):
        departs("manufacturer", f"The vendor {acquisition.manufacturer} is none of the protocol's")
    findings += _check_date(acquisition.study_date, treatment_start, rules["days_before_treatment_max"])
    return (*findings, *_unknown(acquisition))


def _check_date(study_date: str | None, treatment_start: date | None, days_max: float) -> list[Finding]:
    if study_date is None:
        return []  # reported with the other unknown facts
    if treatment_start is None:
        message = f"The start of treatment was not given; the CT should lie at most {days_max:g} days before it."
        return [Finding("scan-date-unchecked", message, "info")]
    days = (treatment_start - date.fromisoformat(study_date)).days
    if days < 0:
        message = f"The CT was taken {-days} days after treatment began; the model is for CTs taken before."
        return [Finding("scan-after-treatment", message, "serious")]
    if days > days_max:
        message = f"The CT was taken {days} days before treatment, the protocol asks for at most {days_max:g}."
        return [Finding("scan-too-early", message)]
    return []


def _check_slices(acquisition: Acquisition, low: float, high: float) -> list[Finding]:
    """Check thickness, or the slice spacing where the thickness is unknown, and gaps between slices."""
    spacing = acquisition.spacing_mm[2] if acquisition.spacing_mm is not None else None
    thickness, name = acquisition.slice_thickness_mm, "Slices are"
    if thickness is None:
        thickness, name = spacing, "Slices (thickness unknown, by their spacing) are"
    findings = []
    if thickness is not None and not low - 1e-3 <= thickness <= high + 1e-3:
        findings.append(
            Finding(
                "slice-thickness",
                f"{name} {thickness:.3g} mm thick, the protocol asks for {low:g} to {high:g} mm; "
                "diameters and scores of such images are less certain.",
            )
        )
    if spacing is not None and acquisition.slice_thickness_mm and spacing > 1.05 * acquisition.slice_thickness_mm:
        findings.append(
            Finding(
                "slice-gap",
                f"Slices of {acquisition.slice_thickness_mm:.3g} mm lie {spacing:.3g} mm apart: tissue between them "
                "was not imaged.",
            )
        )
    return findings


def _unknown(acquisition: Acquisition) -> list[Finding]:
    facts = {
        "modality": acquisition.modality,
        "vendor": acquisition.manufacturer,
        "tube voltage": acquisition.kvp,
        "kernel": acquisition.kernel,
        "slice thickness": acquisition.slice_thickness_mm,
        "contrast": acquisition.contrast,
        "date": acquisition.study_date,
    }
    missing = [name for name, value in facts.items() if value is None]
    if not missing:
        return []
    return [
        Finding("acquisition-unknown", f"The file does not say: {', '.join(missing)}; check them yourself.", "info")
    ]


def _matches(pattern: str, kernel: str) -> bool:
    try:
        return re.search(pattern, kernel, re.IGNORECASE) is not None
    except re.error as cause:
        raise ProtocolError(f"acquisition.sharp_kernel_pattern is not a regular expression ({cause}).") from cause
