"""The classes that Python code sees, and their instances."""

import copyreg
from typing import Any

import shiboken6
from PySide6.QtCore import QObject, Qt

from slicerhost.pythonqt import operators, registry
from slicerhost.pythonqt.builtin_methods import METHODS
from slicerhost.pythonqt.conversion import alive, to_variant, unwrap, wrap
from slicerhost.pythonqt.members import PropertyMember, member
from slicerhost.pythonqt.overloads import call, made_by, matching
from slicerhost.pythonqt.registry import ClassInfo, Wrapper
from slicerhost.pythonqt.text import representation, text


class PythonQtClassWrapper(type):
    """The type of the classes: ``qt.QLabel.connect``, ``qt.QMessageBox.Yes``."""

    def __new__(mcls, name, bases, namespace, info: ClassInfo | None = None):
        if info is None and any(isinstance(base, PythonQtClassWrapper) for base in bases if base is not Wrapper):
            raise TypeError(f"{name}: the stand-in host does not offer Python classes derived from Qt's")
        return super().__new__(mcls, name, bases, namespace)

    def __init__(cls, name, bases, namespace, info: ClassInfo | None = None):  # type's own takes no info
        super().__init__(name, bases, namespace)

    def __getattr__(cls, name: str) -> Any:
        info = cls.__dict__.get("_info")
        found = None if info is None or name.startswith("__") else member(info, name)
        if found is not None:
            return found.of_class() if isinstance(found, PropertyMember) else found.of(cls)
        raise AttributeError(f"{cls.__name__} has no attribute named '{name}'")

    def __dir__(cls) -> list[str]:
        return sorted(cls._info.surface.names) if "_info" in cls.__dict__ else list(super().__dir__())


def _made_of_ours(info: ClassInfo, args: tuple, kwargs: dict) -> Any:
    if kwargs:
        raise ValueError(f"Called {info.name}() with keyword arguments, but called slot does not support kwargs.")
    try:
        return info.construct(*map(unwrap, args))
    except TypeError as error:
        offered = "".join(f"{info.name}({parent}) -> {info.name}\n" for parent in ("QWidget parent", ""))
        raise ValueError(
            f"Could not find matching overload for given arguments:\n{args}\n"
            f" The following slots are available:\n{offered}"
        ) from error


class PythonQtInstanceWrapper(Wrapper, metaclass=PythonQtClassWrapper, info=None):
    """An object of C++ as Python code sees it."""

    __slots__ = ()

    def __new__(cls, *args, **kwargs):
        made = object.__new__(cls)
        registry.attach(made, None)
        return made

    def __init__(self, *args, **kwargs):
        info = self._info
        if info.absent or not info.pyside.__module__.startswith("PySide6."):
            registry.attach(self, _made_of_ours(info, args, kwargs))
            return
        constructors = made_by(info.pyside, info.name)
        if kwargs:
            refused = "with keyword arguments, but called slot does not support kwargs."
            raise ValueError(f"Called {constructors[0].text} {refused}")
        overload, values = matching(constructors, args, static=False)
        registry.attach(self, call(info.construct or info.pyside, overload, values))

    def __getattr__(self, name: str) -> Any:
        if name == "__dict__":
            return self._values()
        if name.startswith("__"):
            raise AttributeError(name)
        info = self._info
        found = member(info, name)
        if found is not None:
            return found.of(self)
        held = alive(self)
        if isinstance(held, QObject):
            if name.encode() in [bytes(entry.data()) for entry in held.dynamicPropertyNames()]:
                return wrap(held.property(name))
            child = held.findChild(QObject, name, Qt.FindChildOption.FindDirectChildrenOnly)
            if child is not None:
                return wrap(child)
        raise AttributeError(f"{info.name} has no attribute named '{name}'")

    def _values(self) -> dict[str, Any]:
        held, names = alive(self), set(self._info.surface.properties)
        if not isinstance(held, QObject):
            return {}
        names.update(bytes(entry.data()).decode() for entry in held.dynamicPropertyNames())
        return {name: getattr(self, name) for name in sorted(names)}

    def __setattr__(self, name: str, value: Any) -> None:
        found = member(self._info, name)
        owner = type(self).__name__
        if isinstance(found, PropertyMember):
            found.set(self, value)
            return
        if found is not None:
            raise AttributeError(f"{found.kind} '{name}' can not be overwritten on {owner} object")
        held = alive(self)
        if isinstance(held, QObject) and name.encode() in [
            bytes(entry.data()) for entry in held.dynamicPropertyNames()
        ]:
            if value is None:
                raise AttributeError(
                    f"Dynamic property '{name}' does not accept an object of type {type(value).__name__} ({value!r})"
                )
            held.setProperty(name, to_variant(value))
            return
        raise AttributeError(
            f"'{name}' does not exist on {owner} and creating new attributes on C++ objects is not allowed"
        )

    def __reduce_ex__(self, protocol: int) -> tuple:
        return copyreg.__newobj__, (type(self),)  # a copy is of no object

    def __dir__(self) -> list[str]:
        return sorted(self._info.surface.names)

    def __repr__(self) -> str:
        return representation(self)

    def __str__(self) -> str:
        return text(self)

    def __hash__(self) -> int:
        held = alive(self)
        return 0 if held is None else shiboken6.getCppPointer(held)[0]


for _name, _method in {**operators.methods(), **METHODS}.items():
    setattr(PythonQtInstanceWrapper, _name, _method)


def make_class(info: ClassInfo) -> type:
    """Return the class that Python code sees of its description."""
    namespace = {"__module__": f"PythonQt.{info.module}", "__slots__": (), "_info": info}
    return PythonQtClassWrapper(info.name, (PythonQtInstanceWrapper,), namespace, info=info)


PythonQtClassWrapper.__module__ = PythonQtInstanceWrapper.__module__ = "PythonQt"
registry.set_class_maker(make_class)
