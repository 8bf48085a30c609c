"""slicer.packaging, SampleData and the DICOM database."""

import logging
import shutil
import subprocess
import time
from pathlib import Path

import pytest
import SimpleITK as sitk
import slicer
from packaging.requirements import Requirement

from dicom_writer import write_series
from slicerhost import dicom, packaging, sample_data
from slicerhost.pythonqt import process_events


@pytest.fixture
def installed(host):
    wanted = []
    packaging.set_installer(wanted.extend)
    yield wanted
    packaging.set_installer(None)


def test_requirements_are_read_and_checked(host, tmp_path):
    file = tmp_path / "requirements.txt"
    file.write_text("# needed\nnumpy>=2\n\n-c constraints.txt\nno-such-package>=1; python_version >= '3'\n")
    requirements = slicer.packaging.load_requirements(file)
    assert [one.name for one in requirements] == ["numpy", "no-such-package"]
    check = slicer.packaging.pip_check
    assert check("numpy>=1.20 pytest")
    assert not check("numpy>=99")
    assert not check(requirements)
    assert check(Requirement("no-such-package; python_version < '3'"))


def test_in_testing_mode_nothing_is_installed(installed, caplog):
    caplog.set_level(logging.INFO)
    assert slicer.packaging.pip_ensure("no-such-package", requester="Test") is None
    assert "skipping pip_ensure" in caplog.text
    with pytest.raises(RuntimeError, match="User declined"):
        slicer.packaging.pip_ensure("no-such-package", skip_in_testing=False)
    assert installed == []


def test_the_tests_installer_gets_what_is_missing(installed):
    slicer.packaging.pip_ensure(["numpy", "no-such-package>=1"], skip_in_testing=False, prompt_install=False)
    assert installed == ["no-such-package>=1"]


def test_without_an_installer_nothing_can_be_installed(host):
    with pytest.raises(RuntimeError, match="installs nothing"):
        slicer.packaging.pip_install("no-such-package")


def test_an_installation_in_the_background_ends_in_the_event_loop(host):
    def fail(_requirements):
        raise subprocess.CalledProcessError(3, "pip")

    packaging.set_installer(fail)
    codes, lines = [], []
    slicer.packaging.pip_install("x", blocking=False, logCallback=lines.append, completedCallback=codes.append)
    assert slicer.packaging.isPipInstallInProgress()
    with pytest.raises(RuntimeError, match="in progress"):
        slicer.packaging.pip_install("y", blocking=False)
    end = time.monotonic() + 5
    while not codes and time.monotonic() < end:
        process_events()
    packaging.set_installer(None)
    assert (codes, len(lines), slicer.packaging.isPipInstallInProgress()) == ([3], 1, False)


@pytest.fixture
def sources(host):
    yield sample_data.SampleDataLogic.sampleDataSourcesByCategory()
    vars(slicer.modules).pop("sampleDataSources", None)


def test_a_sample_is_made_by_its_button(sources):
    import SampleData

    asked = []
    for _ in range(2):
        SampleData.SampleDataLogic.registerCustomSampleDataSource(
            category="ABC", sampleName="Sample", uris="file:///x", fileNames="x", customDownloader=asked.append
        )
    assert [source.sampleName for source in sources["ABC"]] == ["Sample"]
    sample_data.press_button("Sample")
    assert asked == [sources["ABC"][0]]
    with pytest.raises(LookupError):
        sample_data.press_button("Other")


def test_a_sample_by_name_goes_by_its_files(sources, tmp_path):
    import SampleData

    register = SampleData.SampleDataLogic.registerCustomSampleDataSource
    register("ABC", "Local", uris=(tmp_path / "a b.txt").as_uri(), fileNames="a.txt", loadFiles=False)
    assert SampleData.downloadSample("Local") == str(tmp_path / "a b.txt")
    register("ABC", "Remote", uris="https://example.com/x.nrrd", fileNames="x.nrrd")
    with pytest.raises(NotImplementedError):
        SampleData.downloadSample("Remote")
    with pytest.raises(TypeError):  # as in Slicer
        register("ABC", "Nothing", customDownloader=print)
    with pytest.raises(ValueError, match="same length"):
        register("ABC", "Odd", uris=["a", "b"], fileNames=["a"])


@pytest.fixture
def database(host, tmp_path):
    before = slicer.dicomDatabase
    slicer.dicomDatabase = dicom.DicomDatabase()
    assert not slicer.dicomDatabase.isOpen
    write_series(tmp_path / "series", sitk.Image(4, 4, 3, sitk.sitkInt16))
    (tmp_path / "notes.txt").write_text("no DICOM")
    yield dicom.open_database(tmp_path)
    slicer.dicomDatabase = before
    vars(slicer.modules).pop("DICOMWidget", None)
    shutil.rmtree(tmp_path)


def test_the_database_knows_a_folders_series(database):
    (patient,) = database.patients()
    (study,) = database.studiesForPatient(patient)
    (series,) = database.seriesForStudy(study)
    files = database.filesForSeries(series)
    assert database.isOpen
    assert len(files) == len(list(Path(files[0]).parent.iterdir()))
    instance = database.instanceForFile(files[0])
    assert database.fileForInstance(instance) == files[0]
    assert instance in database.instancesForSeries(series)
    assert database.instanceValue(instance, "0008,0060") == "CT"
    assert database.fileValue(files[0], "0020,000E") == series
    assert database.fileValue(files[0], "0099,0099") == ""
    assert "\\" in database.fileValue(files[0], "0028,0030")


def test_what_is_selected_in_the_browser(database):
    series = database.seriesForStudy(database.studiesForPatient(database.patients()[0])[0])[0]
    dicom.select_in_browser(series)
    assert slicer.modules.DICOMWidget.browserWidget.fileLists == [database.filesForSeries(series)]
    dicom.select_in_browser()
    assert slicer.modules.DICOMWidget.browserWidget.fileLists == []
