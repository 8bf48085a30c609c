"""What types Qt 5 says its properties have, and what such a property takes."""

from typing import Any

from PySide6.QtCore import QMetaProperty

from slicerhost.pythonqt import conversion, registry
from slicerhost.pythonqt.conversion import NoMatchError, unwrap
from slicerhost.pythonqt.enums import qt_6_number
from slicerhost.pythonqt.parameters import pyside_enumeration

_OF_QT_5 = {"QList<QString>": "QStringList", "QList<QVariant>": "QVariantList"}


def type_name(meta: QMetaProperty) -> str:
    """Return the name of a property's type as it is written in Qt 5: a class's own enumerations without its name."""
    if not meta.isEnumType():
        return _OF_QT_5.get(meta.typeName(), meta.typeName())
    enumeration = meta.enumerator()
    return f"Qt::{enumeration.name()}" if enumeration.scope() == "Qt" else enumeration.name()


def _to_int(value: Any) -> int:
    number = conversion.to_int(value)  # what does not fit loses its upper bits
    return (number + (1 << 31)) % (1 << 32) - (1 << 31)


_TO_CPP = {
    "QString": conversion.to_text,
    "QStringList": conversion.to_texts,
    "QByteArray": conversion.to_bytes,
    "QVariant": conversion.to_variant,
    "QVariantList": conversion.to_variant,
    "QVariantMap": conversion.to_variant,
    "bool": conversion.to_bool,
    "double": conversion.to_float,
    "float": conversion.to_float,
    "int": _to_int,
    "PyObject": unwrap,
} | dict.fromkeys(("uint", "short", "ushort", "long", "ulong", "qlonglong", "qulonglong"), conversion.to_int)


def to_cpp(meta: QMetaProperty, value: Any) -> Any:
    """Return what PySide is given to write into a property.

    Raises
    ------
    NoMatchError
        If PythonQt or Qt does not accept the value.
    """
    if meta.isEnumType():
        return _to_enumeration(meta, value)
    name = type_name(meta)
    if name in _TO_CPP:
        return _TO_CPP[name](value)
    info = registry.named(name.rstrip("*"))
    held = unwrap(value)
    if info is None or held is None or not isinstance(held, info.pyside):
        raise NoMatchError
    return held


def _to_enumeration(meta: QMetaProperty, value: Any) -> str | int:
    # Qt takes the names of values and ints; a float, a truth value or a long int is of another type to it.
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and -(1 << 31) <= value < 1 << 31:
        kind = pyside_enumeration(f"{meta.enumerator().scope()}::{meta.enumerator().enumName()}")
        return int(value) if kind is None else qt_6_number(kind, int(value))
    raise NoMatchError
