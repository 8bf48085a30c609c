"""What a module leaves behind: nodes, observers, windows."""

import gc
from collections.abc import Callable

import slicer
import vtk
from PySide6.QtWidgets import QApplication


class _Ledger:
    """Notes which observers Python code puts on an object, and takes away again.

    Slicer's own C++ code observes the same events, so the object cannot be asked for them.
    """

    def __init__(self, name: str, observed):
        self._name, self._observed = name, observed
        self._open: dict[int, tuple[int, str]] = {}
        self._add, self._remove = observed.AddObserver, observed.RemoveObserver
        self._remove_some, self._remove_all = observed.RemoveObservers, observed.RemoveAllObservers
        observed.AddObserver, observed.RemoveObserver = self._on_add, self._on_remove
        observed.RemoveObservers, observed.RemoveAllObservers = self._on_remove_some, self._on_remove_all

    def _on_add(self, event: int | str, callback: Callable, priority: float = 0.0) -> int:
        tag = self._add(event, callback, priority)
        number = event if isinstance(event, int) else vtk.vtkCommand.GetEventIdFromString(event)
        self._open[tag] = int(number), getattr(callback, "__qualname__", repr(callback))
        return tag

    def _on_remove(self, tag: int) -> None:
        self._open.pop(tag, None)
        self._remove(tag)

    def _on_remove_some(self, event: int | str) -> None:
        number = event if isinstance(event, int) else vtk.vtkCommand.GetEventIdFromString(event)
        self._open = {tag: entry for tag, entry in self._open.items() if entry[0] != number}
        self._remove_some(event)

    def _on_remove_all(self) -> None:
        self._open.clear()
        self._remove_all()

    def left(self) -> list[str]:
        """Return a line for each observer that is still there."""
        return [
            f"{self._name} is still observed: {vtk.vtkCommand.GetStringFromEventId(event)} ({event}) by {callback}"
            for event, callback in self._open.values()
        ]

    def close(self) -> None:
        """Give the object its own methods back."""
        for method in ("AddObserver", "RemoveObserver", "RemoveObservers", "RemoveAllObservers"):
            delattr(self._observed, method)


def _nodes_of_slice_logics() -> set[str]:
    """Return the ids of the nodes by which slice views show themselves in 3D: they stay as long as the view."""
    logics = slicer.app.applicationLogic().GetSliceLogics()
    found = set()
    for logic in (logics.GetItemAsObject(n) for n in range(logics.GetNumberOfItems() if logics else 0)):
        model = logic.GetSliceModelNode()
        parts = (model, model and model.GetDisplayNode(), logic.GetSliceModelTransformNode())
        found |= {part.GetID() for part in parts if part}
    return found


def _is_parameter_node(node) -> bool:
    return node.IsA("vtkMRMLScriptedModuleNode") and bool(node.GetSingletonTag())


class Leaks:
    """Compares the scene and the windows with what they were when it was made.

    Nodes are compared by id, save for singletons, which outlive a scene that is closed; a parameter node must not be
    observed any more then. Observers count that Python code put on the scene and on nodes that were there at the
    start. Windows are the top-level widgets.
    """

    def __init__(self):
        gc.collect()
        scene = slicer.mrmlScene
        nodes = self._nodes()
        self._ids = set(nodes)
        # Held here, the subject hierarchy of a closed scene would go on knowing nodes that are gone.
        lasting = {name: node for name, node in nodes.items() if not node.IsA("vtkMRMLSubjectHierarchyNode")}
        self._ledgers = [_Ledger(name, item) for name, item in {"the scene": scene, **lasting}.items()]
        self._windows = set(map(id, QApplication.topLevelWidgets()))

    @staticmethod
    def _nodes() -> dict:
        scene = slicer.mrmlScene
        return {node.GetID(): node for node in (scene.GetNthNode(n) for n in range(scene.GetNumberOfNodes()))}

    def found(self) -> list[str]:
        """Return one line for everything that is there now and was not."""
        gc.collect()
        lines = [line for ledger in self._ledgers for line in ledger.left()]
        of_views = _nodes_of_slice_logics()
        for node_id, node in self._nodes().items():
            if node_id in self._ids or node_id in of_views:
                continue
            if not node.GetSingletonTag():
                lines.append(f"a node is left in the scene: {node_id}")
            elif _is_parameter_node(node) and node.HasObserver(vtk.vtkCommand.ModifiedEvent):
                lines.append(f"{node_id} is still observed: ModifiedEvent")
        return lines + [
            f"a top-level widget is left: {type(widget).__name__} {widget.objectName()!r}"
            for widget in QApplication.topLevelWidgets()
            if id(widget) not in self._windows
        ]

    def close(self) -> None:
        """Stop noting observers, and remove new parameter nodes, so that the next test finds none of their values."""
        for ledger in self._ledgers:
            ledger.close()
        for node_id, node in self._nodes().items():
            if node_id not in self._ids and _is_parameter_node(node):
                slicer.mrmlScene.RemoveNode(node)
