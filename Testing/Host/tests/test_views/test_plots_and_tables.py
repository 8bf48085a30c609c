"""Plot views draw what the chart node says; table views show the table node's cells; 3D views show models."""

import numpy as np
import pytest
import qt
import slicer
import vtk

from slicerhost.pythonqt import unwrap
from slicerhost.views import PlotView

BLUE, ORANGE = (0, 0, 1), (1, 0.5, 0)
SIZE = (400, 300)


@pytest.fixture
def chart(manager):
    """A chart of x 0 to 10 and y 0 to 100, without title, legend and grid, in a plot view of its own."""
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLPlotChartNode", "chart")
    node.SetTitleVisibility(False)
    node.SetLegendVisibility(False)
    node.SetGridVisibility(False)
    for axis, range_ in (("X", (0, 10)), ("Y", (0, 100))):
        getattr(node, f"Set{axis}AxisRangeAuto")(False)
        getattr(node, f"Set{axis}AxisRange")(*range_)
    return node


@pytest.fixture
def view(chart):
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLPlotViewNode", "plots")
    node.SetPlotChartNodeID(chart.GetID())
    return PlotView(node)


@pytest.fixture
def table(manager):
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode", "values")
    slicer.util.updateTableFromArray(node, [np.array([2.0, 5.0, 8.0]), np.array([25.0, 50.0, 75.0])], ["x", "y"])
    names = vtk.vtkStringArray()
    names.SetName("name")
    for text in ("a", "b", "c"):
        names.InsertNextValue(text)
    node.AddColumn(names)
    return node


def add_series(chart, table, kind: str, colour=BLUE, name="series"):
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLPlotSeriesNode", name)
    node.SetAndObserveTableNodeID(table.GetID())
    node.SetXColumnName("x")
    node.SetYColumnName("y")
    node.SetPlotType(getattr(node, f"PlotType{kind}"))
    node.SetColor(*colour)
    node.SetMarkerSize(12)
    chart.AddAndObservePlotSeriesNodeID(node.GetID())
    return node


def coloured(pixels: np.ndarray, colour) -> np.ndarray:
    return (np.abs(pixels.astype(int) - np.array(colour) * 255) < 30).all(axis=2)


def centres(mask: np.ndarray) -> list[tuple[float, float]]:
    """Return the centre (column, row) of each run of columns in which a pixel is set."""
    columns = np.flatnonzero(mask.any(axis=0))
    runs = np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1)
    return [(run.mean(), np.flatnonzero(mask[:, run].any(axis=1)).mean()) for run in runs]


def test_scattered_points_stand_at_their_values(view, chart, table):
    series = add_series(chart, table, "Scatter")
    series.SetLineStyle(series.LineStyleNone)
    series.SetMarkerStyle(series.MarkerStyleSquare)
    (x1, y1), (x2, y2), (x3, y3) = centres(coloured(view.render(*SIZE), BLUE))
    assert x2 - x1 == pytest.approx(x3 - x2, abs=1.5)
    assert y1 - y2 == pytest.approx(y2 - y3, abs=1.5)
    # 3 of 10 in x and 25 of 100 in y, of plot areas that are most of the picture
    assert 0.7 * SIZE[0] < (x2 - x1) / 0.3 < SIZE[0]
    assert 0.7 * SIZE[1] < (y1 - y2) / 0.25 < SIZE[1]


def test_bars_are_as_high_as_their_values(view, chart, table):
    add_series(chart, table, "ScatterBar", ORANGE)
    pixels = view.render(*SIZE)
    mask = coloured(pixels, ORANGE)
    columns = np.flatnonzero(mask.any(axis=0))
    heights = [mask[:, run].sum(axis=0).max() for run in np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1)]
    assert len(heights) == 3
    assert heights[1] == pytest.approx(2 * heights[0], abs=3)
    assert heights[2] == pytest.approx(3 * heights[0], abs=4)


def test_a_line_stands_at_the_numbers_of_its_rows(view, chart, table):
    series = add_series(chart, table, "Line")
    series.SetMarkerStyle(series.MarkerStyleNone)
    mask = coloured(view.render(*SIZE), BLUE)
    columns = np.flatnonzero(mask.any(axis=0))
    scattered = add_series(chart, table, "Scatter", ORANGE)
    scattered.SetMarkerStyle(scattered.MarkerStyleSquare)
    scattered.SetLineStyle(scattered.LineStyleNone)
    (first, _y), *_others = centres(coloured(view.render(*SIZE), ORANGE))
    assert columns.max() == pytest.approx(first, abs=8)  # the line ends at row 2, where the first point (x = 2) is


def test_title_axis_names_and_legend_are_written(view, chart, table):
    add_series(chart, table, "Scatter", name="patients")
    bare = view.render(*SIZE)
    chart.SetTitle("Where the patient lies")
    chart.SetTitleVisibility(True)
    chart.SetXAxisTitle("score")
    chart.SetYAxisTitle("months")
    chart.SetLegendVisibility(True)
    drawn = view.chart()
    assert drawn.GetTitle() == "Where the patient lies"
    assert drawn.GetAxis(vtk.vtkAxis.BOTTOM).GetTitle() == "score"
    assert drawn.GetAxis(vtk.vtkAxis.LEFT).GetTitle() == "months"
    assert drawn.GetPlot(0).GetLabel() == "patients"
    full = view.render(*SIZE)
    assert (full[:25].sum(axis=2) < 300).sum() > (bare[:25].sum(axis=2) < 300).sum() + 50
    chart.SetTitleVisibility(False)
    chart.SetXAxisTitleVisibility(False)
    assert view.chart().GetTitle() == ""
    assert view.chart().GetAxis(vtk.vtkAxis.BOTTOM).GetTitle() == ""


def test_a_series_that_slicer_would_leave_out_is_refused(view, chart, table):
    series = add_series(chart, table, "Scatter")
    series.SetXColumnName("name")
    with pytest.raises(ValueError, match="needs numbers in a column 'name'"):
        view.render(*SIZE)
    series.SetXColumnName("x")
    series.SetYColumnName("nothing")
    with pytest.raises(ValueError, match="'nothing'"):
        view.render(*SIZE)
    slicer.mrmlScene.RemoveNode(table)
    with pytest.raises(ValueError, match="has no table"):
        view.render(*SIZE)


def test_a_plot_view_without_a_chart_is_empty(view):
    view.node.SetPlotChartNodeID(None)
    assert view.chart().GetNumberOfPlots() == 0
    assert len(np.unique(view.render(*SIZE).reshape(-1, 3), axis=0)) < 200


def test_the_layout_s_plot_and_table_widgets_show_their_nodes(manager, chart, table):
    add_series(chart, table, "Scatter")
    manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpPlotTableView)
    assert (manager.plotViewCount, manager.tableViewCount) == (1, 1)
    slicer.app.applicationLogic().GetSelectionNode().SetActivePlotChartID(chart.GetID())
    slicer.app.applicationLogic().PropagatePlotChartSelection()
    assert manager.plotWidget(0).plotView().chart().GetNumberOfPlots() == 1
    slicer.app.applicationLogic().GetSelectionNode().SetActiveTableID(table.GetID())
    slicer.app.applicationLogic().PropagateTableSelection()
    model = unwrap(manager.tableWidget(0).tableView()).model()
    assert manager.tableWidget(0).tableView().mrmlTableNode() is table
    assert model.index(1, 1).data() == "50"
    table.SetCellText(1, 1, "51")
    assert model.index(1, 1).data() == "51"


def test_a_table_view_of_one_s_own_shows_titles_and_texts(manager, table):
    view = slicer.qMRMLTableView()
    view.setMRMLScene(slicer.mrmlScene)
    view.setMRMLTableNode(table)
    model = unwrap(view).model()
    assert (model.rowCount(), model.columnCount()) == (3, 3)
    assert [model.headerData(n, qt.Qt.Horizontal) for n in range(3)] == ["x", "y", "name"]
    assert model.index(2, 2).data() == "c"
    view.setMRMLTableNode(None)
    assert model.rowCount() == 0


def test_a_plot_view_of_one_s_own_shows_a_chart(manager, view, chart, table):
    add_series(chart, table, "Scatter")
    widget = slicer.qMRMLPlotView()
    widget.setMRMLScene(slicer.mrmlScene)
    widget.setMRMLPlotViewNode(view.node)
    assert widget.chart().GetNumberOfPlots() == 1


def test_a_model_is_seen_in_the_3d_view_once_it_is_looked_at(manager):
    sphere = vtk.vtkSphereSource()
    sphere.SetRadius(20)
    sphere.SetThetaResolution(30)
    sphere.SetPhiResolution(30)
    sphere.Update()
    model = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode")
    model.SetAndObservePolyData(sphere.GetOutput())
    model.CreateDefaultDisplayNodes()
    model.GetDisplayNode().SetColor(0, 1, 0)
    slicer.util.resetThreeDViews()
    canvas = unwrap(manager.threeDWidget(0).threeDView())

    def green() -> float:
        """Return how much of the middle is green; the view's own box and letters may lie over it."""
        pixels = canvas.view.render(200, 200)[80:120, 80:120].astype(int)
        return (pixels[..., 1] > pixels[..., 0] + 60).mean()

    assert green() > 0.5
    model.GetDisplayNode().SetVisibility(False)
    assert green() == 0
