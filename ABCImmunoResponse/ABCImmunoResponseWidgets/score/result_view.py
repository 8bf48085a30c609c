"""The result of a scored case: in the panel as text, in the scene as tables and charts."""

import slicer
from slicer.i18n import tr as _

from ABCImmunoResponseWidgets import views
from ABCImmunoResponseWidgets.score.model_choice import bundle_that_scored
from ABCImmunoResponseWidgets.score.result_nodes import show_in_views, show_result_nodes
from ABCImmunoResponseWidgets.score.result_text import applicability_line, result_html, risk_lines, statement
from ABCImmunoResponseWidgets.session import Session

GROUP = "result"


class ResultView:
    """The widgets of ``resultFrame``: the statement, risk groups, applicability, the rest as text, and the nodes."""

    def __init__(self, ui, session: Session) -> None:
        self._ui, self._session = ui, session
        self._shown: object = None
        self._ids: dict[str, list[str]] = {}

    def show(self) -> None:
        """Show the result of the case at hand as text; without one, nothing of an earlier one stays."""
        folder, ui = self._session.folder, self._ui
        result = folder.result() if folder is not None else None
        ui.resultFrame.visible = result is not None
        if result is None:
            self._session.drop(GROUP)
            ui.nodeCombo.clear()
            for label in (ui.resultStatementLabel, ui.riskLabel, ui.applicabilityLabel):
                label.text = ""
            ui.resultBrowser.html = ""
        elif result != self._shown:
            self._session.drop(GROUP)
            ui.resultStatementLabel.text = statement(folder)
            ui.riskLabel.text = "\n".join(risk_lines(folder))
            ui.applicabilityLabel.text = applicability_line(folder)
            ui.resultBrowser.html = result_html(folder, self._bundle())
        self._shown = result

    def add_to_scene(self) -> None:
        """Add tables and charts of the result to the scene, unless they are there or there is no result."""
        folder = self._session.folder
        if folder is None or folder.result() is None or self._session.nodes(GROUP):
            return
        added = show_result_nodes(folder, self._bundle())
        self._session.keep(GROUP, *added.all)
        self._ids = {
            name: [shown.GetID() for shown in (node, added.beside.get(name)) if shown is not None]
            for name, node in (added.tables | added.charts).items()
        }
        self._ui.nodeCombo.clear()
        for name in self._ids:
            self._ui.nodeCombo.addItem(name)

    def show_chosen_node(self) -> str:
        """Show the chosen table, or chart with its table, in the views; return why that cannot be, '' if it could."""
        nodes = [slicer.mrmlScene.GetNodeByID(known) for known in self._ids.get(self._ui.nodeCombo.currentText, ())]
        if not nodes or None in nodes:
            return _("This table or chart is no longer in the scene: close the step and open it again.")
        views.set_result_layout()
        for node in nodes:
            show_in_views(node)
        return ""

    def _bundle(self):
        return bundle_that_scored(self._session.folder, self._session.bundle_directory, None)
