"""``case read``, ``lock`` and ``withdraw``: what a reader does, each without the other's read."""

from argparse import Namespace, _SubParsersAction

from ABCImmunoResponseLib.commands.case_output import tell
from ABCImmunoResponseLib.commands.case_words import add_actor, case_command
from ABCImmunoResponseLib.commands.lesion_words import add_lesions, lesion_masks, named_lesions
from ABCImmunoResponseLib.errors import MaskError
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.reading.entry import save_masks


def add(group: _SubParsersAction) -> None:
    """Add the readers' commands."""
    parser = case_command(
        group,
        "read",
        "Save one reader's lesions; may be repeated until that reader locks.",
        "abc-immuno-response case read cases/P001 --reader lee --mask lee.seg.nrrd --lesion L1=liver --lesion L2=lung",
        _read,
    )
    parser.add_argument("--reader", required=True, help="who reads")
    add_lesions(parser)
    parser.add_argument("--lock", action="store_true", help="lock the read at once")

    parser = case_command(
        group,
        "lock",
        "Lock a read: it never changes again.",
        "abc-immuno-response case lock cases/P001 --reader lee",
        _lock,
    )
    parser.add_argument("--reader", required=True, help="whose read")
    parser.add_argument("--statement", default="", help="what the reader signs to")

    parser = case_command(
        group,
        "withdraw",
        "Withdraw a read that is not locked: its files are kept, and another reader can take its place.",
        "abc-immuno-response case withdraw cases/P001 --reader lee --by senior --reason 'lee is on leave'",
        _withdraw,
    )
    parser.add_argument("--reader", required=True, help="whose read")
    parser.add_argument(
        "--reason", required=True, help="why; the other reader may see it, so it tells nothing of the lesions"
    )
    add_actor(parser, "who withdraws it", required=True)


def _read(words: Namespace) -> None:
    folder = CaseFolder.open(words.case)
    named = named_lesions(words)
    place = words.mask.resolve().parent
    if place.name == "reads" and (place.parent / "case.json").exists():
        raise MaskError(f"{words.mask} is a read of a case: a reader brings outlines of their own.")
    masks = lesion_masks(words, named, folder.image(), folder.protocol)
    findings = save_masks(folder, words.reader, [lesion for lesion, _ in named], masks)
    if words.lock:
        folder.lock_read(words.reader)
    done = f"{words.reader}'s read, {len(named)} lesions{', locked' if words.lock else ''}"
    tell(words, folder, done, findings, viewer=words.reader)


def _lock(words: Namespace) -> None:
    folder = CaseFolder.open(words.case)
    folder.lock_read(words.reader, words.statement)
    tell(words, folder, f"{words.reader}'s read is locked; the case is {folder.state}", viewer=words.reader)


def _withdraw(words: Namespace) -> None:
    folder = CaseFolder.open(words.case)
    folder.withdraw_read(words.reader, words.by, words.reason)
    tell(words, folder, f"{words.reader}'s read is withdrawn; the case is {folder.state}")
