"""``slicer.qMRMLSegmentsTableView``: the segments of a segmentation in rows, in step with it."""

import slicer
import vtk
from PySide6.QtCore import Property, QItemSelection, QItemSelectionModel, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from slicerhost.qmrml.observing import Observations
from slicerhost.qmrml.widget import MRMLWidget

_COLUMNS = ("", "Color", "Opacity", "Name", "Status", "Layer")
_VISIBILITY, _COLOR, _OPACITY, _NAME, _STATUS, _LAYER = range(len(_COLUMNS))
_ID = Qt.ItemDataRole.UserRole
_EVENTS = ("SegmentAdded", "SegmentRemoved", "SegmentModified", "SegmentsOrderModified")


class SegmentsTableView(MRMLWidget):
    """A table with a row for each segment; ticking the first column shows or hides it."""

    selectionChanged = Signal(QItemSelection, QItemSelection)
    segmentAboutToBeModified = Signal(str)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._node, self._read_only, self._filter_text, self._hidden = None, False, "", []
        self._jump, self._shown = False, True
        self._observations = Observations(self)
        self._table = QTableWidget(0, len(_COLUMNS), self)
        self._table.setObjectName("SegmentsTable")
        self._table.setHorizontalHeaderLabels(_COLUMNS)
        self._table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self._table.verticalHeader().hide()
        self._table.horizontalHeader().setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        self._columns_shown = {_VISIBILITY: True, _COLOR: True, _OPACITY: True, _STATUS: True, _LAYER: False}
        self._table.setColumnHidden(_LAYER, True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._table)
        self._table.selectionModel().selectionChanged.connect(self.selectionChanged)
        self._table.itemChanged.connect(self._edited)

    def tableWidget(self) -> QTableWidget:
        return self._table

    def segmentationNode(self):
        return self._node

    def setSegmentationNode(self, node) -> None:
        if node is self._node:
            return
        self._observations.end()
        self._node = node
        if node is not None:
            for event in _EVENTS:
                self._observations.add(node, getattr(slicer.vtkSegmentation, event), SegmentsTableView._on_modified)
            self._observations.add(node, vtk.vtkCommand.ModifiedEvent, SegmentsTableView._on_modified)
        self._update()

    def _on_modified(self, _node, _data) -> None:
        self._update()

    def _ids(self) -> list[str]:
        if self._node is None:
            return []
        segmentation = self._node.GetSegmentation()
        wanted = self._filter_text.lower()
        return [
            one
            for one in segmentation.GetSegmentIDs()
            if one not in self._hidden and wanted in segmentation.GetSegment(one).GetName().lower()
        ]

    def _update(self) -> None:
        """Show the segments as they are; what is selected stays selected."""
        ids, selected = self._ids(), self.selectedSegmentIDs()
        self._table.blockSignals(True)
        selection = self._table.selectionModel()
        same = ids == [self.segmentIDForRow(row) for row in range(self._table.rowCount())]
        if not same:
            selection.blockSignals(True)
            self._table.setRowCount(0)
            self._table.setRowCount(len(ids))
        for row, segment_id in enumerate(ids):
            self._show_row(row, segment_id)
        self._table.blockSignals(False)
        if not same:
            selection.blockSignals(False)
            self.setSelectedSegmentIDs([one for one in selected if one in ids])

    def _show_row(self, row: int, segment_id: str) -> None:
        segment = self._node.GetSegmentation().GetSegment(segment_id)
        logic = slicer.vtkSlicerSegmentationsModuleLogic
        status = logic.GetSegmentStatusAsHumanReadableString(logic.GetSegmentStatus(segment))
        display = self._node.GetDisplayNode()
        texts = {_NAME: segment.GetName(), _STATUS: status, _LAYER: "", _COLOR: "", _VISIBILITY: ""}
        texts[_OPACITY] = f"{display.GetSegmentOpacity2DFill(segment_id):.2f}" if display else ""
        for column, text in texts.items():
            item = self._table.item(row, column)
            if item is None:
                item = QTableWidgetItem()
                editable = Qt.ItemFlag.ItemIsEditable if column == _NAME and not self._read_only else 0
                item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
                if editable:
                    item.setFlags(item.flags() | editable)
                self._table.setItem(row, column, item)
            item.setText(text)
            item.setData(_ID, segment_id)
        self._table.item(row, _COLOR).setBackground(QColor.fromRgbF(*segment.GetColor()))
        if display is not None:
            shown = Qt.CheckState.Checked if display.GetSegmentVisibility(segment_id) else Qt.CheckState.Unchecked
            self._table.item(row, _VISIBILITY).setFlags(
                Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable
            )
            self._table.item(row, _VISIBILITY).setCheckState(shown)

    def _edited(self, item: QTableWidgetItem) -> None:
        segment_id = item.data(_ID)
        if item.column() == _NAME:
            self.segmentAboutToBeModified.emit(segment_id)
            self._node.GetSegmentation().GetSegment(segment_id).SetName(item.text())
        elif item.column() == _VISIBILITY:
            shown = item.checkState() == Qt.CheckState.Checked
            self._node.GetDisplayNode().SetSegmentVisibility(segment_id, shown)

    # Rows and the selection.

    def segmentIDForRow(self, row: int) -> str:
        item = self._table.item(row, _NAME)
        return item.data(_ID) if item else ""

    def rowForSegmentID(self, segment_id: str) -> int:
        ids = self._ids()
        return ids.index(segment_id) if segment_id in ids else -1

    def displayedSegmentIDs(self) -> list[str]:
        return self._ids()

    def selectedSegmentIDs(self) -> list[str]:
        rows = sorted(index.row() for index in self._table.selectionModel().selectedRows(_NAME))
        return [self.segmentIDForRow(row) for row in rows]

    def setSelectedSegmentIDs(self, segment_ids) -> None:
        if list(segment_ids) == self.selectedSegmentIDs():
            return
        chosen = QItemSelection()
        model = self._table.model()
        for row in filter(lambda row: row >= 0, map(self.rowForSegmentID, segment_ids)):
            chosen.select(model.index(row, 0), model.index(row, len(_COLUMNS) - 1))
        flags = QItemSelectionModel.SelectionFlag
        self._table.selectionModel().select(chosen, flags.ClearAndSelect | flags.Rows)

    def clearSelection(self) -> None:
        self._table.clearSelection()

    def setHideSegments(self, segment_ids) -> None:
        self._hidden = list(segment_ids)
        self._update()

    def hideSegments(self) -> list[str]:
        return list(self._hidden)

    # Properties.

    def setReadOnly(self, read_only: bool) -> None:
        if read_only != self._read_only:
            self._read_only = read_only
            self._table.setRowCount(0)
            self._update()

    def setTextFilter(self, text: str) -> None:
        self._filter_text = text
        self._update()

    def setSelectionMode(self, mode: int) -> None:
        self._table.setSelectionMode(QAbstractItemView.SelectionMode(mode))

    def setHeaderVisible(self, visible: bool) -> None:
        self._shown = visible
        self._table.horizontalHeader().setVisible(visible)

    def setJumpToSelectedSegmentEnabled(self, enabled: bool) -> None:
        self._jump = enabled

    def _show_column(self, column: int, visible: bool) -> None:
        self._columns_shown[column] = visible
        self._table.setColumnHidden(column, not visible)

    def setVisibilityColumnVisible(self, visible: bool) -> None:
        self._show_column(_VISIBILITY, visible)

    def setColorColumnVisible(self, visible: bool) -> None:
        self._show_column(_COLOR, visible)

    def setOpacityColumnVisible(self, visible: bool) -> None:
        self._show_column(_OPACITY, visible)

    def setStatusColumnVisible(self, visible: bool) -> None:
        self._show_column(_STATUS, visible)

    def setLayerColumnVisible(self, visible: bool) -> None:
        self._show_column(_LAYER, visible)

    readOnly = Property(bool, lambda self: self._read_only, setReadOnly)
    segmentCount = Property(int, lambda self: len(self._ids()))
    textFilter = Property(str, lambda self: self._filter_text, setTextFilter)
    selectionMode = Property(int, lambda self: self._table.selectionMode().value, setSelectionMode)
    headerVisible = Property(bool, lambda self: self._shown, setHeaderVisible)
    jumpToSelectedSegmentEnabled = Property(bool, lambda self: self._jump, setJumpToSelectedSegmentEnabled)
    visibilityColumnVisible = Property(bool, lambda self: self._columns_shown[_VISIBILITY], setVisibilityColumnVisible)
    colorColumnVisible = Property(bool, lambda self: self._columns_shown[_COLOR], setColorColumnVisible)
    opacityColumnVisible = Property(bool, lambda self: self._columns_shown[_OPACITY], setOpacityColumnVisible)
    statusColumnVisible = Property(bool, lambda self: self._columns_shown[_STATUS], setStatusColumnVisible)
    layerColumnVisible = Property(bool, lambda self: self._columns_shown[_LAYER], setLayerColumnVisible)
