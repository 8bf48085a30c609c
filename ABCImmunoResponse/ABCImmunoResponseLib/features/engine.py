"""What every extraction engine offers, and how one is chosen."""

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.errors import FeatureError
from ABCImmunoResponseLib.features.pyradiomics_engine import PyradiomicsEngine
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
        self, image: sitk.Image, masks: Mapping[str, sitk.Image], recipe: Recipe, progress: Progress = silent
    ) -> dict[str, np.ndarray]:
        """Return each mask's features, shape (1130,), float64, in the order of ``names.FEATURE_NAMES``.

        Parameters
        ----------
        image : sitk.Image
            The CT in HU. Its pixel type is kept: pyradiomics gives other numbers for int16 than for float32.
        masks : mapping of name to sitk.Image
            0 and 1 on the image's grid.
        progress : callable
            Called before each step, at least once an image type and mask, outside every lock; an exception that it
            raises (:class:`~ABCImmunoResponseLib.errors.Cancelled`) ends the extraction there.

        Returns
        -------
        dict
            With the masks' names, in their order. A feature may be NaN or infinite where the recipe's formulas leave
            it undefined on a lesion; ``names.undefined_features`` lists those.

        Raises
        ------
        MaskError
            A mask is empty, a single voxel, thinner than the recipe allows, or not on the image's grid; nothing has
            been extracted yet.
        FeatureError
            The image cannot be used, or features are missing.
        """


_ENGINES: dict[str, Callable[[], Engine]] = {"pyradiomics": PyradiomicsEngine}


def engine_names() -> tuple[str, ...]:
    """Return the names that :func:`engine` knows."""
    return tuple(_ENGINES)


def engine(name: str = "pyradiomics") -> Engine:
    """Return the extraction engine of this name.

    Raises
    ------
    FeatureError
        If there is none; the message lists those there are.
    MissingDependencyError
        If the package it leans on is not installed.
    """
    if name not in _ENGINES:
        raise FeatureError(f"There is no extraction engine {str(name)[:80]!r}; use one of: {', '.join(_ENGINES)}.")
    return _ENGINES[name]()
