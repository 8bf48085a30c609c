"""Images and masks of known shape, for tests: balls, ellipsoids and boxes on any grid."""

import numpy as np
import SimpleITK as sitk
from scipy.ndimage import gaussian_filter

IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


def grid(size=(64, 64, 40), spacing=(0.8, 0.8, 1.25), origin=(-20.0, -30.0, 5.0), direction=IDENTITY) -> sitk.Image:
    """Return an empty int16 image of ``size`` (i, j, k) and ``spacing`` mm."""
    image = sitk.Image(size, sitk.sitkInt16)
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    image.SetDirection(direction)
    return image


def like(array: np.ndarray, reference: sitk.Image, dtype=None) -> sitk.Image:
    """Return ``array`` (k, j, i) as an image with the geometry of ``reference``."""
    image = sitk.GetImageFromArray(np.ascontiguousarray(array if dtype is None else array.astype(dtype)))
    image.CopyInformation(reference)
    return image


def index_mm(reference: sitk.Image) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return each voxel's distance in mm from voxel (0, 0, 0) along i, j and k, shaped (k, j, i)."""
    k, j, i = np.meshgrid(*(np.arange(n) for n in reference.GetSize()[::-1]), indexing="ij")
    si, sj, sk = reference.GetSpacing()
    return i * si, j * sj, k * sk


def ellipsoid(reference: sitk.Image, centre_mm, radii_mm) -> sitk.Image:
    """Return a uint8 mask of the voxels whose centres lie in an ellipsoid given along i, j, k in mm."""
    total = sum(((x - c) / r) ** 2 for x, c, r in zip(index_mm(reference), centre_mm, radii_mm, strict=True))
    return like(total <= 1.0, reference, np.uint8)


def ball(reference: sitk.Image, centre_mm, radius_mm) -> sitk.Image:
    """Return a uint8 mask of a ball; see :func:`ellipsoid`."""
    return ellipsoid(reference, centre_mm, (radius_mm,) * 3)


def box(reference: sitk.Image, start, size) -> sitk.Image:
    """Return a uint8 mask of a box of voxels: ``start`` and ``size`` along i, j, k."""
    array = np.zeros(reference.GetSize()[::-1], np.uint8)
    array[tuple(slice(s, s + n) for s, n in zip(start[::-1], size[::-1], strict=True))] = 1
    return like(array, reference)


def textured(reference: sitk.Image, seed=0, mean=40.0, sd=30.0) -> sitk.Image:
    """Return an int16 CT-like image: smoothed seeded noise around ``mean`` HU."""
    noise = np.random.default_rng(seed).normal(size=reference.GetSize()[::-1])
    smooth = sitk.GetArrayFromImage(sitk.SmoothingRecursiveGaussian(like(noise, reference, np.float64), 1.2))
    return like(np.rint(mean + sd * smooth / smooth.std()), reference, np.int16)


def blob(reference: sitk.Image, seed: int, share=0.2, sigma=1.5) -> sitk.Image:
    """Return a uint8 mask of irregular blobs: the ``share`` of voxels where smoothed seeded noise is largest.

    Small ``sigma`` (voxels) makes speckles with corners that touch, large ones a few smooth pieces.
    """
    noise = np.random.default_rng(seed).normal(size=reference.GetSize()[::-1])
    smooth = gaussian_filter(noise, sigma, mode="wrap")
    return like(smooth >= np.quantile(smooth, 1 - share), reference, np.uint8)
