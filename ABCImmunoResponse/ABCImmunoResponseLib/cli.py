"""The command line ``abc-immuno-response``: thin; the work is done in the rooms.

Exit codes: 0 done; 2 wrong use; 1 anything refused, with one clear line on stderr; 130 stopped because the program that
started it asked for it.
"""

import os
import sys
import traceback
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from ABCImmunoResponseLib import DISCLAIMER, __version__
from ABCImmunoResponseLib.commands import bundle, case, demo, lesions, response, simulate, targets, train
from ABCImmunoResponseLib.commands.console import one_line
from ABCImmunoResponseLib.errors import ABCImmunoResponseError, Cancelled

PROGRAM = "abc-immuno-response"


def build_parser() -> ArgumentParser:
    """Return the parser of every command."""
    parser = ArgumentParser(
        prog=PROGRAM,
        description=f"Benefit from immune checkpoint inhibitors in advanced breast cancer, from CT ({DISCLAIMER}).",
        epilog=f"'{PROGRAM} COMMAND --help' shows an example of each command.",
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND", dest="command")
    for group in (demo, lesions, targets, response, case, bundle, simulate, train):
        group.add(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; ``argv`` defaults to the process's own words."""
    _fill_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a hostile name must not break the message that tells of it
            stream.reconfigure(errors="backslashreplace")
    words = build_parser().parse_args(argv)
    try:
        words.run(words)
        sys.stdout.flush()
    except Cancelled as stop:
        _refuse(stop)
        return 130
    except ABCImmunoResponseError as refusal:
        return _refuse(refusal)
    except KeyboardInterrupt:
        return _refuse("stopped by the user; what was finished is kept, the rest is as it was.")
    except BrokenPipeError:
        # Whoever read our output has gone (as `| head` does): nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (OSError, MemoryError, UnicodeError) as cause:
        return _refuse(f"{type(cause).__name__}: {cause}")
    except Exception as bug:
        if os.environ.get("ABC_IMMUNO_RESPONSE_DEBUG"):
            traceback.print_exc()
        return _refuse(
            f"internal error, please report it ({type(bug).__name__}: {bug}); "
            "ABC_IMMUNO_RESPONSE_DEBUG=1 shows where it happened."
        )
    return 0


def _fill_closed_streams() -> None:
    """Let what is said go nowhere where the caller closed standard output or errors, as some daemons do."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - the process ends with it


def _refuse(message: object) -> int:
    print(f"{PROGRAM}: {one_line(message)}", file=sys.stderr)
    return 1
