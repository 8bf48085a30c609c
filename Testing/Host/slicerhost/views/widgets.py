"""What all views have in common: a coloured bar over a canvas that paints what is rendered off-screen."""

from collections.abc import Callable
from typing import Any

import numpy as np
from PySide6.QtCore import Property, QSize
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from slicerhost.signals import guarded
from slicerhost.views.bar import Bar, SlicePosition


class Canvas(QWidget):
    """Paints a view: it is rendered off-screen at the widget's size each time Qt asks for it.

    Parameters
    ----------
    make : callable
        Makes the view, an object with ``render(width, height)`` and ``window``, or None where there is no view node.
        It is called when the view is first needed: a render window costs memory, and most tests never look.
    """

    def __init__(self, make: Callable[[], Any], parent: QWidget | None = None):
        super().__init__(parent)
        self._make, self._view = make, None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def view(self) -> Any:
        """The view; made at the first call. None where there is no view node."""
        if self._view is None:
            self._view = self._make()
        return self._view

    def drop(self) -> None:
        """Let go of the view: another node is to be shown."""
        self._view = None
        self.update()

    def pixels(self) -> np.ndarray:
        """Render at the canvas's size: uint8, (height, width, 3), first row at the top; black without a view node."""
        width, height = max(self.width(), 1), max(self.height(), 1)
        return self.view.render(width, height) if self.view else np.zeros((height, width, 3), np.uint8)

    def sizeHint(self) -> QSize:
        return QSize(300, 300)

    def paintEvent(self, event) -> None:
        guarded(self._paint)

    def _paint(self) -> None:
        pixels = np.ascontiguousarray(self.pixels())
        height, width, _channels = pixels.shape
        painter = QPainter(self)
        painter.drawImage(0, 0, QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888))
        painter.end()

    def renderWindow(self):
        """Return the vtkRenderWindow, with the picture as it is now; None without a view node."""
        self.pixels()
        return self.view.window if self.view else None

    def forceRender(self) -> None:
        """Render at once."""
        self.pixels()

    def scheduleRender(self) -> None:
        """Paint when Qt next paints."""
        self.update()


class ManagedCanvas(Canvas):
    """A canvas whose view is drawn by displayable managers."""

    def displayableManagerByClassName(self, name: str):
        """Return the view's displayable manager of a class, or None."""
        return self.view.managers.GetDisplayableManagerByClassName(name) if self.view else None


class ViewWidget(QWidget):
    """A canvas, or another widget, under its bar; the view node says colour and label.

    Attributes
    ----------
    node : vtkMRMLAbstractViewNode or None
        None until the widget is given one: it shows nothing until then.
    """

    def __init__(self, content: QWidget, parent: QWidget | None = None):
        super().__init__(parent)
        self.node: Any = None
        self.content = content
        self.bar = self._make_bar()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(content)

    def show_node(self, node) -> None:
        """Show another view node."""
        self.node = node
        if isinstance(self.content, Canvas):
            self.content.drop()

    def read_bar(self) -> tuple[tuple[float, float, float], str, SlicePosition | None]:
        """Return what the bar shows: the view's colour, its label and where its slice is, if it has one."""
        if self.node is None:
            return (0.5, 0.5, 0.5), "", None
        return self.node.GetLayoutColor(), self.node.GetLayoutLabel() or "", self.position()

    def position(self) -> SlicePosition | None:
        """Return where the view's slice is; None for a view that has no slice."""
        return None

    def _make_bar(self) -> Bar:
        return Bar(self.read_bar, self)

    def mrmlScene(self):
        return self.node.GetScene() if self.node else None

    def setMRMLScene(self, scene) -> None:
        """Let go of the view node where it is of another scene."""
        if self.node is not None and self.node.GetScene() is not scene:
            raise ValueError("The stand-in host's views stay with the scene of their view node.")

    def mrmlAbstractViewNode(self):
        return self.node

    def setMRMLAbstractViewNode(self, node) -> None:
        self.show_node(node)

    def viewWidget(self) -> QWidget:
        return self.content

    def controllerWidget(self) -> QWidget:
        return self.bar

    def _label(self) -> str:
        return (self.node.GetLayoutLabel() or "") if self.node else ""

    def setViewLabel(self, label: str) -> None:
        self.node.SetLayoutLabel(label)

    def _colour(self) -> QColor:
        return QColor.fromRgbF(*self.read_bar()[0])

    def setViewColor(self, colour: QColor) -> None:
        self.node.SetLayoutColor(colour.redF(), colour.greenF(), colour.blueF())

    viewLabel = Property(str, _label, setViewLabel)
    viewColor = Property(QColor, _colour, setViewColor)
