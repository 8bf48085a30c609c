"""A CT series from a DICOM folder: right values and place, and one clear line for whatever is wrong with it."""

import os
import shutil

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from pydicom.uid import JPEG2000Lossless, JPEGLosslessSV1, RLELossless

from ABCImmunoResponseLib.errors import ImagingError
from ABCImmunoResponseLib.imaging import dicom_series
from ABCImmunoResponseLib.imaging.ct import read_ct
from ABCImmunoResponseLib.imaging.dicom_series import list_series, read_series
from ABCImmunoResponseLib.imaging.geometry import FRAME_OF_REFERENCE
from dicom_writer import SERIES, ct_slices, instance, save, write_series
from phantoms import grid, textured

OTHER = "1.2.826.0.1.3680043.8.498.9"


@pytest.fixture(scope="module")
def image() -> sitk.Image:
    return sitk.Clamp(textured(grid(size=(16, 12, 8)), mean=-100.0, sd=300.0), sitk.sitkInt16, -1000, 2000)


def fails(folder, *words, series_uid=None):
    """Assert one clear line of ours that holds ``words``, and return it."""
    with pytest.raises(ImagingError) as caught:
        read_series(folder, series_uid)
    message = str(caught.value)
    assert "\n" not in message
    assert all(word in message for word in words), message
    assert "Secret" not in message
    assert "secret" not in message
    return message


def same(a, b):
    np.testing.assert_array_equal(sitk.GetArrayFromImage(a), sitk.GetArrayFromImage(b))
    np.testing.assert_allclose(a.GetOrigin(), b.GetOrigin(), atol=1e-5)
    np.testing.assert_allclose(a.GetSpacing(), b.GetSpacing(), atol=1e-5)
    np.testing.assert_allclose(a.GetDirection(), b.GetDirection(), atol=1e-6)


def test_values_geometry_and_facts(tmp_path, image):
    write_series(tmp_path, image)
    read, acquisition, findings, files = read_series(tmp_path)
    same(read, image)
    assert read.GetPixelID() == sitk.sitkInt16
    assert findings == ()
    assert len(files) == 8
    assert read.GetMetaDataKeys() == (FRAME_OF_REFERENCE,)
    assert (acquisition.manufacturer, acquisition.kvp, acquisition.kernel) == ("SIEMENS", 120.0, "Br40d")
    assert (acquisition.contrast, acquisition.contrast_agent) == (True, "Iohexol")
    assert (acquisition.study_date, acquisition.series_uid) == ("2020-01-02", SERIES)
    assert acquisition.size == (16, 12, 8)
    assert acquisition.slice_thickness_mm == 1.25
    assert "secret" not in repr(acquisition).lower()


@pytest.mark.parametrize(
    "direction",
    [
        (0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0),  # sagittal
        (-1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0),  # prone
        tuple(sitk.Euler3DTransform((0, 0, 0), 0.2, -0.3, 0.1).GetMatrix()),  # double oblique
    ],
)
def test_any_orientation(tmp_path, image, direction):
    turned = sitk.Image(image)
    turned.SetDirection(direction)
    write_series(tmp_path, turned)
    same(read_series(tmp_path)[0], turned)


def test_order_is_by_position_whatever_the_names_and_numbers(tmp_path, image):
    def shuffle(slices):
        slices.reverse()
        for n, ds in enumerate(slices[::2]):
            ds.InstanceNumber = n
        slices[3].InstanceNumber = None

    write_series(tmp_path, image, edit=shuffle)
    same(read_series(tmp_path)[0], image)


def test_other_files_and_nested_folders(tmp_path, image):
    write_series(tmp_path / "study" / "Größe 漢字", image)
    (tmp_path / "notes.txt").write_text("not DICOM")
    (tmp_path / "study" / "empty").write_bytes(b"")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    (tmp_path / "loop").symlink_to(tmp_path)
    same(read_series(tmp_path)[0], image)


def test_links_to_files_and_to_the_folder_itself(tmp_path, image):
    write_series(tmp_path / "a", image)
    (tmp_path / "b").mkdir()
    for path in (tmp_path / "a").iterdir():
        (tmp_path / "b" / path.name).symlink_to(path)
    (tmp_path / "c").symlink_to(tmp_path / "b")
    same(read_series(tmp_path / "c")[0], image)


def test_one_file_stands_for_its_series(tmp_path, image):
    write_series(tmp_path, image)
    write_series(tmp_path, image * 2, OTHER)
    ct = read_ct(tmp_path / "1-003.dcm")
    same(ct.image, image)
    assert ct.acquisition.series_uid == SERIES


def test_files_without_preamble(tmp_path, image):
    for n, ds in enumerate(ct_slices(image)):
        del ds.file_meta
        pydicom.dcmwrite(tmp_path / f"IM{n}", ds, implicit_vr=True, little_endian=True)
    same(read_series(tmp_path)[0], image)


def test_run_length_encoding(tmp_path, image):
    write_series(tmp_path, image, edit=lambda slices: [ds.compress(RLELossless) for ds in slices])
    same(read_series(tmp_path)[0], image)


def write_compressed(folder, image, compressor):
    """Write a series compressed by GDCM, whose encoders pydicom alone does not have."""
    writer = sitk.ImageFileWriter()
    writer.SetUseCompression(True)
    writer.SetCompressor(compressor)
    writer.KeepOriginalImageUIDOn()
    for k in range(image.GetDepth()):
        part = image[:, :, k : k + 1]
        for key, value in (
            ("0008|0060", "CT"),
            ("0008|0016", "1.2.840.10008.5.1.4.1.1.2"),
            ("0020|000e", SERIES),
            ("0020|0032", "\\".join(map(str, image.TransformIndexToPhysicalPoint((0, 0, k))))),
            ("0028|1052", "0"),
            ("0028|1053", "1"),
        ):
            part.SetMetaData(key, value)
        writer.SetFileName(str(folder / f"{k}.dcm"))
        writer.Execute(part)


@pytest.mark.parametrize(("compressor", "syntax"), [("JPEG2000", JPEG2000Lossless), ("JPEG", JPEGLosslessSV1)])
def test_compressed_by_gdcm(tmp_path, image, compressor, syntax):
    write_compressed(tmp_path, image, compressor)
    assert pydicom.dcmread(tmp_path / "0.dcm").file_meta.TransferSyntaxUID == syntax
    same(read_series(tmp_path)[0], image)


def test_what_a_decoder_only_complains_about_is_damage(tmp_path, image, capfd):
    """The JPEG decoder fills up what is missing and prints a remark: such pixels are no measurement."""
    write_compressed(tmp_path, image, "JPEG")
    path = tmp_path / "4.dcm"
    data = bytearray(path.read_bytes())
    middle = (data.index(b"\xff\xda") + len(data)) // 2  # of the scan
    data[middle : middle + 2] = b"\xff\xd9"  # end of image
    path.write_bytes(data)
    assert sitk.ReadImage(str(path)).GetSize() == (16, 12, 1), "the decoder itself does not refuse it"
    capfd.readouterr()
    fails(tmp_path, "damaged", "JPEG")
    assert capfd.readouterr().err == ""


def test_rescale_may_differ_between_slices(tmp_path, image):
    def vary(slices):
        for k, ds in enumerate(slices):
            pixels = np.frombuffer(ds.PixelData, "<u2").astype(np.int32) + 10 * k
            ds.PixelData, ds.RescaleIntercept = pixels.astype("<u2").tobytes(), -1024 - 10 * k

    write_series(tmp_path, image, edit=vary)
    read = read_series(tmp_path)[0]
    same(read, image)
    assert read.GetPixelID() == sitk.sitkInt16


def test_fractional_rescale_is_rounded_and_told(tmp_path, image):
    def halve(slices):
        for ds in slices:
            ds.RescaleSlope = 0.3

    write_series(tmp_path, image, edit=halve)
    read, _, findings, _ = read_series(tmp_path)
    expected = np.rint((sitk.GetArrayFromImage(image).astype(float) + 1024) * 0.3 - 1024)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(read), expected)
    assert [f.code for f in findings] == ["values-rounded"]


def test_values_beyond_16_bits_take_32(tmp_path, image):
    write_series(tmp_path, image, edit=lambda s: [setattr(ds, "RescaleSlope", 100) for ds in s])
    assert read_series(tmp_path)[0].GetPixelID() == sitk.sitkInt32


@pytest.mark.parametrize("at_a_time", [2, 3, 8])
@pytest.mark.parametrize("slope", [1, 0.3, 100])
def test_it_makes_no_difference_how_many_slices_are_decoded_at_a_time(tmp_path, image, at_a_time, slope, monkeypatch):
    def vary(slices):
        for ds in slices[3:]:  # so that values need more than 16 bits, or are fractions, in later slices alone
            ds.RescaleSlope = slope
        _shift(slices[5], (0, 0, 0.03))

    write_series(tmp_path, image, edit=vary)
    whole, _, findings, _ = read_series(tmp_path)
    stored = sitk.GetArrayFromImage(image).astype(float) + 1024
    stored[3:] *= slope
    np.testing.assert_array_equal(sitk.GetArrayFromImage(whole), np.rint(stored - 1024))
    assert [f.code for f in findings] == ["slice-positions"] + ["values-rounded"] * (slope == 0.3)
    assert whole.GetPixelID() == (sitk.sitkInt32 if slope == 100 else sitk.sitkInt16)
    monkeypatch.setattr(dicom_series, "_SLICES", at_a_time)
    read, _, again, _ = read_series(tmp_path)
    same(read, whole)
    assert (again, read.GetPixelID()) == (findings, whole.GetPixelID())


def test_several_series_are_listed_without_patient(tmp_path, image):
    write_series(tmp_path, image)
    write_series(tmp_path, image[:, :, :5] + 1, OTHER)
    message = fails(tmp_path, "2 CT series", SERIES, OTHER, "8 slices", "5 slices", "1.25 mm")
    assert "Secret" not in message
    same(read_series(tmp_path, OTHER)[0], image[:, :, :5] + 1)
    assert [(s.uid, s.n_slices, s.is_ct) for s in list_series(tmp_path)] == [(SERIES, 8, True), (OTHER, 5, True)]


def test_a_localizer_is_not_a_second_choice(tmp_path, image):
    def scout(slices):
        del slices[1:]
        slices[0].ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]

    write_series(tmp_path, image)
    write_series(tmp_path, image, OTHER, scout)
    same(read_series(tmp_path)[0], image)


def test_named_series_absent(tmp_path, image):
    write_series(tmp_path, image)
    fails(tmp_path, "no series '1.2.3.4'", SERIES, series_uid="1.2.3.4")


def test_named_series_is_no_ct(tmp_path, image):
    write_series(tmp_path, image)
    write_series(tmp_path, image, OTHER, lambda s: [setattr(ds, "Modality", "MR") for ds in s])
    fails(tmp_path, "not a CT", "MR", series_uid=OTHER)
    same(read_series(tmp_path)[0], image)


def test_no_dicom(tmp_path):
    fails(tmp_path / "gone", "not a folder")
    fails(tmp_path, "no DICOM file")
    (tmp_path / "a.txt").write_text("x" * 500)
    fails(tmp_path, "no DICOM file")


def test_only_other_modalities(tmp_path, image):
    write_series(tmp_path, image, edit=lambda s: [setattr(ds, "Modality", "MR") for ds in s])
    fails(tmp_path, "no CT", "MR")


def test_a_dicom_directory_file_is_ignored(tmp_path, image):
    write_series(tmp_path, image)
    directory = instance("1.2.840.10008.1.3.10", "")
    del directory.SeriesInstanceUID
    save(directory, tmp_path / "DICOMDIR")
    same(read_series(tmp_path)[0], image)


FAULTS = {
    "gap": (lambda s: s.pop(3), ["1 slice(s) are missing", "7.50 and 10.00 mm", "1.25 mm apart"]),
    "two gaps": (lambda s: [s.pop(5), s.pop(2)], ["2 slice(s) are missing in 2 gap(s)"]),
    "long gap": (lambda s: [s.pop(3), s.pop(3), s.pop(3)], ["3 slice(s) are missing in 1 gap(s)"]),
    "double": (lambda s: setattr(s[4], "ImagePositionPatient", s[3].ImagePositionPatient), ["twice", "8.75 mm"]),
    "uneven": (lambda s: _shift(s[3], (0, 0, 0.4)), ["unevenly spaced"]),
    "drifting": (lambda s: [_shift(ds, (0, 0, 0.05 * k * k)) for k, ds in enumerate(s)], ["unevenly spaced"]),
    "tilt": (lambda s: [_shift(ds, (0, 0.3 * k, 0)) for k, ds in enumerate(s)], ["gantry tilt", "13.5 degrees"]),
    "sideways": (lambda s: _shift(s[5], (0.5, 0, 0)), ["shifted against each other"]),
    "orientation": (lambda s: setattr(s[2], "ImageOrientationPatient", [1, 0, 0, 0, 0, 1]), ["orientation", "002.dcm"]),
    "not unit": (lambda s: _all(s, "ImageOrientationPatient", [2, 0, 0, 0, 1, 0]), ["unit vectors"]),
    "pixel spacing": (lambda s: setattr(s[2], "PixelSpacing", [0.9, 0.8]), ["pixel spacing", "002.dcm"]),
    "zero spacing": (lambda s: _all(s, "PixelSpacing", [0, 0.8]), ["pixel spacing"]),
    "size": (lambda s: _resize(s[2]), ["image size", "16/11", "16/12"]),
    "no slope": (lambda s: delattr(s[2], "RescaleSlope"), ["rescale", "002.dcm"]),
    "no intercept": (lambda s: delattr(s[2], "RescaleIntercept"), ["rescale", "002.dcm"]),
    "zero slope": (lambda s: _all(s, "RescaleSlope", 0), ["slope of zero"]),
    "no pixels": (lambda s: delattr(s[2], "PixelData"), ["no pixel data", "002.dcm"]),
    "short pixels": (lambda s: setattr(s[2], "PixelData", s[2].PixelData[:-20]), ["truncated", "384", "364"]),
    "no position": (lambda s: delattr(s[2], "ImagePositionPatient"), ["ImagePositionPatient", "002.dcm"]),
    "no orientation": (lambda s: delattr(s[2], "ImageOrientationPatient"), ["ImageOrientationPatient"]),
    "no spacing": (lambda s: delattr(s[2], "PixelSpacing"), ["PixelSpacing", "002.dcm"]),
    "one slice": (lambda s: s.__delitem__(slice(1, None)), ["one slice only"]),
    "colour": (lambda s: setattr(s[2], "SamplesPerPixel", 3), ["colour"]),
    "no rows": (lambda s: delattr(s[2], "Rows"), ["rows"]),
    "mixed modality": (lambda s: setattr(s[2], "Modality", "PT"), ["no CT", "CT/PT"]),
}


def _shift(ds, by):
    ds.ImagePositionPatient = [a + b for a, b in zip(ds.ImagePositionPatient, by, strict=True)]


def _all(slices, name, value):
    for ds in slices:
        setattr(ds, name, value)


def _resize(ds):
    ds.Rows = 11


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_its_own_line(tmp_path, image, fault):
    edit, words = FAULTS[fault]
    write_series(tmp_path, image, edit=edit)
    fails(tmp_path, *words)


def test_rounded_positions_are_taken_and_told(tmp_path, image):
    def jitter(slices):
        _shift(slices[3], (0, 0, 0.03))
        _shift(slices[5], (0.02, 0, 0))

    write_series(tmp_path, image, edit=jitter)
    _, _, findings, _ = read_series(tmp_path)
    assert [f.code for f in findings] == ["slice-positions"]


def test_the_same_file_twice(tmp_path, image):
    write_series(tmp_path, image)
    shutil.copy(tmp_path / "1-002.dcm", tmp_path / "copy of 2.dcm")
    fails(tmp_path, "twice", "copy of 2.dcm")


def test_malformed_values_that_do_not_matter(tmp_path, image):
    write_series(tmp_path, image)
    for path in tmp_path.iterdir():
        data = path.read_bytes()
        for good, bad in ((b"20200102", b"2020-x-y"), (b"120.0 ", b"1,20.0"), (b"Iohexol ", b"I\xff\xfe\x00hex\n")):
            assert data.count(good) == 1
            data = data.replace(good, bad)
        path.write_bytes(data)
    read, acquisition, _, _ = read_series(tmp_path)
    same(read, image)
    assert acquisition.study_date is None
    assert acquisition.kvp is None
    assert acquisition.contrast
    assert acquisition.contrast_agent.isprintable()


@pytest.mark.parametrize("keep", [0, 1, 131, 132, 140, 200, 350, 600, 900, -400, -384, -200, -1])
def test_a_truncated_file_is_never_passed_over(tmp_path, image, keep):
    write_series(tmp_path, image)
    path = tmp_path / "1-007.dcm"  # the last slice: without it the stack would still be regular
    data = path.read_bytes()
    path.write_bytes(data[:keep])
    fails(tmp_path, "1-007.dcm")


def test_a_name_that_is_not_text(tmp_path, image):
    write_series(tmp_path, image)
    (tmp_path / "1-003.dcm").rename(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff.dcm"))
    fails(tmp_path, "UTF-8")


def test_a_link_to_a_slice_that_is_gone(tmp_path, image):
    write_series(tmp_path, image)
    (tmp_path / "1-008.dcm").symlink_to(tmp_path / "gone.dcm")
    fails(tmp_path, "1-008.dcm", "gone")


@pytest.mark.parametrize("cut", [1, 8, 20, 120, 300])
def test_truncated_compressed_pixels(tmp_path, image, cut):
    write_series(tmp_path, image, edit=lambda slices: [ds.compress(RLELossless) for ds in slices])
    path = tmp_path / "1-004.dcm"
    path.write_bytes(path.read_bytes()[:-cut])
    fails(tmp_path, "1-004.dcm is truncated")


def test_damaged_compressed_pixels(tmp_path, image, capfd):
    write_series(tmp_path, image, edit=lambda slices: [ds.compress(RLELossless) for ds in slices])
    path = tmp_path / "1-004.dcm"
    data = bytearray(path.read_bytes())
    start = data.index(b"\xe0\x7f\x10\x00OB") + 12 + 8 + 4 + 8  # after the element, the offset table and the item
    assert data[start : start + 4] == b"\x02\0\0\0", "two RLE segments: the high and the low bytes"
    data[start : start + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(data)
    fails(tmp_path, "cannot be decoded")
    assert capfd.readouterr().err == ""
