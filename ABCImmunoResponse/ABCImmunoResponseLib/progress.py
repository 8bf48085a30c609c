"""Progress and cancellation: what long work reports to whoever started it.

A progress callback takes ``(done, total, what)``: how many of how many steps are finished and the name of the
step at hand. It stops the work by raising :class:`~ABCImmunoResponseLib.errors.Cancelled`.
"""

from collections.abc import Callable

Progress = Callable[[int, int, str], None]


def silent(done: int, total: int, what: str) -> None:
    """Report nothing: the default where no progress is asked for."""
