"""Dataclasses to JSON and back, strictly: unknown entries and wrong types are refused by name."""

import math
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any

import numpy as np

from ABCImmunoResponseLib.errors import ABCImmunoResponseError, CaseFolderError


def encode(value: Any) -> Any:
    """Return ``value`` (dataclasses, tuples, mappings, numbers, text) as what JSON can say.

    Raises
    ------
    CaseFolderError
        If it holds NaN, infinity, broken text or a type that has no place in a record.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise CaseFolderError(f"{value} cannot be recorded: a number must be finite.")
        return value
    if is_dataclass(value):
        return {field.name: encode(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {_text_key(key): encode(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [encode(item) for item in value]
    raise CaseFolderError(f"A value of type {type(value).__name__} cannot be recorded.")


def decode(kind: Any, value: Any, what: str) -> Any:
    """Return ``value``, as JSON gave it, as the type ``kind``: a dataclass, scalar, tuple, mapping, literal or union.

    A dataclass's entries may be missing only where the field has a default.

    Raises
    ------
    CaseFolderError
        If an entry is unknown, missing or of another type; the message says where.
    """
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return value
    if is_dataclass(kind):
        return _decode_dataclass(kind, value, what)
    if origin in (types.UnionType, typing.Union):
        if value is None and types.NoneType in arguments:
            return None
        (inner,) = (argument for argument in arguments if argument is not types.NoneType)
        return decode(inner, value, what)
    if origin is typing.Literal:
        if not isinstance(value, str) or value not in arguments:
            raise CaseFolderError(f"{what} must be one of {', '.join(arguments)}, not {_shown(value)}.")
        return value
    if origin is tuple:
        return _decode_tuple(arguments, value, what)
    if origin in (dict, Mapping):
        _expect(isinstance(value, dict), "an object", value, what)
        return {key: decode(arguments[1], item, f"{what}[{key[:60]!r}]") for key, item in value.items()}
    if kind is float:
        _expect(isinstance(value, (int, float)) and not isinstance(value, bool), "a number", value, what)
        try:
            return float(value)
        except OverflowError as cause:
            raise CaseFolderError(f"{what} is too large a number.") from cause
    names = {int: "a whole number", str: "text", bool: "true or false"}
    _expect(type(value) is kind, names[kind], value, what)
    return value


def _decode_dataclass(kind: Any, value: Any, what: str) -> Any:
    _expect(isinstance(value, dict), "an object", value, what)
    unknown = sorted(set(value) - {field.name for field in fields(kind)})
    if unknown:
        raise CaseFolderError(f"{what} has unknown entries: {', '.join(map(repr, unknown))[:200]}.")
    hints = _hints(kind)
    found = {}
    for field in fields(kind):
        if field.name in value:
            found[field.name] = decode(hints[field.name], value[field.name], f"{what}: {field.name}")
        elif field.default is MISSING and field.default_factory is MISSING:
            raise CaseFolderError(f"{what} lacks the entry {field.name!r}.")
    try:
        return kind(**found)
    except ABCImmunoResponseError as cause:  # a value object that refuses its values
        raise CaseFolderError(f"{what}: {cause}") from cause


def _decode_tuple(arguments: tuple[Any, ...], value: Any, what: str) -> tuple[Any, ...]:
    _expect(isinstance(value, list), "a list", value, what)
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        arguments = (arguments[0],) * len(value)
    if len(arguments) != len(value):
        raise CaseFolderError(f"{what} must be a list of {len(arguments)}, not {len(value)}.")
    pairs = zip(arguments, value, strict=True)
    return tuple(decode(kind, item, f"{what}[{n}]") for n, (kind, item) in enumerate(pairs))


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _expect(holds: bool, wanted: str, value: Any, what: str) -> None:
    if not holds:
        raise CaseFolderError(f"{what} must be {wanted}, not {_shown(value)}.")


def _shown(value: Any) -> str:
    return type(value).__name__ if isinstance(value, (dict, list)) else repr(value)[:60]


def _text_key(key: Any) -> str:
    if not isinstance(key, str):
        raise CaseFolderError(f"A record's entries are named by text, not by {type(key).__name__}.")
    return _text(key)


def _text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as cause:  # half a surrogate pair, which no file can hold
        raise CaseFolderError(f"{ascii(value)[:60]} cannot be recorded: it is no valid text.") from cause
    return value
