"""How well two outlines of one lesion agree: overlap, surface distances, size."""

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from scipy.ndimage import binary_erosion
from scipy.spatial import cKDTree

from ABCImmunoResponseLib.errors import GeometryError
from ABCImmunoResponseLib.imaging.geometry import same_grid
from ABCImmunoResponseLib.recist.diameters import measure_region
from ABCImmunoResponseLib.recist.regions import Region, common_voxels, region


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of outline A with outline B; every value but the signed differences is the same for B with A.

    Attributes
    ----------
    dice
        Twice the common voxels over the sum of both, 0 to 1.
    jaccard
        Common voxels over voxels of either, 0 to 1.
    hausdorff_mm
        Largest distance from a surface voxel of one to the nearest surface voxel of the other.
    hd95_mm
        The larger of the two directed 95th percentiles of those distances.
    mean_surface_distance_mm
        Mean of those distances, both directions pooled.
    volume_a_mm3, volume_b_mm3, longest_diameter_a_mm, longest_diameter_b_mm
        Size of each.
    volume_difference, diameter_difference
        (B - A) divided by the mean of both, -2 to 2.
    """

    dice: float
    jaccard: float
    hausdorff_mm: float
    hd95_mm: float
    mean_surface_distance_mm: float
    volume_a_mm3: float
    volume_b_mm3: float
    volume_difference: float
    longest_diameter_a_mm: float
    longest_diameter_b_mm: float
    diameter_difference: float


def compare(a: sitk.Image, b: sitk.Image, image: sitk.Image | None = None) -> Agreement:
    """Compare two masks of one lesion on one grid.

    A surface voxel is a voxel of the mask of which at least one of the six face neighbours lies outside it (what
    lies beyond the image is outside); distances run between voxel centres in mm. HD95 is the larger of the two
    directed percentiles, not the percentile of the pooled distances: a small outline inside a large one would
    otherwise hide behind its own few short distances. The mean pools both directions (the average symmetric surface
    distance of Heimann et al., IEEE Trans Med Imaging 2009;28:1251-1265).

    Parameters
    ----------
    a, b
        uint8 volumes of the same grid, or cropped ones (``imaging.cropping``) of ``image``.
    image
        The image that both lie on; needed for cropped masks only.

    Raises
    ------
    MaskError
        If one is empty or no volume.
    GeometryError
        If the grids differ.
    """
    return compare_regions(*two_regions(a, b, image))


def two_regions(a: sitk.Image, b: sitk.Image, image: sitk.Image | None = None) -> tuple[Region, Region]:
    """Cut one lesion out of two masks of one grid; raises as :func:`compare` does."""
    difference = same_grid(a, b) if image is None else None
    if difference:
        raise GeometryError(f"The two masks do not share a grid ({difference}); resample one onto the other's image.")
    return region(a, "Mask A", image), region(b, "Mask B", image)


def compare_regions(a: Region, b: Region) -> Agreement:
    """Compare two lesions that have been cut out of one grid; see :func:`compare`."""
    common = common_voxels(a, b)
    n_a, n_b = a.n_voxels, b.n_voxels
    there, back = _surface_distances(a, b)
    longest_a, longest_b = (measure_region(lesion).longest_diameter_mm for lesion in (a, b))
    return Agreement(
        dice=2 * common / (n_a + n_b),
        jaccard=common / (n_a + n_b - common),
        hausdorff_mm=float(max(there.max(), back.max())),
        hd95_mm=float(max(np.percentile(there, 95), np.percentile(back, 95))),
        mean_surface_distance_mm=float((there.sum() + back.sum()) / (len(there) + len(back))),
        volume_a_mm3=a.volume_mm3,
        volume_b_mm3=b.volume_mm3,
        volume_difference=_relative(a.volume_mm3, b.volume_mm3),
        longest_diameter_a_mm=longest_a,
        longest_diameter_b_mm=longest_b,
        diameter_difference=_relative(longest_a, longest_b),
    )


def _relative(a: float, b: float) -> float:
    return 2 * (b - a) / (a + b)


def _surface_distances(a: Region, b: Region) -> tuple[np.ndarray, np.ndarray]:
    """Return the distances in mm from each surface voxel of A to B's surface, and of B to A's.

    A search tree over the surface voxels costs the same however far apart the two lie; a distance map would have
    to cover the space between them.
    """
    surface_a, surface_b = _surface_mm(a), _surface_mm(b)
    return cKDTree(surface_b).query(surface_a)[0], cKDTree(surface_a).query(surface_b)[0]


def _surface_mm(lesion: Region) -> np.ndarray:
    surface = lesion.voxels & ~binary_erosion(lesion.voxels)
    return (np.argwhere(surface) + lesion.start) * lesion.spacing
