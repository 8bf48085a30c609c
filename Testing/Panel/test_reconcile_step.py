"""The step 'Reconcile' by clicks: what it shows, what it records, what it refuses."""

import json

import numpy as np
import pytest
import slicer
from reconcile_work import NAMED, NARROW, READERS, WIDE, Work, make_case, voxels, working

from ABCImmunoResponseLib.reading.proposals import PROPOSALS, propose
from ABCImmunoResponseWidgets import views
from ABCImmunoResponseWidgets.reconcile.comparison import EDITED
from ABCImmunoResponseWidgets.reconcile.comparison_display import ONLY_A, ONLY_B, A, B, display_of
from ABCImmunoResponseWidgets.session import GROUP_ATTRIBUTE


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    folder = make_case(tmp_path_factory.mktemp("template") / "case")
    for reader in READERS:
        folder.lock_read(reader)
    return folder.path


@pytest.fixture(scope="module")
def compared(tmp_path_factory, locked):
    with working(locked, tmp_path_factory.mktemp("compared")) as work:
        work.folder().reconcile("trainee")
        return work.case


@pytest.fixture
def work(compared, tmp_path):
    with working(compared, tmp_path) as work:
        assert work.open()
        yield work


class TestBeforeTheComparison:
    @pytest.mark.parametrize(
        ("locks", "missing"),
        [((), "neither reader has locked"), ((0,), "reader B has not locked"), ((1,), "reader A has not locked")],
    )
    def test_it_stays_closed_until_both_reads_are_locked(self, tmp_path, locks, missing):
        folder = make_case(tmp_path / "template")
        for number in locks:
            folder.lock_read(READERS[number])
        with working(folder.path, tmp_path) as work:
            nodes = slicer.mrmlScene.GetNumberOfNodes()
            assert missing in work.step.missing()
            assert not work.open()
            assert missing in work.message
            assert not any(reader in work.message for reader in READERS)
            assert slicer.mrmlScene.GetNumberOfNodes() == nodes

    def test_it_needs_a_case(self, work):
        work.panel.close_case()
        assert "open a case" in work.step.missing()

    def test_the_reads_are_compared_by_a_click(self, locked, tmp_path):
        with working(locked, tmp_path) as work:
            assert work.open()
            assert work.ui.compareButton.isVisibleTo(work.step.widget)
            assert not work.ui.pairsFrame.isVisibleTo(work.step.widget)
            work.ui.compareButton.click()
            assert not work.ui.compareButton.isVisibleTo(work.step.widget)
            folder = work.folder()
            assert (folder.state, folder.audit()[-1].actor) == ("reconciled", "senior")
            assert len(work.rows()) == len(folder.verdicts()) == 4

    def test_who_compares_must_have_a_name(self, locked, tmp_path):
        with working(locked, tmp_path, person="") as work:
            work.open()
            work.ui.compareButton.click()
            assert "must be named" in work.message
            assert work.folder().state == "locked"


class TestTable:
    def test_open_pairs_come_first_and_are_said_to_be_open(self, work):
        assert [(row[0], row[1]) for row in work.rows()] == [
            ("P1", "OPEN"), ("P3", "OPEN"), ("P4", "OPEN"), ("P2", "midway, automatic"),
        ]  # fmt: skip

    def test_its_numbers_are_those_of_the_verdicts(self, work):
        rows = {row[0]: row for row in work.rows()}
        for verdict in work.folder().verdicts():
            row, agreement = rows[verdict.pair_id], verdict.agreement
            assert row[7] == f"{verdict.a} | {verdict.b or '–'}"
            if agreement is None:
                assert row[3:5] == ["–", "–"]
            else:
                assert row[3:5] == [f"{agreement.dice:.3f}", f"{agreement.hd95_mm:.2f}"]
                a, b = agreement.longest_diameter_a_mm, agreement.longest_diameter_b_mm
                assert row[5] == f"{a:.1f} | {b:.1f}"
        measured = work.folder().reads[0].measurements["L4"]
        assert rows["P4"][5] == f"{measured.longest_diameter_mm:.1f} | –"

    def test_it_speaks_plainly(self, work):
        rows = {row[0]: row for row in work.rows()}
        assert [rows[pair][2] for pair in ("P1", "P2", "P3", "P4")] == [
            "outlines differ", "agree", "organs differ", "one reader only",
        ]  # fmt: skip
        assert rows["P3"][6] == "Bone | Other soft tissue"

    def test_it_can_list_the_open_pairs_alone(self, work):
        work.ui.openPairsCheck.click()
        assert [row[0] for row in work.rows()] == ["P1", "P3", "P4"]
        work.decide_all()
        assert work.rows() == []
        assert work.shown() == []
        work.ui.openPairsCheck.click()
        assert len(work.rows()) == 4

    def test_one_goes_from_open_pair_to_open_pair(self, work):
        seen = []
        for _ in range(4):
            seen.append(work.step.table.selected())
            work.ui.nextOpenPairButton.click()
        assert seen == ["P1", "P3", "P4", "P1"]

    def test_why_a_pair_was_judged_so_is_said(self, work):
        work.select("P1")
        verdict = work.folder().verdicts()[0]
        assert verdict.reason in work.ui.pairReasonLabel.text


class TestViews:
    def test_a_pair_is_shown_where_it_differs_most(self, work):
        work.select("P1")
        [node] = work.shown()
        segments = work.segments(node)
        assert set(segments) == {A, B, ONLY_A, ONLY_B}
        np.testing.assert_array_equal(segments[A], voxels(WIDE))
        np.testing.assert_array_equal(segments[B], voxels(NARROW))
        number = (segments[A] ^ segments[B]).sum(axis=(1, 2)).argmax()
        height = -300.0 + 1.25 * number
        for name in views.COMPARISON_VIEWS:
            slice_node = slicer.mrmlScene.GetNodeByID(f"vtkMRMLSliceNode{name}")
            assert slice_node.GetSliceToRAS().GetElement(2, 3) == pytest.approx(height)

    def test_another_pair_takes_its_place(self, work):
        for pair in ("P1", "P4", "P2"):
            work.select(pair)
            [node] = work.shown()
            assert node.GetName() == f"P001 {pair}"

    def test_no_node_of_it_is_saved_with_the_scene(self, work):
        work.select("P1")
        work.choose("union")
        for node in (*work.shown(), work.over):
            parts = [node, *(node.GetNthDisplayNode(n) for n in range(node.GetNumberOfDisplayNodes()))]
            assert len(parts) > 1
            for part in parts:
                assert not part.GetSaveWithScene()
                assert part.GetAttribute(GROUP_ATTRIBUTE).startswith("comparison")

    def test_the_readers_are_side_by_side_and_linked(self, work):
        [node] = work.shown()
        left, right = views.COMPARISON_VIEWS
        assert list(display_of(node, A).GetViewNodeIDs()) == [f"vtkMRMLSliceNode{left}"]
        assert list(display_of(node, B).GetViewNodeIDs()) == [f"vtkMRMLSliceNode{right}"]
        volume = work.panel.session.volume()
        for name in (left, right):
            composite = slicer.mrmlScene.GetNodeByID(f"vtkMRMLSliceCompositeNode{name}")
            assert composite.GetLinkedControl()
            assert composite.GetBackgroundVolumeID() == volume.GetID()

    def test_a_click_overlays_them_in_one_view_and_back(self, work):
        button = work.ui.comparisonLayoutButton
        assert "verlay" in button.text
        button.click()
        [node] = work.shown()
        assert [display_of(node, reader).GetNumberOfViewNodeIDs() for reader in (A, B)] == [0, 0]
        assert "side by side" in button.text.replace("&", "")
        work.select("P3")
        assert display_of(work.shown()[0], A).GetNumberOfViewNodeIDs() == 0
        button.click()
        assert display_of(work.shown()[0], A).GetNumberOfViewNodeIDs() == 1

    def test_what_is_hidden_stays_hidden_for_the_next_pair(self, work):
        work.select("P1")
        work.ui.showOnlyACheck.click()
        assert not display_of(work.shown()[0], A).GetSegmentVisibility(ONLY_A)
        work.select("P4")
        assert not display_of(work.shown()[0], A).GetSegmentVisibility(ONLY_A)
        assert display_of(work.shown()[0], A).GetSegmentVisibility(A)
        work.ui.showOnlyACheck.click()
        assert display_of(work.shown()[0], A).GetSegmentVisibility(ONLY_A)

    def test_a_proposal_can_be_hidden(self, work):
        work.select("P1")
        work.ui.showPreviewCheck.click()
        work.choose("union")
        assert not work.over.GetDisplayNode().GetVisibility()
        work.ui.showPreviewCheck.click()
        assert work.over.GetDisplayNode().GetVisibility()

    def test_leaving_takes_everything_out_and_gives_the_layout_back(self, compared, tmp_path):
        with working(compared, tmp_path) as work:
            layout = slicer.app.layoutManager().layout
            before = {node.GetID() for node in slicer.util.getNodesByClass("vtkMRMLDisplayableNode")}
            work.open()
            assert slicer.app.layoutManager().layout != layout
            work.choose("edited")
            work.panel.open_step(work.panel.steps[0].title)
            assert slicer.app.layoutManager().layout == layout
            left = {node.GetID(): node for node in slicer.util.getNodesByClass("vtkMRMLDisplayableNode")}
            assert [left[i].GetName() for i in left.keys() - before] == ["P001 CT"]
            assert not slicer.util.getNodesByClass("vtkMRMLSegmentEditorNode")
            assert not slicer.util.getNodesByClass("vtkMRMLSegmentationDisplayNode")

    def test_nothing_tells_who_the_readers_are(self, work):
        for pair in ("P1", "P4"):
            work.select(pair)
            for choice in work.choices():
                work.choose(choice)
        texts = [
            *(text for row in work.rows() for text in row),
            *(str(w.property("toolTip")) for w in vars(work.ui).values()),
        ]
        texts += [str(w.property(name)) for w in vars(work.ui).values() for name in ("text", "plainText", "title")]
        table = work.ui.pairTable
        texts += [table.item(r, c).toolTip() for r in range(table.rowCount) for c in range(table.columnCount)]
        scene = slicer.mrmlScene
        for number in range(scene.GetNumberOfNodes()):
            node = scene.GetNthNode(number)
            texts += [node.GetName() or "", *(node.GetAttribute(name) for name in node.GetAttributeNames())]
        assert len(texts) > 50
        assert not [text for text in texts for reader in READERS if reader in text]


class TestChoices:
    def test_what_is_offered_fits_the_pair(self, work):
        work.select("P1")
        assert work.choices() == ["A", "B", *PROPOSALS, "edited", "drop"]
        work.select("P4")
        assert work.choices() == ["A", "edited", "drop"]

    @pytest.mark.parametrize("choice", ["A", "B", *PROPOSALS])
    def test_an_outline_is_chosen_with_its_reason(self, work, choice):
        work.decide("P1", choice, "the rim belongs to it")
        folder = work.folder()
        decision = folder.consensus().decisions[0]
        assert (decision.choice, decision.actor, decision.reason) == (choice, "senior", "the rim belongs to it")
        expected = {"A": WIDE, "B": NARROW, **propose(WIDE, NARROW)}[choice]
        np.testing.assert_array_equal(voxels(folder.consensus_segments()["L1"]), voxels(expected))

    @pytest.mark.parametrize("choice", PROPOSALS)
    def test_a_proposal_is_shown_before_it_is_taken(self, work, choice):
        work.select("P1")
        work.choose(choice)
        [shown] = work.segments(work.over).values()
        np.testing.assert_array_equal(shown, voxels(propose(WIDE, NARROW)[choice]))
        assert bool(work.ui.choiceNoteLabel.text) == (choice == "staple")

    def test_a_lesion_is_dropped(self, work):
        work.decide("P4", "drop", "a vessel")
        folder = work.folder()
        assert {d.pair_id: d.choice for d in folder.consensus().decisions}["P4"] == "drop"
        assert "P4" not in [item.pair_id for item in folder.consensus().lesions]

    def test_the_next_open_pair_follows(self, work):
        work.decide("P3", "A")
        assert work.step.table.selected() == "P4"
        assert work.ui.decisionReasonEdit.text == ""
        assert work.step.form.choice == ""
        work.decide("P4", "A")
        assert work.step.table.selected() == "P1"

    def test_a_decision_is_revised_until_it_is_signed(self, work):
        work.decide("P1", "A")
        work.decide("P1", "B", "on second thoughts")
        work.decide("P2", "union", "the whole of it")
        decisions = {d.pair_id: d for d in work.folder().consensus().decisions}
        assert (decisions["P1"].choice, decisions["P1"].reason) == ("B", "on second thoughts")
        assert (decisions["P2"].choice, decisions["P2"].automatic) == ("union", False)
        rows = {row[0]: row[1] for row in work.rows()}
        assert rows["P1"] == "B, by senior"

    def test_a_decided_pair_shows_what_was_decided(self, work):
        work.decide("P1", "intersection")
        work.select("P1")
        [shown] = work.segments(work.over).values()
        np.testing.assert_array_equal(shown, voxels(WIDE) & voxels(NARROW))
        assert "in both, by senior: as seen on the CT" in work.ui.pairReasonLabel.text

    def test_the_lesions_of_the_consensus_are_listed_with_what_recist_says(self, work):
        work.decide("P4", "A")
        text = work.ui.consensusLabel.text
        assert "L2: Lung, target" in text
        assert "L4: Spleen, target" in text
        for finding in work.folder().consensus().findings:
            assert finding.message in text

    def test_an_organ_is_asked_for_only_where_the_readers_differ(self, work):
        combo = work.ui.adjudicatedOrganCombo
        work.select("P1")
        work.choose("union")
        assert not combo.isVisibleTo(work.step.widget)
        work.select("P3")
        assert not combo.isVisibleTo(work.step.widget)
        for choice, proposed in (("A", "bone"), ("B", "soft-tissue"), ("midway", "")):
            work.choose(choice)
            assert combo.isVisibleTo(work.step.widget)
            assert combo.itemData(combo.currentIndex) == proposed
        work.choose("drop")
        assert not combo.isVisibleTo(work.step.widget)

    def test_a_proposal_of_differing_organs_needs_one(self, work):
        work.decide("P3", "midway")
        assert "different organs" in work.message
        assert "P3" in work.folder().consensus().open_pairs
        assert work.ui.decisionReasonEdit.text == "as seen on the CT"  # nothing typed is lost
        work.ui.adjudicatedOrganCombo.currentIndex = work.ui.adjudicatedOrganCombo.findData("chest-wall")
        work.ui.decideButton.click()
        lesion = next(item.lesion for item in work.folder().consensus().lesions if item.pair_id == "P3")
        assert lesion.organ == "chest-wall"
        np.testing.assert_array_equal(voxels(work.folder().consensus_segments()["L3"]), voxels(NAMED))


class TestRefusals:
    def test_nothing_chosen(self, work):
        work.select("P1")
        work.ui.decisionReasonEdit.text = "why"
        work.ui.decideButton.click()
        assert "Choose an outline first" in work.message
        assert work.ui.decisionReasonEdit.text == "why"

    @pytest.mark.parametrize("reason", ["", "   "])
    def test_no_reason(self, work, reason):
        work.decide("P1", "A", reason)
        assert "The reason is missing" in work.message
        assert "P1" in work.folder().consensus().open_pairs
        assert work.step.form.choice == "A"

    @pytest.mark.parametrize("reader", READERS)
    def test_a_reader_adjudicates_only_with_a_recorded_reason(self, work, reader):
        assert not work.ui.adjudicatorOverrideFrame.isVisibleTo(work.step.widget)
        work.be(reader.upper())
        assert work.ui.adjudicatorOverrideFrame.isVisibleTo(work.step.widget)
        work.decide("P1", "A")
        assert "for a third person" in work.message
        assert "P1" in work.folder().consensus().open_pairs
        work.ui.adjudicatorOverrideEdit.text = "nobody else in this hospital"
        work.ui.decideButton.click()
        decision = work.folder().consensus().decisions[0]
        assert decision.override_reason == "nobody else in this hospital"

    def test_the_override_of_a_reader_is_not_the_next_persons(self, work):
        work.be(READERS[0])
        work.ui.adjudicatorOverrideEdit.text = "nobody else in this hospital"
        work.be("senior")
        work.decide("P1", "A")
        assert work.folder().consensus().decisions[0].override_reason == ""

    def test_an_outline_that_is_no_lesion(self, work):
        work.select("P1")
        work.choose("edited")
        drawn = np.zeros_like(voxels(WIDE))
        drawn[12, 16, 16] = True
        work.draw(drawn)
        work.ui.decisionReasonEdit.text = "a dot"
        work.ui.decideButton.click()
        assert "27" in work.message or "voxel" in work.message
        assert "P1" in work.folder().consensus().open_pairs
        assert work.over is not None  # the edit goes on

    def test_another_process_signed_meanwhile(self, work):
        folder = work.folder()
        for pair, choice in (("P1", "A"), ("P3", "A"), ("P4", "A")):
            folder.adjudicate(pair, choice, "other", "elsewhere")
        folder.sign("other")
        work.decide("P1", "B")
        assert "Adjudicating is refused" in work.message
        assert work.folder().consensus().decisions[0].choice == "A"


class TestSignature:
    def test_it_waits_for_every_pair(self, work):
        assert not work.ui.signButton.enabled
        assert "3 of 4 pairs are open: P1, P3, P4" in work.ui.standingLabel.text
        assert "P1, P3, P4" in work.ui.signButton.toolTip
        work.decide_all()
        assert work.ui.signButton.enabled

    def test_a_consensus_without_lesion_is_not_signed(self, work):
        for pair in ("P1", "P2", "P3", "P4"):
            work.decide(pair, "drop")
        assert not work.ui.signButton.enabled
        assert "nothing to sign" in work.ui.standingLabel.text

    def test_it_is_confirmed(self, work):
        work.decide_all()
        work.answer = False
        work.ui.signButton.click()
        assert "P001" in work.asked[0]
        assert "senior" in work.asked[0]
        assert work.folder().state == "adjudicated"
        work.answer = True
        work.ui.signButton.click()
        signature = work.folder().consensus().signature
        assert (work.folder().state, signature.person) == ("signed", "senior")
        assert "signed by senior" in work.ui.standingLabel.text

    def test_a_signed_consensus_can_only_be_looked_at(self, work):
        work.decide_all()
        work.ui.signButton.click()
        for widget in (work.ui.decisionBox, work.ui.signButton):
            assert not widget.isVisibleTo(work.step.widget)
        work.select("P1")
        [shown] = work.segments(work.over).values()
        np.testing.assert_array_equal(shown, voxels(WIDE))
        assert work.panel.steps[3].missing() == ""

    def test_a_reader_signs_only_with_a_recorded_reason(self, work):
        work.decide_all()
        work.be(READERS[1])
        work.ui.signButton.click()
        assert "signing is for a third person" in work.message
        work.ui.adjudicatorOverrideEdit.text = "on leave"
        work.ui.signButton.click()
        assert work.folder().consensus().signature.statement == "on leave"


class TestReopening:
    def states(self, work: Work) -> list[str]:
        combo = work.ui.reopenStateCombo
        return [combo.itemData(n) for n in range(combo.count)]

    def reopen(self, work: Work, state: str, reason: str) -> None:
        combo = work.ui.reopenStateCombo
        work.ui.reopenBox.collapsed = False
        combo.currentIndex = combo.findData(state)
        work.ui.reopenReasonEdit.text = reason
        work.ui.reopenButton.click()

    def test_only_steps_back_are_offered(self, work):
        assert work.ui.reopenBox.collapsed
        assert self.states(work) == ["locked"]
        work.decide_all()
        work.ui.signButton.click()
        assert self.states(work) == ["locked", "reconciled", "adjudicated"]

    def test_a_signed_case_goes_back_with_a_reason(self, work):
        work.decide_all()
        work.ui.signButton.click()
        self.reopen(work, "adjudicated", "")
        assert "The reason is missing" in work.message
        assert work.folder().state == "signed"
        self.reopen(work, "adjudicated", "the rim again")
        folder = work.folder()
        assert (folder.state, folder.audit()[-1].details["reason"]) == ("adjudicated", "the rim again")
        assert work.ui.decisionBox.isVisibleTo(work.step.widget)
        work.decide("P1", "B")
        assert work.folder().consensus().decisions[0].choice == "B"

    def test_decisions_are_withdrawn(self, work):
        work.decide_all()
        self.reopen(work, "reconciled", "all over")
        assert work.folder().consensus().open_pairs == ("P1", "P3", "P4")
        assert [row[1] for row in work.rows()][:3] == ["OPEN"] * 3

    def test_back_to_the_reads_there_are_no_pairs(self, work):
        self.reopen(work, "locked", "compare anew")
        assert work.ui.compareButton.isVisibleTo(work.step.widget)
        assert work.shown() == []
        work.ui.compareButton.click()
        assert len(work.rows()) == 4
        assert len(work.shown()) == 1


class TestScene:
    def test_a_pair_deleted_by_hand_comes_back_with_the_next_click(self, work):
        slicer.mrmlScene.RemoveNode(work.shown()[0])
        work.ui.showACheck.click()
        work.ui.comparisonLayoutButton.click()
        work.select("P3")
        assert len(work.shown()) == 1

    def test_the_ct_deleted_by_hand_comes_back(self, work):
        slicer.mrmlScene.RemoveNode(work.panel.session.volume())
        work.select("P4")
        assert work.panel.session.volume().GetName() == "P001 CT"

    def test_an_outline_deleted_while_it_is_edited_is_said(self, work):
        work.select("P1")
        work.choose("edited")
        slicer.mrmlScene.RemoveNode(work.over)
        work.ui.decisionReasonEdit.text = "gone"
        work.ui.decideButton.click()
        assert "no longer in the scene" in work.message
        assert "P1" in work.folder().consensus().open_pairs

    @pytest.mark.parametrize("choice", ["", "union", "edited"])
    def test_the_scene_may_be_closed_at_any_time(self, work, choice):
        work.select("P1")
        if choice:
            work.choose(choice)
        work.panel.scene_closing()
        slicer.mrmlScene.Clear()
        work.panel.scene_closed()
        assert work.shown() == []
        assert work.open()
        assert len(work.shown()) == 1

    def test_the_record_verifies_after_all_of_it(self, work):
        work.decide_all()
        work.select("P1")
        work.choose("edited")
        work.draw(voxels(NARROW))
        work.ui.signButton.click()
        work.folder().verify()
        assert json.loads((work.case / "case.json").read_text())["state"] == "signed"
        assert EDITED not in {d.choice for d in work.folder().consensus().decisions}
