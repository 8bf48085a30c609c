"""Methods: the overload is found as PythonQt finds it, strictly first, then with conversions."""

import inspect
import types
from collections.abc import Callable
from dataclasses import dataclass
from enum import Flag
from functools import cached_property
from typing import Any, get_args

import shiboken6
from PySide6.support.signature import get_signature

from slicerhost.pythonqt.conversion import NoMatchError, alive, converter, unwrap, wrap
from slicerhost.pythonqt.enums import returned_type
from slicerhost.pythonqt.registry import ClassInfo, Wrapper

_TEXT_LIMIT = 2000  # PythonQt cuts longer arguments out of its messages


@dataclass(frozen=True)
class Overload:
    """One of the signatures of a method.

    Attributes
    ----------
    converters : list of callable
        One for each argument.
    required : int
        How many arguments have no default.
    static : bool
        Whether it is called without an object.
    text : str
        How PythonQt names it in its messages.
    """

    converters: list[Callable]
    required: int
    static: bool
    text: str

    def takes(self, count: int) -> bool:
        return self.required <= count <= len(self.converters)


class SlotInfo:
    """A method of a class."""

    def __init__(self, info: ClassInfo, name: str, native: str, replacement: Callable | None = None):
        self.info = info
        self.name = name
        self.native = native
        self.replacement = replacement

    @cached_property
    def overloads(self) -> list[Overload]:
        return overloads_of(getattr(self.info.pyside, self.native), self.name, _is_slot(self.info.pyside, self.native))

    @cached_property
    def ours(self) -> bool:
        """Whether the method is written in Python, so that PySide knows no signatures."""
        function = getattr(self._found, "__func__", self._found)  # PySide's own static methods are staticmethods too
        return self.replacement is not None or isinstance(function, types.FunctionType)

    @cached_property
    def static(self) -> bool:
        """Whether the method is called without an object."""
        if self.ours:
            return isinstance(self._found, (staticmethod, types.BuiltinFunctionType))
        return all(overload.static for overload in self.overloads)

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
        if wrapper is not None and held is None:
            raise ValueError(f"Trying to call '{self.name}' on a destroyed {wrapper._info.name} object")
        if kwargs:
            raise ValueError(f"Called {self.name}() with keyword arguments, but called slot does not support kwargs.")
        if self.replacement is not None:
            return self._call_ours(wrapper, args)
        if self.ours:
            return self._call_python(held, args)
        function = getattr(self.info.pyside if held is None else held, self.native)
        return wrap(call_overload(function, self.overloads, self.name, args, static=held is None))

    def _call_ours(self, wrapper: Wrapper | None, args: tuple) -> Any:
        arguments = args if wrapper is None else (wrapper, *args)
        try:
            inspect.signature(self.replacement).bind(*arguments)
        except TypeError as error:
            raise _wrong_number(f"{self.name}()", args) from error
        return self.replacement(*arguments)

    def _call_python(self, held: Any, args: tuple) -> Any:
        function = getattr(self.info.pyside if held is None else held, self.native)
        try:
            inspect.signature(function).bind(*args)
        except TypeError as error:
            raise _wrong_number(f"{self.name}()", args) from error
        return wrap(function(*map(unwrap, args)))


class Slot:
    """A method as Python code sees it, bound to an object or to a class."""

    __slots__ = ("_of", "_slot")

    def __init__(self, slot: SlotInfo, of: Wrapper | type):
        self._slot = slot
        self._of = of

    @property
    def __name__(self) -> str:
        return self._slot.name

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
        text = f"{slot.name}()" if slot.ours else slot.overloads[0].text
        needed = f"slot {text} requires {slot.info.name} instance as first argument"
        if not args:
            raise ValueError(f"{needed}.")
        if not isinstance(args[0], Wrapper) or slot.info.name not in args[0]._info.ancestors():
            raise ValueError(f"{needed}, got {type(args[0]).__name__}")
        return slot.call(args[0], args[1:], kwargs)


Slot.__name__ = Slot.__qualname__ = "builtin_qt_slot"


def _is_slot(pyside: type, name: str) -> bool:
    meta = getattr(pyside, "staticMetaObject", None)
    methods = () if meta is None else (meta.method(index) for index in range(meta.methodCount()))
    return any(method.name() == name for method in methods)


def overloads_of(function: Any, name: str, slot: bool = False) -> list[Overload]:
    """Return the signatures that PySide knows of a function or, for a class, of its constructor.

    ``slot`` is for what Qt itself declares a slot: its messages have no names for parameters that have none.
    """
    signatures = get_signature(function) or []
    signatures = signatures if isinstance(signatures, list) else [signatures]
    made = [_overload(signature, name, slot) for signature in signatures]
    if not made:
        raise NotImplementedError(f"PySide does not say what arguments {name} takes")
    return made


def call_overload(function: Callable, overloads: list[Overload], name: str, args: tuple, static: bool) -> Any:
    """Call a function of PySide's with the first overload that the arguments fit.

    Raises
    ------
    ValueError
        If they fit none, with the message that PythonQt gives.
    """
    candidates = [overload for overload in overloads if overload.static or not static]
    for strict in (True, False) if len(candidates) > 1 else (False,):
        for overload in candidates:
            if overload.takes(len(args)):
                try:
                    values = [convert(value, strict) for convert, value in zip(overload.converters, args, strict=False)]
                except NoMatchError:
                    continue
                return _called(function, name, values)
    shown = _limited(str(args))
    if len(candidates) == 1:
        if candidates[0].takes(len(args)):
            raise ValueError(f"Called {candidates[0].text} with wrong arguments: {shown}")
        raise _wrong_number(candidates[0].text, args)
    known = "".join(f"{overload.text}\n" for overload in candidates)
    raise ValueError(
        f"Could not find matching overload for given arguments:\n{shown}\n The following slots are available:\n{known}"
    )


def _called(function: Callable, name: str, values: list) -> Any:
    try:
        return function(*values)
    except (TypeError, OverflowError) as error:
        raise ValueError(f"Called {name}() with wrong arguments: {tuple(values)}") from error


def _wrong_number(text: str, args: tuple) -> ValueError:
    return ValueError(f"Called {text} with wrong number of arguments: {_limited(str(args))}")


def _limited(text: str) -> str:
    half = (_TEXT_LIMIT - 3) // 2
    return text if len(text) <= _TEXT_LIMIT else f"{text[:half]}...{text[half + 3 - _TEXT_LIMIT :]}"


def _overload(signature: inspect.Signature, name: str, slot: bool) -> Overload:
    parameters = [entry for entry in signature.parameters.values() if entry.kind is not inspect.Parameter.KEYWORD_ONLY]
    static = not (parameters and parameters[0].name == "self")
    parameters = parameters if static else parameters[1:]
    required = sum(entry.default is inspect.Parameter.empty for entry in parameters)
    names = ["" if slot and entry.name.startswith("arg__") else f" {entry.name}" for entry in parameters]
    texts = ", ".join(_type_text(entry.annotation) + called for entry, called in zip(parameters, names, strict=True))
    returned = "void" if signature.return_annotation in (None, type(None)) else _type_text(signature.return_annotation)
    prefix = "static " if static else ""
    converters = [converter(entry.annotation) for entry in parameters]
    return Overload(converters, required, static, f"{prefix}{name}({texts}) -> {returned}")


_CPP = {str: "QString", float: "double", Any: "QVariant", object: "QVariant"}


def _type_text(annotation: Any) -> str:
    """Return the C++ name of a type of PySide's."""
    if isinstance(annotation, types.UnionType):
        annotation = next(part for part in get_args(annotation) if part is not types.NoneType)
    if annotation in _CPP:
        return _CPP[annotation]
    if getattr(annotation, "__name__", "") in ("Sequence", "list", "List", "Iterable") and get_args(annotation):
        inner = _type_text(get_args(annotation)[0])
        return "QStringList" if inner == "QString" else f"QList<{inner}>"
    if isinstance(annotation, type) and issubclass(annotation, Flag):
        scope = annotation.__qualname__.rpartition(".")[0]
        return f"{scope}::{returned_type(annotation).__name__}".lstrip(":")
    if isinstance(annotation, type) and not issubclass(annotation, shiboken6.Object):
        return annotation.__qualname__.replace(".", "::")
    return getattr(annotation, "__name__", str(annotation))
