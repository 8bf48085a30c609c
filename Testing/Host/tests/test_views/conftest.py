"""A host with a layout manager, a CT whose grey values are known, and how to find a point in a picture."""

from types import SimpleNamespace

import numpy as np
import pytest
import slicer
import vtk

import slicerhost
from slicerhost.messages import Messages
from slicerhost.pythonqt import unwrap
from slicerhost.views import LayoutManager

AIR, TISSUE, LESION = -1000, 40, 160
_FIRST_VIEWS = {"vtkMRMLViewNode1", *(f"vtkMRMLSliceNode{name}" for name in ("Red", "Green", "Yellow"))}


@pytest.fixture(scope="session")
def host():
    """One scene, application and layout manager for all tests of the views."""
    slicerhost.install()
    manager = LayoutManager(slicer.app.applicationLogic(), slicer.mrmlScene)
    slicer.app.setLayoutManager(manager)
    yield SimpleNamespace(scene=slicer.mrmlScene, app=slicer.app, manager=manager)
    unwrap(manager).release()


@pytest.fixture
def manager(host, monkeypatch):
    """The layout manager, with an empty scene and four views; a message of VTK or MRML fails the test."""
    monkeypatch.setattr(slicer, "mrmlScene", host.scene)
    monkeypatch.setattr(slicer, "app", host.app)
    before, messages = vtk.vtkOutputWindow.GetInstance(), Messages()
    host.scene.Clear()
    host.manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)
    yield host.manager
    for node in slicer.util.getNodesByClass("vtkMRMLAbstractViewNode"):
        if node.GetID() not in _FIRST_VIEWS:
            host.scene.RemoveNode(node)
    vtk.vtkOutputWindow.SetInstance(before)
    reported = messages.take()
    assert not reported, "\n".join(reported)


@pytest.fixture
def ct(manager):
    """A CT of 64 mm a side with a block of tissue and a lesion in it, shown in every slice view.

    Its first voxel is at RAS (0, 0, 0) and voxels are 1 x 1 x 2 mm along R, A and S.
    """
    voxels = np.full((32, 64, 64), AIR, np.int16)
    voxels[4:28, 8:56, 8:56] = TISSUE
    voxels[12:20, 24:40, 24:40] = LESION
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "CT")
    slicer.util.updateVolumeFromArray(node, voxels)
    node.SetSpacing(1, 1, 2)
    node.CreateDefaultDisplayNodes()
    node.GetDisplayNode().SetAutoWindowLevel(False)
    node.GetDisplayNode().SetWindowLevel(400, 40)
    slicer.util.setSliceViewerLayers(background=node, fit=True)
    return node


@pytest.fixture
def segmentation(ct):
    """The lesion as a segment 'lesion', pure red, filled and outlined."""
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "read")
    node.CreateDefaultDisplayNodes()
    node.SetReferenceImageGeometryParameterFromVolumeNode(ct)
    node.GetSegmentation().AddEmptySegment("lesion", "lesion", (1, 0, 0))
    mask = (slicer.util.arrayFromVolume(ct) == LESION).astype(np.uint8)
    slicer.util.updateSegmentBinaryLabelmapFromArray(mask, node, "lesion", ct)
    return node


@pytest.fixture
def look(manager):
    """How to look at a slice view: ``look("Red")`` has ``.pixels`` and ``.at(ras)``."""

    def look_at(name: str, size: tuple[int, int] = (320, 320)):
        widget = unwrap(manager.sliceWidget(name))
        pixels = widget.sliceView().view.render(*size)
        inverse = vtk.vtkMatrix4x4()
        vtk.vtkMatrix4x4.Invert(widget.mrmlSliceNode().GetXYToRAS(), inverse)

        def at(ras):
            x, y, _z, _one = inverse.MultiplyPoint((*ras, 1))
            return pixels[size[1] - 1 - round(y), round(x)].astype(int)

        return SimpleNamespace(pixels=pixels, at=at)

    return look_at
