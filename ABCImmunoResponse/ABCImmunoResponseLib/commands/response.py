"""``response``: RECIST 1.1 response from two tables of diameters."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace, _SubParsersAction
from dataclasses import asdict
from pathlib import Path
from typing import get_args

from ABCImmunoResponseLib.commands.console import add_command, add_json, one_line, print_json, print_table
from ABCImmunoResponseLib.protocol import load_protocol
from ABCImmunoResponseLib.recist.diameter_table import read_diameters
from ABCImmunoResponseLib.recist.response import NonTarget, Response, assess_response


def add(commands: _SubParsersAction) -> None:
    """Add ``response``."""
    parser = add_command(
        commands,
        "response",
        "Assess response by RECIST 1.1 from two tables: the target lesions at baseline and now.",
        "abc-immuno-response response --baseline baseline.csv --current week12.csv --nadir 41.5 --new 'liver, 12 mm'",
        _response,
    )
    columns = "CSV with the columns lesion_id, organ, diameter_mm and, if wanted, too_small"
    parser.add_argument("--baseline", type=Path, required=True, metavar="B.csv", help=f"the targets before: {columns}")
    now = "the same targets now; one without a diameter, or left out, was not evaluated; one of 0 mm has disappeared"
    parser.add_argument("--current", type=Path, required=True, metavar="C.csv", help=now)
    _add_circumstances(parser)
    parser.add_argument("--protocol", type=Path, help="a protocol file (the study's own)")
    add_json(parser)


def _add_circumstances(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--nadir", type=_millimetres, metavar="MM", help="the smallest sum of the follow-ups before, in mm"
    )
    parser.add_argument(
        "--new",
        type=_new_lesion,
        action="append",
        default=[],
        metavar="TEXT",
        help="a new, unequivocal lesion in words; once a lesion",
    )
    parser.add_argument(
        "--non-target", choices=get_args(NonTarget), default="none", help="response of the others (%(default)s)"
    )
    parser.add_argument(
        "--complete-before", action="store_true", help="the targets had been in complete response at a follow-up before"
    )


def _millimetres(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e6:  # NaN too
        raise ArgumentTypeError(f"{text[:40]!r} is not a number of mm")
    return value


def _new_lesion(text: str) -> str:
    if not text.strip():  # as a shell's unset variable: no reason to call it progression
        raise ArgumentTypeError("say in words which lesion is new")
    return one_line(text)


def _response(words: Namespace) -> None:
    found = assess_response(
        read_diameters(words.baseline),
        words.nadir,
        read_diameters(words.current),
        words.new,
        load_protocol(words.protocol),
        non_target=words.non_target,
        complete_before=words.complete_before,
    )
    if words.json:
        print_json(asdict(found))
    else:
        _print(found)


def _print(found: Response) -> None:
    changes = found.changes
    print(f"response: {found.category} (target lesions: {found.target_category})")
    print(one_line(found.reason))
    print_table(
        ("sum of diameters", "mm", "change"),
        [
            ("baseline", changes.baseline_mm, None),
            ("smallest so far", changes.nadir_mm, None),
            ("now", changes.current_mm, None),
            ("against baseline", _minus(changes.current_mm, changes.baseline_mm), _percent(changes.from_baseline)),
            ("against the smallest", changes.from_nadir_mm, _percent(changes.from_nadir)),
        ],
    )


def _minus(now: float | None, before: float) -> float | None:
    return None if now is None else now - before


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{share:+.1%}"
