"""What an extraction engine refuses, and says why, so that no caller gets numbers that mean nothing.

The recipe decides here. A study's own minimum of voxels and slices is the protocol's: ``imaging.validity``.
"""

import math
from collections.abc import Mapping

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.errors import FeatureError, MaskError
from ABCImmunoResponseLib.features.recipe import Recipe
from ABCImmunoResponseLib.imaging.geometry import bounding_box, same_grid

GREY_LEVELS_MAX = 4000  # a lesion in a CT has tens, in a wavelet sub-band hundreds; this many take gigabytes

_AXES = ("i (columns)", "j (rows)", "k (slices)")
_WHOLE = (
    *(sitk.sitkInt8, sitk.sitkInt16, sitk.sitkInt32, sitk.sitkInt64),
    *(sitk.sitkUInt8, sitk.sitkUInt16, sitk.sitkUInt32, sitk.sitkUInt64),
)
_FLOATING = (sitk.sitkFloat32, sitk.sitkFloat64)


def check_input(image: sitk.Image, masks: Mapping[str, sitk.Image], recipe: Recipe) -> None:
    """Refuse an image or masks that have no features by this recipe.

    Raises
    ------
    FeatureError
        If there are no masks, or the image is not a 3-D volume of finite numbers. It must be finite everywhere:
        a B-spline is fitted to the whole of it, so that one NaN anywhere reaches every lesion.
    MaskError
        If a mask is not on the image's grid, empty, a single voxel, the whole image, or extends in fewer dimensions
        than the recipe's ``minimumROIDimensions``.
    """
    if not masks:
        raise FeatureError("There are no lesion masks to extract features from.")
    if image.GetDimension() != 3 or image.GetPixelID() not in _WHOLE + _FLOATING:
        raise FeatureError(
            f"Features need a 3-D CT with one number a voxel, not a {image.GetDimension()}-D image of "
            f"{image.GetPixelIDTypeAsString()}."
        )
    for name, mask in masks.items():
        if mask.GetDimension() != 3 or mask.GetPixelID() not in _WHOLE:
            raise MaskError(f"Lesion {name}: the mask is not a 3-D label map of whole numbers.")
        difference = same_grid(mask, image)
        if difference is not None:
            raise MaskError(
                f"Lesion {name}: the mask is not on the image's grid ({difference}); resample it onto the image first."
            )
        if check_extent(mask, recipe, name, "in the mask") == mask.GetNumberOfPixels():
            raise MaskError(f"Lesion {name}: the mask fills the whole image; segment the lesion alone.")
    if image.GetPixelID() in _FLOATING:
        _check_finite(image, masks)


def check_resampled(region: sitk.Image, mask: sitk.Image, recipe: Recipe, name: str) -> None:
    """Refuse a lesion of which resampling leaves too little, or around which no LoG filter fits.

    Parameters
    ----------
    region, mask : sitk.Image
        The lesion's box with its padding, after resampling.

    Raises
    ------
    MaskError
        The message names the dimension and what it needs.
    """
    spacing = " x ".join(f"{size:g}" for size in region.GetSpacing())
    check_extent(mask, recipe, name, f"after resampling to {spacing} mm")
    for sigma in recipe.image_types["LoG"]["sigma"]:
        for axis, size, step in zip(_AXES, region.GetSize(), region.GetSpacing(), strict=True):
            needed = max(4, math.ceil(sigma / step) + 1)  # pyradiomics leaves out the filter on a smaller image
            if size < needed:
                raise MaskError(
                    f"Lesion {name}: after resampling to {spacing} mm the image around it has {size} voxel(s) along "
                    f"{axis}, and the LoG filter of {sigma:g} mm needs {needed}; use a CT with more of them."
                )


def check_extent(mask: sitk.Image, recipe: Recipe, name: str, where: str) -> int:
    """Return how many voxels of a mask have the value 1, if they are enough.

    Raises
    ------
    MaskError
        If there is none or one, or they extend in fewer dimensions than the recipe's ``minimumROIDimensions``; the
        message names the flat dimensions and the minimum.
    """
    voxels = sitk.GetArrayViewFromImage(mask) == 1
    box = bounding_box(voxels)
    if box is None:
        raise MaskError(f"Lesion {name}: there is no voxel of value 1 {where}; segment the lesion or leave it out.")
    count = int(np.count_nonzero(voxels[box]))
    if count == 1:
        raise MaskError(f"Lesion {name}: there is a single voxel {where}; features need a region.")
    flat = [axis for axis, side in zip(_AXES, reversed(box), strict=True) if side.stop - side.start == 1]
    minimum = recipe.settings["minimumROIDimensions"]
    if 3 - len(flat) < minimum:
        raise MaskError(
            f"Lesion {name}: it is one voxel thick along {' and '.join(flat)} {where}; recipe {recipe.name} needs two "
            f"voxels or more in at least {minimum} dimensions."
        )
    return count


def check_grey_levels(picture: sitk.Image, mask: sitk.Image, recipe: Recipe, name: str, image_type: str) -> None:
    """Refuse a lesion whose values span more grey levels than the matrices hold, or reach the end of their pixel type.

    pyradiomics adds two bin widths to the largest value in the image's own pixel type; where that overflows, it goes
    on with nonsense.

    Raises
    ------
    FeatureError
        The message says the range.
    """
    inside = sitk.GetArrayViewFromImage(picture)[sitk.GetArrayViewFromImage(mask) == 1]
    low, high, width = float(inside.min()), float(inside.max()), recipe.settings["binWidth"]
    fault = None
    if not (high - low) / width <= GREY_LEVELS_MAX:  # also where one of them is NaN
        fault = f"are more than {GREY_LEVELS_MAX} grey levels of width {width:g}"
    elif inside.dtype.kind in "iu":
        limits = np.iinfo(inside.dtype)
        if math.floor(low / width) * width < limits.min or high + 2 * width > limits.max:
            fault = f"reach the end of {inside.dtype}"
    if fault:
        raise FeatureError(
            f"Lesion {name} ({image_type}): its values from {low:.6g} to {high:.6g} {fault}; is the image a CT in HU?"
        )


def _check_finite(image: sitk.Image, masks: Mapping[str, sitk.Image]) -> None:
    finite = np.isfinite(sitk.GetArrayViewFromImage(image))
    broken = finite.size - int(np.count_nonzero(finite))
    if not broken:
        return
    inside = [name for name, mask in masks.items() if not finite[sitk.GetArrayViewFromImage(mask) == 1].all()]
    where = f"some inside lesion {inside[0]}" if inside else "all outside the lesions, which the filters see as well"
    raise FeatureError(
        f"The image has {broken} voxels that are NaN or infinite, {where}; repair the image (air is -1000 HU)."
    )
