"""The commands on a real lung CT, against pyradiomics run by hand and a brute force over outline vertices."""

import csv

import numpy as np
import pytest
import SimpleITK as sitk
from scipy.spatial.distance import pdist

from ABCImmunoResponseLib.features.names import FEATURE_NAMES
from ABCImmunoResponseLib.imaging.masks import read_masks
from oracle import values_by_hand

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def lung(real_data):
    return real_data / "ibsi1_lung_ct"


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


def test_nifti_features_and_diameter(run, lung, tmp_path):
    image, mask = lung / "nifti" / "image" / "phantom.nii.gz", lung / "nifti" / "mask" / "mask.nii.gz"
    assert run("extract", "--image", image, "--mask", mask, "--label", 1, "--output", tmp_path / "f.csv").code == 0
    np.testing.assert_allclose(_row(tmp_path / "f.csv"), values_by_hand(image, mask), rtol=1e-9, atol=0)
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
