"""The step 'Read' when things go wrong, or other than thought: nothing drawn is lost, and it says what happened."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import slicer
from read_work import LIVER, LUNG, OTHER, outline, size, working

import sample_case
from ABCImmunoResponseLib.reading.drafts import draft_masks, load_draft
from ABCImmunoResponseWidgets import views
from broken_disk import broken_disk
from slicerhost import strokes
from slicerhost.pythonqt import process_events

pytestmark = pytest.mark.usefixtures("empty_scene")


@pytest.fixture
def case(tmp_path):
    return sample_case.create(tmp_path / "case").path


@pytest.fixture
def work(case):
    with working(case) as work:
        assert work.open()
        yield work


def ras(centre):
    i, j, k = sample_case.reference().TransformIndexToPhysicalPoint(centre)
    return -i, -j, k


class TestStrokes:
    def test_painting_and_undoing_are_measured_and_saved(self, work):
        work.add()
        strokes.paint(work.editor, [ras((12, 12, 12))], 6.0, sphere=True)
        work.rest()
        first = work.row("L1")["long"]
        strokes.paint(work.editor, [ras((18, 12, 12))], 6.0, sphere=True)
        work.rest()
        assert float(work.row("L1")["long"]) > float(first)
        work.editor.undo()
        work.rest()
        assert work.row("L1")["long"] == first
        assert work.step._live.drafting.is_saved()
        work.editor.redo()
        work.rest()
        assert float(work.row("L1")["long"]) > float(first)

    def test_lesions_may_touch(self, work):
        work.add(outline(*LIVER))
        before = work.row("L1")
        work.add()
        strokes.paint(work.editor, [ras((17, 12, 12))], 6.0, sphere=True)
        work.rest()
        assert work.row("L1") == before

    def test_undo_past_the_beginning_of_a_lesion_leaves_it_undrawn(self, work):
        work.add()
        strokes.paint(work.editor, [ras((12, 12, 12))], 6.0, sphere=True)
        work.add()
        strokes.paint(work.editor, [ras((31, 31, 15))], 6.0, sphere=True)
        work.rest()
        for _ in range(3):
            work.editor.undo()
            work.rest()
        assert [row[0] for row in work.rows()] == ["L1", "L2"]
        assert [row[3] for row in work.rows()] == ["", ""]
        names = [work.node.GetSegmentation().GetNthSegment(n).GetName() for n in range(2)]
        assert sorted(names) == ["L1", "L2"]

    def test_a_removed_lesion_comes_back_with_undo_as_it_was(self, work):
        work.add()
        strokes.paint(work.editor, [ras((12, 12, 12))], 6.0, sphere=True)
        work.say("Spleen")
        work.rest()
        strokes.paint(work.editor, [ras((13, 12, 12))], 6.0, sphere=True)
        work.rest()
        work.ui.removeLesionButton.click()
        assert work.rows() == []
        work.editor.undo()
        work.rest()
        assert work.row("L1")["organ"] == "Spleen"
        assert work.row("L1")["long"]

    def test_no_stroke_gets_through_to_a_locked_read(self, case):
        folder = sample_case.CaseFolder.open(case)
        folder.save_read("lee", sample_case.LESIONS["lee"], sample_case.masks("lee"))
        folder.lock_read("lee")
        with working(case) as work:
            assert work.open()
            work.editor.setActiveEffectByName("Paint")
            with pytest.raises(RuntimeError):
                strokes.paint(work.editor, [ras((12, 12, 12))], 6.0)


class TestSegmentsFromElsewhere:
    def test_a_new_segment_is_a_new_lesion(self, work):
        work.add(outline(*LIVER))
        work.node.GetSegmentation().AddEmptySegment("Segment_1", "Segment_1")
        work.rest()
        assert [row[0] for row in work.rows()] == ["L1", "L2"]
        assert work.message == "Segment Segment_1 is lesion L2."
        assert work.node.GetSegmentation().GetSegment("Segment_1").GetName() == "L2"
        work.draw("L2", outline(*LUNG))
        work.rest()
        assert work.row("L2")["long"]
        assert "L2" in draft_masks(work.folder(), "lee")

    def test_a_segment_keeps_its_name(self, work):
        work.add(outline(*LIVER))
        work.node.GetSegmentation().GetSegment("L1").SetName("metastasis")
        work.rest()
        assert work.node.GetSegmentation().GetSegment("L1").GetName() == "L1"
        assert "metastasis is L1 again" in work.message

    def test_a_segment_goes_only_with_its_lesion(self, work):
        work.add(outline(*LIVER), "Liver")
        before = work.row("L1")
        work.node.GetSegmentation().RemoveSegment("L1")
        work.rest()
        assert "was put back" in work.message
        assert work.row("L1") == before
        drawn = slicer.util.arrayFromSegmentBinaryLabelmap(work.node, "L1", work.panel.session.volume())
        np.testing.assert_array_equal(drawn != 0, outline(*LIVER))

    def test_a_segment_under_a_transform_is_told_and_measured_afterwards(self, work):
        work.add(outline(*LIVER))
        transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTransformNode", "shift")
        shifted = np.eye(4)
        shifted[0, 3] = 5
        transform.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(shifted))
        work.node.SetAndObserveTransformNodeID(transform.GetID())
        work.draw("L1", outline((12, 12, 12), 8.0))
        work.rest()
        assert "L1 cannot be measured" in work.message
        slicer.mrmlScene.RemoveNode(transform)
        work.draw("L1", outline((12, 12, 12), 7.0))
        work.rest()
        assert work.row("L1")["long"] == size((12, 12, 12), 7.0)


class TestNodesThatGo:
    @pytest.mark.parametrize("which", ["segmentation", "volume"])
    def test_a_node_deleted_by_hand_is_told_and_the_read_resumed(self, work, which):
        work.add(outline(*LIVER), "Liver")
        work.add(outline(*LUNG), "Lung")
        work.draw("L2", outline((31, 31, 15), 5.0))  # not measured yet when the node goes
        before = work.node.GetName() if which == "segmentation" else work.panel.session.volume().GetName()
        slicer.mrmlScene.RemoveNode(work.node if which == "segmentation" else work.panel.session.volume())
        work.rest()
        process_events()
        assert work.ui.readNoticeLabel.text.startswith(f"{before} was taken out of the scene.")
        assert work.ui.resumeReadButton.text == "Resume"
        assert work.panel.session.nodes("read") == []
        assert work.rows() == []
        work.ui.resumeReadButton.click()
        assert [row[:2] for row in work.rows()] == [["L1", "Liver"], ["L2", "Lung"]]
        drawn = slicer.util.arrayFromSegmentBinaryLabelmap(work.node, "L2", work.panel.session.volume())
        np.testing.assert_array_equal(drawn != 0, outline((31, 31, 15), 5.0))
        assert work.ui.readNoticeLabel.text == ""
        work.draw("L1", outline((12, 12, 12), 8.0))
        work.rest()
        assert work.row("L1")["long"] == size((12, 12, 12), 8.0)

    def test_the_step_can_be_left_while_it_is_interrupted(self, work):
        work.add(outline(*LIVER))
        slicer.mrmlScene.RemoveNode(work.node)
        work.leave()
        work.rest()
        assert work.open()
        assert [row[0] for row in work.rows()] == ["L1"]

    @pytest.mark.parametrize("kind", ["vtkMRMLSegmentEditorNode", "vtkMRMLMarkupsLineNode", "vtkMRMLSliceNode"])
    def test_other_nodes_may_go(self, work, kind):
        work.add(outline(*LIVER))
        kept = [node for node in work.panel.session.nodes("read") if node.IsA(kind)]
        for node in kept:
            slicer.mrmlScene.RemoveNode(node)
        work.draw("L1", outline((12, 12, 12), 8.0))
        work.rest()
        assert work.row("L1")["long"] == size((12, 12, 12), 8.0)


class TestDiskTrouble:
    def test_a_failed_write_is_told_stays_told_and_is_made_good(self, work, case):
        work.add(outline(*LIVER), "Liver")
        with broken_disk(case, fail_at=0, lasting=True):
            work.draw("L1", outline((12, 12, 12), 8.0))
            work.step._live.update()
            assert "Your draft is not saved" in work.message
            assert "No space left on device" in work.message
            assert "Not saved yet" in work.ui.savedLabel.text
            assert not work.step._live.settled  # it will be tried again
            assert work.row("L1")["long"] == size((12, 12, 12), 8.0)
            work.step._live.update()
            assert "Not saved yet" in work.ui.savedLabel.text
        work.step._live.update()
        assert work.ui.savedLabel.text.startswith("Saved ")
        assert work.message == "Your draft is saved again."

    def test_what_could_not_be_saved_on_leaving_is_kept_out_of_the_scene_and_saved_later(self, work, case):
        work.add(outline(*LIVER), "Liver")
        with broken_disk(case, fail_at=0, lasting=True):
            work.draw("L1", outline((12, 12, 12), 8.0))
            work.leave()
            assert "could not be saved yet" in work.message
            assert work.panel.session.nodes("read") == []
            work.be("kim")
            work.step._unsaved.retry()
        work.step._unsaved.retry()
        assert work.message == "What lee drew in case P001 is saved now."
        assert [lesion.lesion_id for lesion in load_draft(work.folder(), "lee").lesions] == ["L1"]

    def test_one_goes_on_with_what_could_not_be_saved(self, work, case):
        work.add(outline(*LIVER), "Liver")
        with broken_disk(case, fail_at=0, lasting=True):
            work.draw("L1", outline((12, 12, 12), 8.0))
            work.leave()
        assert work.open()
        assert work.row("L1")["long"] == size((12, 12, 12), 8.0)

    def test_a_damaged_draft_is_told_and_its_outlines_kept(self, work, case):
        work.add(outline(*LIVER), "Liver")
        work.leave()
        (case / "drafts" / "lee" / "draft.json").write_text("[]", encoding="utf-8")
        assert work.open()
        assert "outlines of L1 were recovered" in work.message
        assert work.row("L1")["long"]
        assert work.row("L1")["organ"] == ""


class TestComingAndGoing:
    def test_a_closed_scene_loses_nothing(self, panel_widget, case):
        panel = panel_widget.panel
        panel.ui.personEdit.text = "lee"
        panel.ui.personEdit.editingFinished()
        assert panel.open_case(case)
        assert panel.open_step("Read")
        step = panel.steps[1]
        step.ui.addLesionButton.click()
        node = next(n for n in panel.session.nodes("read") if n.IsA("vtkMRMLSegmentationNode"))
        volume = panel.session.volume()
        slicer.util.updateSegmentBinaryLabelmapFromArray(outline(*LIVER).astype(np.uint8), node, "L1", volume)
        slicer.mrmlScene.Clear(0)
        process_events()
        assert "L1" in draft_masks(sample_case.CaseFolder.open(case), "lee")
        assert panel.open_step("Read")
        assert step.ui.lesionTable.rowCount == 1
        assert step.ui.lesionTable.item(0, 3).text() == size(*LIVER)

    def test_another_module_gets_the_views_and_gives_them_back(self, work):
        work.add(outline(*LIVER))
        assert work.editor.activeEffect().name == "Paint"
        work.panel.exit()
        assert work.editor.activeEffect() is None
        with pytest.raises(RuntimeError):
            strokes.paint(work.editor, [ras((12, 12, 12))], 6.0)
        work.panel.enter()
        assert work.editor.activeEffect().name == "Paint"
        strokes.paint(work.editor, [ras((18, 12, 12))], 6.0, sphere=True)
        work.rest()
        assert float(work.row("L1")["long"]) > float(size(*LIVER)) + 5

    def test_one_comes_back_to_the_same_lesion_slice_and_window(self, work):
        work.add(outline(*LIVER))
        work.add(outline(*LUNG))
        work.select("L1")
        work.ui.jumpToLesionButton.click()
        work.ui.windowCombo.currentIndex = list(views.WINDOW_PRESETS).index("lung")
        work.ui.windowCombo.activated(work.ui.windowCombo.currentIndex)
        there = views.slice_position()
        assert there
        work.leave()
        assert views.slice_position() != there
        assert work.open()
        assert work.ui.lesionBox.title == "Lesion L1"
        assert views.slice_position() == there
        display = work.panel.session.volume().GetScalarVolumeDisplayNode()
        assert (display.GetWindow(), display.GetLevel()) == views.WINDOW_PRESETS["lung"][1:]

    def test_looking_at_another_slice_is_remembered_without_a_stroke(self, work):
        work.add(outline(*LIVER))
        views.jump_to_lps((5.0, 6.0, 7.5))
        assert not work.step._live.settled
        work.rest()
        view = load_draft(work.folder(), "lee").view["slices"]
        assert all(place["centre_lps_mm"] == [5.0, 6.0, 7.5] for place in view.values())

    def test_keys_work_while_one_reads_and_only_then(self, work):
        actions = {action.objectName: action for action in work.step.widget.actions()}
        actions["read-add"].trigger()
        actions["read-add"].trigger()
        assert [row[0] for row in work.rows()] == ["L1", "L2"]
        actions["read-previous"].trigger()
        assert work.ui.lesionBox.title == "Lesion L1"
        actions["read-previous"].trigger()
        assert work.ui.lesionBox.title == "Lesion L2"
        actions["read-next"].trigger()
        assert work.ui.lesionBox.title == "Lesion L1"
        actions["read-diameters"].trigger()
        assert not work.ui.diametersBox.checked
        work.leave()
        assert not any(action.enabled for action in actions.values())

    def test_the_tool_tips_name_the_keys(self):
        from ABCImmunoResponseLib.resources import resource
        from ABCImmunoResponseWidgets.read.read_keys import KEYS

        text = resource("UI", "ReadStep.ui").read_text(encoding="utf-8")
        assert all(keys in text for keys in KEYS.values())


KILLED = """
import os, sys
sys.path[:0] = {paths!r}
import slicerhost
slicerhost.install(window=True)
from pathlib import Path
from read_work import LIVER, LUNG, outline, Work
from ABCImmunoResponseWidgets import views
work = Work(Path({case!r}), "lee")
work.open()
work.add(outline(*LIVER), "Liver")
work.add(outline(*LUNG), "Lung")
views.jump_to_lps((3.0, 4.0, 5.0))
work.rest()
work.draw("L2", outline((31, 31, 15), 4.0))  # the stroke under way
os.kill(os.getpid(), 9)
"""


def test_after_a_kill_at_most_the_stroke_under_way_is_lost(case):
    here = Path(__file__).parent
    paths = [
        str(here),
        str(here.parent / "Host"),
        str(here.parent / "Python"),
        str(here.parents[1] / "ABCImmunoResponse"),
    ]
    program = KILLED.format(paths=paths, case=str(case))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == -9, done.stderr
    with working(case) as work:
        assert work.open()
        assert [row[:2] for row in work.rows()] == [["L1", "Liver"], ["L2", "Lung"]]
        drawn = slicer.util.arrayFromSegmentBinaryLabelmap(work.node, "L2", work.panel.session.volume())
        np.testing.assert_array_equal(drawn != 0, outline(*LUNG))
        assert work.ui.lesionBox.title == "Lesion L2"
        places = views.slice_position()
        centres = [places[name]["centre_lps_mm"] for name in ("Red", "Green", "Yellow")]
        np.testing.assert_allclose(centres, [(3.0, 4.0, 5.0)] * len(centres), atol=1e-6)
        work.panel.session.refresh()  # and the case is as it was: a draft is no part of it


def test_what_another_process_did_meanwhile_is_met(work, case):
    work.add(outline(*OTHER), "Liver")
    other = sample_case.CaseFolder.open(case)
    for reader in ("kim", "park"):
        other.save_read(reader, sample_case.LESIONS["kim"], sample_case.masks("kim"))
    work.ui.saveReadButton.click()
    assert "there is no third reader" in work.message
    work.draw("L1", outline((31, 11, 12), 5.0))
    work.rest(0.3)
    assert "Not saved yet" in work.ui.savedLabel.text
    work.leave()
    assert work.node is None
