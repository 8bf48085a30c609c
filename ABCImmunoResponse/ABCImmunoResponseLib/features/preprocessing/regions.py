"""A case's lesion masks, each in its box of 1 mm voxels: what every engine computes on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.errors import FeatureError, MaskError
from ABCImmunoResponseLib.features.checks import check_image, check_mask, check_resampled
from ABCImmunoResponseLib.features.kernels.interface import Box, Kernels
from ABCImmunoResponseLib.features.preprocessing.boxed_mask import BoxedMask
from ABCImmunoResponseLib.features.preprocessing.resampling import Resampler
from ABCImmunoResponseLib.features.preprocessing.sampling_grid import SamplingGrid, sampling_grid
from ABCImmunoResponseLib.features.recipe import Recipe
from ABCImmunoResponseLib.imaging.geometry import Grid


@dataclass(frozen=True, eq=False)
class Region:
    """One mask after resampling.

    Attributes
    ----------
    name : str
        The mask's.
    drawn : BoxedMask
        The mask as it was drawn, on the image's grid.
    drawn_on : Grid
        That grid.
    sampling : SamplingGrid
        The padded box in space.
    image : numpy.ndarray, shape (K, J, I)
        HU on that grid, in the image's own type. Masks with the same grid share it.
    mask : numpy.ndarray, shape (K, J, I), bool
    box : tuple of slice
        The smallest box (k, j, i) of that grid that holds the mask.
    """

    name: str
    drawn: BoxedMask
    drawn_on: Grid
    sampling: SamplingGrid
    image: np.ndarray
    mask: np.ndarray
    box: Box

    @property
    def lesion(self) -> np.ndarray:
        """The mask within its box, bool."""
        return self.mask[self.box]

    @property
    def spacing(self) -> tuple[float, float, float]:
        """The grid's spacing along (k, j, i) in mm."""
        return self.sampling.grid.spacing[::-1]


class Regions:
    """The masks of one case, checked, and resampled lesion by lesion on iteration.

    Masks that overlap (several readers' of one lesion) share the B-spline, which is fitted to a crop of the image
    around them: the image as a whole is not touched. Every mask keeps the grid and the pad that it would have alone,
    since filters see the pad: a lesion's features must not depend on which other masks were given.

    Raises
    ------
    MaskError, FeatureError
        As :func:`~ABCImmunoResponseLib.features.checks.check_image`, ``check_mask`` and
        :func:`~ABCImmunoResponseLib.features.preprocessing.sampling_grid.sampling_grid` say; before any work.
    """

    def __init__(self, image: sitk.Image, masks: Mapping[str, sitk.Image], recipe: Recipe, kernels: Kernels) -> None:
        check_image(image, masks)
        self._image, self._recipe, self._kernels = image, recipe, kernels
        self._drawn: dict[str, BoxedMask] = {}
        self._grids: dict[str, SamplingGrid] = {}
        for name, mask in masks.items():
            self._drawn[name] = check_mask(mask, image, recipe, name)
            try:
                self._grids[name] = sampling_grid(image, self._drawn[name], recipe)
            except MaskError as cause:
                raise MaskError(f"Lesion {name}: {cause}") from cause

    @property
    def voxels(self) -> int:
        """How many voxels the masks have on the recipe's grid, about."""
        drawn = sum(int(mask.voxels.sum()) for mask in self._drawn.values())
        wanted = self._recipe.settings["resampledPixelSpacing"]
        return round(drawn * np.prod(self._image.GetSpacing()) / np.prod(wanted))

    def __iter__(self) -> Iterator[list[Region]]:
        """Yield lists of regions that share one grid, and so one resampled image.

        Raises
        ------
        MaskError, FeatureError
            If a lesion has too few voxels after resampling, or the image is not finite around it.
        """
        for names in lesions(self._drawn):
            boxes = [self._drawn[name] for name in names]
            resampler = Resampler(self._image, boxes, self._recipe, self._kernels)
            shared: dict[SamplingGrid, list[str]] = {}
            for name in names:
                shared.setdefault(self._grids[name], []).append(name)
            for grid, members in shared.items():
                try:
                    image = resampler.image_on(grid)
                except FeatureError as cause:
                    raise FeatureError(f"Lesion {members[0]}: {cause}") from cause
                yield [self._region(name, grid, image, resampler.mask_on(self._drawn[name], grid)) for name in members]

    def _region(self, name: str, grid: SamplingGrid, image: np.ndarray, mask: np.ndarray) -> Region:
        box = check_resampled(mask, grid.grid.spacing, self._recipe, name)
        return Region(name, self._drawn[name], Grid.of(self._image), grid, image, mask, box)


def lesions(drawn: Mapping[str, BoxedMask]) -> list[list[str]]:
    """Return the names of masks grouped by lesion: masks whose boxes overlap belong together.

    A box that would more than double what the two hold apart is not joined, so that a chain of touching boxes does not
    grow to the whole image.
    """
    groups: list[tuple[list[str], np.ndarray, np.ndarray]] = []
    for name, mask in drawn.items():
        low, high = np.array(mask.start), np.array(mask.start) + mask.voxels.shape
        for number, (names, lowest, highest) in enumerate(groups):
            start, stop = np.minimum(low, lowest), np.maximum(high, highest)
            overlap = (np.maximum(low, lowest) < np.minimum(high, highest)).all()
            if overlap and np.prod(stop - start) <= 2 * (np.prod(high - low) + np.prod(highest - lowest)):
                groups[number] = ([*names, name], start, stop)
                break
        else:
            groups.append(([name], low, high))
    return [names for names, _, _ in groups]


def union_box(boxes: Sequence[Box]) -> Box:
    """Return the smallest box that holds all ``boxes``."""
    return tuple(
        slice(min(side.start for side in sides), max(side.stop for side in sides)) for sides in zip(*boxes, strict=True)
    )
