"""What a command says while it works: a bar on the terminal, or lines of JSON for the program that started it.

With ``--progress json`` standard output holds one JSON object a line, each flushed at once::

    {"done": 4, "total": 44, "what": "Lesion L1: texture"}     at least every half second, the same again if need be
    {"result": "scored"}                                       the last line, once all is done
    {"error": "...", "kind": "StateError"}                     or this one: what was refused, and the error's class

SIGTERM ends the work with the kind ``Cancelled`` and exit code 130, and nothing is recorded; one that comes while the
outcome is being recorded is too late, and the work is done.
"""

import json
import re
import signal
import sys
import threading
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, TextIO

from ABCImmunoResponseLib.commands.console import one_line, progress_bar
from ABCImmunoResponseLib.errors import ABCImmunoResponseError, Cancelled
from ABCImmunoResponseLib.features.steps import STEPS
from ABCImmunoResponseLib.progress import Progress

_BEAT_S = 0.4
_STOPPED = "The work was stopped; what it was done for is as it was."


def add_progress(parser: ArgumentParser) -> None:
    """Add ``--progress``."""
    parser.add_argument(
        "--progress",
        choices=("json",),
        help="say on standard output what is being done, one JSON object a line, instead of a bar and the outcome",
    )


class Report:
    """What a command says on the terminal: a bar for its longest part."""

    def __init__(self, title: str) -> None:
        self._title = title

    def expect(self, total: int) -> None:
        """Tell how many steps there are in all."""

    def begin(self, what: str) -> None:
        """Tell that the next step begins."""

    def part(self, then: str = "") -> Progress:
        """Return a progress callback for the steps of the longest part.

        ``then`` names the step that follows it, which records the outcome and cannot be stopped.
        """
        return progress_bar(self._title)

    def record(self, what: str) -> None:
        """Tell that the outcome is about to be recorded: from here the work is not stopped any more."""

    def done(self, outcome: dict[str, Any], show: Callable[[], None]) -> None:
        """Tell the outcome: ``show`` prints it for people."""
        show()


class JsonReport(Report):
    """What a command says to a program, from a thread of its own too; see this module.

    Raises
    ------
    Cancelled
        From every call, and out of whatever the main thread is at, once SIGTERM has come.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._lock, self._over = stream, threading.Lock(), threading.Event()
        self._done, self._total = 0, 1
        self._last: dict[str, Any] | None = None
        self._recording = False
        self.cancelled = False

    def expect(self, total: int) -> None:
        """See :class:`Report`."""
        self._total = total

    def begin(self, what: str) -> None:
        """See :class:`Report`."""
        self._tell(self._done, what)
        self._done += 1

    def part(self, then: str = "") -> Progress:
        """See :class:`Report`."""
        before = self._done

        def tell(done: int, total: int, what: str) -> None:
            self._total = max(self._total, before + total)
            self._done = before + done
            if then and done >= total:
                self.record(then)
            else:
                self._tell(self._done, readable(what))

        return tell

    def record(self, what: str) -> None:
        """See :class:`Report`."""
        self._tell(self._done, what)
        self._recording = True

    def done(self, outcome: dict[str, Any], show: Callable[[], None]) -> None:
        """See :class:`Report`."""
        self._say(outcome, last=None)

    def fail(self, cause: BaseException) -> None:
        """Tell what was refused, or went wrong."""
        message = cause if isinstance(cause, ABCImmunoResponseError) else f"{type(cause).__name__}: {cause}"
        with suppress(OSError, ValueError):  # nobody listens any more
            self._say({"error": one_line(message), "kind": type(cause).__name__}, last=None)

    def _tell(self, done: int, what: str) -> None:
        if self.cancelled and not self._recording:
            raise Cancelled(_STOPPED)
        told = {"done": done, "total": self._total, "what": one_line(what)}
        self._say(told, last=told)

    def _say(self, value: dict[str, Any], last: dict[str, Any] | None) -> None:
        """Write one line; ``last`` is what to repeat from here on."""
        with self._lock:
            self._last = last
            self._write(value)

    def _write(self, value: dict[str, Any]) -> None:
        # In ASCII: what the stream's encoding lacks would be escaped in ways that JSON does not know.
        self._stream.write(f"{json.dumps(value)}\n")
        self._stream.flush()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Repeat the last line while nothing new is to be told, and heed SIGTERM."""
        beats = threading.Thread(target=self._beat, daemon=True)
        beats.start()
        before = None
        with suppress(ValueError):  # only the main thread can heed signals; another is stopped by its callers
            before = signal.signal(signal.SIGTERM, self._on_terminate)
        try:
            yield
        finally:
            if before is not None:
                signal.signal(signal.SIGTERM, before)
            self._over.set()
            beats.join()

    def _beat(self) -> None:
        while not self._over.wait(_BEAT_S):
            try:
                with self._lock:
                    if self._last is not None:
                        self._write(self._last)
            except (OSError, ValueError):  # nobody listens any more, which the next step meets too
                return

    def _on_terminate(self, number: int, frame: FrameType | None) -> None:
        first, self.cancelled = not self.cancelled, True
        if first and not self._recording:  # a second one must not interrupt the telling of the first
            raise Cancelled(_STOPPED)


@contextmanager
def reporting(words: Namespace, title: str) -> Iterator[Report]:
    """Give the report of a command, by its ``--progress``; what goes wrong inside is told there too, and raised."""
    if words.progress is None:
        yield Report(title)
        return
    report = JsonReport(sys.stdout)
    with report.at_work():
        try:
            yield report
        except BaseException as cause:
            refusal: BaseException = cause
            if report.cancelled and not isinstance(cause, Cancelled):  # what broke because it was being stopped
                refusal = Cancelled(_STOPPED)
            report.fail(refusal)
            if refusal is cause:
                raise
            raise refusal from cause


def readable(what: str) -> str:
    """Return the name of an extraction's step in a radiologist's words; anything else as it is."""
    lesion, colon, step = what.rpartition(": ")
    if not colon or step not in STEPS:
        return what
    told = "texture"
    if step == STEPS[0]:
        told = "size and shape"
    elif match := re.fullmatch(r"log-sigma-(\d+)-(\d+)-mm-3D", step):
        told = f"texture at a scale of {float(f'{match[1]}.{match[2]}'):g} mm"
    elif step.startswith("wavelet-"):
        told = f"texture, wavelet {step.removeprefix('wavelet-')}"
    return f"Lesion {lesion}: {told}"
