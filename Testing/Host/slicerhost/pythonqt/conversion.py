"""Values on their way between Python code and PySide, converted as PythonQt does."""

import math
from enum import Enum, Flag
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import shiboken6
from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QBrush, QColor, QCursor, QPen

from slicerhost.pythonqt.enums import number_of, qt_6_number, returned_type
from slicerhost.pythonqt.registry import Wrapper, described, wrapper_of

_PLAIN = {str, int, float, bool, NoneType, bytes}

# What PythonQt makes of another type where one of these is wanted, if no overload fits better.
_MADE_OF = {
    QBrush: (QColor, Qt.GlobalColor),
    QPen: (QColor, Qt.GlobalColor),
    QColor: (Qt.GlobalColor,),
    QCursor: (Qt.CursorShape,),
}


class NoMatchError(Exception):
    """A value does not fit a parameter."""


def wrap(value: Any) -> Any:
    """Return what Python code sees of a value of PySide's: wrappers, named ints, tuples for lists."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind in (list, tuple):
        return tuple(map(wrap, value))
    if kind is dict:
        return {key: wrap(item) for key, item in value.items()}
    if kind.__name__ == "QOverrideCursorGuard":  # PySide's own: the method returns nothing in C++
        return None
    if isinstance(value, shiboken6.Object):
        return wrapper_of(value)
    if isinstance(value, Enum) and kind.__module__.startswith("PySide6."):
        return returned_type(kind)(number_of(value))
    return value


def unwrap(value: Any) -> Any:
    """Return the PySide object of a wrapper, None if it is gone, and any other value as it is."""
    return alive(value) if isinstance(value, Wrapper) else value


def alive(wrapper: Wrapper) -> Any:
    """Return the PySide object of a wrapper, None if it is gone."""
    held = wrapper._qt
    return held if held is not None and shiboken6.isValid(held) else None


def to_variant(value: Any) -> Any:
    """Return a value as Qt keeps it where any type may be kept."""
    if isinstance(value, Wrapper):
        return alive(value)
    if isinstance(value, dict):
        return {str(key): to_variant(item) for key, item in value.items()}
    if isinstance(value, bytes):
        return QByteArray(value)
    if isinstance(value, (int, float)):
        return value if type(value) in _PLAIN else int(value) if isinstance(value, int) else float(value)
    if not isinstance(value, str) and hasattr(type(value), "__getitem__") and hasattr(type(value), "__len__"):
        return [to_variant(value[index]) for index in range(len(value))]  # any sequence, arrays of numbers too
    return value


def to_text(value: Any, strict: bool = False) -> str:
    """Return a QString: anything is converted unless ``strict``."""
    if isinstance(value, str) or not strict:
        return str(value)
    raise NoMatchError


def to_int(value: Any, strict: bool = False) -> int:
    """Return a C++ integer: enumerations, truth values and floats are converted unless ``strict``."""
    if type(value) is int:
        return value
    if not strict:
        if isinstance(value, int):
            return int(value)
        if type(value) is float and math.isfinite(value):
            return math.floor(value)
        if hasattr(value, "__index__"):
            return value.__index__()
    raise NoMatchError


def to_float(value: Any, strict: bool = False) -> float:
    """Return a C++ floating point number: whatever has a float is converted unless ``strict``."""
    if type(value) is float:
        return value
    if not strict and (isinstance(value, int) or hasattr(value, "__float__")):
        return float(value)
    raise NoMatchError


def to_bool(value: Any, strict: bool = False) -> bool:
    """Return a truth value: that of anything unless ``strict``."""
    if isinstance(value, bool) or not strict:
        return bool(value)
    raise NoMatchError


def to_bytes(value: Any, strict: bool = False) -> QByteArray:
    """Return a QByteArray: of bytes, and of a text unless ``strict``."""
    if isinstance(value, Wrapper) and isinstance(value._qt, QByteArray):
        return value._qt
    if isinstance(value, str) and not strict:
        value = value.encode()
    if isinstance(value, bytes):
        return QByteArray(value)
    raise NoMatchError


def to_texts(value: Any, strict: bool = False) -> list[str]:
    """Return a QStringList: of any sequence, of a text's characters too unless ``strict``."""
    if hasattr(value, "__len__") and hasattr(value, "__getitem__") and not (strict and isinstance(value, str)):
        return [str(item) for item in value]
    raise NoMatchError


def _any(value: Any, strict: bool = False) -> Any:
    return to_variant(value)


def _callable(value: Any, strict: bool = False) -> Any:
    if callable(value):
        return value
    raise NoMatchError


def to_member(kind: type[Enum], number: int) -> Enum:
    """Return the value of a PySide enumeration for a number as Qt 5 has it.

    Raises
    ------
    NoMatchError
        If there is no such value.
    """
    try:
        return kind(qt_6_number(kind, number & 0xFFFFFFFF if issubclass(kind, Flag) else number))
    except ValueError as error:
        raise NoMatchError from error


def _to_enum(kind: type):
    def convert(value: Any, strict: bool = False) -> Any:
        if strict and getattr(type(value), "pyside", None) is not kind:
            raise NoMatchError
        return to_member(kind, to_int(value))

    return convert


def to_object(kind: type):
    """Return the conversion to an object of a PySide class: of a wrapper or, unless strict, of what makes one."""
    info = described(kind)
    by_pointer = info is not None and info.by_pointer
    sources = _MADE_OF.get(kind, ())

    def convert(value: Any, strict: bool = False) -> Any:
        if value is None and by_pointer:
            return None
        if isinstance(value, Wrapper):
            held = alive(value)
            if isinstance(held, kind) or (held is None and by_pointer and kind.__name__ in value._info.ancestors()):
                return held
            if not strict and isinstance(held, sources):
                return kind(held)
        elif not strict and getattr(type(value), "pyside", None) in sources:
            made = type(value).pyside(int(value))
            return kind(made) if kind is not QPen else QPen(QColor(made))
        raise NoMatchError

    return convert


def _to_list(item):
    convert_item = converter(item)
    if convert_item is to_text:
        return to_texts

    def convert(value: Any, strict: bool = False) -> list:
        if isinstance(value, (str, bytes)) or not (hasattr(value, "__len__") and hasattr(value, "__getitem__")):
            raise NoMatchError
        return [convert_item(entry, strict) for entry in value]

    return convert


_SIMPLE = {str: to_text, int: to_int, float: to_float, bool: to_bool, bytes: to_bytes, QByteArray: to_bytes}


@cache
def converter(annotation: Any):
    """Return the function ``(value, strict) -> value`` for a parameter of PySide's with this annotation.

    It raises NoMatchError for what PythonQt does not accept. Where PySide takes one of several types, PythonQt knows
    only the first: the others are conversions that C++ does and PythonQt does not.
    """
    if get_origin(annotation) in (Union, UnionType):
        first = next(part for part in get_args(annotation) if part is not NoneType)
        convert = converter(first)
        if NoneType not in get_args(annotation):
            return convert
        return lambda value, strict=False: None if value is None else convert(value, strict)
    origin = get_origin(annotation) or annotation
    if origin in _SIMPLE:
        return _SIMPLE[origin]
    if isinstance(origin, type) and issubclass(origin, Enum):
        return _to_enum(origin)
    if isinstance(origin, type) and issubclass(origin, shiboken6.Object):
        return to_object(origin)
    if getattr(origin, "__name__", "") in ("Sequence", "list", "Iterable") and get_args(annotation):
        return _to_list(get_args(annotation)[0])
    if getattr(origin, "__name__", "") == "Callable":
        return _callable
    return _any
