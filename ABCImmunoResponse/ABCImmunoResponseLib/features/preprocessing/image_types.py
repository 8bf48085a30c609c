"""The twelve images of a lesion: the resampled one, three LoG images, eight wavelet sub-bands."""

from collections.abc import Iterator

import numpy as np

from ABCImmunoResponseLib.features.kernels.interface import Box, Kernels
from ABCImmunoResponseLib.features.preprocessing.wavelet import sub_bands
from ABCImmunoResponseLib.features.recipe import Recipe


def images(
    image: np.ndarray, spacing: tuple[float, float, float], box: Box, recipe: Recipe, kernels: Kernels
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield (image type, image within the box) in canonical order, each computed when it is asked for.

    Parameters
    ----------
    image : numpy.ndarray, shape (K, J, I)
        HU in the padded box around the lesion; the pad is what the filters see beyond it.
    spacing : (float, float, float)
        Along (k, j, i), in mm.
    box : tuple of slice
        Where the images are wanted.
    """
    yield "original", image[box]
    for sigma in recipe.image_types["LoG"]["sigma"]:
        name = f"log-sigma-{str(sigma).replace('.', '-')}-mm-3D"
        yield name, kernels.laplacian_of_gaussian(image, spacing, sigma, box)
    yield from sub_bands(image, box)
