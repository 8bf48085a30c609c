"""What Slicer does of itself and a panel must be ready for: keys that are taken, paths that go, other shapes."""

import pytest
import qt
import slicer
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from read_work import LIVER, outline, working

import sample_case
from ABCImmunoResponseWidgets import views
from ABCImmunoResponseWidgets.read.read_keys import KEYS
from slicerhost.pythonqt import process_events, unwrap

pytestmark = pytest.mark.usefixtures("empty_scene")


@pytest.fixture
def case(tmp_path):
    return sample_case.create(tmp_path / "P001").path


@pytest.fixture
def work(case):
    with working(case, "lee") as work:
        assert work.open()
        yield work


@pytest.fixture
def slice_node():
    return slicer.mrmlScene.GetNodeByID("vtkMRMLSliceNodeRed")


class TestKeys:
    @pytest.mark.parametrize("name", KEYS)
    def test_none_is_one_that_slicer_takes(self, panel_widget, name):
        window, pressed = unwrap(slicer.util.mainWindow()), []
        window.activateWindow()
        process_events()
        field = panel_widget.panel.widget
        action = qt.QAction(field)
        action.setShortcut(qt.QKeySequence(KEYS[name]))
        action.connect("triggered()", lambda: pressed.append(name))
        field.addAction(action)
        QTest.keySequence(window, QKeySequence(KEYS[name]))
        QTest.keyClick(window, Qt.Key.Key_F12)  # else Qt goes on as if Ctrl were held down
        field.removeAction(action)
        assert pressed == [name]


class TestEmptiedPaths:
    def test_nothing_can_be_started_without_a_folder(self, panel_widget, tmp_path):
        ui = panel_widget.panel.steps[0].ui
        ui.newCaseIdEdit.text = "P9"
        ui.newFolderEdit.currentPath = str(tmp_path)
        ui.dicomFolderEdit.currentPath = str(tmp_path)
        assert ui.dicomFolderButton.enabled
        ui.dicomFolderEdit.currentPath = ""
        assert not ui.dicomFolderButton.enabled
        assert ui.dicomBrowserButton.enabled
        ui.newFolderEdit.currentPath = ""
        assert not ui.dicomBrowserButton.enabled

    def test_no_cases_are_listed_of_no_folder(self, panel_widget, case):
        panel = panel_widget.panel
        ui = panel.steps[0].ui
        ui.readingFolderEdit.currentPath = str(case.parent)
        assert ui.caseTable.rowCount == 1
        ui.readingFolderEdit.currentPath = ""
        assert ui.caseTable.rowCount == 0
        assert "Choose the folder" in ui.listLabel.text
        assert str(panel.parameterNode.readingFolder) == "."

    def test_no_bundle_scores(self, panel_widget, tmp_path):
        ui = panel_widget.panel.steps[3].ui
        ui.modelCombo.currentIndex = 1
        ui.bundleEdit.currentPath = str(tmp_path)
        assert "is no model bundle" in ui.modelLabel.text
        ui.bundleEdit.currentPath = ""
        assert "Choose the folder" in ui.modelLabel.text


class TestWaiting:
    def test_nothing_else_happens_while_the_cursor_waits(self, panel_widget):
        happened = []
        qt.QTimer.singleShot(0, lambda: happened.append("a click"))
        with panel_widget.panel.busy():
            assert slicer.app.overrideCursor() is not None
            assert not happened
        assert slicer.app.overrideCursor() is None
        process_events()
        assert happened

    def test_a_double_click_on_a_step_opens_it_and_closes_it(self, work):
        work.leave()
        section = work.panel.ui.ReadStepSection
        qt.QTimer.singleShot(0, section.click)
        section.click()
        assert work.panel.is_open(work.step)
        assert work.node is not None
        process_events()
        assert not work.panel.is_open(work.step)
        assert work.node is None


class TestViews:
    def test_pixels_stay_square_in_a_view_of_another_shape(self, slice_node):
        slice_node.SetDimensions(400, 200, 1)
        slice_node.SetFieldOfView(300.0, 150.0, 1.0)
        position = views.slice_position()
        slice_node.SetDimensions(200, 300, 1)
        views.restore_slice_position(position)
        assert slice_node.GetFieldOfView() == (100.0, 150.0, 1.0)

    @pytest.mark.parametrize("pixels", [(400, 200), (100, 30), (300, 700), (500, 0)])
    def test_what_is_looked_at_fits_into_a_view_that_is_laid_out_anew(self, slice_node, pixels):
        """A view just made has some size or other; its layout resizes it when all else is done."""
        slice_node.SetDimensions(*pixels, 1)
        views.zoom(50.0)
        logic = slicer.app.applicationLogic().GetSliceLogic(slice_node)
        logic.ResizeSliceNode(600, 600)
        assert min(slice_node.GetFieldOfView()[:2]) >= 50.0


class TestSavedScenes:
    def test_nothing_that_is_read_is_saved_with_a_scene(self, work):
        """The subject hierarchy saves the names of nodes that are themselves not saved."""
        lesion_id = work.add(outline(*LIVER), "Liver")
        assert len(work.lines) == 2
        scene = slicer.mrmlScene
        scene.SetSaveToXMLString(True)
        scene.Commit()
        scene.SetSaveToXMLString(False)
        saved = scene.GetSceneXMLString()
        assert "vtkMRMLSelectionNode" in saved
        for told in ("read of", lesion_id, work.lines[0].GetName(), work.lines[1].GetName()):
            assert told not in saved

    def test_the_subject_hierarchy_is_saved_again_once_one_has_read(self, work):
        work.leave()
        hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
        assert hierarchy.GetSaveWithScene()

    def test_the_lines_are_nothing_that_the_mouse_places_next(self, work):
        selection = slicer.app.applicationLogic().GetSelectionNode()
        selection.SetReferenceActivePlaceNodeClassName("vtkMRMLMarkupsPlaneNode")
        work.add(outline(*LIVER), "Liver")
        assert len(work.lines) == 2
        assert selection.GetActivePlaceNodeClassName() == "vtkMRMLMarkupsPlaneNode"
        assert not selection.GetActivePlaceNodeID()


class TestEditor:
    def test_a_scene_that_closes_leaves_nothing_in_the_hidden_table(self, panel_widget, case):
        panel = panel_widget.panel
        panel.ui.personEdit.text = "lee"
        panel.ui.personEdit.editingFinished()
        assert panel.open_case(case)
        assert panel.open_step("Read")
        panel.steps[1].ui.addLesionButton.click()
        (table,) = slicer.util.findChildren(panel.widget, name="SegmentsTableView")
        assert table.segmentationNode() is not None
        slicer.mrmlScene.Clear()
        assert table.segmentationNode() is None

    def test_the_offer_of_sites_goes_with_its_field(self, work):
        work.add(organ="Liver")
        assert work.ui.siteEdit.completer().parent() == work.ui.siteEdit
