"""pyradiomics run by hand: the definition of right that every engine is held against."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.features.recipe import load_recipe


@contextmanager
def _as_shipped() -> Iterator[None]:
    """Let pyradiomics warn and log as it does; only pytest must not turn that into errors."""
    logger = logging.getLogger("radiomics")
    level = logger.level
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logger.setLevel(logging.CRITICAL)
        try:
            yield
        finally:
            logger.setLevel(level)


def by_hand(image: sitk.Image | Path, mask: sitk.Image | Path, recipe: Path | None = None) -> dict[str, float]:
    """Run pyradiomics on an image and a mask, files or in memory, with the recipe file and otherwise its defaults."""
    with _as_shipped():
        from radiomics.featureextractor import RadiomicsFeatureExtractor

        extractor = RadiomicsFeatureExtractor(str(recipe or load_recipe().path))
        found = extractor.execute(*(str(item) if isinstance(item, Path) else item for item in (image, mask)))
    return {name: float(np.real(value)) for name, value in found.items() if not name.startswith("diagnostics_")}


def values_by_hand(*arguments) -> np.ndarray:
    """As :func:`by_hand`, as an array in pyradiomics' own order."""
    return np.array(list(by_hand(*arguments).values()))
