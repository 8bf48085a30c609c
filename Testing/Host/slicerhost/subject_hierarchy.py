"""The subject hierarchy of a scene: every data node and every segment is an item of it, as Slicer's plugins see to."""

import slicer
import vtk

_SHOWN_CLASSES = (
    "vtkMRMLVolumeNode",
    "vtkMRMLSegmentationNode",
    "vtkMRMLMarkupsNode",
    "vtkMRMLModelNode",
    "vtkMRMLTransformNode",
    "vtkMRMLTableNode",
    "vtkMRMLTextNode",
    "vtkMRMLPlotChartNode",
    "vtkMRMLPlotSeriesNode",
    "vtkMRMLColorTableNode",
)
_SEGMENT_EVENTS = ("SegmentAdded", "SegmentRemoved", "SegmentModified", "SegmentsOrderModified")


class SubjectHierarchy:
    """Keeps a scene's subject hierarchy in step with its nodes, from now on."""

    def __init__(self, scene):
        self._scene = scene
        self._tags = [
            scene.AddObserver(slicer.vtkMRMLScene.NodeAddedEvent, self._on_added),
            scene.AddObserver(slicer.vtkMRMLScene.NodeAboutToBeRemovedEvent, self._on_removed),
            scene.AddObserver(slicer.vtkMRMLScene.EndCloseEvent, self._on_closed),
        ]
        self._start_over()

    def release(self) -> None:
        """Stop following the scene."""
        for tag in self._tags:
            self._scene.RemoveObserver(tag)
        self._tags.clear()

    def _on_closed(self, caller, event) -> None:
        self._start_over()

    def _start_over(self) -> None:
        """Closing the scene removed the node: it has a new one at once, as in Slicer."""
        slicer.vtkMRMLSubjectHierarchyNode.ResolveSubjectHierarchy(self._scene)

    def _hierarchy(self):
        return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(self._scene)

    def _on_added(self, caller, event, node) -> None:
        if node.IsA("vtkMRMLSubjectHierarchyNode"):
            slicer.vtkMRMLSubjectHierarchyNode.ResolveSubjectHierarchy(self._scene)
        elif not node.GetHideFromEditors() and any(node.IsA(shown) for shown in _SHOWN_CLASSES):
            hierarchy = self._hierarchy()
            hierarchy.CreateItem(hierarchy.GetSceneItemID(), node)
            if node.IsA("vtkMRMLSegmentationNode"):
                self._follow(node)

    _on_added.CallDataType = vtk.VTK_OBJECT

    def _on_removed(self, caller, event, node) -> None:
        if not self._scene.IsClosing() and not node.IsA("vtkMRMLSubjectHierarchyNode"):
            item = self._hierarchy().GetItemByDataNode(node)
            if item:
                self._hierarchy().RemoveItem(item, False, True)

    _on_removed.CallDataType = vtk.VTK_OBJECT

    def _follow(self, node) -> None:
        """Show the node's segments as items below its own; the node passes its segmentation's events on."""

        def show(caller, event) -> None:
            if not self._scene.IsClosing():  # asking for the hierarchy would make one of nodes that are about to go
                self._show_segments(caller)

        for event in _SEGMENT_EVENTS:
            node.AddObserver(getattr(slicer.vtkSegmentation, event), show)
        self._show_segments(node)

    def _show_segments(self, node) -> None:
        hierarchy = self._hierarchy()
        parent = hierarchy.GetItemByDataNode(node)
        if not parent:
            return
        attribute = slicer.vtkMRMLSegmentationNode.GetSegmentIDAttributeName()
        children = vtk.vtkIdList()
        hierarchy.GetItemChildren(parent, children)
        shown = {
            hierarchy.GetItemAttribute(item, attribute): item
            for item in (children.GetId(n) for n in range(children.GetNumberOfIds()))
        }
        segmentation = node.GetSegmentation()
        names = {one: segmentation.GetSegment(one).GetName() for one in segmentation.GetSegmentIDs()}
        for segment_id, item in shown.items():
            if segment_id not in names:
                hierarchy.RemoveItem(item, False, False)
        for segment_id, name in names.items():
            if segment_id in shown:
                hierarchy.SetItemName(shown[segment_id], name)
            else:
                item = hierarchy.CreateHierarchyItem(parent, name, "Segments")
                hierarchy.SetItemAttribute(item, attribute, segment_id)
