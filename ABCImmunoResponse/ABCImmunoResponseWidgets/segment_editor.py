"""Slicer's Segment Editor inside a step: the segments at hand and nothing else of the scene."""

from collections.abc import Callable

import slicer
import vtk

_EFFECTS = (
    "Threshold", "Paint", "Draw", "Erase", "Level tracing", "Grow from seeds", "Islands", "Smoothing", "Scissors",
    "Fill between slices", "Margin",
)  # fmt: skip
_EFFECT_COLUMNS = 2  # of icons: beside them a panel of 400 px has room for an effect's options
_UNDO_STATES = 10
# The lesion table stands in for this part of Slicer's editor, and what lies around it.
_TABLE = "SegmentsTableView"
_REPLACED = (_TABLE, "SegmentsTableResizableFrame")


class SegmentEditor:
    """A segment editor of its own: it shares neither its node nor its undo history with the Segment Editor module.

    Parameters
    ----------
    place
        The widget whose layout takes the editor.
    on_select
        Called with the id of the segment that was selected in the editor.
    """

    def __init__(self, place, on_select: Callable[[str], None]) -> None:
        self._on_select = on_select
        self._node = self._tag = None
        self._selected = ""
        self._in_hand = False
        self._effect: str | None = None
        self.widget = editor = slicer.qMRMLSegmentEditorWidget()
        editor.objectName = "lesionSegmentEditor"
        editor.setMRMLScene(slicer.mrmlScene)
        editor.segmentationNodeSelectorVisible = False
        editor.sourceVolumeNodeSelectorVisible = False
        editor.addRemoveSegmentButtonsVisible = False
        editor.specifyGeometryButtonVisible = False
        editor.switchToSegmentationsButtonVisible = False
        editor.show3DButtonVisible = False
        editor.autoShowSourceVolumeNode = False  # the step says what the views show, and where
        editor.unorderedEffectsVisible = False
        editor.setEffectNameOrder(list(_EFFECTS))
        editor.effectColumnCount = _EFFECT_COLUMNS
        editor.undoEnabled = True
        editor.maximumNumberOfUndoStates = _UNDO_STATES
        for name in _REPLACED:
            for part in slicer.util.findChildren(editor, name=name):
                part.visible = False
        place.layout().addWidget(editor)

    def attach(self, segmentation_node, volume_node, *, editable: bool):
        """Edit a segmentation, or only show it; return the editor's node, which is to go with the read."""
        node = slicer.vtkMRMLSegmentEditorNode()
        node.SetName("ABCImmunoResponse editor")
        # Lesions may touch: painting one never takes voxels from another.
        node.SetOverwriteMode(node.OverwriteNone)
        node = slicer.mrmlScene.AddNode(node)
        self.widget.setMRMLSegmentEditorNode(node)
        self.widget.setSegmentationNode(segmentation_node)
        self.widget.setSourceVolumeNode(volume_node)
        self.widget.readOnly = not editable
        # The widget tells of a selection in its own table only; its node hears of every one.
        self._node, self._selected = node, node.GetSelectedSegmentID()
        self._tag = node.AddObserver(vtk.vtkCommand.ModifiedEvent, self._node_changed)
        self.take_up()
        return node

    def detach(self) -> None:
        """Let go of the segmentation, with its undo history."""
        self.put_down()
        self._effect = None
        if self._node is not None:
            self._node.RemoveObserver(self._tag)
            self._node = self._tag = None
        # The volume first: without a segmentation Slicer's editor goes on showing it, and takes another when it goes.
        self.widget.setSourceVolumeNode(None)
        self.widget.setSegmentationNode(None)
        self.widget.setMRMLSegmentEditorNode(None)
        for table in slicer.util.findChildren(self.widget, name=_TABLE):
            table.setSegmentationNode(None)  # while a scene closes the widget itself keeps what it showed

    def take_up(self) -> None:
        """Work in the slice views again, with the effect that was active."""
        if not self._in_hand:
            self._in_hand = True
            self.widget.setupViewObservations()
            if slicer.util.mainWindow() is not None:  # which the keys are pressed in
                self.widget.installKeyboardShortcuts()
            if self._effect:
                self.activate(self._effect)

    def put_down(self) -> None:
        """Take the hands off the slice views: no effect is active, and the views are no longer observed."""
        if self._in_hand:
            self._in_hand = False
            active = self.widget.activeEffect()
            self._effect = active.name if active is not None else None
            self.widget.setActiveEffect(None)
            self.widget.uninstallKeyboardShortcuts()
            self.widget.removeViewObservations()

    def select(self, segment_id: str | None) -> None:
        """Select a segment."""
        if segment_id and self.widget.currentSegmentID() != segment_id:
            self.widget.setCurrentSegmentID(segment_id)

    def activate(self, effect: str) -> None:
        """Make an effect the active one."""
        self.widget.setActiveEffectByName(effect)

    def cleanup(self) -> None:
        """Let go of everything."""
        self.detach()
        self.widget.setMRMLScene(None)

    def _node_changed(self, caller, event) -> None:
        selected = self._node.GetSelectedSegmentID()
        if selected != self._selected:
            self._selected = selected
            if selected:
                self._on_select(selected)
