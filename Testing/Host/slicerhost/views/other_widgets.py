"""3D, plot and table views as widgets, by the names of Slicer's."""

from typing import Any

import slicer
import vtk
from PySide6.QtCore import QAbstractTableModel, QModelIndex, Qt
from PySide6.QtWidgets import QTableView, QWidget

from slicerhost.views.plot_view import PlotView
from slicerhost.views.three_d_view import ThreeDView
from slicerhost.views.widgets import Canvas, ManagedCanvas, ViewWidget


class qMRMLThreeDView(ManagedCanvas):
    """The picture of a 3D view."""

    def __init__(self, widget: "qMRMLThreeDWidget"):
        super().__init__(lambda: ThreeDView(widget.node, widget.application_logic) if widget.node else None)
        self._widget = widget

    def mrmlViewNode(self):
        return self._widget.node

    def resetFocalPoint(self) -> None:
        """Turn the camera to the middle of what is visible."""
        self.view.focus()

    def resetCamera(self) -> None:
        """Show all that is visible."""
        self.view.reset()


class qMRMLThreeDWidget(ViewWidget):
    """A 3D view under its bar."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(qMRMLThreeDView(self), parent)
        self.application_logic: Any = None

    def show_node(self, node, application_logic=None) -> None:
        """Show another view node, with the logic of the application unless another is given."""
        self.application_logic = application_logic or slicer.app.applicationLogic()
        super().show_node(node)

    def threeDView(self) -> qMRMLThreeDView:
        return self.content

    def threeDController(self) -> QWidget:
        return self.bar

    def mrmlViewNode(self):
        return self.node

    def setMRMLViewNode(self, node) -> None:
        self.show_node(node)


class qMRMLPlotView(Canvas):
    """The picture of a chart."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(lambda: PlotView(self.node) if self.node else None, parent)
        self.node: Any = None

    def setMRMLScene(self, scene) -> None:
        """Accept a scene: the view node brings its own."""

    def setMRMLPlotViewNode(self, node) -> None:
        self.node = node
        self.drop()

    def chart(self) -> vtk.vtkChartXY:
        """Return the chart as VTK draws it now; an empty one without a view node."""
        return self.view.chart() if self.view else vtk.vtkChartXY()

    def fitToContent(self) -> None:
        """Leave the axes as they are: each picture fits those whose range is automatic."""


class qMRMLPlotWidget(ViewWidget):
    """A plot view under its bar."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(qMRMLPlotView(), parent)

    def show_node(self, node) -> None:
        self.node = node
        self.content.setMRMLPlotViewNode(node)

    def plotView(self) -> qMRMLPlotView:
        return self.content

    def plotController(self) -> QWidget:
        return self.bar

    def mrmlPlotViewNode(self):
        return self.node

    def setMRMLPlotViewNode(self, node) -> None:
        self.show_node(node)


class qMRMLTableModel(QAbstractTableModel):
    """The cells of a vtkMRMLTableNode as texts, read anew whenever the node changes."""

    def __init__(self, parent=None):
        super().__init__(parent)
        self.node: Any = None
        self._tag = 0

    def show_node(self, node) -> None:
        """Show another table node, or none."""
        self.beginResetModel()
        if self.node is not None:
            self.node.RemoveObserver(self._tag)
        self.node = node
        if node is not None:
            self._tag = node.AddObserver(vtk.vtkCommand.ModifiedEvent, self._on_modified)
        self.endResetModel()

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if self.node is None or parent.isValid() else self.node.GetNumberOfRows()

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if self.node is None or parent.isValid() else self.node.GetNumberOfColumns()

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> str | None:
        if not index.isValid() or role != Qt.ItemDataRole.DisplayRole:
            return None
        return self.node.GetCellText(index.row(), index.column())

    def headerData(self, section: int, orientation, role: int = Qt.ItemDataRole.DisplayRole) -> str | None:
        if role != Qt.ItemDataRole.DisplayRole or self.node is None:
            return None
        if orientation == Qt.Orientation.Vertical:
            return str(section + 1)
        name = self.node.GetColumnName(section)
        return (self.node.GetColumnTitle(name) if self.node.GetUseColumnTitleAsColumnHeader() else "") or name

    def _on_modified(self, caller, event) -> None:
        self.beginResetModel()
        self.endResetModel()


class qMRMLTableView(QTableView):
    """Shows a table node: its own, or the one that its table view node shows."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._table, self._view_node, self._tag = qMRMLTableModel(self), None, 0
        self.setModel(self._table)

    def setMRMLScene(self, scene) -> None:
        """Accept a scene: the nodes bring their own."""

    def mrmlTableNode(self):
        return self._table.node

    def setMRMLTableNode(self, node) -> None:
        self._table.show_node(node)

    def mrmlTableViewNode(self):
        return self._view_node

    def setMRMLTableViewNode(self, node) -> None:
        """Show the table of a view node, and follow it."""
        if self._view_node is not None:
            self._view_node.RemoveObserver(self._tag)
        self._view_node = node
        if node is not None:
            self._tag = node.AddObserver(vtk.vtkCommand.ModifiedEvent, self._on_view_node)
        self._table.show_node(node.GetTableNode() if node else None)

    def tableModel(self) -> qMRMLTableModel:
        return self._table

    def _on_view_node(self, caller, event) -> None:
        if self._view_node.GetTableNode() is not self._table.node:
            self._table.show_node(self._view_node.GetTableNode())


class qMRMLTableWidget(ViewWidget):
    """A table view under its bar."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(qMRMLTableView(), parent)

    def show_node(self, node) -> None:
        self.node = node
        self.content.setMRMLTableViewNode(node)

    def tableView(self) -> qMRMLTableView:
        return self.content

    def tableController(self) -> QWidget:
        return self.bar

    def mrmlTableViewNode(self):
        return self.node

    def setMRMLTableViewNode(self, node) -> None:
        self.show_node(node)
