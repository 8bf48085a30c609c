"""What every extraction engine offers."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.features.diagnostics import LesionFeatures
from ABCImmunoResponseLib.features.recipe import Recipe
from ABCImmunoResponseLib.progress import Progress, silent


class Engine(Protocol):
    """Computes the 1130 features of lesions of one CT.

    An engine is given all masks at once: several lesions of a case share the image, and several masks of one lesion
    (two readers and the consensus) may share whatever work the engine can share.

    Attributes
    ----------
    name : str
        The name by which :func:`~ABCImmunoResponseLib.features.engine.engine` finds it.
    version : str
        Name and version, as results record it: ``pyradiomics 3.0.1``.
    """

    name: str
    version: str

    def extract(
        self,
        image: sitk.Image,
        masks: Mapping[str, sitk.Image],
        recipe: Recipe,
        progress: Progress = silent,
        *,
        jobs: int = 1,
    ) -> dict[str, np.ndarray]:
        """Return each mask's features, shape (1130,), float64, in the order of ``names.FEATURE_NAMES``.

        Parameters
        ----------
        image : sitk.Image
            The CT in HU. Its pixel type is kept: pyradiomics gives other numbers for int16 than for float32.
        masks : mapping of name to sitk.Image
            1 inside, on the image's grid; or cropped to the lesion's box, on the voxels of that grid.
        progress : callable
            Called in the caller's thread before each step, at least once an image type and mask, outside every lock;
            an exception that it raises (:class:`~ABCImmunoResponseLib.errors.Cancelled`) ends the extraction there.
        jobs : int
            Cores to use. Beyond one, 'numba' works on threads, 'numpy' on threads or, for much work, on processes,
            'pyradiomics' on processes. Processes import the caller's main module again, so that a script needs
            ``if __name__ == "__main__":``.

        Returns
        -------
        dict
            With the masks' names, in their order. A feature may be NaN or infinite where the recipe's formulas leave
            it undefined on a lesion; ``names.undefined_features`` lists those.

        Raises
        ------
        MaskError
            A mask is empty, a single voxel, thinner than the recipe allows, or not on the image's grid.
        FeatureError
            The image cannot be used, or features are missing.
        """
        found = self.extract_with_diagnostics(image, masks, recipe, progress, jobs=jobs)
        return {name: features.values for name, features in found.items()}

    def extract_with_diagnostics(
        self,
        image: sitk.Image,
        masks: Mapping[str, sitk.Image],
        recipe: Recipe,
        progress: Progress = silent,
        *,
        jobs: int = 1,
    ) -> dict[str, LesionFeatures]:
        """As :meth:`extract`, with what is to be known of each extraction beside the values."""
