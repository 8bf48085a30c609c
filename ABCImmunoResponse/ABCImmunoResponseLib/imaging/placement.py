"""Bring a mask onto the image's grid, and say what that did to it."""

import math

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.case import Finding
from ABCImmunoResponseLib.errors import MaskError
from ABCImmunoResponseLib.imaging.cropping import crop_voxels, grid_offset, on_grid
from ABCImmunoResponseLib.imaging.geometry import Grid, count_outside, difference_of, resample_part, same_lattice


def place_mask(
    mask: sitk.Image,
    reference: sitk.Image,
    what: str,
    tolerance_mm: float = 0.01,
    *,
    stored_on: Grid | None = None,
    cropped: bool = False,
    crop: bool = False,
) -> tuple[sitk.Image, tuple[Finding, ...]]:
    """Return a 0/1 mask on the grid of ``reference`` and what had to be done for that.

    A mask on the same grid is used as it is; one on the same lattice (other axis order or direction, other
    extent) is moved without loss; any other is resampled to the nearest voxel.

    Parameters
    ----------
    mask
        uint8 0/1 on any grid.
    reference
        The image.
    what
        The mask's name for messages.
    tolerance_mm
        How far voxel centres may lie apart and still be the same.
    stored_on
        The grid that the mask was cropped from; its own where it was not.
    cropped
        Whether the format stores only the part that is not empty, so that a smaller extent is nothing to report.
    crop
        Whether to return the mask cropped (:mod:`~ABCImmunoResponseLib.imaging.cropping`).

    Raises
    ------
    MaskError
        If no voxel of the mask lies in the image, or none is left on the image's coarser grid.
    """
    stored_on, grid = stored_on or Grid.of(mask), Grid.of(reference)
    array = sitk.GetArrayViewFromImage(mask)
    difference = difference_of(stored_on, grid, tolerance_mm)
    if difference is None:
        return _mask(array, grid_offset(Grid.of(mask), stored_on), grid, crop), ()
    voxels = int(np.count_nonzero(array))
    if voxels == 0:
        return _mask(np.zeros((1, 1, 1), np.uint8), (0, 0, 0), grid, crop), ()
    exact = same_lattice(stored_on, grid, tolerance_mm)
    # Where a sample lies half-way between two voxels, rounding decides which is nearest, and a cropped mask rounds
    # otherwise than the whole: what is resampled is the whole.
    found = resample_part(mask if exact else on_grid(mask, stored_on), reference)
    window, part = found or ((slice(0, 1),) * 3, np.zeros((1, 1, 1), np.uint8))
    placed = _mask(part, tuple(side.start for side in window[::-1]), grid, crop)
    kept = int(np.count_nonzero(part))
    outside = count_outside(mask, grid)
    if outside == voxels:
        raise MaskError(f"{what} lies wholly outside the image; it belongs to another image or another patient.")
    if kept == 0:
        raise MaskError(f"{what} holds no voxel centre of the image: the lesion is smaller than the image's voxels.")
    findings = []
    if not exact:
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


def _mask(voxels: np.ndarray, start: tuple[int, int, int], grid: Grid, crop: bool) -> sitk.Image:
    """Return voxels that begin at index ``start`` (i, j, k) of ``grid`` as a mask on it, full or cropped."""
    mask = crop_voxels(voxels, start, grid)
    return mask if crop else on_grid(mask, grid)


def _voxel_mm3(image: sitk.Image) -> float:
    return math.prod(image.GetSpacing())
