"""The original: pyradiomics itself, step by step, so that progress is told and work stops between images if asked."""

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
from ABCImmunoResponseLib.features.checks import check_grey_levels
from ABCImmunoResponseLib.features.diagnostics import LesionFeatures, diagnose
from ABCImmunoResponseLib.features.interface import Engine
from ABCImmunoResponseLib.features.kernels.numpy_kernels import NumpyKernels
from ABCImmunoResponseLib.features.names import FEATURE_NAMES
from ABCImmunoResponseLib.features.parallel import check_jobs, in_processes
from ABCImmunoResponseLib.features.preprocessing.regions import Region, Regions
from ABCImmunoResponseLib.features.recipe import Recipe
from ABCImmunoResponseLib.features.steps import STEPS, Counted, Tell
from ABCImmunoResponseLib.progress import Progress, silent

# pyradiomics' parameter parser crashes when two threads use it at once, and what _quiet() changes belongs to the
# whole process, so one thread at a time is inside pyradiomics. Its C code never frees the interpreter anyway.
_LOCK = threading.RLock()


class PyradiomicsEngine(Engine):
    """pyradiomics with the recipe's settings; every value is what running it by hand with the recipe file gives.

    Only the resampling is ours, the same as the other engines': by hand, pyradiomics fits a B-spline to the whole CT
    for every lesion; a crop gives the same bits, and recipes may ask for what pyradiomics cannot do.

    Raises
    ------
    MissingDependencyError
        If pyradiomics is not installed, or was built for another Python.
    """

    name = "pyradiomics"

    def __init__(self) -> None:
        self._extractors = _import("radiomics.featureextractor")
        self._operations = _import("radiomics.imageoperations")
        self._kernels = NumpyKernels()
        self.version = f"pyradiomics {_import('radiomics').__version__.removeprefix('v')}"

    def extract_with_diagnostics(
        self,
        image: sitk.Image,
        masks: Mapping[str, sitk.Image],
        recipe: Recipe,
        progress: Progress = silent,
        *,
        jobs: int = 1,
    ) -> dict[str, LesionFeatures]:
        """Extract features and what is to be known of them; see :class:`.interface.Engine`."""
        check_jobs(jobs)
        counted = Counted(progress, len(masks) * len(STEPS))
        found: dict[str, LesionFeatures] = {}
        regions = (region for group in Regions(image, masks, recipe, self._kernels) for region in group)
        if jobs > 1:
            work = ((_measure_elsewhere, (region, recipe)) for region in regions)
            for name, features in in_processes(work, jobs, counted):
                found[name] = features
        else:
            for region in regions:
                found[region.name] = self.measure(counted, region, recipe)
        counted.finish("features extracted")
        return {name: found[name] for name in masks}

    def measure(self, tell: Tell, region: Region, recipe: Recipe) -> LesionFeatures:
        """Extract the features of one region, calling ``tell`` before each step."""
        values: dict[str, Any] = {}
        levels: dict[str, int] = {}
        parts = self._parts(region, recipe, levels)
        for step in STEPS:
            tell(f"{region.name}: {step}")
            with _quiet():
                values.update(next(parts, {}))
        canonical = _canonical(values, region.name)
        return LesionFeatures(canonical, diagnose(region, recipe, levels, canonical))

    def _parts(self, region: Region, recipe: Recipe, levels: dict[str, int]) -> Iterator[dict[str, Any]]:
        """Yield features as they come, of shape first, then of each image type; count grey levels on the way.

        The calls are those of ``RadiomicsFeatureExtractor.execute`` after resampling, in its order, without
        resegmentation and mask correction, which a recipe cannot ask for.
        """
        grid = region.sampling.grid
        image, mask = grid.image(region.image), grid.image(region.mask.astype(np.uint32))
        try:
            extractor = self._extractors.RadiomicsFeatureExtractor(recipe.parameters())
            settings = extractor.settings
            bounds, _ = self._operations.checkMask(image, mask, **settings)
            yield extractor.computeShape(image, mask, bounds, **settings)
            for kind, custom in extractor.enabledImagetypes.items():
                filtered = getattr(self._operations, f"get{kind}Image")(image, mask, **{**settings, **custom})
                for picture, image_type, arguments in filtered:
                    cropped, cropped_mask = self._operations.cropToTumorMask(picture, mask, bounds)
                    inside = sitk.GetArrayViewFromImage(cropped)[region.lesion]
                    check_grey_levels(inside, recipe, region.name, image_type)
                    edges = self._operations.getBinEdges(inside, **arguments)
                    levels[image_type] = np.unique(np.digitize(inside, edges)).size
                    yield extractor.computeFeatures(cropped, cropped_mask, image_type, **arguments)
        except (ValueError, RuntimeError, ArithmeticError, LookupError, TypeError, MemoryError) as cause:
            reason = " ".join(str(cause).split())[-200:] or type(cause).__name__
            raise FeatureError(f"Lesion {region.name}: pyradiomics failed ({reason}).") from cause


def _measure_elsewhere(tell: Tell, region: Region, recipe: Recipe) -> tuple[str, LesionFeatures]:
    """Extract one region's features in a worker process."""
    return region.name, PyradiomicsEngine().measure(tell, region, recipe)


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
