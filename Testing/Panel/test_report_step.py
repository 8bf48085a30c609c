"""The step 'Report' by clicks: preview, the report, copies of it and of the features, packages."""

import csv
import shutil
from pathlib import Path

import pytest
from score_work import Work, children, snapshot, wait_until

from ABCImmunoResponse import ABCImmunoResponseLogic
from ABCImmunoResponseLib import DISCLAIMER
from ABCImmunoResponseLib.errors import MissingDependencyError
from ABCImmunoResponseLib.features.names import FEATURE_NAMES
from ABCImmunoResponseLib.resources import resource
from ABCImmunoResponseWidgets.report import packages
from simulated_case import clinical_values, signed_case


@pytest.fixture(scope="module")
def scored(tmp_path_factory) -> Path:
    case = signed_case(tmp_path_factory.mktemp("scored") / "case")
    ABCImmunoResponseLogic().score(case, "clerk", clinical_values(), engineName="numpy")
    return case


@pytest.fixture
def work(panel_widget, scored, tmp_path):
    work = Work(panel_widget.panel, Path(shutil.copytree(scored, tmp_path / "case")))
    assert work.open("Report")
    return work


def test_it_needs_a_score(panel_widget, tmp_path):
    work = Work(panel_widget.panel, signed_case(tmp_path / "case"))
    assert "it must be scored first" in work.report.missing()
    assert not work.open("Report")
    work.panel.close_case()
    assert "open a case" in work.report.missing()


def test_the_preview_tells_the_result_under_the_statement(work):
    ui, result = work.report.ui, work.folder().result()
    assert ui.reportStatementLabel.text.lower().startswith(DISCLAIMER)
    assert not ui.reportStatementLabel.isHidden()
    text = ui.previewBrowser.plainText
    for said in ("Case SMALL", "Combined: ", "L1", "Lactate dehydrogenase", *result["warnings"]):
        assert said in text
    assert "opens in the browser" in ui.previewLabel.text


def test_the_report_is_written_by_a_worker_and_is_what_the_logic_writes(work, scored, tmp_path):
    before = children()
    assert not work.report.ui.openReportButton.enabled
    work.run_report()
    assert work.message == "The report is written."
    assert work.folder().state == "reported"
    assert "written by clerk" in work.report.ui.reportStateLabel.text
    assert not work.report.ui.writeReportButton.enabled
    assert children() == before
    by_worker = (work.case / "report.html").read_text(encoding="utf-8")
    assert DISCLAIMER in by_worker.lower()
    copy = Path(shutil.copytree(scored, tmp_path / "by-logic"))
    assert by_worker == ABCImmunoResponseLogic().report(copy, "clerk").read_text(encoding="utf-8")


def test_it_opens_in_the_browser(work):
    opened = []
    work.report.open_url = opened.append
    work.run_report()
    work.report.ui.openReportButton.clicked()
    assert opened == [work.case / "report.html"]


def test_copies_are_saved_elsewhere_and_never_into_the_case_folder(work, tmp_path):
    asked = []
    work.run_report()
    for button, name in (
        (work.report.ui.saveReportButton, "report.html"),
        (work.report.ui.exportFeaturesButton, "features.csv"),
    ):
        for where in (tmp_path / name, work.case / "mine.txt", tmp_path / "no-such-folder" / name, ""):
            work.report.ask_path = lambda *words, where=where: asked.append(words) or str(where)
            button.clicked()
            assert ("Saved as" in work.message) == (where == tmp_path / name) or not where
        assert (tmp_path / name).read_bytes() == (work.case / name).read_bytes()
        assert asked[-1][1] == f"SMALL-{name}"
    work.folder().verify()
    with (tmp_path / "features.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["lesion_id"] for row in rows] == ["L1", "L2"]
    assert set(FEATURE_NAMES) <= set(rows[0])


@pytest.mark.parametrize("where", ["features.csv", "reads/kim.csv"])
def test_no_copy_is_saved_into_another_case(work, tmp_path, where):
    other = signed_case(tmp_path / "other")
    kept = snapshot(other)
    work.report.ask_path = lambda *words: str(other / where)
    work.report.ui.exportFeaturesButton.clicked()
    assert "lies in a case folder" in work.message
    assert snapshot(other) == kept


def test_what_is_no_longer_as_it_was_recorded_is_not_handed_out(work, tmp_path):
    copy, recorded = tmp_path / "features.csv", work.case / "features.csv"
    for where in (copy, tmp_path):
        work.report.ask_path = lambda *words, where=where: str(where)
        recorded.write_bytes(recorded.read_bytes() + b"1")
        work.report.ui.exportFeaturesButton.clicked()
        assert ("changed behind its back" if where == copy else "is a folder") in work.message
    recorded.unlink()
    work.report.ask_path = lambda *words: str(copy)
    work.report.ui.exportFeaturesButton.clicked()
    assert "cannot be read" in work.message
    assert not copy.exists()


def test_nothing_is_saved_where_nobody_chose_a_place(work):
    before = snapshot(work.case)
    work.report.ask_path = lambda *words: ""
    work.report.ui.exportFeaturesButton.clicked()
    assert work.message == ""
    assert snapshot(work.case) == before


def test_writing_can_be_cancelled(work):
    before = snapshot(work.case)
    work.report.ui.writeReportButton.clicked()
    wait_until(lambda: work.report.ui.reportProgress.maximum > 0)
    work.report.ui.cancelReportButton.clicked()
    assert wait_until(lambda: work.report.ui.reportProgress.isHidden()) < 2
    assert work.message == "Writing the report was cancelled; the case is as it was."
    assert snapshot(work.case) == before
    work.run_report()
    assert work.folder().state == "reported"


@pytest.mark.parametrize("how", ["case", "panel"])
def test_writing_ends_with_what_it_belongs_to(work, panel_widget, how):
    before = children()
    work.report.ui.writeReportButton.clicked()
    if how == "case":
        work.panel.close_case()
    else:
        panel_widget.cleanup()
    assert children() == before
    assert work.folder().state == "scored"


def test_writing_ends_where_another_case_is_opened_and_that_is_said(work, tmp_path):
    before, other = children(), signed_case(tmp_path / "other", "OTHER")
    work.report.ui.writeReportButton.clicked()
    assert work.panel.open_case(other)
    assert "report was not written" in work.message
    assert children() == before
    assert work.folder().state == "scored"


def test_packages_that_lack_are_named_and_their_button_shown(work, monkeypatch):
    monkeypatch.setattr(packages, "find_spec", lambda name: None if name in ("jinja2", "PIL") else object())
    assert work.report.ui.packagesBox.collapsed
    work.report.ui.writeReportButton.clicked()
    assert "needs jinja2, pillow: install them below" in work.message
    assert not work.report.ui.packagesBox.collapsed
    assert work.folder().state == "scored"
    frame = work.report.ui.packagesFrame
    buttons = {child.objectName: child for child in frame.children() if child.inherits("QPushButton")}
    assert [button.enabled for _name, button in sorted(buttons.items())] == [True, False, False, False, False]
    asked = []
    work.report.packages.installer = lambda group, confirm: asked.append(group)
    buttons["installButton0"].clicked()
    assert asked == [packages.REPORT]
    assert "Still not there: jinja2, pillow" in work.message
    monkeypatch.setattr(packages, "find_spec", lambda name: object())
    work.report.ui.checkPackagesButton.clicked()
    assert not any(button.enabled for button in buttons.values())


def test_an_installation_that_fails_is_one_line(work, monkeypatch):
    def fail(group, confirm):
        raise MissingDependencyError("jinja2 was not installed (no network): try again.")

    monkeypatch.setattr(packages, "find_spec", lambda name: None)
    work.report.packages.installer = fail
    work.report.packages.open()
    frame = work.report.ui.packagesFrame
    next(child for child in frame.children() if child.objectName == "installButton0").clicked()
    assert "no network" in work.message


def test_the_bundle_that_scored_is_asked_for_where_it_is_not_at_hand(work, monkeypatch):
    other = Path(shutil.copytree(resource("Models", "abc-sim-1"), work.case.parent / "bundle"))
    result = work.panel.session.folder.result()
    monkeypatch.setitem(result["bundle"], "sha256", "0" * 64)  # as after scoring with a bundle of one's own
    work.panel.session.bundle_directory = other
    work.report.ui.writeReportButton.clicked()
    assert "scored with abc-sim-1, which is not at hand" in work.message
    assert work.folder().state == "scored"


def test_dicom_export_has_its_place(work):
    assert not work.report.ui.exportDicomButton.enabled
    assert "not part of this version" in work.report.ui.exportDicomButton.toolTip
