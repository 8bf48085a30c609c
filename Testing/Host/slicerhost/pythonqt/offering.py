"""How classes are offered: those over PySide, and those that are only named."""

from collections.abc import Callable, Iterable, Mapping
from types import ModuleType

from PySide6.QtCore import Property, QMetaMethod, QObject
from PySide6.QtWidgets import QWidget

from slicerhost.pythonqt import instances, registry  # noqa: F401 - instances says how classes are made
from slicerhost.pythonqt.loader import register_widget
from slicerhost.pythonqt.objects import QOBJECT_METHODS
from slicerhost.pythonqt.registry import ClassInfo
from slicerhost.surface import Surface, keys, surface


def register_class(
    module: ModuleType,
    name: str,
    pyside: type,
    surface_key: str | None = None,
    methods: Iterable[str] = (),
    *,
    python_module: str = "",
    signals: Mapping[str, str] | None = None,
    replaced: Mapping[str, Callable] | None = None,
    construct: Callable | None = None,
) -> type:
    """Offer a class that is written over PySide, as ``slicer.qMRMLNodeComboBox``, and return what Python code sees.

    Attribute names are those that are recorded for the class; each must be there in ``pyside``, under the same name, as
    a Qt ``Property``, a method or a ``Signal``, or using it raises NotImplementedError. Methods written in Python get
    PySide objects for wrappers and may return such; other objects (MRML nodes) pass as they are. A ``Signal(object)``
    stands for a signal of the same name that carries a pointer.

    Parameters
    ----------
    module : module
        Where the class is offered.
    name : str
        Its name in C++; a widget of this name in a .ui file is made of ``pyside(parent)``.
    pyside : type
        A class derived from one of PySide's.
    surface_key : str, optional
        As ``"slicer.qMRMLWidget"``. Without it the class has the names of its nearest offered base, its own Qt
        properties and signals, and ``methods``.
    methods : iterable of str
        Names of methods beside the recorded ones.
    python_module : str
        The module that the class says it belongs to, as ``"qMRMLWidgets"``; that of its base by default.
    signals : mapping, optional
        For a recorded signature the name of the PySide signal that stands for it, where it is another.
    replaced : mapping, optional
        Methods that work on wrappers: they get the wrapper and the arguments as they were given.
    construct : callable, optional
        Makes the PySide object of the arguments; ``pyside`` itself, with an optional parent, by default.
    """
    base = registry.described(pyside)
    names = surface(surface_key) if surface_key else _surface_of(base.surface if base else None, name, pyside)
    info = ClassInfo(
        name,
        python_module or names.module or (base.module if base else "QtCore"),
        pyside,
        names.extended(names.key, methods),
        by_pointer=True,
        methods={
            **(QOBJECT_METHODS if issubclass(pyside, QObject) else {}),
            **(base.methods if base else {}),
            **(replaced or {}),
        },
        signals=signals or {},
        construct=construct or pyside,
    )
    setattr(module, name, registry.add(info))
    if issubclass(pyside, QWidget):
        register_widget(name, construct or pyside)
    return info.wrapper


def name_class(module: ModuleType, name: str, python_module: str) -> type:
    """Offer the bare name of a class that Slicer has and the host has not: making or using one is refused."""

    def refuse(*args):
        raise NotImplementedError(f"the stand-in host has no {module.__name__}.{name}: test this in a real Slicer")

    key = f"{module.__name__}.{name}"
    known = surface(key) if key in keys() else Surface(key, frozenset())
    info = ClassInfo(name, python_module, QObject, known, True, construct=refuse, absent=True)
    setattr(module, name, registry.add(info))
    return info.wrapper


def _surface_of(base: Surface | None, name: str, pyside: type) -> Surface:
    """Return the surface of a class of which nothing is recorded: what it adds to its base itself."""
    properties = {key for cls in pyside.__mro__ for key, entry in vars(cls).items() if isinstance(entry, Property)}
    meta = getattr(pyside, "staticMetaObject", None)
    signals: set[str] = set()
    if meta is not None:
        own = (meta.method(index) for index in range(meta.methodOffset(), meta.methodCount()))
        signals = {
            bytes(method.methodSignature().data()).decode()
            for method in own
            if method.methodType() == QMetaMethod.MethodType.Signal
        }
    return (base or Surface(name, frozenset())).extended(name, (), properties, signals)
