"""Layouts: which views they make, where the views stand, and which of them move together."""

import gc

import pytest
import slicer
from numpy.testing import assert_allclose

from slicerhost.pythonqt import unwrap
from slicerhost.views import LayoutManager
from slicerhost.views.arrangement import Rectangle, arrange, read_layout, views

_SIDE_BY_SIDE = (
    '<layout type="horizontal" split="true">'
    '<item splitSize="700"><view class="vtkMRMLSliceNode" singletontag="{0}">'
    '<property name="orientation" action="default">Axial</property>'
    '<property name="viewlabel" action="default">A</property>'
    '<property name="viewcolor" action="default">#0072B2</property></view></item>'
    '<item splitSize="300"><view class="vtkMRMLSliceNode" singletontag="{1}">'
    '<property name="orientation" action="default">{2}</property>'
    '<property name="viewlabel" action="default">B</property>'
    '<property name="viewcolor" action="default">#E69F00</property></view></item></layout>'
)


def node(name: str, kind: str = "vtkMRMLSliceNode"):
    return slicer.mrmlScene.GetNodeByID(f"{kind}{name}")


@pytest.fixture
def side_by_side(manager, ct):
    """Show two axial views 'Left' and 'Right' side by side."""
    layout_node = manager.layoutLogic().GetLayoutNode()
    description = _SIDE_BY_SIDE.format("Left", "Right", "Axial")
    if not layout_node.IsLayoutDescription(901):
        layout_node.AddLayoutDescription(901, description)
    manager.setLayout(901)
    slicer.util.setSliceViewerLayers(background=ct, fit=True)
    for composite in slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode"):
        composite.SetLinkedControl(False)
        composite.SetHotLinkedControl(False)
    return manager


def test_the_four_views_are_there_at_once(manager):
    assert manager.sliceViewNames()[:3] == ("Red", "Green", "Yellow")
    assert [node(name).GetOrientation() for name in ("Red", "Green", "Yellow")] == ["Axial", "Coronal", "Sagittal"]
    assert manager.threeDViewCount == 1
    assert manager.mrmlScene() is slicer.mrmlScene


def test_a_layout_makes_its_views_with_label_colour_and_orientation(side_by_side):
    left, right = node("Left"), node("Right")
    assert (left.GetLayoutLabel(), right.GetLayoutLabel()) == ("A", "B")
    assert_allclose(left.GetLayoutColor(), (0, 0x72 / 255, 0xB2 / 255))
    assert (left.GetOrientation(), right.GetOrientation()) == ("Axial", "Axial")
    assert {"Left", "Right"} <= set(side_by_side.sliceViewNames())
    assert side_by_side.sliceWidget("Left").sliceViewName == "Left"


def test_only_the_layout_s_views_are_mapped_and_visible(side_by_side):
    mapped = {name for name in side_by_side.sliceViewNames() if node(name).IsMappedInLayout()}
    assert mapped == {"Left", "Right"}
    side_by_side.layout = 3
    mapped = {name for name in side_by_side.sliceViewNames() if node(name).IsMappedInLayout()}
    assert mapped == {"Red", "Green", "Yellow"}


def test_views_have_the_share_of_the_window_that_the_layout_gives(side_by_side):
    left, right = (node(name).GetDimensions()[0] for name in ("Left", "Right"))
    assert left / right == pytest.approx(7 / 3, abs=0.02)


def test_the_layout_is_a_number_and_its_changes_are_signalled(manager):
    seen = []
    assert manager.connect("layoutChanged(int)", seen.append)
    manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpRedSliceView)
    manager.layout = slicer.vtkMRMLLayoutNode.SlicerLayoutConventionalView
    assert manager.disconnect("layoutChanged(int)", seen.append)
    assert seen == [6, 2]
    assert manager.layout == 2


def test_an_unknown_layout_becomes_the_conventional_one(manager):
    manager.setLayout(4711)
    assert manager.layout == slicer.vtkMRMLLayoutNode.SlicerLayoutConventionalView


def test_every_layout_of_slicer_on_one_monitor_can_be_shown(manager):
    layout_node = manager.layoutLogic().GetLayoutNode()
    shown = 0
    for number in range(1, 41):
        if layout_node.IsLayoutDescription(number) and layout_node.GetLayoutDescription(number):
            manager.setLayout(number)
            places = unwrap(manager.viewport()).places()
            assert len(places) >= 1
            assert all(place.width > 0 and place.height > 0 for _widget, place in places)
            shown += 1
    assert shown > 25


def test_views_that_are_not_linked_move_alone(side_by_side):
    side_by_side.sliceWidget("Left").sliceController().setSliceOffsetValue(20)
    assert node("Left").GetSliceOffset() == 20
    assert node("Right").GetSliceOffset() != 20


def test_linked_views_of_one_orientation_move_together(side_by_side):
    for name in ("Left", "Right"):
        composite = side_by_side.sliceWidget(name).mrmlSliceCompositeNode()
        composite.SetLinkedControl(True)
        composite.SetHotLinkedControl(True)
    coronal = node("Green").GetSliceOffset()
    side_by_side.sliceWidget("Left").sliceController().setSliceOffsetValue(24)
    assert node("Right").GetSliceOffset() == 24
    assert node("Green").GetSliceOffset() == coronal
    side_by_side.sliceWidget("Right").sliceController().setSliceOffsetValue(30)
    assert node("Left").GetSliceOffset() == 30


def test_a_view_jumps_to_a_point(manager, ct):
    node("Red").JumpSliceByCentering(20, 25, 30)
    to_ras = node("Red").GetSliceToRAS()
    assert_allclose([to_ras.GetElement(row, 3) for row in range(3)], [20, 25, 30])


def test_fitting_shows_the_whole_volume_from_its_middle(manager, ct):
    node("Red").SetFieldOfView(10, 10, 1)
    slicer.util.resetSliceViews()
    assert min(node("Red").GetFieldOfView()[:2]) >= 64
    assert node("Red").GetSliceOffset() == pytest.approx(31, abs=1)


def test_views_survive_the_closing_of_the_scene(side_by_side):
    widget = side_by_side.sliceWidget("Left")
    slicer.mrmlScene.Clear()
    assert side_by_side.layout == 901
    assert node("Left").IsMappedInLayout()
    assert side_by_side.sliceWidget("Left").mrmlSliceNode() is node("Left")
    assert side_by_side.sliceWidget("Left").sliceLogic().GetSliceNode() is node("Left")
    assert widget  # the same widget lives on


def test_a_view_node_that_is_removed_takes_its_logic_along(side_by_side):
    extra = slicer.vtkMRMLSliceNode()
    extra.SetName("Extra")
    extra.SetLayoutName("Extra")
    extra = slicer.mrmlScene.AddNode(extra)
    application_logic = slicer.app.applicationLogic()
    assert application_logic.GetSliceLogic(extra) is not None
    assert side_by_side.sliceWidget("Extra").mrmlSliceNode() is extra
    slicer.mrmlScene.RemoveNode(extra)
    assert application_logic.GetSliceLogicByLayoutName("Extra") is None
    assert side_by_side.sliceWidget("Extra") is None


def test_a_maximised_view_fills_the_window(manager):
    manager.addMaximizedViewNode(node("Green"))
    (only,) = unwrap(manager.viewport()).places()
    assert only[0].mrmlSliceNode() is node("Green")
    manager.removeAllMaximizedViewNodes()
    assert len(unwrap(manager.viewport()).places()) == 4


def test_names_that_slicer_has_not_are_refused(manager):
    for target in (manager, manager.sliceWidget("Red"), manager.sliceWidget("Red").sliceView()):
        with pytest.raises(AttributeError):
            _ = target.sliceLogics
    with pytest.raises(AttributeError):
        manager.layoutNode = None
    assert manager.sliceWidget("Nowhere") is None
    with pytest.raises(NotImplementedError):
        manager.setViewport(None)


def test_a_slice_widget_of_one_s_own_shows_a_slice_node(manager, ct):
    widget = slicer.qMRMLSliceWidget()
    assert unwrap(widget).grab().width() > 0
    widget.setMRMLScene(slicer.mrmlScene)
    widget.setMRMLSliceNode(node("Green"))
    assert widget.sliceOrientation == "Coronal"
    assert widget.mrmlSliceCompositeNode().GetBackgroundVolumeID() == ct.GetID()
    assert widget.sliceView().renderWindow().GetSize()[0] > 0


def test_what_slicer_s_own_utilities_do_with_views_works(manager, ct):
    slicer.util.forceRenderAllViews()
    slicer.util.resetThreeDViews()
    slicer.util.setViewControllersVisible(False)
    assert not unwrap(manager.sliceWidget("Red")).bar.isVisibleTo(unwrap(manager.sliceWidget("Red")))
    slicer.util.setViewControllersVisible(True)


def test_without_the_markups_logic_there_is_no_layout_manager(manager):
    logic = slicer.vtkMRMLApplicationLogic()
    scene = slicer.vtkMRMLScene()
    logic.SetMRMLScene(scene)
    with pytest.raises(ValueError, match="no markups logic"):
        LayoutManager(logic, scene)


def test_a_box_shares_its_length_by_weight_and_leaves_gaps():
    view = '<item splitSize="{}"><view class="vtkMRMLSliceNode" singletontag="{}"/></item>'
    inner = f'<layout type="vertical" split="true">{view.format(1, "b")}{view.format(1, "c")}</layout>'
    layout = read_layout(
        f'<layout type="horizontal" split="true">{view.format(3, "a")}<item splitSize="1">{inner}</item></layout>'
    )
    assert [one.tag for one in views(layout)] == ["a", "b", "c"]
    placed = {one.tag: place for one, place in arrange(layout, Rectangle(10, 20, 402, 202))}
    assert placed == {
        "a": Rectangle(10, 20, 300, 202),
        "b": Rectangle(312, 20, 100, 100),
        "c": Rectangle(312, 122, 100, 100),
    }


@pytest.mark.parametrize(
    "description",
    [
        "no layout",
        "<viewports><layout type='vertical'/></viewports>",
        "<layout type='grid'><item row='0' column='0'><view class='vtkMRMLSliceNode'/></item></layout>",
        "<layout type='vertical'></layout>",
        "<layout type='vertical'><view class='vtkMRMLSliceNode'/></layout>",
        "<layout type='vertical'><item/></layout>",
        "<layout type='vertical'><item><button/></item></layout>",
        "<layout type='vertical'><item splitSize='1'><view class='a'/></item><item><view class='b'/></item></layout>",
    ],
)
def test_a_layout_that_cannot_be_laid_out_is_refused(description):
    with pytest.raises(ValueError):  # noqa: PT011 - each has its own words
        read_layout(description)


def test_a_released_layout_manager_follows_nothing_and_another_takes_its_place(manager):
    logic = slicer.vtkSlicerApplicationLogic()
    scene = slicer.vtkMRMLScene()
    logic.SetMRMLScene(scene)
    markups = slicer.vtkSlicerMarkupsLogic()
    markups.SetMRMLApplicationLogic(logic)
    logic.SetModuleLogic("Markups", markups)
    for _time in range(3):
        other = LayoutManager(logic, scene)
        for widget, _place in unwrap(other.viewport()).places():
            widget.content.forceRender()
        seen = []
        other.connect("layoutChanged(int)", seen.append)
        unwrap(other).release()
        scene.GetNodeByID("vtkMRMLLayoutNodevtkMRMLLayoutNode").SetViewArrangement(6)
        assert seen == []
        assert logic.GetSliceLogics() is None
        gc.collect()
