"""One lesion: how it looks given its phenotype, its surface, and its place among the tissue around it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from ABCImmunoResponseLib.errors import ABCImmunoResponseError
from ABCImmunoResponseLib.files import read_json
from ABCImmunoResponseLib.resources import resource
from ABCImmunoResponseLib.simulation.fields import gaussian_field, soft_step
from ABCImmunoResponseLib.simulation.grid import Grid
from ABCImmunoResponseLib.simulation.sites import organ_model

Point = tuple[float, float, float]


@cache
def _model() -> Mapping[str, Any]:
    return read_json(resource("Simulation", "appearance.json"), ABCImmunoResponseError)


@dataclass(frozen=True)
class Appearance:
    """How a lesion looks: the traits of ``appearance.json`` and its orientation (a unit quaternion).

    ``diameter_mm`` is that of the ball as large as the lesion would be with a smooth surface; ``irregularity``
    the SD of the surface in units of the radius; ``margin_mm`` the width over which the lesion fades into its
    surroundings; ``necrosis`` the share of the volume that is necrotic; ``enhancement`` a factor of the organ's
    usual lesion enhancement; ``texture_hu`` and ``texture_mm`` SD and correlation length of the texture.
    """

    diameter_mm: float
    elongation: float
    irregularity: float
    margin_mm: float
    necrosis: float
    rim_hu: float
    enhancement: float
    texture_hu: float
    texture_mm: float
    orientation: tuple[float, float, float, float]

    @property
    def semi_axes_mm(self) -> np.ndarray:
        """Semi-axes of the ellipsoid under the irregular surface: long, middle, short; shape (3,)."""
        return self.diameter_mm / 2 * np.array([self.elongation, 1.0, 1.0 / self.elongation])

    @property
    def reach_mm(self) -> float:
        """Distance from the centre that the lesion's surface and its fading margin stay within."""
        return float(self.semi_axes_mm[0] + 1.8 * self.irregularity * self.diameter_mm + 2 * self.margin_mm + 3.0)


def draw_appearance(rng: np.random.Generator, phenotype: float) -> Appearance:
    """Draw how a lesion of this latent phenotype looks; each trait follows it by its loading, plus nuisance."""
    values = {}
    for name, trait in _model()["traits"].items():
        loading = trait["loading"]
        t = loading * phenotype + np.sqrt(1.0 - loading**2) * rng.standard_normal()
        shift = trait["spread"] * t
        value = trait["median"] * np.exp(shift) if trait["log"] else trait["median"] + shift
        values[name] = float(np.clip(value, *trait["range"]))
    orientation = rng.standard_normal(4)
    return Appearance(**values, orientation=tuple((orientation / np.linalg.norm(orientation)).tolist()))


def surface(rng: np.random.Generator, grid: Grid, centre: Point, look: Appearance) -> np.ndarray:
    """Draw the lesion's surface as a level set: about the distance to it in mm, negative inside.

    An ellipsoid (distance to first order: f (f - 1) / |grad|, f the scaled radius) whose surface is moved in and
    out by two smooth fields, one of lobes and one of spicules.

    Parameters
    ----------
    centre
        LPS mm, (z, y, x).

    Returns
    -------
    numpy.ndarray
        float32 on ``grid``.
    """
    z, y, x = (axis - np.float32(c) for axis, c in zip(grid.axes(), centre, strict=True))
    turn = Rotation.from_quat(look.orientation).as_matrix().astype(np.float32)
    axes = look.semi_axes_mm.astype(np.float32)
    scaled = np.zeros(grid.size, np.float32)
    steep = np.zeros(grid.size, np.float32)
    for row, axis in zip(turn, axes, strict=True):
        along = (row[0] * x + row[1] * y + row[2] * z) / axis
        scaled += along**2
        steep += (along / axis) ** 2
    np.sqrt(scaled, out=scaled)
    np.sqrt(steep, out=steep)
    level = scaled * (scaled - 1.0) / np.maximum(steep, 1e-6)
    radius = look.diameter_mm / 2
    lobes = gaussian_field(rng, grid, max(0.40 * radius, 2.0))
    spicules = gaussian_field(rng, grid, max(0.12 * radius, 1.0))
    level += radius * look.irregularity * (0.9 * lobes + 0.44 * spicules)
    return level


def paint(
    rng: np.random.Generator,
    tissue: np.ndarray,
    grid: Grid,
    level: np.ndarray,
    look: Appearance,
    organ: str,
    phase: str,
) -> None:
    """Put the lesion into ``tissue`` (HU, float32, on ``grid``), in place.

    From outside in: a margin that fades, an enhancing rim, textured tissue, a necrotic core.
    """
    spec = organ_model()["organs"][organ]
    enhancement = spec["lesion_enhancement"] * organ_model()["phases"][phase]["lesion"] * look.enhancement
    fine, coarse = gaussian_field(rng, grid, look.texture_mm), gaussian_field(rng, grid, 2.5 * look.texture_mm)
    hu = look.texture_hu * (0.87 * fine + 0.5 * coarse)
    hu += spec["lesion_hu"] + enhancement
    hu += look.rim_hu * np.exp(-(((level + 1.6) / 1.3) ** 2))
    radius = look.diameter_mm / 2
    # In a ball the part deeper than t radii is (1 - t)^3 of the volume: the depth at which necrosis begins.
    begins = 1.0 - look.necrosis ** (1.0 / 3.0)
    ragged = gaussian_field(rng, grid, max(0.3 * radius, 2.0))
    core = soft_step((-level / radius + 0.12 * ragged - begins) * radius, 2.0)
    hu += core * (_model()["necrosis_hu"] + 0.4 * look.texture_hu * fine - hu)
    tissue += soft_step(-level, look.margin_mm) * (hu - tissue)
