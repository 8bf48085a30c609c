"""Read a protocol file: the rules of a study as data."""

import math
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
    value = _read(path)
    default = value if path == DEFAULT_PROTOCOL else _read(DEFAULT_PROTOCOL)
    for section in _SECTIONS:
        _same_shape(value.get(section), default[section], f"{path.name}: {section}")
    organs = value.get("organs")
    if not isinstance(organs, list) or not organs:
        raise ProtocolError(f"{path.name}: 'organs' must be a list of at least one organ.")
    try:
        parsed = tuple(from_mapping(Organ, organ, f"{path.name}: organ {n}") for n, organ in enumerate(organs, 1))
    except CaseFolderError as cause:
        raise ProtocolError(str(cause)) from cause
    if len({organ.code for organ in parsed}) != len(parsed):
        raise ProtocolError(f"{path.name}: an organ code appears twice.")
    return Protocol(
        name=str(value.get("name")),
        version=str(value.get("version")),
        sha256=sha256_file(path),
        organs=parsed,
        **{section: value[section] for section in _SECTIONS},
    )


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
