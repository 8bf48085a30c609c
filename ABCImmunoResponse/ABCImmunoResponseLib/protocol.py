"""Read a protocol file: the rules of a study as data."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ABCImmunoResponseLib.case import Organ, Protocol, from_mapping
from ABCImmunoResponseLib.errors import CaseFolderError, ProtocolError
from ABCImmunoResponseLib.files import read_json, sha256_file
from ABCImmunoResponseLib.resources import resource

DEFAULT_PROTOCOL = resource("Protocols", "recist-1.1.json")
_SECTIONS = ("measurability", "selection", "response", "agreement", "acquisition")


def load_protocol(path: Path | None = None) -> Protocol:
    """Read a protocol; without ``path`` the study's own, ``Resources/Protocols/recist-1.1.json``.

    Every section must hold the entries that the study's own protocol holds, of the same kind, so that no rule
    is found missing in the middle of a case.

    Raises
    ------
    ProtocolError
        If the file cannot be read, an entry is missing, unknown, of another kind or not finite.
    """
    path = Path(path or DEFAULT_PROTOCOL)
    return protocol_from_mapping(_read(path), sha256_file(path), path.name)


def protocol_from_mapping(value: Mapping[str, Any], sha256: str, what: str) -> Protocol:
    """Make a protocol from the mapping that a protocol file, or a case that was read by it, holds.

    ``sha256`` is that of the file and ``what`` names the mapping in messages; see :func:`load_protocol` for what is
    refused.
    """
    default = _read(DEFAULT_PROTOCOL)
    for section in _SECTIONS:
        _same_shape(value.get(section), default[section], f"{what}: {section}")
    for name, text in (("name", value.get("name")), ("version", value.get("version")), ("sha256", sha256)):
        if not isinstance(text, str) or not text:
            raise ProtocolError(f"{what}: {name!r} must be text.")
    organs = value.get("organs")
    if not isinstance(organs, list) or not organs:
        raise ProtocolError(f"{what}: 'organs' must be a list of at least one organ.")
    parsed = tuple(_organ(organ, f"{what}: organ {n}") for n, organ in enumerate(organs, 1))
    if len({organ.code for organ in parsed}) != len(parsed):
        raise ProtocolError(f"{what}: an organ code appears twice.")
    return Protocol(
        name=value["name"],
        version=value["version"],
        sha256=sha256,
        organs=parsed,
        **{section: value[section] for section in _SECTIONS},
    )


def _organ(value: Any, what: str) -> Organ:
    try:
        organ = from_mapping(Organ, value, what)
    except CaseFolderError as cause:
        raise ProtocolError(str(cause)) from cause
    if not all(isinstance(text, str) and text for text in (organ.code, organ.label, organ.group)):
        raise ProtocolError(f"{what}: code, label and group must be text.")
    if not all(isinstance(flag, bool) for flag in (organ.visceral, organ.node, organ.bone)):
        raise ProtocolError(f"{what}: visceral, node and bone must be true or false.")
    return organ


def _read(path: Path) -> dict[str, Any]:
    value = read_json(path, ProtocolError)
    if not isinstance(value, dict) or value.get("schema") != 1:
        raise ProtocolError(f"{path.name} is not a protocol of schema 1.")
    return value


def _same_shape(value: Any, default: Any, where: str) -> None:
    if isinstance(default, dict):
        if not isinstance(value, dict) or set(value) != set(default):
            raise ProtocolError(f"{where} must hold exactly: {', '.join(default)}.")
        for name, item in default.items():
            _same_shape(value[name], item, f"{where}.{name}")
    elif isinstance(default, bool) or isinstance(value, bool):
        if type(value) is not type(default):
            raise ProtocolError(f"{where} must be {type(default).__name__}.")
    elif isinstance(default, (int, float)):
        if not isinstance(value, (int, float)) or not math.isfinite(value):
            raise ProtocolError(f"{where} must be a finite number.")
    elif not isinstance(value, type(default)):
        raise ProtocolError(f"{where} must be {type(default).__name__}.")
    elif isinstance(default, list) and default:
        for n, item in enumerate(value):
            _same_shape(item, default[0], f"{where}[{n}]")
