"""What a module leaves behind is found."""

import pytest
import qt
import slicer

from slicerhost.leaks import Leaks


@pytest.fixture
def leaks(host):
    leaks = Leaks()
    yield leaks
    leaks.close()


def test_nothing_is_found_where_nothing_is_left(leaks):
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode")
    slicer.mrmlScene.RemoveNode(node)
    assert leaks.found() == []


def test_a_node_is_found(leaks):
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode", "left")
    assert leaks.found() == [f"a node is left in the scene: {node.GetID()}"]


def test_an_observer_is_found_until_it_is_removed(leaks):
    def watch(caller, event):
        raise AssertionError

    scene, red = slicer.mrmlScene, slicer.mrmlScene.GetNodeByID("vtkMRMLSliceNodeRed")
    tags = [scene.AddObserver(scene.StartCloseEvent, watch), red.AddObserver("DeleteEvent", watch)]
    first, second = leaks.found()
    assert first.startswith("the scene is still observed")
    assert second.startswith("vtkMRMLSliceNodeRed is still observed: DeleteEvent")
    assert "watch" in second
    scene.RemoveObserver(tags[0])
    red.RemoveAllObservers()
    assert leaks.found() == []


def test_a_singleton_may_stay_but_not_its_observers(leaks):
    node = slicer.vtkMRMLScriptedModuleNode()
    node.SetSingletonTag("Left")
    node = slicer.mrmlScene.AddNode(node)
    assert leaks.found() == []
    node.AddObserver("ModifiedEvent", lambda caller, event: None)
    assert "is still observed: ModifiedEvent" in leaks.found()[0]
    slicer.mrmlScene.RemoveNode(node)
    assert leaks.found() == []


def test_a_window_is_found(leaks):
    window = qt.QDialog()
    window.objectName = "forgotten"
    window.show()
    assert "'forgotten'" in leaks.found()[0]
    window.delete()
    assert leaks.found() == []
