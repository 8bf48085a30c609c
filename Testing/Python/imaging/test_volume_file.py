"""NRRD, NIfTI and MetaImage: the same voxels and geometry as ITK's own reader, and no header is taken on trust."""

import gzip
import struct

import numpy as np
import pytest
import SimpleITK as sitk

from ABCImmunoResponseLib.errors import ImagingError
from ABCImmunoResponseLib.imaging import volume_file
from ABCImmunoResponseLib.imaging.ct import as_int16, read_ct
from ABCImmunoResponseLib.imaging.geometry import FRAME_OF_REFERENCE
from ABCImmunoResponseLib.imaging.volume_file import read_image, read_volume
from phantoms import grid, like, textured

SUFFIXES = (".nrrd", ".nhdr", ".nii", ".nii.gz", ".mha", ".mhd")
TYPES = (np.uint8, np.int8, np.int16, np.uint16, np.int32, np.uint32, np.float32, np.float64)
OBLIQUE = tuple(sitk.Euler3DTransform((0, 0, 0), 0.2, -0.3, 0.1).GetMatrix())


@pytest.fixture(scope="module")
def image() -> sitk.Image:
    return textured(grid(size=(9, 8, 7), direction=OBLIQUE), mean=-300.0, sd=300.0)


def write(image, path, compress=True):
    sitk.WriteImage(image, str(path), compress)
    return path


def fails(path, *words):
    with pytest.raises(ImagingError) as caught:
        read_image(path)
    message = str(caught.value)
    assert "\n" not in message
    assert all(word in message for word in words), message


@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("dtype", TYPES)
def test_equal_to_itk(tmp_path, image, dtype, suffix, compress):
    values = np.random.default_rng(1).uniform(0, 120, (7, 8, 9)).astype(dtype)
    path = write(like(values, image), tmp_path / f"a{suffix}", compress)
    ours, itks = read_image(path)[0], sitk.ReadImage(str(path))
    assert ours.GetPixelID() == itks.GetPixelID()
    np.testing.assert_array_equal(sitk.GetArrayFromImage(ours), values)
    assert ours.GetSpacing() == itks.GetSpacing()
    assert ours.GetOrigin() == itks.GetOrigin()
    assert ours.GetDirection() == itks.GetDirection()


@pytest.mark.parametrize("stored", ["<u1", "<i2", ">i2", "<u2", "<i4", "<f4", ">f4", "<f8"])
@pytest.mark.parametrize("scale", [(1.0, 0.0), (0.0, 0.0), (2.0, -1024.0), (0.37, 0.11), (float("nan"), 0.0)])
def test_nifti_scale_and_byte_order_equal_itk(tmp_path, stored, scale):
    values = np.random.default_rng(2).integers(0, 200, (4, 5, 6)).astype(stored)
    path = tmp_path / "a.nii"
    path.write_bytes(nifti(values, scale=scale))
    ours, itks = read_ct(path).image, sitk.ReadImage(str(path))
    assert ours.GetPixelID() == itks.GetPixelID()
    np.testing.assert_array_equal(sitk.GetArrayFromImage(ours), sitk.GetArrayFromImage(itks))


CODES = {"u1": 2, "i2": 4, "i4": 8, "f4": 16, "f8": 64, "u2": 512}


def nifti(
    values, scale=(1.0, 0.0), dims=None, pixdim=(1.0, 0.8, 0.8, 1.5), sform=None, qform_code=1, code=None, units=2
):
    """Return the bytes of a NIfTI-1 file, header field by header field."""
    order = ">" if values.dtype.byteorder == ">" else "<"
    head = bytearray(352)

    def put(fmt, at, *fields):
        struct.pack_into(order + fmt, head, at, *fields)

    put("i", 0, 348)
    dims = dims or (3, *values.shape[::-1])
    put("8h", 40, *dims, *[1] * (8 - len(dims)))
    put("2h", 70, CODES[values.dtype.str[1:]] if code is None else code, values.dtype.itemsize * 8)
    put("8f", 76, *pixdim, *[0.0] * 4)
    put("3f", 108, 352.0, *scale)
    head[123] = units
    put("2h", 252, qform_code, int(sform is not None))
    if sform is not None:
        put("12f", 280, *np.ravel(sform))
    head[344:348] = b"n+1\0"
    return bytes(head) + values.tobytes()


SOUND = np.arange(4 * 5 * 6, dtype="<i2").reshape(4, 5, 6)
SHEARED = [[-0.8, 0.3, 0, 0], [0, -0.8, 0, 0], [0, 0, 1.5, 0]]
NIFTI_FAULTS = {
    "too large": ({"dims": (3, 32767, 32767, 32767)}, ["impossible size"]),
    "larger than the file": ({"dims": (3, 60, 50, 40)}, ["truncated", "240000", "240 present"]),
    "negative": ({"dims": (3, -6, 5, 4)}, ["impossible size"]),
    "flat": ({"dims": (2, 30, 4)}, ["single 3-D"]),
    "time": ({"dims": (4, 6, 5, 2, 2)}, ["single 3-D"]),
    "no dimensions": ({"dims": (0, 6, 5, 4)}, ["0 dimensions"]),
    "colour": ({"code": 128}, ["data type 128"]),
    "complex": ({"code": 32}, ["data type 32"]),
    "not finite spacing": ({"pixdim": (1, float("nan"), 1, 1)}, ["spacing is impossible"]),
    "zero spacing": ({"pixdim": (1, 0, 1, 1)}, ["spacing is impossible"]),
    "negative spacing": ({"pixdim": (1, -1, 1, 1)}, ["spacing is impossible"]),
    "infinite spacing": ({"pixdim": (1, float("inf"), 1, 1)}, ["spacing is impossible"]),
    "sheared": ({"sform": SHEARED}, ["right angles"]),
    "not finite orientation": ({"sform": [[float("nan")] * 4] * 3}, ["sform"]),
    "singular": ({"sform": np.zeros((3, 4))}, ["sform"]),
    "intercept alone": ({"scale": (0.0, 5.0)}, ["contradictory"]),
    "intercept not finite": ({"scale": (2.0, float("inf"))}, ["contradictory"]),
    "two spacings": ({"sform": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1.5, 0]]}, ["different spacings"]),
}


@pytest.mark.parametrize("fault", NIFTI_FAULTS)
def test_nifti_faults(tmp_path, fault, capfd):
    changes, words = NIFTI_FAULTS[fault]
    (tmp_path / "a.nii").write_bytes(nifti(SOUND, **changes))
    fails(tmp_path / "a.nii", *words)
    assert capfd.readouterr().err == ""


def test_nifti_units_are_honoured_and_an_unusual_result_told(tmp_path):
    (tmp_path / "a.nii").write_bytes(nifti(SOUND, units=1))  # metres
    volume = read_volume(tmp_path / "a.nii")
    assert volume.grid.spacing[0] == pytest.approx(800)
    assert "spacing-suspicious" in [f.code for f in volume.findings]


def test_nifti_of_another_kind(tmp_path):
    path = tmp_path / "a.nii"
    path.write_bytes(struct.pack("<i", 540) + bytes(1000))
    fails(path, "NIfTI-2")
    path.write_bytes(struct.pack("<i", 348) + bytes(1000))
    fails(path, "not a single-file NIfTI-1")


def test_several_gzip_members_and_data_after_the_voxels(tmp_path):
    data = nifti(SOUND)
    path = tmp_path / "a.nii.gz"
    path.write_bytes(b"".join(gzip.compress(data[n : n + 100]) for n in range(0, len(data), 100)) + gzip.compress(b""))
    np.testing.assert_array_equal(read_volume(path).array, SOUND)
    path.write_bytes(gzip.compress(data + bytes(5000)))
    np.testing.assert_array_equal(read_volume(path).array, SOUND)
    path.write_bytes(gzip.compress(data + bytes(1 << 27), compresslevel=1))
    fails(path, "far more data")


def test_a_neighbour_of_nearly_the_same_name_is_not_read(tmp_path, image):
    write(image, tmp_path / "a.nii")
    write(image + 7, tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(read_volume(tmp_path / "a.nii").array + 7, read_volume(tmp_path / "a.nii.gz").array)


NRRD = (
    "NRRD0004\ntype: short\ndimension: 3\nspace: left-posterior-superior\nsizes: 6 5 4\n"
    "space directions: (0.8,0,0) (0,0.8,0) (0,0,1.5)\nkinds: domain domain domain\nendian: little\nencoding: raw\n"
    "space origin: (1,2,3)\n\n"
)
NRRD_FAULTS = {
    "too large": ("sizes: 6 5 4", "sizes: 100000 100000 100000", ["impossible size"]),
    "larger than the file": ("sizes: 6 5 4", "sizes: 60 50 40", ["truncated", "240000"]),
    "negative": ("sizes: 6 5 4", "sizes: 6 5 -4", ["impossible size"]),
    "words": ("sizes: 6 5 4", "sizes: six 5 4", ["whole numbers"]),
    "overflow": ("sizes: 6 5 4", "sizes: 6 5 99999999999999999999999", ["impossible size"]),
    "no sizes": ("sizes: 6 5 4\n", "", ["no 'sizes'"]),
    "no type": ("type: short\n", "", ["no 'type'"]),
    "block type": ("type: short", "type: block", ["not a plain number"]),
    "no byte order": ("endian: little\n", "", ["byte order"]),
    "bzip2": ("encoding: raw", "encoding: bzip2", ["encoding 'bzip2'"]),
    "twice": ("type: short\n", "type: short\ntype: short\n", ["twice"]),
    "no field": ("type: short\n", "type: short\ngarbage\n", ["neither a field nor a key"]),
    "zero spacing": ("(0.8,0,0)", "(0,0,0)", ["spacing is impossible"]),
    "not finite": ("(0.8,0,0)", "(nan,0,0)", []),
    "sheared": ("(0,0.8,0)", "(0.5,0.8,0)", ["right angles"]),
    "metres": ("space origin", 'space units: "m" "m" "m"\nspace origin', ["unit is m", "mm"]),
    "vectors": ("kinds: domain", "kinds: vector", ["6 values a voxel"]),
    "device": ("space origin", "data file: /dev/zero\nspace origin", ["another folder"]),
    "parent": ("space origin", "data file: ../a.raw\nspace origin", ["another folder"]),
    "other disk": ("space origin", "data file: C:\\\\a.raw\nspace origin", ["another folder"]),
    "gone": ("space origin", "data file: gone.raw\nspace origin", ["gone.raw", "not there"]),
    "folder": ("space origin", "data file: .\nspace origin", ["not there"]),
    "list": ("space origin", "data file: LIST\nspace origin", ["LIST", "not there"]),
    "line skip": ("space origin", "line skip: 2\nspace origin", ["skipped"]),
    "dimension": ("dimension: 3", "dimension: 4", []),
}


@pytest.mark.parametrize("fault", NRRD_FAULTS)
def test_nrrd_faults(tmp_path, fault):
    old, new, words = NRRD_FAULTS[fault]
    assert old in NRRD
    path = tmp_path / "a.nrrd"
    path.write_bytes(NRRD.replace(old, new).encode() + SOUND.tobytes())
    fails(path, *words)


def test_nrrd_sound(tmp_path):
    path = tmp_path / "a.nrrd"
    path.write_bytes(NRRD.encode() + SOUND.tobytes())
    volume = read_volume(path)
    np.testing.assert_array_equal(volume.array, SOUND)
    assert volume.findings == ()


@pytest.mark.parametrize(
    ("old", "new", "prefix"),
    [
        ("space origin", "byte skip: 3\nspace origin", b"xyz"),
        ("space origin", "byte skip: -1\nspace origin", b"any number of bytes"),
        ("endian: little", "endian: big", b""),
        ("sizes: 6 5 4", "sizes: 6 5 4 1", b""),
        ("sizes: 6 5 4", "sizes: 1 6 5 4", b""),
    ],
)
def test_nrrd_variants(tmp_path, old, new, prefix):
    text = NRRD.replace(old, new)
    if "4 1" in new:
        text = text.replace("dimension: 3", "dimension: 4").replace("(0,0,1.5)", "(0,0,1.5) none")
        text = text.replace("kinds: domain domain domain", "kinds: domain domain domain list")
    if "1 6" in new:
        text = text.replace("dimension: 3", "dimension: 4").replace("(0.8,0,0)", "none (0.8,0,0)")
        text = text.replace("kinds: domain", "kinds: list domain")
    values = SOUND.astype(">i2") if "big" in new else SOUND
    path = tmp_path / "a.nrrd"
    path.write_bytes(text.encode() + prefix + values.tobytes())
    volume = read_volume(path)
    np.testing.assert_array_equal(volume.array, SOUND)
    assert volume.grid.spacing == pytest.approx((0.8, 0.8, 1.5))
    assert volume.grid.origin == (1, 2, 3)


META = (
    "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nCompressedData = False\n"
    "TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 1 2 3\nElementSpacing = 0.8 0.8 1.5\nDimSize = 6 5 4\n"
    "ElementType = MET_SHORT\nElementDataFile = LOCAL\n"
)
META_FAULTS = {
    "too large": ("DimSize = 6 5 4", "DimSize = 99999 99999 99999", ["impossible size"]),
    "larger than the file": ("DimSize = 6 5 4", "DimSize = 60 50 40", ["truncated"]),
    "one size": ("DimSize = 6 5 4", "DimSize = 6", ["3 dimensions announced"]),
    "no size": ("DimSize = 6 5 4\n", "", ["no DimSize"]),
    "flat": ("NDims = 3\n", "NDims = 2\n", ["2 dimensions announced"]),
    "zero spacing": ("0.8 0.8 1.5", "0 0.8 1.5", ["spacing is impossible"]),
    "negative spacing": ("0.8 0.8 1.5", "-0.8 0.8 1.5", ["spacing is impossible"]),
    "not finite": ("0.8 0.8 1.5", "nan 0.8 1.5", ["spacing is impossible"]),
    "sheared": ("1 0 0 0 1 0", "1 0 0 0.5 1 0", ["right angles"]),
    "text": ("BinaryData = True", "BinaryData = False", ["text"]),
    "type": ("MET_SHORT", "MET_SHORT_ARRAY", ["not a plain number"]),
    "vectors": ("ElementType", "ElementNumberOfChannels = 3\nElementType", ["3 values a voxel"]),
    "device": ("LOCAL", "/dev/zero", ["another folder"]),
    "list": ("LOCAL", "LIST", ["not there"]),
    "pattern": ("LOCAL", "slice%03d.raw 1 4 1", ["not there"]),
    "unit": ("ElementType", "DistanceUnits = um\nElementType", ["unit is um"]),
    "header size": ("ElementType", "HeaderSize = 12\nElementType", ["header of its own"]),
}


@pytest.mark.parametrize("fault", META_FAULTS)
def test_metaimage_faults(tmp_path, fault, capfd):
    old, new, words = META_FAULTS[fault]
    assert old in META
    path = tmp_path / "a.mha"
    path.write_bytes(META.replace(old, new).encode() + SOUND.tobytes())
    fails(path, *words)
    assert capfd.readouterr().err == ""


def test_metaimage_data_beside_with_their_own_header(tmp_path):
    (tmp_path / "a.raw").write_bytes(b"any header" + SOUND.tobytes())
    text = META.replace("LOCAL", "a.raw").replace("ElementType", "HeaderSize = -1\nElementType")
    (tmp_path / "a.mhd").write_text(text)
    np.testing.assert_array_equal(read_volume(tmp_path / "a.mhd").array, SOUND)


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.nrrd", NRRD.replace("space directions: (0.8,0,0) (0,0.8,0) (0,0,1.5)\n", ""), "spacing-missing"),
        ("a.mha", META.replace("ElementSpacing = 0.8 0.8 1.5\n", ""), "spacing-missing"),
        ("a.mha", META.replace("TransformMatrix = 1 0 0 0 1 0 0 0 1\n", ""), "orientation-missing"),
        ("a.nrrd", NRRD.replace("left-posterior-superior", "scanner-xyz"), "orientation-missing"),
        ("a.mha", META.replace("0.8 0.8 1.5", "0.0008 0.0008 0.0015"), "spacing-suspicious"),
    ],
)
def test_what_a_header_leaves_out_is_told(tmp_path, name, data, code):
    (tmp_path / name).write_bytes(data.encode() + SOUND.tobytes())
    assert code in [f.code for f in read_volume(tmp_path / name).findings]


def test_a_nifti_without_any_orientation_and_unit_spacing(tmp_path):
    (tmp_path / "a.nii").write_bytes(nifti(SOUND, qform_code=0, pixdim=(1, 1, 1, 1)))
    assert {f.code for f in read_volume(tmp_path / "a.nii").findings} == {"spacing-suspicious", "orientation-missing"}


def test_only_the_frame_of_reference_is_kept_of_the_metadata(tmp_path, image):
    named = sitk.Image(image)
    named.SetMetaData("0010|0010", "Secret^Name")
    named.SetMetaData(FRAME_OF_REFERENCE, "1.2.3")
    path = write(named, tmp_path / "a.nrrd")
    ct = as_int16(read_ct(path))
    assert ct.image.GetMetaDataKeys() == (FRAME_OF_REFERENCE,)
    assert ct.image.GetMetaData(FRAME_OF_REFERENCE) == "1.2.3"
    assert "Secret" not in repr(ct)


def test_pixel_types_are_kept_and_acquisition_is_geometry_alone(tmp_path, image):
    path = write(sitk.Cast(image, sitk.sitkFloat32), tmp_path / "a.nii.gz")
    ct = read_ct(path)
    assert ct.image.GetPixelID() == sitk.sitkFloat32
    assert ct.acquisition.size == (9, 8, 7)
    assert ct.acquisition.spacing_mm == ct.image.GetSpacing()
    assert ct.acquisition.modality is None
    whole = as_int16(ct)
    assert whole.image.GetPixelID() == sitk.sitkInt16
    assert whole.findings == ct.findings
    np.testing.assert_array_equal(sitk.GetArrayFromImage(whole.image), sitk.GetArrayFromImage(image))


def test_upper_case_suffixes(tmp_path, image):
    path = write(image, tmp_path / "a.nrrd")
    path = path.rename(tmp_path / "A.NRRD")
    np.testing.assert_array_equal(read_volume(path).array, sitk.GetArrayFromImage(image))


def test_what_is_no_file(tmp_path, image):
    fails(tmp_path / "gone.nrrd", "does not exist")
    fails(tmp_path, "is not a file")
    fails(tmp_path / ("x" * 300 + ".nrrd"), "does not exist")
    fails(tmp_path / "zero\0byte.nrrd", "does not exist")
    (tmp_path / "a.xyz").write_bytes(b"abc")
    fails(tmp_path / "a.xyz", "unknown format")
    (tmp_path / "a.nrrd").write_bytes(b"")
    fails(tmp_path / "a.nrrd", "not an NRRD")
    for name in ("x" * 300, "zero\0byte"):
        with pytest.raises(ImagingError, match="does not exist"):
            read_ct(tmp_path / name)
    with pytest.raises(ImagingError, match="no DICOM, so it has no series"):
        read_ct(write(image, tmp_path / "b.nrrd"), series_uid="1.2")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize("voxels_at_a_time", [1, 50, 72, 200, 10**6])
def test_a_volume_is_the_same_however_many_voxels_are_read_at_a_time(
    tmp_path, image, suffix, compress, voxels_at_a_time, monkeypatch
):
    values = np.random.default_rng(2).integers(-1000, 3000, (7, 8, 9), np.int16)
    path = write(like(values, image), tmp_path / f"a{suffix}", compress)
    monkeypatch.setattr(volume_file, "_PART", voxels_at_a_time)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(read_image(path)[0]), values)
    np.testing.assert_array_equal(read_volume(path).array, values)


@pytest.mark.parametrize("dtype", TYPES)
def test_labels_that_fit_a_byte_are_held_in_bytes(tmp_path, image, dtype, monkeypatch):
    monkeypatch.setattr(volume_file, "_PART", 100)
    labels = np.random.default_rng(3).integers(0, 120, (7, 8, 9)).astype(dtype)
    volume = read_volume(write(like(labels, image), tmp_path / "a.nrrd", False))
    assert (volume.array.dtype, volume.stored) == (np.uint8, dtype)
    np.testing.assert_array_equal(volume.array, labels)


@pytest.mark.parametrize("place", [(0, 0, 0), (3, 4, 5), (6, 7, 8)])
@pytest.mark.parametrize("value", [-1, 256, 0.5, np.nan, np.inf])
def test_values_that_fit_no_byte_are_held_as_they_are_stored(tmp_path, image, value, place, monkeypatch):
    monkeypatch.setattr(volume_file, "_PART", 100)
    labels = np.random.default_rng(3).integers(0, 120, (7, 8, 9)).astype(np.float32)
    labels[place] = value
    volume = read_volume(write(like(labels, image), tmp_path / "a.nii.gz", True))
    assert volume.array.dtype == np.float32
    np.testing.assert_array_equal(volume.array, labels)
