"""Tables and charts of a result: their numbers are those of result.json, and they go without a trace."""

import numpy as np
import pytest
import slicer

from ABCImmunoResponse import ABCImmunoResponseLogic
from ABCImmunoResponseLib import DISCLAIMER
from ABCImmunoResponseLib.errors import StateError
from ABCImmunoResponseLib.model.bundle import load_bundle
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseWidgets.score.result_nodes import show_result_nodes
from ABCImmunoResponseWidgets.session import Session
from simulated_case import clinical_values, signed_case

BUNDLE = load_bundle()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    case = signed_case(tmp_path_factory.mktemp("scored") / "case")
    ABCImmunoResponseLogic().score(case, "clerk", clinical_values(), engineName="numpy")
    return CaseFolder.open(case)


@pytest.fixture
def shown(folder, empty_scene):
    return show_result_nodes(folder, BUNDLE)


def column(table, name: str) -> np.ndarray:
    return slicer.util.arrayFromTableColumn(table, name)


def place(shown, model: str):
    return shown.charts[f"Where the patient lies, {model}"]


def series(chart, start: str):
    found = [chart.GetNthPlotSeriesNode(n) for n in range(chart.GetNumberOfPlotSeriesNodes())]
    [one] = [node for node in found if node.GetName().startswith(start)]
    return one, column(one.GetTableNode(), one.GetXColumnName()), column(one.GetTableNode(), one.GetYColumnName())


def test_attributions_add_up_to_the_score(folder, shown):
    table, result = shown.tables["Attributions"], folder.result()
    added = column(table, "contribution").sum() + result["attribution"]["baseline"]["combined"]
    assert added == pytest.approx(result["scores"]["combined"]["score"], abs=1e-9)
    sizes = np.abs(column(table, "contribution"))[:-1]
    assert (np.diff(sizes) <= 0).all()
    bars, ranks, heights = series(shown.charts["Attributions (chart)"], "contribution")
    assert bars.GetPlotType() == bars.PlotTypeScatterBar
    np.testing.assert_array_equal(ranks, np.arange(1, table.GetNumberOfRows() + 1))
    np.testing.assert_array_equal(heights, column(table, "contribution"))


def test_lesions_share_the_score(folder, shown):
    table, result = shown.tables["Lesions"], folder.result()
    assert column(table, "weight").sum() == pytest.approx(1)
    assert [table.GetCellText(row, 0) for row in range(2)] == ["L1", "L2"]
    expected = [lesion["contribution"]["radiomics"] for lesion in result["lesions"]]
    np.testing.assert_array_equal(column(table, "radiomics"), expected)


@pytest.mark.parametrize("model", ["combined", "radiomics"])
def test_the_patient_lies_where_the_percentile_says(folder, shown, model):
    score = folder.result()["scores"][model]
    chart = place(shown, model)
    n = {group: np.count_nonzero(BUNDLE.tensors["reference.response"] == value) for group, value in
         (("responders", 1), ("non-responders", 0))}  # fmt: skip
    below = 0.0
    for group, patients in n.items():
        _node, scores, shares = series(chart, f"{group} ({patients})")
        assert (np.diff(scores) > 0).all()
        assert shares[-1] == 100
        at = np.searchsorted(scores, score["score"], side="right")
        below += patients * (shares[at - 1] if at else 0) / 100
    assert 100 * below / sum(n.values()) == pytest.approx(score["percentile"], abs=0.5)
    _node, at, _share = series(chart, "cut-off")
    assert set(at) == {score["cutoff"]}
    _node, at, share = series(chart, "this patient")
    assert set(at) == {score["score"]}
    assert list(share) == [0, 100]


def test_every_table_and_chart_carries_the_statement(shown):
    for node in (*shown.tables.values(), *shown.charts.values()):
        assert DISCLAIMER in node.GetName()
    for chart in shown.charts.values():
        assert DISCLAIMER in chart.GetTitle()
        assert "simulated" in chart.GetYAxisTitle() or chart is shown.charts["Attributions (chart)"]
    assert shown.tables["Result"].GetCellText(0, 1) == DISCLAIMER
    for part in shown.parts:  # what has no room for it, as a line of a legend, is listed nowhere
        assert DISCLAIMER in part.GetName() or part.GetHideFromEditors()


def test_lines_are_told_apart_without_colour(shown):
    for model in ("combined", "radiomics"):
        chart = place(shown, model)
        lines = [chart.GetNthPlotSeriesNode(n) for n in range(4)]
        assert len({(line.GetLineStyle(), line.GetLineWidth()) for line in lines}) == 4
        assert len({line.GetColor() for line in lines}) == 4


def test_without_the_bundle_there_is_no_chart_of_its_patients(folder, empty_scene):
    shown = show_result_nodes(folder, None)
    assert list(shown.charts) == ["Attributions (chart)"]
    table = shown.tables["Clinical values"]
    assert {table.GetCellText(row, 3) for row in range(table.GetNumberOfRows())} == {""}


def test_they_go_with_their_group_in_any_order_without_a_word(shown, empty_scene):
    session, before = Session(), {node.GetID() for node in shown.all}
    session.keep("result", *shown.all)
    assert not any(node.GetSaveWithScene() for node in shown.all)
    session.drop("result")
    left = {empty_scene.GetNthNode(n).GetID() for n in range(empty_scene.GetNumberOfNodes())}
    assert not left & before


def test_a_case_without_a_result_has_none_to_show(tmp_path):
    signed = CaseFolder.open(signed_case(tmp_path / "case"))
    with pytest.raises(StateError, match="score it first"):
        show_result_nodes(signed, BUNDLE)
