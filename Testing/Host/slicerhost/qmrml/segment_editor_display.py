"""What a segment editor shows of its node, in the order in which Slicer's editor takes it up."""

from typing import TYPE_CHECKING

import slicer
import vtk

from slicerhost.qmrml.observing import Observations

if TYPE_CHECKING:
    from slicerhost.qmrml.segment_editor import SegmentEditorWidget


class EditorDisplay:
    """Brings the form in step with the node, and tells of another segmentation, volume or effect.

    Attributes
    ----------
    segmentation, source
        The nodes that are shown.
    effect, last_effect : Effect or None
        The active effect, and the one before it.
    """

    def __init__(self, editor: "SegmentEditorWidget"):
        self._editor, self._form = editor, editor.form
        self._updating = False
        self.segmentation = self.source = None
        self.effect = self.last_effect = None
        self._observations = Observations(editor)
        self.show_nothing()

    @property
    def updating(self) -> bool:
        """Whether the form is being changed by this, not by its user."""
        return self._updating

    def update(self) -> None:
        """Show the node as it is; not while the scene is being closed or loaded."""
        editor, scene = self._editor, self._editor.mrmlScene()
        if self._updating or scene is None or scene.IsClosing() or scene.IsBatchProcessing():
            return
        node = editor.mrmlSegmentEditorNode()
        if node is None:
            self.show_nothing()
            return
        self._updating = True
        try:
            with slicer.util.NodeModify(node):
                self._show_segmentation()
                self._show_source()
                self._show_segment(node)
                self._show_effect(node)
                self.show_undo()
                self._show_masking(node)
        finally:
            self._updating = False

    def show_nothing(self) -> None:
        """Disable everything: there is no node."""
        form = self._form
        for part in (form.segmentation_box, form.source_box, form.effects_box, form.masking_box, form.options_frame):
            part.setEnabled(False)
        for button in (form.add_button, form.remove_button, form.switch_button):
            button.setEnabled(False)
        if self.effect is None:
            form.options_box.hide()
            form.masking_box.hide()

    def _show_segmentation(self) -> None:
        editor, form = self._editor, self._form
        node = editor.logic.GetSegmentationNode()
        form.segmentation_box.setEnabled(True)
        if form.segmentation_box.currentNode() is not node:
            form.segmentation_box.blockSignals(True)
            form.segmentation_box.setCurrentNode(node)
            form.segmentation_box.blockSignals(False)
        if node is self.segmentation:
            return
        self._observations.end()
        self.segmentation = node
        form.table.blockSignals(True)
        form.table.setSegmentationNode(node)
        form.table.blockSignals(False)
        if node is not None:
            events = slicer.vtkSegmentation
            for event in (vtk.vtkCommand.ModifiedEvent, events.SegmentAdded, events.SegmentRemoved):
                self._observations.add(node, event, type(editor).node_modified)
            role = slicer.vtkMRMLSegmentationNode.GetReferenceImageGeometryReferenceRole()
            editor.logic.SetSourceVolumeNode(node.GetNodeReference(role))
            node.CreateDefaultDisplayNodes()
            if node.GetSegmentation().GetNumberOfSegments() > 0:
                editor.logic.SelectFirstSegment(False)
            editor.hideLabelLayer()
        editor.segmentationNodeChanged.emit(node)

    def _show_source(self) -> None:
        editor, box = self._editor, self._form.source_box
        node = editor.logic.GetSourceVolumeNode()
        if self.segmentation is None or node is self.source:
            return
        self.source = node
        box.blockSignals(True)
        box.setCurrentNode(node)
        box.blockSignals(False)
        if node is not None and editor.autoShowSourceVolumeNode:
            editor.showSourceVolumeInSliceViewers()
        editor.sourceVolumeNodeChanged.emit(node)
        editor.masterVolumeNodeChanged.emit(node)

    def _show_segment(self, node) -> None:
        editor, form, there = self._editor, self._form, self.segmentation is not None
        for part in (form.effects_box, form.masking_box, form.options_frame, form.source_box):
            part.setEnabled(there)
        current = node.GetSelectedSegmentID() or ""
        if not there or self.segmentation.GetSegmentation().GetSegmentIndex(current) < 0:
            current = ""
        form.add_button.setEnabled(editor.logic.CanAddSegments())
        form.remove_button.setEnabled(bool(current) and not editor.readOnly)
        form.switch_button.setEnabled(there)
        form.table.setSelectedSegmentIDs([current] if current else [])
        form.table.setReadOnly(editor.readOnly)

    def _show_effect(self, node) -> None:
        editor, form = self._editor, self._form
        editable = node.GetSourceVolumeNode() is not None and not editor.readOnly
        form.effects_box.setEnabled(editable)
        form.options_box.setEnabled(editable)
        if editable:
            available = self.segmentation is not None and self.segmentation.GetSegmentation().GetNumberOfSegments() > 0
            editor.buttons.enable(available, bool(node.GetSelectedSegmentID()))
        effect = editor.buttons.by_name(node.GetActiveEffectName())
        if effect is self.effect:
            return
        if effect is not None:
            self._make_labelmap()
            editor.setupViewObservations()
        else:
            editor.removeViewObservations()
        form.options_box.setVisible(effect is not None)
        form.options_box.setTitle(effect.title if effect else "")
        form.masking_box.setVisible(effect is not None and editor.maskingSectionVisible)
        editor.buttons.mark(effect)
        self.last_effect, self.effect = self.effect, effect

    def _make_labelmap(self) -> None:
        logic = self._editor.logic
        if not logic.CanTriviallyConvertSourceRepresentationToBinaryLabelMap():
            raise NotImplementedError("Slicer asks before it edits what is no labelmap: the stand-in host cannot")
        logic.TrivialSetSourceRepresentationToBinaryLabelmap()

    def show_undo(self) -> None:
        """Enable the buttons for what can be undone and redone."""
        editor, form = self._editor, self._form
        form.undo_button.setEnabled(not editor.readOnly and editor.logic.CanUndo())
        form.redo_button.setEnabled(not editor.readOnly and editor.logic.CanRedo())

    def _show_masking(self, node) -> None:
        form = self._form
        form.mask_mode_box.setCurrentIndex(form.mask_mode_box.findData(node.GetMaskMode()))
        form.overwrite_box.setCurrentIndex(form.overwrite_box.findData(node.GetOverwriteMode()))
        form.mask_check.setChecked(node.GetSourceVolumeIntensityMask())
        low, high = node.GetSourceVolumeIntensityMaskRange()
        form.mask_low.setValue(low)
        form.mask_high.setValue(high)
