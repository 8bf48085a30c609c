"""Smooth random fields: the noise from which textures, outlines and vessels are made."""

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from ABCImmunoResponseLib.simulation.grid import Grid

_COARSE = 2.5  # points a correlation length on the grid that the noise is drawn on; finer would be invisible


def gaussian_field(rng: np.random.Generator, grid: Grid, scale_mm: float) -> np.ndarray:
    """Draw a Gaussian random field: mean 0, SD 1, white noise smoothed by a Gaussian of SD ``scale_mm``.

    Its correlation at distance d is exp(-d² / (4 scale²)). Long fields are drawn on a coarser grid and
    interpolated linearly, which takes up to 3 % of the SD between the points.

    Returns
    -------
    numpy.ndarray
        float32 on ``grid`` (k, j, i).
    """
    step = [max(spacing, scale_mm / _COARSE) for spacing in grid.spacing]
    size = [int(np.ceil((n - 1) * s / h)) + 2 for n, s, h in zip(grid.size, grid.spacing, step, strict=True)]
    noise = rng.standard_normal(size, dtype=np.float32)
    for axis, h in enumerate(step):
        weights = _gaussian(scale_mm / h)
        # A Gaussian of weights w leaves white noise an SD of |w|; wrapping keeps that SD up to the border.
        noise = ndimage.correlate1d(noise, weights / np.linalg.norm(weights), axis=axis, mode="wrap")
    coarse = Grid(tuple(size), tuple(step), grid.origin).image(noise)
    fine = sitk.Resample(
        coarse,
        [int(n) for n in grid.size[::-1]],
        sitk.Transform(),
        sitk.sitkLinear,
        [float(start) for start in grid.origin[::-1]],
        [float(spacing) for spacing in grid.spacing[::-1]],
    )
    return sitk.GetArrayFromImage(fine)


def _gaussian(sigma: float) -> np.ndarray:
    reach = int(np.ceil(3.0 * sigma))
    return np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(sigma, 1e-6)) ** 2)


def tubes(rng: np.random.Generator, grid: Grid, radius: float, scale_mm: float) -> np.ndarray:
    """Draw winding tubes, as vessels are: where two independent fields are both near zero.

    Parameters
    ----------
    radius
        In units of the fields' SD; about ``radius * scale_mm * 1.4`` mm.
    scale_mm
        Correlation length of the fields.

    Returns
    -------
    numpy.ndarray
        float32 (k, j, i), 1 inside a tube, 0 outside, soft at the wall.
    """
    distance = np.hypot(gaussian_field(rng, grid, scale_mm), gaussian_field(rng, grid, scale_mm))
    return np.clip((radius - distance) / (0.4 * radius) + 0.5, 0.0, 1.0, out=distance)


def soft_step(distance: np.ndarray, width: float) -> np.ndarray:
    """Return 1 where ``distance`` is well above 0 and 0 well below: a logistic step, 10 to 90 % over ``width``."""
    scaled = np.clip(distance * (4.394 / width), -30.0, 30.0)
    return 1.0 / (1.0 + np.exp(-scaled))
