"""What is accepted for a parameter of a C++ type, and what is handed to PySide for it."""

import re
from collections.abc import Callable
from enum import Enum
from functools import cache
from typing import Any

from PySide6 import QtCore, QtGui, QtWidgets

from slicerhost.pythonqt import conversion
from slicerhost.pythonqt.conversion import NoMatchError, alive
from slicerhost.pythonqt.enums import flags_name
from slicerhost.pythonqt.registry import Wrapper

Convert = Callable[..., Any]
"""``convert(value, strict=False)``: the value for PySide, or NoMatchError."""

_LIMITS = {
    "short": (-(1 << 15), (1 << 15) - 1),
    "ushort": (0, (1 << 16) - 1),
    "uchar": (0, 255),
    "int": (-(1 << 31), (1 << 31) - 1),
    "uint": (0, (1 << 32) - 1),
}
_LONG = ("long", "ulong", "qlonglong", "qulonglong", "qint64", "quint64", "qintptr", "quintptr")
_REAL = ("double", "float", "qreal")


def _limited(lowest: int, highest: int) -> Convert:
    def convert(value: Any, strict: bool = False) -> int:
        number = conversion.to_int(value, strict)
        if lowest <= number <= highest:
            return number
        raise NoMatchError

    return convert


def _character(value: Any, strict: bool = False) -> str:
    return chr(_limited(0, 0xFFFF)(value, strict))


def _byte(value: Any, strict: bool = False) -> bytes:
    return bytes([_limited(-128, 127)(value, strict) & 0xFF])


def _text_or_bytes(value: Any, strict: bool = False) -> str:
    return value.decode() if isinstance(value, bytes) else conversion.to_text(value, strict)


def _as_it_is(value: Any, strict: bool = False) -> Any:
    return value


def _mapping(value: Any, strict: bool = False) -> dict:
    if hasattr(value, "items"):
        return conversion.to_variant(dict(value))
    raise NoMatchError


def _never(value: Any, strict: bool = False) -> Any:
    raise NoMatchError


def _sequence(convert_item: Convert) -> Convert:
    def convert(value: Any, strict: bool = False) -> list:
        if isinstance(value, (str, bytes)) or not (hasattr(value, "__len__") and hasattr(value, "__getitem__")):
            raise NoMatchError
        return [convert_item(entry, strict) for entry in value]

    return convert


def _pointer(name: str) -> Convert:
    def convert(value: Any, strict: bool = False) -> Any:
        if value is None or (not strict and type(value) is int and value == 0):
            return None
        if isinstance(value, Wrapper) and name in value._info.ancestors():
            return alive(value)
        if hasattr(value, "IsA") and value.IsA(name):  # VTK's objects have wrappers of their own
            return value
        raise NoMatchError

    return convert


def _value(name: str) -> Convert:
    kind = pyside_class(name)
    made_of = None if kind is None else conversion.to_object(kind)

    def convert(value: Any, strict: bool = False) -> Any:
        if isinstance(value, Wrapper) and name in value._info.ancestors() and alive(value) is not None:
            return alive(value)
        if made_of is None:
            raise NoMatchError
        return made_of(value, strict)

    return convert


def _enumeration(kind: type[Enum], name: str) -> Convert:
    def convert(value: Any, strict: bool = False) -> Enum:
        exact = type(value).__name__ == name and getattr(type(value), "pyside", None) is kind
        if strict and not exact:
            raise NoMatchError
        return conversion.to_member(kind, conversion.to_int(value))

    return convert


@cache
def pyside_class(name: str) -> type | None:
    """Return PySide's class with this name, None if there is none."""
    found = next((getattr(module, name) for module in (QtCore, QtGui, QtWidgets) if hasattr(module, name)), None)
    return found if isinstance(found, type) else None


@cache
def pyside_enumeration(name: str, owner: type | None = None) -> type[Enum] | None:
    """Return PySide's enumeration for one of C++ or for its flags.

    Parameters
    ----------
    name : str
        As ``"Qt::Alignment"``; without a scope it is looked for in ``owner`` and its bases.
    owner : type, optional
        A PySide class.
    """
    scope, _, last = name.rpartition("::")
    holders = [pyside_class(scope)] if scope else list(owner.__mro__ if owner else ())
    for holder in filter(None, holders):
        found = getattr(holder, last, None)
        if isinstance(found, type) and issubclass(found, Enum):
            return found
        for kind in vars(holder).values():
            if isinstance(kind, type) and issubclass(kind, Enum) and flags_name(kind, holder) == last:
                return kind
    return None


_SIMPLE: dict[str, Convert] = {
    "QString": conversion.to_text,
    "QStringList": conversion.to_texts,
    "QList<QString>": conversion.to_texts,
    "QByteArray": conversion.to_bytes,
    "QVariant": lambda value, strict=False: conversion.to_variant(value),
    "QList<QVariant>": _sequence(lambda value, strict=False: conversion.to_variant(value)),
    "QVariantList": _sequence(lambda value, strict=False: conversion.to_variant(value)),
    "QVariantMap": _mapping,
    "QMap<QString,QVariant>": _mapping,
    "QHash<QString,QVariant>": _mapping,
    "QChar": _character,
    "char": _byte,
    "char*": _text_or_bytes,
    "bool": conversion.to_bool,
    "bool*": _never,  # only PythonQt.BoolResult is taken, which the host does not have
    "PyObject*": _as_it_is,
    **{name: _limited(*limits) for name, limits in _LIMITS.items()},
    **dict.fromkeys(_LONG, conversion.to_int),
    **dict.fromkeys(_REAL, conversion.to_float),
}


@cache
def parameter(name: str, owner: type | None = None) -> Convert:
    """Return the conversion for a parameter of the C++ type ``name`` of a method of ``owner``, a PySide class."""
    if name in _SIMPLE:
        return _SIMPLE[name]
    inner = re.fullmatch(r"(?:QList|QVector)<(.+)>", name)
    if inner:
        return _sequence(parameter(inner[1], owner))
    if name.endswith("*"):
        return _pointer(name.rstrip("*"))
    kind = pyside_enumeration(name, owner)
    return _value(name) if kind is None else _enumeration(kind, name.rpartition("::")[2])
