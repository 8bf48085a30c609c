"""The real lung CT: DICOM, NIfTI and RTSTRUCT agree with each other and with SimpleITK, bit by bit."""

import numpy as np
import pytest
import SimpleITK as sitk

from ABCImmunoResponseLib.imaging.ct import as_int16, read_ct
from ABCImmunoResponseLib.imaging.masks import read_masks

pytestmark = pytest.mark.realdata


@pytest.fixture
def lung(real_data):
    return real_data / "ibsi1_lung_ct"


def geometry(image):
    return image.GetSize(), image.GetSpacing(), image.GetOrigin(), image.GetDirection(), image.GetPixelID()


def test_dicom_equals_simpleitk(lung):
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(lung / "dicom" / "image")))
    expected = reader.Execute()
    ct = read_ct(lung / "dicom" / "image")
    assert geometry(ct.image) == geometry(expected)
    assert sitk.Hash(ct.image) == sitk.Hash(expected)
    assert ct.findings == ()
    assert ct.acquisition.slice_thickness_mm == 3.0


def test_nifti_equals_simpleitk_and_dicom(lung):
    path = lung / "nifti" / "image" / "phantom.nii.gz"
    expected = sitk.ReadImage(str(path))
    ct = read_ct(path)
    assert geometry(ct.image) == geometry(expected)
    assert sitk.Hash(ct.image) == sitk.Hash(expected)
    assert sitk.Hash(as_int16(ct).image) == sitk.Hash(read_ct(lung / "dicom" / "image").image)


def test_structure_set_equals_the_published_mask(lung, record_property):
    """The IBSI publishes the tumour both ways: contours filled here give its voxel mask exactly."""
    ct = read_ct(lung / "dicom" / "image")
    (published,) = read_masks(lung / "nifti" / "mask" / "mask.nii.gz", ct.image)
    (filled,) = read_masks(lung / "dicom" / "mask", ct.image)
    assert filled.name == "GTV-1"
    assert filled.findings == published.findings == ()
    a, b = (sitk.GetArrayFromImage(mask.image) != 0 for mask in (published, filled))
    record_property("dice", float(2 * (a & b).sum() / (a.sum() + b.sum())))
    record_property("voxels_different", int((a != b).sum()))
    assert a.sum() == 125256
    assert (a != b).sum() == 0


def test_masks_lie_on_the_nifti_image_too(lung):
    ct = read_ct(lung / "nifti" / "image" / "phantom.nii.gz")
    (filled,) = read_masks(lung / "dicom" / "mask", ct.image, segments="GTV-1")
    assert [finding.code for finding in filled.findings] == ["frame-of-reference-unknown"]
    assert int(sitk.GetArrayFromImage(filled.image).sum()) == 125256


def test_the_digital_phantom(real_data):
    folder = real_data / "ibsi1_digital"
    ct = read_ct(folder / "image" / "phantom.nii.gz")
    (mask,) = read_masks(folder / "mask" / "mask.nii.gz", ct.image)
    assert ct.image.GetSize() == (5, 4, 4)
    assert int(np.count_nonzero(sitk.GetArrayFromImage(mask.image))) == 74
    assert "hu-implausible" in [finding.code for finding in ct.findings]
