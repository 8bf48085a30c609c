"""``case``: one case from its CT to a signed, scored, reported consensus."""

from argparse import Namespace, _SubParsersAction
from datetime import date
from pathlib import Path

from ABCImmunoResponseLib.commands import case_consensus, case_outcome, case_reads
from ABCImmunoResponseLib.commands.case_output import print_case, tell
from ABCImmunoResponseLib.commands.case_words import add_actor, case_command
from ABCImmunoResponseLib.commands.console import add_group, print_json
from ABCImmunoResponseLib.protocol import load_protocol
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.reading.entry import new_case


def add(commands: _SubParsersAction) -> None:
    """Add the commands of ``case``, in the order in which a case meets them."""
    group = add_group(commands, "case", "take a case from its CT to a scored, signed report")
    _add_new(group)
    for part in (case_reads, case_consensus, case_outcome):
        part.add(group)
    _add_care(group)


def _add_new(group: _SubParsersAction) -> None:
    parser = case_command(
        group,
        "new",
        "Start a case: copy its CT into a new case folder and check how it was acquired.",
        "abc-immuno-response case new cases/P001 --image dicom/",
        _new,
    )
    parser.add_argument("--image", type=Path, required=True, help="CT: DICOM folder, NRRD, NIfTI or MetaImage")
    parser.add_argument("--series", metavar="UID", help="the DICOM series, where the folder holds several")
    parser.add_argument("--id", metavar="CASE_ID", help="the case's id (the folder's name)")
    parser.add_argument("--protocol", type=Path, help="a protocol file (the study's own)")
    parser.add_argument("--reference", action="store_true", help="refer to the DICOM folder instead of copying the CT")
    parser.add_argument(
        "--treatment-start",
        type=date.fromisoformat,
        metavar="YYYY-MM-DD",
        help="the first day of treatment, which the CT's date is compared with",
    )
    add_actor(parser, "who starts the case")


def _add_care(group: _SubParsersAction) -> None:
    parser = case_command(
        group,
        "show",
        "Show where a case stands: readers, pairs, consensus, scores. Reads are hidden until both are locked.",
        "abc-immuno-response case show cases/P001 --reader lee",
        _show,
    )
    parser.add_argument("--reader", metavar="NAME", help="show this reader's own read too, before both are locked")

    case_command(
        group,
        "verify",
        "Verify every file of a case folder against its audit log.",
        "abc-immuno-response case verify cases/P001",
        _verify,
    )

    parser = case_command(
        group,
        "reopen",
        "Step back to an earlier state, with a reason that is logged.",
        "abc-immuno-response case reopen cases/P001 --to signed --by senior --reason 'LDH was mistyped'",
        _reopen,
    )
    parser.add_argument("--to", required=True, metavar="STATE", help="the state to go back to")
    parser.add_argument("--reason", required=True, help="why")
    add_actor(parser, "who reopens", required=True)


def _new(words: Namespace) -> None:
    folder = new_case(
        words.case,
        words.image,
        case_id=words.id or words.case.resolve().name,
        series_uid=words.series,
        protocol=load_protocol(words.protocol),
        reference=words.reference,
        treatment_start=words.treatment_start,
        actor=words.by,
    )
    tell(words, folder, f"case {folder.case_id}, state {folder.state}", folder.findings)


def _show(words: Namespace) -> None:
    folder = CaseFolder.open(words.case)
    if words.json:
        print_json(folder.describe(words.reader))
    else:
        print_case(folder, words.reader)


def _verify(words: Namespace) -> None:
    folder = CaseFolder.open(words.case)  # which verifies every file
    tell(words, folder, f"unchanged; {len(folder.audit())} audit lines, state {folder.state}")


def _reopen(words: Namespace) -> None:
    folder = CaseFolder.open(words.case)
    folder.reopen(words.to, words.by, words.reason)
    tell(words, folder, f"back to {folder.state}")
