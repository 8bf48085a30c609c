"""The frame of the body phantom: where each voxel lies in a body of standard size, gently warped."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ABCImmunoResponseLib.errors import ABCImmunoResponseError
from ABCImmunoResponseLib.files import read_json
from ABCImmunoResponseLib.resources import resource
from ABCImmunoResponseLib.simulation.fields import gaussian_field
from ABCImmunoResponseLib.simulation.grid import Grid


@cache
def phantom() -> Mapping[str, Any]:
    """Return ``Resources/Simulation/phantom.json``: shapes and places of the body's parts."""
    return read_json(resource("Simulation", "phantom.json"), ABCImmunoResponseError)


@dataclass(frozen=True)
class Frame:
    """Coordinates of voxels in the phantom's frame, float32: x left, y backwards, z up, mm of a standard body."""

    x: np.ndarray
    y: np.ndarray
    z: np.ndarray

    def ellipsoid(self, centre: tuple[float, float, float], semi: tuple[float, float, float]) -> np.ndarray:
        """Return the scaled radius: below 1 inside the ellipsoid."""
        (cx, cy, cz), (sx, sy, sz) = centre, semi
        return np.sqrt(((self.x - cx) / sx) ** 2 + ((self.y - cy) / sy) ** 2 + ((self.z - cz) / sz) ** 2)

    def slab(self, cut: slice) -> "Frame":
        """Return the frame of some slices; coordinates that do not depend on the slice stay as they are."""
        return Frame(*(part[cut] if part.shape[0] > 1 else part for part in (self.x, self.y, self.z)))


def straight_frame(grid: Grid, scale: float) -> Frame:
    """Return the frame on a grid whose LPS origin is the frame's; ``scale`` is real mm per phantom mm."""
    z, y, x = (axis / np.float32(scale) for axis in grid.axes())
    return Frame(x, y, z)


def warped(rng: np.random.Generator, grid: Grid, frame: Frame, scale: float) -> Frame:
    """Return the frame bent sideways and backwards by smooth random fields, so that no outline is a plain curve."""
    size, reach = phantom()["warp_mm"], phantom()["warp_scale_mm"] * scale
    sideways, backwards = (size * gaussian_field(rng, grid, reach) for _ in range(2))
    return Frame(frame.x + sideways, frame.y + backwards, frame.z)


def to_patient(place: tuple[float, float, float], scale: float) -> tuple[float, float, float]:
    """Return the LPS point (z, y, x) of a place (x, y, z) in the phantom's frame, without the warp."""
    return tuple(scale * float(c) for c in place[::-1])
