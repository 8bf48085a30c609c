"""The 1130 numbers of seven small lesions, held to what pyradiomics 3.0.1 gave, where it is not installed as well.

The values beside this file were written by

    PYTHONPATH=Testing/Python .venv/bin/python Testing/Python/features/test_golden.py

on Python 3.11, numpy 2.4.6, SimpleITK 2.5.7, PyWavelets 1.9.0: those of the study's recipe by pyradiomics run by hand,
those of robust-v1, which it cannot read, by the engine 'pyradiomics'. Run it again only where a recipe changes on
purpose.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from scipy.ndimage import label

from ABCImmunoResponseLib.features.engine import engine, engine_names
from ABCImmunoResponseLib.features.names import FEATURE_NAMES
from ABCImmunoResponseLib.features.recipe import load_recipe
from ABCImmunoResponseLib.features.table import (
    FeatureTable,
    join_tables,
    read_features_csv,
    volume_mm3,
    write_features_csv,
)
from golden_cases import GoldenCase, golden_cases
from oracle import by_hand

CASES = golden_cases()
# Of robust-v1 one case is enough: what it changes is resampling, the pad and rounding, for which quarters are the test.
FILES = {"zhao2023": ("golden.csv", tuple(CASES)), "robust-v1": ("golden-robust-v1.csv", ("quarters",))}
HELD = [(recipe, case) for recipe, (_, cases) in FILES.items() for case in cases]


def _golden(recipe: str) -> FeatureTable:
    return read_features_csv(Path(__file__).with_name(FILES[recipe][0]))


def _held(recipe: str, case: str) -> np.ndarray:
    table = _golden(recipe)
    [row] = [n for n, lesion in enumerate(table.ids) if lesion.lesion_id == case]
    return table.values[row]


def _moved(case: GoldenCase, by: tuple[float, float, float]) -> GoldenCase:
    """Return a case elsewhere in space, where the same positions are rounded otherwise."""
    pictures = sitk.Image(case.image), sitk.Image(case.mask)
    for picture in pictures:
        picture.SetOrigin([start + step for start, step in zip(picture.GetOrigin(), by, strict=True)])
    return GoldenCase(*pictures)


@pytest.mark.parametrize("recipe", FILES)
def test_the_file_is_of_this_recipe_and_of_these_cases(recipe):
    golden = _golden(recipe)
    assert golden.recipe_sha256 == load_recipe(recipe).sha256, "the recipe changed: write the golden values anew"
    assert tuple(row.lesion_id for row in golden.ids) == FILES[recipe][1]
    assert [volume_mm3(CASES[row.lesion_id].mask) for row in golden.ids] == list(golden.volumes)


@pytest.mark.parametrize("name", engine_names())
@pytest.mark.parametrize(("recipe", "case"), HELD)
def test_numbers_are_held(name, recipe, case):
    """Without an absolute tolerance: zeros are exact here, and nothing is left over from terms that cancel."""
    image, mask = CASES[case].image, CASES[case].mask
    found = engine(name).extract(image, {case: mask}, load_recipe(recipe))[case]
    np.testing.assert_allclose(found, _held(recipe, case), rtol=1e-9, atol=0)


@pytest.mark.parametrize(("recipe", "case"), HELD)
def test_numbers_do_not_hang_on_rounding(recipe, case):
    """A value that a last bit decides would differ between machines: none changes where all positions round anew."""
    elsewhere = _moved(CASES[case], (-100.1, 77.7, 31.3))
    found = engine("numpy").extract(elsewhere.image, {case: elsewhere.mask}, load_recipe(recipe))[case]
    np.testing.assert_allclose(found, _held(recipe, case), rtol=1e-9, atol=0)


def test_cases_are_of_differing_kinds():
    masks = {name: sitk.GetArrayFromImage(case.mask).astype(bool) for name, case in CASES.items()}
    assert label(masks["specks"], np.ones((3, 3, 3)))[1] == 3
    assert len(np.unique(sitk.GetArrayFromImage(CASES["specks"].image)[masks["specks"]])) == 2
    assert masks["corner"][0].any()
    assert masks["corner"][:, -1].any()
    assert masks["corner"][:, :, 0].any()
    assert np.count_nonzero(masks["slice"].any(axis=(1, 2))) == 1
    assert CASES["oblique"].image.GetDirection()[1] != 0
    quarters = sitk.GetArrayFromImage(CASES["quarters"].image)
    assert quarters.dtype == np.float32
    assert np.unique(quarters % 1).tolist() == [0, 0.25, 0.5, 0.75]


def _by_pyradiomics(recipe: str, case: str) -> np.ndarray:
    image, mask = CASES[case].image, CASES[case].mask
    if recipe != "zhao2023":
        return engine("pyradiomics").extract(image, {case: mask}, load_recipe(recipe))[case]
    values: Mapping[str, float] = by_hand(image, mask, load_recipe(recipe).path)
    return np.array([values[name] for name in FEATURE_NAMES])


def _write(recipe: str) -> None:
    file, cases = FILES[recipe]
    rows = [
        FeatureTable.of(
            "golden",
            {case: _by_pyradiomics(recipe, case)},
            {case: CASES[case].mask},
            load_recipe(recipe),
            engine("pyradiomics"),
        )
        for case in cases
    ]
    Path(__file__).with_name(file).write_bytes(write_features_csv(join_tables(rows)))


if __name__ == "__main__":
    for name in FILES:
        _write(name)
