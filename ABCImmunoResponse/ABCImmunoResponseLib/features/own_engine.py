"""The product's own engine: pyradiomics' numbers from one driver and one set of formulas, over either kernel set."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from importlib import import_module

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.errors import FeatureError
from ABCImmunoResponseLib.features.checks import check_grey_levels
from ABCImmunoResponseLib.features.diagnostics import LesionFeatures, diagnose
from ABCImmunoResponseLib.features.formulas import firstorder, glcm, gldm, glrlm, glszm, ngtdm, shape
from ABCImmunoResponseLib.features.formulas.discretisation import discretise
from ABCImmunoResponseLib.features.interface import Engine
from ABCImmunoResponseLib.features.kernels.interface import Kernels
from ABCImmunoResponseLib.features.names import FEATURE_CLASSES, FEATURE_NAMES, IMAGE_TYPES
from ABCImmunoResponseLib.features.parallel import Submit, at_once, check_jobs, in_processes, in_threads
from ABCImmunoResponseLib.features.preprocessing.image_types import images
from ABCImmunoResponseLib.features.preprocessing.regions import Region, Regions, union_box
from ABCImmunoResponseLib.features.recipe import Recipe
from ABCImmunoResponseLib.features.steps import STEPS, Counted, Tell
from ABCImmunoResponseLib.progress import Progress, silent

# Raised whenever a value changes by more than rounding; results and bundles name it.
ENGINE_VERSION = "1.0"

# Below, starting processes takes longer than they save (about 0.3 s a process, 4 µs a voxel); threads cost nothing, but
# numpy frees the interpreter in part only.
_WORTH_PROCESSES = 250_000

# The features' names by class, in canonical order, in which each formula gives them and classes follow each other.
_NAMES = {
    kind: tuple(name.split("_", 2)[2] for name in FEATURE_NAMES if name.startswith(f"original_{kind}_"))
    for kind in FEATURE_CLASSES
}

_KERNELS = {
    "numpy": ("ABCImmunoResponseLib.features.kernels.numpy_kernels", "NumpyKernels"),
    "numba": ("ABCImmunoResponseLib.features.kernels.numba_kernels", "NumbaKernels"),
}


class OwnEngine(Engine):
    """Extraction with numpy, scipy and SimpleITK alone, or with kernels compiled by numba.

    Parameters
    ----------
    kernels : {'numpy', 'numba'}

    Raises
    ------
    MissingDependencyError
        If numba is asked for and not installed.
    """

    def __init__(self, kernels: str) -> None:
        self.name = kernels
        self.version = f"{kernels} engine {ENGINE_VERSION}"
        self._kernels = kernels_named(kernels)

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
        tell = Counted(progress, len(masks) * len(STEPS))
        regions = Regions(image, masks, recipe, self._kernels)
        found: dict[str, LesionFeatures] = {}
        if jobs > 1 and not self._kernels.releases_gil and regions.voxels > _WORTH_PROCESSES:
            work = ((measure, (group, recipe, self.name)) for group in regions)
            for part in in_processes(work, jobs, tell):
                found.update(part)
        else:
            with ExitStack() as stack:
                submit = stack.enter_context(in_threads(jobs)) if jobs > 1 else at_once
                begun = [_measure(group, recipe, self._kernels, tell, submit) for group in regions]
                for finish in begun:
                    found.update(finish())
        tell.finish("features extracted")
        return {name: found[name] for name in masks}


def kernels_named(name: str) -> Kernels:
    """Return a kernel set; the module of the one that is not asked for is never imported."""
    module, kind = _KERNELS[name]
    return getattr(import_module(module), kind)()


def measure(tell: Tell, group: Sequence[Region], recipe: Recipe, kernels: str) -> dict[str, LesionFeatures]:
    """Extract the features of regions that share one grid: what a worker process does."""
    return _measure(group, recipe, kernels_named(kernels), tell, at_once)()


def _measure(
    group: Sequence[Region], recipe: Recipe, kernels: Kernels, tell: Tell, submit: Submit
) -> Callable[[], dict[str, LesionFeatures]]:
    """Begin regions that share one grid; return what waits for their last image and puts their features together."""
    shapes, prepared = {}, {}
    for region in group:
        tell(f"{region.name}: {STEPS[0]}")
        prepared[region.name] = kernels.prepare(region.lesion, recipe.settings["distances"])
        shapes[region.name] = submit(shape.features, region.lesion, region.spacing)
    box = union_box([region.box for region in group])
    pending = {region.name: {} for region in group}
    for image_type, picture in images(group[0].image, group[0].spacing, box, recipe, kernels):
        for region in group:
            tell(f"{region.name}: {image_type}")
            inside = tuple(
                slice(own.start - all_.start, own.stop - all_.start) for own, all_ in zip(region.box, box, strict=True)
            )
            values = picture[inside][region.lesion]
            check_grey_levels(values, recipe, region.name, image_type)
            pending[region.name][image_type] = submit(
                _image_features, values, prepared[region.name], region.spacing, recipe, kernels
            )

    def finish() -> dict[str, LesionFeatures]:
        return {
            region.name: _assemble(
                region, recipe, shapes[region.name](), {kind: done() for kind, done in pending[region.name].items()}
            )
            for region in group
        }

    return finish


def _image_features(
    values: np.ndarray, prepared: object, spacing: tuple[float, float, float], recipe: Recipe, kernels: Kernels
) -> tuple[dict[str, dict[str, float]], int]:
    """Return one image's features by class, and how many grey levels occur in it."""
    settings = recipe.settings
    levels = discretise(values, settings["binWidth"])
    counted = kernels.matrices(prepared, levels.ranks, levels.grey_levels, settings["gldm_a"])
    grey, weighting = levels.grey_levels, settings["weightingNorm"]
    features = {
        "firstorder": firstorder.features(values, levels.counts, float(np.prod(spacing)), settings["voxelArrayShift"]),
        "glcm": glcm.features(
            counted.glcm, counted.glcm_directions, grey, spacing, settings["symmetricalGLCM"], weighting
        ),
        "glrlm": glrlm.features(counted.glrlm, counted.glrlm_directions, grey, spacing, weighting),
        "glszm": glszm.features(counted.glszm, grey),
        "gldm": gldm.features(counted.gldm, grey),
        "ngtdm": ngtdm.features(counted.ngtdm, grey),
    }
    return features, grey.size


def _assemble(
    region: Region,
    recipe: Recipe,
    shapes: Mapping[str, float],
    of_images: Mapping[str, tuple[Mapping[str, Mapping[str, float]], int]],
) -> LesionFeatures:
    found = [("shape", shapes)]
    found += [(kind, features) for image_type in IMAGE_TYPES for kind, features in of_images[image_type][0].items()]
    odd = [kind for kind, features in found if tuple(features) != _NAMES[kind]]
    values = np.array([value for _, features in found for value in features.values()], dtype=np.float64)
    if odd or values.shape != (len(FEATURE_NAMES),):
        raise FeatureError(f"Lesion {region.name}: features are missing or unknown ({', '.join(odd) or 'images'}).")
    levels = {image_type: count for image_type, (_, count) in of_images.items()}
    return LesionFeatures(values, diagnose(region, recipe, levels, values))
