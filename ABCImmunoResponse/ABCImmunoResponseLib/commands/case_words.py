"""The words that the commands of ``case`` share."""

from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Callable
from pathlib import Path

from ABCImmunoResponseLib.commands.console import add_command, add_json, default_person


def case_command(group: _SubParsersAction, name: str, summary: str, example: str, run: Callable) -> ArgumentParser:
    """Add a command of ``case``, with the case folder and ``--json``; see :func:`console.add_command`."""
    parser = add_command(group, name, summary, example, run)
    parser.add_argument("case", type=Path, help="the case folder")
    add_json(parser)
    return parser


def add_actor(parser: ArgumentParser, what: str, *, required: bool = False) -> None:
    """Add ``--by``, who acts; where it is not required, the user who runs the command."""
    if required:
        parser.add_argument("--by", required=True, metavar="PERSON", help=what)
    else:
        parser.add_argument("--by", default=default_person(), metavar="PERSON", help=f"{what} (%(default)s)")
