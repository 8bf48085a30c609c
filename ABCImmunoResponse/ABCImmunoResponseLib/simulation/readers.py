"""Two simulated readers' outlines of a lesion, and the consensus midway between them."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from scipy import ndimage

from ABCImmunoResponseLib.errors import ABCImmunoResponseError
from ABCImmunoResponseLib.files import read_json
from ABCImmunoResponseLib.resources import resource
from ABCImmunoResponseLib.simulation.fields import gaussian_field
from ABCImmunoResponseLib.simulation.grid import Grid

READERS = ("A", "B")


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
