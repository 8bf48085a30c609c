"""What ``extract`` writes: features with their diagnostics or neither, never over what is no table, never too late."""

import os
from pathlib import Path

import pytest
import SimpleITK as sitk

from ABCImmunoResponseLib.errors import CaseFolderError
from ABCImmunoResponseLib.files import write_bytes, write_together
from ABCImmunoResponseLib.resources import resource
from broken_disk import broken_disk
from phantoms import ball, grid, textured


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """A working folder with a CT, a mask and a recipe."""
    sitk.WriteImage(textured(grid(size=(24, 24, 16))), tmp_path / "ct.nrrd")
    sitk.WriteImage(ball(grid(size=(24, 24, 16)), (9, 9, 9), 5), tmp_path / "mask.nrrd")
    (tmp_path / "mine.yaml").write_bytes(resource("Recipes", "zhao2023.yaml").read_bytes())
    (tmp_path / "protocol.json").write_bytes(resource("Protocols", "recist-1.1.json").read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def tree(folder: Path) -> dict[str, bytes | str]:
    return {
        str(path.relative_to(folder)): str(path.readlink())
        if path.is_symlink()
        else path.read_bytes()
        if path.is_file()
        else "no file"
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture
def refused(run, home):
    """Run ``extract`` on an image that is not there or ``image``; it must be refused before the image is missed."""

    def check(output, *words, image="absent.nrrd"):
        before = tree(home)
        words = ("--mask", "mask.nrrd", *words)
        outcome = run("extract", "--image", image, *words, f"--output={output}", "--engine=numpy")
        assert outcome.code == 1, outcome.err
        assert outcome.err.count("\n") == 1
        assert "absent.nrrd" not in outcome.err
        assert "internal error" not in outcome.err
        assert tree(home) == before
        return outcome.err

    return check


@pytest.mark.parametrize("output", ["", ".", "/"])
def test_an_output_without_a_name(refused, output):
    assert "--output needs the name of a file" in refused(output)


@pytest.mark.parametrize("name", ["f.csv", "f.diagnostics.csv"])
def test_what_is_no_file_is_not_replaced(refused, home, name):
    (home / name).mkdir()
    assert f"{name} is a folder" in refused("f.csv")
    (home / name).rmdir()
    os.mkfifo(home / name)
    assert f"{name} is a device, pipe or socket" in refused("f.csv")
    (home / name).rename(home / "pipe")
    (home / name).symlink_to("pipe")
    assert f"{name} is a device, pipe or socket" in refused("f.csv")


@pytest.mark.parametrize("output", ["none/f.csv", "mask.nrrd/f.csv", "dangling.csv"])
def test_a_folder_that_is_not_there(refused, home, output):
    (home / "dangling.csv").symlink_to("none/f.csv")
    assert "is not a folder" in refused(output)


@pytest.mark.parametrize("output", ["/proc/f.csv", f"{'x' * 250}.csv", "loop.csv"])
def test_a_place_that_cannot_be_written(refused, home, output):
    """Not even by the superuser; the name of the second has room for the table, not for the diagnostics."""
    (home / "loop.csv").symlink_to("loop.csv")
    message = refused(output)
    assert "cannot be written" in message or not Path("/proc").is_dir()


@pytest.mark.parametrize("source", ["ct.nrrd", "mask.nrrd", "mine.yaml", "protocol.json"])
def test_what_is_read_is_not_replaced(refused, home, source):
    words = ("--recipe", "mine.yaml", "--protocol", "protocol.json")
    assert "is what is read" in refused(source, *words, image="ct.nrrd")
    (home / "f.diagnostics.csv").symlink_to(source)
    assert "is what is read" in refused("f.csv", *words, image="ct.nrrd")
    (home / "other.csv").hardlink_to(source)
    assert "is what is read" in refused("other.csv", *words, image="ct.nrrd")


def test_a_slice_of_the_ct_is_not_replaced(refused, home):
    (home / "dicom").mkdir()
    (home / "dicom" / "1").write_bytes(bytes(128) + b"DICM" + bytes(100))
    assert "is a DICOM file" in refused("dicom/1", image="dicom")


def test_features_and_diagnostics_are_two_files(refused, home):
    (home / "f.diagnostics.csv").symlink_to("f.csv")
    assert "the same file" in refused("f.csv")


@pytest.mark.parametrize("name", ["=1+1", "", "x" * 200, "a\nb"])
def test_a_case_id_that_cannot_stand_in_a_table(refused, name):
    assert "cannot stand in a feature table" in refused("f.csv", f"--case-id={name}")


def test_links_are_followed_and_files_replaced(run, home):
    (home / "kept").mkdir()
    (home / "f.csv").symlink_to("kept/table.csv")
    (home / "kept" / "table.csv").write_text("earlier")
    words = ("--image", "ct.nrrd", "--mask", "mask.nrrd", "--output", "f.csv", "--engine", "numpy")
    for _ in range(2):
        outcome = run("extract", *words)
        assert outcome.code == 0, outcome.err
    assert (home / "f.csv").is_symlink()
    assert (home / "kept" / "table.csv").read_text().startswith("case_id,lesion_id")
    assert (home / "f.diagnostics.csv").read_text().startswith("case_id,lesion_id")
    assert sorted(path.name for path in home.iterdir() if path.name.startswith((".", "f"))) == [
        "f.csv",
        "f.diagnostics.csv",
    ]
    assert [path.name for path in (home / "kept").iterdir()] == ["table.csv"]


@pytest.mark.parametrize("standing", [(), ("a",), ("b",), ("a", "b")])
def test_files_are_written_together_or_not_at_all(tmp_path, standing):
    """Whichever step the disk fails."""
    paths = {name: tmp_path / name for name in ("a", "b")}
    before = {name: b"old " + name.encode() for name in standing}
    with broken_disk(tmp_path) as disk:
        write_together(dict.fromkeys(paths.values(), b"new"))
    assert disk.steps >= 6
    for path in paths.values():
        path.unlink()
    for step in range(20):
        for name, data in before.items():
            write_bytes(paths[name], data)
        try:
            with broken_disk(tmp_path, fail_at=step):
                write_together(dict.fromkeys(paths.values(), b"new"))
        except (CaseFolderError, OSError):
            found = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.name in paths}
            assert found in (before, {"a": b"new", "b": b"new"}), step
        else:
            assert step > 5
        for path in tmp_path.iterdir():
            path.unlink()
