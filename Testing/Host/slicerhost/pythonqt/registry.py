"""Which PySide class is shown as which class, and the wrappers that are alive."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from weakref import WeakValueDictionary

import shiboken6
from PySide6.QtCore import QObject

from slicerhost.surface import Surface


class Wrapper:
    """What every wrapper instance has: the PySide object that it stands for, None once that is gone."""

    __slots__ = ("__weakref__", "_qt")
    _info: "ClassInfo"


@dataclass(eq=False)
class ClassInfo:
    """What is known of one class that Python code sees.

    Attributes
    ----------
    name, module : str
        As ``"QLabel"`` and ``"QtGui"``: the class prints as ``PythonQt.QtGui.QLabel``.
    pyside : type
        The PySide class behind it.
    surface : Surface
        The names that exist; there is no other.
    by_pointer : bool
        Whether C++ hands the class around by pointer (widgets, items), rather than by value (sizes, dates).
    methods : mapping
        Methods of ours in place of PySide's; they get the wrapper and the arguments as they were given.
    signals : mapping
        For a class written in Python: the signature that is recorded, and the name of the PySide signal behind it.
    construct : callable or None
        Makes the PySide object of the arguments, where PySide's own constructor will not do.
    absent : bool
        Whether the host has no more than the name: no object is ever made.
    """

    name: str
    module: str
    pyside: type
    surface: Surface
    by_pointer: bool
    methods: Mapping[str, Callable] = field(default_factory=dict)
    signals: Mapping[str, str] = field(default_factory=dict)
    construct: Callable | None = None
    absent: bool = False
    members: dict[str, Any] = field(default_factory=dict)
    wrapper: type | None = None

    def ancestors(self) -> list[str]:
        """Return the names of the C++ classes that the class is or inherits, its own first."""
        return [self.name, *(cls.__name__ for cls in self.pyside.__mro__ if issubclass(cls, shiboken6.Object))]


# Qt's private classes that Python code comes upon, by the class that PySide takes them for.
_PRIVATE = {
    "QAbstractButton": ("QTableCornerButton",),
    "QAbstractItemModel": ("QTreeModel", "QListModel", "QCompletionModel"),
    "QAbstractTableModel": ("QTableModel",),
    "QFrame": ("QComboBoxPrivateContainer",),
    "QListView": ("QComboBoxListView",),
    "QObject": ("QWidgetLineControl", "QWidgetTextControl"),
    "QStyledItemDelegate": ("QComboBoxDelegate",),
}
_by_pyside: dict[type, ClassInfo] = {}
_by_name: dict[str, ClassInfo] = {}
_unlisted: dict[tuple[type, str], ClassInfo] = {}
_alive: "WeakValueDictionary[int, Wrapper]" = WeakValueDictionary()
_make_class: list[Callable[[ClassInfo], type]] = []


def set_class_maker(make: Callable[[ClassInfo], type]) -> None:
    """Say how the class that Python code sees is made of its description."""
    _make_class[:] = [make]


def add(info: ClassInfo) -> type:
    """Offer a class and return what Python code sees of it."""
    info.wrapper = _make_class[0](info)
    if not info.absent:
        _by_pyside[info.pyside] = info
    _by_name[info.name] = info
    return info.wrapper


def named(name: str) -> ClassInfo | None:
    """Return the description of the class with this C++ name, None if the host does not offer it."""
    return _by_name.get(name)


def described(pyside: type) -> ClassInfo | None:
    """Return the description of the nearest offered class that ``pyside`` is or inherits, None if there is none."""
    return next((_by_pyside[cls] for cls in pyside.__mro__ if cls in _by_pyside), None)


def wrapper_of(value: Any) -> Wrapper:
    """Return the one wrapper of a PySide object, or a new one of a value.

    Raises
    ------
    NotImplementedError
        If the host offers no class that the object is or inherits.
    """
    found = _alive.get(id(value))
    if found is not None and found._qt is value:
        return found
    info = _by_pyside.get(type(value)) or described(type(value))
    if info is None:
        raise NotImplementedError(f"the stand-in host has no class {type(value).__name__}")
    if isinstance(value, QObject):
        info = _as_called_in_qt(info, value)
    wrapper = info.wrapper.__new__(info.wrapper)
    attach(wrapper, value)
    return wrapper


def attach(wrapper: Wrapper, value: Any) -> None:
    """Let ``wrapper`` stand for the PySide object ``value``."""
    object.__setattr__(wrapper, "_qt", value)
    if value is not None and wrapper._info.by_pointer:
        _alive[id(value)] = wrapper


def _as_called_in_qt(info: ClassInfo, value: QObject) -> ClassInfo:
    # The names of the nearest known class, under the name of its own. The meta object would tell every name, but
    # asking an object for it makes PySide take the class's meta object for deleted when the object's parent is.
    name = next((name for name in _PRIVATE.get(info.name, ()) if value.inherits(name)), info.name)
    if name == info.name:
        return info
    key = (info.pyside, name)
    if key not in _unlisted:
        made = replace(info, name=name, members={}, wrapper=None)
        made.wrapper = _make_class[0](made)
        _unlisted[key] = made
    return _unlisted[key]
