"""What every command shares with the terminal: one-line messages, tables, JSON and a progress bar."""

import getpass
import json
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter, _SubParsersAction
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from ABCImmunoResponseLib.case import Finding
from ABCImmunoResponseLib.features.engine import engine_names
from ABCImmunoResponseLib.progress import Progress, silent


def one_line(text: object) -> str:
    """Return ``text`` on one line, with control characters made visible."""
    line = " ".join(str(text).split())
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)


def print_json(value: Any) -> None:
    """Print ``value`` as indented JSON for a program to read."""
    print(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def print_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under a header in aligned columns; numbers to the right, floats with two digits."""
    texts = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(header[c]), *(len(row[c]) for row in texts), 0) for c in range(len(header))]
    right = [all(isinstance(row[c], int | float) or row[c] is None for row in rows) for c in range(len(header))]
    for line in [list(header), ["-" * width for width in widths], *texts]:
        cells = (t.rjust(w) if r else t.ljust(w) for t, w, r in zip(line, widths, right, strict=True))
        print("  ".join(cells).rstrip())


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.2f}" if isinstance(value, float) else one_line(value)


def print_findings(findings: Iterable[Finding]) -> None:
    """Print findings, one a line: severity, lesion, what was found."""
    for finding in findings:
        lesion = f"{finding.lesion}: " if finding.lesion else ""
        print(f"{finding.severity}: {lesion}{one_line(finding.message)}")


def progress_bar(title: str) -> Progress:
    """Return a progress callback that draws a bar on stderr, or reports nothing where stderr is no terminal."""
    if not sys.stderr.isatty():
        return silent
    started = time.monotonic()

    def draw(done: int, total: int, what: str) -> None:
        filled = round(24 * done / max(total, 1))
        seconds = time.monotonic() - started
        line = f"{title} [{'#' * filled}{'.' * (24 - filled)}] {done}/{total} {seconds:5.1f} s  {one_line(what)}"
        end = "\n" if done >= total else ""
        print(f"\r\x1b[K{line[:110]}", end=end, file=sys.stderr, flush=True)

    return draw


def default_person() -> str:
    """Return the name of the user who runs the command, for signatures where none was given."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no login name, as in some containers
        return "unknown-user"


def add_command(
    group: _SubParsersAction, name: str, summary: str, example: str, run: Callable[..., None]
) -> ArgumentParser:
    """Add the command ``name`` to a group, with an example under its ``--help``; ``run`` takes the parsed words."""
    parser = group.add_parser(
        name,
        help=summary[0].lower() + summary[1:].rstrip("."),
        description=summary,
        epilog=f"example:\n  {example}",
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def add_group(commands: _SubParsersAction, name: str, summary: str) -> _SubParsersAction:
    """Add a group of commands such as ``case``; without a command of the group, wrong use."""
    parser = commands.add_parser(name, help=summary, description=summary.capitalize() + ".")
    return parser.add_subparsers(title="commands", required=True, metavar="COMMAND", dest=f"{name}_command")


def add_image_and_mask(parser: ArgumentParser) -> None:
    """Add the words that choose a CT and lesions of a mask file."""
    parser.add_argument("--image", type=Path, required=True, help="CT: DICOM folder, NRRD, NIfTI or MetaImage")
    parser.add_argument("--series", metavar="UID", help="the DICOM series, where the folder holds several")
    parser.add_argument(
        "--mask", type=Path, required=True, help="lesions: label map, .seg.nrrd, DICOM SEG or DICOM RTSTRUCT"
    )
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--label", type=int, metavar="N", help="only this label value of a label map")
    chosen.add_argument("--segment", metavar="NAME", help="only the segment or structure of this name")


def add_engine(parser: ArgumentParser) -> None:
    """Add the words that say who computes features, and on how many cores."""
    parser.add_argument("--engine", choices=engine_names(), help="who computes (numba where installed, else numpy)")
    parser.add_argument("--jobs", type=whole_number, default=1, metavar="N", help="cores to use (%(default)s)")


def whole_number(text: str) -> int:
    """Return a number of at least 1; what argparse calls."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise ArgumentTypeError(f"{text[:40]!r} is not a whole number of at least 1")
    return value


def add_json(parser: ArgumentParser) -> None:
    """Add ``--json``."""
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
