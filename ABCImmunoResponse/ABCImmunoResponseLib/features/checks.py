"""What an extraction engine refuses before it starts, and says why.

The reading room's own minimum (``imaging.validity.check_lesion``, by protocol) is stricter; what is here keeps any
caller from numbers that are none.
"""

import math
from collections.abc import Mapping

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.errors import FeatureError, GeometryError, MaskError
from ABCImmunoResponseLib.features.recipe import Recipe
from ABCImmunoResponseLib.imaging.geometry import same_grid

GRID_TOLERANCE_MM = 0.01
GREY_LEVELS_MAX = 4000
"""A CT lesion has up to some hundreds; the matrices of this many already take gigabytes."""

_AXES = ("columns (i)", "rows (j)", "slices (k)")
_PIXEL_TYPES = {
    *(sitk.sitkInt8, sitk.sitkUInt8, sitk.sitkInt16, sitk.sitkUInt16, sitk.sitkInt32, sitk.sitkUInt32),
    *(sitk.sitkInt64, sitk.sitkUInt64, sitk.sitkFloat32, sitk.sitkFloat64),
}


def check_input(image: sitk.Image, masks: Mapping[str, sitk.Image], recipe: Recipe) -> None:
    """Refuse an image or masks that have no features by this recipe.

    The whole image must be finite: the B-spline is fitted to all of it, so that one NaN anywhere reaches every lesion.

    Raises
    ------
    FeatureError
        If there are no masks, or the image is not a 3-D volume of finite numbers.
    MaskError
        If a mask is empty, a single voxel, or extends in fewer dimensions than the recipe's ``minimumROIDimensions``.
    GeometryError
        If a mask is not on the image's grid.
    """
    if not masks:
        raise FeatureError("There are no lesion masks to extract features from.")
    if image.GetDimension() != 3 or image.GetPixelID() not in _PIXEL_TYPES:
        raise FeatureError(
            f"Features need a 3-D CT of one number a voxel, not a {image.GetDimension()}-D image of "
            f"{image.GetPixelIDTypeAsString()}."
        )
    for name, mask in masks.items():
        if mask.GetDimension() != 3 or mask.GetPixelID() not in _PIXEL_TYPES:
            raise MaskError(f"The mask of lesion {name} is not a 3-D label map of whole numbers.")
        difference = same_grid(mask, image, GRID_TOLERANCE_MM)
        if difference is not None:
            raise GeometryError(
                f"The mask of lesion {name} is not on the image's grid ({difference}); resample it onto the image."
            )
        check_extent(mask, recipe, f"Lesion {name}", "in its mask")
    _check_finite(image, masks)


def check_resampled(region: sitk.Image, mask: sitk.Image, recipe: Recipe, name: str) -> None:
    """Refuse a lesion of which the recipe's voxel size leaves too little, or whose surroundings no filter fits.

    Parameters
    ----------
    region, mask : sitk.Image
        The lesion's box with its padding, after resampling.

    Raises
    ------
    MaskError
        If too little of the mask is left, or the region is too small for the LoG filters.
    """
    spacing = " x ".join(f"{size:g}" for size in region.GetSpacing())
    check_extent(mask, recipe, f"Lesion {name}", f"after resampling to {spacing} mm")
    for sigma in recipe.image_types["LoG"]["sigma"]:
        for axis, size, step in zip(_AXES, region.GetSize(), region.GetSpacing(), strict=True):
            needed = max(4, math.ceil(sigma / step) + 1)  # pyradiomics leaves a smaller image out without a word
            if size < needed:
                raise MaskError(
                    f"Lesion {name}: after resampling the image has only {size} {axis} around it; the LoG filter of "
                    f"{sigma:g} mm needs {needed}. Take a CT that reaches further."
                )


def check_extent(mask: sitk.Image, recipe: Recipe, lesion: str, where: str) -> None:
    """Refuse a mask (0 and 1) without voxels, with a single one, or flat in too many dimensions.

    Raises
    ------
    MaskError
        The message begins with ``lesion`` and names the dimension and the recipe's minimum.
    """
    shape = sitk.LabelShapeStatisticsImageFilter()
    shape.ComputePerimeterOff()
    shape.ComputeFeretDiameterOff()
    shape.Execute(sitk.Cast(mask, sitk.sitkUInt32) if mask.GetPixelID() != sitk.sitkUInt8 else mask)
    if 1 not in shape.GetLabels():
        others = ", ".join(str(label) for label in shape.GetLabels()[:5])
        found = f"only the labels {others}, not 1" if others else "no voxel"
        raise MaskError(f"{lesion} has {found} {where}: segment it, or leave it out.")
    if shape.GetNumberOfPixels(1) == 1:
        raise MaskError(f"{lesion} is a single voxel {where}; features need a region.")
    sizes = shape.GetBoundingBox(1)[3:]
    flat = [axis for axis, size in zip(_AXES, sizes, strict=True) if size == 1]
    minimum = recipe.settings["minimumROIDimensions"]
    if 3 - len(flat) < minimum:
        raise MaskError(
            f"{lesion} is one voxel thick along {' and '.join(flat)} {where}; recipe {recipe.name} needs at least two "
            f"voxels in {minimum} dimension{'s' * (minimum > 1)}."
        )


def check_grey_levels(picture: sitk.Image, mask: sitk.Image, recipe: Recipe, name: str, image_type: str) -> None:
    """Refuse a lesion whose range of values makes more grey levels than any matrix can hold.

    Raises
    ------
    FeatureError
        The message says the range and the number of levels.
    """
    inside = sitk.GetArrayViewFromImage(picture)[sitk.GetArrayViewFromImage(mask) == 1]
    low, high = float(inside.min()), float(inside.max())
    levels = (high - low) / recipe.settings["binWidth"]
    if not levels <= GREY_LEVELS_MAX:
        raise FeatureError(
            f"Lesion {name} ({image_type}) has values from {low:.6g} to {high:.6g}: {levels:.3g} grey levels of "
            f"{recipe.settings['binWidth']:g}, more than {GREY_LEVELS_MAX}. Is the image a CT in HU?"
        )


def _check_finite(image: sitk.Image, masks: Mapping[str, sitk.Image]) -> None:
    if image.GetPixelID() not in (sitk.sitkFloat32, sitk.sitkFloat64):
        return
    broken = ~np.isfinite(sitk.GetArrayViewFromImage(image))
    if not broken.any():
        return
    inside = [name for name, mask in masks.items() if broken[sitk.GetArrayViewFromImage(mask) == 1].any()]
    where = f"inside lesion {inside[0]}" if inside else "outside the lesions, where the B-spline still sees them"
    raise FeatureError(
        f"The image has {np.count_nonzero(broken)} voxels that are NaN or infinite, {where}; replace them (air is "
        "-1024 HU) before extracting features."
    )
