"""What is told of an extraction beside its features."""

import csv
import importlib.metadata
import io

import numpy as np
import pytest
import SimpleITK as sitk

from ABCImmunoResponseLib.features.diagnostics import findings, write_diagnostics_csv
from ABCImmunoResponseLib.features.engine import engine, engine_names
from ABCImmunoResponseLib.features.names import IMAGE_TYPES
from ABCImmunoResponseLib.features.recipe import load_recipe
from phantoms import ball, box, grid, like, textured

RECIPE = load_recipe()


def of(image: sitk.Image, mask: sitk.Image, name: str = "numpy"):
    """Return the diagnostics of one lesion."""
    return engine(name).extract_with_diagnostics(image, {"L": mask}, RECIPE)["L"].diagnostics


@pytest.mark.parametrize("name", engine_names())
def test_sizes_and_grey_levels(name):
    image = textured(grid((40, 40, 24), (1, 1, 2)), 1)
    found = of(image, box(image, (10, 12, 8), (9, 8, 5)), name)
    assert found.drawn_voxels == 9 * 8 * 5
    assert found.drawn_volume_mm3 == 9 * 8 * 5 * 2
    assert found.resampled_size == (9, 8, 10)
    assert found.resampled_spacing_mm == (1, 1, 1)
    assert found.resampled_voxels == found.resampled_volume_mm3 == 720
    assert list(found.grey_levels) == list(IMAGE_TYPES)
    assert all(1 <= levels < 40 for levels in found.grey_levels.values())
    assert (found.mask_at_border, found.pad_at_border, found.one_voxel_thick, found.tiny) == ("", "", "", False)
    assert found.constant == found.undefined == ()
    assert findings("L", found) == []


def test_every_engine_counts_the_same():
    image = textured(grid((40, 40, 24), (0.8, 0.8, 1.25)), 4)
    mask = ball(image, (16, 15, 14), 7)
    numpy, *others = (of(image, mask, name) for name in engine_names())
    assert others == [numpy, numpy]


def test_grey_levels_are_those_that_occur():
    """Values 0, 30 and 230 fall into three bins of 25 HU, however many lie between."""
    reference = grid((40, 40, 30), (1, 1, 1))
    array = np.zeros((30, 40, 40), np.int16)
    array[:, :, 18:] = 30
    array[:, :, 22:] = 230
    found = of(like(array, reference), box(reference, (14, 14, 10), (12, 9, 8)))
    assert found.grey_levels["original"] == 3


def test_borders_of_mask_and_pad():
    image = textured(grid((40, 40, 30), (1, 1, 1)), 1)
    found = of(image, box(image, (0, 12, 27), (9, 8, 3)))
    assert found.mask_at_border == "k+ i-"
    assert found.pad_at_border == "k+ i-"
    near = of(image, box(image, (4, 12, 10), (9, 8, 8)))
    assert (near.mask_at_border, near.pad_at_border) == ("", "i-")
    assert of(image, box(image, (5, 12, 10), (9, 8, 8))).pad_at_border == ""
    [finding] = findings("L", near)
    assert (finding.code, finding.severity, finding.lesion) == ("filters-at-border", "info", "L")


def test_thin_tiny_and_constant_lesions_are_told():
    image = textured(grid((40, 40, 30), (1, 1, 1)), 1)
    flat = of(image, box(image, (12, 12, 10), (7, 8, 1)))
    assert (flat.one_voxel_thick, flat.tiny) == ("k", True)
    assert {finding.code for finding in findings("L", flat)} == {"lesion-flat", "lesion-tiny"}
    assert not of(image, box(image, (12, 12, 10), (4, 4, 4))).tiny
    constant = sitk.Image(image)
    constant[:, :, :] = 40
    found = of(constant, box(constant, (12, 12, 10), (7, 8, 6)))
    assert "original" in found.constant
    assert found.grey_levels["original"] == 1


def test_undefined_features_are_listed_and_told():
    image = textured(grid((20, 20, 20), (1, 1, 1)))
    pair = box(image, (8, 8, 8), (1, 1, 1))
    pair[9, 9, 8] = 1
    found = of(image, pair)
    assert found.undefined == tuple(f"{name}_firstorder_RobustMeanAbsoluteDeviation" for name in IMAGE_TYPES)
    [finding] = [one for one in findings("L", found) if one.code == "features-undefined"]
    assert "12 of 1130 features are undefined" in finding.message


def test_table_has_a_row_a_lesion_and_names_versions():
    image = textured(grid((40, 40, 24), (0.8, 0.8, 1.25)), 4)
    masks = {"L1": ball(image, (16, 15, 14), 7), "L2": ball(image, (12, 20, 6), 6)}
    extractor = engine("numpy")
    found = extractor.extract_with_diagnostics(image, masks, RECIPE)
    diagnostics = {name: each.diagnostics for name, each in found.items()}
    data = write_diagnostics_csv(diagnostics, "case-1", extractor.version, RECIPE)
    assert b"\r" not in data
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline="")))
    assert [(row["case_id"], row["lesion_id"]) for row in rows] == [("case-1", "L1"), ("case-1", "L2")]
    for row, each in zip(rows, diagnostics.values(), strict=True):
        assert int(row["drawn_voxels"]) == each.drawn_voxels
        assert float(row["resampled_volume_mm3"]) == each.resampled_volume_mm3
        assert int(row["grey_levels_wavelet-LLL"]) == each.grey_levels["wavelet-LLL"]
        assert row["tiny"] == "false"
        assert row["engine"] == "numpy engine 1.0"
        assert row["recipe_sha256"] == RECIPE.sha256
        assert row["numpy"] == np.__version__
        assert row["SimpleITK"]
        assert row["numba"] == ""
    by_numba = write_diagnostics_csv(diagnostics, "case-1", engine("numba").version, RECIPE)
    [first, _] = csv.DictReader(io.StringIO(by_numba.decode("utf-8"), newline=""))
    assert first["numba"] == importlib.metadata.version("numba")
    assert rows[1]["pad_at_border"] == diagnostics["L2"].pad_at_border != ""
