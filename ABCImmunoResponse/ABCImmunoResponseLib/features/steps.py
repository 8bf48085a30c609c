"""The steps of extracting a lesion's features, and how they are counted for a progress callback."""

from collections.abc import Callable

from ABCImmunoResponseLib.features.names import IMAGE_TYPES
from ABCImmunoResponseLib.progress import Progress

STEPS = ("resampling and shape", *IMAGE_TYPES)

Tell = Callable[[str], None]


class Counted:
    """A progress callback that counts: called with the name of each step before it begins."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def __call__(self, what: str) -> None:
        """Tell that a step begins; an exception of the callback passes through."""
        self._progress(self._done, self._total, what)
        self._done += 1

    def finish(self, what: str) -> None:
        """Tell that all steps are done."""
        self._progress(self._total, self._total, what)
