"""Regions of many kinds somewhere in a CT's grid, drawn from a random generator; see ``random_lesions``."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from scipy.ndimage import distance_transform_edt, gaussian_filter

from phantoms import index_mm


@dataclass(frozen=True)
class Place:
    """Where a lesion is to be: its CT's grid, its middle voxel (i, j, k) and its radius in mm."""

    reference: sitk.Image
    middle: np.ndarray
    radius: float
    random: np.random.Generator

    def offsets(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return each voxel's distance in mm from the middle along i, j and k, arrays (k, j, i)."""
        at = self.middle * self.reference.GetSpacing()
        return tuple(axis - middle for axis, middle in zip(index_mm(self.reference), at, strict=True))

    def distance(self) -> np.ndarray:
        """Return each voxel's distance from the middle in mm."""
        return np.sqrt(sum(np.square(axis) for axis in self.offsets()))

    def noise(self, correlation_mm: float) -> np.ndarray:
        """Return Gaussian noise of mean 0 and standard deviation 1, smooth over a length in mm (0: white)."""
        noise = self.random.normal(size=self.reference.GetSize()[::-1])
        if correlation_mm:
            sigma = [correlation_mm / step for step in self.reference.GetSpacing()[::-1]]
            noise = gaussian_filter(noise, sigma, mode="wrap")
        return (noise - noise.mean()) / noise.std()

    def moved(self, middle) -> "Place":
        """Return the same with another middle voxel."""
        return Place(self.reference, np.array(middle, dtype=int), self.radius, self.random)


def _blob(place: Place) -> np.ndarray:
    return 0.3 * place.noise(max(1.0, place.radius / 3)) + 1 > place.distance() / (0.8 * place.radius)


def _ball(place: Place) -> np.ndarray:
    return place.distance() <= place.radius


def _shell(place: Place) -> np.ndarray:
    wall = max(1.5, 0.3 * place.radius, max(place.reference.GetSpacing()) / 2)
    return _ball(place) & (place.distance() >= place.radius - wall)


def _branching(place: Place) -> np.ndarray:
    """Vessel-like tubes: random walks from the middle that keep their course, as wide as a voxel or a little more."""
    axis_points = np.ones(place.reference.GetSize()[::-1], bool)
    spacing = np.array(place.reference.GetSpacing())
    for _ in range(5):
        at = place.middle * spacing
        course = place.random.normal(size=3)
        for _ in range(int(2 * place.radius)):
            course = course + 0.4 * place.random.normal(size=3)
            at = at + 0.5 * course / np.linalg.norm(course)
            voxel = np.clip(np.rint(at / spacing).astype(int), 0, np.array(place.reference.GetSize()) - 1)
            axis_points[tuple(voxel[::-1])] = False
    return distance_transform_edt(axis_points, sampling=spacing[::-1]) <= place.random.uniform(0.8, 1.6)


def _components(place: Place) -> np.ndarray:
    i, j, k = place.offsets()
    region = np.zeros(i.shape, bool)
    for _ in range(4):
        di, dj, dk = place.random.uniform(-0.8, 0.8, 3) * place.radius
        region |= np.square(i - di) + np.square(j - dj) + np.square(k - dk) <= np.square(0.35 * place.radius + 0.5)
    return region


def _at_border(place: Place) -> np.ndarray:
    """One of the volume's six faces cuts the lesion."""
    axis = place.random.integers(3)
    middle = place.middle.copy()
    middle[axis] = place.random.choice([0, place.reference.GetSize()[axis] - 1])
    return _blob(place.moved(middle))


def _in_corner(place: Place) -> np.ndarray:
    """Three faces cut the lesion."""
    return _blob(place.moved([place.random.choice([0, side - 1]) for side in place.reference.GetSize()]))


def _one_slice(axis: int) -> Callable[[Place], np.ndarray]:
    def region(place: Place) -> np.ndarray:
        blob = _blob(place)
        flat = np.zeros_like(blob)
        at = [slice(None)] * 3
        at[axis] = place.middle[2 - axis]
        flat[tuple(at)] = blob[tuple(at)]
        return flat

    return region


def _speckled(place: Place) -> np.ndarray:
    """Many voxels have no neighbour in the lesion, or only one across an edge or a corner."""
    return _ball(place) & (place.random.random(place.distance().shape) < place.random.uniform(0.15, 0.5))


def _with_holes(place: Place) -> np.ndarray:
    """A ball with a cavity off its middle and a canal through it."""
    i, j, k = place.offsets()
    cavity = np.square(i - place.radius / 3) + np.square(j) + np.square(k) <= np.square(place.radius / 3)
    return _ball(place) & ~cavity & (np.hypot(j + place.radius / 3, k) > place.radius / 6)


def _needle(place: Place) -> np.ndarray:
    """Five times as long as wide, askew."""
    offsets = np.stack(place.offsets())
    axis = place.random.normal(size=3)
    along = np.tensordot(axis / np.linalg.norm(axis), offsets, 1)
    across = np.square(offsets).sum(axis=0) - np.square(along)
    width = max(place.radius / 5, 0.9)
    return np.square(along / place.radius) + across / width**2 <= 1


SHAPES: dict[str, Callable[[Place], np.ndarray]] = {
    "blob": _blob,
    "ball": _ball,
    "shell": _shell,
    "branching": _branching,
    "components": _components,
    "at a border": _at_border,
    "in a corner": _in_corner,
    "one slice k": _one_slice(0),
    "one slice j": _one_slice(1),
    "one slice i": _one_slice(2),
    "speckled": _speckled,
    "with holes": _with_holes,
    "needle": _needle,
}


def large_enough(region: np.ndarray, place: Place) -> np.ndarray:
    """Return the region, with a square of 3 x 3 voxels at its middle if it has less than 3 along two axes.

    The recipe refuses a line, and what is two voxels wide before resampling may be one wide afterwards.
    """
    extents = [int(np.ptp(at)) + 1 if at.size else 0 for at in np.nonzero(region)]
    wide = sorted(range(3), key=lambda axis: -extents[axis])[:2]
    if all(extents[axis] >= 3 for axis in wide):
        return region
    square = tuple(
        slice(middle - 1, middle + 2) if axis in wide else slice(middle, middle + 1)
        for axis, middle in enumerate(place.middle[::-1].tolist())
    )
    region[square] = True
    return region
