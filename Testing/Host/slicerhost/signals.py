"""Signals of the application objects that are not widgets: ``connect("name(types)", slot)`` as PythonQt has it."""

import inspect
from collections.abc import Callable

from slicerhost.namespace import Namespace


class Emitter(Namespace):
    """An object with signals: :meth:`emit` calls their slots in the order in which they were connected."""

    def __init__(self, called: str, signals: tuple[str, ...], /, **offered):
        super().__init__(called, **offered)
        self._slots: dict[str, list[Callable]] = {signal: [] for signal in signals}

    def connect(self, signal: str, slot: Callable) -> bool:
        """Connect a slot; return False, as PythonQt does, where there is no such signal."""
        if signal not in self._slots:
            return False
        self._slots[signal].append(slot)
        return True

    def disconnect(self, signal: str, slot: Callable) -> bool:
        if slot not in self._slots.get(signal, ()):
            return False
        self._slots[signal].remove(slot)
        return True

    def emit(self, signal: str, *values) -> None:
        """Call the slots with as many values as each takes; what they raise is recorded, as from any slot."""
        for slot in list(self._slots[signal]):
            guarded(slot, *values[: _arity(slot)])


def _arity(slot: Callable) -> int | None:
    if not inspect.isroutine(slot):
        return None
    parameters = inspect.signature(slot).parameters.values()
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return None
    return sum(
        parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD) for parameter in parameters
    )


def guarded(function: Callable, *given):
    """Call what the application calls, not the test: an exception is recorded and printed, and None comes back."""
    from slicerhost.pythonqt import errors

    try:
        return function(*given)
    except Exception as raised:
        errors.keep(raised)
        return None
