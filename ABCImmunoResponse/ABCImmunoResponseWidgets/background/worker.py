"""Runs a command beside Slicer and tells of it on the thread of the user interface."""

from collections.abc import Callable, Sequence
from pathlib import Path

import qt

from ABCImmunoResponseWidgets.background.process import Command, Outcome, Progress

_INTERVAL_MS = 100


class Worker:
    """At most one command at a time; the window stays usable while it runs.

    Parameters
    ----------
    on_progress
        Called with each :class:`Progress`.
    on_end
        Called once with the :class:`Outcome` of each command, unless it was dropped with :meth:`stop`.
    """

    def __init__(self, on_progress: Callable[[Progress], None], on_end: Callable[[Outcome], None]) -> None:
        self._on_progress, self._on_end = on_progress, on_end
        self._command: Command | None = None
        self._timer = qt.QTimer()
        self._timer.interval = _INTERVAL_MS
        self._timer.connect("timeout()", self._drain)

    @property
    def running(self) -> bool:
        """Whether a command runs."""
        return self._command is not None

    def start(self, words: Sequence[str], given: str = "", case: Path | None = None) -> None:
        """Start a command; see :class:`Command`, also for what it raises. The one before must have ended."""
        if self.running:
            raise RuntimeError("a command is running already")
        self._command = Command(words, given, case)
        self._timer.start()

    def cancel(self) -> None:
        """Ask the command to end; ``on_end`` tells when it has."""
        if self._command is not None:
            self._command.cancel()

    def stop(self) -> None:
        """End the command at once and say nothing of it any more."""
        self._timer.stop()
        command, self._command = self._command, None
        if command is not None:
            command.stop()

    def _drain(self) -> None:
        command = self._command
        if command is None:
            return
        for event in command.poll():
            if self._command is not command:  # a callback stopped it
                return
            if isinstance(event, Outcome):
                self._timer.stop()
                self._command = None
                self._on_end(event)
            else:
                self._on_progress(event)
