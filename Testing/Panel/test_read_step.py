"""The step 'Read' by clicks and strokes: what it shows, measures and saves."""

import numpy as np
import pytest
import SimpleITK as sitk
import slicer
from read_work import LIVER, LUNG, OTHER, outline, working

import sample_case
from ABCImmunoResponseLib.case import Lesion
from ABCImmunoResponseLib.imaging.cropping import on_grid
from ABCImmunoResponseLib.reading.drafts import draft_masks, load_draft
from ABCImmunoResponseLib.recist.diameters import measure
from ABCImmunoResponseWidgets import views
from ABCImmunoResponseWidgets.nodes.geometry import ras_from_lps
from phantoms import ball
from slicerhost.pythonqt import unwrap

pytestmark = pytest.mark.usefixtures("empty_scene")


@pytest.fixture
def case(tmp_path):
    return sample_case.create(tmp_path / "case").path


@pytest.fixture
def work(case):
    with working(case) as work:
        assert work.open()
        yield work


def measured(centre, radius):
    return measure(ball(sample_case.reference(), centre, radius))


class TestOpening:
    def test_it_needs_a_case_and_a_name(self, case):
        with working(case) as work:
            work.be("")
            assert "Say who you are" in work.step.missing()
            assert not work.open()
            work.be("lee")
            work.panel.close_case()
            assert work.step.missing() == "Open a case first."

    def test_it_says_who_reads_what(self, work):
        assert work.ui.readRoleLabel.text == "You read case P001."
        assert work.node.GetName() == "P001 read of lee"
        assert not work.node.GetSaveWithScene()

    def test_a_third_reader_is_told_why_not(self, case):
        folder = sample_case.CaseFolder.open(case)
        for reader in sample_case.READERS:
            folder.save_read(reader, sample_case.LESIONS[reader], sample_case.masks(reader))
        with working(case, "third") as work:
            assert "there is no third reader" in work.step.missing()
            assert not work.open()
            assert work.node is None

    def test_a_name_that_is_none_for_a_reader_is_refused(self, case):
        with working(case, "Dr. Lee / Seoul") as work:
            assert "cannot be used" in work.step.missing()
            assert not work.open()

    def test_a_saved_read_goes_on(self, case):
        folder = sample_case.CaseFolder.open(case)
        folder.save_read("lee", sample_case.LESIONS["lee"], sample_case.masks("lee"))
        with working(case) as work:
            assert work.open()
            assert work.ui.readRoleLabel.text == "You read case P001 as reader A."
            assert [row[:3] for row in work.rows()] == [["a1", "Liver", "target"], ["a2", "Lung", "target"]]
            assert work.row("a1")["long"] == f"{measured(*LIVER).longest_diameter_mm:.1f}"

    def test_a_locked_read_is_shown_and_cannot_be_changed(self, case):
        folder = sample_case.CaseFolder.open(case)
        folder.save_read("lee", sample_case.LESIONS["lee"], sample_case.masks("lee"))
        folder.lock_read("lee")
        with working(case) as work:
            assert work.open()
            assert "Your read is locked since" in work.ui.readRoleLabel.text
            assert work.editor.readOnly
            assert not work.ui.addLesionButton.enabled
            assert not work.ui.removeLesionButton.enabled
            assert not work.ui.lesionBox.enabled
            assert not work.ui.recordBox.isVisibleTo(work.ui.readBody)
            assert not (case / "drafts" / "lee").exists()
            work.select("a2")
            assert work.ui.siteEdit.text == "left upper lobe"
            work.leave()
        assert sample_case.CaseFolder.open(case).audit()[-1].action == "lock-read"


class TestSeeing:
    def test_it_needs_no_more_width_than_a_narrow_panel_has(self, work):
        work.add(outline((12, 12, 12), 4.0), "Internal mammary lymph node")
        work.ui.proposeButton.click()
        assert unwrap(work.step.widget).minimumSizeHint().width() <= 380

    def test_a_window_is_chosen(self, work):
        for index, (_label, window, level) in enumerate(views.WINDOW_PRESETS.values()):
            work.ui.windowCombo.activated(index)
            display = work.panel.session.volume().GetScalarVolumeDisplayNode()
            assert (display.GetWindow(), display.GetLevel()) == (window, level)

    def test_the_views_are_laid_out_for_a_ct(self, work):
        before = slicer.app.layoutManager().layout
        work.ui.ctLayoutButton.click()
        assert slicer.app.layoutManager().layout != before
        views.restore_layout()

    def test_the_editor_shows_neither_selectors_nor_a_second_table(self, work):
        for name in ("SegmentationNodeComboBox", "SourceVolumeNodeComboBox", "SegmentsTableView", "AddSegmentButton"):
            assert slicer.util.findChild(work.editor, name).isHidden()
        for name in ("EffectsGroupBox", "UndoRedoGroupBox"):
            assert not slicer.util.findChild(work.editor, name).isHidden()
        effects = work.editor.effectNameOrder()
        assert effects[:4] == ("Threshold", "Paint", "Draw", "Erase")
        assert work.editor.maximumNumberOfUndoStates == 10


class TestDrawing:
    def test_a_new_lesion_is_a_segment_to_paint(self, work):
        lesion_id = work.add()
        assert lesion_id == "L1"
        assert work.row("L1") == {
            "id": "L1", "organ": "", "kind": "target", "long": "", "short": "", "measurable": "", "notes": "…",
        }  # fmt: skip
        assert work.editor.currentSegmentID() == "L1"
        assert work.editor.activeEffect().name == "Paint"
        assert work.ui.lesionFindingsLabel.text == "no outline yet"

    def test_sizes_follow_the_strokes_and_are_those_of_the_library(self, work):
        lesion_id = work.add(outline(*LIVER))
        for centre, radius in (LIVER, ((12, 12, 12), 8.0), ((12, 13, 12), 7.0)):
            work.draw(lesion_id, outline(centre, radius))
            work.rest()
            expected = measured(centre, radius)
            row = work.row(lesion_id)
            assert row["long"] == f"{expected.longest_diameter_mm:.1f}"
            assert row["short"] == f"{expected.short_axis_mm:.1f}"

    def test_the_diameters_are_drawn_where_they_were_measured(self, work):
        work.add(outline(*LIVER))
        expected = measured(*LIVER)
        both = f"{expected.longest_diameter_mm:.1f} × {expected.short_axis_mm:.1f} mm"
        assert [line.GetName() for line in work.lines] == [f"L1: {both}", "L1: short axis"]
        for line, ends in zip(
            work.lines, (expected.endpoints_lps_mm, expected.short_axis_endpoints_lps_mm), strict=True
        ):
            shown = [line.GetNthControlPointPosition(n) for n in range(2)]
            np.testing.assert_allclose(shown, [ras_from_lps(end) for end in ends], atol=1e-9)
            assert line.GetLocked()
            assert not line.GetSelectable()
        assert work.lines[0].GetLineLengthWorld() == pytest.approx(expected.longest_diameter_mm)

    def test_the_diameters_can_be_hidden_and_follow_the_lesion_at_hand(self, work):
        work.add(outline(*LIVER))
        work.add(outline(*LUNG))
        assert work.lines[0].GetName().startswith("L2: ")
        work.select("L1")
        assert work.lines[0].GetName().startswith("L1: ")
        work.ui.diametersBox.click()
        assert work.lines == []
        work.select("L2")
        assert work.lines == []
        work.ui.diametersBox.click()
        assert work.lines[0].GetName().startswith("L2: ")
        work.draw("L2", None)
        work.rest()
        assert work.lines == []

    def test_only_the_lesion_that_changed_is_written(self, work, case):
        work.add(outline(*LIVER))
        work.add(outline(*LUNG))
        first, second = (case / "drafts" / "lee" / f"L{n}.nrrd" for n in (1, 2))
        before = first.stat().st_ino, second.stat().st_ino
        work.draw("L2", outline((31, 31, 15), 4.5))
        work.rest()
        assert first.stat().st_ino == before[0]  # files are replaced, never written over
        assert second.stat().st_ino != before[1]

    def test_every_stroke_is_on_disk_when_the_hand_rests(self, work, case):
        work.add(outline(*LIVER), "Liver")
        folder = work.folder()
        (lesion,) = load_draft(folder, "lee").lesions
        assert (lesion.lesion_id, lesion.organ) == ("L1", "liver")
        saved = on_grid(draft_masks(folder, "lee")["L1"], sample_case.reference())
        np.testing.assert_array_equal(sitk.GetArrayFromImage(saved) != 0, outline(*LIVER))
        assert work.ui.savedLabel.text.startswith("Saved ")

    def test_painting_a_lesion_leaves_its_neighbour_as_it_is(self, work):
        assert work.editor.mrmlSegmentEditorNode().GetOverwriteMode() == slicer.vtkMRMLSegmentEditorNode.OverwriteNone


class TestSaying:
    def test_what_is_said_is_shown_and_saved(self, work):
        work.add(outline(*LIVER), "Bone")
        assert "soft-tissue component" in work.ui.lesionFindingsLabel.text
        assert work.row("L1")["measurable"] == "no"
        work.ui.siteEdit.text = "lumbar spine"
        work.ui.softTissueCombo.currentIndex = work.ui.softTissueCombo.findText("yes")
        work.ui.cysticCombo.currentIndex = work.ui.cysticCombo.findText("no")
        work.ui.irradiatedCombo.currentIndex = work.ui.irradiatedCombo.findText("no")
        work.ui.overrideEdit.text = "biopsied"
        work.rest()
        assert work.row("L1")["measurable"] == "yes"
        (lesion,) = load_draft(work.folder(), "lee").lesions
        assert lesion.lesion() == Lesion(
            "L1", "bone", site="lumbar spine", override="biopsied", soft_tissue=True, cystic=False, irradiated=False
        )
        assert work.ui.lesionTable.item(0, 1).toolTip() == "Bone, lumbar spine"

    def test_why_a_lesion_is_not_measurable_is_told_in_full(self, work):
        work.add(outline((12, 12, 12), 4.0), "Liver")
        row = work.row("L1")
        assert (row["measurable"], row["notes"]) == ("no", "⚠ 1")
        why = "The longest diameter of 7.9 mm is below 10 mm: not measurable, it can only be non-target."
        assert why.split("mm")[0][:20] in work.ui.lesionTable.item(0, 5).toolTip()
        assert "below 10 mm" in work.ui.lesionFindingsLabel.text
        work.ui.kindCombo.currentIndex = work.ui.kindCombo.findText("non-target")
        work.rest()
        assert work.row("L1")["notes"] == "ℹ 1"

    def test_the_form_follows_the_row_and_the_editor(self, work):
        work.add(outline(*LIVER), "Liver")
        work.add(outline(*LUNG), "Lung")
        work.select("L1")
        assert work.ui.lesionBox.title == "Lesion L1"
        assert work.ui.organCombo.currentText == "Liver"
        assert work.editor.currentSegmentID() == "L1"
        work.editor.setCurrentSegmentID("L2")
        assert work.ui.organCombo.currentText == "Lung"
        assert work.ui.lesionTable.currentRow() == 1

    def test_the_sum_and_the_findings_on_the_whole_read(self, work):
        for place in (LIVER, LUNG, OTHER):
            work.add(outline(*place), "Liver")
        total = sum(measured(*place).longest_diameter_mm for place in (LIVER, LUNG, OTHER))
        assert f"{total:.1f} mm" in work.ui.sumLabel.text
        assert "3 targets lie in one organ group" in work.ui.caseFindingsLabel.text

    def test_separators_between_organs_are_no_answer(self, work):
        work.add(outline(*LIVER), "Liver")
        combo = work.ui.organCombo
        separators = [n for n in range(combo.count) if not combo.itemText(n)]
        assert separators
        combo.currentIndex = separators[0]
        work.rest()
        assert load_draft(work.folder(), "lee").lesions[0].organ == "liver"


class TestTargets:
    def test_a_proposal_changes_nothing_until_it_is_taken_over(self, work):
        for place in (LIVER, LUNG, OTHER):
            work.add(outline(*place), "Liver")
        assert not work.ui.proposalArea.isVisibleTo(work.ui.readBody)
        work.ui.proposeButton.click()
        assert work.ui.proposalArea.isVisibleTo(work.ui.readBody)
        table = work.ui.proposalTable
        proposed = {table.item(r, 0).text(): table.item(r, 1).text() for r in range(table.rowCount)}
        assert proposed == {"L1": "target", "L2": "target", "L3": "non-target"}
        assert "same organ group" in table.item(2, 2).text()
        assert {row[2] for row in work.rows()} == {"target"}
        work.ui.takeOverButton.click()
        assert [row[2] for row in work.rows()] == ["target", "target", "non-target"]
        assert not work.ui.proposalArea.isVisibleTo(work.ui.readBody)


class TestRemovingAndJumping:
    def test_removing_asks_first(self, work, case):
        work.add(outline(*LIVER))
        work.answer = False
        work.ui.removeLesionButton.click()
        assert work.asked == ["Remove lesion L1 with its outline?"]
        assert [row[0] for row in work.rows()] == ["L1"]
        work.answer = True
        work.ui.removeLesionButton.click()
        assert work.rows() == []
        assert work.node.GetSegmentation().GetNumberOfSegments() == 0
        assert not work.ui.removeLesionButton.enabled
        assert work.ui.organCombo.currentIndex <= 0
        assert list((case / "drafts" / "lee").glob("*.nrrd")) == []
        assert work.add() == "L2"

    def test_jumping_centres_the_views_on_the_longest_diameter(self, work):
        work.add(outline(*LIVER))
        work.add(outline(*LUNG))
        work.select("L1")
        work.ui.jumpToLesionButton.click()
        ends = measured(*LIVER).endpoints_lps_mm
        wanted = ras_from_lps([(a + b) / 2 for a, b in zip(*ends, strict=True)])
        for view in slicer.util.getNodesByClass("vtkMRMLSliceNode"):
            there = [view.GetSliceToRAS().GetElement(row, 3) for row in range(3)]
            np.testing.assert_allclose(there, wanted, atol=1e-6)

    def test_what_is_not_drawn_cannot_be_jumped_to(self, work):
        work.add()
        assert not work.ui.jumpToLesionButton.enabled
        work.ui.lesionTable.cellDoubleClicked(0, 0)
        assert "not drawn yet" in work.message
