"""Label maps: every positive whole number is a region; an image is not taken for a mask."""

import numpy as np
import pytest
import SimpleITK as sitk

from ABCImmunoResponseLib.errors import ABCImmunoResponseError, GeometryError, ImagingError, MaskError
from ABCImmunoResponseLib.imaging.masks import read_masks
from phantoms import ball, grid, like, textured


@pytest.fixture
def reference():
    return grid(size=(30, 28, 20))


@pytest.fixture
def labels(reference):
    values = sitk.GetArrayFromImage(ball(reference, (8, 8, 8), 4)).astype(np.int16)
    values[sitk.GetArrayFromImage(ball(reference, (16, 12, 14), 5)) != 0] = 7
    return values


def write(values, reference, path):
    sitk.WriteImage(like(values, reference), str(path))
    return path


@pytest.mark.parametrize("suffix", [".nrrd", ".nii", ".nii.gz", ".mha"])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32, np.float64])
def test_all_labels_and_one(tmp_path, reference, labels, suffix, dtype):
    path = write(labels.astype(dtype), reference, tmp_path / f"mask{suffix}")
    read = read_masks(path, reference)
    assert [mask.name for mask in read] == ["label-1", "label-7"]
    for mask, label in zip(read, (1, 7), strict=True):
        np.testing.assert_array_equal(sitk.GetArrayFromImage(mask.image), labels == label)
        assert mask.image.GetPixelID() == sitk.sitkUInt8
        assert mask.findings == ()
        assert mask.image.GetOrigin() == reference.GetOrigin()
    for chosen in ({"label": 7}, {"segments": "label-7"}):
        (mask,) = read_masks(path, reference, **chosen)
        assert mask.name == "label-7"


def test_absent_label(tmp_path, reference, labels):
    path = write(labels, reference, tmp_path / "mask.nrrd")
    with pytest.raises(MaskError, match=r"no label 3; it holds: 'label-1' \(label 1\), 'label-7' \(label 7\)"):
        read_masks(path, reference, label=3)
    with pytest.raises(MaskError, match="no label 0"):
        read_masks(path, reference, label=0)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.zeros((20, 28, 30), np.uint8), "is empty"),
        (np.full((20, 28, 30), 0.5, np.float32), "not whole numbers"),
        (np.full((20, 28, 30), np.nan, np.float32), "not whole numbers"),
        (np.full((20, 28, 30), -1, np.int16), "negative"),
        (np.arange(20 * 28 * 30, dtype=np.int32).reshape(20, 28, 30), "16799 labels"),
    ],
)
def test_what_is_no_mask(tmp_path, reference, values, words):
    path = write(values, reference, tmp_path / "mask.nrrd")
    with pytest.raises(MaskError, match=words):
        read_masks(path, reference)


def test_a_ct_given_for_a_mask(tmp_path, reference):
    sitk.WriteImage(textured(reference), str(tmp_path / "ct.nii.gz"))
    with pytest.raises(MaskError, match="is it an image, not a mask"):
        read_masks(tmp_path / "ct.nii.gz", reference)


def test_faults_of_a_file_are_faults_of_a_mask(tmp_path, reference):
    (tmp_path / "a.nii").write_bytes(b"x" * 1000)
    (tmp_path / "a.txt").write_text("hello")
    for name, words in (("a.nii", "NIfTI"), ("a.txt", "unknown format"), ("gone.nrrd", "does not exist")):
        with pytest.raises(MaskError, match=words):
            read_masks(tmp_path / name, reference)
    with pytest.raises(MaskError, match="holds no DICOM file"):
        read_masks(tmp_path, reference)


def test_errors_form_one_family():
    assert issubclass(MaskError, ImagingError)
    assert issubclass(GeometryError, ImagingError)
    assert issubclass(ImagingError, ABCImmunoResponseError)
