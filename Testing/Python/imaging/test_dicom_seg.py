"""DICOM SEG as highdicom writes it: every frame where it says, whatever frames were left out."""

import sys

import highdicom
import numpy as np
import pytest
import SimpleITK as sitk
from pydicom.sr.codedict import codes as terms

from ABCImmunoResponseLib.errors import GeometryError, MaskError, MissingDependencyError
from ABCImmunoResponseLib.imaging.geometry import FRAME_OF_REFERENCE
from ABCImmunoResponseLib.imaging.masks import read_masks
from dicom_writer import FRAME, SERIES, ct_slices, instance, save
from phantoms import ball, grid, textured

BINARY, FRACTIONAL = highdicom.seg.SegmentationTypeValues.BINARY, highdicom.seg.SegmentationTypeValues.FRACTIONAL


@pytest.fixture(scope="module")
def image() -> sitk.Image:
    direction = sitk.Euler3DTransform((0, 0, 0), 0.2, -0.3, 0.1).GetMatrix()
    made = sitk.Clamp(textured(grid(size=(24, 20, 12), direction=direction), sd=200.0), sitk.sitkInt16, -1000, 2000)
    made.SetMetaData(FRAME_OF_REFERENCE, FRAME)
    return made


def seg(path, image, arrays, kind=BINARY, omit=True):
    """Write arrays (k, j, i), one a segment, as SEG on the slices of ``image``."""
    descriptions = [
        highdicom.seg.SegmentDescription(
            n, f"lesion-{n}", terms.SCT.Neoplasm, terms.SCT.Neoplasm, highdicom.seg.SegmentAlgorithmTypeValues.MANUAL
        )
        for n in range(1, len(arrays) + 1)
    ]
    made = highdicom.seg.Segmentation(
        ct_slices(image),
        np.stack(arrays, axis=-1),
        kind,
        descriptions,
        series_instance_uid="1.2.77",
        series_number=1,
        sop_instance_uid="1.2.78",
        instance_number=1,
        manufacturer="maker",
        manufacturer_model_name="model",
        software_versions="1",
        device_serial_number="1",
        omit_empty_frames=omit,
    )
    return save(made, path)


def spheres(image, *centres):
    return [sitk.GetArrayFromImage(ball(image, centre, 4)) for centre in centres]


@pytest.mark.parametrize("omit", [True, False])
def test_overlapping_segments(tmp_path, image, omit):
    arrays = spheres(image, (8, 8, 7), (11, 8, 7))
    read = read_masks(seg(tmp_path / "seg.dcm", image, arrays, omit=omit), image)
    assert [mask.name for mask in read] == ["lesion-1", "lesion-2"]
    for mask, expected in zip(read, arrays, strict=True):
        np.testing.assert_array_equal(sitk.GetArrayFromImage(mask.image), expected)
        assert mask.findings == ()
        assert mask.image.GetOrigin() == image.GetOrigin()


def test_frames_left_out_inside_and_a_single_frame(tmp_path, image):
    (whole,) = spheres(image, (8, 8, 7))
    used = np.flatnonzero(whole.any(axis=(1, 2)))
    holes, single = whole.copy(), np.zeros_like(whole)
    holes[used[1]] = holes[used[3]] = 0
    single[used[2]] = whole[used[2]]
    for name, expected in (("holes.dcm", holes), ("single.dcm", single)):
        (mask,) = read_masks(seg(tmp_path / name, image, [expected]), image)
        np.testing.assert_array_equal(sitk.GetArrayFromImage(mask.image), expected)


def test_choosing(tmp_path, image):
    arrays = spheres(image, (8, 8, 7), (11, 8, 7))
    path = seg(tmp_path / "seg.dcm", image, arrays)
    for chosen in ({"label": 2}, {"segments": "lesion-2"}):
        (mask,) = read_masks(path, image, **chosen)
        np.testing.assert_array_equal(sitk.GetArrayFromImage(mask.image), arrays[1])
    with pytest.raises(MaskError, match=r"no label 3; it holds: 'lesion-1' \(label 1\)"):
        read_masks(path, image, label=3)


def test_fractional_is_cut_at_one_half_and_told(tmp_path, image):
    (whole,) = spheres(image, (8, 8, 7))
    values = whole.astype(np.float32) * 0.8
    values[6] *= 0.5
    (mask,) = read_masks(seg(tmp_path / "seg.dcm", image, [values], FRACTIONAL), image)
    expected = whole.copy()
    expected[6] = 0
    np.testing.assert_array_equal(sitk.GetArrayFromImage(mask.image), expected)
    assert [f.code for f in mask.findings] == ["fractional-mask"]


def test_another_frame_of_reference_and_another_grid(tmp_path, image):
    path = seg(tmp_path / "seg.dcm", image, spheres(image, (8, 8, 7)))
    other = sitk.Image(image)
    other.SetMetaData(FRAME_OF_REFERENCE, "1.2.3")
    with pytest.raises(GeometryError, match="another frame of reference"):
        read_masks(path, other)
    shifted = sitk.Image(image)
    shifted.SetMetaData(FRAME_OF_REFERENCE, FRAME)
    shifted.SetOrigin(np.add(image.GetOrigin(), (0.3, 0.2, 0.1)).tolist())
    (mask,) = read_masks(path, shifted)
    assert [f.code for f in mask.findings] == ["mask-resampled"]


def test_what_is_neither_seg_nor_structure_set(tmp_path, image):
    path = save(ct_slices(image)[0], tmp_path / "ct.dcm")
    with pytest.raises(MaskError, match="neither a segmentation"):
        read_masks(path, image)
    empty = save(instance("1.2.840.10008.5.1.4.1.1.66.4", "SEG", SERIES), tmp_path / "seg.dcm")
    with pytest.raises(MaskError, match="not a valid DICOM segmentation"):
        read_masks(empty, image)


@pytest.mark.parametrize("part", [0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_truncated(tmp_path, image, part):
    path = seg(tmp_path / "seg.dcm", image, spheres(image, (8, 8, 7)))
    data = path.read_bytes()
    path.write_bytes(data[: int(part * len(data))])
    with pytest.raises(MaskError) as caught:
        read_masks(path, image)
    assert "\n" not in str(caught.value)


def test_without_highdicom(tmp_path, image, monkeypatch):
    path = seg(tmp_path / "seg.dcm", image, spheres(image, (8, 8, 7)))
    monkeypatch.setitem(sys.modules, "highdicom", None)  # as Python marks a module that cannot be imported
    with pytest.raises(MissingDependencyError, match="pip install 'highdicom"):
        read_masks(path, image)
