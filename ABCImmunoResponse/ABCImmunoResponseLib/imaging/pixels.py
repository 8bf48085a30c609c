"""Voxel values: to int16 without silent loss, and whether they look like HU."""

from collections.abc import Iterable

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.case import Finding
from ABCImmunoResponseLib.errors import ImagingError
from ABCImmunoResponseLib.imaging.geometry import FRAME_OF_REFERENCE, Grid

_INT16 = np.iinfo(np.int16)


def value_range(image: sitk.Image) -> tuple[float, float]:
    """Return the smallest and largest value of an image (NaN is passed over)."""
    array = sitk.GetArrayViewFromImage(image)
    if array.dtype.kind == "f":
        return float(np.fmin.reduce(array, axis=None)), float(np.fmax.reduce(array, axis=None))
    return float(array.min()), float(array.max())


def join_slices(parts: Iterable[sitk.Image], grid: Grid) -> tuple[sitk.Image, tuple[Finding, ...]]:
    """Join a decoded CT, a few slices at a time, into one image on ``grid``.

    It is int16, or int32 where values need it; fractional values are rounded and told.
    """
    image = grid.placed(sitk.Image(grid.size, sitk.sitkInt16))
    k, loss = 0, 0.0
    for part in parts:
        if part.GetPixelID() in (sitk.sitkFloat32, sitk.sitkFloat64):
            part, lost = _rounded(part)
            loss = max(loss, lost)
        if image.GetPixelID() == sitk.sitkInt16:
            low, high = value_range(part)
            if low < _INT16.min or high > _INT16.max:
                image = sitk.Cast(image, sitk.sitkInt32)
        stop = k + part.GetDepth()
        image[:, :, k:stop] = sitk.Cast(part, image.GetPixelID())
        k = stop
    return image, _rounding_findings(loss)


def to_int16(image: sitk.Image) -> tuple[sitk.Image, tuple[Finding, ...]]:
    """Return an image as int16: exact where its values allow, else rounded with a finding.

    Raises
    ------
    ImagingError
        If values are not finite or do not fit int16.
    """
    if image.GetPixelID() == sitk.sitkInt16:
        return image, ()
    array = sitk.GetArrayViewFromImage(image)
    low, high = value_range(image)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ImagingError("The image holds voxels that are not numbers; repair it, it cannot be stored as HU.")
    if low < _INT16.min - 0.5 or high >= _INT16.max + 0.5:
        raise ImagingError(f"Voxel values from {low:g} to {high:g} do not fit 16 bits: these are not HU.")
    loss = 0.0
    if array.dtype.kind == "f":
        image, loss = _rounded(image)
    return cast(image, sitk.sitkInt16), _rounding_findings(loss)


def cast(image: sitk.Image, pixel_type: int) -> sitk.Image:
    """Return ``image`` in another pixel type, with the frame of reference it carries."""
    result = sitk.Cast(image, pixel_type)
    if image.HasMetaDataKey(FRAME_OF_REFERENCE):
        result.SetMetaData(FRAME_OF_REFERENCE, image.GetMetaData(FRAME_OF_REFERENCE))
    return result


def _rounded(image: sitk.Image) -> tuple[sitk.Image, float]:
    """Return an image of floats rounded to whole numbers, and the most that a voxel changed."""
    array = sitk.GetArrayViewFromImage(image)
    whole = np.rint(array)
    loss = float(np.abs(whole - array).max())
    if loss == 0:
        return image, loss
    result = sitk.GetImageFromArray(whole)
    result.CopyInformation(image)
    if image.HasMetaDataKey(FRAME_OF_REFERENCE):
        result.SetMetaData(FRAME_OF_REFERENCE, image.GetMetaData(FRAME_OF_REFERENCE))
    return result, loss


def _rounding_findings(loss: float) -> tuple[Finding, ...]:
    if loss == 0:
        return ()
    message = f"Voxel values are not whole HU: rounded, by at most {loss:.3g} HU."
    return (Finding("values-rounded", message, "info"),)


def check_values(image: sitk.Image) -> tuple[Finding, ...]:
    """Return findings on values that no CT in HU has: not finite, no air, out of range, normalised."""
    findings = []
    array = sitk.GetArrayViewFromImage(image)
    if array.dtype.kind == "f":
        bad = array.size - int(np.count_nonzero(np.isfinite(array)))
        if bad:
            findings.append(
                Finding(
                    "non-finite-voxels",
                    f"{bad} of {array.size} voxels are not finite numbers; extraction refuses such an image.",
                    "serious",
                )
            )
            array = array[np.isfinite(array)]
    if not array.size:
        return tuple(findings)
    low, high = float(array.min()), float(array.max())
    reason = None
    if low == high:
        reason = f"every voxel is {low:g}"
    elif low >= 0:
        reason = f"no voxel is below zero (from {low:g} to {high:g}): the HU offset seems to be missing"
    elif low > -200:
        reason = f"no voxel is below {low:g}: not even fat and air are there"
    elif low < -32768 or high > 32767:
        reason = f"values reach from {low:g} to {high:g}"
    if reason:
        findings.append(
            Finding("hu-implausible", f"The values do not look like HU ({reason}); check the conversion.", "serious")
        )
    return tuple(findings)
