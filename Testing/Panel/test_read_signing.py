"""Recording, locking and withdrawing a read by clicks, and what is refused."""

import pytest
import slicer
from read_work import LIVER, LUNG, TINY, outline, working

import sample_case
from ABCImmunoResponseWidgets.read.read_text import STATEMENT

pytestmark = pytest.mark.usefixtures("empty_scene")


@pytest.fixture
def case(tmp_path):
    return sample_case.create(tmp_path / "case").path


@pytest.fixture
def work(case):
    with working(case) as work:
        assert work.open()
        yield work


class TestRecording:
    def test_what_is_complete_is_recorded_and_the_rest_named(self, work):
        work.add(outline(*LIVER), "Liver")
        work.add(outline(*LUNG))
        work.add(None, "Lung")
        work.ui.saveReadButton.click()
        assert work.message == (
            "Recorded in the case folder: L1. Not complete: L2: its organ is not said; L3: it is not drawn."
        )
        (read,) = work.folder().reads
        assert [lesion.lesion_id for lesion in read.lesions] == ["L1"]
        assert work.ui.readRoleLabel.text == "You read case P001 as reader A."
        assert len(work.rows()) == 3

    def test_nothing_complete_is_refused(self, work):
        work.ui.saveReadButton.click()
        assert "No lesion is complete yet" in work.message
        work.add(outline(*TINY), "Liver")
        work.ui.saveReadButton.click()
        assert "single voxel" in work.message
        assert work.folder().reads == ()

    def test_leaving_records_what_is_complete_once(self, work):
        work.add(outline(*LIVER), "Liver")
        work.leave()
        assert "is saved" in work.message
        assert [line.action for line in work.folder().audit()][-1] == "save-read"
        lines = len(work.folder().audit())
        assert work.open()
        work.leave()
        assert len(work.folder().audit()) == lines

    def test_leaving_takes_everything_out_of_the_scene(self, work):
        nodes = {node.GetID() for node in slicer.util.getNodesByClass("vtkMRMLNode")}
        work.add(outline(*LIVER), "Liver")
        work.leave()
        left = {node.GetID() for node in slicer.util.getNodesByClass("vtkMRMLNode")} - nodes
        assert left == set()
        assert work.node is None
        assert work.panel.session.nodes("read") == []
        assert work.editor.segmentationNode() is None
        assert work.editor.mrmlSegmentEditorNode() is None


class TestLocking:
    def test_an_incomplete_read_is_not_locked_and_the_lesion_named(self, work):
        work.ui.lockReadButton.click()
        assert "outline at least one" in work.message
        work.add(outline(*LIVER))
        work.ui.lockReadButton.click()
        assert "L1: its organ is not said" in work.message
        assert work.asked == []
        assert work.folder().reads == ()

    def test_locking_asks_and_a_no_changes_nothing(self, work):
        work.add(outline(*LIVER), "Liver")
        work.answer = False
        work.ui.lockReadButton.click()
        assert "cannot be changed again" in work.asked[0]
        assert work.folder().reads == ()

    def test_a_locked_read_is_signed_with_its_statement_and_shown(self, work, case):
        work.add(outline(*LIVER), "Liver")
        assert work.ui.statementEdit.plainText == STATEMENT
        work.ui.statementEdit.plainText = "I read this at the clinic."
        work.ui.lockReadButton.click()
        (read,) = work.folder().reads
        assert read.locked
        assert read.signature.statement == "I read this at the clinic."
        assert "locked since" in work.ui.readRoleLabel.text
        assert work.editor.readOnly
        assert [row[0] for row in work.rows()] == ["L1"]
        assert work.ui.statementEdit.plainText == STATEMENT
        assert not (case / "drafts" / "lee").exists()
        work.leave()
        assert work.folder().audit()[-1].action == "lock-read"

    def test_withdrawing_needs_a_reason_and_a_yes(self, work):
        work.add(outline(*LIVER), "Liver")
        work.ui.saveReadButton.click()
        work.ui.withdrawBox.collapsed = False
        work.ui.withdrawButton.click()
        assert "reason" in work.message
        assert len(work.folder().reads) == 1
        work.ui.withdrawReasonEdit.text = "begun under a wrong name"
        work.answer = False
        work.ui.withdrawButton.click()
        assert len(work.folder().reads) == 1
        work.answer = True
        work.ui.withdrawButton.click()
        assert work.folder().reads == ()
        assert work.node is None
        assert "withdrawn" in work.message
        assert work.open()
        assert work.rows() == []
        assert work.ui.withdrawReasonEdit.text == ""
