"""Before the locks, nothing of reader A's read can be reached in reader B's session that follows at the same Slicer."""

import gc
import sys

import numpy as np
import pytest
import slicer
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QPlainTextEdit, QTableWidget, QWidget
from read_work import LIVER, LUNG, outline, size, working
from vtk.util.numpy_support import vtk_to_numpy

import sample_case
from ABCImmunoResponseLib.reading.drafts import draft_masks
from ABCImmunoResponseWidgets import views
from ABCImmunoResponseWidgets.read.drafting import Drafting
from ABCImmunoResponseWidgets.read.live_read import LiveRead

pytestmark = pytest.mark.usefixtures("empty_scene")

SECRETS = (
    "SECRETSITE",
    "SECRETREASON",
    "SECRETERASED",
    "SECRETSTATEMENT",
    "SECRETSEGMENT",
    "read of lee",
    size(*LIVER),
)
TEXTS = ("text", "toolTip", "title", "plainText", "toPlainText", "currentText", "windowTitle", "statusTip", "whatsThis",
         "accessibleName", "accessibleDescription", "placeholderText", "objectName")  # fmt: skip

_opened: list[str] = []
_listening = False


def _hook(event, arguments):
    if _listening and event == "open" and isinstance(arguments[0], str):
        _opened.append(arguments[0])


sys.addaudithook(_hook)


@pytest.fixture
def case(tmp_path):
    return sample_case.create(tmp_path / "case").path


@pytest.fixture
def after_a(case):
    """The panel with reader B at work, after reader A drew, wrote, recorded and went."""
    with working(case, "lee") as work:
        assert work.open()
        before = views.slice_position()
        work.add(outline(*LIVER), "Liver")
        work.ui.siteEdit.text = "SECRETSITE"
        work.ui.overrideEdit.text = "SECRETREASON"
        work.ui.withdrawReasonEdit.text = "SECRETERASED"
        work.ui.withdrawReasonEdit.text = ""
        work.ui.statementEdit.plainText = "SECRETSTATEMENT"
        work.node.GetSegmentation().AddEmptySegment("SECRETSEGMENT", "SECRETSEGMENT")  # A uses Slicer's own module
        work.rest()
        work.ui.proposeButton.click()
        work.ui.saveReadButton.click()  # the message line names what A recorded
        work.ui.jumpToLesionButton.click()
        work.rest()
        assert {"L1"} <= set(draft_masks(work.folder(), "lee"))
        work.be("kim")
        work.position_before = before
        yield work


def reachable_strings(work) -> list[tuple[str, str]]:
    """Return every string of the scene, its subject hierarchy, the widgets and the settings, with where it is."""
    found = []
    scene = slicer.mrmlScene
    for n in range(scene.GetNumberOfNodes()):
        node = scene.GetNthNode(n)
        found.append((node.GetID(), str(node)))
        found += [(node.GetID(), node.GetAttribute(name)) for name in node.GetAttributeNames()]
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    items = slicer.vtkIdList() if hasattr(slicer, "vtkIdList") else __import__("vtk").vtkIdList()
    hierarchy.GetItemChildren(hierarchy.GetSceneItemID(), items, True)
    found += [("subject hierarchy", hierarchy.GetItemName(items.GetId(n))) for n in range(items.GetNumberOfIds())]
    for top in QApplication.topLevelWidgets():
        for widget in (top, *top.findChildren(QObject)):
            found += [(widget.objectName(), text) for text in widget_strings(widget)]
    settings = slicer.app.settings()
    found += [(key, str(settings.value(key))) for key in settings.allKeys()]
    return found


def widget_strings(widget) -> list[str]:
    found = [getattr(widget, name, None) for name in TEXTS]
    found = [value() if callable(value) else value for value in found]
    if isinstance(widget, QComboBox):
        found += [widget.itemText(n) for n in range(widget.count())]
    if isinstance(widget, QTableWidget):
        cells = [widget.item(r, c) for r in range(widget.rowCount()) for c in range(widget.columnCount())]
        found += [text for cell in cells if cell is not None for text in (cell.text(), cell.toolTip())]
    return [text for text in found if isinstance(text, str)]


def test_the_search_finds_what_is_there(case):
    with working(case, "lee") as work:
        assert work.open()
        work.add(outline(*LIVER), "Liver")
        work.ui.siteEdit.text = "SECRETSITE"
        work.rest()
        everything = "\n".join(text for _where, text in reachable_strings(work))
        assert all(secret in everything for secret in ("SECRETSITE", "read of lee", size(*LIVER)))
        assert any(voxels_of(node) for node in slicer.util.getNodesByClass("vtkMRMLSegmentationNode"))


def voxels_of(node) -> int:
    """Return how many voxels a segmentation holds."""
    total = 0
    for segment_id in node.GetSegmentation().GetSegmentIDs():
        labelmap = slicer.vtkOrientedImageData()
        node.GetBinaryLabelmapRepresentation(segment_id, labelmap)
        scalars = labelmap.GetPointData().GetScalars()
        total += 0 if scalars is None else int(np.count_nonzero(vtk_to_numpy(scalars)))
    return total


@pytest.mark.parametrize("step", ["Case", "Read"])
def test_no_string_of_a_is_left(after_a, step):
    assert after_a.panel.open_step(step)
    leaks = [(where, secret) for where, text in reachable_strings(after_a) for secret in SECRETS if secret in text]
    assert leaks == []


def test_no_outline_of_a_is_left(after_a):
    assert after_a.open()
    assert [voxels_of(node) for node in slicer.util.getNodesByClass("vtkMRMLSegmentationNode")] == [0]
    assert slicer.util.getNodesByClass("vtkMRMLMarkupsNode") == []
    assert slicer.util.getNodesByClass("vtkMRMLLabelMapVolumeNode") == []


def test_undo_brings_nothing_of_a_back(after_a):
    assert after_a.open()
    assert slicer.mrmlScene.GetNumberOfUndoLevels() == 0
    assert slicer.mrmlScene.GetNumberOfRedoLevels() == 0
    for name in ("UndoButton", "RedoButton"):
        assert not slicer.util.findChild(after_a.editor, name).enabled
    slicer.mrmlScene.Undo()
    slicer.mrmlScene.Redo()
    after_a.rest()
    assert after_a.rows() == []
    assert [voxels_of(node) for node in slicer.util.getNodesByClass("vtkMRMLSegmentationNode")] == [0]
    for field in after_a_fields():
        field.undo()
    leaks = [(where, secret) for where, text in reachable_strings(after_a) for secret in SECRETS if secret in text]
    assert leaks == []


def after_a_fields() -> list[QWidget]:
    tops = QApplication.topLevelWidgets()
    return [field for top in tops for kind in (QLineEdit, QPlainTextEdit) for field in top.findChildren(kind)]


def test_the_views_do_not_look_where_a_looked(after_a):
    assert views.slice_position() == after_a.position_before


def test_the_parameter_node_knows_nothing_of_a(panel_widget, case):
    panel = panel_widget.panel
    panel.ui.personEdit.text = "lee"
    panel.ui.personEdit.editingFinished()
    assert panel.open_case(case)
    assert panel.open_step("Read")
    panel.steps[1].ui.addLesionButton.click()
    panel.steps[1].ui.siteEdit.text = "SECRETSITE"
    assert panel.open_step("Case")
    node = panel.parameterNode.parameterNode
    kept = {name: node.GetParameter(name) for name in node.GetParameterNames()}
    assert not any("lee" in value or "SECRET" in value for value in kept.values())
    assert panel.steps[1].ui.siteEdit.text == ""


def test_b_opens_no_file_of_a_s_draft(after_a, case):
    global _listening
    _opened.clear()
    _listening = True
    try:
        assert after_a.open()
        after_a.add(outline(*LUNG), "Lung")
        after_a.ui.saveReadButton.click()
        after_a.leave()
    finally:
        _listening = False
    drafts = [name for name in _opened if str(case / "drafts") in name]
    assert drafts  # the hook listens
    assert [name for name in drafts if "/lee" in name] == []


def test_no_object_of_a_s_draft_is_left(after_a):
    assert after_a.open()
    gc.collect()
    alive = [one for one in gc.get_objects() if issubclass(type(one), (Drafting, LiveRead))]  # asks no object anything
    assert {one.reader for one in alive if isinstance(one, Drafting)} <= {"kim"}
    assert len([one for one in alive if isinstance(one, LiveRead)]) == 1


def test_nothing_of_a_is_in_the_log(case, caplog, capfd):
    caplog.set_level("DEBUG")
    with working(case, "lee") as work:
        assert work.open()
        work.add(outline(*LIVER), "Liver")
        work.ui.siteEdit.text = "SECRETSITE"
        work.rest()
        work.be("kim")
        assert work.open()
    printed = "".join(capfd.readouterr()) + caplog.text
    assert not any(secret in printed for secret in SECRETS)


def test_b_s_own_read_is_empty_and_a_s_unlocked_one_closed_to_b(after_a):
    assert after_a.open()
    assert after_a.rows() == []
    assert after_a.node.GetName() == "P001 read of kim"
    assert after_a.ui.readRoleLabel.text == "You read case P001."
    assert all(read.hidden for read in after_a.panel.session.folder.reads_for("kim"))


def test_b_goes_on_where_b_stopped_and_a_where_a_did(after_a):
    assert after_a.open()
    after_a.add(outline(*LUNG), "Lung")
    after_a.be("lee")
    assert after_a.open()
    assert [row[1] for row in after_a.rows()] == ["Liver", ""]
    after_a.select("L1")
    assert after_a.ui.siteEdit.text == "SECRETSITE"
    after_a.be("kim")
    assert after_a.open()
    assert [row[1] for row in after_a.rows()] == ["Lung"]
