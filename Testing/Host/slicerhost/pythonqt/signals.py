"""Signals and connections: found by signature, arguments cut to what a slot takes, exceptions kept."""

import types
from collections.abc import Callable
from functools import cache
from inspect import CO_VARARGS
from typing import Any

import shiboken6
from PySide6.QtCore import SIGNAL, QMetaMethod, QMetaObject, QObject

from slicerhost.pythonqt import errors
from slicerhost.pythonqt.conversion import alive, wrap
from slicerhost.pythonqt.overloads import matching, of_declaration, of_qt
from slicerhost.pythonqt.registry import ClassInfo, Wrapper
from slicerhost.surface.declarations import Declaration

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


_ANY = object()


def connect(info: ClassInfo, sender: QObject, signature: str, slot: Any) -> bool:
    """Connect as ``sender.connect(signature, slot)``; False, and a complaint, if there is no such signal."""
    signature = normalised(signature)
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


def disconnect(info: ClassInfo, sender: QObject, signature: str, slot: Any = _ANY) -> bool:
    """Take away the first connection of the signal to ``slot``, or all of the signal; whether there was any."""
    signature = normalised(signature)
    if not _native(info, signature):
        errors.complain(f"PythonQt: QObject::disconnect() signal '{signature}' does not exist on {info.name}")
        return False
    kept = _connections.get(_address(sender), [])
    found = [entry for entry in kept if entry[0] == signature and (slot is _ANY or entry[1] == slot)]
    for entry in found if slot is _ANY else found[:1]:
        QObject.disconnect(entry[2])
        kept.remove(entry)
    return bool(found)


def overloads(info: ClassInfo, name: str) -> list[str]:
    """Return the signatures of the signals with this name, that first for which the bare name stands."""
    recorded = sorted(signature for signature in info.surface.signals if signature.partition("(")[0] == name)
    order = [_FIRST.get(name), *_signals_of(info.pyside)]
    return sorted(recorded, key=lambda signature: order.index(signature) if signature in order else len(order))


def declarations(info: ClassInfo, name: str) -> dict[str, Declaration]:
    """Return the overloads of a signal by signature, that first for which the bare name stands."""
    named = {
        tuple(kind for kind, _ in entry.parameters): entry.parameters
        for owner in info.pyside.__mro__
        for entry in of_qt(owner).get(name, ())
    }
    found = {}
    for signature in overloads(info, name):
        kinds = tuple(filter(None, signature.partition("(")[2][:-1].split(",")))
        parameters = named.get(kinds, tuple((kind, "") for kind in kinds))
        found[signature] = Declaration(name, "void", parameters)
    return found


def emit(info: ClassInfo, sender: QObject, name: str, args: tuple) -> None:
    """Emit the overload of the signal that the arguments fit.

    Raises
    ------
    ValueError
        If there is none.
    """
    offered = {signature: of_declaration(entry, info.pyside) for signature, entry in declarations(info, name).items()}
    chosen, values = matching(list(offered.values()), args, static=False)
    native = _native(info, next(signature for signature, overload in offered.items() if overload is chosen))
    if "(" in native:
        sender.emit(SIGNAL(native), *values)
    else:
        getattr(sender, native).emit(*values)


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

    @property
    def __name__(self) -> str:
        return overloads(self._of._info, self._name)[0]

    @property
    def __self__(self) -> Wrapper | type:
        return self._of

    def connect(self, *slots) -> bool:
        sender = self._connectable("connect")
        if len(slots) != 1:
            raise ValueError("Called connect with wrong number of arguments")
        return connect(self._of._info, sender, self.__name__, slots[0])

    def disconnect(self, *slots) -> bool:
        sender = self._connectable("disconnect")
        if len(slots) > 1:
            raise ValueError("Called disconnect with wrong number of arguments")
        return disconnect(self._of._info, sender, self.__name__, *slots)

    def _connectable(self, method: str) -> QObject:
        sender = None if isinstance(self._of, type) else alive(self._of)
        if sender is None:  # PythonQt returns nothing here, and Python complains of it
            raise SystemError(
                f"<method '{method}' of 'QtCore.Signal' objects> returned NULL without setting an exception"
            )
        return sender

    def emit(self, *args) -> None:
        info = self._of._info
        if isinstance(self._of, type):
            raise ValueError(f"slot {next(iter(declarations(info, self._name).values())).text()} requires {info.name} "
                             "instance as first argument.")  # fmt: skip
        if alive(self._of) is None:
            raise ValueError(f"Trying to call '{self._name}' on a destroyed {info.name} object")
        emit(info, alive(self._of), self._name, args)

    __call__ = emit


Signal.__module__ = "QtCore"


def normalised(signature: str) -> str:
    """Return a signature as Qt writes it, without the number that Qt's macros put before it."""
    return bytes(QMetaObject.normalizedSignature(signature.lstrip("2")).data()).decode()


def arguments(signature: str) -> list[str]:
    """Return the types of the arguments in a signature."""
    return list(filter(None, signature.partition("(")[2][:-1].split(",")))


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
    name, kinds = wanted.partition("(")[0], arguments(wanted)
    for candidate in existing:
        carried = arguments(candidate)
        if (
            candidate.partition("(")[0] == name
            and len(carried) == len(kinds)
            and all(mine in (theirs, "PyObject") for mine, theirs in zip(carried, kinds, strict=True))
        ):
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
