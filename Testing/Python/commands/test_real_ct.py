"""The commands on a real lung CT, against pyradiomics run by hand and a brute force over outline vertices.

The lesion has 360 000 voxels of 1 mm, and 4 to 176 grey levels in the twelve images: more than one made up for a test.
"""

import csv
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from scipy.spatial.distance import pdist

from ABCImmunoResponseLib.features.engine import engine, engine_names
from ABCImmunoResponseLib.features.names import FEATURE_NAMES
from ABCImmunoResponseLib.features.recipe import load_recipe
from ABCImmunoResponseLib.imaging.masks import read_masks
from oracle import values_by_hand

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def lung(real_data):
    return real_data / "ibsi1_lung_ct"


@pytest.fixture(scope="module")
def mask(lung) -> Path:
    """The tumour on the CT's grid."""
    return lung / "nifti" / "mask" / "mask.nii.gz"


@pytest.fixture(scope="module", params=["float32", "int16"])
def image(request, lung, tmp_path_factory) -> Path:
    """The CT with whole HU in both pixel types: as it is published, and as scanners store it."""
    published = lung / "nifti" / "image" / "phantom.nii.gz"
    if request.param == "float32":
        assert sitk.ReadImage(published).GetPixelID() == sitk.sitkFloat32
        return published
    path = tmp_path_factory.mktemp("int16") / "ct.nrrd"
    sitk.WriteImage(sitk.Cast(sitk.ReadImage(published), sitk.sitkInt16), path)
    return path


@pytest.fixture(scope="module")
def wanted(image, mask) -> np.ndarray:
    """The features by pyradiomics, run by hand on the same files."""
    return values_by_hand(image, mask)


@pytest.fixture(scope="module")
def wanted_robust(lung, mask) -> np.ndarray:
    """The features by pyradiomics with recipe robust-v1, which makes no difference between pixel types."""
    ct = sitk.ReadImage(lung / "nifti" / "image" / "phantom.nii.gz")
    return engine("pyradiomics").extract(ct, {"L": sitk.ReadImage(mask)}, load_recipe("robust-v1"))["L"]


def _row(path) -> np.ndarray:
    with path.open(newline="") as stream:
        [row] = csv.DictReader(stream)
    return np.array([float(row[name]) for name in FEATURE_NAMES])


def _brute_force(mask: sitk.Image) -> float:
    """Return the longest distance between two outline vertices of one slice: mid-points between in and out."""
    array = np.pad(sitk.GetArrayFromImage(mask) > 0, 1)
    si, sj, _ = mask.GetSpacing()
    longest = 0.0
    for plane in array:
        down, right = np.nonzero(plane[1:] != plane[:-1]), np.nonzero(plane[:, 1:] != plane[:, :-1])
        vertical = np.column_stack([down[1] * si, (down[0] + 0.5) * sj])
        points = np.concatenate([vertical, np.column_stack([(right[1] + 0.5) * si, right[0] * sj])])
        if len(points) > 1:
            longest = max(longest, pdist(points).max())
    return longest


@pytest.mark.parametrize("name", engine_names())
def test_every_engine_gives_pyradiomics_features(run, image, mask, wanted, tmp_path, name):
    words = ("--image", image, "--mask", mask, "--label", 1, "--engine", name)
    assert run("extract", *words, "--output", tmp_path / "f.csv").code == 0
    np.testing.assert_allclose(_row(tmp_path / "f.csv"), wanted, rtol=1e-9, atol=0)


@pytest.mark.parametrize("name", [name for name in engine_names() if name != "pyradiomics"])
def test_engines_agree_on_the_robust_recipe(run, image, mask, wanted_robust, tmp_path, name):
    words = ("--image", image, "--mask", mask, "--label", 1, "--engine", name, "--recipe", "robust-v1")
    assert run("extract", *words, "--output", tmp_path / "f.csv").code == 0
    np.testing.assert_allclose(_row(tmp_path / "f.csv"), wanted_robust, rtol=1e-9, atol=0)


def test_diameter(run, image, mask):
    [lesion] = run("measure", "--image", image, "--mask", mask, "--json").json()
    assert lesion["longest_diameter_mm"] == pytest.approx(_brute_force(sitk.ReadImage(mask)), rel=1e-12)


def test_dicom_and_rtstruct_features_and_diameter(run, lung, tmp_path):
    image, mask = lung / "dicom" / "image", lung / "dicom" / "mask" / "DCM_RS_00060.dcm"
    [lesion] = run("measure", "--image", image, "--mask", mask, "--json").json()
    words = ("--image", image, "--mask", mask, "--segment", lesion["lesion"])
    assert run("extract", *words, "--output", tmp_path / "f.csv").code == 0

    series = sitk.ReadImage(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(image)))
    [found] = read_masks(mask, series)
    np.testing.assert_allclose(_row(tmp_path / "f.csv"), values_by_hand(series, found.image), rtol=1e-9, atol=0)
    assert lesion["longest_diameter_mm"] == pytest.approx(_brute_force(found.image), rel=1e-12)
    a, b = np.array(lesion["endpoints_lps_mm"])
    assert np.linalg.norm(a - b) == pytest.approx(lesion["longest_diameter_mm"])
