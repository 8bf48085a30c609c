"""Whether CT slices form a regular stack: same frame, no gap, no double, no shear."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ABCImmunoResponseLib.case import Finding
from ABCImmunoResponseLib.errors import ImagingError
from ABCImmunoResponseLib.imaging.geometry import Grid

# Scanners round positions to about 0.01 mm. Up to 5 % of the spacing is told; more cannot be drawn or measured on.
_ROUNDING_MM = 0.01
_UNEVEN_FRACTION = 0.05
_SHEAR_MM = 0.1


@dataclass(frozen=True)
class Slice:
    """Where one slice lies: ``position`` of its first pixel and ``orientation`` (row, column) in LPS mm,
    ``pixel_spacing_mm`` between (rows, columns), ``size`` (columns, rows)."""

    name: str
    position: tuple[float, ...]
    orientation: tuple[float, ...]
    pixel_spacing_mm: tuple[float, ...]
    size: tuple[int, int]


def stack(slices: Sequence[Slice]) -> tuple[list[int], Grid, tuple[Finding, ...]]:
    """Return the order of the slices along their normal, the grid they form and what is to be told about it.

    Raises
    ------
    ImagingError
        If there is one slice only, slices differ in size, pixel spacing or orientation, share a position, are
        missing, unevenly spaced, or are shifted against each other (gantry tilt).
    """
    if len(slices) < 2:
        raise ImagingError("The series has one slice only; a CT volume needs at least two.")
    first = slices[0]
    _check_alike(slices)
    row, column = np.reshape(first.orientation, (2, 3))
    if abs(np.linalg.norm(row) - 1) > 1e-3 or abs(np.linalg.norm(column) - 1) > 1e-3 or abs(row @ column) > 1e-3:
        raise ImagingError(f"{first.name}: its image orientation is not two unit vectors at right angles.")
    if min(first.pixel_spacing_mm) <= 0:
        raise ImagingError(f"{first.name}: its pixel spacing is not above zero.")
    normal = np.cross(row, column)
    positions = np.array([s.position for s in slices], float)
    order = [int(n) for n in np.argsort(positions @ normal, kind="stable")]
    positions = positions[order]
    along = positions @ normal
    spacing, findings = _check_regular(along, [slices[n].name for n in order])
    offsets = positions - positions[0]
    shear = np.linalg.norm(offsets - np.outer(offsets @ normal, normal), axis=1).max()
    if shear > _SHEAR_MM:
        angle = np.degrees(np.arctan2(shear, along[-1] - along[0]))
        raise ImagingError(
            f"The slices are shifted against each other by {shear:.2f} mm ({angle:.1f} degrees, gantry tilt or a "
            "sheared stack): straighten the volume first (in Slicer by the Acquisition Geometry Regularization of "
            "the DICOM import)."
        )
    grid = Grid(
        (*first.size, len(slices)),
        (first.pixel_spacing_mm[1], first.pixel_spacing_mm[0], spacing),
        tuple(float(x) for x in positions[0]),
        tuple(float(x) for x in np.stack([row, column, normal], axis=1).ravel()),
    )
    return order, grid, findings


def _check_alike(slices: Sequence[Slice]) -> None:
    first = slices[0]
    for other in slices[1:]:
        if other.size != first.size:
            what, of = "image size", (other.size, first.size)
        elif not np.allclose(other.pixel_spacing_mm, first.pixel_spacing_mm, rtol=0, atol=1e-4):
            what, of = "pixel spacing", (other.pixel_spacing_mm, first.pixel_spacing_mm)
        elif not np.allclose(other.orientation, first.orientation, rtol=0, atol=1e-4):
            what, of = "orientation", (other.orientation, first.orientation)
        else:
            continue
        raise ImagingError(
            f"The series mixes slices of different {what}: {other.name} has {_list(of[0])}, "
            f"{first.name} {_list(of[1])}; remove what does not belong (a localizer?)."
        )


def _check_regular(along: np.ndarray, names: Sequence[str]) -> tuple[float, tuple[Finding, ...]]:
    """Return the slice spacing of sorted positions; refuse doubles, gaps and uneven steps."""
    steps = np.diff(along)
    double = np.flatnonzero(steps < _ROUNDING_MM)
    if double.size:
        n = int(double[0])
        raise ImagingError(
            f"{double.size} slice position(s) occur twice, first at {along[n]:.2f} mm ({names[n]} and {names[n + 1]}): "
            "remove the copies, or export one acquisition alone."
        )
    usual = float(np.median(steps))
    ratios = steps / usual
    tolerance = max(_ROUNDING_MM, _UNEVEN_FRACTION * usual)
    gaps = np.flatnonzero((ratios > 1.5) & (np.abs(steps - np.rint(ratios) * usual) <= tolerance * np.rint(ratios)))
    if gaps.size:
        missing = int((np.rint(ratios[gaps]) - 1).sum())
        n = int(gaps[0])
        raise ImagingError(
            f"{missing} slice(s) are missing in {gaps.size} gap(s), the first between {along[n]:.2f} and "
            f"{along[n + 1]:.2f} mm ({names[n]} and {names[n + 1]}), where slices lie {usual:.3g} mm apart: "
            "export the whole series again."
        )
    spacing = float((along[-1] - along[0]) / (len(along) - 1))
    deviation = np.abs(along - (along[0] + spacing * np.arange(len(along))))
    n = int(np.abs(steps - usual).argmax())
    if deviation.max() > tolerance or abs(steps[n] - usual) > 2 * tolerance:
        raise ImagingError(
            f"The slices are unevenly spaced: {usual:.3g} mm apart as a rule, {steps[n]:.3g} mm between {along[n]:.2f} "
            f"and {along[n + 1]:.2f} mm ({names[n]} and {names[n + 1]}): use an evenly reconstructed series."
        )
    if deviation.max() > _ROUNDING_MM:
        return spacing, (
            Finding(
                "slice-positions",
                f"Slice positions depart from an even spacing of {spacing:.4g} mm by up to {deviation.max():.3f} mm; "
                "they are taken as even.",
                "info",
            ),
        )
    return spacing, ()


def _list(values: Sequence[float]) -> str:
    return "/".join(f"{value:.6g}" for value in values)
