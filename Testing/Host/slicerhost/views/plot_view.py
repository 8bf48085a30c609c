"""A plot view: the chart of a plot view node, drawn with VTK's charts as Slicer draws it."""

import numpy as np
import slicer
import vtk

from slicerhost.views.offscreen import OffscreenWindow

_BACKGROUND = (255, 253, 246)  # the cream that Slicer's plot views have
_Series = slicer.vtkMRMLPlotSeriesNode
_MARKERS = {
    _Series.MarkerStyleNone: vtk.vtkPlotPoints.NONE,
    _Series.MarkerStyleCross: vtk.vtkPlotPoints.CROSS,
    _Series.MarkerStylePlus: vtk.vtkPlotPoints.PLUS,
    _Series.MarkerStyleSquare: vtk.vtkPlotPoints.SQUARE,
    _Series.MarkerStyleCircle: vtk.vtkPlotPoints.CIRCLE,
    _Series.MarkerStyleDiamond: vtk.vtkPlotPoints.DIAMOND,
}
_LINES = {
    _Series.LineStyleNone: vtk.vtkPen.NO_PEN,
    _Series.LineStyleSolid: vtk.vtkPen.SOLID_LINE,
    _Series.LineStyleDash: vtk.vtkPen.DASH_LINE,
    _Series.LineStyleDot: vtk.vtkPen.DOT_LINE,
    _Series.LineStyleDashDot: vtk.vtkPen.DASH_DOT_LINE,
    _Series.LineStyleDashDotDot: vtk.vtkPen.DASH_DOT_DOT_LINE,
}
_LINE_TYPES = (_Series.PlotTypeLine, _Series.PlotTypeScatter)


class PlotView:
    """Renders the chart that a plot view node shows; without one, an empty chart.

    Parameters
    ----------
    node : vtkMRMLPlotViewNode
    """

    def __init__(self, node):
        self.node = node
        self._target = OffscreenWindow(multisamples=4)
        (self._renderer,) = self._target.renderers
        self._renderer.SetBackground(1, 1, 1)
        self._actor = vtk.vtkContextActor()
        self._actor.GetScene().SetRenderer(self._renderer)
        self._renderer.AddViewProp(self._actor)

    @property
    def window(self):
        """The vtkRenderWindow."""
        return self._target.window

    def render(self, width: int, height: int) -> np.ndarray:
        """Return the view's picture at a size in pixels: uint8, (height, width, 3), first row at the top.

        Raises
        ------
        ValueError
            If there would be no pixel, or a series of the chart lacks what Slicer needs to draw it: Slicer leaves
            such a series out.
        """
        self._target.resize(width, height)
        scene = self._actor.GetScene()
        scene.ClearItems()
        scene.AddItem(self.chart())
        return self._target.pixels()

    def chart(self) -> vtk.vtkChartXY:
        """Return the chart as VTK draws it now.

        Raises
        ------
        ValueError
            As :meth:`render`.
        """
        chart = vtk.vtkChartXY()
        chart.GetBackgroundBrush().SetColor(*_BACKGROUND, 255)
        node = self.node.GetPlotChartNode()
        if node is None:
            return chart
        for number in range(node.GetNumberOfPlotSeriesNodes()):
            chart.AddPlot(_plot(node.GetNthPlotSeriesNode(number)))
        family = chart.GetTitleProperties().GetFontFamilyFromString(node.GetFontType() or "Arial")
        chart.SetTitle((node.GetTitle() or "") if node.GetTitleVisibility() else "")
        _set_font(chart.GetTitleProperties(), family, node.GetTitleFontSize())
        chart.SetShowLegend(node.GetLegendVisibility())
        _set_font(chart.GetLegend().GetLabelProperties(), family, node.GetLegendFontSize())
        for place, name in ((vtk.vtkAxis.BOTTOM, "X"), (vtk.vtkAxis.LEFT, "Y")):
            axis = chart.GetAxis(place)
            visible, title = (getattr(node, f"Get{name}AxisTitle{what}")() for what in ("Visibility", ""))
            axis.SetTitle((title or "") if visible else "")
            axis.SetGridVisible(node.GetGridVisibility())
            axis.SetLogScale(getattr(node, f"Get{name}AxisLogScale")())
            if getattr(node, f"Get{name}AxisRangeAuto")():
                axis.SetBehavior(vtk.vtkAxis.AUTO)
            else:
                axis.SetBehavior(vtk.vtkAxis.FIXED)
                axis.SetUnscaledRange(getattr(node, f"Get{name}AxisRange")())
            axis.GetTitleProperties().SetBold(False)
            _set_font(axis.GetTitleProperties(), family, node.GetAxisTitleFontSize())
            _set_font(axis.GetLabelProperties(), family, node.GetAxisLabelFontSize())
        return chart


def _set_font(text_property, family: int, size: int) -> None:
    text_property.SetFontFamily(family)
    text_property.SetFontSize(size)


def _plot(series) -> vtk.vtkPlot:
    """Return a series as VTK's plot.

    Lines and bars stand at the number of their row, scatter plots and scattered bars at their column of x.
    """
    kind = series.GetPlotType()
    y_name, x_name = series.GetYColumnName(), series.GetXColumnName()
    table = _numbers(series, y_name)
    plot = vtk.vtkPlotLine() if kind in _LINE_TYPES else vtk.vtkPlotBar()
    plot.SetWidth(series.GetLineWidth())
    plot.SetColorF(*series.GetColor())
    plot.SetOpacity(series.GetOpacity())
    plot.GetPen().SetOpacityF(series.GetOpacity())
    plot.GetPen().SetLineType(vtk.vtkPen.SOLID_LINE if kind == _Series.PlotTypeBar else _LINES[series.GetLineStyle()])
    if kind in _LINE_TYPES:
        plot.SetMarkerSize(series.GetMarkerSize())
        plot.SetMarkerStyle(_MARKERS[series.GetMarkerStyle()])
    if series.GetLabelColumnName():
        plot.SetIndexedLabels(table.GetColumnByName(series.GetLabelColumnName()))
    plot.SetUseIndexForXSeries(not series.IsXColumnRequired())
    if series.IsXColumnRequired():
        _numbers(series, x_name)
        plot.SetInputData(table, x_name, y_name)
    else:
        plot.SetInputData(table, y_name, y_name)
    plot.SetLabel(series.GetName() or y_name)
    return plot


def _numbers(series, column: str | None):
    """Return a series' table, which has numbers in ``column``."""
    node = series.GetTableNode()
    if node is None:
        raise ValueError(f"The plot series {series.GetName()} has no table: Slicer does not draw it.")
    found = node.GetTable().GetColumnByName(column or "")
    if found is None or found.GetDataType() in (vtk.VTK_STRING, vtk.VTK_BIT):
        raise ValueError(
            f"The plot series {series.GetName()} needs numbers in a column {column!r} of {node.GetName()}: "
            "Slicer does not draw it."
        )
    return node.GetTable()
