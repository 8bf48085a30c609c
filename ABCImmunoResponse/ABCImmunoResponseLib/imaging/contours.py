"""Fill planar contours on the slices of an image, by the pixel-centre and even-odd rules."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.case import Finding
from ABCImmunoResponseLib.errors import MaskError, MissingDependencyError
from ABCImmunoResponseLib.imaging.cropping import crop_voxels
from ABCImmunoResponseLib.imaging.geometry import Grid

_OFF_PLANE_MM = 0.01  # below this a contour counts as on its slice
_TILT_MM = 0.1  # a contour that leaves its plane by more is not parallel to the slices
_SAME_PLANE_MM = 0.01


def fill_contours(
    contours: Sequence[np.ndarray], reference: sitk.Image, what: str
) -> tuple[sitk.Image, tuple[Finding, ...]]:
    """Return the region that closed planar contours enclose, cropped (``imaging.cropping``), on the grid of
    ``reference``.

    A voxel belongs to the region if its centre lies inside, or on, an odd number of the contours of its slice (so that
    an inner contour is a hole); a contour that is stored twice counts once. Each plane of contours goes to the
    nearest slice; where several planes share a slice, the nearest of them counts.

    Parameters
    ----------
    contours
        Points (n, 3) in LPS mm, each contour in one plane parallel to the slices.
    reference
        The image, of any orientation.
    what
        The region's name for messages.

    Raises
    ------
    MaskError
        If the contours are not parallel to the slices, or lie wholly outside the image.
    MissingDependencyError
        If scikit-image is not installed.
    """
    grid = Grid.of(reference)
    planes = _planes(contours, grid, what)
    chosen, findings = _slices(planes, grid, what)
    low, result = _room(chosen, grid)
    kept = lost = crossing = repeated = 0
    for k, polygons in sorted(chosen.items()):
        window, corner, crosses, copies = _even_odd(polygons, grid, what)
        crossing, repeated = crossing + crosses, repeated + copies
        total = int(window.sum())
        if 0 <= k < grid.size[2]:
            inside = _paste(result[k - low[2]], window, (corner[0] - low[0], corner[1] - low[1]))
            kept, lost = kept + inside, lost + total - inside
        else:
            lost += total
    if kept == 0 and lost:
        raise MaskError(f"{what} lies wholly outside the image; it belongs to another image or another patient.")
    if kept == 0:
        raise MaskError(f"{what} encloses no voxel centre: the contours are smaller than the image's voxels.")
    if repeated:
        message = f"{what}: {repeated} contour(s) repeat another one of their slice and count once."
        findings.append(Finding("contours-repeated", message))
    if crossing:
        findings.append(
            Finding(
                "contours-cross",
                f"{what}: contours cross each other on {crossing} slice(s); where two overlap is taken as a hole.",
            )
        )
    if lost:
        findings.append(
            Finding(
                "mask-clipped",
                f"{what} reaches outside the image: {lost} of its {kept + lost} voxels are cut off.",
                "serious",
            )
        )
    return crop_voxels(result, low, grid), tuple(findings)


def _planes(contours: Sequence[np.ndarray], grid: Grid, what: str) -> list[tuple[float, list[np.ndarray]]]:
    """Return (k, polygons) of each plane, sorted; k is the plane's fractional slice index, polygons are (i, j)."""
    inverse = np.linalg.inv(grid.matrix())
    spacing = grid.spacing[2]
    placed = []
    for points in contours:
        index = points @ inverse[:3, :3].T + inverse[:3, 3]
        k = float(np.median(index[:, 2]))
        if np.abs(index[:, 2] - k).max() * spacing > _TILT_MM:
            raise MaskError(
                f"{what} has contours that are not parallel to the image's slices; convert it to .seg.nrrd first."
            )
        placed.append((k, index[:, :2]))
    planes: list[tuple[float, list[np.ndarray]]] = []
    for k, polygon in sorted(placed, key=lambda item: item[0]):
        if planes and (k - planes[-1][0]) * spacing <= _SAME_PLANE_MM:
            planes[-1][1].append(polygon)
        else:
            planes.append((k, [polygon]))
    return planes


def _slices(
    planes: list[tuple[float, list[np.ndarray]]], grid: Grid, what: str
) -> tuple[dict[int, list[np.ndarray]], list[Finding]]:
    """Give each plane to its nearest slice, and tell what does not fit: off-plane, dropped and left-out slices."""
    candidates: dict[int, list[tuple[float, list[np.ndarray]]]] = defaultdict(list)
    for k, polygons in planes:
        candidates[round(k)].append((abs(k - round(k)), polygons))
    chosen = {k: min(found, key=lambda item: item[0]) for k, found in candidates.items()}
    findings = []
    off = max(distance for distance, _ in chosen.values()) * grid.spacing[2]
    if off > _OFF_PLANE_MM:
        findings.append(
            Finding(
                "contours-off-slices",
                f"{what}: contours lie up to {off:.2f} mm off the image's slices; each was moved to the nearest one.",
            )
        )
    dropped = len(planes) - len(chosen)
    if dropped:
        findings.append(
            Finding(
                "contours-dropped",
                f"{what}: {dropped} of {len(planes)} contour planes share a slice with a nearer one and were left out.",
            )
        )
    missing = max(chosen) - min(chosen) + 1 - len(chosen)
    if missing:
        findings.append(
            Finding(
                "contours-gap",
                f"{what}: {missing} slice(s) between its first and last one hold no contour and stay empty; "
                "check whether the lesion is one piece.",
            )
        )
    return {k: polygons for k, (_, polygons) in chosen.items()}, findings


def _room(chosen: dict[int, list[np.ndarray]], grid: Grid) -> tuple[tuple[int, int, int], np.ndarray]:
    """Return the first index (i, j, k) of the image's part that polygons reach, and zeros shaped as that part."""
    points = np.concatenate([np.column_stack([p, np.full(len(p), k)]) for k, found in chosen.items() for p in found])
    low = np.clip(np.floor(points.min(0)), 0, grid.size).astype(int)
    high = np.clip(np.ceil(points.max(0)) + 1, low, grid.size).astype(int)
    return tuple(low.tolist()), np.zeros((high - low)[::-1], np.uint8)


def _even_odd(polygons: list[np.ndarray], grid: Grid, what: str) -> tuple[np.ndarray, tuple[int, int], bool, int]:
    """Fill the polygons of one slice.

    Returns the window (j, i), its first pixel (i, j), whether contours cross, and how many repeat another: those count
    once, for by the even-odd rule a contour that is stored twice would erase itself.
    """
    try:
        from skimage.draw import polygon as fill
    except ImportError as cause:
        raise MissingDependencyError("RTSTRUCT needs scikit-image: pip install 'scikit-image>=0.25'.") from cause
    points = np.concatenate(polygons)
    low, high = np.floor(points.min(0)), np.ceil(points.max(0))
    if np.abs(points).max() > 1e6 or (high - low).max() > 4 * max(grid.size[:2]):
        raise MaskError(f"{what} lies wholly or far outside the image; it belongs to another image or another patient.")
    shape = (int(high[1] - low[1]) + 1, int(high[0] - low[0]) + 1)
    distinct = {_round_trip(polygon): polygon for polygon in polygons}
    filled = []
    for polygon in distinct.values():
        one = np.zeros(shape, bool)
        one[fill(polygon[:, 1] - low[1], polygon[:, 0] - low[0], shape)] = True
        filled.append(one)
    repeated = len(polygons) - len(distinct)
    window, crosses = np.zeros(shape, bool), False
    for one in sorted(filled, key=np.count_nonzero, reverse=True):  # the larger first: a hole then lies within
        crosses |= 0 < np.count_nonzero(window & one) < np.count_nonzero(one)
        window ^= one
    return window, (int(low[0]), int(low[1])), crosses, repeated


def _round_trip(polygon: np.ndarray) -> tuple[tuple[float, float], ...]:
    """Return a contour's points in an order that is the same from whatever point, and whichever way, it is stored."""
    points = [(i, j) for i, j in np.round(polygon, 3).tolist()]
    points = [point for n, point in enumerate(points) if point != points[n - 1]] or points[:1]
    least = min(points)
    starts = [n for n, point in enumerate(points) if point == least]
    forwards = (points[n:] + points[:n] for n in starts)
    backwards = (points[n::-1] + points[:n:-1] for n in starts)
    return min(map(tuple, (*forwards, *backwards)))


def _paste(target: np.ndarray, window: np.ndarray, corner: tuple[int, int]) -> int:
    """Set the pixels of ``window`` in a slice where it covers it; return how many were set."""
    i, j = corner
    i0, i1 = max(i, 0), min(i + window.shape[1], target.shape[1])
    j0, j1 = max(j, 0), min(j + window.shape[0], target.shape[0])
    if i0 >= i1 or j0 >= j1:
        return 0
    part = window[j0 - j : j1 - j, i0 - i : i1 - i]
    target[j0:j1, i0:i1][part] = 1
    return int(part.sum())
