"""Hears what happens to a read's segmentation node, whoever does it: the panel's editor, another module, a script."""

from collections.abc import Callable

import slicer
import vtk

_SEGMENT_EVENTS = (
    slicer.vtkSegmentation.SegmentAdded,
    slicer.vtkSegmentation.SegmentRemoved,
    slicer.vtkSegmentation.SegmentModified,
    slicer.vtkSegmentation.SourceRepresentationModified,
    slicer.vtkSegmentation.RepresentationModified,  # all that is heard of a segment that was cleared
)


class SegmentWatch:
    """Collects the ids of segments that changed, and tells when nodes that one reads on go.

    Parameters
    ----------
    on_change
        Called, often many times for one stroke, when a segment may have changed; collect them with :meth:`take`.
    on_view
        Called when a slice view moved.
    on_loss
        Called with the node before the segmentation or the volume goes from the scene.
    """

    def __init__(
        self, on_change: Callable[[], None], on_view: Callable[[], None], on_loss: Callable[[object], None]
    ) -> None:
        self._on_change, self._on_view, self._on_loss = on_change, on_view, on_loss
        self._observed: list[tuple[object, int]] = []
        self._nodes: tuple = ()
        self._changed: set[str] = set()
        self._all_changed = False

    def start(self, segmentation_node, volume_node) -> None:
        """Watch a read; what was watched before is let go."""
        self.stop()
        self._nodes = (segmentation_node, volume_node)
        for event in _SEGMENT_EVENTS:
            self._observe(segmentation_node.GetSegmentation(), event, self._segment_changed)
        self._observe(slicer.mrmlScene, slicer.vtkMRMLScene.NodeAboutToBeRemovedEvent, self._node_going)
        for view in slicer.util.getNodesByClass("vtkMRMLSliceNode"):
            self._observe(view, vtk.vtkCommand.ModifiedEvent, self._view_changed)

    def stop(self) -> None:
        """Hear nothing any more."""
        for caller, tag in self._observed:
            caller.RemoveObserver(tag)
        self._observed, self._nodes = [], ()
        self.take()

    def take(self) -> set[str] | None:
        """Return the ids of the segments that changed since the last call; None if it can be any of them."""
        changed = None if self._all_changed else self._changed
        self._changed, self._all_changed = set(), False
        return changed

    def _observe(self, caller, event: int, callback: Callable) -> None:
        self._observed.append((caller, caller.AddObserver(event, callback)))

    @vtk.calldata_type(vtk.VTK_STRING)
    def _segment_changed(self, caller, event, segment_id=None) -> None:
        if segment_id:
            self._changed.add(segment_id)
        else:
            self._all_changed = True
        self._on_change()

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def _node_going(self, caller, event, node=None) -> None:
        if node in self._nodes:
            self._on_loss(node)

    def _view_changed(self, caller, event) -> None:
        self._on_view()
