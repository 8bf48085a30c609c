"""What each setting of a recipe may be. All are required: what is not written cannot be hashed."""

import math
from collections.abc import Callable, Mapping
from typing import Any

Rule = tuple[Callable[[Any], bool], str]

INTERPOLATORS = (
    "sitkNearestNeighbor",
    "sitkLinear",
    "sitkBSpline",
    "sitkGaussian",
    "sitkHammingWindowedSinc",
    "sitkCosineWindowedSinc",
    "sitkWelchWindowedSinc",
    "sitkLanczosWindowedSinc",
    "sitkBlackmanWindowedSinc",
)
_SIGMAS = [1.0, 2.0, 3.0]  # no whole numbers: pyradiomics writes 1 and 1.0 into the names differently


def _number(value: Any) -> bool:
    if isinstance(value, int):  # of any size: more than a float can hold
        return not isinstance(value, bool)
    return isinstance(value, float) and math.isfinite(value)


def _whole(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _only(wanted: Any, why: str) -> Rule:
    return (lambda value: type(value) is type(wanted) and value == wanted), f"{wanted!r} ({why})"


# The names of the 1130 say which sigmas, and one level of sub-bands; another wavelet would put other numbers under
# the same names.
LOG: Mapping[str, Rule] = {
    "sigma": (lambda value: value == _SIGMAS and all(type(x) is float for x in value), f"{_SIGMAS} (mm)"),
}
WAVELET: Mapping[str, Rule] = {
    "wavelet": _only("coif1", "the study's wavelet"),
    "start_level": _only(0, "the first level"),
    "level": _only(1, "one level, eight sub-bands"),
}

SETTINGS: Mapping[str, Rule] = {
    "label": _only(1, "masks hold 0 and 1"),
    "minimumROIDimensions": (lambda value: _whole(value, 1, 3), "1, 2 or 3"),
    "normalize": _only(False, "CT numbers are absolute"),
    "resampledPixelSpacing": (
        lambda value: isinstance(value, list) and len(value) == 3 and all(_number(x) and 0.1 <= x <= 10 for x in value),
        "three numbers of mm between 0.1 and 10",
    ),
    "interpolator": (lambda value: value in INTERPOLATORS, f"one of {', '.join(INTERPOLATORS)}"),
    "padDistance": (lambda value: _whole(value, 0, 100), "a whole number of voxels from 0 to 100"),
    "force2D": _only(False, "the 1130 features are three-dimensional"),
    "binWidth": (lambda value: _number(value) and 1e-6 <= value <= 10_000, "a number of HU from 0.000001 to 10000"),
    "voxelArrayShift": (lambda value: _whole(value, -100_000, 100_000), "a whole number of HU"),
    "distances": (
        lambda value: (
            isinstance(value, list)
            and 0 < len(value) <= 10
            and all(_whole(x, 1, 50) for x in value)
            and len(set(value)) == len(value)
        ),
        "a list of different whole numbers of voxels from 1 to 50",
    ),
    "symmetricalGLCM": (lambda value: isinstance(value, bool), "true or false"),
    "weightingNorm": (
        lambda value: value in (None, "euclidean", "manhattan", "infinity", "no_weighting"),
        "null, euclidean, manhattan, infinity or no_weighting",
    ),
    "gldm_a": (lambda value: _whole(value, 0, 1000), "a whole number of grey levels from 0 to 1000"),
}

# What goes beyond pyradiomics; a recipe without this section does as pyradiomics does.
RESAMPLING: Mapping[str, Rule] = {
    "rounding": (lambda value: value in ("truncate", "nearest"), "truncate or nearest"),
    "maskInterpolator": (
        lambda value: value in ("sitkNearestNeighbor", "sitkLinear"),
        "sitkNearestNeighbor or sitkLinear",
    ),
}
