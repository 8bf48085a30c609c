"""Two simulated readers' outlines of a lesion, and the consensus midway between them."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from scipy import ndimage

from ABCImmunoResponseLib.errors import ABCImmunoResponseError
from ABCImmunoResponseLib.files import read_json
from ABCImmunoResponseLib.reading.agreement import compare
from ABCImmunoResponseLib.resources import resource
from ABCImmunoResponseLib.simulation.fields import gaussian_field
from ABCImmunoResponseLib.simulation.grid import Grid
from ABCImmunoResponseLib.simulation.lesion import Point
from ABCImmunoResponseLib.simulation.sites import protocol

READERS = ("A", "B")
DISCORDANT_DICE = 0.62


@cache
def _model() -> Mapping[str, Any]:
    return read_json(resource("Simulation", "readers.json"), ABCImmunoResponseError)


def draw_outline(rng: np.random.Generator, grid: Grid, level: np.ndarray, radius_mm: float, reader: str) -> np.ndarray:
    """Draw where one reader sees the surface: the true level set, shifted and bent.

    The shift is the reader's habit plus a chance of this lesion; the bend is a smooth field. Both grow with the
    lesion, as readers work at a zoom that fits it.

    Returns
    -------
    numpy.ndarray
        A level set on ``grid`` in mm, negative inside the reader's outline.
    """
    model = _model()
    habit = model["readers"][reader]["bias_mm"]
    chance = _sd(model["lesion_bias_sd"], radius_mm) * rng.standard_normal()
    bend = _sd(model["wobble_sd"], radius_mm) * gaussian_field(rng, grid, model["wobble_scale_mm"])
    return level + bend - np.float32(habit + chance)


def _sd(spec: Mapping[str, float], radius_mm: float) -> float:
    return spec["mm"] + spec["of_radius"] * radius_mm


def midway(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the level set midway between two readers': the consensus of a simulated lesion."""
    return 0.5 * (a + b)


def fill(level: np.ndarray) -> np.ndarray:
    """Return the mask inside a level set, uint8 (k, j, i): its largest piece (6-connected), without holes."""
    labels, n = ndimage.label(level < 0)
    if n == 0:
        return np.zeros(level.shape, np.uint8)
    largest = labels == 1 + np.argmax(np.bincount(labels.ravel())[1:])
    return ndimage.binary_fill_holes(largest).astype(np.uint8)


def concordant(outlines: Mapping[str, np.ndarray], grid: Grid) -> bool:
    """Say whether both readers' outlines agree by the protocol's thresholds (Dice, HD95, diameter)."""
    limits = protocol().agreement
    found = compare(*(grid.image(fill(outlines[reader])) for reader in READERS))
    return (
        found.dice >= limits["concordant_dice_min"]
        and found.hd95_mm <= limits["concordant_hd95_max_mm"]
        and abs(found.diameter_difference) <= limits["concordant_diameter_difference_max"]
    )


def overdraw(level: np.ndarray, grid: Grid, centre: Point, radius_mm: float, rng: np.random.Generator) -> np.ndarray:
    """Return the outline of a reader who took tissue beside the lesion for lesion: one that will be discordant.

    The surface is moved outwards, most on one side of the slice, by as little as brings the Dice coefficient
    with ``level`` down to :data:`DISCORDANT_DICE`.
    """
    angle = rng.uniform(0.0, 2 * np.pi)
    _, y, x = (axis - np.float32(c) for axis, c in zip(grid.axes(), centre, strict=True))
    side = np.clip((np.cos(angle) * x + np.sin(angle) * y) / radius_mm, -0.6, 1.6).astype(np.float32)
    own = fill(level)
    for amount in np.arange(0.1, 2.0, 0.02):
        wrong = level - np.float32(amount * radius_mm) * (0.35 + side)
        mask = fill(wrong)
        if 2.0 * np.sum(mask & own) / (mask.sum(dtype=float) + own.sum()) <= DISCORDANT_DICE:
            return wrong
    return wrong
