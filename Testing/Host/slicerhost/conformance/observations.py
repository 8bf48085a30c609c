"""Observations: what was run in Slicer and what came out."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_ADDRESS = re.compile(r"(?:\bat:? )?0x[0-9A-Fa-f]+")
_PACKAGED = re.compile(r"\bslicer_core\.(\w+)\.(?=vtk)")
_CUT = 160  # longer reprs were cut when they were recorded


def as_recorded(text: str) -> str:
    """Return a text as it would have been recorded: addresses written ``0x…``.

    VTK's classes say the library that they are in, which has another name in slicer-core than in Slicer.
    """
    return _PACKAGED.sub(r"\1Python.", _ADDRESS.sub("0x…", text))


@dataclass(frozen=True)
class Observation:
    """One thing that was run.

    Attributes
    ----------
    group : str
    source : str
        The statement or expression, or what was done before the slots' record was read.
    kind : {"stmt", "expr", "after"}
    expected : str
        What came out, in one line: ``type: repr``, ``raises type: message``, or the record.
    """

    group: str
    source: str
    kind: str
    expected: str

    @property
    def makes(self) -> bool:
        """Whether it is a statement that begins by making something anew: a new trial with its signals."""
        return self.kind == "stmt" and re.match(r"\w+ = ", self.source) is not None


def shown(value: object) -> str:
    """Return a value in the form in which observations hold it."""
    return f"{type(value).__name__}: {as_recorded(repr(value))[:_CUT]}"


def raised(error: BaseException) -> str:
    """Return an exception in the form in which observations hold it."""
    return f"raises {type(error).__name__}: {as_recorded(str(error))[:_CUT]}"


def _observation(entry: dict) -> Observation:
    kind = next((key for key in ("stmt", "expr", "after") if key in entry), None)
    if kind is None:
        raise KeyError("stmt, expr or after")
    if kind == "after":
        expected = entry["log"]
    elif "raises" in entry:
        expected = f"raises {entry['raises']}: {entry['message'][:_CUT]}"
    else:
        expected = "ok" if kind == "stmt" else f"{entry['type']}: {entry['repr'][:_CUT]}"
    return Observation(entry["group"], entry[kind], kind, expected)


def _read(path: Path) -> list[Observation]:
    try:
        return [_observation(entry) for entry in json.loads(Path(path).read_text(encoding="utf-8"))["observations"]]
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} holds no observations: {error}") from error


def load(paths: Iterable[Path]) -> list[Observation]:
    """Read files of observations, one after the other.

    A file of which a longer one holds everything is left out: what it makes would be in the longer one's way.

    Raises
    ------
    ValueError
        If a file is not one of observations.
    """
    files = [_read(path) for path in paths]
    counts = [Counter(observations) for observations in files]
    return [
        observation
        for observations, count in zip(files, counts, strict=True)
        if not any(count < other for other in counts)
        for observation in observations
    ]
