"""Grids in space: whether two agree, and masks carried from one to another. Physical points are LPS mm."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

# The metadata key (DICOM tag) by which an image carries its frame of reference from reading to later checks.
FRAME_OF_REFERENCE = "0020|0052"


@dataclass(frozen=True)
class Grid:
    """A regular lattice of voxel centres: size and spacing along (i, j, k), origin and direction in LPS mm."""

    size: tuple[int, int, int]
    spacing: tuple[float, float, float]
    origin: tuple[float, float, float]
    direction: tuple[float, ...]

    @classmethod
    def of(cls, image: sitk.Image) -> "Grid":
        """Return the grid of a 3-D image."""
        return cls(image.GetSize(), image.GetSpacing(), image.GetOrigin(), image.GetDirection())

    def matrix(self) -> np.ndarray:
        """Return the (4, 4) matrix that takes an index (i, j, k, 1) to a physical point (x, y, z, 1)."""
        matrix = np.eye(4)
        matrix[:3, :3] = np.reshape(self.direction, (3, 3)) * np.asarray(self.spacing)
        matrix[:3, 3] = self.origin
        return matrix

    def corners(self) -> np.ndarray:
        """Return the indices (8, 4) of the eight corner voxels, homogeneous."""
        return np.array([(*index, 1) for index in itertools.product(*((0, n - 1) for n in self.size))], float)

    def image(self, array: np.ndarray) -> sitk.Image:
        """Return ``array`` (k, j, i) as an image on this grid."""
        return self.placed(sitk.GetImageFromArray(array))

    def placed(self, image: sitk.Image) -> sitk.Image:
        """Give an image of this size this grid's place in space, and return it."""
        image.SetSpacing(self.spacing)
        image.SetOrigin(self.origin)
        image.SetDirection(self.direction)
        return image

    def at(self, start: Sequence[float], size: tuple[int, int, int]) -> "Grid":
        """Return the part of this grid that begins at the index ``start`` and has ``size`` voxels along (i, j, k)."""
        return Grid(size, self.spacing, tuple((self.matrix() @ [*start, 1.0])[:3].tolist()), self.direction)

    def part(self, array: np.ndarray, start: Sequence[float]) -> sitk.Image:
        """Return ``array`` (k, j, i) as an image whose first voxel is that of index ``start`` (i, j, k)."""
        return self.at(start, array.shape[::-1]).image(array)


def fault_of_grid(spacing: Sequence[float], origin: Sequence[float], direction: Sequence[float]) -> str | None:
    """Return what makes this geometry impossible, or None if it is sound."""
    if not all(math.isfinite(x) and x > 0 for x in spacing):
        return f"its voxel spacing is impossible ({', '.join(f'{x:g}' for x in spacing)} mm)"
    if not all(map(math.isfinite, origin)):
        return "its origin is not finite"
    axes = np.reshape(direction, (3, 3))
    if not np.isfinite(axes).all() or np.abs(axes.T @ axes - np.eye(3)).max() > 1e-3:
        return "its axes are not at right angles (a sheared or singular orientation)"
    return None


def same_grid(a: sitk.Image, b: sitk.Image, tolerance_mm: float = 0.01) -> str | None:
    """Return None if the voxels of two images coincide, else what differs.

    Two grids are the same if they have the same size and no voxel centre of one lies further than
    ``tolerance_mm`` from that of the other; the corners are where the distance is largest.
    """
    return difference_of(Grid.of(a), Grid.of(b), tolerance_mm)


def difference_of(first: Grid, second: Grid, tolerance_mm: float) -> str | None:
    """Return what two grids differ in; see :func:`same_grid`."""
    reasons = []
    if first.size != second.size:
        reasons.append(f"size {_by(first.size)} against {_by(second.size)} voxels")
    if not np.allclose(first.spacing, second.spacing, rtol=0, atol=tolerance_mm / max(*first.size, 2)):
        reasons.append(f"spacing {_by(first.spacing)} against {_by(second.spacing)} mm")
    if not np.allclose(first.direction, second.direction, rtol=0, atol=1e-4):
        reasons.append("orientation")
    shift = math.dist(first.origin, second.origin)
    if shift > tolerance_mm:
        reasons.append(f"origin by {shift:.3g} mm")
    if first.size == second.size and first != second:
        apart = np.abs((first.matrix() - second.matrix()) @ first.corners().T)[:3]
        largest = float(np.sqrt((apart**2).sum(0)).max())
        if largest <= tolerance_mm:
            return None
        reasons = reasons or [f"voxel positions by up to {largest:.3g} mm"]
    return ", ".join(reasons) or None


def same_lattice(a: Grid, b: Grid, tolerance_mm: float) -> bool:
    """Return whether the voxel centres of ``a`` are points of the lattice of ``b``: axes may be permuted or flipped."""
    index = np.linalg.solve(b.matrix(), a.matrix())
    exact = np.rint(index)
    if not np.array_equal(np.abs(exact[:3, :3]).sum(0), [1, 1, 1]) or abs(round(np.linalg.det(exact[:3, :3]))) != 1:
        return False
    apart = (b.matrix() @ (index - exact) @ a.corners().T)[:3]
    return float(np.sqrt((apart**2).sum(0)).max()) <= tolerance_mm


def resample_part(mask: sitk.Image, reference: sitk.Image) -> tuple[tuple[slice, ...], np.ndarray] | None:
    """Resample a 0/1 mask onto the grid of ``reference``, where each voxel takes the value of the mask's nearest, or 0.

    Returns
    -------
    tuple or None
        The window (k, j, i) of the reference that the mask's non-zero voxels reach, and the voxels in it; beyond it
        all are 0. None where they reach none.
    """
    grid = Grid.of(reference)
    window = _window(mask, grid)
    if window is None:
        return None
    start = [s.start for s in window]
    part = sitk.Resample(
        mask,
        [s.stop - s.start for s in window],
        sitk.Transform(),
        sitk.sitkNearestNeighbor,
        [float(x) for x in (grid.matrix() @ [*start, 1])[:3]],
        grid.spacing,
        grid.direction,
        0,
        sitk.sitkUInt8,
    )
    return window[::-1], sitk.GetArrayFromImage(part)


def _window(mask: sitk.Image, grid: Grid) -> tuple[slice, ...] | None:
    """Return the part (i, j, k) of ``grid`` that the non-zero voxels of ``mask`` can reach, or None."""
    box = bounding_box(sitk.GetArrayViewFromImage(mask))
    if box is None:
        return None
    ends = [(s.start - 0.5, s.stop - 0.5) for s in box[::-1]]  # the outer faces of the voxels
    corners = np.array([(*corner, 1) for corner in itertools.product(*ends)], float)
    at = (np.linalg.solve(grid.matrix(), Grid.of(mask).matrix()) @ corners.T)[:3]
    low = np.clip(np.floor(at.min(1)), 0, grid.size).astype(int)
    high = np.clip(np.ceil(at.max(1)) + 1, 0, grid.size).astype(int)
    if (high <= low).any():
        return None
    return tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))


def bounding_box(array: np.ndarray) -> tuple[slice, ...] | None:
    """Return the slices of the smallest box that holds all non-zero voxels of ``array``, or None if there is none.

    Only the part between the first and the last slice that is not empty is looked at twice: a mask of a CT holds a
    hundred million voxels, nearly all of them zero.
    """
    if not array.size:
        return None
    # OR-ing whole numbers is the fastest pass over a contiguous array; of others each slice is asked.
    slices = array.reshape(len(array), -1) if array.flags.c_contiguous else None
    if slices is not None and slices.dtype.kind in "biu":
        used = np.flatnonzero(np.bitwise_or.reduce(slices, axis=1))
    else:
        used = np.flatnonzero([part.any() for part in array])
    if not used.size:
        return None
    box = slice(int(used[0]), int(used[-1]) + 1)
    return (box,) if array.ndim == 1 else (box, *bounding_box(array[box].any(axis=0)))


def count_outside(mask: sitk.Image, reference: Grid) -> int:
    """Return how many voxels of a 0/1 mask have their centre outside the voxels of ``reference``."""
    array = sitk.GetArrayViewFromImage(mask)
    box = bounding_box(array)
    if box is None:
        return 0
    index = np.linalg.solve(reference.matrix(), Grid.of(mask).matrix())
    low, high = np.full(3, -0.5 - 1e-6), np.asarray(reference.size) - 0.5 + 1e-6
    ends = [(s.start, s.stop - 1) for s in box[::-1]]
    corners = np.array([(*corner, 1) for corner in itertools.product(*ends)], float)
    at = (index @ corners.T)[:3].T
    if ((at >= low) & (at <= high)).all():
        return 0
    outside = 0
    for k in range(box[0].start, box[0].stop):  # a slice at a time: a mask may hold many millions of voxels
        j, i = np.nonzero(array[k])
        at = (index @ np.stack([i, j, np.full_like(i, k), np.ones_like(i)]))[:3].T
        outside += int((~((at >= low) & (at <= high)).all(axis=1)).sum())
    return outside


def _by(values: Sequence[float]) -> str:
    return " x ".join(f"{value:.6g}" for value in values)
