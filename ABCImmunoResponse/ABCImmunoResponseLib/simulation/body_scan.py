"""A CT of the whole trunk with lesions in it: the demo patient's, drawn by the cohort's own model of lesions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.errors import ABCImmunoResponseError
from ABCImmunoResponseLib.simulation.anatomy import Anatomy, draw_anatomy, place_lesion
from ABCImmunoResponseLib.simulation.fields import soft_step
from ABCImmunoResponseLib.simulation.frame import phantom, to_patient
from ABCImmunoResponseLib.simulation.grid import Grid
from ABCImmunoResponseLib.simulation.lesion import Appearance, Point, draw_appearance, paint
from ABCImmunoResponseLib.simulation.local_volume import Outlined, outline_lesion
from ABCImmunoResponseLib.simulation.patient import Patient, PlannedLesion
from ABCImmunoResponseLib.simulation.readers import concordant
from ABCImmunoResponseLib.simulation.scanner import scan
from ABCImmunoResponseLib.simulation.seeds import children
from ABCImmunoResponseLib.simulation.tissue import draw_tissue

_FINE_MM = 1.0  # anatomy is drawn on every second pixel where pixels are smaller than this: the scanner blurs as much
_SLAB = 40
_FIELD_OF_VIEW = 512  # pixels of the patient's scanner
_FEWEST_SLICES = 200  # of the patient's scanner; a scan of fewer has thicker ones
_BODY_SHARE = 0.45  # of the field of view that half the body's width takes
_FAT_MM = 4.0
_TRIES = 80


@dataclass(frozen=True)
class PlacedLesion:
    """A lesion in the CT: where its centre is (LPS mm; z, y, x), its box of voxels, and its outlines there."""

    plan: PlannedLesion
    centre: Point
    box: tuple[slice, ...]
    drawn: Outlined


@dataclass(frozen=True)
class BodyScan:
    """The CT, int16 (k, j, i) on ``grid``, and its lesions."""

    hu: np.ndarray
    grid: Grid
    lesions: tuple[PlacedLesion, ...]


def scan_grid(patient: Patient, size: tuple[int, int, int]) -> Grid:
    """Return the grid of a scan of ``size`` (i, j, k) voxels that shows as much of the patient as 512 x 512 x 200 do.

    Fewer voxels are larger ones; the middle of the grid is the origin.
    """
    columns, rows, slices = size
    view = patient.scanner.spacing_mm * _FIELD_OF_VIEW
    along = patient.scanner.thickness_mm * max(_FEWEST_SLICES, slices) / slices
    spacing = tuple(round(step, 6) for step in (along, view / rows, view / columns))  # as DICOM will say it
    shape = (slices, rows, columns)
    return Grid(shape, spacing, tuple(-(n - 1) * s / 2 for n, s in zip(shape, spacing, strict=True)))


def scan_body(
    patient: Patient, seed: np.random.SeedSequence, size: tuple[int, int, int], step: Callable[[str], None]
) -> BodyScan:
    """Draw the patient's trunk, put her lesions in, and scan it.

    Parameters
    ----------
    seed
        Of everything in the image.
    size
        Voxels along i, j, k.
    step
        Called with the name of each step before it; may raise to stop.

    Raises
    ------
    ABCImmunoResponseError
        If a lesion finds no place.

    Notes
    -----
    Of the lesions that the model draws only those are taken that fit their organ, are measurable as drawn, and
    whose two readers agree by the protocol's thresholds.
    """
    body, noise, *own = children(seed, 2 + len(patient.lesions))
    grid, scanner = scan_grid(patient, size), patient.scanner
    scale = scanner.spacing_mm * _FIELD_OF_VIEW * _BODY_SHARE / phantom()["body"]["half_width"]
    step("draw the anatomy")
    anatomy = draw_anatomy(np.random.default_rng(body), _drawing_grid(grid), scale, scanner.phase)
    tissue = _onto(anatomy, grid)
    lesions: list[PlacedLesion] = []
    for plan, lesion_seed in zip(patient.lesions, own, strict=True):
        step(f"draw lesion {plan.lesion_id}")
        lesions.append(_put(lesion_seed, plan, anatomy, tissue, grid, scanner.phase, scale, lesions))
    step("scan")
    return BodyScan(_scan_in_slabs(tissue, grid, patient, noise), grid, tuple(lesions))


def _drawing_grid(grid: Grid) -> Grid:
    """Return the grid that the anatomy is drawn on; it reaches one voxel beyond ``grid``."""
    factor = [1] + [2 if step < _FINE_MM else 1 for step in grid.spacing[1:]]
    return Grid(
        tuple(-(-n // f) + 1 for n, f in zip(grid.size, factor, strict=True)),
        tuple(s * f for s, f in zip(grid.spacing, factor, strict=True)),
        grid.origin,
    )


def _onto(anatomy: Anatomy, grid: Grid) -> np.ndarray:
    """Return the anatomy's HU interpolated linearly onto ``grid``, float32."""
    fine = sitk.Resample(
        anatomy.grid.image(anatomy.hu),
        [int(n) for n in grid.size[::-1]],
        sitk.Transform(),
        sitk.sitkLinear,
        [float(start) for start in grid.origin[::-1]],
        [float(step) for step in grid.spacing[::-1]],
    )
    return sitk.GetArrayFromImage(fine)


def _put(
    seed: np.random.SeedSequence,
    plan: PlannedLesion,
    anatomy: Anatomy,
    tissue: np.ndarray,
    grid: Grid,
    phase: str,
    scale: float,
    others: Sequence[PlacedLesion],
) -> PlacedLesion:
    """Draw looks until one fits a place, is measurable and read alike by both; paint it into ``tissue``."""
    texture, *tries = children(seed, 1 + _TRIES)
    for n, attempt in enumerate(tries, 1):
        rng = np.random.default_rng(attempt)
        look = draw_appearance(rng, plan.phenotype)
        centre = _place(rng, plan.organ, look, anatomy, scale, others)
        if centre is None:
            continue
        box = grid.around(centre, look.reach_mm)
        part = grid.part(box)
        drawn = outline_lesion(attempt, part, centre, look, plan.organ)
        # On voxels much larger than a CT's, two readers may never agree: then the last try must do.
        if drawn.look != look or not (concordant(drawn.outlines, part) or n == _TRIES):
            continue
        noise = np.random.default_rng(texture)
        if plan.organ in phantom()["places"]:
            # A node lies in fat, which pushes aside what the phantom has there.
            fat = draw_tissue(noise, part, "fat", phase)
            tissue[box] += soft_step(_FAT_MM - drawn.level, 2.0) * (fat - tissue[box])
        paint(noise, tissue[box], part, drawn.level, drawn.look, plan.organ, phase)
        return PlacedLesion(plan, centre, box, drawn)
    raise ABCImmunoResponseError(f"The simulated body has no room for a lesion of {plan.organ}: try another seed.")


def _place(
    rng: np.random.Generator,
    organ: str,
    look: Appearance,
    anatomy: Anatomy,
    scale: float,
    others: Sequence[PlacedLesion],
) -> Point | None:
    """Return where a lesion of this look could lie, clear of the organ's border and of other lesions; or None."""
    fixed = phantom()["places"].get(organ)
    if fixed:
        fits = look.diameter_mm <= fixed["largest_mm"] * scale
        centre = to_patient(fixed["centre"], scale) if fits else None
    else:
        centre = place_lesion(rng, anatomy, organ, look.reach_mm)
    if centre is None or any(
        np.linalg.norm(np.subtract(centre, other.centre)) < look.reach_mm + other.drawn.look.reach_mm
        for other in others
    ):
        return None
    return centre


def _scan_in_slabs(tissue: np.ndarray, grid: Grid, patient: Patient, seed: np.random.SeedSequence) -> np.ndarray:
    """Scan slab by slab, each with its neighbours' edges and its own noise: the memory of one slab at a time."""
    halo = 3
    starts = range(0, len(tissue), _SLAB)
    hu = np.empty(tissue.shape, np.int16)
    for start, own in zip(starts, children(seed, len(starts)), strict=True):
        first, stop = max(0, start - halo), min(len(tissue), start + _SLAB)
        seen = scan(tissue[first : stop + halo], grid.spacing, patient.scanner, np.random.default_rng(own))
        hu[start:stop] = seen[start - first : stop - first]
    return hu


def full_mask(scan: BodyScan, lesion: PlacedLesion, mask: np.ndarray) -> sitk.Image:
    """Return a mask of the lesion's box as a mask of the whole scan (uint8 0/1)."""
    whole = np.zeros(scan.grid.size, np.uint8)
    whole[lesion.box] = mask
    return scan.grid.image(whole)
