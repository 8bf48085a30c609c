"""Overloads: which are tried, in which order, and what is said if none takes the arguments."""

import inspect
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, Flag
from functools import cache
from typing import Any, get_args

import shiboken6
from PySide6.QtCore import QMetaMethod
from PySide6.support.signature import get_signature

from slicerhost.pythonqt.conversion import NoMatchError, converter, wrap
from slicerhost.pythonqt.enums import enum_type, module_of, number_of, returned_type
from slicerhost.pythonqt.parameters import parameter, pyside_enumeration
from slicerhost.surface.declarations import Declaration, constructors, declared

_TEXT_LIMIT = 2000  # PythonQt cuts longer arguments out of its messages


@dataclass(frozen=True)
class Overload:
    """One of the signatures of a method.

    Attributes
    ----------
    converters : tuple of callable
        One for each argument.
    required : int
        How many arguments have no default.
    static : bool
        Whether it is called without an object.
    text : str
        How PythonQt names it in its messages.
    declaration : Declaration or None
        What it was made of; None where all that is known is what PySide says.
    owner : type or None
        The PySide class that it belongs to.
    """

    converters: tuple[Callable, ...]
    required: int
    static: bool
    text: str
    declaration: Declaration | None = None
    owner: type | None = None

    def takes(self, count: int) -> bool:
        return self.required <= count <= len(self.converters)

    def converted(self, args: tuple, strict: bool) -> list | None:
        """Return the arguments for PySide, None if they do not fit."""
        if not self.takes(len(args)):
            return None
        try:
            return [convert(value, strict) for convert, value in zip(self.converters, args, strict=False)]
        except NoMatchError:
            return None

    def returned(self, value: Any) -> Any:
        """Return what Python code gets for what PySide returned."""
        if self.declaration is None:
            return wrap(value)
        kind = self.declaration.returns
        if kind == "void":
            return None
        if isinstance(value, tuple) and len(value) == 2 and kind in ("int", "double", "float", "uint", "qlonglong"):
            value = value[0]  # PySide adds what C++ tells by a pointer to bool
        if isinstance(value, Enum):
            return self._member(value, kind)
        if kind in ("QChar", "char") and isinstance(value, (str, bytes)):
            return ord(value) if value else 0
        return wrap(value)

    def _member(self, value: Enum, kind: str) -> Any:
        if kind in ("int", "uint"):
            return number_of(value)
        if pyside_enumeration(kind, self.owner) is not type(value):
            return returned_type(type(value))(number_of(value))
        return enum_type(type(value), kind.rpartition("::")[2], module_of(type(value)))(number_of(value))


def of_declaration(declaration: Declaration, owner: type) -> Overload:
    """Return the overload of a declaration in the PySide class ``owner``."""
    converters = tuple(parameter(kind, owner) for kind, _ in declaration.parameters)
    return Overload(converters, len(converters), declaration.static, declaration.text(), declaration, owner)


@cache
def of_qt(owner: type) -> dict[str, list[Declaration]]:
    """Return the public slots, methods and signals that the meta object of a PySide class itself has, by name."""
    found: dict[str, list[Declaration]] = {}
    meta = vars(owner).get("staticMetaObject")
    for index in range(meta.methodOffset(), meta.methodCount()) if meta is not None else ():
        method = meta.method(index)
        signal = method.methodType() == QMetaMethod.MethodType.Signal
        if signal or method.access() == QMetaMethod.Access.Public:
            kinds, names = ([bytes(entry.data()).decode() for entry in entries] for entries in (
                method.parameterTypes(), method.parameterNames()
            ))  # fmt: skip
            name = bytes(method.name().data()).decode()
            parameters = tuple(zip(kinds, names, strict=True))
            found.setdefault(name, []).append(Declaration(name, method.typeName(), parameters))
    return found


def _declarations(pyside: type, name: str) -> Iterator[tuple[Declaration, type]]:
    for owner in pyside.__mro__:
        known = owner.__name__ if owner.__module__.startswith("PySide6.") else ""
        for declaration in (*declared(known).get(name, ()), *of_qt(owner).get(name, ())):
            yield declaration, owner


@cache
def known(pyside: type, name: str) -> list[Overload]:
    """Return the overloads of a method that were declared to PythonQt, those of the class before those of its bases."""
    return [of_declaration(declaration, owner) for declaration, owner in _declarations(pyside, name)]


@cache
def methods(pyside: type, name: str, native: str) -> list[Overload]:
    """Return what is :func:`known`, or what PySide says of its function ``native`` where nothing is."""
    return known(pyside, name) or _of_pyside(getattr(pyside, native), name)


@cache
def made_by(pyside: type, name: str) -> list[Overload]:
    """Return the constructors of a class of Qt.

    Raises
    ------
    ValueError
        If PythonQt has none.
    """
    if not declared(name):
        return _of_pyside(pyside, name)
    if not constructors(name):
        raise ValueError(f"No constructors available for {name}")
    return [of_declaration(entry, pyside) for entry in constructors(name)]


def _of_pyside(function: Any, name: str) -> list[Overload]:
    signatures = get_signature(function) or []
    signatures = signatures if isinstance(signatures, list) else [signatures]
    if not signatures:
        raise NotImplementedError(f"PySide does not say what arguments {name} takes")
    return [_of_signature(signature, name) for signature in signatures]


def matching(overloads: list[Overload], args: tuple, static: bool) -> tuple[Overload, list]:
    """Return the first overload that the arguments fit, and the arguments for PySide.

    Parameters
    ----------
    overloads : list of Overload
    args : tuple
    static : bool
        Whether there is no object.

    Raises
    ------
    ValueError
        If they fit none, with the message that PythonQt gives.
    """
    candidates = [overload for overload in overloads if overload.static or not static]
    for strict in (True, False) if len(overloads) > 1 else (False,):
        for overload in candidates:
            values = overload.converted(args, strict)
            if values is not None:
                return overload, values
    shown = limited(str(args))
    if len(overloads) == 1:
        fault = "arguments" if overloads[0].takes(len(args)) else "number of arguments"
        raise ValueError(f"Called {overloads[0].text} with wrong {fault}: {shown}")
    known = "".join(f"{overload.text}\n" for overload in overloads)
    raise ValueError(
        f"Could not find matching overload for given arguments:\n{shown}\n The following slots are available:\n{known}"
    )


def call(function: Callable, overload: Overload, values: list) -> Any:
    """Call PySide's function with the arguments of the overload that was found.

    Raises
    ------
    NotImplementedError
        If PySide, which is over Qt 6, has no such overload.
    """
    try:
        return function(*values)
    except (TypeError, OverflowError) as error:
        raise NotImplementedError(f"the stand-in host has no {overload.text}: test this in a real Slicer") from error


def limited(text: str) -> str:
    """Return a text as PythonQt cuts it."""
    half = (_TEXT_LIMIT - 3) // 2
    return text if len(text) <= _TEXT_LIMIT else f"{text[:half]}...{text[half + 3 - _TEXT_LIMIT :]}"


def _of_signature(signature: inspect.Signature, name: str) -> Overload:
    parameters = [entry for entry in signature.parameters.values() if entry.kind is not inspect.Parameter.KEYWORD_ONLY]
    static = not (parameters and parameters[0].name == "self")
    parameters = parameters if static else parameters[1:]
    required = sum(entry.default is inspect.Parameter.empty for entry in parameters)
    texts = ", ".join(f"{_type_text(entry.annotation)} {entry.name}" for entry in parameters)
    returned = "void" if signature.return_annotation in (None, type(None)) else _type_text(signature.return_annotation)
    prefix = "static " if static else ""
    converters = tuple(converter(entry.annotation) for entry in parameters)
    return Overload(converters, required, static, f"{prefix}{name}({texts}) -> {returned}")


_CPP = {str: "QString", float: "double", Any: "QVariant", object: "QVariant"}


def _type_text(annotation: Any) -> str:
    """Return the C++ name of a type of PySide's."""
    if isinstance(annotation, types.UnionType):
        annotation = next(part for part in get_args(annotation) if part is not types.NoneType)
    if annotation in _CPP:
        return _CPP[annotation]
    if getattr(annotation, "__name__", "") in ("Sequence", "list", "List", "Iterable") and get_args(annotation):
        inner = _type_text(get_args(annotation)[0])
        return "QStringList" if inner == "QString" else f"QList<{inner}>"
    if isinstance(annotation, type) and issubclass(annotation, Flag):
        scope = annotation.__qualname__.rpartition(".")[0]
        return f"{scope}::{returned_type(annotation).__name__}".lstrip(":")
    if isinstance(annotation, type) and not issubclass(annotation, shiboken6.Object):
        return annotation.__qualname__.replace(".", "::")
    return getattr(annotation, "__name__", str(annotation))
