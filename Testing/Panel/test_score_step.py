"""The step 'Score' by clicks: clinical values, the model, a worker that can be cancelled or die, the result."""

import json
import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import pytest
import slicer
from score_work import Work, children, snapshot, wait_until

from ABCImmunoResponse import ABCImmunoResponseLogic
from ABCImmunoResponseLib import DISCLAIMER
from ABCImmunoResponseLib.clinical import ClinicalRecord
from ABCImmunoResponseLib.model.bundle import serialise_description
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.resources import resource
from ABCImmunoResponseWidgets.session import GROUP_ATTRIBUTE
from simulated_case import clinical_values, signed_case

NUMPY = 1  # entry of the engine combo box


@pytest.fixture(autouse=True)
def views(empty_scene):
    """Have table and plot views: they are made when a layout first holds them, and outlive every panel."""
    manager = slicer.app.layoutManager()
    before = manager.layout
    manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpPlotTableView)
    manager.setLayout(before)
    slicer.mrmlScene.Clear()  # as at the end of a test, after which a view observes its camera anew
    slicer.app.processEvents()


@pytest.fixture
def work(panel_widget, tmp_path):
    work = Work(panel_widget.panel, signed_case(tmp_path / "case"))
    work.score.ui.engineCombo.currentIndex = NUMPY
    assert work.open("Score")
    return work


@pytest.fixture(scope="module")
def scored(tmp_path_factory) -> Path:
    case = signed_case(tmp_path_factory.mktemp("scored") / "case")
    ABCImmunoResponseLogic().score(case, "clerk", clinical_values(), engineName="numpy")
    return case


@pytest.fixture
def scored_work(panel_widget, scored, tmp_path):
    work = Work(panel_widget.panel, Path(shutil.copytree(scored, tmp_path / "case")))
    assert work.open("Score")
    return work


def result_nodes() -> list:
    nodes = (slicer.mrmlScene.GetNthNode(n) for n in range(slicer.mrmlScene.GetNumberOfNodes()))
    return [node for node in nodes if node.GetAttribute(GROUP_ATTRIBUTE) == "result"]


class TestBefore:
    def test_it_needs_a_case_whose_consensus_is_signed(self, work):
        work.folder().reopen("reconciled", "senior", "once more")
        work.panel.changed()
        assert "its consensus must be signed first" in work.score.missing()
        work.open("Case")
        assert not work.open("Score")
        assert "signed first" in work.message
        work.panel.close_case()
        assert "open a case" in work.score.missing()

    def test_it_needs_somebody_who_scores(self, work):
        assert work.score.ui.scoreButton.enabled
        work.be("")
        assert not work.score.ui.scoreButton.enabled
        assert not work.score.ui.saveClinicalButton.enabled
        assert "who you are" in work.score.ui.scoreHintLabel.text

    def test_there_is_no_result(self, work):
        assert work.score.ui.resultFrame.isHidden()
        assert result_nodes() == []


class TestClinicalValues:
    def test_unknown_ones_are_counted_and_what_they_mean_is_said(self, work):
        text = work.score.ui.unknownLabel
        assert text.text.startswith("18 of 18 values are unknown.")
        for needed in ("Lines of prior therapy", "Metastatic sites", "Visceral metastasis", "Molecular subtype"):
            assert needed in text.text
        work.fill_in(clinical_values())
        assert text.text == "0 of 18 values are unknown. All that the clinical and the combined score need is known."
        work.type("age_years", "")
        assert text.text.startswith("1 of 18 values are unknown. All that")
        work.type("prior_lines", "")
        assert "withheld unless these are known: Lines of prior therapy (advanced setting)." in text.text

    def test_derived_values_follow_as_one_types(self, work):
        assert work.score.ui.derivedLabel.text == "dNLR: unknown; molecular subtype: unknown"
        work.type("neutrophils", "4.5")
        work.type("leucocytes", "6.5")
        work.field("her2").currentIndex = work.field("her2").findText("positive")
        assert work.score.ui.derivedLabel.text == "dNLR: 2.25; molecular subtype: HER2+"

    def test_they_are_recorded_at_a_click(self, work):
        assert not work.score.ui.saveClinicalButton.enabled
        work.fill_in(clinical_values())
        assert not work.score.ui.unsavedLabel.isHidden()
        assert "kept until Slicer closes" in work.score.ui.unsavedLabel.text
        work.score.ui.saveClinicalButton.clicked()
        assert work.folder().clinical() == clinical_values()
        assert work.folder().audit()[-1].actor == "clerk"
        assert work.score.ui.unsavedLabel.isHidden()
        assert not work.score.ui.saveClinicalButton.enabled

    def test_what_is_out_of_range_is_refused_beside_its_field_and_nothing_is_recorded(self, work):
        before = snapshot(work.case)
        work.fill_in(replace(clinical_values(), age_years=60))
        work.type("age_years", "7")
        for button in (work.score.ui.saveClinicalButton, work.score.ui.scoreButton):
            button.clicked()
            assert "between 18 and 110 years" in work.message
        assert "between 18 and 110 years" in work.refusal("age_years")
        assert work.score.ui.scoreProgress.isHidden()
        assert snapshot(work.case) == before
        work.type("age_years", "60")
        work.score.ui.saveClinicalButton.clicked()
        assert work.folder().clinical().age_years == 60

    def test_what_was_typed_is_kept_over_steps_persons_and_cases(self, work, tmp_path):
        work.type("ldh", "4")
        work.type("age_years", "61")
        other = signed_case(tmp_path / "other")
        assert work.open("Case")
        work.be("senior")
        assert work.panel.open_case(other)
        assert work.field("age_years").text == ""
        assert work.panel.open_case(work.case)
        assert work.open("Score")
        assert (work.field("age_years").text, work.field("ldh").text) == ("61", "4")
        assert "between 10 and 20000" in work.refusal("ldh")
        assert not work.score.ui.unsavedLabel.isHidden()

    @pytest.mark.parametrize("text", ["254.0", "254,00", "+254", " 254 "])
    def test_a_value_is_recorded_however_it_was_written(self, work, text):
        work.type("ldh", text)
        work.score.ui.saveClinicalButton.clicked()
        assert work.folder().clinical().ldh == 254
        assert work.score.ui.unsavedLabel.isHidden()
        assert not work.score.ui.saveClinicalButton.enabled
        work.type("ldh", text)
        assert work.score.ui.unsavedLabel.isHidden()
        work.type("ldh", "254.5")
        assert not work.score.ui.unsavedLabel.isHidden()
        work.type("ldh", "many")
        assert not work.score.ui.unsavedLabel.isHidden()

    def test_what_was_typed_is_not_taken_for_another_case_at_the_same_place(self, work):
        work.type("age_years", "61")
        work.panel.close_case()
        shutil.rmtree(work.case)
        signed_case(work.case, "OTHER")
        assert work.panel.open_case(work.case)
        assert work.open("Score")
        assert work.field("age_years").text == ""

    def test_they_are_not_shown_while_the_consensus_is_open_again(self, work):
        assert not work.score.ui.clinicalBox.isHidden()
        work.folder().reopen("reconciled", "senior", "once more")
        work.panel.changed()
        assert work.score.ui.clinicalBox.isHidden()
        assert "its consensus must be signed first" in work.score.ui.scoreHintLabel.text

    def test_changes_can_be_discarded(self, work):
        work.folder().set_clinical(clinical_values(), "clerk")
        work.panel.changed()
        assert work.field("ldh").text == f"{clinical_values().ldh:g}"
        work.type("ldh", "77")
        work.score.ui.discardClinicalButton.clicked()
        assert work.field("ldh").text == f"{clinical_values().ldh:g}"
        assert work.score.ui.unsavedLabel.isHidden()


class TestModel:
    def test_the_bundled_one_says_what_it_is(self, work):
        assert "trained on simulated patients" in work.score.ui.modelLabel.text
        assert "recipe zhao2023" in work.score.ui.modelLabel.text
        assert work.score.ui.bundleEdit.isHidden()

    def test_another_bundle_is_checked_as_it_is_chosen(self, work, tmp_path):
        ui = work.score.ui
        ui.modelCombo.currentIndex = 1
        assert not ui.bundleEdit.isHidden()
        assert "Choose the folder" in ui.modelLabel.text
        assert not ui.scoreButton.enabled
        ui.bundleEdit.currentPath = str(tmp_path)
        assert "is no model bundle" in ui.modelLabel.text
        copy = Path(shutil.copytree(resource("Models", "abc-sim-1"), tmp_path / "bundle"))
        ui.bundleEdit.currentPath = str(copy)
        assert ui.scoreButton.enabled
        assert work.panel.session.bundle_directory == copy
        with (copy / "MODEL_CARD.md").open("a") as card:
            card.write("better than it was")
        ui.bundleEdit.currentPath = ""
        ui.bundleEdit.currentPath = str(copy)
        assert "changed" in ui.modelLabel.text
        assert not ui.scoreButton.enabled

    def test_what_changed_since_it_was_chosen_does_not_score(self, work, tmp_path):
        ui, kept = work.score.ui, snapshot(work.case)
        copy = Path(shutil.copytree(resource("Models", "abc-sim-1"), tmp_path / "bundle"))
        ui.modelCombo.currentIndex = 1
        assert work.panel.session.bundle_directory is None  # no folder is chosen yet
        ui.bundleEdit.currentPath = str(copy)
        description = json.loads((copy / "bundle.json").read_text(encoding="utf-8"))
        (copy / "bundle.json").write_bytes(serialise_description(description | {"intended_use": "something else"}))
        ui.scoreButton.clicked()
        assert "holds another model than when you chose it" in work.message
        assert ui.scoreProgress.isHidden()
        shutil.rmtree(copy)
        ui.scoreButton.clicked()
        assert "no bundle folder that can be read" in work.message
        assert not ui.scoreButton.enabled
        assert snapshot(work.case) == kept

    def test_it_is_what_scores(self, work, tmp_path):
        copy = Path(shutil.copytree(resource("Models", "abc-sim-1"), tmp_path / "bundle"))
        work.score.ui.modelCombo.currentIndex = 1
        work.score.ui.bundleEdit.currentPath = str(copy)
        work.run_score()
        assert work.folder().state == "scored"
        assert "Where the patient lies, radiomics" in {
            work.score.ui.nodeCombo.itemText(n) for n in range(work.score.ui.nodeCombo.count)
        }


class TestScoring:
    def test_the_worker_gives_what_the_logic_gives_to_the_last_digit(self, work, scored):
        work.fill_in(clinical_values())
        work.run_score()
        assert work.message == "Case SMALL is scored."
        by_worker, by_logic = (
            json.loads((case / "result.json").read_text(encoding="utf-8")) for case in (work.case, scored)
        )
        assert by_worker | {"created": ""} == by_logic | {"created": ""}
        assert (work.case / "features.csv").read_bytes() == (scored / "features.csv").read_bytes()
        assert work.folder().clinical() == clinical_values()
        assert work.folder().audit()[-1].actor == "clerk"
        assert work.score.ui.unsavedLabel.isHidden()

    def test_progress_is_shown_and_only_cancelling_is_offered(self, work):
        before = children()
        work.score.ui.scoreButton.clicked()
        assert not work.score.ui.scoreProgress.isHidden()
        assert not work.score.ui.scoreButton.enabled
        assert work.score.ui.cancelButton.enabled
        assert not work.field("age_years").enabled
        said = set()

        def over() -> bool:
            said.add(work.score.ui.progressLabel.text)
            return work.score.ui.scoreProgress.isHidden()

        wait_until(over)
        assert any(text.startswith("Step ") for text in said)
        assert children() == before

    def test_cancelling_takes_effect_within_two_seconds_and_leaves_the_case_as_it_was(self, work):
        kept, before = snapshot(work.case), children()
        work.fill_in(clinical_values())
        work.score.ui.scoreButton.clicked()
        work.first_progress()
        work.score.ui.cancelButton.clicked()
        assert not work.score.ui.cancelButton.enabled
        assert wait_until(lambda: work.score.ui.scoreProgress.isHidden()) < 2
        assert work.message == "Scoring was cancelled; the case is as it was."
        assert snapshot(work.case) == kept
        assert children() == before
        assert work.score.ui.scoreButton.enabled
        assert work.field("ldh").text == f"{clinical_values().ldh:g}"  # what was typed is not lost

    def test_a_cancel_that_comes_too_late_says_so(self, work):
        work.score.ui.scoreButton.clicked()
        wait_until(lambda: CaseFolder.open(work.case).state == "scored")
        work.score.ui.cancelButton.clicked()
        wait_until(lambda: work.score.ui.scoreProgress.isHidden())
        assert work.message == "Scoring was finished before it could be cancelled."
        assert not work.score.ui.resultFrame.isHidden()

    def test_a_worker_that_is_killed_is_one_clear_line(self, work):
        kept, before = snapshot(work.case), children()
        work.score.ui.scoreButton.clicked()
        work.first_progress()
        [worker] = children() - before
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: work.score.ui.scoreProgress.isHidden())
        assert "signal 9 (SIGKILL)" in work.message
        assert "\n" not in work.message
        assert snapshot(work.case) == kept
        assert work.score.ui.scoreButton.enabled

    def test_a_worker_that_cannot_be_started_is_one_clear_line(self, work, tmp_path, monkeypatch):
        kept = snapshot(work.case)
        (tmp_path / "PythonSlicer").touch(mode=0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        work.score.ui.scoreButton.clicked()
        assert "cannot be started" in work.message
        assert work.score.ui.scoreProgress.isHidden()
        assert work.score.ui.scoreButton.enabled
        assert snapshot(work.case) == kept

    def test_what_the_worker_refuses_is_shown(self, work):
        before = children()
        work.score.ui.scoreButton.clicked()
        work.first_progress()
        [worker] = children() - before
        os.kill(worker, signal.SIGSTOP)
        work.folder().set_clinical(ClinicalRecord(age_years=50), "somebody else")
        os.kill(worker, signal.SIGCONT)
        wait_until(lambda: work.score.ui.scoreProgress.isHidden())
        assert "changed while it was being scored" in work.message
        assert work.folder().state == "signed"

    @pytest.mark.parametrize("how", ["case", "scene", "panel"])
    def test_it_ends_with_what_it_belongs_to_and_nothing_is_called_back(self, work, panel_widget, how):
        kept, before = snapshot(work.case), children()
        ended = []
        work.score.ui.scoreButton.clicked()
        work.first_progress()
        work.score._worker._on_end = ended.append
        if how == "case":
            work.panel.close_case()
        elif how == "scene":
            slicer.mrmlScene.Clear()
            assert "Scoring was stopped" in work.message
        else:
            panel_widget.cleanup()
        assert children() == before
        for _ in range(30):
            slicer.app.processEvents()
        assert ended == []
        assert snapshot(work.case) == kept

    def test_it_ends_where_another_case_is_opened_and_that_is_said(self, work, tmp_path):
        kept, before = snapshot(work.case), children()
        other = signed_case(tmp_path / "other", "OTHER")
        work.score.ui.scoreButton.clicked()
        work.first_progress()
        assert work.panel.open_case(other)
        assert "Scoring was stopped: another case was opened" in work.message
        assert children() == before
        assert snapshot(work.case) == kept


class TestResult:
    def test_the_statement_stands_first_and_the_risk_groups_are_large(self, scored_work):
        ui, result = scored_work.score.ui, scored_work.folder().result()
        assert ui.resultStatementLabel.text.lower().startswith(DISCLAIMER)
        lines = ui.riskLabel.text.split("\n")
        assert lines[0] == f"Combined: {result['scores']['combined']['risk_group'].upper()} RISK"
        assert len(lines) == 3
        assert ui.riskLabel.font.pointSize() > 1.3 * ui.resultStatementLabel.font.pointSize()
        for label in (ui.resultStatementLabel, ui.riskLabel, ui.applicabilityLabel, ui.resultBrowser):
            assert not label.isHidden()
        assert result["applicability"]["verdict"] in ui.applicabilityLabel.text

    def test_scores_reasons_warnings_and_clinical_values_are_beside_them(self, scored_work):
        text, result = scored_work.score.ui.resultBrowser.plainText, scored_work.folder().result()
        for score in result["scores"].values():
            for number in (f"{score['score']:.3f}", f"{score['cutoff']:.3f}", f"{score['probability']:.2f}"):
                assert number in text
        for said in (*result["warnings"], *(one["message"] for one in result["applicability"]["reasons"])):
            assert said in text
        assert "Lactate dehydrogenase" in text
        assert f"{clinical_values().ldh:g} U/L" in text
        assert "Lines of prior therapy (advanced setting) *" in text
        assert result["bundle"]["id"] in text

    def test_withheld_scores_say_why(self, work):
        work.run_score()
        assert work.score.ui.riskLabel.text.startswith("Radiomics: ")
        assert "Combined: withheld" in work.score.ui.riskLabel.text
        assert "Clinical and combined score withheld" in work.score.ui.resultBrowser.plainText

    def test_tables_and_charts_are_nodes_that_can_be_shown(self, scored_work):
        ui = scored_work.score.ui
        shown = {ui.nodeCombo.itemText(n) for n in range(ui.nodeCombo.count)}
        assert {"Result", "Clinical values", "Attributions", "Lesions", "Attributions (chart)"} <= shown
        assert sum(name.startswith("Where the patient lies") for name in shown) == 2
        selection = slicer.app.applicationLogic().GetSelectionNode()
        for n in range(ui.nodeCombo.count):
            ui.nodeCombo.currentIndex = n
            ui.showNodeButton.clicked()
            active = (selection.GetActiveTableID(), selection.GetActivePlotChartID())
            nodes = [slicer.mrmlScene.GetNodeByID(node_id) for node_id in active if node_id]
            assert any(node in result_nodes() and DISCLAIMER in node.GetName() for node in nodes)

    def test_they_go_with_the_case_and_are_never_saved(self, scored_work):
        assert len(result_nodes()) > 10
        assert not any(node.GetSaveWithScene() for node in result_nodes())
        scored_work.panel.close_case()
        assert result_nodes() == []
        assert scored_work.score.ui.riskLabel.text == scored_work.score.ui.resultBrowser.plainText == ""
        assert scored_work.score.ui.nodeCombo.count == 0

    def test_a_node_that_was_deleted_is_no_error(self, scored_work):
        for node in result_nodes():
            slicer.mrmlScene.RemoveNode(node)
        scored_work.score.ui.showNodeButton.clicked()
        assert "no longer in the scene" in scored_work.message
        scored_work.open("Case")
        scored_work.open("Score")
        assert len(result_nodes()) > 10

    def test_a_result_that_another_process_recorded_is_shown_with_its_nodes(self, work, panel_widget):
        panel_widget.exit()
        ABCImmunoResponseLogic().score(work.case, "somebody else", clinical_values(), engineName="numpy")
        panel_widget.enter()
        assert not work.score.ui.resultFrame.isHidden()
        assert len(result_nodes()) > 10
        work.score.ui.showNodeButton.clicked()
        assert work.message == ""

    def test_a_scored_case_is_taken_back_with_a_reason_and_scored_anew(self, scored_work):
        ui = scored_work.score.ui
        assert ui.scoreButton.isHidden()
        assert not scored_work.field("ldh").enabled
        assert not ui.reopenButton.enabled
        ui.reopenReasonEdit.text = "LDH was mistyped"
        ui.reopenButton.clicked()
        assert scored_work.folder().state == "signed"
        assert scored_work.folder().audit()[-1].details["reason"] == "LDH was mistyped"
        assert result_nodes() == []
        assert ui.resultFrame.isHidden()
        scored_work.type("ldh", "250")
        ui.engineCombo.currentIndex = NUMPY
        scored_work.run_score()
        assert scored_work.folder().clinical().ldh == 250
        assert len(result_nodes()) > 10
