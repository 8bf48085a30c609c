"""Scripted modules: loading, opening, leaving, reloading, unloading, and their self tests."""

import sys
from pathlib import Path

import pytest
import slicer

import slicerhost
from slicerhost.leaks import Leaks
from slicerhost.pythonqt import errors, process_events

SOURCE = """
import unittest
import qt
import slicer
from slicer.ScriptedLoadableModule import *
from slicer.util import VTKObservationMixin

calls = []


class Sample(ScriptedLoadableModule):
    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = "A sample"
        parent.categories = ["Examples"]


class SampleWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)

    def setup(self):
        ScriptedLoadableModuleWidget.setup(self)
        self.scene_at_setup = self.parent.mrmlScene()
        self.button = qt.QPushButton("Press")
        self.layout.addWidget(self.button)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartCloseEvent, self.on_close)
        calls.append("setup")

    def on_close(self, caller, event):
        calls.append("close")

    def enter(self):
        calls.append(f"enter {self.parent.isEntered}")

    def exit(self):
        calls.append(f"exit {self.parent.isEntered}")

    def cleanup(self):
        self.removeObservers()
        calls.append("cleanup")


class SampleLogic(ScriptedLoadableModuleLogic):
    pass


class SampleTest(ScriptedLoadableModuleTest):
    def setUp(self):
        calls.append("setUp")

    def test_one(self):
        self.delayDisplay("one")
        calls.append("one")

    def a_test_too(self):
        calls.append("two")

    def tearDown(self):
        calls.append("tearDown")
"""


@pytest.fixture
def sample(host, tmp_path):
    path = tmp_path / "Sample.py"
    path.write_text(SOURCE)
    leaks = Leaks()
    loaded = slicerhost.load_module(path)
    yield loaded
    if "Sample" in slicer.app.moduleManager().modulesNames():
        loaded.unload()
    process_events()
    sys.modules.pop("Sample")
    left = leaks.found()
    leaks.close()
    assert not left


def calls() -> list[str]:
    return sys.modules["Sample"].calls


def test_a_module_that_depends_on_one_that_slicer_lacks_is_not_loaded(host, tmp_path):
    path = tmp_path / "Dependent.py"
    lines = SOURCE.replace("Sample", "Dependent").splitlines()
    after = next(number for number, line in enumerate(lines) if "parent.categories" in line)
    lines.insert(after, '        parent.dependencies = ["Markups", "SegmentEdtor"]')
    path.write_text("\n".join(lines))
    with pytest.raises(RuntimeError, match="the dependency SegmentEdtor failed to be loaded"):
        slicerhost.load_module(path)
    assert not hasattr(slicer.modules, "dependent")
    sys.modules.pop("Dependent")
    slicer.selfTests.pop("Dependent")


def test_the_module_is_found_by_its_name(sample):
    assert slicer.modules.sample == sample.module
    assert (sample.module.title, sample.module.categories) == ("A sample", ("Examples",))
    assert slicer.util.modulePath("Sample") == sample.module.path
    assert slicer.modules.SampleInstance is sample.module.self()
    assert calls() == []
    assert not hasattr(slicer.modules, "SampleWidget")
    with pytest.raises(RuntimeError, match="loaded already"):
        slicerhost.load_module(sample.module.path)


def test_opening_and_leaving(sample):
    widget = sample.open()
    assert slicer.modules.SampleWidget is widget is slicer.util.getModuleWidget("Sample")
    assert widget.parent == sample.module.widgetRepresentation()
    assert widget.parent.isEntered is True
    assert widget.parent.visible is True
    assert widget.scene_at_setup is None  # the module's widget gets the scene after its setup, as in Slicer
    assert widget.parent.mrmlScene() is slicer.mrmlScene
    assert slicer.util.selectedModule() == "Sample"
    sample.open()
    sample.close()
    assert widget.parent.isEntered is False
    slicer.util.selectModule("Sample")
    slicer.util.selectModule(sample.module)
    assert calls() == ["setup", "enter True", "exit False", "enter True"]
    sample.unload()
    assert calls()[-2:] == ["exit False", "cleanup"]
    process_events()
    assert not widget.parent
    assert not hasattr(slicer.modules, "sample")


def test_reloading(sample):
    widget = sample.open()
    Path(sample.module.path).write_text(SOURCE.replace("A sample", "Another").replace('"Press"', '"Press me"'))
    again = sample.reload()
    assert again is not widget
    assert again.parent == widget.parent
    assert again.button.text == "Press me"
    assert widget.Observations == []
    assert calls() == ["setup"]  # of the module as it is now


def test_the_developer_section(sample):
    slicer.app.userSettings().setValue("Developer/DeveloperMode", True)
    qsettings = __import__("qt").QSettings()
    qsettings.setValue("Developer/DeveloperMode", True)
    try:
        widget = sample.open()
        widget.reloadButton.click()
        assert slicer.modules.SampleWidget is not widget
    finally:
        qsettings.remove("Developer/DeveloperMode")
        slicer.app.userSettings().setValue("Developer/DeveloperMode", False)


def test_what_a_module_raises_is_printed_and_kept(sample):
    sample.python.SampleWidget.enter = lambda self: 1 / 0
    sample.open()
    assert [type(error.exception) for error in errors.take()] == [ZeroDivisionError]


def test_a_module_that_cannot_be_made_has_an_empty_panel(sample):
    def fail(self, parent=None):
        raise RuntimeError("no widget today")

    sample.python.SampleWidget.__init__ = fail
    with pytest.raises(AttributeError):
        sample.module.widgetRepresentation().self().button  # noqa: B018
    assert "no widget today" in str(errors.take()[0])


def test_unknown_names_of_a_module_are_refused(sample):
    with pytest.raises(AttributeError):
        sample.module.titel = "A typo"


def test_the_self_test_runs_whatever_has_test_in_its_name(sample):
    slicer.selfTests["Sample"]()
    assert calls() == ["setUp", "two", "tearDown", "setUp", "one", "tearDown"]


def test_unit_tests_of_a_file_fail_with_an_exception(host, tmp_path, capsys):
    (tmp_path / "test_some_file.py").write_text(
        "import unittest\nclass A(unittest.TestCase):\n    def test_a(self):\n        self.assertEqual(1, 2)\n"
    )
    with pytest.raises(Exception):  # noqa: B017, PT011 - the bare class is what Slicer raises
        slicer.testing.runUnitTest([str(tmp_path)], "test_some_file")
    sys.path.remove(str(tmp_path))
    assert "test_some_file" in capsys.readouterr().out


def test_a_module_has_one_parameter_node(sample):
    logic = sample.python.SampleLogic()
    node = logic.getParameterNode()
    assert node.GetAttribute("ModuleName") == "Sample"
    assert node.GetSingletonTag() == "Sample"
    slicer.mrmlScene.Clear()
    assert logic.getParameterNode() is node
    assert node.GetAttribute("ModuleName") == "Sample"
    several = sample.python.SampleLogic()
    several.isSingletonParameterNode = False
    assert several.getAllParameterNodes() == [node]
    assert several.getParameterNode() is node
