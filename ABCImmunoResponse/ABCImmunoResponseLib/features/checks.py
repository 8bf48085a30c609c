"""What an extraction engine refuses, and says why, so that no caller gets numbers that mean nothing.

The recipe decides here. A study's own minimum of voxels and slices is the protocol's: ``imaging.validity``.
"""

import math
from collections.abc import Mapping

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.errors import FeatureError, MaskError
from ABCImmunoResponseLib.features.preprocessing.boxed_mask import BoxedMask, boxed_mask
from ABCImmunoResponseLib.features.recipe import Recipe
from ABCImmunoResponseLib.imaging.geometry import bounding_box

GREY_LEVELS_MAX = 4000  # a lesion in a CT has tens, in a wavelet sub-band hundreds; this many take gigabytes

_CT_RANGE = (-5000.0, 70_000.0)  # HU, with padding values and metal on an extended scale
_AXES = ("i (columns)", "j (rows)", "k (slices)")
_WHOLE = (
    *(sitk.sitkInt8, sitk.sitkInt16, sitk.sitkInt32, sitk.sitkInt64),
    *(sitk.sitkUInt8, sitk.sitkUInt16, sitk.sitkUInt32, sitk.sitkUInt64),
)
_FLOATING = (sitk.sitkFloat32, sitk.sitkFloat64)


def check_image(image: sitk.Image, masks: Mapping[str, sitk.Image]) -> None:
    """Refuse an image that has no features, or an empty list of masks.

    Raises
    ------
    FeatureError
        If there are no masks, or the image is not a 3-D volume of one number a voxel.
    """
    if not masks:
        raise FeatureError("There are no lesion masks to extract features from.")
    if image.GetDimension() != 3 or image.GetPixelID() not in _WHOLE + _FLOATING:
        raise FeatureError(
            f"Features need a 3-D CT with one number a voxel, not a {image.GetDimension()}-D image of "
            f"{image.GetPixelIDTypeAsString()}."
        )


def check_mask(mask: sitk.Image, image: sitk.Image, recipe: Recipe, name: str) -> BoxedMask:
    """Return a mask's voxels, if they have features by this recipe.

    Raises
    ------
    MaskError
        If the mask is not on the image's grid (or, cropped, on a part of it), empty, a single voxel, the whole image,
        or extends in fewer dimensions than the recipe's ``minimumROIDimensions``.
    """
    if mask.GetDimension() != 3 or mask.GetPixelID() not in _WHOLE:
        raise MaskError(f"Lesion {name}: the mask is not a 3-D label map of whole numbers.")
    try:
        drawn = boxed_mask(mask, image)
    except MaskError as cause:
        raise MaskError(f"Lesion {name}: {cause}") from cause
    _check_extent(drawn.voxels, recipe, name, "in the mask")
    if drawn.voxels.size == image.GetNumberOfPixels() and drawn.voxels.all():
        raise MaskError(f"Lesion {name}: the mask fills the whole image; segment the lesion alone.")
    return drawn


def check_resampled(
    mask: np.ndarray, spacing: tuple[float, float, float], recipe: Recipe, name: str
) -> tuple[slice, slice, slice]:
    """Return the box (k, j, i) of a mask after resampling, if enough is left of it and LoG filters fit around it.

    Parameters
    ----------
    mask : numpy.ndarray, shape (K, J, I), bool
        The lesion's box with its padding.
    spacing : (float, float, float)
        Of that grid along (i, j, k), in mm.

    Raises
    ------
    MaskError
        The message names the dimension and what it needs.
    """
    words = " x ".join(f"{size:g}" for size in spacing)
    box = _check_extent(mask, recipe, name, f"after resampling to {words} mm")
    longest, nearest = max(side.stop - side.start for side in box), min(recipe.settings["distances"])
    if nearest >= longest:
        raise MaskError(
            f"Lesion {name}: after resampling to {words} mm it is {longest} voxels long, and has no neighbours at the "
            f"distance of {nearest} voxels that recipe {recipe.name} asks for."
        )
    for sigma in recipe.image_types["LoG"]["sigma"]:
        for axis, size, step in zip(_AXES, mask.shape[::-1], spacing, strict=True):
            needed = max(4, math.ceil(sigma / step) + 1)  # pyradiomics leaves out the filter on a smaller image
            if size < needed:
                raise MaskError(
                    f"Lesion {name}: after resampling to {words} mm the image around it has {size} voxel(s) along "
                    f"{axis}, and the LoG filter of {sigma:g} mm needs {needed}; use a CT with more of them."
                )
    return box


def check_grey_levels(values: np.ndarray, recipe: Recipe, name: str, image_type: str) -> None:
    """Refuse a lesion whose values span more grey levels than the matrices hold, or reach the end of their pixel type.

    pyradiomics adds two bin widths to the largest value in the image's own pixel type, and discretisation counts from
    the first bin's edge in that type; where either overflows, they go on with nonsense.

    Raises
    ------
    FeatureError
        The message says the range.
    """
    low, high, width = float(values.min()), float(values.max()), recipe.settings["binWidth"]
    fault, remedy = None, "is the image a CT in HU?"
    if not (high - low) / width <= GREY_LEVELS_MAX:  # also where one of them is NaN
        fault = f"are more than {GREY_LEVELS_MAX} grey levels of width {width:g}"
        if low >= _CT_RANGE[0] and high <= _CT_RANGE[1]:
            remedy = f"recipe {recipe.name}'s binWidth is too small for that range."
    elif values.dtype.kind in "iu":
        limits = np.iinfo(values.dtype)
        first, last = math.floor(low / width) * width, high + 2 * width
        if first < limits.min or last > limits.max:
            fault = f"reach the end of {values.dtype}"
        elif last - first > limits.max:
            fault = f"span more than {values.dtype} holds"
    if fault:
        raise FeatureError(f"Lesion {name} ({image_type}): its values from {low:.6g} to {high:.6g} {fault}; {remedy}")


def _check_extent(voxels: np.ndarray, recipe: Recipe, name: str, where: str) -> tuple[slice, slice, slice]:
    """Return the box (k, j, i) of a mask's voxels, if they are enough."""
    box = bounding_box(voxels)
    if box is None:
        raise MaskError(f"Lesion {name}: there is no voxel of value 1 {where}; segment the lesion or leave it out.")
    sides = [side.stop - side.start for side in reversed(box)]
    if max(sides) == 1:
        raise MaskError(f"Lesion {name}: there is a single voxel {where}; features need a region.")
    flat = [axis for axis, side in zip(_AXES, sides, strict=True) if side == 1]
    minimum = recipe.settings["minimumROIDimensions"]
    if 3 - len(flat) < minimum:
        raise MaskError(
            f"Lesion {name}: it is one voxel thick along {' and '.join(flat)} {where}; recipe {recipe.name} needs two "
            f"voxels or more in at least {minimum} dimensions."
        )
    return box
