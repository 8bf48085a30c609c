"""More than a hundred malformed inputs: each gets one clear line and exit 1, no traceback, and nothing is written."""

import gzip
import json
import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from ABCImmunoResponseLib.files import sha256_file
from ABCImmunoResponseLib.model.bundle import DEFAULT_BUNDLE
from ABCImmunoResponseLib.resources import resource
from phantoms import ball, grid, like, textured


def _tree(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): sha256_file(path) if path.is_file() else "folder"
        for path in sorted(folder.rglob("*"))
        if path.name != ".lock"  # empty, and made by whoever looks first
    }


@pytest.fixture
def refused(run, tmp_path):
    """Run the command and hold it to a refusal: exit 1, one line, no traceback, nothing written."""

    def check(*words):
        before = _tree(tmp_path)
        outcome = run(*words)
        assert outcome.code == 1, (outcome.code, outcome.out, outcome.err)
        assert outcome.err.count("\n") == 1, outcome.err
        assert outcome.err.startswith("abc-immuno-response: ")
        for leaked in ("Traceback", "internal error", "itk::", "\x1b"):
            assert leaked not in outcome.err
        assert len(outcome.err) < 1200, "too long to read"
        assert outcome.out == ""
        assert _tree(tmp_path) == before
        return outcome.err

    return check


@pytest.fixture
def ct(tmp_path) -> Path:
    sitk.WriteImage(textured(grid(size=(24, 24, 16))), tmp_path / "ct.nrrd")
    return tmp_path / "ct.nrrd"


@pytest.fixture
def mask(tmp_path) -> Path:
    sitk.WriteImage(ball(grid(size=(24, 24, 16)), (9, 9, 9), 5), tmp_path / "mask.nrrd")
    return tmp_path / "mask.nrrd"


# --- images -----------------------------------------------------------------------------------------------------------


def _image(tmp_path: Path, suffix: str) -> Path:
    path = tmp_path / f"broken{suffix}"
    sitk.WriteImage(textured(grid(size=(24, 24, 16))), path)
    return path


@pytest.mark.parametrize("suffix", [".nrrd", ".nii", ".nii.gz", ".mha"])
@pytest.mark.parametrize("kept", [0, 3, 60, 351, 0.5, 0.999])
def test_truncated_images(refused, tmp_path, mask, suffix, kept):
    path = _image(tmp_path, suffix)
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data)) if isinstance(kept, float) else kept])
    refused("measure", "--image", path, "--mask", mask)


NRRD = (
    "NRRD0004\ntype: short\ndimension: 3\nspace: left-posterior-superior\nsizes: {sizes}\n"
    "{space}encoding: raw\nendian: little\n\n"
)
SPACE = "space directions: (1,0,0) (0,1,0) (0,0,1)\nspace origin: (0,0,0)\n"


@pytest.mark.parametrize(
    "header",
    [
        NRRD.format(sizes="2147483647 2147483647 2147483647", space=SPACE),
        NRRD.format(sizes="100000 100000 1000", space=SPACE),
        NRRD.format(sizes="-4 4 4", space=SPACE),
        NRRD.format(sizes="0 4 4", space=SPACE),
        NRRD.format(sizes="4 4", space=SPACE),
        NRRD.format(sizes="a b c", space=SPACE),
        NRRD.format(sizes="4 4 4", space=SPACE.replace("(1,0,0)", "(nan,0,0)")),
        NRRD.format(sizes="4 4 4", space=SPACE.replace("(1,0,0)", "(0,0,0)")),
        NRRD.format(sizes="4 4 4", space=SPACE.replace("(0,1,0)", "(1,0,0)")),
        NRRD.format(sizes="4 4 4", space=SPACE.replace("(0,1,0)", "(0.6,1,0)")),
        NRRD.format(sizes="4 4 4", space=SPACE.replace("origin: (0,0,0)", "origin: (inf,0,0)")),
        NRRD.format(sizes="4 4 4", space=SPACE).replace("type: short", "type: block"),
        NRRD.format(sizes="4 4 4", space=SPACE).replace("encoding: raw", "encoding: gzip"),
        NRRD.format(sizes="4 4 4", space=SPACE).replace("encoding: raw", "data file: ../../etc/passwd\nencoding: raw"),
        "NRRD0004\n\x00\x00\xff\n\n",
    ],
)
def test_nrrd_headers_that_lie(refused, tmp_path, mask, header):
    path = tmp_path / "broken.nrrd"
    path.write_bytes(header.encode("latin-1") + bytes(128))
    refused("measure", "--image", path, "--mask", mask)


def _vector() -> sitk.Image:
    return sitk.GetImageFromArray(np.zeros((8, 8, 8, 3), np.int16), isVector=True)


@pytest.mark.parametrize(
    "image",
    [
        sitk.Image([16, 16], sitk.sitkInt16),
        sitk.Image([8, 8, 8, 3], sitk.sitkInt16),
        _vector(),
        sitk.Image([8, 8, 8], sitk.sitkComplexFloat32),
    ],
    ids=["2-D", "4-D", "vector", "complex"],
)
def test_images_that_are_no_scalar_volume(refused, tmp_path, mask, image):
    sitk.WriteImage(image, tmp_path / "broken.nrrd")
    refused("measure", "--image", tmp_path / "broken.nrrd", "--mask", mask)


@pytest.mark.parametrize(
    "content", [b"", b"hello\n", b"\x89PNG\r\n\x1a\n" + bytes(64), gzip.compress(b"not an image", mtime=0)]
)
@pytest.mark.parametrize("name", ["ct.nii.gz", "ct", "ct.jpg", "名前 ‮gnp.nrrd", "a b;$(x).nrrd"])
def test_files_that_are_no_image(refused, tmp_path, mask, content, name):
    (tmp_path / name).write_bytes(content)
    refused("measure", "--image", tmp_path / name, "--mask", mask)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_voxels_that_are_no_number_inside_the_lesion(refused, tmp_path, mask, value):
    array = sitk.GetArrayFromImage(textured(grid(size=(24, 24, 16)))).astype(np.float32)
    array[7, 11, 11] = value
    sitk.WriteImage(like(array, grid(size=(24, 24, 16))), tmp_path / "nan.nrrd")
    refused("extract", "--image", tmp_path / "nan.nrrd", "--mask", mask, "--output", tmp_path / "f.csv")


# --- DICOM ------------------------------------------------------------------------------------------------------------


def _slices(folder: Path) -> list[Path]:
    return sorted(folder.iterdir(), key=lambda path: pydicom.dcmread(path).ImagePositionPatient[2])


def _edit(path: Path, **values) -> None:
    dataset = pydicom.dcmread(path)
    for name, value in values.items():
        if value is None:
            delattr(dataset, name)
        else:
            setattr(dataset, name, value)
    dataset.save_as(path)


def _each(folder: Path, **values) -> None:
    for path in folder.iterdir():
        _edit(path, **values)


def _tilt(folder: Path) -> None:
    for n, path in enumerate(_slices(folder)):
        x, y, z = pydicom.dcmread(path).ImagePositionPatient
        _edit(path, ImagePositionPatient=[x, y + 0.8 * n, z])


def _shift_one(folder: Path, by: float) -> None:
    path = _slices(folder)[9]
    x, y, z = pydicom.dcmread(path).ImagePositionPatient
    _edit(path, ImagePositionPatient=[x, y, z + by])


def _second_series(folder: Path) -> None:
    for path in list(folder.iterdir()):
        copy = path.with_name("second-" + path.name)
        shutil.copy(path, copy)
        _edit(copy, SeriesInstanceUID="1.2.3.4.5", SOPInstanceUID=pydicom.uid.generate_uid())


def _truncate(path: Path, kept: float) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data))])


DICOM_FAULTS = {
    "empty folder": lambda f: [path.unlink() for path in f.iterdir()],
    "text only": lambda f: [path.write_text("hello") for path in f.iterdir()],
    "missing slice": lambda f: _slices(f)[10].unlink(),
    "missing run of slices": lambda f: [path.unlink() for path in _slices(f)[8:14]],
    "only one slice": lambda f: [path.unlink() for path in _slices(f)[1:]],
    "duplicate slice": lambda f: shutil.copy(_slices(f)[3], f / "copy.dcm"),
    "uneven spacing": lambda f: _shift_one(f, 0.7),
    "gantry tilt": _tilt,
    "two series": _second_series,
    "MR": lambda f: _each(f, Modality="MR"),
    "MR storage class": lambda f: _each(f, SOPClassUID="1.2.840.10008.5.1.4.1.1.4", Modality="MR"),
    "no rescale slope": lambda f: _each(f, RescaleSlope=None),
    "no rescale intercept": lambda f: _each(f, RescaleIntercept=None),
    "no pixel spacing": lambda f: _each(f, PixelSpacing=None),
    "zero pixel spacing": lambda f: _each(f, PixelSpacing=[0, 0]),
    "no position": lambda f: _edit(_slices(f)[4], ImagePositionPatient=None),
    "no orientation": lambda f: _edit(_slices(f)[4], ImageOrientationPatient=None),
    "other orientation": lambda f: _edit(_slices(f)[4], ImageOrientationPatient=[0, 1, 0, 1, 0, 0]),
    "no pixel data": lambda f: _edit(_slices(f)[4], PixelData=None),
    "short pixel data": lambda f: _edit(_slices(f)[4], PixelData=b"\0" * 100),
    "other matrix": lambda f: _edit(_slices(f)[4], Rows=48, PixelData=bytes(48 * 96 * 2)),
    "lying matrix": lambda f: _each(f, Rows=65535, Columns=65535),
    "truncated file": lambda f: _truncate(_slices(f)[4], 0.4),
    "truncated header": lambda f: _truncate(_slices(f)[4], 0.01),
    "garbage after the preamble": lambda f: _slices(f)[4].write_bytes(bytes(128) + b"DICM" + b"\xff" * 500),
}


@pytest.mark.parametrize("fault", DICOM_FAULTS)
def test_dicom_folders_with_holes(refused, patient, tmp_path, fault):
    folder = tmp_path / "dicom"
    shutil.copytree(patient / "dicom", folder)
    DICOM_FAULTS[fault](folder)
    refused("case", "new", tmp_path / "case", "--image", folder)


# --- masks ------------------------------------------------------------------------------------------------------------


def _box_mask(start, size):
    array = np.zeros((16, 24, 24), np.uint8)
    array[tuple(slice(s, s + n) for s, n in zip(start, size, strict=True))] = 1
    return like(array, grid(size=(24, 24, 16)))


def _far_away() -> sitk.Image:
    far = ball(grid(size=(24, 24, 16)), (9, 9, 9), 5)
    far.SetOrigin((5000.0, 0.0, 0.0))
    return far


MASKS = {
    "empty": lambda: _box_mask((0, 0, 0), (0, 0, 0)),
    "single voxel": lambda: _box_mask((8, 8, 8), (1, 1, 1)),
    "one slice": lambda: _box_mask((8, 5, 5), (1, 12, 12)),
    "one column": lambda: _box_mask((2, 8, 8), (12, 1, 1)),
    "too few voxels": lambda: _box_mask((8, 8, 8), (2, 2, 2)),
    "outside the image": _far_away,
    "fractions": lambda: sitk.Cast(_box_mask((4, 4, 4), (8, 8, 8)), sitk.sitkFloat32) * 0.5,
    "two-dimensional": lambda: _box_mask((4, 4, 4), (8, 8, 8))[:, :, 8],
    "vector": _vector,
}


@pytest.mark.parametrize("fault", MASKS)
def test_masks_that_hold_no_lesion(refused, tmp_path, ct, fault):
    sitk.WriteImage(MASKS[fault](), tmp_path / "m.nrrd")
    refused("extract", "--image", ct, "--mask", tmp_path / "m.nrrd", "--output", tmp_path / "f.csv")


@pytest.mark.parametrize("words", [("--label", "7"), ("--label", "0"), ("--label", "-1"), ("--segment", "nobody")])
def test_lesions_that_are_not_in_the_mask(refused, ct, mask, words):
    refused("measure", "--image", ct, "--mask", mask, *words)


@pytest.mark.parametrize("words", [("--recipe", "unknown"), ("--recipe", "/etc/passwd"), ("--protocol", "/etc/passwd")])
def test_recipes_and_protocols_that_are_none(refused, tmp_path, ct, mask, words):
    refused("extract", "--image", ct, "--mask", mask, "--output", tmp_path / "f.csv", *words)


def test_an_output_that_cannot_be_written(refused, tmp_path, ct, mask):
    refused("extract", "--image", ct, "--mask", mask, "--output", tmp_path / "absent" / "f.csv")


# --- names ------------------------------------------------------------------------------------------------------------

HOSTILE = ["../escape", "=1+1", "a/b", "<script>", "x" * 10_000, "con", "\x1b[31m", "名前", " ", "a\nb"]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_case_ids(refused, patient, tmp_path, name):
    refused("case", "new", tmp_path / "case", "--image", patient / "dicom", f"--id={name}")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_readers(refused, patient, at, name):
    mask, lesions = patient / "reader-a.seg.nrrd", patient / "reader-a.json"
    refused("case", "read", at("created"), f"--reader={name}", "--mask", mask, "--lesions", lesions)


@pytest.mark.parametrize("lesion", ["T1", "T1=heart", "T9=liver", "=liver", "T1=", "../x=liver", "T1=liver\x00"])
def test_hostile_lesions(refused, patient, at, lesion):
    mask = patient / "reader-a.seg.nrrd"
    refused("case", "read", at("created"), "--reader", "lee", "--mask", mask, "--lesion", lesion)


# --- JSON -------------------------------------------------------------------------------------------------------------

SHAPES = [
    "",
    "{",
    "null",
    "3",
    '"x"',
    "[1]",
    '{"a": 1, "a": 2}',
    '{"x": NaN}',
    "[" * 5000,
    '{"unknown": 1}',
    "\ufeff{}",
]


@pytest.mark.parametrize("content", SHAPES)
def test_lesion_lists_of_the_wrong_shape(refused, patient, at, tmp_path, content):
    (tmp_path / "l.json").write_text(content, encoding="utf-8")
    mask = patient / "reader-a.seg.nrrd"
    refused("case", "read", at("created"), "--reader", "lee", "--mask", mask, "--lesions", tmp_path / "l.json")


@pytest.mark.parametrize("content", [*SHAPES, '{"ldh": "high"}', '{"ldh": -1}', '{"ecog": 1.5}', '{"er": true}'])
def test_clinical_values_of_the_wrong_shape(refused, at, tmp_path, content):
    (tmp_path / "c.json").write_text(content, encoding="utf-8")
    refused("case", "score", at("signed"), "--clinical", tmp_path / "c.json")


@pytest.mark.parametrize("name", ["case.json", "consensus.json", "reads/reader-a.json", "clinical.json", "result.json"])
@pytest.mark.parametrize("content", ["", "null", "[]", "{}", '{"schema": 1}', "[" * 5000])
def test_records_of_the_wrong_shape(refused, at, name, content):
    case = at("reported")
    (case / name).write_text(content)
    refused("case", "show", case)


# --- behind the case's back -------------------------------------------------------------------------------------------


def _lines(case: Path) -> list[str]:
    return (case / "audit.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)


def _tamper(case: Path, change) -> None:
    (case / "audit.jsonl").write_text("".join(change(_lines(case))), encoding="utf-8")


def _line(n: int, **values):
    def change(lines):
        entry = json.loads(lines[n]) | values
        return [*lines[:n], json.dumps(entry, sort_keys=True, separators=(",", ":")) + "\n", *lines[n + 1 :]]

    return change


AUDIT = {
    "actor": _line(2, actor="somebody"),
    "time": _line(2, time="2020-01-01T00:00:00+00:00"),
    "cut tail": lambda lines: lines[:-1],
    "cut tail in the middle": lambda lines: [*lines[:-1], lines[-1][:50]],
    "cut head": lambda lines: lines[1:],
    "line removed": lambda lines: lines[:3] + lines[4:],
    "lines swapped": lambda lines: [lines[0], lines[2], lines[1], *lines[3:]],
    "line twice": lambda lines: [*lines[:3], lines[2], *lines[3:]],
    "line added": lambda lines: [*lines, lines[-1]],
    "no line": lambda lines: [],
    "blank line": lambda lines: [*lines[:2], "\n", *lines[2:]],
    "not JSON": lambda lines: [*lines[:2], "hello\n", *lines[3:]],
    "wrong shape": lambda lines: [*lines[:2], "[]\n", *lines[3:]],
}


@pytest.mark.parametrize("fault", AUDIT)
def test_audit_logs_that_were_tampered_with(refused, at, fault):
    case = at("signed")
    _tamper(case, AUDIT[fault])
    assert "audit" in refused("case", "verify", case)


@pytest.mark.parametrize(
    "name",
    [
        *("image.nrrd", "reads/reader-a.seg.nrrd", "reads/reader-b.seg.nrrd", "reads/reader-a.json"),
        *("reads/reader-b.json", "consensus.seg.nrrd", "consensus.json", "clinical.json", "features.csv"),
        *("result.json", "report.html"),
    ],
)
@pytest.mark.parametrize("fault", ["a byte changed", "a byte added", "removed"])
def test_files_changed_behind_the_cases_back_are_named(refused, at, name, fault):
    case = at("reported")
    data = bytearray((case / name).read_bytes())
    if fault == "removed":
        (case / name).unlink()
    elif fault == "a byte added":
        (case / name).write_bytes(data + b"\n")
    else:
        data[len(data) // 2] ^= 1
        (case / name).write_bytes(data)
    assert name in refused("case", "verify", case)


def test_a_file_added_behind_the_cases_back_is_named(refused, at):
    case = at("locked")
    (case / "reads" / "third.json").write_text("{}")
    assert "reads/third.json" in refused("case", "verify", case)


# --- bundles ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["bundle.json", "weights.safetensors", "MODEL_CARD.md"])
@pytest.mark.parametrize("fault", ["first byte", "middle byte", "last byte", "truncated", "emptied", "removed"])
def test_bundles_that_were_tampered_with(refused, tmp_path, name, fault):
    bundle = tmp_path / "bundle"
    shutil.copytree(resource("Models", DEFAULT_BUNDLE), bundle)
    data = bytearray((bundle / name).read_bytes())
    place = {"first byte": 0, "middle byte": len(data) // 2, "last byte": len(data) - 1}.get(fault)
    if place is not None:
        data[place] ^= 1
    elif fault == "truncated":
        data = data[: len(data) // 2]
    elif fault == "emptied":
        data = b""
    (bundle / name).write_bytes(data)
    if fault == "removed":
        (bundle / name).unlink()
    refused("bundle", "verify", bundle)


def test_a_bundle_with_an_extra_file_or_none_at_all(refused, tmp_path):
    bundle = tmp_path / "bundle"
    shutil.copytree(resource("Models", DEFAULT_BUNDLE), bundle)
    (bundle / "extra.pkl").write_bytes(b"x")
    refused("bundle", "verify", bundle)
    refused("bundle", "verify", tmp_path / "absent")
    refused("bundle", "verify", tmp_path)


# --- steps out of turn ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("created", ("lock", "--reader", "reader-a")),
        ("created", ("reconcile",)),
        ("created", ("score",)),
        ("created", ("report",)),
        ("locked-a", ("reconcile",)),
        ("locked-a", ("lock", "--reader", "nobody")),
        ("locked", ("sign", "--by", "senior")),
        ("locked", ("lock", "--reader", "reader-a")),
        ("reconciled", ("sign", "--by", "senior")),
        ("adjudicated", ("sign", "--by", "reader-a")),
        ("adjudicated", ("score",)),
        ("signed", ("report",)),
        ("signed", ("reconcile",)),
        ("scored", ("score",)),
        ("scored", ("reopen", "--to", "reading", "--by", "senior", "--reason", "x")),
        ("reported", ("reopen", "--to", "nonsense", "--by", "senior", "--reason", "x")),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_steps_out_of_turn(refused, at, state, words):
    refused("case", words[0], at(state), *words[1:])


def test_scoring_before_both_locks_keeps_clinical_values_out(refused, patient, at):
    case = at("locked-a")
    refused("case", "score", case, "--clinical", patient / "clinical.json")
    assert not (case / "clinical.json").exists()
