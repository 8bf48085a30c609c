"""Damaged and hostile files: each gets one line of ours, nothing is printed, and nothing false is read."""

import random

import numpy as np
import pytest
import SimpleITK as sitk

from ABCImmunoResponseLib.errors import ABCImmunoResponseError, ImagingError
from ABCImmunoResponseLib.imaging.ct import read_ct
from ABCImmunoResponseLib.imaging.masks import read_masks
from ABCImmunoResponseLib.imaging.seg_nrrd import write_seg_nrrd
from dicom_writer import ct_slices, save, write_series
from phantoms import ball, grid, textured

SUFFIXES = (".nrrd", ".nii", ".nii.gz", ".mha")
DETACHED = ((".nhdr", ".raw.gz"), (".mhd", ".zraw"))
EDITS = 60


@pytest.fixture(scope="module")
def image() -> sitk.Image:
    return sitk.Clamp(textured(grid(size=(12, 10, 8)), mean=-100.0, sd=200.0), sitk.sitkInt16, -1000, 2000)


def refused(read, *arguments):
    with pytest.raises(ABCImmunoResponseError) as caught:
        read(*arguments)
    message = str(caught.value)
    assert message
    assert "\n" not in message
    assert len(message) < 700


def edited(data: bytes, seed: int, header: int) -> bytes:
    """Return ``data`` with some seeded damage: bytes changed (mostly in the header), repeated or taken out."""
    dice = random.Random(seed)
    damaged = bytearray(data)
    at = dice.randrange(min(header, len(data)))
    match dice.randrange(4):
        case 0 | 1:
            for _ in range(dice.choice((1, 2, 6))):
                place = dice.randrange(min(header, len(data)))
                damaged[place] = dice.choice((0, 255, 10, 32, *b"0-9n", dice.randrange(256)))
        case 2:
            damaged[at:at] = data[at : at + dice.randrange(1, 40)]
        case 3:
            del damaged[at : at + dice.randrange(1, 30)]
    return bytes(damaged)


def read_or_refused(read, *arguments):
    """Read; whatever is raised must be ours and one line."""
    message = ""
    try:
        read(*arguments)
    except ABCImmunoResponseError as refusal:
        message = str(refusal)
    assert "\n" not in message


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("compress", [True, False])
def test_no_truncation_is_read(tmp_path, image, suffix, compress, capfd):
    path = tmp_path / f"a{suffix}"
    sitk.WriteImage(image, str(path), compress)
    data = path.read_bytes()
    for keep in {*range(0, len(data), max(len(data) // 40, 1)), *range(len(data) - 12, len(data))}:
        path.write_bytes(data[:keep])
        refused(read_ct, path)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(("header", "voxels"), DETACHED)
def test_no_truncation_of_voxels_beside_a_header_is_read(tmp_path, image, header, voxels):
    path = tmp_path / f"a{header}"
    sitk.WriteImage(image, str(path), True)
    data = (tmp_path / f"a{voxels}").read_bytes()
    for keep in range(0, len(data), max(len(data) // 40, 1)):
        (tmp_path / f"a{voxels}").write_bytes(data[:keep])
        refused(read_ct, path)
    (tmp_path / f"a{voxels}").unlink()
    refused(read_ct, path)


@pytest.mark.parametrize("suffix", [".nrrd", ".nii.gz", ".mha"])
def test_no_flipped_bit_in_compressed_voxels_is_read(tmp_path, image, suffix):
    path = tmp_path / f"a{suffix}"
    sitk.WriteImage(image, str(path), True)
    data = path.read_bytes()
    dice = random.Random(0)
    for place in sorted(dice.sample(range(len(data) - 900, len(data)), 60)):
        damaged = bytearray(data)
        damaged[place] ^= 1 << dice.randrange(8)
        path.write_bytes(damaged)
        refused(read_ct, path)


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".nhdr", ".mhd"])
def test_damaged_volumes(tmp_path, image, suffix, capfd):
    path = tmp_path / f"a{suffix}"
    sitk.WriteImage(image, str(path), False)
    data = path.read_bytes()
    for seed in range(EDITS):
        path.write_bytes(edited(data, seed, 400))
        read_or_refused(read_ct, path)
    assert capfd.readouterr().err == ""


def test_damaged_segmentations(tmp_path, image):
    path = tmp_path / "a.seg.nrrd"
    write_seg_nrrd(path, {"a": ball(image, (4, 4, 4), 3), "b": ball(image, (5, 4, 4), 3)}, {"a": {"k": "v"}})
    data = path.read_bytes()
    for seed in range(2 * EDITS):
        path.write_bytes(edited(data, seed, data.index(b"\n\n")))
        read_or_refused(read_masks, path, image)


def test_damaged_slices(tmp_path, image, capfd):
    write_series(tmp_path, image)
    path = tmp_path / "1-003.dcm"
    data = path.read_bytes()
    for seed in range(EDITS):
        path.write_bytes(edited(data, seed, len(data)))
        read_or_refused(read_ct, tmp_path)
    assert capfd.readouterr().err == ""


def test_garbage_under_every_name(tmp_path, image):
    dice = np.random.default_rng(0)
    for suffix in (*SUFFIXES, ".nhdr", ".mhd", ".seg.nrrd", ".dcm", ".xyz", ""):
        path = tmp_path / f"garbage{suffix}"
        for size in (0, 1, 131, 500, 5000):
            path.write_bytes(dice.bytes(size))
            refused(read_ct, path)
            refused(read_masks, path, image)
        path.unlink()


def test_one_format_under_the_name_of_another(tmp_path, image):
    for suffix in SUFFIXES:
        sitk.WriteImage(image, str(tmp_path / f"a{suffix}"))
    for suffix in SUFFIXES:
        for other in SUFFIXES:
            if other != suffix:
                path = tmp_path / f"b{other}"
                path.write_bytes((tmp_path / f"a{suffix}").read_bytes())
                refused(read_ct, path)


NAMES = [
    "Größe 漢字 .nii.gz",
    "a%03d%s.nrrd",
    "a b;c\"$(x)'`.mha",
    "-rf.nii",
    "two\nlines.nrrd",
    "tab\t\x1b[31m.mha",
    ".nrrd",
]


@pytest.mark.parametrize("name", NAMES)
def test_hostile_names_are_names(tmp_path, image, name):
    path = tmp_path / name
    sitk.WriteImage(image, str(tmp_path / "plain.nrrd"))
    sitk.WriteImage(image, str(path))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(read_ct(path).image), sitk.GetArrayFromImage(image))
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(ImagingError) as caught:
        read_ct(path)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("name", ["bad\udcff.nrrd", "bad\udcff.nii.gz", "bad\udcff"])
def test_names_that_are_not_text_are_refused(tmp_path, image, name):
    # SimpleITK would end the whole process.
    sitk.WriteImage(image, str(tmp_path / "a.nrrd"))
    path = (tmp_path / "a.nrrd").rename(tmp_path / name)
    refused(read_ct, path)
    refused(read_masks, path, image)


def test_links(tmp_path, image):
    sitk.WriteImage(image, str(tmp_path / "a.nrrd"))
    (tmp_path / "link.nrrd").symlink_to(tmp_path / "a.nrrd")
    np.testing.assert_array_equal(
        sitk.GetArrayFromImage(read_ct(tmp_path / "link.nrrd").image), sitk.GetArrayFromImage(image)
    )
    (tmp_path / "gone.nrrd").symlink_to(tmp_path / "nothing")
    (tmp_path / "self.nrrd").symlink_to(tmp_path / "self.nrrd")
    (tmp_path / "device.nrrd").symlink_to("/dev/zero")
    for name in ("gone.nrrd", "self.nrrd", "device.nrrd"):
        refused(read_ct, tmp_path / name)


def test_header_values_that_ask_for_memory(tmp_path):
    """A few bytes that announce terabytes, compressed or not, are refused before anything is allocated."""
    head = "NRRD0004\ntype: double\ndimension: 3\nsizes: {0} {0} {0}\nencoding: {1}\nendian: little\n\n"
    for n in (1200, 65535, 2**31, 2**62):
        for encoding in ("raw", "gzip"):
            (tmp_path / "a.nrrd").write_text(head.format(n, encoding))
            refused(read_ct, tmp_path / "a.nrrd")


def test_a_slice_that_announces_a_huge_matrix(tmp_path, image):
    for n, ds in enumerate(ct_slices(image)):
        ds.Rows = ds.Columns = 65535
        save(ds, tmp_path / f"{n}.dcm")
    refused(read_ct, tmp_path)
