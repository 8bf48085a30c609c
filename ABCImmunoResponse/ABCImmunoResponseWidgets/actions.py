"""What the panel offers in which state of a case."""

from typing import Literal

Action = Literal["score", "report", "show"]

_OFFERED: dict[str, tuple[Action, ...]] = {"signed": ("score",), "scored": ("report", "show"), "reported": ("show",)}


def actions(state: str) -> tuple[Action, ...]:
    """Return what can be done with a case in ``state``: score it, write its report, show its result.

    The steps before a case is signed are no part of the panel; '' stands for no case.
    """
    return _OFFERED.get(state, ())
