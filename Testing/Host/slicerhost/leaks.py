"""What a module leaves behind: nodes, observers, windows."""

import gc
from functools import cache

import slicer
import vtk
from PySide6.QtWidgets import QApplication


@cache
def _events() -> tuple[int, ...]:
    """Return the numbers of the events that MRML's classes name, and of VTK's own that scripts observe."""
    named = {
        int(value)
        for name, kind in vars(slicer).items()
        if name.startswith("vtk") and isinstance(kind, type)
        for key in dir(kind)
        if key.endswith(("Event", "Added", "Removed", "Modified")) and isinstance(value := getattr(kind, key), int)
    }
    return tuple(sorted(named | set(range(1, 60))))


class Leaks:
    """Compares the scene and the windows with what they were when it was made.

    Nodes are compared by id, save for singletons, which outlive a scene that is closed; of observers, which events of
    the scene and of its nodes are observed; of windows, the top-level widgets.
    """

    def __init__(self):
        gc.collect()
        self._nodes = self._observed()
        self._windows = set(map(id, QApplication.topLevelWidgets()))

    @staticmethod
    def _observed() -> dict[str, tuple[str, frozenset[int]]]:
        scene = slicer.mrmlScene
        nodes = [scene.GetNthNode(n) for n in range(scene.GetNumberOfNodes())]
        named = {"scene": scene, "selection": slicer.app.applicationLogic().GetSelectionNode()}
        named |= {node.GetID(): node for node in nodes}
        return {
            name: (item.GetClassName(), frozenset(event for event in _events() if item.HasObserver(event)))
            for name, item in named.items()
        }

    def found(self) -> list[str]:
        """Return one line for everything that is there now and was not."""
        gc.collect()
        lines = []
        for name, (kind, events) in self._observed().items():
            known = self._nodes.get(name)
            if known is None and not self._is_singleton(name):
                lines.append(f"a node is left in the scene: {name}")
                continue
            lines += [
                f"{name} ({kind}) is still observed: {vtk.vtkCommand.GetStringFromEventId(event)} ({event})"
                for event in sorted(events - known[1] if known else events)
            ]
        return lines + [
            f"a top-level widget is left: {widget.metaObject().className()} {widget.objectName()!r}"
            for widget in QApplication.topLevelWidgets()
            if id(widget) not in self._windows
        ]

    @staticmethod
    def _is_singleton(node_id: str) -> bool:
        return bool(slicer.mrmlScene.GetNodeByID(node_id).GetSingletonTag())

    def forget_singletons(self) -> None:
        """Remove the singletons that are new, so that the next test finds none of their values."""
        for node_id in set(self._observed()) - set(self._nodes):
            slicer.mrmlScene.RemoveNode(slicer.mrmlScene.GetNodeByID(node_id))
