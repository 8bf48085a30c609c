"""A voxel grid along the patient's axes, on which tissue is drawn."""

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk


@dataclass(frozen=True)
class Grid:
    """Axis-aligned voxels: ``size``, ``spacing`` (mm) and ``origin`` (LPS mm of the first voxel), all k, j, i."""

    size: tuple[int, int, int]
    spacing: tuple[float, float, float]
    origin: tuple[float, float, float]

    def axes(self) -> list[np.ndarray]:
        """Return the LPS coordinates (z, y, x) in mm, float32, shaped to broadcast against (k, j, i) arrays."""
        shapes = ((-1, 1, 1), (1, -1, 1), (1, 1, -1))
        return [
            (start + step * np.arange(n)).astype(np.float32).reshape(shape)
            for n, step, start, shape in zip(self.size, self.spacing, self.origin, shapes, strict=True)
        ]

    def part(self, slices: tuple[slice, ...]) -> "Grid":
        """Return the grid of the voxels that ``slices`` (k, j, i; with start and stop) cut out."""
        return Grid(
            size=tuple(cut.stop - cut.start for cut in slices),
            spacing=self.spacing,
            origin=tuple(o + s * cut.start for o, s, cut in zip(self.origin, self.spacing, slices, strict=True)),
        )

    def around(self, centre: tuple[float, float, float], reach: float) -> tuple[slice, ...]:
        """Return the slices of the box of half width ``reach`` mm around ``centre`` (z, y, x), cut to the grid."""
        return tuple(
            slice(max(0, int((c - reach - o) // s)), min(n, int((c + reach - o) // s) + 2))
            for c, o, s, n in zip(centre, self.origin, self.spacing, self.size, strict=True)
        )

    def image(self, array: np.ndarray) -> sitk.Image:
        """Return ``array`` (k, j, i) as an image on this grid."""
        image = sitk.GetImageFromArray(np.ascontiguousarray(array))
        image.SetSpacing([float(step) for step in self.spacing[::-1]])
        image.SetOrigin([float(start) for start in self.origin[::-1]])
        return image
