"""``case score`` and ``case report``: from a signed consensus to risk groups and the report."""

import sys
from argparse import Namespace, _SubParsersAction
from pathlib import Path

from ABCImmunoResponseLib import DISCLAIMER
from ABCImmunoResponseLib.clinical import ClinicalRecord, clinical_from_mapping, read_clinical
from ABCImmunoResponseLib.commands.case_output import print_result
from ABCImmunoResponseLib.commands.case_words import add_actor, case_command
from ABCImmunoResponseLib.commands.console import add_engine, print_json
from ABCImmunoResponseLib.commands.reporting import add_progress, reporting
from ABCImmunoResponseLib.errors import ClinicalError
from ABCImmunoResponseLib.features.engine import engine
from ABCImmunoResponseLib.features.steps import STEPS
from ABCImmunoResponseLib.files import parse_json
from ABCImmunoResponseLib.model.bundle import load_bundle
from ABCImmunoResponseLib.model.score_case import score_case
from ABCImmunoResponseLib.reading import layout
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.report.case_report import render

_STANDARD_INPUT = Path("-")


def add(group: _SubParsersAction) -> None:
    """Add the commands of score and report."""
    parser = case_command(
        group,
        "score",
        f"Extract the consensus lesions' features and score them ({DISCLAIMER}).",
        "abc-immuno-response case score cases/P001 --clinical clinical.json",
        _score,
    )
    parser.add_argument(
        "--clinical",
        type=Path,
        metavar="C.json",
        help="clinical values; absent ones are unknown; '-' reads them from standard input",
    )
    parser.add_argument("--bundle", type=Path, help="a model bundle (the bundled model)")
    add_engine(parser)
    add_actor(parser, "who scores")
    add_progress(parser)

    parser = case_command(
        group,
        "report",
        "Write the case's report: one self-contained HTML file.",
        "abc-immuno-response case report cases/P001",
        _report,
    )
    parser.add_argument("--bundle", type=Path, help="the model bundle the case was scored with (the bundled model)")
    add_actor(parser, "who reports")
    add_progress(parser)


def _score(words: Namespace) -> None:
    with reporting(words, "score") as report:
        report.begin("Opening the case")
        clinical = _clinical(words.clinical)
        folder = CaseFolder.open(words.case)
        targets = [lesion for lesion in folder.consensus_lesions() if lesion.kind == "target"]
        report.expect(5 + len(targets) * len(STEPS))
        report.begin("Loading the model")
        bundle = load_bundle(words.bundle)
        report.begin("Preparing the computation")
        extractor = engine(words.engine)
        report.begin("Reading the CT")
        folder.image()
        result = score_case(
            folder,
            bundle,
            extractor,
            actor=words.by,
            clinical=clinical,
            progress=report.part(then="Scoring and recording the score"),
            jobs=words.jobs,
        )
        report.done({"result": "scored"}, lambda: print_json(result) if words.json else print_result(result))


def _clinical(path: Path | None) -> ClinicalRecord | None:
    if path is None:
        return None
    if path != _STANDARD_INPUT:
        return read_clinical(path)
    if sys.stdin is None:
        raise ClinicalError("There is no standard input to read clinical values from: name a file.")
    try:
        return clinical_from_mapping(parse_json(sys.stdin.buffer.read()))
    except ValueError as cause:
        raise ClinicalError(f"The clinical values on standard input are not valid JSON ({cause}).") from cause


def _report(words: Namespace) -> None:
    with reporting(words, "report") as report:
        report.begin("Opening the case")
        folder = CaseFolder.open(words.case)
        report.expect(4)
        report.begin("Loading the model")
        bundle = load_bundle(words.bundle)
        report.begin("Drawing the report")
        page = render(folder, bundle)
        report.record("Recording the report")
        folder.record_report(page, words.by)
        path = folder.path / layout.REPORT
        told = {"report": str(path)}
        report.done({"result": "reported", **told}, lambda: print_json(told) if words.json else print(path))
