"""Processes to measure in: on one core, one thread each, none of them doing anything while another is timed."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import PIPE
from typing import Any

_PROBE = Path(__file__).with_name("probe.py")
_ONE_THREAD = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMBA_NUM_THREADS"),
    "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS",
)


def on_one_core(compiled: Path) -> list[int]:
    """Let this process and all it starts use one core and one thread; return the cores there were.

    ``compiled`` is the folder in which numba keeps machine code, so that the checkout stays as it is. Where the system
    cannot bind a process to a core (macOS), threads alone are limited.
    """
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"), NUMBA_CACHE_DIR=str(compiled))
    if not hasattr(os, "sched_setaffinity"):
        return list(range(os.cpu_count() or 1))
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[-1:])
    return cores


class Worker:
    """A process of its own that runs functions of ``probe``, by name and one at a time, and keeps what it has read."""

    def __init__(self) -> None:
        self._process = subprocess.Popen([sys.executable, _PROBE], stdin=PIPE, stdout=PIPE, text=True)

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *failure: object) -> None:
        self._process.__exit__(*failure)  # closes the pipes, which ends it, and waits

    def __call__(self, function: str, *arguments: Any) -> Any:
        """Return what the function returned there, as JSON has it.

        Raises
        ------
        SystemExit
            If it failed; the process has told why on standard error.
        """
        self._process.stdin.write(json.dumps([function, arguments], default=str) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise SystemExit(f"{function} failed")
        return json.loads(answer)


def fresh(function: str, *arguments: Any) -> Any:
    """Run a function in a new process that ends with it: for peak memory, and for what happens only once."""
    with Worker() as worker:
        return worker(function, *arguments)


@contextmanager
def workers(names: Iterable[str]) -> Iterator[dict[str, Worker]]:
    """Give a worker a name, and end them all."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(Worker()) for name in names}


def python(program: str) -> str:
    """Return what a program prints in a Python of its own."""
    return subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
