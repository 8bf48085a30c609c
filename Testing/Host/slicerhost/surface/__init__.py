"""The names that exist on the classes of ``qt``, ``ctk`` and ``slicer``, recorded in a real Slicer (see README.md)."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Surface:
    """What one class has.

    Attributes
    ----------
    key : str
        As ``"qt.QLabel"``.
    names : frozenset of str
        Every name that exists on an instance.
    properties, signals : frozenset of str
        The Qt properties, and the signals with their signatures.
    module : str
        The PythonQt module that the class says it belongs to, as ``"QtGui"``; empty where it is not known.
    """

    key: str
    names: frozenset[str]
    properties: frozenset[str] = frozenset()
    signals: frozenset[str] = frozenset()
    module: str = ""

    def extended(self, key: str, names=(), properties=(), signals=()) -> "Surface":
        """Return the surface of a class derived from this one."""
        signals = self.signals | frozenset(signals)
        properties = self.properties | frozenset(properties)
        names = self.names | frozenset(names) | properties | {signal.partition("(")[0] for signal in signals}
        return Surface(key, names, properties, signals)


@cache
def _recorded() -> dict:
    return json.loads(Path(__file__).with_name("surface.json").read_text(encoding="utf-8"))


@cache
def surface(key: str) -> Surface:
    """Return the surface of the class ``key``.

    Raises
    ------
    KeyError
        For a class of which nothing is recorded.
    """
    recorded = _recorded()
    entry = {**recorded["derived"].get(key, {}), **recorded["observed"].get(key, {})}
    if not entry:
        raise KeyError(key)
    base = surface(entry["base"]) if "base" in entry else Surface("", frozenset())
    return Surface(
        key,
        base.names | frozenset(entry.get("names", "").split()),
        base.properties | frozenset(entry.get("properties", "").split()),
        base.signals | frozenset(filter(None, entry.get("signals", "").split(";"))),
        entry.get("module", ""),
    )


@cache
def keys() -> tuple[str, ...]:
    """Return the names of all classes of which something is recorded."""
    return tuple(dict.fromkeys((*_recorded()["observed"], *_recorded()["derived"])))


def named_classes() -> dict[str, tuple[str, ...]]:
    """Return by PythonQt module the classes of Qt of which no more than the name is known here."""
    return {module: tuple(names.split()) for module, names in _recorded()["named"].items()}


def loaded_modules() -> tuple[str, ...]:
    """Return the names of the modules that were loaded in the Slicer that was recorded."""
    return tuple(_recorded()["modules"].split())
