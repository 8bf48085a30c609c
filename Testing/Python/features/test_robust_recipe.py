"""Recipe robust-v1: in every engine the same, and free of what depends on origin, pixel type and pad."""

import json

import numpy as np
import pytest
import SimpleITK as sitk

from ABCImmunoResponseLib.errors import FeatureError
from ABCImmunoResponseLib.features.engine import engine, engine_names
from ABCImmunoResponseLib.features.kernels.numpy_kernels import NumpyKernels
from ABCImmunoResponseLib.features.names import FEATURE_NAMES
from ABCImmunoResponseLib.features.preprocessing.boxed_mask import boxed_mask
from ABCImmunoResponseLib.features.preprocessing.resampling import Resampler
from ABCImmunoResponseLib.features.preprocessing.sampling_grid import sampling_grid
from ABCImmunoResponseLib.features.recipe import load_recipe
from phantoms import blob, ellipsoid, grid, textured

ROBUST, STUDY = load_recipe("robust-v1"), load_recipe()
LOG3 = [n for n, name in enumerate(FEATURE_NAMES) if name.startswith("log-sigma-3")]


def moved(image: sitk.Image, origin) -> sitk.Image:
    """Return the image at another place in space."""
    result = sitk.Image(image)
    result.SetOrigin([float(x) for x in origin])
    return result


@pytest.mark.parametrize("seed", range(3))
def test_engines_agree(seed):
    image = textured(grid((50, 46, 34), (0.8, 0.9, 1.5)), seed)
    mask = blob(image, seed, share=0.1, sigma=4)
    wanted = engine("pyradiomics").extract(image, {"L": mask}, ROBUST)["L"]
    for name in engine_names():
        found = engine(name).extract(image, {"L": mask}, ROBUST)["L"]
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=0)
    assert not np.allclose(wanted, engine("pyradiomics").extract(image, {"L": mask}, STUDY)["L"], rtol=1e-3)


def test_pixel_type_does_not_matter():
    image = textured(grid((40, 40, 26), (0.8, 0.8, 1.25)), 2)
    mask = ellipsoid(image, (16, 16, 16), (7, 6, 8))
    found = [
        engine("numpy").extract(sitk.Cast(image, kind), {"L": mask}, ROBUST)["L"]
        for kind in (sitk.sitkInt16, sitk.sitkInt32, sitk.sitkFloat32, sitk.sitkFloat64)
    ]
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])


@pytest.mark.parametrize("spacing", [(0.8, 0.8, 1.25), (1.0, 1.0, 2.0), (0.9, 0.9, 3.0)])
def test_origin_does_not_matter(spacing):
    """With slices of 1.25 mm samples lie exactly between two; with 2 mm values lie exactly between two HU."""
    image = textured(grid((40, 40, 24), spacing), 5)
    mask = blob(image, 8, share=0.08, sigma=4)
    origins = np.random.default_rng(0).uniform(-400, 400, (25, 3)).round(1)
    found = [engine("numpy").extract(moved(image, at), {"L": moved(mask, at)}, ROBUST)["L"] for at in origins]
    for values in found[1:]:
        np.testing.assert_allclose(values, found[0], rtol=1e-9)


def test_origin_changes_the_study_s_mask_but_not_the_robust_one():
    image = grid((40, 40, 24), (0.8, 0.8, 1.25))
    mask = blob(image, 8, share=0.08, sigma=4)
    voxels: dict[str, set[int]] = {"zhao2023": set(), "robust-v1": set()}
    for origin in np.random.default_rng(0).uniform(-400, 400, (300, 3)).round(1):
        here, there = moved(image, origin), moved(mask, origin)
        drawn = boxed_mask(there, here)
        for name, counts in voxels.items():
            recipe = load_recipe(name)
            resampler = Resampler(here, (), recipe, NumpyKernels())
            counts.add(int(resampler.mask_on(drawn, sampling_grid(here, drawn, recipe)).sum()))
    assert len(voxels["zhao2023"]) > 1
    assert len(voxels["robust-v1"]) == 1


def test_a_wider_pad_changes_nothing_more(tmp_path):
    """LoG of sigma 3 has converged at 20 mm and has not at 5."""
    image = textured(grid((90, 90, 60), (0.9, 0.9, 1.25)), 3)
    mask = ellipsoid(image, (40, 40, 37), (5, 5, 5))
    values = {}
    for pad in (5, 20, 26):
        content = json.loads(ROBUST.path.read_text(encoding="utf-8"))
        content["setting"]["padDistance"] = pad
        path = tmp_path / f"pad{pad}.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        values[pad] = engine("numpy").extract(image, {"L": mask}, load_recipe(path))["L"]
    far = np.abs(values[20] / values[26] - 1)[LOG3]
    near = np.abs(values[5] / values[26] - 1)[LOG3]
    assert np.median(far) < 1e-4
    assert np.count_nonzero(far > 0.01) <= 2
    assert np.count_nonzero(near > 0.01) > 20


@pytest.mark.parametrize("name", engine_names())
def test_values_beyond_whole_numbers_are_refused_without_a_warning(name):
    image = sitk.Cast(textured(grid((40, 40, 26), (0.8, 0.8, 1.25)), 2), sitk.sitkFloat64) * 1e12
    with pytest.raises(FeatureError, match=r"is the image a CT in HU|reach the end of int32|bin width"):
        engine(name).extract(image, {"L": ellipsoid(image, (16, 16, 16), (7, 6, 8))}, ROBUST)
