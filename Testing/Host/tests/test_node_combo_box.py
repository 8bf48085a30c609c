"""qMRMLNodeComboBox, qMRMLTextWidget and qMRMLSegmentsTableView on real scenes."""

import pytest
import qt
import slicer

from slicerhost.leaks import Leaks


def add(name: str, kind: str = "vtkMRMLScalarVolumeNode"):
    return slicer.mrmlScene.AddNewNodeByClass(kind, name)


@pytest.fixture
def box(host):
    made = slicer.qMRMLNodeComboBox()
    made.nodeTypes = ["vtkMRMLScalarVolumeNode"]
    yield made
    made.delete()


@pytest.fixture
def heard(box):
    heard = []
    box.connect("currentNodeChanged(vtkMRMLNode*)", lambda node: heard.append(node.GetName() if node else None))
    return heard


def names(box) -> list[str]:
    return [box.nodeFromIndex(index).GetName() for index in range(box.nodeCount())]


def test_it_is_disabled_without_a_scene(box):
    assert (box.enabled, box.nodeCount(), box.currentNode(), box.currentNodeID) == (False, 0, None, "")
    box.setMRMLScene(slicer.mrmlScene)
    assert box.enabled is True


def test_without_none_the_first_node_of_a_scene_is_chosen(box):
    first = add("one")
    add("two")
    box.setMRMLScene(slicer.mrmlScene)
    assert box.currentNode() is first


def test_with_none_nothing_is_chosen(box):
    box.noneEnabled = True
    add("one")
    box.setMRMLScene(slicer.mrmlScene)
    assert box.currentNode() is None
    assert names(box) == ["one"]


def test_a_node_asked_for_before_the_scene_is_there_is_chosen_then(box):
    add("one")
    two = add("two")
    box.setCurrentNode(two)
    assert box.currentNode() is None
    box.setMRMLScene(slicer.mrmlScene)
    assert box.currentNode() is two


def test_nodes_come_and_go(box, heard):
    box.noneEnabled = True
    box.setMRMLScene(slicer.mrmlScene)
    one, two, _text = add("one"), add("two"), add("text", "vtkMRMLTextNode")
    assert names(box) == ["one", "two"]
    box.setCurrentNode(two)
    slicer.mrmlScene.RemoveNode(two)
    assert box.currentNode() is one
    slicer.mrmlScene.RemoveNode(one)
    assert (box.currentNode(), names(box)) == (None, [])
    assert heard == ["two", "one", None]


def test_a_new_name_is_shown(box, heard):
    box.setMRMLScene(slicer.mrmlScene)
    node = add("one")
    box.setCurrentNode(node)
    node.SetName("other")
    assert slicer.util.findChildren(box, className="QComboBox")[0].currentText == "other"
    assert heard == ["one", "other"]


def test_closing_the_scene_empties_it(box):
    box.setMRMLScene(slicer.mrmlScene)
    box.setCurrentNode(add("one"))
    slicer.mrmlScene.Clear()
    assert (box.nodeCount(), box.currentNode()) == (0, None)


def test_which_nodes_are_shown(box):
    box.setMRMLScene(slicer.mrmlScene)
    node, label = add("one"), add("label", "vtkMRMLLabelMapVolumeNode")
    assert names(box) == ["one", "label"]
    box.hideChildNodeTypes = ["vtkMRMLLabelMapVolumeNode"]
    assert names(box) == ["one"]
    box.hideChildNodeTypes = []
    box.showChildNodeTypes = False
    assert names(box) == ["one"]
    box.showChildNodeTypes = True
    box.addAttribute("vtkMRMLScalarVolumeNode", "Kind", "CT")
    assert names(box) == []
    node.SetAttribute("Kind", "CT")
    assert names(box) == ["one"]
    box.removeAttribute("vtkMRMLScalarVolumeNode", "Kind")
    label.SetHideFromEditors(True)
    assert names(box) == ["one"]
    box.nodeTypes = ["vtkMRMLTextNode"]
    assert (names(box), box.currentNode()) == ([], None)


def test_it_adds_and_removes_nodes(box):
    box.setMRMLScene(slicer.mrmlScene)
    box.baseName = "made"
    added = []
    box.connect("nodeAddedByUser(vtkMRMLNode*)", added.append)
    node = box.addNode()
    assert (node.GetName(), added, box.currentNode()) == ("made", [node], node)
    assert box.addNode("vtkMRMLTextNode") is None
    box.removeCurrentNode()
    assert slicer.mrmlScene.GetNodeByID(node.GetID()) is None


def test_the_present_signal_follows_the_node_signal(box):
    order = []
    box.noneEnabled = True
    box.setMRMLScene(slicer.mrmlScene)
    box.connect("currentNodeChanged(bool)", order.append)
    box.connect("currentNodeIDChanged(QString)", order.append)
    node = add("one")
    box.currentNodeID = node.GetID()
    box.setCurrentNodeIndex(9)
    assert order == [True, node.GetID(), False, ""]


def test_it_takes_only_nodes(box):
    with pytest.raises(ValueError, match="wrong arguments"):
        box.setCurrentNode("vtkMRMLScalarVolumeNode1")
    with pytest.raises(AttributeError, match="currentText"):
        box.currentText  # noqa: B018


def test_it_leaves_no_observer_behind(host):
    node = add("one")
    leaks = Leaks()
    box = slicer.qMRMLNodeComboBox()
    box.nodeTypes = ["vtkMRMLScalarVolumeNode"]
    box.setMRMLScene(slicer.mrmlScene)
    assert len(leaks.found()) >= 3
    box.delete()
    assert leaks.found() == []
    leaks.close()
    node.SetName("after")


def test_a_text_is_shown_and_edited(host):
    node = add("report", "vtkMRMLTextNode")
    node.SetText("a")
    widget = slicer.qMRMLTextWidget()
    widget.setMRMLTextNode(node)
    edit = widget.textEditWidget()
    assert edit.plainText == "a"
    edit.plainText = "b"
    assert (widget.editing, node.GetText()) == (True, "a")
    node.SetText("c")
    assert edit.plainText == "b"
    widget.saveEdits()
    assert (widget.editing, node.GetText()) == (False, "b")
    edit.plainText = "d"
    widget.cancelEdits()
    assert edit.plainText == "b"
    widget.autoSave = True
    edit.plainText = "e"
    assert node.GetText() == "e"
    widget.delete()


def test_segments_are_rows(host):
    node = add("read", "vtkMRMLSegmentationNode")
    node.CreateDefaultDisplayNodes()
    table = slicer.qMRMLSegmentsTableView()
    table.setSegmentationNode(node)
    node.GetSegmentation().AddEmptySegment("L1", "first")
    node.GetSegmentation().AddEmptySegment("L2", "second")
    inner = table.findChild(qt.QTableWidget, "SegmentsTable")
    assert [inner.item(row, 3).text() for row in range(inner.rowCount)] == ["first", "second"]
    assert (table.segmentCount, table.rowForSegmentID("L2"), table.segmentIDForRow(0)) == (2, 1, "L1")
    heard = []
    table.connect("selectionChanged(QItemSelection,QItemSelection)", lambda: heard.append(table.selectedSegmentIDs()))
    inner.selectRow(1)
    node.GetSegmentation().GetSegment("L1").SetName("other")
    table.setSelectedSegmentIDs(["L1"])
    assert heard == [("L2",), ("L1",)]
    assert inner.item(0, 3).text() == "other"
    inner.item(0, 0).setCheckState(qt.Qt.Unchecked)
    assert not node.GetDisplayNode().GetSegmentVisibility("L1")
    inner.item(1, 3).setText("renamed")
    assert node.GetSegmentation().GetSegment("L2").GetName() == "renamed"
    node.GetSegmentation().RemoveSegment("L1")
    assert table.displayedSegmentIDs() == ("L2",)
    table.delete()
