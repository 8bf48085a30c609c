"""What every extraction engine offers, and how one is chosen."""

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Protocol

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.errors import FeatureError, MissingDependencyError
from ABCImmunoResponseLib.features.diagnostics import LesionFeatures
from ABCImmunoResponseLib.features.own_engine import ENGINE_VERSION, OwnEngine
from ABCImmunoResponseLib.features.recipe import Recipe
from ABCImmunoResponseLib.progress import Progress, silent


class Engine(Protocol):
    """Computes the 1130 features of lesions of one CT.

    An engine is given all masks at once: several lesions of a case share the image, and several masks of one lesion
    (two readers and the consensus) may share whatever work the engine can share.
    """

    @property
    def name(self) -> str:
        """The name by which :func:`engine` finds it."""

    @property
    def version(self) -> str:
        """Name and version, as results record it: ``pyradiomics 3.0.1``."""

    def extract(
        self,
        image: sitk.Image,
        masks: Mapping[str, sitk.Image],
        recipe: Recipe,
        progress: Progress = silent,
        *,
        jobs: int = 1,
    ) -> dict[str, np.ndarray]:
        """Return each mask's features, shape (1130,), float64, in the order of ``names.FEATURE_NAMES``.

        Parameters
        ----------
        image : sitk.Image
            The CT in HU. Its pixel type is kept: pyradiomics gives other numbers for int16 than for float32.
        masks : mapping of name to sitk.Image
            1 inside, on the image's grid; or cropped to the lesion's box, on the voxels of that grid.
        progress : callable
            Called in the caller's thread before each step, at least once an image type and mask, outside every lock;
            an exception that it raises (:class:`~ABCImmunoResponseLib.errors.Cancelled`) ends the extraction there.
        jobs : int
            Cores to use. Beyond one, 'numba' works on threads; the others start processes, which import the caller's
            main module again, so that a script needs ``if __name__ == "__main__":``.

        Returns
        -------
        dict
            With the masks' names, in their order. A feature may be NaN or infinite where the recipe's formulas leave
            it undefined on a lesion; ``names.undefined_features`` lists those.

        Raises
        ------
        MaskError
            A mask is empty, a single voxel, thinner than the recipe allows, or not on the image's grid.
        FeatureError
            The image cannot be used, or features are missing.
        """

    def extract_with_diagnostics(
        self,
        image: sitk.Image,
        masks: Mapping[str, sitk.Image],
        recipe: Recipe,
        progress: Progress = silent,
        *,
        jobs: int = 1,
    ) -> dict[str, LesionFeatures]:
        """As :meth:`extract`, with what is to be known of each extraction beside the values."""


_ENGINES: dict[str, Callable[[], Engine]] = {
    "numpy": lambda: OwnEngine("numpy"),
    "numba": lambda: OwnEngine("numba"),
    "pyradiomics": lambda: _pyradiomics().PyradiomicsEngine(),
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


def _pyradiomics() -> ModuleType:
    return import_module("ABCImmunoResponseLib.features.pyradiomics_engine")
