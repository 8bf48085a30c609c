"""Work on several cores: threads where the interpreter lock is free, processes otherwise. Both can be cancelled."""

import multiprocessing
import os
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait as wait_for
from typing import Any

import SimpleITK as sitk

from ABCImmunoResponseLib.errors import Cancelled, FeatureError

# Takes a function and its arguments; returns a function that gives the result, once there is one.
Submit = Callable[..., Callable[[], Any]]

_POLL_S = 0.1
_THREADS_OF_LIBRARIES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def check_jobs(jobs: int) -> None:
    """Refuse a number of cores that is none, with FeatureError."""
    if isinstance(jobs, bool) or not isinstance(jobs, int) or jobs < 1:
        raise FeatureError(f"jobs must be a whole number of at least 1, not {jobs!r}.")


def at_once(function: Callable, *arguments: Any) -> Callable[[], Any]:
    """Compute before returning: the one-core form of :func:`in_threads`."""
    result = function(*arguments)
    return lambda: result


@contextmanager
def in_threads(jobs: int) -> Iterator[Submit]:
    """Give a ``submit`` that computes on ``jobs`` threads; after an exception, what has not begun never does."""
    with ThreadPoolExecutor(jobs) as pool:
        waiting: set[Future] = set()

        def submit(function: Callable, *arguments: Any) -> Callable[[], Any]:
            nonlocal waiting
            if len(waiting) >= 2 * jobs:  # results are small, but what waits to be computed is held in memory
                _, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            future = pool.submit(function, *arguments)
            waiting.add(future)
            return future.result

        try:
            yield submit
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def in_processes(work: Iterable[tuple[Callable, tuple]], jobs: int, tell: Callable[[str], None]) -> Iterator[Any]:
    """Run ``function(tell, *arguments)`` for each item of ``work`` on ``jobs`` processes; yield results as they come.

    Parameters
    ----------
    work
        Functions of a module's top level, and arguments, that can be pickled. It is consumed as processes get free.
    tell
        Called here, in the caller's thread, for every call of the ``tell`` that a function was given. If it raises, the
        processes stop at their next step.

    Raises
    ------
    FeatureError
        If a process died.
    """
    # 'spawn' and not 'fork': a forked child of a process with threads (ITK's, Qt's) may hang.
    context = multiprocessing.get_context("spawn")
    told, stop = context.Queue(), context.Event()
    try:
        with one_thread_each(), _pool(context, jobs, told, stop) as pool:
            waiting: set[Future] = set()
            for function, arguments in work:
                waiting.add(pool.submit(_call, function, arguments))
                while len(waiting) > jobs:
                    finished, waiting = _follow(waiting, told, tell)
                    yield from finished
            while waiting:
                finished, waiting = _follow(waiting, told, tell)
                yield from finished
        _drain(told, tell)  # a process sends what it still has to tell before it ends
    except BrokenProcessPool as cause:
        raise FeatureError(
            "A process of the extraction died: for lack of memory (try fewer jobs), or because the script that asked "
            'for several jobs does not begin its work under: if __name__ == "__main__":'
        ) from cause
    finally:
        told.close()


@contextmanager
def _pool(context: Any, jobs: int, told: Any, stop: Any) -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin, initargs=(told, stop)) as pool:
        try:
            yield pool
        except BaseException:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Let processes that start meanwhile have libraries of one thread: there is one process a core."""
    before = {name: os.environ.get(name) for name in _THREADS_OF_LIBRARIES}
    os.environ.update(dict.fromkeys(_THREADS_OF_LIBRARIES, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _follow(waiting: set[Future], told: Any, tell: Callable[[str], None]) -> tuple[list[Any], set[Future]]:
    finished, waiting = wait(waiting, timeout=_POLL_S, return_when=FIRST_COMPLETED)
    _drain(told, tell)
    return [future.result() for future in finished], waiting


def _drain(told: Any, tell: Callable[[str], None]) -> None:
    while True:
        try:
            what = told.get_nowait()
        except queue.Empty:
            return
        tell(what)


_told: Any = None
_stop: Any = None


def _begin(told: Any, stop: Any) -> None:
    """Give a worker its ways to the caller."""
    global _told, _stop
    _told, _stop = told, stop
    begin_worker()


def begin_worker() -> None:
    """Give a worker process one thread of ITK's, and let it end when its parent does, however that ended."""
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    parent = multiprocessing.parent_process()

    def follow() -> None:
        wait_for([parent.sentinel])
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


def _call(function: Callable, arguments: tuple) -> Any:
    return function(_tell, *arguments)


def _tell(what: str) -> None:
    if _stop.is_set():
        raise Cancelled("stopped")
    _told.put(what)
