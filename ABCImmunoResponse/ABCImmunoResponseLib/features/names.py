"""The 1130 features in their canonical order: that in which pyradiomics emits them with the study's recipe.

A name is ``<image type>_<class>_<feature>``, e.g. ``wavelet-LLH_glcm_Contrast``. 107 come from the original image
(14 of shape, which needs no grey values), 93 from each of three LoG images and eight wavelet sub-bands.
"""

from collections.abc import Sequence

import numpy as np

from ABCImmunoResponseLib.files import sha256_bytes
from ABCImmunoResponseLib.resources import resource

FEATURE_NAMES: tuple[str, ...] = tuple(
    resource("Recipes", "feature-names.txt").read_text(encoding="utf-8").splitlines()
)
FEATURE_NAMES_SHA256: str = sha256_bytes("".join(f"{name}\n" for name in FEATURE_NAMES).encode())
IMAGE_TYPES: tuple[str, ...] = tuple(dict.fromkeys(name.split("_")[0] for name in FEATURE_NAMES))
FEATURE_CLASSES: tuple[str, ...] = tuple(dict.fromkeys(name.split("_")[1] for name in FEATURE_NAMES))


def undefined_features(values: Sequence[float] | np.ndarray) -> tuple[str, ...]:
    """Return the names of the features that are NaN or infinite in one lesion's values.

    Parameters
    ----------
    values : array_like, shape (1130,)
        In canonical order.
    """
    finite = np.isfinite(values)
    if finite.shape != (len(FEATURE_NAMES),):
        raise ValueError(f"{len(FEATURE_NAMES)} values are needed, not an array of shape {finite.shape}")
    return tuple(FEATURE_NAMES[n] for n in np.flatnonzero(~finite))
