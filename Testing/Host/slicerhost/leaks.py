"""What a module leaves behind: nodes, observers, windows."""

import gc

import slicer
import vtk
from PySide6.QtWidgets import QApplication

# Events that MRML and VTK objects send out: VTK's own, and MRML's in the ranges where its headers number them.
_EVENTS = (
    *range(1, 110),
    *range(1000, 1100),
    *range(12000, 12100),
    *range(15000, 20100),
    *range(62000, 62100),
    *range(66000, 66100),
)


class Leaks:
    """Compares the scene and the windows with what they were when it was made.

    Nodes are compared by id, of observers it is compared which events of the scene and of its nodes are observed, of
    windows the top-level widgets that are not the host's.
    """

    def __init__(self, host):
        self._host = host
        gc.collect()
        self._nodes = self._observed()
        self._windows = set(map(id, self._top_level()))

    def _top_level(self) -> list:
        return [widget for widget in QApplication.topLevelWidgets() if widget is not self._host.window_widget]

    @staticmethod
    def _observed() -> dict[str, tuple[str, frozenset[int]]]:
        scene = slicer.mrmlScene
        nodes = [scene.GetNthNode(n) for n in range(scene.GetNumberOfNodes())]
        named = {"scene": scene, "selection": slicer.app.applicationLogic().GetSelectionNode()}
        named |= {node.GetID(): node for node in nodes}
        return {
            name: (item.GetClassName(), frozenset(event for event in _EVENTS if item.HasObserver(event)))
            for name, item in named.items()
        }

    def found(self) -> list[str]:
        """Return one line for everything that is there now and was not."""
        gc.collect()
        lines = []
        for name, (kind, events) in self._observed().items():
            if name not in self._nodes:
                lines.append(f"a node is left in the scene: {name}")
                continue
            added = events - self._nodes[name][1]
            lines += [
                f"{name} ({kind}) is still observed: {vtk.vtkCommand.GetStringFromEventId(event)} ({event})"
                for event in sorted(added)
            ]
        for widget in self._top_level():
            if id(widget) not in self._windows:
                lines.append(f"a top-level widget is left: {widget.metaObject().className()} {widget.objectName()!r}")
        return lines
