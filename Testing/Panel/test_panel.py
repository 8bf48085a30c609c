"""The panel around its steps: what it says, and that it sees what others do in the case."""

import shutil

import numpy as np
import pytest
import slicer
from read_work import LIVER, outline, working

import sample_case
from ABCImmunoResponseLib.reading.case_folder import CaseFolder

pytestmark = pytest.mark.usefixtures("empty_scene")


@pytest.fixture
def case(tmp_path):
    return sample_case.create(tmp_path / "case").path


@pytest.fixture
def work(case):
    with working(case) as work:
        yield work


def lock_reads(case) -> None:
    """Save and lock both reads as other processes do."""
    for reader in ("ann", "bob"):
        folder = CaseFolder.open(case)
        folder.save_read(reader, sample_case.LESIONS["lee"], sample_case.masks("lee"))
        folder.lock_read(reader)


class TestMessages:
    def test_a_refusal_goes_when_the_step_opens(self, work):
        work.be("")
        assert not work.open()
        assert "Say who you are first" in work.message
        work.be("lee")
        assert work.open()
        assert work.message == ""

    def test_a_message_of_any_length_leaves_the_panel_in_sight(self, work, case):
        for number in range(2000):
            (case / f"IM{number:05d}.dcm").touch()
        assert not work.panel.open_case(case)
        assert "unknown file IM00000.dcm" in work.message
        assert work.message.endswith("Restore the folder from a backup.")
        assert len(work.message) < 1000

    def test_a_message_of_one_long_word_does_not_widen_the_panel(self, work):
        before = work.panel.widget.minimumSizeHint.width()
        work.panel.refuse("/" + "x" * 400 + "<b>")
        assert work.panel.widget.minimumSizeHint.width() == before <= 400
        assert "x&lt;b&gt;" in work.panel.ui.messageLabel.toolTip

    @pytest.mark.parametrize("text", ["/" + "x" * 300, "/tmp/" + "y/" * 2500, "/proc/1/fd", "~", "a\0b"])
    def test_anything_may_be_typed_as_a_folder(self, work, text):
        ui = work.panel.steps[0].ui
        for edit in (ui.caseDirectoryEdit, ui.readingFolderEdit, ui.newFolderEdit, ui.dicomFolderEdit):
            edit.currentPath = text
        ui.newCaseIdEdit.text = "P002"
        ui.dicomFolderButton.click()
        assert work.message.startswith("⚠")


class TestWhoIsAtWork:
    def test_the_question_before_a_signature_names_who_signs(self, work):
        assert work.open()
        work.add(outline(*LIVER), "Liver")
        work.panel.ui.personEdit.text = "kim"  # typed, and the field not left: on macOS a click on a button leaves none
        work.answer = False
        work.ui.lockReadButton.click()
        assert "as lee?" in work.asked[-1]

    def test_other_volumes_in_the_scene_are_let_be(self, work, case):
        other = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "other")
        slicer.util.updateVolumeFromArray(other, np.zeros((3, 4, 5), np.int16))
        assert work.open()
        work.panel.close_case()  # VTK complains of nothing: see the fixture empty_scene
        assert work.panel.open_case(case)
        assert work.open()
        assert work.editor.sourceVolumeNode().GetName() == "P001 CT"


class TestWhatOthersDo:
    def test_reads_locked_elsewhere_let_a_step_open(self, work, case):
        work.be("senior")
        assert not work.panel.open_step("Reconcile")
        lock_reads(case)
        assert work.panel.open_step("Reconcile")
        assert work.panel.ui.caseLabel.text == "Case P001: locked"

    def test_a_case_that_others_read_cannot_be_read_any_more(self, work, case):
        lock_reads(case)
        assert not work.open()
        assert "there is no third reader" in work.message

    def test_what_another_did_is_shown_with_the_refusal(self, work, case):
        lock_reads(case)
        work.be("senior")
        assert work.panel.open_step("Reconcile")
        CaseFolder.open(case).reconcile("somebody")
        work.panel.steps[2].ui.compareButton.click()
        assert work.message.startswith("⚠")
        assert work.panel.ui.caseLabel.text == "Case P001: adjudicated"
        assert work.panel.steps[2].ui.pairTable.rowCount == 2

    def test_a_case_that_is_gone_is_left_with_the_reason(self, work, case):
        assert work.open()
        work.add(outline(*LIVER), "Liver")
        shutil.rmtree(case)
        work.panel.exit()
        work.panel.enter()
        assert f"{case} is no case folder" in work.message
        assert work.panel.session.folder is None
        assert slicer.util.getNodesByClass("vtkMRMLSegmentationNode") == []

    def test_a_change_behind_its_back_is_said_though_the_read_was_saved(self, work, case):
        assert work.open()
        work.add(outline(*LIVER), "Liver")
        (case / "image.nrrd").write_bytes(b"x")
        work.panel.exit()
        work.panel.enter()
        assert "image.nrrd was changed" in work.message
