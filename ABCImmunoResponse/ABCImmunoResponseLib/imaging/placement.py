"""Bring a mask onto the image's grid, and say what that did to it."""

import math

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.case import Finding
from ABCImmunoResponseLib.errors import MaskError
from ABCImmunoResponseLib.imaging.geometry import Grid, count_outside, onto, resample_mask, same_grid, same_lattice


def place_mask(
    mask: sitk.Image, reference: sitk.Image, what: str, tolerance_mm: float = 0.01, *, cropped: bool = False
) -> tuple[sitk.Image, tuple[Finding, ...]]:
    """Return a 0/1 mask on the grid of ``reference`` and what had to be done for that.

    A mask on the same grid is used as it is; one on the same lattice (other axis order or direction, other
    extent) is moved without loss; any other is resampled to the nearest voxel. ``cropped`` tells that the
    format stores only the part that is not empty, so that a smaller extent is nothing to report.

    Raises
    ------
    MaskError
        If no voxel of the mask lies in the image, or none is left on the image's coarser grid.
    """
    difference = same_grid(mask, reference, tolerance_mm)
    if difference is None:
        return onto(sitk.GetArrayViewFromImage(mask), reference), ()
    voxels = int(np.count_nonzero(sitk.GetArrayViewFromImage(mask)))
    placed = resample_mask(mask, reference)
    if voxels == 0:
        return placed, ()
    kept = int(np.count_nonzero(sitk.GetArrayViewFromImage(placed)))
    outside = count_outside(mask, Grid.of(reference))
    if outside == voxels:
        raise MaskError(f"{what} lies wholly outside the image; it belongs to another image or another patient.")
    if kept == 0:
        raise MaskError(f"{what} holds no voxel centre of the image: the lesion is smaller than the image's voxels.")
    findings = []
    if not same_lattice(Grid.of(mask), Grid.of(reference), tolerance_mm):
        before, after = voxels * _voxel_mm3(mask), kept * _voxel_mm3(reference)
        findings.append(
            Finding(
                "mask-resampled",
                f"{what} is not on the image's grid ({difference}): resampled to the nearest voxel, "
                f"volume {before:.1f} mm³ before, {after:.1f} mm³ after; check its outline.",
            )
        )
    elif not cropped or not np.allclose(mask.GetDirection(), reference.GetDirection(), rtol=0, atol=1e-4):
        findings.append(
            Finding(
                "mask-reoriented",
                f"{what} is stored with another axis order, direction or extent ({difference}) on the image's own "
                "voxels: moved exactly, no voxel inside the image changed.",
                "info",
            )
        )
    if outside:
        findings.append(
            Finding(
                "mask-clipped",
                f"{what} reaches outside the image: {outside} of its {voxels} voxels "
                f"({100 * outside / voxels:.1f} %, {outside * _voxel_mm3(mask):.1f} mm³) are cut off.",
                "serious",
            )
        )
    return placed, tuple(findings)


def _voxel_mm3(image: sitk.Image) -> float:
    return math.prod(image.GetSpacing())
