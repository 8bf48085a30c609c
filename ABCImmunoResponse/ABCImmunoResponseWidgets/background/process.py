"""A command of the product in a process of its own: started, listened to, stopped. No Qt and no MRML.

Whoever starts one polls it from the thread of the user interface; nothing here blocks that thread.
"""

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Literal

import ABCImmunoResponseLib
from ABCImmunoResponseLib.errors import ABCImmunoResponseError, MissingDependencyError
from ABCImmunoResponseLib.reading.case_folder import CaseFolder

_KILL_AFTER_S = 1.0  # between asking a process to end and ending it
_TAIL_LINES, _TAIL_CHARACTERS, _TAIL_BYTES = 4, 400, 16_384
_MOST_STEPS = 1_000_000  # no command has as many, and a progress bar takes them
_MODULE_FOLDER = Path(ABCImmunoResponseLib.__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Progress:
    """What a command says on its way: ``done`` of ``total`` steps are finished, and ``what`` is at hand."""

    done: int
    total: int
    what: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended. ``message``: one line on why it was refused or died; ``folder``: the case after it."""

    status: Literal["done", "refused", "cancelled", "died"]
    message: str = ""
    folder: CaseFolder | None = None


def python_executable() -> str:
    """Return the interpreter for workers: PythonSlicer within Slicer, else the one that runs this."""
    return shutil.which("PythonSlicer") or sys.executable or ""


class Command:
    """One run of ``abc-immuno-response``, which reports with ``--progress json``.

    Parameters
    ----------
    words
        The command's words, as on the command line.
    given
        What it reads from standard input.
    case
        The case that it works on. It is opened and verified after the command, in the thread that listens to it: for
        a large CT that takes longer than a window may stand still.

    Raises
    ------
    MissingDependencyError
        If the interpreter cannot be started.
    """

    def __init__(self, words: Sequence[str], given: str = "", case: Path | None = None) -> None:
        self._case = case
        self._events: queue.SimpleQueue[Progress | Outcome] = queue.SimpleQueue()
        self._refusal = ""
        self._told_result = False
        self._cancelled = self._stopped = False
        self._errors, self._process = _start(words)
        self._listener = threading.Thread(target=self._listen, args=(given,), daemon=True)
        self._listener.start()

    def poll(self) -> list[Progress | Outcome]:
        """Return what was reported since the last call; an :class:`Outcome` is the last there will ever be."""
        events = []
        with suppress(queue.Empty):
            while True:
                events.append(self._events.get_nowait())
        return events

    def cancel(self) -> None:
        """Ask the process to end, and end it a second later if it has not."""
        self._cancelled = True
        self._signal(kill=False)
        timer = threading.Timer(_KILL_AFTER_S, self._signal, kwargs={"kill": True})
        timer.daemon = True
        timer.start()

    def stop(self) -> None:
        """End the process at once and wait for it to be gone, a few milliseconds."""
        self._cancelled = self._stopped = True
        self._signal(kill=True)
        self._listener.join(_KILL_AFTER_S)

    def _listen(self, given: str) -> None:
        process = self._process
        with suppress(OSError):  # it died at once: its exit code and last words tell why
            process.stdin.write(given)
            process.stdin.close()
        for line in process.stdout:
            self._hear(line)
        process.stdout.close()
        outcome = self._outcome(process.wait())
        self._errors.close()
        self._events.put(replace(outcome, folder=self._open_case()))

    def _open_case(self) -> CaseFolder | None:
        """Return the case; None where nobody waits for it, or it cannot be read, which whoever opens it will see."""
        if self._case is None or self._stopped:
            return None
        with suppress(ABCImmunoResponseError):
            return CaseFolder.open(self._case)
        return None

    def _hear(self, line: str) -> None:
        try:
            said: Any = json.loads(line)
        except (ValueError, RecursionError):  # some library's own print
            return
        match said:
            case {"error": str(refusal)}:
                self._refusal = refusal
            case {"result": str()}:
                self._told_result = True
            case {"done": int(done), "total": int(total), "what": str(what)} if 0 <= done <= total <= _MOST_STEPS:
                self._events.put(Progress(done, total, what))

    def _outcome(self, code: int) -> Outcome:
        if code == 0 and self._told_result:
            return Outcome("done")
        if self._cancelled:
            return Outcome("cancelled")
        if self._refusal:
            return Outcome("refused", self._refusal)
        last = self._last_words()
        if code < 0:
            reason = f"it was ended by signal {-code} ({_signal_name(-code)}), as happens where memory runs out"
        elif code == 0:
            reason = "it told no result"
        else:
            reason = f"exit code {code}"
        return Outcome("died", f"The worker process ended before it was done: {reason}.{f' {last}' if last else ''}")

    def _last_words(self) -> str:
        """Return the end of what the process wrote as errors, on one line."""
        self._errors.seek(max(0, self._errors.seek(0, os.SEEK_END) - _TAIL_BYTES))
        lines = self._errors.read().decode("utf-8", "replace").split("\n")
        kept = [" ".join(line.split()) for line in lines if line.strip()][-_TAIL_LINES:]
        return " | ".join(kept)[-_TAIL_CHARACTERS:]

    def _signal(self, *, kill: bool) -> None:
        # Not poll(): a launcher that died counts as alive until the listener has heard the end of what it started.
        if self._process.returncode is not None:
            return
        if os.name == "nt":  # the launcher's own end leaves the interpreter that it started alive
            subprocess.Popen(
                ["taskkill", "/F", "/T", "/PID", str(self._process.pid)],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                creationflags=subprocess.CREATE_NO_WINDOW,
            )
        else:
            with suppress(ProcessLookupError):  # it ended this moment
                os.killpg(self._process.pid, signal.SIGKILL if kill else signal.SIGTERM)


def _start(words: Sequence[str]) -> tuple[IO[bytes], subprocess.Popen[str]]:
    """Start a command; return the file that takes what it writes as errors, and its process."""
    python = python_executable()
    errors = None
    try:
        errors = tempfile.TemporaryFile()  # noqa: SIM115 - the process writes it until its listener closes it
        return errors, subprocess.Popen(
            [python, "-m", "ABCImmunoResponseLib", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=_environment(),
            text=True,
            encoding="utf-8",
            errors="replace",
            **_group_of_its_own(),
        )
    except OSError as cause:
        if errors is not None:
            errors.close()
        raise MissingDependencyError(
            f"The worker process cannot be started ({python or 'no Python interpreter is known'}: "
            f"{cause.strerror or cause}); nothing was done."
        ) from cause


def _environment() -> dict[str, str]:
    """Return this process's environment, in which a Python finds the product and nothing of the current folder."""
    paths = [str(_MODULE_FOLDER), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONSAFEPATH": "1",
        "PYTHONUTF8": "1",
    }


def _group_of_its_own() -> dict[str, Any]:
    """Return how to start a process so that it can be ended with those it starts: PythonSlicer starts the real one."""
    if os.name == "nt":
        return {"creationflags": subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unknown"
