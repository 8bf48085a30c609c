"""How an extraction engine is chosen, and which are known to give equal values."""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

from ABCImmunoResponseLib.errors import FeatureError, MissingDependencyError
from ABCImmunoResponseLib.features.interface import Engine
from ABCImmunoResponseLib.features.own_engine import ENGINE_VERSION, OwnEngine

_ENGINES: dict[str, Callable[[], Engine]] = {
    "numpy": lambda: OwnEngine("numpy"),
    "numba": lambda: OwnEngine("numba"),
    "pyradiomics": lambda: import_module("ABCImmunoResponseLib.features.pyradiomics_engine").PyradiomicsEngine(),
}

# Engines that the oracle tests hold to the same values, within 1e-9.
_EQUAL = frozenset(
    {"pyradiomics 3.0.1", *(f"{kernels} engine {ENGINE_VERSION}" for kernels in ("numpy", "numba"))},
)


def engine_names() -> tuple[str, ...]:
    """Return the names that :func:`engine` knows."""
    return tuple(_ENGINES)


def default_engine() -> str:
    """Return the name of the engine to take where none is named: 'numba' where it works, else 'numpy'."""
    if find_spec("numba"):
        try:
            return OwnEngine("numba").name
        except MissingDependencyError:  # installed, but not for this numpy
            pass
    return "numpy"


def engine(name: str | None = None) -> Engine:
    """Return the extraction engine of this name, or :func:`default_engine`.

    Raises
    ------
    FeatureError
        If there is none; the message lists those there are.
    MissingDependencyError
        If the package it leans on is not installed.
    """
    name = name or default_engine()
    if name not in _ENGINES:
        raise FeatureError(f"There is no extraction engine {str(name)[:80]!r}; use one of: {', '.join(_ENGINES)}.")
    return _ENGINES[name]()


def equal_engines(first: str, second: str) -> bool:
    """Return whether two engines, as results record them (name and version), are known to give equal values."""
    return first == second or {first, second} <= _EQUAL
