"""``qt`` and ``ctk`` as modules."""

import sys
from types import ModuleType

from PySide6.QtCore import QObject

from slicerhost.pythonqt import instances, qt5, registry  # noqa: F401 - instances says how classes are made
from slicerhost.pythonqt.application import application
from slicerhost.pythonqt.loader import LOADER_METHODS, UiLoader
from slicerhost.pythonqt.objects import QOBJECT_METHODS
from slicerhost.pythonqt.offered import ITEMS, OBJECTS, STATIC, VALUES, pyside_class
from slicerhost.pythonqt.offering import name_class
from slicerhost.pythonqt.registry import ClassInfo
from slicerhost.pythonqt.special import CONSTRUCTORS, METHODS
from slicerhost.surface import named_classes, surface

_installed: dict[str, ModuleType] = {}


def install() -> tuple[ModuleType, ModuleType]:
    """Put ``qt`` and ``ctk`` into ``sys.modules`` and return them; a second call returns the same two."""
    application()
    if not _installed:
        from slicerhost.pythonqt.ctk import offer_ctk

        qt, ctk = ModuleType("qt", "Qt as PythonQt shows it."), ModuleType("ctk", "CTK as PythonQt shows it.")
        _offer_qt(qt)
        offer_ctk(ctk)
        _installed.update(qt=qt, ctk=ctk)
    sys.modules.update(_installed)
    return _installed["qt"], _installed["ctk"]


def _offer_qt(module: ModuleType) -> None:
    for name in (*VALUES, *STATIC, *ITEMS, *OBJECTS):
        pyside = UiLoader if name == "QUiLoader" else pyside_class(name)
        recorded = surface(f"qt.{name}")
        inherited = QOBJECT_METHODS if issubclass(pyside, QObject) else {}
        own = LOADER_METHODS if name == "QUiLoader" else {}
        for base in pyside.__mro__:
            own = {**qt5.METHODS.get(base.__name__, {}), **METHODS.get(base.__name__, {}), **own}
        info = ClassInfo(
            name,
            recorded.module or "QtGui",
            pyside,
            recorded,
            by_pointer=name not in VALUES,
            methods={**inherited, **own},
            construct=UiLoader if name == "QUiLoader" else CONSTRUCTORS.get(name),
        )
        setattr(module, name, registry.add(info))
    for belongs, names in named_classes().items():
        for name in names:
            name_class(module, name, belongs)
