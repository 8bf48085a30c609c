"""Only on the stand-in host: the module loads and tests itself there, and the host makes nothing up."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import slicer

import ABCImmunoResponse
import sample_case
import slicerhost
from ABCImmunoResponseLib.errors import MissingDependencyError
from ABCImmunoResponseLib.features import engine as engine_module
from ABCImmunoResponseWidgets.report.packages import ensure_packages, importable
from ABCImmunoResponseWidgets.selftest import by_scripts
from slicerhost.pythonqt import errors

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def module():
    loaded = slicerhost.load_module(ABCImmunoResponse.__file__)
    yield loaded.module
    loaded.unload()


def test_the_module_says_what_it_is(module):
    assert module.title == "ABC Immuno Response"
    assert module.categories == ("Quantification",)
    assert {"SegmentEditor", "SubjectHierarchy", "Markups"} <= set(module.dependencies)
    assert "Research use only" in module.helpText
    assert Path(module.self().resourcePath("Icons/ABCImmunoResponse.png")).is_file()
    assert slicer.modules.abcimmunoresponse == module


@pytest.fixture
def scripted(caplog):
    """Take the self test's case by scripts when called; return what was logged."""
    caplog.set_level("INFO")

    def take() -> str:
        by_scripts.take_case(ABCImmunoResponse.ABCImmunoResponseTest(), ABCImmunoResponse.ABCImmunoResponseLogic())
        return caplog.text

    return take


def test_a_case_is_taken_to_its_end_without_the_other_engines(scripted, monkeypatch):
    assert importable("jinja2", "matplotlib", "PIL")  # everything is installed here: all of it must be tested
    monkeypatch.setattr(engine_module, "find_spec", lambda name: None)  # as where numba is not installed
    for lacking in ("radiomics", "radiomics.featureextractor", "pywt", "numba", "lifelines"):
        monkeypatch.setitem(sys.modules, lacking, None)  # then importing it is an ImportError
    assert "Not tested here" not in scripted()


def test_the_self_test_names_what_a_plain_slicer_lacks(scripted, monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    logged = scripted()
    assert "Not tested here" in logged
    assert "and jinja2 cannot be imported" in logged


def test_packages_are_asked_for_and_a_refusal_is_one_line(monkeypatch):
    asked = []

    def decline(requirements, constraints, requester):
        asked.extend(requirements)
        raise RuntimeError("User declined\nthe installation")

    packaging = SimpleNamespace(load_requirements=lambda path: Path(path).read_text().splitlines(), pip_ensure=decline)
    monkeypatch.setitem(sys.modules, "slicer.packaging", packaging)
    with pytest.raises(MissingDependencyError, match="User declined the installation") as refusal:
        ensure_packages(lambda question: True)
    assert "\n" not in str(refusal.value)
    assert "jinja2>=3.1" in asked


def test_nobody_is_asked_where_all_is_there(monkeypatch):
    asked = []
    monkeypatch.setitem(sys.modules, "slicer.packaging", None)  # as before Slicer 5.11
    ensure_packages(asked.append)
    assert not asked


def test_the_logic_is_tested_in_a_plain_slicer_too():
    program = f"""
import sys, unittest
from importlib.machinery import PathFinder

find = PathFinder.find_spec
lacking = {{"jinja2", "lifelines", "matplotlib", "numba", "pandas", "pywt", "radiomics", "sklearn", "torch"}}
PathFinder.find_spec = lambda name, *given: None if name.split(".")[0] in lacking else find(name, *given)
sys.path[:0] = {[str(ROOT / "Testing" / part) for part in ("Host", "Slicer")] + [str(ROOT / "ABCImmunoResponse")]!r}
import slicerhost
slicerhost.install()
unittest.main("test_logic", argv=["test_logic"])
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_module_loads_where_no_optional_package_is():
    program = f"""
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {{"torch", "radiomics", "lifelines", "sklearn", "highdicom", "skimage", "pandas",
                                 "matplotlib", "jinja2", "safetensors", "slicerio", "qt", "ctk"}}:
            raise ImportError(f"{{name}} is not there")

sys.meta_path.insert(0, Blocker())
sys.path[:0] = [{str(ROOT / "Testing" / "Host")!r}, {str(ROOT / "ABCImmunoResponse")!r}]
import slicerhost
slicerhost.install()
before = set(sys.modules)
import ABCImmunoResponse
heavy = {{"scipy", "SimpleITK", "pydicom"}} & (set(sys.modules) - before)
assert not heavy, f"{{heavy}} slow down Slicer's start-up"
ABCImmunoResponse.ABCImmunoResponseLogic().getParameterNode()
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not done.stderr


def test_there_is_no_window():
    assert slicer.app.layoutManager() is None
    assert slicer.util.mainWindow() is None
    assert slicer.util.showStatusMessage("seen by nobody") is False
    assert not slicer.util.getNodesByClass("vtkMRMLSliceNode")


def test_a_read_without_a_window_is_drawn_without_a_complaint(module, tmp_path):
    panel = module.widgetRepresentation().self().panel
    panel.ui.personEdit.text = "lee"
    panel.ui.personEdit.editingFinished()
    assert panel.open_case(sample_case.create(tmp_path / "P001").path)
    errors.take()
    assert panel.open_step("Read")
    panel.steps[1].ui.addLesionButton.click()
    assert not errors.take()


def test_what_the_host_lacks_is_an_error():
    for holder, name in ((slicer.app, "ioManager"), (slicer.modules, "dicom")):
        with pytest.raises(NotImplementedError):
            getattr(holder, name)
    for holder, name in ((slicer.app, "noSuchName"), (slicer.modules, "nosuchmodule"), (slicer, "qMRMLNoSuchWidget")):
        with pytest.raises(AttributeError):
            getattr(holder, name)
