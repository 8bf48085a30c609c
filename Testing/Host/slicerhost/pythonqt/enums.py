"""Enumerations as PythonQt shows them: types derived from int, whose values print as numbers."""

from enum import Enum, Flag
from functools import cache

# Where Qt has a flag type for an enumeration, what a method returns is of the flag type, save for these.
_RETURNED_SINGLY = {"Orientation", "DropAction", "StandardButton", "Edge", "MouseButton", "ScreenOrientation"}

# PySide names only the enumerations of the namespace Qt, not their flags.
_FLAGS_OF_QT = {
    "AlignmentFlag": "Alignment",
    "DockWidgetArea": "DockWidgetAreas",
    "DropAction": "DropActions",
    "Edge": "Edges",
    "FindChildOption": "FindChildOptions",
    "ImageConversionFlag": "ImageConversionFlags",
    "InputMethodHint": "InputMethodHints",
    "InputMethodQuery": "InputMethodQueries",
    "ItemFlag": "ItemFlags",
    "KeyboardModifier": "KeyboardModifiers",
    "MatchFlag": "MatchFlags",
    "MouseButton": "MouseButtons",
    "Orientation": "Orientations",
    "ScreenOrientation": "ScreenOrientations",
    "TextInteractionFlag": "TextInteractionFlags",
    "ToolBarArea": "ToolBarAreas",
    "WindowState": "WindowStates",
    "WindowType": "WindowFlags",
}


# What Qt 6 renumbered: by the name of the enumeration, Qt 5's number for each of Qt 6's.
_NUMBERS_OF_QT_5 = {
    "QFont.Weight": {100: 0, 200: 12, 300: 25, 400: 50, 500: 57, 600: 63, 700: 75, 800: 81, 900: 87},
}


def number_of(member: Enum) -> int:
    """Return the number of a value of PySide's as PythonQt shows it: Qt 5's, a C++ int of 32 bits."""
    number = _NUMBERS_OF_QT_5.get(type(member).__qualname__, {}).get(member.value, member.value)
    return number - (1 << 32) if number >= 1 << 31 else number


def qt_6_number(kind: type[Enum], number: int) -> int:
    """Return what Qt 6 has for a number of Qt 5's: that itself, or the nearest of what was renumbered."""
    renumbered = _NUMBERS_OF_QT_5.get(kind.__qualname__)
    return number if renumbered is None else min(renumbered, key=lambda key: abs(renumbered[key] - number))


class EnumValue(int):
    """A value of an enumeration; ``a | b`` of two is a plain int, as in PythonQt."""

    __slots__ = ()
    pyside: type
    """The PySide enumeration that the value belongs to."""


@cache
def enum_type(pyside: type, name: str, module: str) -> type[EnumValue]:
    """Return the int-derived type ``name`` for a PySide enumeration, with its values as attributes."""
    made = type(name, (EnumValue,), {"__module__": f"PythonQt.{module}", "__slots__": (), "pyside": pyside})
    for member, value in pyside.__members__.items():
        setattr(made, member, made(number_of(value)))
    return made


def module_of(pyside: type) -> str:
    """Return the PythonQt module of a PySide enumeration: widgets count as QtGui."""
    return pyside.__module__.rpartition(".")[2].replace("QtWidgets", "QtGui")


@cache
def flags_name(pyside: type, owner: type) -> str:
    """Return the name of the flags made of an enumeration of the class ``owner``; empty if there are none."""
    meta = getattr(owner, "staticMetaObject", None)
    if meta is not None:
        for index in range(meta.enumeratorCount()):
            enumerator = meta.enumerator(index)
            if enumerator.isFlag() and enumerator.enumName() == pyside.__name__:
                return enumerator.name()
        return ""
    return _FLAGS_OF_QT.get(pyside.__name__, "") if owner.__name__ == "Qt" else ""


@cache
def _owner(pyside: type):
    from PySide6 import QtCore, QtGui, QtWidgets

    holder = {module.__name__: module for module in (QtCore, QtGui, QtWidgets)}.get(pyside.__module__)
    for part in pyside.__qualname__.split(".")[:-1]:
        holder = getattr(holder, part, None)
    return holder


@cache
def returned_type(pyside: type) -> type[EnumValue]:
    """Return the type that a method's result of a PySide enumeration has."""
    name = pyside.__name__
    owner = _owner(pyside)
    if issubclass(pyside, Flag) and owner is not None and name not in _RETURNED_SINGLY:
        name = flags_name(pyside, owner) or name
    return enum_type(pyside, name, module_of(pyside))
