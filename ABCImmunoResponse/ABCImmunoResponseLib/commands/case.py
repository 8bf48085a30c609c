"""``case``: one case from its CT to a signed, scored, reported consensus."""

from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

from ABCImmunoResponseLib import DISCLAIMER
from ABCImmunoResponseLib.case import Lesion, from_mapping
from ABCImmunoResponseLib.clinical import read_clinical
from ABCImmunoResponseLib.commands.case_output import print_case, print_pairs, print_result, tell
from ABCImmunoResponseLib.commands.console import (
    add_command,
    add_engine,
    add_group,
    add_json,
    default_person,
    print_json,
    progress_bar,
)
from ABCImmunoResponseLib.errors import CaseFolderError, MaskError
from ABCImmunoResponseLib.features.engine import engine
from ABCImmunoResponseLib.files import read_json
from ABCImmunoResponseLib.imaging.masks import Mask, read_masks
from ABCImmunoResponseLib.model.bundle import load_bundle
from ABCImmunoResponseLib.model.score_case import score_case
from ABCImmunoResponseLib.protocol import load_protocol
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.reading.entry import new_case, save_masks
from ABCImmunoResponseLib.report.case_report import write_report


def add(commands: _SubParsersAction) -> None:
    """Add the commands of ``case``."""
    group = add_group(commands, "case", "take a case from its CT to a scored, signed report")

    parser = _command(
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
    _add_actor(parser, "who starts the case")

    parser = _command(
        group,
        "read",
        "Save one reader's lesions; may be repeated until that reader locks.",
        "abc-immuno-response case read cases/P001 --reader lee --mask lee.seg.nrrd --lesion L1=liver --lesion L2=lung",
        _read,
    )
    parser.add_argument("--reader", required=True, help="who reads")
    parser.add_argument(
        "--mask", type=Path, required=True, help="lesions: label map, .seg.nrrd, DICOM SEG or DICOM RTSTRUCT"
    )
    named = parser.add_mutually_exclusive_group(required=True)
    named.add_argument("--lesions", type=Path, metavar="L.json", help="list of {lesion_id, organ, segment, site ...}")
    named.add_argument(
        "--lesion",
        action="append",
        metavar="ID[@SEGMENT]=ORGAN[:SITE]",
        help="a lesion: its id, its segment where that has another name, organ code and site; once a lesion",
    )
    parser.add_argument("--lock", action="store_true", help="lock the read at once")

    parser = _command(
        group,
        "lock",
        "Lock a read: it never changes again.",
        "abc-immuno-response case lock cases/P001 --reader lee",
        _lock,
    )
    parser.add_argument("--reader", required=True, help="whose read")
    parser.add_argument("--statement", default="", help="what the reader signs to")

    parser = _command(
        group,
        "reconcile",
        "Compare both locked reads lesion by lesion.",
        "abc-immuno-response case reconcile cases/P001",
        _reconcile,
    )
    _add_actor(parser, "who reconciles")

    parser = _command(
        group,
        "adjudicate",
        "Settle one pair of lesions: take A, B, a proposal or an edited mask, or drop it.",
        "abc-immuno-response case adjudicate cases/P001 P2 --choice A --by senior --reason 'B followed the vessel'",
        _adjudicate,
    )
    parser.add_argument("pair", help="the pair's id, as 'case reconcile' and 'case show' give it")
    parser.add_argument(
        "--choice",
        required=True,
        choices=("A", "B", "staple", "intersection", "union", "midway", "edited", "drop"),
        help="what becomes the consensus",
    )
    parser.add_argument("--reason", required=True, help="why")
    parser.add_argument("--organ", help="the organ, where the readers named different ones")
    parser.add_argument("--mask", type=Path, help="the edited mask, with --choice edited")
    parser.add_argument("--segment", help="the segment of the edited mask, where the file holds several")
    parser.add_argument("--override-reason", default="", help="why a reader of this case adjudicates")
    _add_actor(parser, "who adjudicates", required=True)

    parser = _command(
        group,
        "sign",
        "Sign the consensus: from here it can be scored.",
        "abc-immuno-response case sign cases/P001 --by senior",
        _sign,
    )
    parser.add_argument("--override-reason", default="", help="why a reader of this case signs")
    _add_actor(parser, "who signs", required=True)

    parser = _command(
        group,
        "score",
        f"Extract the consensus lesions' features and score them ({DISCLAIMER}).",
        "abc-immuno-response case score cases/P001 --clinical clinical.json",
        _score,
    )
    parser.add_argument("--clinical", type=Path, metavar="C.json", help="clinical values; absent ones are unknown")
    parser.add_argument("--bundle", type=Path, help="a model bundle (the bundled model)")
    add_engine(parser)
    _add_actor(parser, "who scores")

    parser = _command(
        group,
        "report",
        "Write the case's report: one self-contained HTML file.",
        "abc-immuno-response case report cases/P001",
        _report,
    )
    parser.add_argument("--bundle", type=Path, help="the model bundle the case was scored with (the bundled model)")
    _add_actor(parser, "who reports")

    parser = _command(
        group,
        "show",
        "Show where a case stands: readers, pairs, consensus, scores. Reads are hidden until both are locked.",
        "abc-immuno-response case show cases/P001 --reader lee",
        _show,
    )
    parser.add_argument("--reader", metavar="NAME", help="show this reader's own read too, before both are locked")

    _command(
        group,
        "verify",
        "Verify every file of a case folder against its audit log.",
        "abc-immuno-response case verify cases/P001",
        _verify,
    )

    parser = _command(
        group,
        "reopen",
        "Step back to an earlier state, with a reason that is logged.",
        "abc-immuno-response case reopen cases/P001 --to signed --by senior --reason 'LDH was mistyped'",
        _reopen,
    )
    parser.add_argument("--to", required=True, metavar="STATE", help="the state to go back to")
    parser.add_argument("--reason", required=True, help="why")
    _add_actor(parser, "who reopens", required=True)


def _command(group: _SubParsersAction, name: str, summary: str, example: str, run: Callable) -> ArgumentParser:
    parser = add_command(group, name, summary, example, run)
    parser.add_argument("case", type=Path, help="the case folder")
    add_json(parser)
    return parser


def _add_actor(parser: ArgumentParser, what: str, *, required: bool = False) -> None:
    if required:
        parser.add_argument("--by", required=True, metavar="PERSON", help=what)
    else:
        parser.add_argument("--by", default=default_person(), metavar="PERSON", help=f"{what} (%(default)s)")


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


def _lesions(words: Namespace) -> list[tuple[Lesion, str]]:
    """Return the lesions, each with the name of its segment."""
    if words.lesions is None:
        return [_parse_lesion(text) for text in words.lesion]
    entries = read_json(words.lesions)
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise CaseFolderError(f"{words.lesions} must hold a list of lesions, each a JSON object.")
    listed = []
    for n, entry in enumerate(entries, 1):
        segment = entry.pop("segment", None)
        lesion = from_mapping(Lesion, entry, f"{words.lesions}: lesion {n}")
        if segment is not None and not isinstance(segment, str):
            raise CaseFolderError(f"{words.lesions}: lesion {n}: segment must be text.")
        listed.append((lesion, segment or lesion.lesion_id))
    return listed


def _parse_lesion(text: str) -> tuple[Lesion, str]:
    name, equals, where = text.partition("=")
    if not equals:
        raise CaseFolderError(f"--lesion {text!r} is not ID[@SEGMENT]=ORGAN[:SITE], for example L1=liver:segment VIII.")
    lesion_id, _, segment = name.partition("@")
    organ, _, site = where.partition(":")
    return Lesion(lesion_id, organ, site=site), segment or lesion_id


def _read(words: Namespace) -> None:
    folder = CaseFolder.open(words.case)
    named = _lesions(words)
    place = words.mask.resolve().parent
    if place.name == "reads" and (place.parent / "case.json").exists():
        raise MaskError(f"{words.mask} is a read of a case: a reader brings outlines of their own.")
    # A list, not a mapping: two lesions may not share a segment, and save_masks refuses two of one id.
    masks = _read_masks(words, folder, [segment for _, segment in named])
    renamed = [replace(mask, name=lesion.lesion_id) for mask, (lesion, _) in zip(masks, named, strict=True)]
    findings = save_masks(folder, words.reader, [lesion for lesion, _ in named], renamed)
    if words.lock:
        folder.lock_read(words.reader)
    done = f"{words.reader}'s read, {len(named)} lesions{', locked' if words.lock else ''}"
    tell(words, folder, done, findings, viewer=words.reader)


def _lock(words: Namespace) -> None:
    folder = CaseFolder.open(words.case)
    folder.lock_read(words.reader, words.statement)
    tell(words, folder, f"{words.reader}'s read is locked; the case is {folder.state}", viewer=words.reader)


def _reconcile(words: Namespace) -> None:
    folder = CaseFolder.open(words.case)
    folder.reconcile(words.by)
    if words.json:
        print_json(folder.describe()["pairs"])
    else:
        print_pairs(folder)


def _adjudicate(words: Namespace) -> None:
    folder = CaseFolder.open(words.case)
    if words.segment and not words.mask:
        raise CaseFolderError("--segment names a segment of --mask, which was not given.")
    edited = _edited_mask(words, folder) if words.mask else None
    folder.adjudicate(
        words.pair,
        words.choice,
        words.by,
        words.reason,
        organ=words.organ,
        mask=edited and edited.image,
        findings=edited.findings if edited else (),
        override_reason=words.override_reason,
    )
    done = f"{words.pair} settled by {words.by}: {words.choice}; the case is {folder.state}"
    tell(words, folder, done, edited.findings if edited else ())


def _read_masks(words: Namespace, folder: CaseFolder, segments: str | list[str] | None) -> tuple[Mask, ...]:
    tolerance = folder.protocol.acquisition["geometry_tolerance_mm"]
    return read_masks(words.mask, folder.image(), segments=segments, tolerance_mm=tolerance, crop=True)


def _edited_mask(words: Namespace, folder: CaseFolder) -> Mask:
    masks = _read_masks(words, folder, words.segment)
    if len(masks) != 1:
        names = ", ".join(mask.name for mask in masks)
        raise MaskError(f"{words.mask} holds several segments ({names}): choose one with --segment.")
    return masks[0]


def _sign(words: Namespace) -> None:
    folder = CaseFolder.open(words.case)
    folder.sign(words.by, override_reason=words.override_reason)
    tell(words, folder, f"consensus of {len(folder.consensus_lesions())} lesions signed by {words.by}")


def _score(words: Namespace) -> None:
    folder = CaseFolder.open(words.case)
    result = score_case(
        folder,
        load_bundle(words.bundle),
        engine(words.engine),
        actor=words.by,
        clinical=read_clinical(words.clinical) if words.clinical else None,
        progress=progress_bar("score"),
        jobs=words.jobs,
    )
    if words.json:
        print_json(result)
    else:
        print_result(result)


def _report(words: Namespace) -> None:
    folder = CaseFolder.open(words.case)
    path = write_report(folder, load_bundle(words.bundle), words.by)
    if words.json:
        print_json({"report": str(path)})
    else:
        print(path)


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
