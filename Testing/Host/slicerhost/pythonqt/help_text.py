"""``help()``: what PythonQt writes of a class."""

from PySide6.QtCore import QMetaMethod

from slicerhost.pythonqt.overloads import made_by, of_qt
from slicerhost.pythonqt.property_types import type_name
from slicerhost.pythonqt.registry import ClassInfo


def help_text(info: ClassInfo) -> str:
    """Return the properties, constructors, slots, enumerations and signals of a class, one a line.

    Only what Slicer has is named; slots are those of the classes' meta objects, as in PythonQt.
    """
    meta = getattr(info.pyside, "staticMetaObject", None)
    lines = [f"--- {info.name} ---"]
    if meta is not None:
        lines.append("Properties:")
        properties = [meta.property(index) for index in range(meta.propertyCount())]
        lines += [f"{entry.name()} ({type_name(entry)} )" for entry in properties if _known(info, entry.name())]
    if info.pyside.__module__.startswith("PySide6."):
        lines += ["Constructors:", *(overload.text for overload in made_by(info.pyside, info.name))]
    lines += ["Slots:", "QString help()", "QString className()"]
    for owner in reversed(info.pyside.__mro__):
        lines += [entry.text() for name, entries in of_qt(owner).items() if _is_slot(info, name) for entry in entries]
    if meta is not None and meta.enumeratorCount():
        enumerations = [meta.enumerator(index) for index in range(meta.enumeratorCount())]
        lines.append("Enums:")
        lines += [f"{entry.name()} {{{', '.join(map(entry.key, range(entry.keyCount())))} }}" for entry in enumerations]
    if meta is not None:
        methods = [meta.method(index) for index in range(meta.methodCount())]
        signals = [bytes(entry.methodSignature().data()).decode() for entry in methods if _is_signal(entry)]
        lines += ["Signals:", *(signal for signal in signals if signal in info.surface.signals)]
    return "\n".join(lines) + "\n"


def _known(info: ClassInfo, name: str) -> bool:
    return name in info.surface.properties


def _is_slot(info: ClassInfo, name: str) -> bool:
    signal = any(signature.partition("(")[0] == name for signature in info.surface.signals)
    return name in info.surface.names and not signal


def _is_signal(method: QMetaMethod) -> bool:
    return method.methodType() == QMetaMethod.MethodType.Signal
