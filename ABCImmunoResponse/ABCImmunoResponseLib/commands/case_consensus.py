"""``case reconcile``, ``adjudicate`` and ``sign``: from two locked reads to a signed consensus."""

from argparse import Namespace, _SubParsersAction
from pathlib import Path

from ABCImmunoResponseLib.commands.case_output import print_pairs, tell
from ABCImmunoResponseLib.commands.case_words import add_actor, case_command
from ABCImmunoResponseLib.commands.console import print_json
from ABCImmunoResponseLib.errors import CaseFolderError, MaskError
from ABCImmunoResponseLib.imaging.masks import Mask, read_masks
from ABCImmunoResponseLib.reading.case_folder import CaseFolder


def add(group: _SubParsersAction) -> None:
    """Add the commands of the consensus."""
    parser = case_command(
        group,
        "reconcile",
        "Compare both locked reads lesion by lesion.",
        "abc-immuno-response case reconcile cases/P001",
        _reconcile,
    )
    add_actor(parser, "who reconciles")

    parser = case_command(
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
    add_actor(parser, "who adjudicates", required=True)

    parser = case_command(
        group,
        "sign",
        "Sign the consensus: from here it can be scored.",
        "abc-immuno-response case sign cases/P001 --by senior",
        _sign,
    )
    parser.add_argument("--override-reason", default="", help="why a reader of this case signs")
    add_actor(parser, "who signs", required=True)


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


def _edited_mask(words: Namespace, folder: CaseFolder) -> Mask:
    tolerance = folder.protocol.acquisition["geometry_tolerance_mm"]
    masks = read_masks(words.mask, folder.image(), segments=words.segment, tolerance_mm=tolerance, crop=True)
    if len(masks) != 1:
        names = ", ".join(mask.name for mask in masks)
        raise MaskError(f"{words.mask} holds several segments ({names}): choose one with --segment.")
    return masks[0]


def _sign(words: Namespace) -> None:
    folder = CaseFolder.open(words.case)
    folder.sign(words.by, override_reason=words.override_reason)
    tell(words, folder, f"consensus of {len(folder.consensus_lesions())} lesions signed by {words.by}")
