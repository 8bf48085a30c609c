"""The states of a case, in order, and what each allows.

``created -> reading -> locked -> reconciled -> adjudicated -> signed -> scored -> reported``. A case is 'adjudicated'
as soon as no pair of lesions is left to settle: right after the reconciliation where the readers agree on all.
"""

from typing import Literal, get_args

from ABCImmunoResponseLib.errors import StateError

State = Literal["created", "reading", "locked", "reconciled", "adjudicated", "signed", "scored", "reported"]
STATES: tuple[State, ...] = get_args(State)

# Where a case may be reopened to. Not before 'locked': both readers have seen each other's read by then, so that
# another one would no longer be blind, and a locked read never changes.
REOPENABLE: tuple[State, ...] = ("locked", "reconciled", "adjudicated", "signed", "scored")


def reached(state: State, wanted: State) -> bool:
    """Say whether a case in ``state`` has come as far as ``wanted``."""
    return STATES.index(state) >= STATES.index(wanted)


def require(state: State, allowed: tuple[State, ...], what: str) -> None:
    """Refuse ``what`` unless the case is in one of the ``allowed`` states.

    Raises
    ------
    StateError
        With what the case needs before, or that it must be reopened.
    """
    if state in allowed:
        return
    if reached(state, allowed[-1]):
        raise StateError(f"{what} is refused: the case is {state} already; reopen it to {allowed[-1]!r} first.")
    raise StateError(f"{what} is refused: the case is {state} and must be {allowed[0]} first.")


def require_reopening(state: State, to: str) -> None:
    """Refuse a step from ``state`` to ``to`` unless it is a step back that is allowed.

    Raises
    ------
    StateError
        If ``to`` is no state to go back to, or lies not behind the case.
    """
    if to not in REOPENABLE:
        raise StateError(
            f"A case cannot be reopened to {str(to)[:40]!r}, only to {', '.join(REOPENABLE)}: "
            "a locked read stays as it is; start a new case for a new read."
        )
    if STATES.index(to) >= STATES.index(state):
        raise StateError(f"A case that is {state} cannot be reopened to {to!r}: that is no step back.")
