"""The segment editor widget and strokes with it, on real segmentations through Slicer's segment editor logic."""

import numpy as np
import pytest
import qt
import slicer

import slicerhost
from slicerhost import strokes
from slicerhost.pythonqt import errors, process_events

SPACING = (0.8, 0.8, 2.0)
CENTRE = (40.0, 40.0, 40.0)
VOXEL_MM3 = float(np.prod(SPACING))


@pytest.fixture
def ct(host):
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "CT")
    values = np.full((40, 100, 100), -100, np.int16)
    values[:, :, :50] = 50  # the half at low x
    slicer.util.updateVolumeFromArray(node, values)
    node.SetSpacing(*SPACING)
    node.CreateDefaultDisplayNodes()
    return node


@pytest.fixture
def read(ct):
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "read")
    node.CreateDefaultDisplayNodes()
    node.SetReferenceImageGeometryParameterFromVolumeNode(ct)
    for name in ("L1", "L2"):
        node.GetSegmentation().AddEmptySegment(name, name)
    return node


@pytest.fixture
def editor(host, read, ct):
    widget = slicer.qMRMLSegmentEditorWidget()
    widget.setMRMLScene(slicer.mrmlScene)
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentEditorNode")
    widget.setMRMLSegmentEditorNode(node)
    widget.setSegmentationNode(read)
    widget.setSourceVolumeNode(ct)
    widget.undoEnabled = True
    widget.show()
    yield widget
    widget.setMRMLScene(None)
    widget.delete()


# Radii of brushes are such that no voxel's centre lies right on the sphere.
def voxels(read, segment: str) -> np.ndarray:
    reference = slicer.util.getFirstNodeByName("CT")
    return slicer.util.arrayFromSegmentBinaryLabelmap(read, segment, reference) > 0


def ball(radius: float) -> np.ndarray:
    k, j, i = np.indices((40, 100, 100))
    offset = [index * step - middle for index, step, middle in zip((i, j, k), SPACING, CENTRE, strict=True)]
    return sum(part**2 for part in offset) <= radius**2


def button(editor, name: str):
    return slicer.util.findChild(editor, name)


def test_the_first_segment_is_the_one_at_hand(editor, read, ct):
    assert editor.currentSegmentID() == "L1"
    assert editor.segmentationNode() is read
    assert editor.sourceVolumeNode() is ct
    assert editor.activeEffect() is None


def test_the_reference_volume_becomes_the_source_volume(editor, read, ct):
    editor.setSegmentationNode(None)
    editor.setSourceVolumeNode(None)
    editor.setSegmentationNode(read)
    assert editor.sourceVolumeNode() is ct


def test_there_is_always_a_segmentation_to_choose_and_not_always_a_volume(editor):
    segmentations, volumes = (button(editor, f"{kind}NodeComboBox") for kind in ("Segmentation", "SourceVolume"))
    assert (segmentations.noneEnabled, segmentations.addEnabled, segmentations.renameEnabled) == (False, True, True)
    assert (volumes.noneEnabled, volumes.addEnabled, volumes.renameEnabled) == (True, False, True)


def test_without_a_main_window_qt_warns_of_keys(host):
    windowless = slicerhost.install()
    try:
        widget = slicer.qMRMLSegmentEditorWidget()
        widget.installKeyboardShortcuts()
        assert [str(error) for error in errors.take()] == ["QShortcut: No widget parent defined"]
        widget.delete()
    finally:
        windowless.close()
        host.activate()


def test_a_sphere_is_painted_to_the_voxel_and_erased_again(editor, read):
    editor.setActiveEffectByName("Paint")
    strokes.paint(editor, [CENTRE], 10.1, sphere=True)
    assert np.array_equal(voxels(read, "L1"), ball(10.1))
    editor.setActiveEffectByName("Erase")
    strokes.erase(editor, [CENTRE], 5.1, sphere=True)
    assert np.array_equal(voxels(read, "L1"), ball(10.1) & ~ball(5.1))


def test_a_disc_lies_in_one_axial_slice(editor, read):
    editor.setActiveEffectByName("Paint")
    strokes.paint(editor, [CENTRE, (50, 40, 40)], 10.1)
    drawn = voxels(read, "L1")
    assert np.flatnonzero(drawn.any(axis=(1, 2))).tolist() == [20]
    assert np.array_equal(drawn[20] & ball(10.1)[20], ball(10.1)[20])
    editor.activeEffect().setCommonParameter("BrushSphere", 1)
    strokes.paint(editor, [CENTRE], 10.1)
    assert voxels(read, "L1").any(axis=(1, 2)).sum() > 5


def test_strokes_are_undone_and_redone_one_by_one(editor, read):
    editor.setActiveEffectByName("Paint")
    assert (button(editor, "UndoButton").enabled, button(editor, "RedoButton").enabled) == (False, False)
    strokes.paint(editor, [CENTRE], 5.1, sphere=True)
    strokes.paint(editor, [CENTRE], 10.1, sphere=True)
    button(editor, "UndoButton").click()
    assert np.array_equal(voxels(read, "L1"), ball(5.1))
    assert button(editor, "RedoButton").enabled
    editor.undo()
    assert not voxels(read, "L1").any()
    editor.redo()
    editor.redo()
    assert np.array_equal(voxels(read, "L1"), ball(10.1))


def test_no_more_states_are_kept_than_asked_for(editor, read):
    editor.maximumNumberOfUndoStates = 2
    editor.setActiveEffectByName("Paint")
    for radius in (2.1, 4.1, 6.1, 8.1):
        strokes.paint(editor, [CENTRE], radius, sphere=True)
    undone = 0
    while button(editor, "UndoButton").enabled:
        editor.undo()
        undone += 1
    assert undone == 1  # the state to go back from is one of the two
    assert np.array_equal(voxels(read, "L1"), ball(6.1))


def test_other_segments_are_overwritten_unless_the_node_says_no(editor, read):
    editor.setActiveEffectByName("Paint")
    strokes.paint(editor, [CENTRE], 10.1, sphere=True)
    editor.setCurrentSegmentID("L2")
    strokes.paint(editor, [CENTRE], 5.1, sphere=True)
    assert np.array_equal(voxels(read, "L1"), ball(10.1) & ~ball(5.1))
    editor.undo()
    node = editor.mrmlSegmentEditorNode()
    node.SetOverwriteMode(node.OverwriteNone)
    strokes.paint(editor, [CENTRE], 5.1, sphere=True)
    assert np.array_equal(voxels(read, "L1"), ball(10.1))
    assert np.array_equal(voxels(read, "L2"), ball(5.1))


def test_paint_stays_within_the_intensity_range(editor, read):
    editor.setActiveEffectByName("Paint")
    slicer.util.findChild(editor, "SourceVolumeIntensityMaskCheckBox").checked = True
    editor.mrmlSegmentEditorNode().SetSourceVolumeIntensityMaskRange(0, 100)
    strokes.paint(editor, [CENTRE], 10.1, sphere=True)
    low_x = np.zeros((40, 100, 100), bool)
    low_x[:, :, :50] = True
    assert np.array_equal(voxels(read, "L1"), ball(10.1) & low_x)


def test_a_threshold_fills_the_segment_and_ends_the_effect(editor, read):
    editor.setActiveEffectByName("Threshold")
    strokes.threshold(editor, 0, 100)
    assert voxels(read, "L1").sum() == 40 * 100 * 50
    assert editor.activeEffect() is None
    editor.undo()
    assert not voxels(read, "L1").any()


def test_what_a_mouse_could_not_do_is_refused(editor, read):
    with pytest.raises(RuntimeError, match="active effect is none"):
        strokes.paint(editor, [CENTRE], 5.1)
    editor.setActiveEffectByName("Erase")
    with pytest.raises(RuntimeError, match="active effect is Erase, not Paint"):
        strokes.paint(editor, [CENTRE], 5.1)
    editor.setActiveEffectByName("Paint")
    read.GetDisplayNode().SetSegmentVisibility("L1", False)
    with pytest.raises(RuntimeError, match="hidden"):
        strokes.paint(editor, [CENTRE], 5.1)
    read.GetDisplayNode().SetSegmentVisibility("L1", True)
    editor.removeViewObservations()
    with pytest.raises(RuntimeError, match="observe"):
        strokes.paint(editor, [CENTRE], 5.1)
    editor.readOnly = True
    assert editor.activeEffect() is None
    assert not voxels(read, "L1").any()


def test_a_stroke_outside_the_volume_changes_nothing(editor, read):
    editor.setActiveEffectByName("Paint")
    strokes.paint(editor, [(-500, 0, 0)], 5)
    assert not voxels(read, "L1").any()


def test_a_read_only_editor_offers_nothing(editor):
    editor.readOnly = True
    assert not slicer.util.findChild(editor, "EffectsGroupBox").enabled
    assert not button(editor, "RemoveSegmentButton").enabled
    editor.readOnly = False
    assert slicer.util.findChild(editor, "EffectsGroupBox").enabled


def test_effects_are_ordered_and_clicked(editor):
    editor.setEffectNameOrder(["Paint", "Erase"])
    editor.unorderedEffectsVisible = False
    effects = slicer.util.findChild(editor, "EffectsGroupBox")
    names = [child.name for child in effects.children() if child.inherits("QToolButton")]
    process_events()
    assert set(names) == {"NULL", "Paint", "Erase"}
    button(editor, "Paint").click()
    assert editor.activeEffect().name == "Paint"
    assert editor.activeEffect() == editor.effectByName("Paint") == editor.effectByIndex(1)
    button(editor, "NULL").click()
    assert editor.activeEffect() is None


def test_effect_parameters_are_kept_in_the_node(editor):
    effect = editor.effectByName("Threshold")
    effect.setParameter("MinimumThreshold", -12.5)
    assert editor.mrmlSegmentEditorNode().GetAttribute("Threshold.MinimumThreshold") == "-12.5"
    assert (effect.doubleParameter("MinimumThreshold"), effect.integerParameter("MaximumThreshold")) == (-12.5, 0)
    assert not effect.parameterDefined("Nothing")
    with pytest.raises(AttributeError):
        effect.noSuchName  # noqa: B018


def test_only_its_user_selecting_a_segment_is_told(editor):
    heard = []
    editor.connect("currentSegmentIDChanged(QString)", heard.append)
    editor.setCurrentSegmentID("L2")
    editor.selectPreviousSegment()
    assert heard == []  # as in Slicer, which tells of its table alone
    editor.findChild(qt.QTableWidget, "SegmentsTable").selectRow(1)
    assert (heard, editor.currentSegmentID()) == (["L2"], "L2")


def test_segments_are_added_and_removed_by_its_buttons(editor, read):
    button(editor, "AddSegmentButton").click()
    assert read.GetSegmentation().GetNumberOfSegments() == 3
    button(editor, "RemoveSegmentButton").click()
    assert read.GetSegmentation().GetNumberOfSegments() == 2
    editor.undo()
    assert read.GetSegmentation().GetNumberOfSegments() == 3


def test_the_source_volume_is_shown_unless_it_is_told_not_to(editor, ct):
    red = slicer.mrmlScene.GetNodeByID("vtkMRMLSliceCompositeNodeRed")
    assert red.GetBackgroundVolumeID() == ct.GetID()
    red.SetBackgroundVolumeID(None)
    editor.autoShowSourceVolumeNode = False
    editor.setSourceVolumeNode(None)
    editor.setSourceVolumeNode(ct)
    assert red.GetBackgroundVolumeID() is None


def test_closing_the_scene_empties_it(editor):
    slicer.mrmlScene.Clear()
    assert editor.segmentationNode() is None
    assert editor.sourceVolumeNode() is None


def test_keys_are_installed_once_and_taken_away(editor):
    window = slicer.util.mainWindow()
    before = len(window.findChildren(qt.QShortcut))
    editor.installKeyboardShortcuts()
    there = len(window.findChildren(qt.QShortcut))
    editor.installKeyboardShortcuts()
    process_events()
    assert len(window.findChildren(qt.QShortcut)) == there > before
    editor.uninstallKeyboardShortcuts()
    process_events()
    assert len(window.findChildren(qt.QShortcut)) == before


def test_parts_are_hidden_by_properties(editor):
    assert editor.addRemoveSegmentButtonsVisible is True
    editor.addRemoveSegmentButtonsVisible = False
    assert not button(editor, "AddSegmentButton").visible
    assert editor.segmentationNodeSelectorVisible is True
    editor.segmentationNodeSelectorVisible = False
    assert not slicer.util.findChild(editor, "SegmentationNodeComboBox").visible


def test_without_a_node_no_effect_can_be_active(host):
    widget = slicer.qMRMLSegmentEditorWidget()
    widget.setMRMLScene(slicer.mrmlScene)
    widget.setActiveEffect(None)
    with pytest.raises(RuntimeError):
        widget.setActiveEffectByName("Paint")
    widget.delete()
