"""What every use of SimpleITK here needs: quiet calls, one-line errors, names it can open."""

import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import SimpleITK as sitk

from ABCImmunoResponseLib.errors import ImagingError

_STDERR = 2
_one_at_a_time = threading.RLock()  # the process has one stderr


@contextmanager
def quiet() -> Iterator[list[str]]:
    """Keep what ITK and the decoders below it print off the user's terminal.

    ITK's warnings are switched off. JPEG, NIfTI and MetaImage code writes straight to the process's stderr, which
    is therefore turned aside for the while; what was written is in the yielded list, line by line, afterwards.
    """
    lines: list[str] = []
    with _one_at_a_time, tempfile.TemporaryFile() as aside:
        before = sitk.ProcessObject.GetGlobalWarningDisplay()
        sitk.ProcessObject.SetGlobalWarningDisplay(False)
        if sys.stderr is not None:
            sys.stderr.flush()
        try:
            terminal = os.dup(_STDERR)
        except OSError:  # a windowed program on Windows may have none: then nothing can be printed there
            terminal = None
        try:
            if terminal is not None:
                os.dup2(aside.fileno(), _STDERR)
            yield lines
        finally:
            if terminal is not None:
                os.dup2(terminal, _STDERR)
                os.close(terminal)
            sitk.ProcessObject.SetGlobalWarningDisplay(before)
            aside.seek(0)
            lines += aside.read(1 << 16).decode("utf-8", errors="replace").splitlines()


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
