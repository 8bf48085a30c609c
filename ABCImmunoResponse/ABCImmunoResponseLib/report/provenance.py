"""Gather where everything in a report comes from: files, versions, people, times."""

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import ABCImmunoResponseLib
from ABCImmunoResponseLib.case import Acquisition, Finding
from ABCImmunoResponseLib.reading import layout
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.reading.records import Consensus
from ABCImmunoResponseLib.report.view import Fact, Note, ProvenanceGroup
from ABCImmunoResponseLib.report.words import when

_PACKAGES = ("numpy", "scipy", "SimpleITK", "pydicom", "pyradiomics", "Jinja2", "matplotlib")
_GRAVEST_FIRST = ("serious", "warning", "info")


def subtitle(acquisition: Acquisition) -> str:
    """Return one line on the CT; what is not recorded is left out."""
    scanner = " ".join(filter(None, (acquisition.manufacturer, acquisition.model)))
    parts = [f"CT of {acquisition.study_date}" if acquisition.study_date else "CT, date not recorded", scanner]
    if acquisition.kvp is not None:
        parts.append(f"{acquisition.kvp:g} kVp")
    if acquisition.slice_thickness_mm is not None:
        parts.append(f"slices of {acquisition.slice_thickness_mm:g} mm")
    if acquisition.contrast is not None:
        parts.append("contrast-enhanced" if acquisition.contrast else "not contrast-enhanced")
    return ", ".join(filter(None, parts))


def notes(folder: CaseFolder, consensus: Consensus, result: Mapping[str, Any]) -> tuple[Note, ...]:
    """Return the findings on the CT, the reads and the consensus and the result's warnings, the gravest first."""
    found = [Note("warning", "score", str(warning)) for warning in result["warnings"]]
    found += [_note(finding, "CT") for finding in folder.findings]
    found += [_note(finding, "consensus") for finding in (*consensus.notes, *consensus.findings)]
    found += [_note(finding, f"consensus, {d.pair_id}") for d in consensus.decisions for finding in d.findings]
    for read in folder.reads:
        found += [_note(finding, f"reader {read.role}") for finding in read.findings if finding.severity != "info"]
    return tuple(sorted(dict.fromkeys(found), key=lambda note: _GRAVEST_FIRST.index(note.severity)))


def _note(finding: Finding, concerns: str) -> Note:
    return Note(finding.severity, f"{concerns}, {finding.lesion}" if finding.lesion else concerns, finding.message)


def provenance(folder: CaseFolder, consensus: Consensus, result: Mapping[str, Any]) -> tuple[ProvenanceGroup, ...]:
    """Return the facts in groups. None of them changes by recording the report, so that it can be made again."""
    return (
        ProvenanceGroup("Case", _case(folder, result)),
        ProvenanceGroup("People", _people(folder, consensus)),
        ProvenanceGroup("Model", _model(result)),
        ProvenanceGroup("Software that made this report", _software()),
        ProvenanceGroup("Files (SHA-256)", _files(folder), wide=True),
    )


def _case(folder: CaseFolder, result: Mapping[str, Any]) -> tuple[Fact, ...]:
    scored = [line for line in folder.audit() if line.action == "record-score"][-1]
    return (
        Fact("Case", folder.case_id),
        Fact("Created", when(folder.created)),
        Fact("Scored", when(result["created"])),
        Fact("Protocol", f"{folder.protocol.name}, version {folder.protocol.version}"),
        Fact("", folder.protocol.sha256, code=True),
        Fact("Audit log", f"line {scored.number}, recorded {when(scored.time)} by {scored.actor}"),
        Fact("", scored.sha256, code=True),
    )


def _people(folder: CaseFolder, consensus: Consensus) -> tuple[Fact, ...]:
    facts = []
    for read in folder.reads:
        facts.append(Fact(f"Reader {read.role}", f"{read.reader}, locked {when(read.signature.time)}"))
        if read.signature.statement:
            facts.append(Fact("", read.signature.statement))
    adjudicators = dict.fromkeys(decision.actor for decision in consensus.decisions if not decision.automatic)
    facts.append(Fact("Adjudicated by", ", ".join(adjudicators) or "nobody: the readers agreed on every lesion"))
    facts.append(Fact("Signed by", f"{consensus.signature.person}, {when(consensus.signature.time)}"))
    if consensus.signature.statement:
        facts.append(Fact("", consensus.signature.statement))
    return tuple(facts)


def _model(result: Mapping[str, Any]) -> tuple[Fact, ...]:
    return (
        Fact("Bundle", result["bundle"]["id"]),
        Fact("", result["bundle"]["sha256"], code=True),
        Fact("Recipe", result["recipe"]["name"] or "none: the features came as a table"),
        Fact("", result["recipe"]["sha256"] or "", code=True),
        Fact("Features", f"{result['n_features']} by {result['engine']}"),
    )


def _files(folder: CaseFolder) -> tuple[Fact, ...]:
    held = {name: digest for name, digest in folder.files.items() if not name.startswith("superseded/")}
    held.pop(layout.REPORT, None)
    return tuple(Fact(name, digest, code=True) for name, digest in sorted(held.items()))


def _software() -> tuple[Fact, ...]:
    facts = [Fact("ABCImmunoResponse", ABCImmunoResponseLib.__version__), Fact("Python", platform.python_version())]
    for package in _PACKAGES:
        try:
            facts.append(Fact(package, version(package)))
        except PackageNotFoundError:
            continue
    return tuple(facts)
