"""Drafts that the disk refused when their step was left: kept in memory, out of the scene, until they are saved."""

from collections.abc import Callable
from pathlib import Path

import qt
from slicer.i18n import tr as _

from ABCImmunoResponseLib.errors import ABCImmunoResponseError
from ABCImmunoResponseWidgets.read.drafting import Drafting, DraftOverError

_RETRY_MS = 5000


class UnsavedDrafts:
    """Tries again every few seconds; ``tell`` is told when a draft is saved at last."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._drafts: dict[tuple[Path, str], Drafting] = {}
        self._timer = qt.QTimer()
        self._timer.setInterval(_RETRY_MS)
        self._timer.connect("timeout()", self.retry)

    def keep(self, drafting: Drafting) -> None:
        """Keep a draft until it is saved."""
        self._drafts[drafting.folder.path, drafting.reader] = drafting
        self._timer.start()

    def take(self, directory: Path, reader: str) -> Drafting | None:
        """Return a reader's draft that is kept here, to go on with it; None where there is none."""
        return self._drafts.pop((directory, reader), None)

    def retry(self) -> None:
        """Try to save what is kept."""
        for key, drafting in list(self._drafts.items()):
            try:
                drafting.save()
            except DraftOverError as over:
                del self._drafts[key]
                self._tell(str(over))
                continue
            except ABCImmunoResponseError:  # told when the step was left, and tried again
                continue
            del self._drafts[key]
            self._tell(
                _("What {reader} drew in case {case} is saved now.").format(
                    reader=drafting.reader, case=drafting.folder.case_id
                )
            )
        if not self._drafts:
            self._timer.stop()

    def cleanup(self) -> None:
        """Try a last time and stop; what the disk refuses even now goes with the panel."""
        self.retry()
        self._timer.stop()
        self._timer.disconnect("timeout()", self.retry)  # a connection keeps this object, and what was drawn, alive
        self._drafts.clear()
