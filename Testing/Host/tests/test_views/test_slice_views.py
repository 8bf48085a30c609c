"""What a slice view shows: a CT by window and level, segments, markups; and that it shows nothing that is gone."""

import time

import numpy as np
import pytest
import slicer
from numpy.testing import assert_allclose

# Points of the CT of conftest.py, in RAS mm, in the axial slice through its middle.
MIDDLE = (31.5, 31.5, 32)
IN_TISSUE = (14, 31.5, 32)
IN_AIR = (3, 31.5, 32)


def grey(hounsfield: float, window: float, level: float) -> float:
    """Return the grey value, 0 to 255, that the usual linear window gives."""
    return 255 * min(max((hounsfield - (level - window / 2)) / window, 0), 1)


def offset(manager, name: str, millimetres: float) -> None:
    manager.sliceWidget(name).sliceLogic().SetSliceOffset(millimetres)


def reddish(pixels: np.ndarray) -> np.ndarray:
    values = pixels.astype(int)
    return values[..., 0] > values[..., 1] + 60


@pytest.fixture
def line(manager, ct):
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsLineNode", "d")
    node.CreateDefaultDisplayNodes()
    node.AddControlPoint(24, 31.5, 32)
    node.AddControlPoint(39, 31.5, 32)
    display = node.GetDisplayNode()
    display.SetSelectedColor(1, 0, 0)
    display.SetActiveColor(1, 0, 0)
    display.SetSliceProjection(False)
    return node


@pytest.mark.parametrize(("window", "level"), [(400, 40), (1500, -600), (160, 90)])
@pytest.mark.parametrize("view", ["Red", "Green", "Yellow"])
def test_a_ct_is_grey_by_window_and_level(manager, ct, look, view, window, level):
    ct.GetDisplayNode().SetWindowLevel(window, level)
    slicer.vtkMRMLSliceNode.JumpAllSlices(slicer.mrmlScene, *MIDDLE)
    seen = look(view)
    beside = {"Red": IN_TISSUE, "Green": IN_TISSUE, "Yellow": (31.5, 14, 32)}[view]
    for point, hounsfield in ((MIDDLE, 160), (beside, 40)):
        assert_allclose(seen.at(point), [grey(hounsfield, window, level)] * 3, atol=1.5)


def test_outside_the_volume_it_is_black(manager, ct, look):
    ct.GetDisplayNode().SetWindowLevel(400, -1000)  # air is grey
    seen = look("Red", (480, 320))
    assert_allclose(seen.at(IN_AIR), [127.5] * 3, atol=1.5)
    assert_allclose(seen.at((-5, 31.5, 32)), 0)


def test_the_picture_has_the_size_asked_for_and_the_slice_node_follows(manager, ct, look):
    assert look("Red", (200, 120)).pixels.shape == (120, 200, 3)
    assert manager.sliceWidget("Red").mrmlSliceNode().GetDimensions() == (200, 120, 1)
    with pytest.raises(ValueError, match="shows nothing"):
        look("Red", (0, 120))


def test_a_filled_segment_has_its_colour_inside_and_the_ct_s_outside(manager, segmentation, look):
    display = segmentation.GetDisplayNode()
    display.SetVisibility2DOutline(False)
    display.SetOpacity2DFill(1.0)
    seen = look("Red")
    assert_allclose(seen.at(MIDDLE), [255, 0, 0], atol=2)
    assert_allclose(seen.at(IN_TISSUE), [grey(40, 400, 40)] * 3, atol=1.5)


def test_a_half_transparent_fill_lets_half_of_the_ct_through(manager, segmentation, look):
    display = segmentation.GetDisplayNode()
    display.SetVisibility2DOutline(False)
    display.SetOpacity2DFill(0.5)
    under = grey(160, 400, 40)
    assert_allclose(look("Red").at(MIDDLE), [(255 + under) / 2, under / 2, under / 2], atol=3)


def test_an_outline_is_drawn_where_it_is_asked_for_and_only_at_the_edge(manager, segmentation, look):
    display = segmentation.GetDisplayNode()
    display.SetVisibility2DFill(False)
    seen = look("Red")
    assert_allclose(seen.at(MIDDLE), [grey(160, 400, 40)] * 3, atol=1.5)
    outlined = np.argwhere(reddish(seen.pixels))
    assert len(outlined) > 50
    rows, columns = np.ptp(outlined, axis=0) + 1
    # The lesion is 16 mm of a picture that is 64 mm high and wide: a square outline a quarter as long.
    assert_allclose([rows, columns], 320 * 16 / 64, atol=6)

    display.SetVisibility2DOutline(False)
    assert not reddish(look("Red").pixels).any()


def test_a_hidden_segment_and_another_slice_show_nothing_of_it(manager, segmentation, look):
    assert reddish(look("Red").pixels).any()
    segmentation.GetDisplayNode().SetSegmentVisibility("lesion", False)
    assert not reddish(look("Red").pixels).any()
    segmentation.GetDisplayNode().SetSegmentVisibility("lesion", True)
    offset(manager, "Red", 10)
    assert not reddish(look("Red").pixels).any()


def test_a_view_that_a_segmentation_is_not_shown_in_does_not_show_it(manager, segmentation, look):
    segmentation.GetDisplayNode().AddViewNodeID("vtkMRMLSliceNodeGreen")
    slicer.vtkMRMLSliceNode.JumpAllSlices(slicer.mrmlScene, *MIDDLE)
    assert not reddish(look("Red").pixels).any()
    assert reddish(look("Green").pixels).any()


def test_drawing_into_a_segment_is_seen_at_once(manager, ct, segmentation, look):
    look("Red")
    mask = np.zeros((32, 64, 64), np.uint8)
    mask[14:18, 10:16, 10:16] = 1
    slicer.util.updateSegmentBinaryLabelmapFromArray(mask, segmentation, "lesion", ct)
    seen = look("Red")
    assert reddish(seen.at((13, 13, 32)))
    assert not reddish(seen.at(MIDDLE))


def test_a_line_is_seen_in_its_slice_only(manager, line, look):
    offset(manager, "Red", 32)
    there = look("Red").pixels
    assert reddish(there).sum() > 50
    offset(manager, "Red", 42)
    assert not reddish(look("Red").pixels).any()


def test_a_line_lies_where_its_points_are_and_bears_its_length(manager, line, look):
    offset(manager, "Red", 32)
    display = line.GetDisplayNode()
    display.SetPropertiesLabelVisibility(False)
    seen = look("Red")
    assert reddish(seen.at((31.5, 31.5, 32)))
    bare = reddish(seen.pixels).sum()
    display.SetPropertiesLabelVisibility(True)
    assert reddish(look("Red").pixels).sum() > bare + 20
    assert line.GetMeasurement("length").GetValueWithUnitsAsPrintableString().startswith("15")


def test_a_removed_volume_leaves_a_black_view(manager, ct, look):
    assert look("Red").pixels.any()
    slicer.mrmlScene.RemoveNode(ct)
    assert not look("Red").pixels.any()


def test_after_the_scene_was_closed_the_view_is_black_and_shows_the_next_volume(manager, segmentation, line, look):
    assert reddish(look("Red").pixels).any()
    slicer.mrmlScene.Clear()
    assert not look("Red").pixels.any()

    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "next")
    slicer.util.updateVolumeFromArray(node, np.full((8, 32, 32), 40, np.int16))
    node.CreateDefaultDisplayNodes()
    node.GetDisplayNode().SetAutoWindowLevel(False)
    node.GetDisplayNode().SetWindowLevel(400, 40)
    slicer.util.setSliceViewerLayers(background=node, fit=True)
    assert_allclose(look("Red").at((16, 16, 4)), [127.5] * 3, atol=1.5)


def test_a_slice_of_a_large_ct_is_rendered_in_well_under_a_second(manager, look):
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "large")
    slicer.util.updateVolumeFromArray(node, np.zeros((300, 512, 512), np.int16))
    node.CreateDefaultDisplayNodes()
    slicer.util.setSliceViewerLayers(background=node, fit=True)
    look("Red", (500, 500))
    taken = []
    for millimetres in range(100, 105):
        offset(manager, "Red", millimetres)
        began = time.perf_counter()
        look("Red", (500, 500))
        taken.append(time.perf_counter() - began)
    assert min(taken) < 0.5
