"""Types of the parameter node's values. Loaded when Slicer starts: nothing heavy here."""

from enum import Enum

from slicer.i18n import tr as _


class WorkFilter(Enum):
    """Which cases of a reading folder are listed; the values are those of ``reading.worklist``."""

    ALL = "all"
    TO_READ = "to-read"
    TO_ADJUDICATE = "to-adjudicate"
    TO_SCORE = "to-score"

    def label(self) -> str:
        """Return what a combo box shows."""
        return {
            WorkFilter.ALL: _("All cases"),
            WorkFilter.TO_READ: _("Mine to read"),
            WorkFilter.TO_ADJUDICATE: _("To adjudicate"),
            WorkFilter.TO_SCORE: _("To score"),
        }[self]
