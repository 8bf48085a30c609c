"""The 1130 numbers of two small lesions, held to what pyradiomics 3.0.1 gave.

The CT and the masks are made of whole numbers alone, so that every machine makes the same ones. ``golden.csv`` beside
this file was written by

    PYTHONPATH=Testing/Python .venv/bin/python Testing/Python/features/test_golden.py

on Python 3.11, numpy 2.4.6, SimpleITK 2.5.7, PyWavelets 1.9.0; run it again only where the recipe changes on purpose.
"""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from ABCImmunoResponseLib.features.engine import engine, engine_names
from ABCImmunoResponseLib.features.recipe import load_recipe
from ABCImmunoResponseLib.features.table import FeatureTable, read_features_csv, volume_mm3, write_features_csv
from phantoms import grid, like

GOLDEN = Path(__file__).with_name("golden.csv")


def ct() -> sitk.Image:
    """Return an int16 CT of 34 x 32 x 22 voxels of 0.8 x 0.9 x 1.5 mm: two lesions in fat, with a coarse grain."""
    reference = grid((34, 32, 22), (0.8, 0.9, 1.5), origin=(-13.0, 7.0, 101.0))
    k, j, i = np.indices(reference.GetSize()[::-1])
    grain = (i * 7919 + j * 104729 + k * 1299709 + i * j * 31 + j * k * 17) % 61 - 30
    coarse = ((i // 3) * 13 + (j // 3) * 29 + (k // 2) * 41) % 37
    inside = sum(sitk.GetArrayFromImage(mask).astype(int) for mask in masks().values())
    return like(-90 + grain + coarse + inside * (140 - coarse * 2), reference, np.int16)


def masks() -> dict[str, sitk.Image]:
    """Return an ellipsoid with a notch and a flat shell, by whole-number inequalities."""
    reference = grid((34, 32, 22), (0.8, 0.9, 1.5), origin=(-13.0, 7.0, 101.0))
    k, j, i = np.indices(reference.GetSize()[::-1])
    ellipsoid = 9 * (i - 11) ** 2 + 11 * (j - 12) ** 2 + 25 * (k - 10) ** 2 <= 600
    notch = (i > 14) & (j > 13)
    shell = 4 * (i - 25) ** 2 + 3 * (j - 22) ** 2 + 16 * (k - 12) ** 2
    return {
        "notched": like(ellipsoid & ~notch, reference, np.uint8),
        "shell": like((shell <= 150) & (shell > 20), reference, np.uint8),
    }


@pytest.mark.parametrize("name", engine_names())
def test_numbers_are_held(name):
    golden = read_features_csv(GOLDEN)
    assert golden.recipe_sha256 == load_recipe().sha256, "the recipe changed: write golden.csv anew"
    found = engine(name).extract(ct(), masks(), load_recipe())
    assert list(found) == [row.lesion_id for row in golden.ids]
    assert [volume_mm3(mask) for mask in masks().values()] == list(golden.volumes)
    # Sums of signed terms that nearly cancel (skewness, cluster shade) keep fewer digits: hence the absolute part.
    np.testing.assert_allclose(list(found.values()), golden.values, rtol=1e-9, atol=1e-12)


if __name__ == "__main__":
    made = engine()
    table = FeatureTable.of("golden", made.extract(ct(), masks(), load_recipe()), masks(), load_recipe(), made)
    GOLDEN.write_bytes(write_features_csv(table))
