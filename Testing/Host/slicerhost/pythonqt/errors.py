"""What PythonQt prints and does not raise: exceptions in slots, and connections to signals that do not exist.

In Slicer such an error goes by unseen; here it is kept, so that a test can fail for it.
"""

import sys
import traceback
from dataclasses import dataclass


@dataclass(frozen=True)
class PrintedError:
    """An error that was only printed.

    Attributes
    ----------
    text : str
        What was printed.
    exception : BaseException or None
        What the slot raised; None where PythonQt itself complained.
    """

    text: str
    exception: BaseException | None = None

    def __str__(self) -> str:
        return self.text


_printed: list[PrintedError] = []


def take() -> list[PrintedError]:
    """Return the errors since the last call."""
    taken = _printed[:]
    _printed.clear()
    return taken


def complain(text: str) -> None:
    """Print and keep a complaint of PythonQt's own."""
    print(text, file=sys.stderr)
    _printed.append(PrintedError(text))


def keep(exception: BaseException) -> None:
    """Print and keep an exception that a slot raised."""
    text = "".join(traceback.format_exception(exception))
    print(text, file=sys.stderr, end="")
    _printed.append(PrintedError(text, exception))
