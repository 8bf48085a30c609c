"""The slice logics of a scene: one for each slice node, made and dropped with it, as Slicer's layout manager does."""

from collections.abc import Iterator

import slicer
import vtk


def nodes_of(scene, class_name: str) -> list:
    """Return a scene's nodes of a class; slicer.util.getNodesByClass looks in slicer.mrmlScene, whatever it is told."""
    found = scene.GetNodesByClass(class_name)
    found.UnRegister(scene)  # it came with a reference that Python does not know of
    return [found.GetItemAsObject(number) for number in range(found.GetNumberOfItems())]


class SliceLogics:
    """Keeps a slice logic for every slice node of a scene, and tells the application logic of them.

    The real link logic, jumping, and volume selection of the application logic act through these.

    Attributes
    ----------
    collection : vtkCollection
        Of vtkMRMLSliceLogic, in the order of the nodes.
    """

    def __init__(self, application_logic, scene):
        self._application_logic, self._scene = application_logic, scene
        self.collection = vtk.vtkCollection()
        application_logic.SetSliceLogics(self.collection)
        for node in nodes_of(scene, "vtkMRMLSliceNode"):
            self._add(node)

        @vtk.calldata_type(vtk.VTK_OBJECT)
        def added(caller, event, node):
            if node.IsA("vtkMRMLSliceNode"):
                self._add(node)

        @vtk.calldata_type(vtk.VTK_OBJECT)
        def removed(caller, event, node=None):
            # A scene that is being destroyed sends this without the node: all logics go with it.
            if node is not None and node.IsA("vtkMRMLSliceNode"):
                self.collection.RemoveItem(self.named(node.GetLayoutName()))

        self._tags = (
            scene.AddObserver(scene.NodeAddedEvent, added),
            scene.AddObserver(scene.NodeRemovedEvent, removed),
        )

    def __iter__(self) -> Iterator:
        return iter([self.collection.GetItemAsObject(n) for n in range(self.collection.GetNumberOfItems())])

    def named(self, name: str):
        """Return the logic of the slice view called ``name``, or None."""
        return next((logic for logic in self if logic.GetSliceNode().GetLayoutName() == name), None)

    def release(self) -> None:
        """Stop following the scene."""
        for tag in self._tags:
            self._scene.RemoveObserver(tag)
        self._application_logic.SetSliceLogics(None)

    def _add(self, node) -> None:
        logic = slicer.vtkMRMLSliceLogic()
        logic.SetMRMLApplicationLogic(self._application_logic)
        logic.SetMRMLScene(self._scene)
        logic.SetSliceNode(node)
        self.collection.AddItem(logic)
