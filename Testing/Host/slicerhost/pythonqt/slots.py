"""Methods as Python code sees them."""

import inspect
import types
from collections.abc import Callable
from functools import cached_property
from typing import Any

from slicerhost.pythonqt.conversion import alive, unwrap, wrap
from slicerhost.pythonqt.overloads import Overload, call, known, limited, matching, methods
from slicerhost.pythonqt.registry import ClassInfo, Wrapper


class SlotInfo:
    """A method of a class."""

    def __init__(self, info: ClassInfo, name: str, native: str, replacement: Callable | None = None):
        self.info = info
        self.name = name
        self.native = native
        self.replacement = replacement

    @cached_property
    def overloads(self) -> list[Overload]:
        """Every overload, those of the bases too; empty where only our own function knows what it takes."""
        if self.ours:
            return known(self.info.pyside, self.name)
        return methods(self.info.pyside, self.name, self.native)

    @cached_property
    def ours(self) -> bool:
        """Whether the method is written in Python, so that PySide knows no signatures."""
        function = getattr(self._found, "__func__", self._found)  # PySide's own static methods are staticmethods too
        return self.replacement is not None or isinstance(function, types.FunctionType)

    @cached_property
    def static(self) -> bool:
        """Whether the method may be called without an object: the first overload decides."""
        if self.overloads:
            return self.overloads[0].static
        return isinstance(self._found, (staticmethod, types.BuiltinFunctionType))

    @property
    def text(self) -> str:
        """How the method is named in messages."""
        return self.overloads[0].text if self.overloads else f"{self.name}()"

    @cached_property
    def _found(self) -> Any:
        return inspect.getattr_static(self.info.pyside, self.native, None)

    def call(self, wrapper: Wrapper | None, args: tuple, kwargs: dict) -> Any:
        """Call the method of ``wrapper``, or the static method if that is None.

        Raises
        ------
        ValueError
            If the object is gone or the arguments do not fit.
        """
        held = None if wrapper is None else alive(wrapper)
        if wrapper is not None and held is None and not self.static:
            raise ValueError(f"Trying to call '{self.name}' on a destroyed {wrapper._info.name} object")
        if kwargs:
            raise ValueError(f"Called {self.text} with keyword arguments, but called slot does not support kwargs.")
        if self.ours:
            return self._call_ours(wrapper, held, args)
        overload, values = matching(self.overloads, args, static=held is None)
        function = getattr(self.info.pyside if held is None else held, self.native)
        return overload.returned(call(function, overload, values))

    def _call_ours(self, wrapper: Wrapper | None, held: Any, args: tuple) -> Any:
        if self.overloads:
            matching(self.overloads, args, static=held is None)
        if self.replacement is not None:
            function, given = self.replacement, args if wrapper is None else (wrapper, *args)
        else:
            function = getattr(self.info.pyside if held is None else held, self.native)
            given = tuple(map(unwrap, args))
        try:
            inspect.signature(function).bind(*given)
        except TypeError as error:
            raise ValueError(f"Called {self.text} with wrong number of arguments: {limited(str(args))}") from error
        result = function(*given)
        return result if self.replacement is not None else wrap(result)


class Slot:
    """A method as Python code sees it, bound to an object or to a class."""

    __slots__ = ("_of", "_slot")

    def __init__(self, slot: SlotInfo, of: Wrapper | type):
        self._slot = slot
        self._of = of

    @property
    def __name__(self) -> str:
        return self._slot.name

    @property
    def __self__(self) -> Wrapper | type:
        return self._of

    @property
    def ours(self) -> bool:
        """Whether the method is written in Python: what signature it has in C++ is not known."""
        return self._slot.ours

    def __repr__(self) -> str:
        if isinstance(self._of, type):
            return f"<unbound qt slot {self._slot.name} of {self._of.__name__} type>"
        return f"<qt slot {self._slot.name} of {type(self._of).__name__} instance at {id(self._of):#x}>"

    def __eq__(self, other) -> bool:
        return isinstance(other, Slot) and self._of is other._of and self._slot.name == other._slot.name

    def __hash__(self) -> int:
        return hash((id(self._of), self._slot.name))

    def __call__(self, *args, **kwargs) -> Any:
        if isinstance(self._of, type):
            return self._call_unbound(args, kwargs)
        return self._slot.call(self._of, args, kwargs)

    def _call_unbound(self, args: tuple, kwargs: dict) -> Any:
        slot = self._slot
        if slot.static:
            return slot.call(None, args, kwargs)
        needed = f"slot {slot.text} requires {slot.info.name} instance as first argument"
        if not args:
            raise ValueError(f"{needed}.")
        if not isinstance(args[0], Wrapper) or slot.info.name not in args[0]._info.ancestors():
            raise ValueError(f"{needed}, got {type(args[0]).__name__}")
        return slot.call(args[0], args[1:], kwargs)


Slot.__name__ = Slot.__qualname__ = "builtin_qt_slot"
Slot.__module__ = "builtins"
