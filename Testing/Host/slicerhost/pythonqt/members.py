"""What a name on a class is: a property, a method, a signal, a value of an enumeration, or nothing."""

import inspect
from collections.abc import Callable
from enum import Enum
from functools import cache
from typing import Any

from PySide6.QtCore import Property, QMetaProperty

from slicerhost.pythonqt import registry
from slicerhost.pythonqt.builtin_methods import METHODS
from slicerhost.pythonqt.conversion import NoMatchError, alive, wrap
from slicerhost.pythonqt.enums import enum_type, flags_name, members_of, module_of, number_of
from slicerhost.pythonqt.property_types import to_cpp, type_name
from slicerhost.pythonqt.qt5 import PROPERTIES
from slicerhost.pythonqt.registry import ClassInfo, Wrapper
from slicerhost.pythonqt.signals import Signal
from slicerhost.pythonqt.slots import Slot, SlotInfo
from slicerhost.surface.declarations import declared


class PropertyMember:
    """A Qt property: a plain value to read and to write."""

    kind = "Property"

    def __init__(self, info: ClassInfo, name: str, meta: QMetaProperty):
        self._name = name
        self._meta = meta
        self.in_python = isinstance(inspect.getattr_static(info.pyside, name, None), (Property, property))
        """Whether the property is written in Python."""
        self._read = self._reader(info)

    def of(self, wrapper: Wrapper) -> Any:
        held = alive(wrapper)
        if held is None:
            raise ValueError(f"Trying to read property '{self._name}' from a destroyed {wrapper._info.name} object")
        return self._read(held)

    def of_class(self) -> Wrapper | None:
        """Return what the class itself has for it: an object of the type that is none, None if Python knows no such."""
        info = registry.named(type_name(self._meta).rstrip("*"))
        return None if info is None else info.wrapper.__new__(info.wrapper)

    def set(self, wrapper: Wrapper, value: Any) -> None:
        held, owner = alive(wrapper), type(wrapper).__name__
        if held is None:
            raise AttributeError(f"Trying to set property '{self._name}' on a destroyed {wrapper._info.name} object")
        if not self._meta.isWritable():
            raise AttributeError(f"Property '{self._name}' of {owner} object is not writable")
        try:
            native = to_cpp(self._meta, value)
            if self.in_python:
                setattr(held, self._name, native)
                return
            if self._meta.write(held, native):
                return
        except NoMatchError:
            pass
        raise AttributeError(
            f"Property '{self._name}' of type '{type_name(self._meta)}' does not accept an object of type "
            f"{type(value).__name__} ({value!r})"
        )

    def _reader(self, info: ClassInfo) -> Callable[[Any], Any]:
        if self._meta.isEnumType():
            return self._enum_reader(info)
        if self.in_python:
            return lambda held: wrap(getattr(held, self._name))
        read = self._meta.read
        return lambda held: wrap(read(held))

    def _enum_reader(self, info: ClassInfo) -> Callable[[Any], Any]:
        # Qt's own enumerations come back from PySide's getter only, not from its meta property.
        getter = self._name if callable(getattr(info.pyside, self._name, None)) else None
        meta, flag = self._meta, self._meta.isFlagType()

        def read(held):
            value = getattr(held, getter)() if getter else meta.read(held)
            number = number_of(value) if isinstance(value, Enum) else int(value)
            if flag or not isinstance(value, Enum):  # the type of flags has no name that Qt 5 finds again
                return number
            return enum_type(type(value), type(value).__name__, module_of(type(value)))(number)

        return read


class SlotMember:
    """A method."""

    kind = "Slot"

    def __init__(self, slot: SlotInfo):
        self._slot = slot

    def of(self, owner: Wrapper | type) -> Slot:
        return Slot(self._slot, owner)


class SignalMember:
    """A signal, with all its overloads."""

    kind = "Signal"

    def __init__(self, name: str):
        self._name = name

    def of(self, owner: Wrapper | type) -> Signal:
        return Signal(owner, self._name)


class ConstantMember:
    """A value of an enumeration, or an enumeration."""

    def __init__(self, value: Any):
        self._value = value
        self.kind = "Enum" if isinstance(value, type) else "EnumValue"

    def of(self, owner: Wrapper | type) -> Any:
        return self._value


class LackingMember:
    """A name that exists in Slicer and not here."""

    kind = "Slot"

    def __init__(self, owner: str, name: str):
        self._text = f"the stand-in host has no {owner}.{name}: test this in a real Slicer"

    def of(self, owner: Wrapper | type) -> Any:
        raise NotImplementedError(self._text)


Member = PropertyMember | SlotMember | SignalMember | ConstantMember | LackingMember


def member(info: ClassInfo, name: str) -> Member | None:
    """Return what ``name`` is on a class; None if it does not exist."""
    try:
        return info.members[name]
    except KeyError:
        found = info.members[name] = _find(info, name)
        return found


def _find(info: ClassInfo, name: str) -> Member | None:
    if info.absent:
        return LackingMember(info.name, name)
    surface = info.surface
    if name in METHODS:  # they are found on the Python class
        return None
    if name == "name" and "objectName" in surface.properties and "name" not in surface.names:
        name = "objectName"
    # PythonQt leaves out this one property, for the static function of the same name.
    if name in surface.properties and (info.name, name) != ("QTimer", "singleShot"):
        return _property(info, name)
    if name in info.methods and name in surface.names:
        return SlotMember(SlotInfo(info, name, name, info.methods[name]))
    if any(signature.startswith(f"{name}(") for signature in surface.signals) and not _method_first(info, name):
        return SignalMember(name)
    if name in surface.names:
        return _constant(info, name) or _slot(info, name) or _setter(info, name) or LackingMember(info.name, name)
    # exec_, raise_ and print_: Python's own words are found with an underscore behind them
    if len(name) > 2 and name[-1] == "_" != name[-2]:
        found = member(info, name[:-1])
        return found if isinstance(found, (SlotMember, LackingMember)) else None
    return None


def _property(info: ClassInfo, name: str) -> Member:
    meta = info.pyside.staticMetaObject
    former = next((PROPERTIES[owner.__name__, name] for owner in info.pyside.__mro__
                   if (owner.__name__, name) in PROPERTIES), None)  # fmt: skip
    if former is not None:
        return PropertyMember(info, name, former)
    index = meta.indexOfProperty(name)
    if index < 0:
        return LackingMember(info.name, name)
    return PropertyMember(info, name, meta.property(index))


def _slot(info: ClassInfo, name: str) -> Member | None:
    for native in (name, f"{name}_"):
        if callable(getattr(info.pyside, native, None)):
            return SlotMember(SlotInfo(info, name, native))
    return None


def _method_first(info: ClassInfo, name: str) -> bool:
    """Return whether a method of the name of a signal is found before it: then the name is the method's."""
    return any(name in declared(owner.__name__) for owner in info.pyside.__mro__)


def _setter(info: ClassInfo, name: str) -> Member | None:
    """Return the method that sets a property which is written in Python: C++ has it beside the property."""
    found = member(info, f"{name[3:4].lower()}{name[4:]}") if name.startswith("set") else None
    if not isinstance(found, PropertyMember) or not found.in_python:
        return None
    return SlotMember(SlotInfo(info, name, name, found.set))


def _constant(info: ClassInfo, name: str) -> Member | None:
    found = _enumerations(info.pyside).get(name)
    return None if found is None else ConstantMember(found)


@cache
def _enumerations(pyside: type) -> dict[str, Any]:
    """Return the enumerations of a class and its bases by name, and their values by theirs."""
    found: dict[str, Any] = {}
    for owner in reversed(pyside.__mro__):
        info = registry.described(owner)
        for name, kind in vars(owner).items():
            if not (isinstance(kind, type) and issubclass(kind, Enum)):
                continue
            module = module_of(kind) if kind.__module__.startswith("PySide6.") else info.module
            single, flags = enum_type(kind, name, module), flags_name(kind, owner)
            found[name] = single
            if flags:
                found[flags] = enum_type(kind, flags, module)
            # Where Qt's meta object declares flags, PythonQt gives the single values that type too.
            of_values = found[flags] if flags and hasattr(owner, "staticMetaObject") else single
            for key, number in members_of(kind).items():
                found[key] = of_values(number)
    return found
