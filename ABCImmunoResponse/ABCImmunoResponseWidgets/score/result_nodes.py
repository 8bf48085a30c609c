"""The result of a case in the scene: tables, and charts of the attributions and of where the patient lies."""

from dataclasses import dataclass

import numpy as np
import slicer
from slicer.i18n import tr as _

from ABCImmunoResponseLib.errors import StateError
from ABCImmunoResponseLib.model.bundle import Bundle
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.report import model_views
from ABCImmunoResponseLib.report.view import Distribution
from ABCImmunoResponseWidgets.nodes.tables import table_node
from ABCImmunoResponseWidgets.score.results import (
    attribution_columns,
    clinical_columns,
    contribution_columns,
    result_columns,
)

# Okabe and Ito's colours, told apart by every reader; each line also has a style of its own.
_BLUE, _ORANGE, _GREEN, _BLACK = (0.0, 0.447, 0.698), (0.902, 0.624, 0.0), (0.0, 0.62, 0.451), (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class ResultNodes:
    """Nodes that show a result.

    Attributes
    ----------
    tables, charts
        By the name that a user chooses them by.
    beside
        For each chart, by its name, the table that explains it.
    parts
        The series and tables that the charts are drawn from.
    """

    tables: dict[str, object]
    charts: dict[str, object]
    beside: dict[str, object]
    parts: tuple

    @property
    def all(self) -> tuple:
        """Every node, each before those that it refers to: the order in which they can be removed."""
        return (*self.charts.values(), *self.parts, *self.tables.values())


def show_result_nodes(folder: CaseFolder, bundle: Bundle | None) -> ResultNodes:
    """Add tables and charts of a result to the scene.

    Parameters
    ----------
    folder
        A scored case.
    bundle
        The bundle that scored it, for the training patients' scores; None leaves that chart out.

    Raises
    ------
    StateError
        If the case is not scored.
    """
    result = folder.result()
    if result is None:
        raise StateError(f"Case {folder.case_id} is {folder.state} and has no result: score it first.")
    scores = model_views.model_scores(result)
    lead = model_views.lead_score(scores)
    name = f"{folder.case_id} {{}} ({result['disclaimer']})"
    attribution = table_node(name.format(_("attributions")), attribution_columns(model_views.attribution(result, lead)))
    numbers = table_node(name.format(_("result")), result_columns(folder))
    tables = {
        _("Result"): numbers,
        _("Clinical values"): table_node(
            name.format(_("clinical values")), clinical_columns(model_views.clinical_rows(folder.clinical(), bundle))
        ),
        _("Attributions"): attribution,
        _("Lesions"): table_node(
            name.format(_("lesions")),
            contribution_columns(model_views.lesion_contributions(result, folder.protocol)),
        ),
    }
    chart, *parts = _attribution_chart(result["disclaimer"], lead.model, attribution)
    charts = {_("Attributions (chart)"): chart}
    beside = {_("Attributions (chart)"): attribution}
    if bundle is not None:
        trained_on = model_views.training_patients(result, bundle)
        for distribution in model_views.distributions(bundle, lead, scores):
            chart, *more = _place_chart(result["disclaimer"], distribution, trained_on)
            title = _("Where the patient lies, {model}").format(model=distribution.model)
            charts[title], beside[title] = chart, numbers
            parts += more
    return ResultNodes(tables, charts, beside, tuple(parts))


def show_in_views(node) -> None:
    """Make a table or chart the one that table or plot views show; views appear only where there is a window."""
    logic = slicer.app.applicationLogic()
    selection = logic.GetSelectionNode()
    if node.IsA("vtkMRMLPlotChartNode"):
        selection.SetActivePlotChartID(node.GetID())
        logic.PropagatePlotChartSelection()
    else:
        selection.SetActiveTableID(node.GetID())
        logic.PropagateTableSelection()


def _attribution_chart(disclaimer: str, model: str, table) -> tuple:
    """Return a bar chart over the attribution table, and its series."""
    series = _series(_("contribution to the {model} score").format(model=model), table, "rank", "contribution", _BLUE)
    series.SetPlotType(slicer.vtkMRMLPlotSeriesNode.PlotTypeScatterBar)
    series.SetLabelColumnName("input")
    chart = _chart(
        _("What made the {model} score ({disclaimer})").format(model=model, disclaimer=disclaimer),
        _("Input, by its rank in the table"),
        _("Contribution (up: lower risk)"),
        (series,),
    )
    return chart, series


def _place_chart(disclaimer: str, distribution: Distribution, trained_on: str) -> tuple:
    """Return the cumulative training scores with cut-off and patient as upright lines, and what it is made of."""
    model, kind = distribution.model, slicer.vtkMRMLPlotSeriesNode
    title = _("Where the patient lies, {model} score ({disclaimer})").format(model=model, disclaimer=disclaimer)
    groups = {_("responders"): distribution.responders, _("non-responders"): distribution.non_responders}
    scores = np.unique(np.concatenate([*groups.values()]))
    shares = {
        name: 100.0 * np.searchsorted(np.sort(of), scores, side="right") / max(len(of), 1)
        for name, of in groups.items()
    }
    curves = table_node(
        _("{chart}: training patients").format(chart=title),
        {"score": scores.tolist(), **{name: share.tolist() for name, share in shares.items()}},
    )
    marks = table_node(
        _("{chart}: cut-off and patient").format(chart=title),
        {"cut-off": [distribution.cutoff] * 2, "patient": [distribution.score] * 2, "share": [0.0, 100.0]},
    )
    drawn = [
        (f"{name} ({len(groups[name])})", curves, "score", name, colour, style)
        for name, colour, style in zip(groups, (_BLUE, _ORANGE), (kind.LineStyleSolid, kind.LineStyleDash), strict=True)
    ]
    cut_off, patient = (_("cut-off {value:.3f}"), _("this patient {value:.3f}"))
    drawn += [
        (cut_off.format(value=distribution.cutoff), marks, "cut-off", "share", _BLACK, kind.LineStyleDot),
        (patient.format(value=distribution.score), marks, "patient", "share", _GREEN, kind.LineStyleSolid),
    ]
    series = [_line(_series(*said), style) for *said, style in drawn]
    series[-1].SetLineWidth(4)
    chart = _chart(title, _("Score"), _("{patients} with no higher score (%)").format(patients=trained_on), series)
    return chart, *series, curves, marks


def _series(name: str, table, x: str, y: str, colour: tuple[float, float, float]):
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLPlotSeriesNode", name)
    node.SetHideFromEditors(True)  # its name is the legend's: it shows in charts, under their statement, nowhere else
    node.SetAndObserveTableNodeID(table.GetID())
    node.SetXColumnName(x)
    node.SetYColumnName(y)
    node.SetPlotType(slicer.vtkMRMLPlotSeriesNode.PlotTypeScatter)
    node.SetColor(*colour)
    return node


def _line(series, style: int):
    series.SetLineStyle(style)
    series.SetLineWidth(2)
    series.SetMarkerStyle(slicer.vtkMRMLPlotSeriesNode.MarkerStyleNone)
    return series


def _chart(title: str, x: str, y: str, series):
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLPlotChartNode", title)
    node.SetTitle(title)
    node.SetXAxisTitle(x)
    node.SetYAxisTitle(y)
    node.SetTitleFontSize(12)
    node.SetAxisTitleFontSize(12)
    node.SetLegendFontSize(11)
    node.SetLegendVisibility(True)
    for one in series:
        node.AddAndObservePlotSeriesNodeID(one.GetID())
    return node
