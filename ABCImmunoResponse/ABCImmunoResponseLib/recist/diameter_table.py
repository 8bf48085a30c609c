"""A table of target lesions at one time: what response is assessed from, as people keep it in a spreadsheet."""

import csv
import re
from pathlib import Path

from ABCImmunoResponseLib.errors import ProtocolError
from ABCImmunoResponseLib.recist.response import TargetDiameter

COLUMNS = ("lesion_id", "organ", "diameter_mm")
TOO_SMALL = "too_small"
_NUMBER = re.compile(r"\d{1,6}(?:\.\d{1,9})?")
_FLAGS = {"": False, "no": False, "false": False, "0": False, "yes": True, "true": True, "1": True}
_BYTES_MAX = 1 << 20


def read_diameters(path: Path) -> tuple[TargetDiameter, ...]:
    """Read a CSV file of target lesions, one a row.

    Its columns are ``lesion_id``, ``organ`` (a code of the protocol), ``diameter_mm`` (what enters the sum: the short
    axis of a node, the longest diameter of all others; 0 if the lesion has disappeared, empty if it was not evaluated)
    and, if wanted, ``too_small`` (yes for a lesion that is seen but too small to measure). Empty rows are passed over.

    Raises
    ------
    ProtocolError
        If the file cannot be read, lacks a column, has another, or a value is none.
    """
    path = Path(path)
    try:
        with path.open("rb") as stream:
            data = stream.read(_BYTES_MAX + 1)
        rows = list(csv.reader(data.decode("utf-8-sig").splitlines(), strict=True))
    except OSError as cause:
        raise ProtocolError(f"{path} cannot be read ({cause.strerror}).") from cause
    except (UnicodeDecodeError, csv.Error) as cause:
        raise ProtocolError(f"{path} is no CSV file in UTF-8; save it as one.") from cause
    if len(data) > _BYTES_MAX:
        raise ProtocolError(f"{path} is too large to be a table of target lesions.")
    header = [name.strip().lower() for name in rows[0]] if rows else []
    if sorted(header) not in (sorted(COLUMNS), sorted((*COLUMNS, TOO_SMALL))):
        raise ProtocolError(
            f"{path} must have the columns {', '.join(COLUMNS)} and, if wanted, {TOO_SMALL}, with commas between them."
        )
    found = []
    for number, row in enumerate(rows[1:], 2):
        values = [value.strip() for value in row]
        if not any(values):
            continue
        if len(values) != len(header):
            raise ProtocolError(f"{path}: line {number} has {len(values)} values instead of {len(header)}.")
        found.append(_target(dict(zip(header, values, strict=True)), f"{path}: line {number}"))
    return tuple(found)


def _target(row: dict[str, str], where: str) -> TargetDiameter:
    if not row["lesion_id"] or not row["organ"]:
        raise ProtocolError(f"{where} must name a lesion and its organ.")
    diameter, too_small = row["diameter_mm"], row.get(TOO_SMALL, "").lower()
    if diameter and not _NUMBER.fullmatch(diameter):
        raise ProtocolError(
            f"{where}: {diameter[:40]!r} is no diameter in mm, as 12 or 12.5; leave it empty if it was not evaluated."
        )
    if too_small not in _FLAGS:
        raise ProtocolError(f"{where}: {TOO_SMALL} must be yes, no or empty, not {too_small[:40]!r}.")
    return TargetDiameter(row["lesion_id"], row["organ"], float(diameter) if diameter else None, _FLAGS[too_small])
