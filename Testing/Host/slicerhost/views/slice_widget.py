"""Slice views as widgets: what scripts know as qMRMLSliceWidget, qMRMLSliceView and qMRMLSliceControllerWidget."""

from typing import Any

import slicer
from PySide6.QtCore import Property
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from slicerhost.views.bar import Bar, SlicePosition
from slicerhost.views.slice_view import SliceView
from slicerhost.views.widgets import ManagedCanvas, ViewWidget

_AXES = {"Axial": "S", "Coronal": "A", "Sagittal": "R"}


class qMRMLSliceView(ManagedCanvas):
    """The picture of a slice."""

    def __init__(self, widget: "qMRMLSliceWidget"):
        super().__init__(lambda: SliceView(widget.sliceLogic()) if widget.node else None)
        self._widget = widget

    def mrmlSliceNode(self):
        return self._widget.node


class qMRMLSliceControllerWidget(Bar):
    """The bar of a slice view: what scripts call its controller."""

    def __init__(self, widget: "qMRMLSliceWidget"):
        super().__init__(widget.read_bar, widget)
        self._widget = widget

    def sliceLogic(self):
        return self._widget.sliceLogic()

    def mrmlSliceNode(self):
        return self._widget.node

    def mrmlSliceCompositeNode(self):
        return self._widget.mrmlSliceCompositeNode()

    def fitSliceToBackground(self) -> None:
        self._widget.fitSliceToBackground()

    def setSliceOffsetValue(self, offset_mm: float) -> None:
        """Move the slice, and those that are linked to it."""
        logic = self._widget.sliceLogic()
        logic.StartSliceOffsetInteraction()
        logic.SetSliceOffset(offset_mm)
        logic.EndSliceOffsetInteraction()


class qMRMLSliceWidget(ViewWidget):
    """A slice view with its logic, under a bar that shows the offset."""

    def __init__(self, parent: QWidget | None = None):
        self._logic: Any = None
        super().__init__(qMRMLSliceView(self), parent)

    def _make_bar(self) -> qMRMLSliceControllerWidget:
        return qMRMLSliceControllerWidget(self)

    def show_node(self, node) -> None:
        """Show another slice node, through the logic that the application has for it, or one of its own."""
        logic = slicer.app.applicationLogic().GetSliceLogic(node) if node else None
        if node and logic is None:
            logic = slicer.vtkMRMLSliceLogic()
            logic.SetMRMLApplicationLogic(slicer.app.applicationLogic())
            logic.SetMRMLScene(node.GetScene())
            logic.SetSliceNode(node)
        self.show_logic(logic)

    def show_logic(self, logic) -> None:
        """Show the slice node of a slice logic."""
        self._logic = logic
        super().show_node(logic.GetSliceNode() if logic else None)

    def position(self) -> SlicePosition:
        bounds = [0.0] * 6
        self._logic.GetLowestVolumeSliceBounds(bounds)
        offset, length = self._logic.GetSliceOffset(), bounds[5] - bounds[4]
        fraction = (offset - bounds[4]) / length if length > 0 else 0.5
        axis = _AXES.get(self.node.GetOrientation(), "N")
        return SlicePosition(axis, offset, min(max(fraction, 0.0), 1.0))

    def sliceLogic(self):
        return self._logic

    def logic(self):
        return self._logic

    def sliceView(self) -> qMRMLSliceView:
        return self.content

    def sliceController(self) -> qMRMLSliceControllerWidget:
        return self.bar

    def mrmlSliceNode(self):
        return self.node

    def setMRMLSliceNode(self, node) -> None:
        self.show_node(node)

    def mrmlSliceCompositeNode(self):
        return self._logic.GetSliceCompositeNode() if self._logic else None

    def imageDataConnection(self):
        return self._logic.GetImageDataConnection() if self._logic else None

    def fitSliceToBackground(self) -> None:
        """Fit the slice to the background volume, and with it those that are linked to it."""
        self._logic.StartSliceNodeInteraction(slicer.vtkMRMLSliceNode.ResetFieldOfViewFlag)
        self._logic.FitSliceToBackground()
        self.node.UpdateMatrices()
        self._logic.EndSliceNodeInteraction()

    def _orientation(self) -> str:
        return self.node.GetOrientation() if self.node else ""

    def setSliceOrientation(self, orientation: str) -> None:
        self.node.SetOrientation(orientation)

    def _view_name(self) -> str:
        return self.node.GetLayoutName() if self.node else ""

    sliceOrientation = Property(str, _orientation, setSliceOrientation)
    sliceViewName = Property(str, _view_name)
    sliceViewLabel = Property(str, ViewWidget._label, ViewWidget.setViewLabel)
    sliceViewColor = Property(QColor, ViewWidget._colour, ViewWidget.setViewColor)
