"""The layout manager, by the names that scripts know: ``slicer.app.layoutManager()``."""

import slicer
from PySide6.QtCore import Property, QObject, Signal

from slicerhost.signals import guarded
from slicerhost.views.logics import SliceLogics
from slicerhost.views.viewport import Viewport
from slicerhost.views.widgets import ViewWidget


class qMRMLLayoutManager(QObject):
    """Follows a scene's layout node: views are made, placed and mapped as Slicer's layout manager does.

    Parameters
    ----------
    application_logic : vtkMRMLApplicationLogic
        It learns of the slice logics; it holds the markups logic, without which the views could draw no markups.
    scene : vtkMRMLScene
    """

    layoutChanged = Signal((int,), ())

    def __init__(self, application_logic, scene):
        super().__init__()
        if application_logic.GetModuleLogic("Markups") is None:
            raise ValueError("The application logic has no markups logic: the views could draw no markups.")
        if scene.GetDefaultNodeByClass("vtkMRMLSliceNode") is None:
            slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(scene)
        self._scene, self._enabled = scene, True
        self._slice_logics = SliceLogics(application_logic, scene)
        self._viewport = Viewport(application_logic, self._slice_logics)
        self._logic = slicer.vtkMRMLLayoutLogic()
        self._logic.SetMRMLApplicationLogic(application_logic)
        self._logic.SetMRMLScene(scene)
        self._node = self._logic.GetLayoutNode()
        self._observed = [
            (self._node, self._node.AddObserver("ModifiedEvent", self._on_layout)),
            (scene, scene.AddObserver(scene.EndCloseEvent, self._on_layout)),
            (scene, scene.AddObserver(scene.EndBatchProcessEvent, self._on_layout)),
        ]
        self._node.SetViewArrangement(self._node.SlicerLayoutFourUpView)

    def release(self) -> None:
        """Let go of the scene and of all views: the layout manager is of no use any more."""
        for observed, tag in self._observed:
            observed.RemoveObserver(tag)
        self._observed.clear()
        self._viewport.clear()
        self._slice_logics.release()

    def _on_layout(self, caller, event) -> None:
        if self._enabled and not self._scene.IsBatchProcessing():
            guarded(self._lay_out)  # VTK prints what an observer raises and goes on: recorded, it fails the test

    def _lay_out(self) -> None:
        self._viewport.lay_out(self._description())
        self.layoutChanged[int].emit(self._number())
        self.layoutChanged[()].emit()

    def _description(self) -> str:
        description = self._node.GetCurrentLayoutDescription()
        for number in range(self._node.GetNumberOfMaximizedViewNodes()):
            maximised = self._node.GetMaximizedViewNode(number)
            description = self._logic.GetMaximizedViewLayoutDescription(maximised, description)
        return description

    def mrmlScene(self):
        return self._scene

    def layoutLogic(self):
        return self._logic

    def viewport(self) -> Viewport:
        return self._viewport

    def _number(self) -> int:
        return self._node.GetViewArrangement()

    def setLayout(self, number: int) -> None:
        """Change the layout; one that is not known becomes the conventional one, as in Slicer."""
        known = self._node.IsLayoutDescription(number)
        self._node.RemoveAllMaximizedViewNodes()
        self._node.SetViewArrangement(number if known else self._node.SlicerLayoutConventionalView)

    def setEnabled(self, enabled: bool) -> None:
        """Follow the layout node, or leave the views as they are."""
        self._enabled = enabled

    def addMaximizedViewNode(self, node) -> None:
        self._node.AddMaximizedViewNode(node)

    def removeMaximizedViewNode(self, node) -> None:
        self._node.RemoveMaximizedViewNode(node)

    def removeAllMaximizedViewNodes(self) -> None:
        self._node.RemoveAllMaximizedViewNodes()

    def setLayoutNumberOfCompareViewRows(self, rows: int) -> None:
        self._node.SetNumberOfCompareViewRows(rows)

    def setLayoutNumberOfCompareViewColumns(self, columns: int) -> None:
        self._node.SetNumberOfCompareViewColumns(columns)

    def viewWidget(self, node) -> ViewWidget | None:
        return self._viewport.widget(node) if node is not None else None

    def sliceViewNames(self) -> list[str]:
        return [node.GetLayoutName() for node in self._viewport.nodes("vtkMRMLSliceNode")]

    def sliceWidget(self, name: str) -> ViewWidget | None:
        """Return the widget of a slice view; None where there is no view of this name, as in Slicer."""
        return self._named("vtkMRMLSliceNode", name)

    def threeDWidget(self, which: int | str) -> ViewWidget | None:
        """Return the widget of a 3D view, by its number or its name."""
        if isinstance(which, str):
            return self._named("vtkMRMLViewNode", which)
        return self._numbered("vtkMRMLViewNode", which)

    def plotWidget(self, number: int) -> ViewWidget:
        return self._numbered("vtkMRMLPlotViewNode", number)

    def tableWidget(self, number: int) -> ViewWidget:
        return self._numbered("vtkMRMLTableViewNode", number)

    def mrmlSliceLogics(self):
        return self._slice_logics.collection

    def activeMRMLThreeDViewNode(self):
        return self._first("vtkMRMLViewNode")

    def activeMRMLPlotViewNode(self):
        return self._first("vtkMRMLPlotViewNode")

    def activeMRMLTableViewNode(self):
        return self._first("vtkMRMLTableViewNode")

    def resetSliceViews(self) -> None:
        """Fit every slice view to its background."""
        for name in self.sliceViewNames():
            self.sliceWidget(name).fitSliceToBackground()

    def resetThreeDViews(self) -> None:
        """Show all that is visible in every 3D view."""
        for number in range(self._count("vtkMRMLViewNode")):
            view = self.threeDWidget(number).threeDView()
            view.resetFocalPoint()
            view.resetCamera()

    def setRenderPaused(self, paused: bool) -> None:
        """Accept a pause: views are rendered only when somebody looks."""

    def pauseRender(self) -> None:
        self.setRenderPaused(True)

    def resumeRender(self) -> None:
        self.setRenderPaused(False)

    def _named(self, class_name: str, name: str) -> ViewWidget | None:
        found = [node for node in self._viewport.nodes(class_name) if node.GetName() == name]
        return self._viewport.widget(found[0]) if found else None

    def _numbered(self, class_name: str, number: int) -> ViewWidget:
        return self._viewport.widget(self._viewport.nodes(class_name)[number])

    def _first(self, class_name: str):
        nodes = self._viewport.nodes(class_name)
        return nodes[0] if nodes else None

    def _count(self, class_name: str) -> int:
        return len(self._viewport.nodes(class_name))

    layout = Property(int, _number, setLayout)
    enabled = Property(bool, lambda self: self._enabled, setEnabled)
    threeDViewCount = Property(int, lambda self: self._count("vtkMRMLViewNode"))
    plotViewCount = Property(int, lambda self: self._count("vtkMRMLPlotViewNode"))
    tableViewCount = Property(int, lambda self: self._count("vtkMRMLTableViewNode"))
