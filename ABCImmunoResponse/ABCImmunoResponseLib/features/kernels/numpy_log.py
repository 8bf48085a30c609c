"""Laplacian of Gaussian by ITK itself."""

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.errors import FeatureError
from ABCImmunoResponseLib.features.kernels.interface import Box

_SAMPLES_MIN = 4  # a recursion of the fourth order is started with four samples


def laplacian_of_gaussian(image: np.ndarray, spacing: tuple[float, float, float], sigma: float, box: Box) -> np.ndarray:
    """Return the Laplacian of Gaussian of an image within a box.

    The image is smoothed with a Gaussian and its second derivatives along the three axes are added, each multiplied by
    sigma squared so that structures of every size answer alike (Lindeberg, Int J Comput Vis 1998;30(2):79-116). Both
    are approximated by recursive filters that see the image continued by its outermost voxels; ``numba_log`` has them
    step by step.

    Parameters
    ----------
    image : numpy.ndarray, shape (K, J, I)
        Of any integer or floating type that SimpleITK knows.
    spacing : (float, float, float)
        Along (k, j, i), in mm.
    sigma : float
        Of the Gaussian, in mm.
    box : tuple of slice
        Where the result is wanted; the rest of the image is what the filter sees around it.

    Returns
    -------
    numpy.ndarray, shape of the box, float32
        In the image's unit; C-contiguous.

    Raises
    ------
    FeatureError
        If the image has fewer than four voxels along an axis.
    """
    check_shape(image.shape)
    picture = sitk.GetImageFromArray(image)
    picture.SetSpacing(spacing[::-1])
    laplacian = sitk.LaplacianRecursiveGaussianImageFilter()
    laplacian.SetNormalizeAcrossScale(True)
    laplacian.SetSigma(sigma)
    laplacian.SetNumberOfWorkUnits(1)  # how many cores a case may use is the caller's to say
    filtered = laplacian.Execute(picture)  # kept by name: it owns the memory that the view looks at
    return sitk.GetArrayViewFromImage(filtered)[box].copy()


def check_shape(shape: tuple[int, ...]) -> None:
    """Refuse an image on which the recursion cannot be started.

    Raises
    ------
    FeatureError
        If there are fewer than four voxels along an axis.
    """
    if min(shape) < _SAMPLES_MIN:
        raise FeatureError(
            f"The LoG filter needs {_SAMPLES_MIN} voxels along each axis, and the image around the lesion has "
            f"{' x '.join(map(str, shape[::-1]))}; use a CT with more of them."
        )
