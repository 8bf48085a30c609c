"""The real lung CT: from NIfTI (float32) and from DICOM (int16), against pyradiomics run by hand on the same."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from ABCImmunoResponseLib.features.engine import engine
from ABCImmunoResponseLib.features.names import undefined_features
from ABCImmunoResponseLib.features.recipe import load_recipe
from ABCImmunoResponseLib.imaging.ct import read_ct
from phantoms import like

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def nifti(real_data) -> tuple[Path, Path]:
    """The CT and its tumour as NIfTI files."""
    folder = real_data / "ibsi1_lung_ct" / "nifti"
    return next((folder / "image").iterdir()), next((folder / "mask").iterdir())


def held_equal(found: np.ndarray, wanted: np.ndarray) -> None:
    """Every one of the 1130 within 1e-9 relative, and all defined."""
    assert undefined_features(found) == ()
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=0)


def test_from_nifti(nifti, values_by_hand):
    image, mask = map(sitk.ReadImage, nifti)
    assert image.GetPixelID() == sitk.sitkFloat32
    found = engine().extract(image, {"GTV": sitk.Cast(mask, sitk.sitkUInt8)}, load_recipe())["GTV"]
    held_equal(found, values_by_hand(*nifti))


def test_from_dicom(real_data, nifti, values_by_hand):
    folder = real_data / "ibsi1_lung_ct" / "dicom" / "image"
    ours = read_ct(folder).image
    assert ours.GetPixelID() == sitk.sitkInt16
    theirs = sitk.ReadImage(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder)), sitk.sitkInt16)
    tumour = sitk.GetArrayFromImage(sitk.ReadImage(nifti[1]))
    slices = np.flatnonzero(tumour.any(axis=(1, 2)))
    tumour[: slices[-7]] = 0  # its upper seven slices: the whole of it takes pyradiomics ten seconds each time
    mask = like(tumour, theirs, np.uint8)
    found = engine().extract(ours, {"GTV": mask}, load_recipe())["GTV"]
    held_equal(found, values_by_hand(theirs, mask))
