"""The methods that PythonQt gives to every QObject: connections, children, properties."""

from typing import Any

from PySide6.QtCore import QCoreApplication, QObject

from slicerhost.pythonqt import signals
from slicerhost.pythonqt.conversion import alive, to_variant, wrap
from slicerhost.pythonqt.registry import Wrapper, named
from slicerhost.pythonqt.slots import Slot


def _ends(sender: Wrapper, args: tuple) -> tuple[Wrapper, str, Any]:
    """Return sender, signal and slot of any of the forms that connect and disconnect take."""
    if args and isinstance(args[0], Wrapper):  # receiver.connect(sender, signal, slot)
        sender, args = args[0], (args[1], sender, *args[2:])
    if not args or not isinstance(args[0], (str, bytes)):
        raise ValueError(f"Could not find matching overload for given arguments:\n{args}")
    signal = args[0].decode() if isinstance(args[0], bytes) else args[0]
    if len(args) >= 3 and isinstance(args[1], Wrapper):
        return sender, signal, _slot_named(args[1], args[2])
    if len(args) > 2:
        raise ValueError(f"Could not find matching overload for given arguments:\n{args}")
    return sender, signal, args[1] if len(args) == 2 else None


def _slot_named(receiver: Wrapper, signature: str) -> Any:
    # A slot that is not there leaves Qt with a warning and no connection.
    found = getattr(receiver, signature.lstrip("12").partition("(")[0], None)
    return found if isinstance(found, (Slot, signals.Signal)) else None


def connect(sender: Wrapper, *args) -> bool:
    """``connect(signal, callable)``, or with a receiver and the signature of its slot."""
    sender, signal, slot = _ends(sender, args)
    if slot is None:
        if len(args) < 3:
            raise ValueError(f"Could not find matching overload for given arguments:\n{args}")
        return False
    return signals.connect(sender._info, alive(sender), signal, slot)


def disconnect(sender: Wrapper, *args) -> bool:
    """``disconnect(signal)``, ``disconnect(signal, callable)``, or with a receiver and its slot."""
    sender, signal, slot = _ends(sender, args)
    return signals.disconnect(sender._info, alive(sender), signal, slot)


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


def find_children(of: Wrapper, kind: Any, name: str | None = None) -> tuple:
    """Return all descendants of a class with a name, depth first."""
    fits, found = _is_a(kind), []

    def search(held: QObject) -> None:
        for child in held.children():
            if (name is None or child.objectName() == name) and fits(child):
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
    **{name: _refused(name) for name in ("installEventFilter", "moveToThread", "metaObject", "sender", "thread")},
}
