"""What every use of SimpleITK here needs: quiet calls, one-line errors, names it can open."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import SimpleITK as sitk

from ABCImmunoResponseLib.errors import ImagingError


@contextmanager
def quiet() -> Iterator[None]:
    """Keep ITK's warnings off the user's terminal; what matters in them is reported as findings."""
    before = sitk.ProcessObject.GetGlobalWarningDisplay()
    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    try:
        yield
    finally:
        sitk.ProcessObject.SetGlobalWarningDisplay(before)


def one_line(cause: BaseException, length: int = 160) -> str:
    """Return the telling end of an error message as one short line (ITK's begins with its own source paths)."""
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
    text = lines[-1] if lines else type(cause).__name__
    for mark in ("ITK ERROR: ", "sitk::ERROR: "):
        text = text.split(mark)[-1]
    return " ".join(text.split())[:length].rstrip(". ")


def shown(path: Path) -> str:
    """Return a file's name as it may stand in a one-line message."""
    return printable(Path(path).name or str(path))


def printable(text: str, length: int = 120) -> str:
    """Return ``text`` printable on one line of any terminal: control and undecodable characters as '?'."""
    return "".join(c if c.isprintable() and not 0xD800 <= ord(c) <= 0xDFFF else "?" for c in str(text))[:length]


def openable(path: Path) -> str:
    """Return ``path`` as the text SimpleITK takes.

    Raises
    ------
    ImagingError
        If the name is not valid text: SimpleITK ends the whole process on such a name.
    """
    text = str(path)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as cause:
        raise ImagingError(f"{shown(path)}: the path is not valid UTF-8; rename the file or folder.") from cause
    return text
