"""The simulated CT scanner: sampling, resolution and noise of one acquisition."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from scipy import ndimage

from ABCImmunoResponseLib.errors import ABCImmunoResponseError
from ABCImmunoResponseLib.files import read_json
from ABCImmunoResponseLib.resources import resource
from ABCImmunoResponseLib.simulation.sites import organ_model


@cache
def _model() -> Mapping[str, Any]:
    return read_json(resource("Simulation", "scanners.json"), ABCImmunoResponseError)


@dataclass(frozen=True)
class Scanner:
    """One acquisition: lengths in mm, ``noise_hu`` the SD of the noise in the image, ``edge`` the kernel's overshoot.

    ``spacing_mm`` is the pixel spacing in the slice; slices are contiguous, ``thickness_mm`` apart.
    """

    vendor: str
    manufacturer: str
    kernel: str
    kvp: int
    phase: str
    spacing_mm: float
    thickness_mm: float
    blur_mm: float
    edge: float
    noise_hu: float


def draw_scanner(rng: np.random.Generator, centre: str) -> Scanner:
    """Draw the acquisition of one patient of a centre; vendors differ between centres."""
    model = _model()
    vendor = _pick(rng, model["shares"][centre])
    profile = model["scanners"][vendor]
    thickness = float(_pick(rng, profile["thickness_mm"]))
    kvp = int(_pick(rng, model["kvp"]))
    low, high = model["spacing_mm"]
    # Quantum noise falls with the square root of the photons, so of the slice's thickness, and rises at 100 kVp.
    noise = profile["noise_hu"] * np.sqrt(model["noise_reference_thickness_mm"] / thickness) * (120 / kvp) ** 0.5
    return Scanner(
        vendor=vendor,
        manufacturer=profile["manufacturer"],
        kernel=profile["kernel"],
        kvp=kvp,
        phase=_pick(rng, {name: phase["share"] for name, phase in organ_model()["phases"].items()}),
        spacing_mm=round(float(low + (high - low) * rng.beta(*model["spacing_beta"])), 4),
        thickness_mm=thickness,
        blur_mm=round(float(profile["blur_mm"] * np.exp(model["blur_log_sd"] * rng.standard_normal())), 4),
        edge=profile["edge"],
        noise_hu=round(float(noise * np.exp(model["noise_log_sd"] * rng.standard_normal())), 3),
    )


def _pick(rng: np.random.Generator, shares: Mapping[str, float]) -> str:
    return list(shares)[int(rng.choice(len(shares), p=list(shares.values())))]


def scan(
    tissue: np.ndarray, spacing: tuple[float, float, float], scanner: Scanner, rng: np.random.Generator
) -> np.ndarray:
    """Turn true HU into what the scanner shows: blurred by slice profile and kernel, noisy, whole numbers.

    Parameters
    ----------
    tissue
        True HU, float32 (k, j, i).
    spacing
        Voxel size in mm along k, j, i.
    scanner
        Its ``noise_hu`` is the SD of the noise that is added, whatever the voxel size.
    rng
        Source of the noise.

    Returns
    -------
    numpy.ndarray
        int16 (k, j, i), not below -1024 HU.
    """
    profile = _model()["slice_profile_fraction"]
    along = profile * scanner.thickness_mm / spacing[0]
    in_plane = [scanner.blur_mm / step for step in spacing[1:]]
    image = _kernel(tissue, [along, *in_plane], scanner.edge)
    # Noise passes through the same kernel, as in filtered back projection, so its grain is the vendor's.
    sigma = [0.5 * along, *in_plane]
    noise = _kernel(rng.standard_normal(tissue.shape, dtype=np.float32), sigma, scanner.edge)
    noise *= scanner.noise_hu / _kernel_gain(tuple(sigma), scanner.edge)
    image += noise
    return np.maximum(np.rint(image, out=image), -1024).astype(np.int16)


def _kernel(array: np.ndarray, sigma: list[float], edge: float) -> np.ndarray:
    """Blur with a Gaussian; ``edge`` adds that share of the difference to an in-plane blur twice as wide."""
    smooth = ndimage.gaussian_filter(array, sigma, mode="nearest", truncate=3.0)
    if not edge:
        return smooth
    wide = ndimage.gaussian_filter(smooth, [0.0, 2 * sigma[1], 2 * sigma[2]], mode="nearest", truncate=3.0)
    wide -= smooth
    wide *= -edge
    smooth += wide
    return smooth


@cache
def _kernel_gain(sigma: tuple[float, ...], edge: float) -> float:
    """Return the SD that :func:`_kernel` leaves of white noise of SD 1: the norm of its impulse response."""
    reach = [int(np.ceil(9 * s)) + 2 for s in sigma]
    impulse = np.zeros([2 * r + 1 for r in reach], np.float32)
    impulse[tuple(reach)] = 1.0
    return float(np.sqrt((_kernel(impulse, list(sigma), edge).astype(float) ** 2).sum()))
