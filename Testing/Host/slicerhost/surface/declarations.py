"""How the methods of Qt's classes are declared to PythonQt on Qt 5.15 (see README.md): it shows in what it accepts."""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_LINE = re.compile(r"(?P<static>static )?(?:(?P<returns>[^(]+) )?(?P<name>\w+)\((?P<parameters>.*)\)")


@dataclass(frozen=True)
class Declaration:
    """One overload of a method or, with the name ``new``, of a constructor.

    Attributes
    ----------
    name : str
    returns : str
        The C++ type, as ``"QWidget*"``.
    parameters : tuple of (str, str)
        C++ type and name of each; the name may be empty.
    static : bool
    """

    name: str
    returns: str
    parameters: tuple[tuple[str, str], ...]
    static: bool = False

    def text(self) -> str:
        """Return how PythonQt names the overload in its messages."""
        parameters = ", ".join(f"{shown_type(kind)} {name}".rstrip() for kind, name in self.parameters)
        return f"{'static ' if self.static else ''}{self.name}({parameters}) -> {shown_type(self.returns)}"


def shown_type(kind: str) -> str:
    """Return the name of a C++ type as PythonQt writes it: a pointer looks like a value."""
    return "PythonQt.BoolResult" if kind == "bool*" else kind.rstrip("*")


@cache
def _recorded() -> dict[str, dict[str, str]]:
    return json.loads(Path(__file__).with_name("declarations.json").read_text(encoding="utf-8"))


def _split(parameters: str) -> list[str]:
    return re.split(r", (?![^<]*>)", parameters) if parameters else []


def _overloads(line: str) -> list[Declaration]:
    """Return an overload, and after it one for each of the last parameters that may be left out."""
    found = _LINE.fullmatch(line)
    pairs = [entry.rpartition(" ")[::2] for entry in _split(found["parameters"])]
    optional = sum(name.endswith("?") for _, name in pairs)
    parameters = [(kind, name.removesuffix("?")) for kind, name in pairs]
    counts = range(len(parameters), len(parameters) - optional - 1, -1)
    rest = found["returns"] or "", bool(found["static"])
    return [Declaration(found["name"], rest[0], tuple(parameters[:count]), rest[1]) for count in counts]


@cache
def declared(name: str) -> dict[str, tuple[Declaration, ...]]:
    """Return the overloads of the methods that the class ``name`` itself has, by method; empty for other classes."""
    found: dict[str, list[Declaration]] = {}
    for line in filter(None, _recorded().get(name, {}).get("declared", "").split("; ")):
        for overload in _overloads(line):
            found.setdefault(overload.name, []).append(overload)
    return {method: tuple(overloads) for method, overloads in found.items()}


@cache
def constructors(name: str) -> tuple[Declaration, ...]:
    """Return the constructors of a class in PythonQt's order: the first that is declared, then from the last back."""
    made = [Declaration(name, name, entry.parameters) for entry in declared(name).get("new", ())]
    return (*made[:1], *made[:0:-1])


@cache
def operators(name: str) -> frozenset[str]:
    """Return the Python operators of a class, as ``"Add"`` or ``"InplaceAdd"``; classes derived from it have none."""
    return frozenset(_recorded().get(name, {}).get("operators", "").split())


def truth(name: str) -> str:
    """Return what makes an object of a class true, as ``"isValid"`` or ``"not isEmpty"``; empty if all are true."""
    return _recorded().get(name, {}).get("true", "")
