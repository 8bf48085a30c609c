"""Signals and connections: found by signature, arguments cut to what a slot takes, exceptions kept."""

import types
from collections.abc import Callable
from functools import cache
from inspect import CO_VARARGS
from typing import Any

import shiboken6
from PySide6.QtCore import SIGNAL, QMetaMethod, QMetaObject, QObject

from slicerhost.pythonqt import errors
from slicerhost.pythonqt.conversion import alive, to_variant, wrap
from slicerhost.pythonqt.registry import ClassInfo, Wrapper

# Signals of Qt 5 that Qt 6 has under another name; PythonQt on Qt 5.15 knows both.
_RENAMED = {
    "activated(QString)": "textActivated(QString)",
    "currentIndexChanged(QString)": "currentTextChanged(QString)",
    "highlighted(QString)": "textHighlighted(QString)",
    "valueChanged(QString)": "textChanged(QString)",
    "buttonClicked(int)": "idClicked(int)",
    "buttonPressed(int)": "idPressed(int)",
    "buttonReleased(int)": "idReleased(int)",
    "buttonToggled(int,bool)": "idToggled(int,bool)",
    "error(QProcess::ProcessError)": "errorOccurred(QProcess::ProcessError)",
}
# Qt 5 declares this overload first: it is the one that the bare name stands for.
_FIRST = {"finished": "finished(int)"}

# The connections of each C++ object, by its address: signature, slot, and PySide's connection.
_connections: dict[int, list[tuple[str, Any, QMetaObject.Connection]]] = {}


def connect(info: ClassInfo, sender: QObject, signature: str, slot: Any) -> bool:
    """Connect as ``sender.connect(signature, slot)``; False, and a complaint, if there is no such signal."""
    signature = _normalised(signature)
    native = _native(info, signature)
    if not native:
        errors.complain(f"PythonQt: QObject::connect() signal '{signature}' does not exist on {info.name}")
        return False
    deliver = _deliverer(slot)
    if "(" in native:
        connection = QObject.connect(sender, SIGNAL(native), deliver)
    else:
        connection = getattr(sender, native).connect(deliver)
    _remember(sender).append((signature, slot, connection))
    return True


def disconnect(info: ClassInfo, sender: QObject, signature: str, slot: Any = None) -> bool:
    """Take away the first connection of the signal to ``slot``, all of the signal if it is None; whether any was."""
    signature = _normalised(signature)
    if not _native(info, signature):
        errors.complain(f"PythonQt: QObject::disconnect() signal '{signature}' does not exist on {info.name}")
        return False
    kept = _connections.get(_address(sender), [])
    found = [entry for entry in kept if entry[0] == signature and (slot is None or entry[1] == slot)]
    for entry in found if slot is None else found[:1]:
        QObject.disconnect(entry[2])
        kept.remove(entry)
    return bool(found)


def overloads(info: ClassInfo, name: str) -> list[str]:
    """Return the signatures of the signals with this name, that first for which the bare name stands."""
    recorded = sorted(signature for signature in info.surface.signals if signature.partition("(")[0] == name)
    order = [_FIRST.get(name), *_signals_of(info.pyside)]
    return sorted(recorded, key=lambda signature: order.index(signature) if signature in order else len(order))


def emit(info: ClassInfo, sender: QObject, name: str, args: tuple) -> None:
    """Emit the overload of the signal that takes so many arguments.

    Raises
    ------
    ValueError
        If there is none.
    """
    for signature in overloads(info, name):
        if _count(signature) == len(args):
            native = _native(info, signature)
            values = [to_variant(value) for value in args]
            if native and "(" in native:
                sender.emit(SIGNAL(native), *values)
                return
            if native:
                getattr(sender, native).emit(*values)
                return
    raise ValueError(
        f"Could not find matching overload for given arguments:\n{args}\n The following slots are available:\n"
        + "".join(f"{signature}\n" for signature in overloads(info, name))
    )


class Signal:
    """A signal of an object: calling it emits it."""

    __slots__ = ("_name", "_of")

    def __init__(self, of: Wrapper | type, name: str):
        self._of = of
        self._name = name

    def __repr__(self) -> str:
        if isinstance(self._of, type):
            return f"<unbound qt signal {self._name} of {self._of.__name__} type>"
        return f"<qt signal {self._name} of {type(self._of).__name__} instance at {id(self._of):#x}>"

    def __eq__(self, other) -> bool:
        return isinstance(other, Signal) and self._of is other._of and self._name == other._name

    def __hash__(self) -> int:
        return hash((id(self._of), self._name))

    def _sender(self) -> QObject:
        sender = None if isinstance(self._of, type) else alive(self._of)
        if sender is None:
            raise ValueError(f"Trying to call '{self._name}' on a destroyed {self._of._info.name} object")
        return sender

    def connect(self, *slots) -> bool:
        if len(slots) != 1:
            raise ValueError("Called connect with wrong number of arguments")
        info = self._of._info
        return connect(info, self._sender(), overloads(info, self._name)[0], slots[0])

    def disconnect(self, *slots) -> bool:
        if len(slots) > 1:
            raise ValueError("Called disconnect with wrong number of arguments")
        info = self._of._info
        return disconnect(info, self._sender(), overloads(info, self._name)[0], *slots)

    def emit(self, *args) -> None:
        emit(self._of._info, self._sender(), self._name, args)

    __call__ = emit


def _normalised(signature: str) -> str:
    return bytes(QMetaObject.normalizedSignature(signature.lstrip("2")).data()).decode()


def _count(signature: str) -> int:
    arguments = signature.partition("(")[2][:-1]
    return arguments.count(",") + 1 if arguments else 0


@cache
def _signals_of(pyside: type) -> list[str]:
    meta = pyside.staticMetaObject
    methods = (meta.method(index) for index in range(meta.methodCount()))
    return [
        bytes(method.methodSignature().data()).decode()
        for method in methods
        if method.methodType() == QMetaMethod.MethodType.Signal
    ]


def _native(info: ClassInfo, signature: str) -> str:
    """Return PySide's signature, or the name of a signal written in Python; empty if there is no such signal.

    Raises
    ------
    NotImplementedError
        For a signal that exists in Slicer and not here.
    """
    key = f"signal {signature}"
    if key not in info.members:
        if signature not in info.surface.signals:
            info.members[key] = ""
        else:
            info.members[key] = info.signals.get(signature) or _matching(info, signature)
    if info.members[key] is None:
        raise NotImplementedError(f"the stand-in host has no signal {info.name}.{signature}")
    return info.members[key]


def _matching(info: ClassInfo, signature: str) -> str | None:
    existing = _signals_of(info.pyside)
    wanted = _RENAMED.get(signature, signature).replace("QVector<", "QList<")
    if signature in existing or wanted in existing:
        return signature if signature in existing else wanted
    # A signal written in Python that carries any object stands for one that carries a pointer.
    name, _, arguments = wanted.partition("(")
    for candidate in existing:
        if candidate.partition("(")[0] == name and _count(candidate) == _count(wanted):
            pairs = zip(candidate.partition("(")[2][:-1].split(","), arguments[:-1].split(","), strict=True)
            if all(mine in (theirs, "PyObject") for mine, theirs in pairs):
                return candidate
    return None


def _address(sender: QObject) -> int:
    return shiboken6.getCppPointer(sender)[0]


def _remember(sender: QObject) -> list:
    address = _address(sender)
    if address not in _connections:
        _connections[address] = []
        sender.destroyed.connect(lambda: _connections.pop(address, None))
    return _connections[address]


def _taken(slot: Any) -> int | None:
    """Return how many arguments PythonQt passes on to a slot at most: what its code takes; None is all."""
    bound = isinstance(slot, types.MethodType)
    function = slot.__func__ if bound else slot
    if not isinstance(function, types.FunctionType) or function.__code__.co_flags & CO_VARARGS:
        return None
    return function.__code__.co_argcount - bound


def _deliverer(slot: Callable) -> Callable:
    taken = _taken(slot)

    def deliver(*values):
        try:
            slot(*map(wrap, values[:taken]))
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a failed assertion of a test framework need not be an Exception
            errors.keep(error)

    return deliver
