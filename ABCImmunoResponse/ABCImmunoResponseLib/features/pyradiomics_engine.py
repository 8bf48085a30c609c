"""The original: pyradiomics itself, step by step, so that progress is told and work can be stopped between images."""

import importlib
import logging
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.errors import FeatureError, MissingDependencyError
from ABCImmunoResponseLib.features.checks import check_grey_levels, check_input, check_resampled
from ABCImmunoResponseLib.features.names import FEATURE_NAMES, IMAGE_TYPES
from ABCImmunoResponseLib.features.recipe import Recipe
from ABCImmunoResponseLib.progress import Progress, silent

# pyradiomics' parameter parser crashes when two threads use it at once, and what _quiet() changes belongs to the
# whole process, so one thread at a time is inside pyradiomics. Its C code never frees the interpreter anyway.
_LOCK = threading.RLock()


class PyradiomicsEngine:
    """pyradiomics with the recipe's settings; every value is what running it by hand with the recipe file gives.

    Raises
    ------
    MissingDependencyError
        If pyradiomics is not installed, or was built for another Python.
    """

    name = "pyradiomics"

    def __init__(self) -> None:
        self._extractors = _import("radiomics.featureextractor")
        self._operations = _import("radiomics.imageoperations")
        self.version = f"pyradiomics {_import('radiomics').__version__.removeprefix('v')}"

    def extract(
        self, image: sitk.Image, masks: Mapping[str, sitk.Image], recipe: Recipe, progress: Progress = silent
    ) -> dict[str, np.ndarray]:
        """Extract features; see :meth:`ABCImmunoResponseLib.features.engine.Engine.extract`."""
        check_input(image, masks, recipe)
        steps = ("resampling and shape", *IMAGE_TYPES)
        total = len(masks) * len(steps)
        features = {}
        for n, (name, mask) in enumerate(masks.items()):
            values: dict[str, Any] = {}
            parts = self._parts(image, mask, recipe, name)
            for step, what in enumerate(steps):
                progress(n * len(steps) + step, total, f"{name}: {what}")
                with _quiet():
                    values.update(next(parts, {}))
            features[name] = _canonical(values, name)
        progress(total, total, "features extracted")
        return features

    def _parts(self, image: sitk.Image, mask: sitk.Image, recipe: Recipe, name: str) -> Iterator[dict[str, Any]]:
        """Yield features as they come: of shape first, then of each image type.

        The calls are those of ``RadiomicsFeatureExtractor.execute``, in its order, without resegmentation and mask
        correction, which a recipe cannot ask for.
        """
        try:
            extractor = self._extractors.RadiomicsFeatureExtractor(recipe.parameters())
            settings = extractor.settings
            region, region_mask = extractor.loadImage(image, mask, None, **settings)
            check_resampled(region, region_mask, recipe, name)
            bounds, _ = self._operations.checkMask(region, region_mask, **settings)
            yield extractor.computeShape(region, region_mask, bounds, **settings)
            for kind, custom in extractor.enabledImagetypes.items():
                filtered = getattr(self._operations, f"get{kind}Image")(region, region_mask, **{**settings, **custom})
                for picture, image_type, arguments in filtered:
                    cropped, cropped_mask = self._operations.cropToTumorMask(picture, region_mask, bounds)
                    check_grey_levels(cropped, cropped_mask, recipe, name, image_type)
                    yield extractor.computeFeatures(cropped, cropped_mask, image_type, **arguments)
        except (ValueError, RuntimeError, ArithmeticError, LookupError, TypeError, MemoryError) as cause:
            reason = " ".join(str(cause).split())[-200:] or type(cause).__name__
            raise FeatureError(f"Lesion {name}: pyradiomics failed ({reason}).") from cause


def _canonical(values: Mapping[str, Any], name: str) -> np.ndarray:
    """Return pyradiomics' values (numpy numbers and 0-d arrays) as float64 in canonical order."""
    missing = [feature for feature in FEATURE_NAMES if feature not in values]
    if missing or len(values) != len(FEATURE_NAMES):
        raise FeatureError(
            f"Lesion {name}: pyradiomics gave {len(values)} features instead of {len(FEATURE_NAMES)}"
            f"{f' ({missing[0]} is missing)' if missing else ''}; install pyradiomics 3.0.1."
        )
    # From numpy 2.5 on, eigenvalues are complex numbers even where all are real, and with them five shape features.
    return np.array([np.real(values[feature]) for feature in FEATURE_NAMES], dtype=np.float64)


def _import(module: str) -> ModuleType:
    try:
        with _LOCK, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module(module)
    except ImportError as cause:
        raise MissingDependencyError(
            f"pyradiomics is needed for the engine 'pyradiomics' and cannot be imported ({cause}): run "
            "Testing/install_pyradiomics.py with this Python, or in 3D Slicer install the extension SlicerRadiomics."
        ) from cause


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep pyradiomics silent, and its numbers free of the caller's settings; then put everything back.

    It logs a warning for every image of every lesion, and its parameter parser uses a deprecated import. Warnings
    must not become errors either: pyradiomics would take the error for a failed feature.
    """
    loggers = [logging.getLogger(name) for name in ("radiomics", "pykwalify", "pykwalify.core")]
    with _LOCK, warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        kept = [(log, log.level, log.handlers, log.propagate) for log in loggers]
        try:
            for log in loggers:
                log.setLevel(logging.CRITICAL + 1)
                log.handlers = [logging.NullHandler()]
                log.propagate = False
            yield
        finally:
            for log, level, handlers, propagate in kept:
                log.setLevel(level)
                log.handlers = handlers
                log.propagate = propagate
