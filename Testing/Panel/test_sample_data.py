"""The sample data 'ABC simulated case': offered at start-up, made in the background, and a case can start from it."""

import shutil
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import slicer
from PIL import Image

from ABCImmunoResponseWidgets import sample_data
from ABCImmunoResponseWidgets.background.process import Outcome
from ABCImmunoResponseWidgets.case.dicom_source import series_of_volume
from slicerhost.pythonqt import process_events

SMALL = (128, 128, 60)
OFFERED = (sample_data.SEED, sample_data.SIZE, sample_data.LESIONS)


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """A small patient, none in the cache, none offered yet."""
    monkeypatch.setattr(sample_data, "SIZE", SMALL)
    folder = sample_data.sample_folder().parent
    folder.unlink() if folder.is_file() else shutil.rmtree(folder, ignore_errors=True)
    vars(slicer.modules).pop("sampleDataSources", None)


@pytest.fixture
def errors(monkeypatch):
    shown = []
    monkeypatch.setattr(slicer.util, "errorDisplay", lambda text, *given, **named: shown.append(text))
    return shown


@pytest.fixture
def said(monkeypatch):
    texts = []
    monkeypatch.setattr(slicer.util, "showStatusMessage", lambda text, duration=0: texts.append(text))
    return texts


def press():
    sys.modules["SampleData"].press_button(sample_data.SAMPLE_NAME)


def wait(seconds: float = 60.0) -> float:
    """Let Slicer's events come until the worker has ended; return the longest time (s) that one turn took."""
    until, longest = time.monotonic() + seconds, 0.0
    while sample_data._at_work:
        began = time.monotonic()
        assert began < until, "the patient was not simulated"
        process_events()
        if sample_data._at_work:  # the last turn loads the CT
            longest = max(longest, time.monotonic() - began)
        time.sleep(0.002)
    return longest


def volumes() -> list:
    return list(slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode"))


class TestOffer:
    def offered(self):
        sources = sys.modules["SampleData"].SampleDataLogic.sampleDataSourcesByCategory(sample_data.CATEGORY)
        return [source.sampleName for source in sources]

    @pytest.mark.usefixtures("panel_module")
    def test_it_is_offered_once_when_slicer_has_started(self):
        assert self.offered() == []
        slicer.app.startupCompleted()
        assert self.offered() == [sample_data.SAMPLE_NAME]
        sample_data.register_sample_data()  # as after a reload
        assert self.offered() == [sample_data.SAMPLE_NAME]

    def test_its_button_has_a_small_picture(self):
        sample_data.register_sample_data()
        [source] = sys.modules["SampleData"].SampleDataLogic.sampleDataSourcesByCategory(sample_data.CATEGORY)
        path = Path(source.thumbnailFileName)
        with Image.open(path) as picture:
            assert picture.size == (240, 160)
        assert path.stat().st_size < 40_000

    def test_an_application_without_sample_data_is_no_error(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "SampleData", None)
        sample_data.register_sample_data()


class TestFetching:
    def test_the_ct_comes_while_slicer_stays_usable(self, said, errors):
        sample_data.register_sample_data()
        press()
        assert volumes() == []
        press()  # once more while the first is at work
        assert "already" in said[-1]
        assert wait() < 0.1
        [node] = volumes()
        assert node.GetName() == sample_data.SAMPLE_NAME
        assert node.GetImageData().GetDimensions() == SMALL
        display = node.GetScalarVolumeDisplayNode()
        assert (display.GetWindow(), display.GetLevel(), display.GetAutoWindowLevel()) == (400, 40, 0)
        background = {c.GetBackgroundVolumeID() for c in slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode")}
        assert background == {node.GetID()}
        percents = [int(text.split(" %")[0].split()[-1]) for text in said if " %" in text]
        assert percents == sorted(percents)
        assert len(set(percents)) > 2
        assert str(sample_data.sample_folder()) in said[-1]
        press()  # from the cache this time
        assert not sample_data._at_work
        second = volumes()[1]
        assert second.GetName() != node.GetName()
        np.testing.assert_array_equal(slicer.util.arrayFromVolume(second), slicer.util.arrayFromVolume(node))
        assert errors == []

    def test_what_cannot_be_made_is_said_and_can_be_tried_again(self, errors):
        sample_data.register_sample_data()
        folder = sample_data.sample_folder()
        folder.parent.parent.mkdir(parents=True, exist_ok=True)
        folder.parent.write_text("in the way", encoding="utf-8")
        press()
        wait()
        [error] = errors
        assert "not made" in error
        assert "cannot be made" in error
        assert volumes() == []
        folder.parent.unlink()
        press()
        wait()
        assert len(volumes()) == 1

    def test_a_worker_that_cannot_be_started_is_said_and_can_be_tried_again(self, errors, tmp_path, monkeypatch):
        sample_data.register_sample_data()
        (tmp_path / "PythonSlicer").touch(mode=0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        for n in (1, 2):
            press()
            assert len(errors) == n
            assert "cannot be started" in errors[-1]
            assert not sample_data._at_work

    def test_what_another_slicer_made_meanwhile_is_shown(self, errors):
        sample_data.simulate_case(sample_data.sample_folder(), size=SMALL, lesions=1)
        slicer.mrmlScene.Clear()
        sample_data._end(Outcome("refused", "the folder cannot be written (Directory not empty)."))
        assert len(volumes()) == 1
        assert errors == []

    def test_a_damaged_cache_is_said(self, errors):
        sample_data.register_sample_data()
        (sample_data.sample_folder() / "dicom").mkdir(parents=True)
        press()
        [error] = errors
        assert "Delete the folder" in error
        assert volumes() == []


class TestCase:
    def test_a_case_that_starts_from_it_knows_the_scanner(self, tmp_path):
        from ABCImmunoResponse import ABCImmunoResponseLogic

        node = sample_data.simulate_case(tmp_path / "patient", seed=5, size=SMALL, lesions=1)
        folder, series_uid = series_of_volume(node)
        assert folder == tmp_path / "patient" / "dicom"
        logic = ABCImmunoResponseLogic()
        logic.createCaseFromFile(tmp_path / "case", folder, "P001", "lee", series_uid)
        case = logic.openCase(tmp_path / "case")
        assert case.acquisition.manufacturer
        assert case.acquisition.contrast is True
        np.testing.assert_array_equal(
            slicer.util.arrayFromVolume(node), slicer.util.arrayFromVolume(logic.loadVolume(case.path))
        )

    def test_a_volume_whose_files_are_gone_is_a_volume_like_any_other(self, tmp_path):
        node = sample_data.simulate_case(tmp_path / "patient", seed=5, size=SMALL, lesions=1)
        (tmp_path / "patient").rename(tmp_path / "elsewhere")
        assert series_of_volume(node) is None

    def test_the_same_seed_is_the_same_patient(self, tmp_path):
        first, second, other = (
            slicer.util.arrayFromVolume(sample_data.simulate_case(tmp_path / str(n), seed=seed, size=SMALL, lesions=1))
            for n, seed in enumerate((5, 5, 6))
        )
        np.testing.assert_array_equal(first, second)
        assert not np.array_equal(first, other)


def test_the_picture_shows_the_patient_that_is_offered():
    from importlib.util import module_from_spec, spec_from_file_location

    path = Path(__file__).resolve().parents[1] / "Tools" / "sample_thumbnail.py"
    spec = spec_from_file_location("sample_thumbnail", path)
    tool = module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert (tool.SEED, tool.SIZE, tool.LESIONS) == OFFERED
