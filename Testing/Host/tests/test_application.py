"""slicer.app, the module manager and slicer.util: what scripts meet in testing mode."""

import logging
import subprocess
import sys
import time

import pytest
import qt
import slicer

import slicerhost
from slicerhost.application import ExitError
from slicerhost.pythonqt import errors, process_events


def test_it_says_what_it_is(host):
    assert (slicer.app.applicationVersion, slicer.app.majorVersion, slicer.app.minorVersion) == ("5.12.3", 5, 12)
    assert slicer.app.applicationName == "Slicer"
    assert slicer.app.testingEnabled() is True
    assert slicer.app.commandOptions().testingEnabled is True
    assert slicer.app.applicationLogic().GetMRMLScene() is slicer.mrmlScene
    assert slicer.app.mrmlScene() is slicer.mrmlScene


def test_its_folders_are_temporary_and_its_own(host):
    for path in (slicer.app.temporaryPath, slicer.app.cachePath, slicer.app.slicerHome):
        assert "slicerhost-" in path


def test_its_settings_are_its_own(host, tmp_path):
    slicer.app.settings().setValue("ABC/x", 3)
    assert slicer.app.userSettings().value("ABC/x") == 3
    assert slicer.util.settingsValue("Developer/DeveloperMode", True, converter=slicer.util.toBool) is True
    assert slicer.app.userSettings().value("Developer/DeveloperMode") is False


def test_unknown_names_are_refused(host):
    with pytest.raises(AttributeError, match="qSlicerApplication has no attribute named 'noSuchName'"):
        slicer.app.noSuchName()
    with pytest.raises(AttributeError, match="does not exist"):
        slicer.app.ownName = 1
    with pytest.raises(NotImplementedError, match="ioManager"):
        slicer.app.ioManager()


def test_modules_are_there_or_not(host):
    assert hasattr(slicer.modules, "segmentations")
    assert not hasattr(slicer.modules, "pytorchutils")
    with pytest.raises(NotImplementedError, match="dicom"):
        hasattr(slicer.modules, "dicom")
    assert slicer.util.getModule("Volumes") == slicer.modules.volumes
    assert slicer.util.getModuleLogic("Volumes") is slicer.modules.volumes.logic()
    assert slicer.app.moduleLogic("Markups") is slicer.modules.markups.logic()
    with pytest.raises(RuntimeError, match="NoSuch"):
        slicer.util.getModule("NoSuch")


def test_start_up_is_told_once_it_is_completed(host):
    told = []
    assert slicer.app.connect("startupCompleted()", lambda: told.append(1))
    host.complete_startup()
    assert told == [1]
    slicer.app.disconnect("startupCompleted()")


@pytest.mark.parametrize("ask", ["confirmOkCancelDisplay", "confirmYesNoDisplay", "confirmRetryCloseDisplay"])
def test_in_testing_mode_every_question_is_answered_no(host, ask):
    assert getattr(slicer.util, ask)("Really?") is False


def test_in_testing_mode_messages_are_only_logged(host, caplog):
    caplog.set_level(logging.INFO)
    for show in (slicer.util.infoDisplay, slicer.util.warningDisplay, slicer.util.errorDisplay):
        assert show(f"text of {show.__name__}") is None
        assert f"text of {show.__name__}" in caplog.text


def test_errors_are_raised_again_and_the_cursor_is_put_back(host):
    def fail():
        with slicer.util.tryWithErrorDisplay("It failed", waitCursor=True):
            assert slicer.app.overrideCursor() is not None
            raise ValueError("so it is")

    with pytest.raises(ValueError, match="so it is"):
        fail()
    assert slicer.app.overrideCursor() is None


def test_the_window_shows_messages(host):
    assert slicer.util.showStatusMessage("Working") is True
    assert slicer.util.mainWindow().statusBar().currentMessage() == "Working"
    slicer.util.delayDisplay("soon gone", 0)


def test_the_nodes_of_the_views_are_there_and_outlive_a_closed_scene(host):
    for _ in range(2):
        names = {node.GetLayoutName() for node in slicer.util.getNodesByClass("vtkMRMLSliceNode")}
        assert names == {"Red", "Yellow", "Green"}
        assert len(slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode")) == 3
        assert slicer.mrmlScene.GetSingletonNode("vtkMRMLLayoutNode", "vtkMRMLLayoutNode")
        assert slicer.mrmlScene.GetNodeByID("vtkMRMLInteractionNodeSingleton")
        slicer.mrmlScene.Clear()
    assert "Red" in slicer.app.layoutManager().sliceViewNames()


def test_every_node_and_segment_is_in_the_subject_hierarchy(host):
    def names() -> set[str]:
        hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
        return {hierarchy.GetItemName(item) for item in slicer.util.getSubjectHierarchyItemChildren(recursive=True)}

    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "read")
    segment = node.GetSegmentation().AddEmptySegment("L1", "lesion")
    assert {"read", "lesion"} <= names()
    node.GetSegmentation().GetSegment(segment).SetName("other")
    assert "other" in names()
    node.GetSegmentation().RemoveSegment(segment)
    assert "other" not in names()
    slicer.mrmlScene.RemoveNode(node)
    assert "read" not in names()


def test_a_hidden_node_is_in_no_hierarchy(host):
    node = slicer.vtkMRMLTextNode()
    node.SetHideFromEditors(True)
    slicer.mrmlScene.AddNode(node)
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    assert hierarchy.GetItemByDataNode(node) == 0


def test_a_process_is_followed_in_the_event_loop(host):
    lines, codes = [], []
    slicer.util.launchConsoleProcess(
        [sys.executable, "-c", "print('one'); print('two')"],
        blocking=False,
        logCallback=lines.append,
        completedCallback=codes.append,
    )
    end = time.monotonic() + 20
    while not codes and time.monotonic() < end:
        process_events()
        time.sleep(0.01)
    assert (lines, codes) == (["one", "two"], [0])


def test_leaving_slicer_ends_the_test_at_hand(host):
    with pytest.raises(ExitError) as left:
        slicer.util.exit(3)
    assert left.value.status == 3


def test_two_hosts_do_not_share_a_scene(host):
    scene = slicer.mrmlScene
    other = slicerhost.install()
    assert slicer.mrmlScene is not scene
    assert slicer.app.layoutManager() is None
    assert slicer.util.mainWindow() is None
    host.activate()
    assert slicer.mrmlScene is scene
    assert slicer.app.layoutManager() is not None
    assert slicer.util.mainWindow() is not None
    assert other.messages.take() == []
    other.close()


def test_an_observer_that_raises_is_seen(host):
    def fail(caller, event):
        raise ValueError("unseen in Slicer")

    button = qt.QPushButton()
    button.connect("clicked()", lambda: fail(None, None))
    button.click()
    assert ["unseen" in str(error) for error in errors.take()] == [True]


def test_it_starts_where_nothing_optional_is_installed():
    program = "import slicerhost; slicerhost.install(window=True); import slicer; assert slicer.util.mainWindow()"
    done = subprocess.run([sys.executable, "-c", program], env=_environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def _environment() -> dict[str, str]:
    import os

    return os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
