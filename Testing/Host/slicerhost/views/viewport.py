"""The part of the window where the views are: the current layout's views, each in its place."""

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QWidget

from slicerhost.views.arrangement import Box, Rectangle, View, arrange, read_layout, views
from slicerhost.views.bar import HEIGHT
from slicerhost.views.logics import SliceLogics, nodes_of
from slicerhost.views.other_widgets import qMRMLPlotWidget, qMRMLTableWidget, qMRMLThreeDWidget
from slicerhost.views.slice_widget import qMRMLSliceWidget
from slicerhost.views.widgets import ViewWidget

_WIDGETS = {
    "vtkMRMLSliceNode": qMRMLSliceWidget,
    "vtkMRMLViewNode": qMRMLThreeDWidget,
    "vtkMRMLPlotViewNode": qMRMLPlotWidget,
    "vtkMRMLTableViewNode": qMRMLTableWidget,
}


class Viewport(QWidget):
    """Holds a widget for each view node of the scene; those of the layout are visible.

    Parameters
    ----------
    application_logic : vtkMRMLApplicationLogic
        Of the scene whose views these are.
    logics : SliceLogics
        Of that scene.
    """

    def __init__(self, application_logic, logics: SliceLogics):
        super().__init__()
        self._application_logic, self._logics = application_logic, logics
        self._scene = application_logic.GetMRMLScene()
        self._widgets: dict[str, ViewWidget] = {}
        self._box: Box | None = None
        self.setAutoFillBackground(True)
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Window, QColor(120, 120, 120))
        self.setPalette(palette)
        self.resize(1000, 860)

    def nodes(self, class_name: str) -> list:
        """Return the scene's view nodes of a class."""
        return nodes_of(self._scene, class_name)

    def widget(self, node) -> ViewWidget | None:
        """Return the widget of a view node, None for any other node; it is made at the first call."""
        made = self._widgets.get(node.GetID())
        if made is not None and made.node is node:
            return made
        kind = _WIDGETS.get(node.GetClassName())
        if kind is None:
            return None
        widget = kind(self)
        widget.setObjectName(f"{kind.__name__}{node.GetLayoutName()}")
        if kind is qMRMLSliceWidget:
            widget.show_logic(self._logics.named(node.GetLayoutName()))
        elif kind is qMRMLThreeDWidget:
            widget.show_node(node, self._application_logic)
        else:
            widget.show_node(node)
        widget.setVisible(False)
        self._forget(node.GetID())
        self._widgets[node.GetID()] = widget
        return widget

    def clear(self) -> None:
        """Let go of all views."""
        self._box = None
        for identifier in list(self._widgets):
            self._forget(identifier)

    def lay_out(self, description: str) -> None:
        """Show the views of a layout's XML, and mark their nodes as mapped in the layout, and no others.

        Raises
        ------
        ValueError
            If the host cannot lay it out.
        """
        self._box = read_layout(description) if description else None
        wanted = views(self._box) if self._box else ()
        shown = {node.GetID() for view in wanted for node in self._nodes_of(view)}
        for class_name in _WIDGETS:
            for node in self.nodes(class_name):
                node.SetMappedInLayout(node.GetID() in shown)
        for identifier in [identifier for identifier in self._widgets if not self._scene.GetNodeByID(identifier)]:
            self._forget(identifier)
        self._place()

    def places(self) -> tuple[tuple[ViewWidget, Rectangle], ...]:
        """Return the visible views' widgets and where they are in the viewport."""
        if self._box is None:
            return ()
        area = Rectangle(0, 0, self.width(), self.height())
        return tuple((self.widget(self._nodes_of(view)[0]), place) for view, place in arrange(self._box, area))

    def resizeEvent(self, event) -> None:
        self._place()

    def _nodes_of(self, view: View) -> list:
        nodes = self.nodes(view.node_class)
        return nodes if view.multiple else [node for node in nodes if node.GetSingletonTag() == view.tag]

    def _place(self) -> None:
        places = self.places()
        visible = {widget for widget, _place in places}
        for widget in self._widgets.values():
            widget.setVisible(widget in visible)
        for widget, place in places:
            widget.setGeometry(place.x, place.y, place.width, place.height)
            if isinstance(widget, qMRMLSliceWidget):
                # A hidden widget gets no resize event, and fitting goes by the slice node's size.
                widget.sliceLogic().ResizeSliceNode(max(place.width, 1), max(place.height - HEIGHT, 1))

    def _forget(self, identifier: str) -> None:
        widget = self._widgets.pop(identifier, None)
        if widget is not None:
            widget.show_node(None)
            widget.setParent(None)
            widget.deleteLater()
