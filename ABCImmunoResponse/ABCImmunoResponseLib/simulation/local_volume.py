"""A lesion with its own surroundings: the CT that the cohort's features are computed from, and the readers' masks."""

from dataclasses import dataclass, replace

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.errors import ABCImmunoResponseError
from ABCImmunoResponseLib.recist.diameters import measure
from ABCImmunoResponseLib.simulation.grid import Grid
from ABCImmunoResponseLib.simulation.lesion import Appearance, Point, draw_appearance, paint, surface
from ABCImmunoResponseLib.simulation.patient import Patient, PlannedLesion
from ABCImmunoResponseLib.simulation.readers import READERS, draw_outline, fill, midway
from ABCImmunoResponseLib.simulation.scanner import scan
from ABCImmunoResponseLib.simulation.seeds import children
from ABCImmunoResponseLib.simulation.sites import organ_model, protocol
from ABCImmunoResponseLib.simulation.tissue import draw_organ

MARGIN_MM = 25.0
_GROWTH = 1.08


@dataclass(frozen=True)
class Outlined:
    """A lesion's look and level sets on a grid: its true surface, both readers' outlines, their midway."""

    look: Appearance
    level: np.ndarray
    outlines: dict[str, np.ndarray]


@dataclass(frozen=True)
class LocalVolume:
    """A scanned lesion: int16 CT and the masks 'A', 'B' and 'consensus' on its grid (uint8 0/1)."""

    image: sitk.Image
    masks: dict[str, sitk.Image]
    look: Appearance


def outline_lesion(seed: np.random.SeedSequence, grid: Grid, centre: Point, look: Appearance, organ: str) -> Outlined:
    """Draw the lesion's surface and the readers' outlines; grow it until its consensus is a RECIST target.

    The same random numbers are used at every size, so that a lesion grown is the same lesion, larger.

    Raises
    ------
    ABCImmunoResponseError
        If it does not become measurable on this grid.
    """
    for _ in range(25):
        truth, a, b = map(np.random.default_rng, children(seed, 3))
        level = surface(truth, grid, centre, look)
        outlines = {
            name: draw_outline(rng, grid, level, look.diameter_mm / 2, name)
            for name, rng in zip(READERS, (a, b), strict=True)
        }
        outlines["consensus"] = midway(*outlines.values())
        if _measurable(fill(outlines["consensus"]), grid, organ):
            return Outlined(look, level, outlines)
        look = replace(look, diameter_mm=look.diameter_mm * _GROWTH)
    raise ABCImmunoResponseError(f"The voxels of {max(grid.spacing):.1f} mm are too large for a target lesion.")


def _measurable(mask: np.ndarray, grid: Grid, organ: str) -> bool:
    if mask.sum() < protocol().acquisition["lesion_voxels_min"]:
        return False
    size, model = measure(grid.image(mask)), organ_model()
    if protocol().organ(organ).node:
        return size.short_axis_mm >= model["node_short_axis_min_mm"]
    return size.longest_diameter_mm >= model["longest_diameter_min_mm"]


def render(patient: Patient, lesion: PlannedLesion, seed: np.random.SeedSequence) -> LocalVolume:
    """Draw and scan one lesion of a patient with :data:`MARGIN_MM` of its organ around it.

    Parameters
    ----------
    seed
        The lesion's own, spawned from ``patient.images``.
    """
    outline, *streams = children(seed, 6)
    appearance, place, background, texture, noise = map(np.random.default_rng, streams)
    scanner = patient.scanner
    look = draw_appearance(appearance, lesion.phenotype)
    centre = tuple(place.uniform(-100.0, 100.0, 3).tolist())
    spacing = (scanner.thickness_mm, scanner.spacing_mm, scanner.spacing_mm)
    # The first voxel is at a random phase of the voxel grid, as a lesion's place in a scan is.
    half = look.reach_mm + MARGIN_MM
    origin = tuple(c - half - s * p for c, s, p in zip(centre, spacing, place.random(3), strict=True))
    grid = Grid(tuple(int(2 * half / s) + 2 for s in spacing), spacing, origin)
    box = grid.around(centre, look.reach_mm)
    inner = grid.part(box)
    drawn = outline_lesion(outline, inner, centre, look, lesion.organ)
    tissue = draw_organ(background, grid, lesion.organ, scanner.phase)
    paint(texture, tissue[box], inner, drawn.level, drawn.look, lesion.organ, scanner.phase)
    masks = {}
    for name, outline in drawn.outlines.items():
        mask = np.zeros(grid.size, np.uint8)
        mask[box] = fill(outline)
        masks[name] = grid.image(mask)
    return LocalVolume(grid.image(scan(tissue, spacing, scanner, noise)), masks, drawn.look)
