"""Multi-frame CT: every frame by its own place and rescale, whatever their order in the file."""

import numpy as np
import pytest
import SimpleITK as sitk
from pydicom.dataset import Dataset
from pydicom.uid import RLELossless

from ABCImmunoResponseLib.errors import ImagingError
from ABCImmunoResponseLib.imaging.dicom_series import list_series, read_series
from dicom_writer import ct_slices, instance, save
from phantoms import grid, textured

ENHANCED = "1.2.840.10008.5.1.4.1.1.2.1"


@pytest.fixture(scope="module")
def image() -> sitk.Image:
    direction = sitk.Euler3DTransform((0, 0, 0), 0.2, -0.3, 0.1).GetMatrix()
    return sitk.Clamp(textured(grid(size=(16, 12, 6), direction=direction), sd=300.0), sitk.sitkInt16, -1000, 2000)


def group(**values):
    item = Dataset()
    for name, value in values.items():
        setattr(item, name, value)
    return [item]


def enhanced(image, order=(3, 0, 5, 1, 4, 2)):
    """Return ``image`` as one multi-frame data set, its frames in this order."""
    slices = ct_slices(image)
    ds = instance(ENHANCED, "CT")
    first = slices[0]
    for name in ("Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"):
        setattr(ds, name, getattr(first, name))
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.NumberOfFrames = 1, "MONOCHROME2", len(slices)
    ds.SharedFunctionalGroupsSequence = group(
        PixelMeasuresSequence=group(PixelSpacing=first.PixelSpacing, SliceThickness=1.25),
        PlaneOrientationSequence=group(ImageOrientationPatient=first.ImageOrientationPatient),
        PixelValueTransformationSequence=group(RescaleSlope=1, RescaleIntercept=-1024, RescaleType="HU"),
    )
    ds.PerFrameFunctionalGroupsSequence = [
        group(PlanePositionSequence=group(ImagePositionPatient=slices[n].ImagePositionPatient))[0] for n in order
    ]
    ds.PixelData = b"".join(slices[n].PixelData for n in order)
    return ds


@pytest.mark.parametrize("compressed", [False, True])
def test_values_and_geometry(tmp_path, image, compressed):
    ds = enhanced(image)
    if compressed:
        ds.compress(RLELossless)
    save(ds, tmp_path / "a.dcm")
    read, acquisition, findings, files = read_series(tmp_path)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(read), sitk.GetArrayFromImage(image))
    assert read.GetPixelID() == sitk.sitkInt16
    np.testing.assert_allclose(read.GetOrigin(), image.GetOrigin(), atol=1e-5)
    np.testing.assert_allclose(read.GetDirection(), image.GetDirection(), atol=1e-6)
    assert acquisition.slice_thickness_mm == 1.25
    assert findings == ()
    assert len(files) == 1
    (info,) = list_series(tmp_path)
    assert (info.n_slices, info.is_ct) == (6, True)


def test_a_frames_own_rescale_counts(tmp_path, image):
    ds = enhanced(image, range(6))
    frame = ds.PerFrameFunctionalGroupsSequence[2]
    frame.PixelValueTransformationSequence = group(RescaleSlope=2, RescaleIntercept=-500)
    save(ds, tmp_path / "a.dcm")
    expected = sitk.GetArrayFromImage(image).astype(int)
    expected[2] = (expected[2] + 1024) * 2 - 500
    np.testing.assert_array_equal(sitk.GetArrayFromImage(read_series(tmp_path)[0]), expected)


def _drop(name):
    return lambda ds: delattr(ds.SharedFunctionalGroupsSequence[0], name)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (_drop("PixelValueTransformationSequence"), "no rescale"),
        (_drop("PixelMeasuresSequence"), "frame 1 has no valid position"),
        (_drop("PlaneOrientationSequence"), "frame 1 has no valid position"),
        (lambda ds: delattr(ds.PerFrameFunctionalGroupsSequence[3], "PlanePositionSequence"), "frame 4 has no valid"),
        (lambda ds: ds.PerFrameFunctionalGroupsSequence.pop(), "announces 6 frames but describes 5"),
        (lambda ds: delattr(ds, "PerFrameFunctionalGroupsSequence"), "describes 0"),
        (lambda ds: setattr(ds, "PixelData", ds.PixelData[:-100]), "truncated"),
        (lambda ds: setattr(ds, "NumberOfFrames", 5), "announces 5 frames"),
    ],
)
def test_faults(tmp_path, image, edit, words):
    ds = enhanced(image)
    edit(ds)
    save(ds, tmp_path / "a.dcm")
    with pytest.raises(ImagingError, match=words):
        read_series(tmp_path)


def test_a_missing_frame_and_a_second_file(tmp_path, image):
    save(enhanced(image, (0, 1, 3, 4, 5)), tmp_path / "a.dcm")
    with pytest.raises(ImagingError, match="truncated: it needs 2304 bytes of pixels and has 1920"):
        read_series(tmp_path)
    ds = enhanced(image, (0, 1, 3, 4, 5))
    ds.NumberOfFrames = 5
    save(ds, tmp_path / "a.dcm")
    with pytest.raises(ImagingError, match=r"1 slice\(s\) are missing in 1 gap.*frame 2 and frame 3"):
        read_series(tmp_path)
    save(enhanced(image), tmp_path / "b.dcm")
    with pytest.raises(ImagingError, match="several multi-frame files"):
        read_series(tmp_path)
