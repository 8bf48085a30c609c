"""Tissues as a contrast-enhanced CT shows them, before the scanner: mean HU, texture, vessels, mixtures."""

from statistics import NormalDist

import numpy as np

from ABCImmunoResponseLib.simulation.fields import gaussian_field, soft_step, tubes
from ABCImmunoResponseLib.simulation.grid import Grid
from ABCImmunoResponseLib.simulation.sites import organ_model


def mean_hu(tissue: str, phase: str) -> float:
    """Return the mean HU of a tissue of ``organs.json`` in a contrast phase."""
    spec, factors = organ_model()["tissues"][tissue], organ_model()["phases"][phase]
    return spec["hu"] + spec["enhancement"] * factors["blood" if tissue == "blood" else "tissue"]


def draw_tissue(rng: np.random.Generator, grid: Grid, tissue: str, phase: str) -> np.ndarray:
    """Draw one tissue with its texture: HU, float32 (k, j, i)."""
    spec = organ_model()["tissues"][tissue]
    hu = gaussian_field(rng, grid, spec["texture_mm"])
    hu *= spec["texture_hu"]
    hu += mean_hu(tissue, phase)
    return hu


def draw_organ(rng: np.random.Generator, grid: Grid, organ: str, phase: str) -> np.ndarray:
    """Draw the surroundings of a lesion in ``organ`` (a protocol code): HU, float32 (k, j, i)."""
    spec = organ_model()["organs"][organ]
    hu = draw_tissue(rng, grid, spec["background"], phase)
    if other := spec.get("other"):
        threshold = NormalDist().inv_cdf(1.0 - other["share"])
        share = soft_step(gaussian_field(rng, grid, other["scale_mm"]) - threshold, 0.25)
        hu += share * (draw_tissue(rng, grid, other["tissue"], phase) - hu)
    if vessels := spec.get("vessels"):
        share = tubes(rng, grid, vessels["radius"], vessels["scale_mm"])
        hu += share * (mean_hu(vessels["tissue"], phase) - hu)
    return hu
