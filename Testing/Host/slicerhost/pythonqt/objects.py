"""The methods that PythonQt gives to every QObject: connections, children, properties."""

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject

from slicerhost.pythonqt import errors, signals
from slicerhost.pythonqt.conversion import alive, to_variant, wrap
from slicerhost.pythonqt.overloads import of_qt
from slicerhost.pythonqt.registry import Wrapper, named
from slicerhost.pythonqt.slots import Slot


def _ends(sender: Wrapper, args: tuple) -> tuple[Wrapper, str, Wrapper | None, tuple]:
    """Return sender, signal, receiver and slot of any of the forms that connect and disconnect take.

    The slot is a tuple: of the callable, or of the signature of the receiver's slot, or empty if none was given.
    """
    if isinstance(args[0], Wrapper):
        if isinstance(args[2] if len(args) > 2 else None, (str, bytes)):  # receiver.connect(sender, signal, slot)
            sender, args = args[0], (args[1], sender, args[2])
        else:  # connect(sender, signal, ...)
            sender, args = args[0], args[1:]
    signal = _text(args[0])
    if len(args) >= 3:
        return sender, signal, args[1], (_text(args[2]),)
    return sender, signal, None, args[1:]


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


@dataclass(frozen=True)
class _ReceiverSlot:
    """A slot that Qt itself calls, with as many arguments as its signature has, as long as the receiver is there."""

    slot: Slot | signals.Signal
    count: int

    def __call__(self, *values):
        if alive(self.slot.__self__) is not None:
            self.slot(*values[: self.count])


def _slot_named(receiver: Wrapper, signature: str, signal: str) -> _ReceiverSlot | None:
    """Return the slot or signal of a receiver that a signal's arguments fit; None where Qt finds none."""
    wanted = signals.normalised(signature.lstrip("12"))
    name, kinds = wanted.partition("(")[0], signals.arguments(wanted)
    if signals.arguments(signal)[: len(kinds)] != kinds:
        return None
    found = getattr(receiver, name, None)
    if isinstance(found, signals.Signal):
        exists = wanted in receiver._info.surface.signals
    elif isinstance(found, Slot):
        declared = [entry for owner in receiver._info.pyside.__mro__ for entry in of_qt(owner).get(name, ())]
        exists = found.ours or any([kind for kind, _ in entry.parameters] == kinds for entry in declared)
    else:
        exists = False
    return _ReceiverSlot(found, len(kinds)) if exists else None


def connect(sender: Wrapper, *args) -> bool:
    """``connect(signal, callable)``, or with a receiver and the signature of its slot."""
    sender, signal, receiver, given = _ends(sender, args)
    if not signal:
        errors.complain("PythonQt: QObject::connect() signal is empty.")
        return False
    slot = given[0] if receiver is None else _slot_named(receiver, given[0], signals.normalised(signal))
    if receiver is not None and slot is None:
        errors.complain(f"QObject::connect: {given[0]} of {receiver._info.name} is no slot for {signal}")
        return False
    return signals.connect(sender._info, alive(sender), signal, slot)


def disconnect(sender: Wrapper, *args) -> bool:
    """``disconnect(signal)``, ``disconnect(signal, callable)``, or with a receiver and its slot."""
    sender, signal, receiver, given = _ends(sender, args)
    if not signal:
        errors.complain("PythonQt: QObject::disconnect() signal is empty.")
        return False
    if receiver is not None:
        slot = _slot_named(receiver, given[0], signals.normalised(signal))
        return slot is not None and signals.disconnect(sender._info, alive(sender), signal, slot)
    return signals.disconnect(sender._info, alive(sender), signal, *given)


def parent(of: Wrapper) -> Any:
    return wrap(alive(of).parent())


def children(of: Wrapper) -> tuple:
    return wrap(alive(of).children())


def set_property(of: Wrapper, name: Any, value: Any) -> bool:
    return alive(of).setProperty(str(name), to_variant(value))


def get_property(of: Wrapper, name: Any) -> Any:
    held = alive(of)
    if str(name) in of._info.surface.properties:
        return getattr(of, str(name))
    return wrap(held.property(str(name)))


def _is_a(kind: Any):
    """Return the test whether a child is of the class that findChild was given."""
    if isinstance(kind, (str, bytes)):
        name = kind.decode() if isinstance(kind, bytes) else kind
        info = named(name)
        return lambda child: child.inherits(name) or (info is not None and isinstance(child, info.pyside))
    info = getattr(kind, "_info", None)
    if info is not None and info.absent:
        return lambda child: child.inherits(info.name)
    if info is None or not issubclass(info.pyside, QObject):
        return None
    return lambda child: isinstance(child, info.pyside)


def find_child(of: Wrapper, kind: Any, name: str | None = None) -> Any:
    """Return the first descendant of a class with a name: nearer ones first within each branch."""
    fits = _is_a(kind)

    def search(held: QObject) -> QObject | None:
        below = held.children()
        for child in below:
            if (name is None or child.objectName() == name) and fits(child):
                return child
        return next((found for child in below if (found := search(child)) is not None), None)

    return wrap(search(alive(of))) if fits is not None else None


def find_children(of: Wrapper, kind: Any, name: str | Wrapper | None = None) -> tuple:
    """Return all descendants of a class with a name, or one that a regular expression matches, depth first."""
    fits, found = _is_a(kind), []

    def named(child: QObject) -> bool:
        if isinstance(name, Wrapper):
            return alive(name).match(child.objectName()).hasMatch()
        return name is None or child.objectName() == name

    def search(held: QObject) -> None:
        for child in held.children():
            if named(child) and fits(child):
                found.append(child)
            search(child)

    if fits is not None:
        search(alive(of))
    return wrap(found)


def translate(of: Wrapper, text: str, disambiguation: str = "", count: int = -1) -> str:
    return QCoreApplication.translate(of._info.name, text, disambiguation, count)


def _refused(name: str):
    def refuse(of: Wrapper, *args):
        raise NotImplementedError(f"the stand-in host has no {of._info.name}.{name}: test this in a real Slicer")

    return refuse


QOBJECT_METHODS = {
    "connect": connect,
    "disconnect": disconnect,
    "parent": parent,
    "children": children,
    "setProperty": set_property,
    "property": get_property,
    "findChild": find_child,
    "findChildren": find_children,
    "tr": translate,
    # These need a class derived from Qt's, or another thread.
    **{name: _refused(name) for name in ("installEventFilter", "moveToThread", "metaObject", "thread")},
}
