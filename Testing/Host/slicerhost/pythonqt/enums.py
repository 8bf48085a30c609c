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


# What Qt 6 renumbered: by the name of the enumeration, Qt 5's number for each of Qt 6's that is another.
_NUMBERS_OF_QT_5 = {
    "QFont.Weight": {100: 0, 200: 12, 300: 25, 400: 50, 500: 57, 600: 63, 700: 75, 800: 81, 900: 87},
    "QComboBox.SizeAdjustPolicy": {2: 3},
    "QFileDialog.Option": {0x8: 0x10, 0x10: 0x20, 0x20: 0x40, 0x40: 0x80},
}
# What Qt 6 has no more, with the number that it has in Qt 5.
_GONE = {
    "QComboBox.SizeAdjustPolicy": {"AdjustToMinimumContentsLength": 2},
    "QFileDialog.FileMode": {"DirectoryOnly": 4},
    "QFileDialog.Option": {"DontUseSheet": 8},
    "QPalette.ColorRole": {"Foreground": 0, "Background": 10},
    "Qt.ItemDataRole": {"BackgroundColorRole": 8, "TextColorRole": 9},
    "Qt.ItemFlag": {"ItemIsTristate": 64},
    "Qt.MatchFlag": {"MatchRegExp": 4},
    "Qt.MouseButton": {"MidButton": 4},
}


def members_of(pyside: type[Enum]) -> dict[str, int]:
    """Return the values of an enumeration by name, as they are in Qt 5."""
    known = {name: number_of(member) for name, member in pyside.__members__.items()}
    return {**known, **_GONE.get(pyside.__qualname__, {})}


def number_of(member: Enum) -> int:
    """Return the number of a value of PySide's as PythonQt shows it: Qt 5's, a C++ int of 32 bits."""
    number = _renumbered(type(member), member.value, _NUMBERS_OF_QT_5.get(type(member).__qualname__, {}))
    return number - (1 << 32) if number >= 1 << 31 else number


def qt_6_number(kind: type[Enum], number: int) -> int:
    """Return what Qt 6 has for a number of Qt 5's: of a weight of a font the nearest that it has."""
    numbers = _NUMBERS_OF_QT_5.get(kind.__qualname__, {})
    if kind.__qualname__ == "QFont.Weight":
        return min(numbers, key=lambda key: abs(numbers[key] - number))
    return _renumbered(kind, number, {of_qt_5: of_qt_6 for of_qt_6, of_qt_5 in numbers.items()})


def _renumbered(kind: type[Enum], number: int, numbers: dict[int, int]) -> int:
    if not numbers or not issubclass(kind, Flag):
        return numbers.get(number, number)
    bits = (1 << place for place in range(number.bit_length()) if number >> place & 1)
    return sum(numbers.get(bit, bit) for bit in bits)


class EnumValue(int):
    """A value of an enumeration; ``a | b`` of two is a plain int, as in PythonQt."""

    __slots__ = ()
    pyside: type
    """The PySide enumeration that the value belongs to."""


@cache
def enum_type(pyside: type, name: str, module: str) -> type[EnumValue]:
    """Return the int-derived type ``name`` for a PySide enumeration, with its values as attributes."""
    made = type(name, (EnumValue,), {"__module__": f"PythonQt.{module}", "__slots__": (), "pyside": pyside})
    for member, number in members_of(pyside).items():
        setattr(made, member, made(number))
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
