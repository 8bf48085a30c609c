"""``slicer.qMRMLSegmentEditorWidget``: edits real segmentations through the real segment editor logic.

There are no mouse interactions; what a stroke does to a segment is done by ``slicerhost.strokes``.
"""

from typing import Any

import slicer
import vtk
from PySide6.QtCore import Property, Signal
from PySide6.QtWidgets import QWidget

from slicerhost.qmrml.observing import Observations
from slicerhost.qmrml.segment_editor_display import EditorDisplay
from slicerhost.qmrml.segment_editor_effects import EffectButtons
from slicerhost.qmrml.segment_editor_form import SegmentEditorForm
from slicerhost.qmrml.segment_editor_shortcuts import EditorShortcuts
from slicerhost.qmrml.segment_effects import AVAILABLE, Effect
from slicerhost.qmrml.widget import MRMLWidget


def _visible(children: str) -> Property:
    """Return a property that shows and hides parts of the form; as in Slicer it is False in a window not shown."""
    names = children.split()

    def show(self, visible: bool) -> None:
        for name in names:
            getattr(self.form, name).setVisible(visible)

    return Property(bool, lambda self: getattr(self.form, names[0]).isVisible(), show)


class SegmentEditorWidget(MRMLWidget):
    """The editor, after what Slicer's does with its node, its table and its effects; the logic does the editing.

    Attributes
    ----------
    logic : vtkSlicerSegmentEditorLogic
    form : SegmentEditorForm
    buttons : EffectButtons
    observes_views : bool
        Whether strokes in the slice views would get here.
    """

    currentSegmentIDChanged = Signal(str)
    segmentationNodeChanged = Signal(object)
    sourceVolumeNodeChanged = Signal(object)
    masterVolumeNodeChanged = Signal(object)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.logic = slicer.vtkSlicerSegmentEditorLogic()
        self.form = SegmentEditorForm(self)
        self._node, self._locked, self._auto_show, self._masking_visible, self._jump = None, False, True, True, False
        self.observes_views = False
        self.buttons = EffectButtons(self, self.form)
        self._shortcuts = EditorShortcuts(self)
        self._display = EditorDisplay(self)
        self._of_scene, self._of_node, self._of_logic = (Observations(self) for _ in range(3))
        changed = slicer.vtkSlicerSegmentEditorLogic.SegmentationHistoryChangedEvent
        self._of_logic.add(self.logic, changed, SegmentEditorWidget._history_changed)
        self._connect_form()

    def _connect_form(self) -> None:
        form = self.form
        form.segmentation_box.currentNodeChanged.connect(self._segmentation_chosen)
        form.source_box.currentNodeChanged.connect(self._source_chosen)
        form.table.selectionChanged.connect(self._segment_chosen)
        form.table.segmentAboutToBeModified.connect(lambda _id: self.saveStateForUndo())
        form.add_button.clicked.connect(lambda: self.logic.AddEmptySegment("", 0))
        form.remove_button.clicked.connect(lambda: self.logic.RemoveSelectedSegment())
        form.undo_button.clicked.connect(self.undo)
        form.redo_button.clicked.connect(self.redo)
        form.effect_buttons.buttonClicked.connect(lambda button: self.setActiveEffectByName(button.objectName()))
        form.mask_mode_box.currentIndexChanged.connect(
            lambda index: self._set("SetMaskMode", form.mask_mode_box.itemData(index))
        )
        form.overwrite_box.currentIndexChanged.connect(
            lambda index: self._set("SetOverwriteMode", form.overwrite_box.itemData(index))
        )
        form.mask_check.toggled.connect(lambda on: self._set("SetSourceVolumeIntensityMask", on))
        for box in (form.mask_low, form.mask_high):
            box.valueChanged.connect(
                lambda _: self._set("SetSourceVolumeIntensityMaskRange", form.mask_low.value(), form.mask_high.value())
            )

    def _set(self, setter: str, *values: Any) -> None:
        if self._node is not None and not self._display.updating:
            getattr(self._node, setter)(*values)

    # Scene and nodes.

    def _scene_set(self) -> None:
        scene = self._scene
        for box in (self.form.segmentation_box, self.form.source_box):
            box.blockSignals(True)
            box.setMRMLScene(scene)
            box.blockSignals(False)
        self.form.table.setMRMLScene(scene)
        self.logic.SetMRMLApplicationLogic(slicer.app.applicationLogic())
        self.logic.SetMRMLScene(scene)
        self.logic.SetVerbose(True)
        self._of_scene.end()
        if scene is not None:
            self._of_scene.add(scene, scene.EndCloseEvent, SegmentEditorWidget._scene_closed)
            self._of_scene.add(scene, scene.EndBatchProcessEvent, SegmentEditorWidget._batch_processed)
        self.updateWidgetFromMRML()

    def _scene_closed(self, _scene, _data) -> None:
        self._initialise_node()
        self.updateWidgetFromMRML()

    def _batch_processed(self, _scene, _data) -> None:
        """Edit what the selectors show: they may have lost it, or found it, meanwhile."""
        if self._node is not None:
            if self._node.GetSegmentationNode() is not self.form.segmentation_box.currentNode():
                self.setSegmentationNode(self.form.segmentation_box.currentNode())
            if self._node.GetSourceVolumeNode() is not self.form.source_box.currentNode():
                self.setSourceVolumeNode(self.form.source_box.currentNode())
        self.updateWidgetFromMRML()

    def mrmlSegmentEditorNode(self):
        return self._node

    def setMRMLSegmentEditorNode(self, node) -> None:
        if node is self._node:
            return
        self._of_node.end()
        self._node = node
        self.logic.SetSegmentEditorNode(node)
        if node is None:
            return  # as in Slicer, what was shown stays
        self._of_node.add(node, vtk.vtkCommand.ModifiedEvent, SegmentEditorWidget.node_modified)
        self._initialise_node()
        self.updateWidgetFromMRML()

    def _initialise_node(self) -> None:
        if self._node is not None:
            with slicer.util.NodeModify(self._node):
                for effect in self.buttons.effects.values():
                    effect.set_node(self._node)

    def node_modified(self, _node, _data) -> None:
        """Take note that the editor's node, or the segmentation, changed."""
        self.updateWidgetFromMRML()

    def updateWidgetFromMRML(self) -> None:
        self._display.update()

    def segmentationNode(self):
        return self.form.segmentation_box.currentNode()

    def segmentationNodeID(self) -> str:
        return self.form.segmentation_box.currentNodeID

    def setSegmentationNode(self, node) -> None:
        if self.logic.GetSegmentationNode() is not node:
            self.logic.SetSegmentationNode(node)
            self.setActiveEffect(None)

    def setSegmentationNodeID(self, node_id: str) -> None:
        self.setSegmentationNode(self._scene.GetNodeByID(node_id))

    def _segmentation_chosen(self, node) -> None:
        if self._scene is not None and not self._scene.IsBatchProcessing():
            self.setSegmentationNode(node)

    def sourceVolumeNode(self):
        return self.logic.GetSourceVolumeNode()

    def sourceVolumeNodeID(self) -> str:
        node = self.sourceVolumeNode()
        return node.GetID() if node else ""

    def setSourceVolumeNode(self, node) -> None:
        self.logic.SetSourceVolumeNode(node)

    def setSourceVolumeNodeID(self, node_id: str) -> None:
        self.setSourceVolumeNode(self._scene.GetNodeByID(node_id))

    def _source_chosen(self, node) -> None:
        if self._scene is not None and not self._scene.IsBatchProcessing():
            self.setSourceVolumeNode(node)

    masterVolumeNode, setMasterVolumeNode = sourceVolumeNode, setSourceVolumeNode
    masterVolumeNodeID, setMasterVolumeNodeID = sourceVolumeNodeID, setSourceVolumeNodeID

    def showSourceVolumeInSliceViewers(self, force: bool = False, fit: bool = False) -> None:
        source, manager = self._node.GetSourceVolumeNode(), slicer.app.layoutManager()
        if source is None or manager is None:
            return
        logics = manager.mrmlSliceLogics()
        for logic in (logics.GetItemAsObject(n) for n in range(logics.GetNumberOfItems())):
            composite = logic.GetSliceCompositeNode()
            if source.GetID() not in (composite.GetBackgroundVolumeID(), composite.GetForegroundVolumeID()) or force:
                composite.SetBackgroundVolumeID(source.GetID())
                composite.SetForegroundVolumeID(None)
                composite.SetLabelVolumeID(None)
            if fit:
                logic.FitSliceToBackground()

    def hideLabelLayer(self) -> None:
        for composite in slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode"):
            composite.SetLabelVolumeID(None)

    # The segment at hand.

    def currentSegmentID(self) -> str:
        return self.logic.GetCurrentSegmentID()

    def setCurrentSegmentID(self, segment_id: str) -> None:
        if self._node is not None:
            self._node.SetSelectedSegmentID(segment_id)

    def _segment_chosen(self) -> None:
        """Take up what was selected in the table. It was not chosen there if the node knows it already."""
        chosen = next(iter(self.form.table.selectedSegmentIDs()), "")
        if self._node is None or (self._node.GetSelectedSegmentID() or "") == chosen:
            return
        self._node.SetSelectedSegmentID(chosen or None)
        effect = self.activeEffect()
        if not chosen and effect is not None and effect.perSegment:
            self.setActiveEffect(None)
        self.updateWidgetFromMRML()
        self.currentSegmentIDChanged.emit(chosen)

    def selectNextSegment(self) -> None:
        self.selectSegmentAtOffset(1)

    def selectPreviousSegment(self) -> None:
        self.selectSegmentAtOffset(-1)

    def selectSegmentAtOffset(self, offset: int) -> None:
        self.logic.SelectSegmentAtOffset(offset, True)

    # Effects.

    def availableEffectNames(self) -> list[str]:
        return list(AVAILABLE)

    def effectCount(self) -> int:
        return len(AVAILABLE)

    def effectByName(self, name: str) -> Effect | None:
        return self.buttons.by_name(name)

    def effectByIndex(self, index: int) -> Effect | None:
        return self.buttons.by_index(index)

    def activeEffect(self) -> Effect | None:
        return self._display.effect

    @property
    def last_effect(self) -> Effect | None:
        """The effect that was active before."""
        return self._display.last_effect

    def setActiveEffect(self, effect: Effect | None) -> None:
        if self._node is not None:
            self._node.SetActiveEffectName(effect.name if effect else "")
        elif effect is not None:
            raise RuntimeError("no effect can be active: the segment editor has no segment editor node")

    def setActiveEffectByName(self, name: str) -> None:
        self.setActiveEffect(self.buttons.by_name(name))

    def effectNameOrder(self) -> list[str]:
        return list(self.buttons.order)

    def setEffectNameOrder(self, names) -> None:
        self.buttons.order = list(names)
        self.updateEffectList()

    def updateEffectList(self) -> None:
        self.buttons.rebuild(self.activeEffect())

    def setEffectColumnCount(self, columns: int) -> None:
        self.buttons.columns = columns
        self.updateEffectList()

    def setEffectButtonStyle(self, style: int) -> None:
        self.buttons.set_style(style)

    def _show_unordered(self, visible: bool) -> None:
        self.buttons.unordered_visible = visible
        self.updateEffectList()

    def setupViewObservations(self) -> None:
        self.observes_views = True

    def removeViewObservations(self) -> None:
        self.observes_views = False

    def installKeyboardShortcuts(self, parent: QWidget | None = None) -> None:
        self._shortcuts.install(parent)

    def uninstallKeyboardShortcuts(self) -> None:
        self._shortcuts.uninstall()

    # Undo and masking.

    def undo(self) -> None:
        self.logic.Undo()

    def redo(self) -> None:
        self.logic.Redo()

    def saveStateForUndo(self) -> None:
        self.logic.SaveStateForUndo()

    def _history_changed(self, _logic, _data) -> None:
        self._display.show_undo()

    def _enable_undo(self, enabled: bool) -> None:
        if enabled:
            self.logic.ClearUndoState()
        self.form.undo_box.setVisible(enabled)

    def _set_maximum_undo(self, count: int) -> None:
        self.logic.SetMaximumNumberOfUndoStates(count)

    def toggleSourceVolumeIntensityMaskEnabled(self) -> None:
        self.logic.ToggleSourceVolumeIntensityMask()

    # Properties.

    def _lock(self, locked: bool) -> None:
        self._locked = locked
        if locked:
            self.setActiveEffect(None)
        self.updateWidgetFromMRML()

    def _set_auto_show(self, show: bool) -> None:
        self._auto_show = show

    def _set_masking_visible(self, visible: bool) -> None:
        self._masking_visible = visible
        self.form.masking_box.setVisible(visible and self.activeEffect() is not None)

    def _set_jump(self, enabled: bool) -> None:
        self._jump = enabled
        self.form.table.setJumpToSelectedSegmentEnabled(enabled)

    readOnly = Property(bool, lambda self: self._locked, _lock)
    undoEnabled = Property(bool, lambda self: self.form.undo_box.isVisible(), _enable_undo)
    maximumNumberOfUndoStates = Property(int, lambda self: self.logic.GetMaximumNumberOfUndoStates(), _set_maximum_undo)
    autoShowSourceVolumeNode = Property(bool, lambda self: self._auto_show, _set_auto_show)
    autoShowMasterVolumeNode = autoShowSourceVolumeNode
    unorderedEffectsVisible = Property(bool, lambda self: self.buttons.unordered_visible, _show_unordered)
    effectColumnCount = Property(int, lambda self: self.buttons.columns, setEffectColumnCount)
    effectButtonStyle = Property(int, lambda self: self.buttons.style.value, setEffectButtonStyle)
    maskingSectionVisible = Property(bool, lambda self: self._masking_visible, _set_masking_visible)
    jumpToSelectedSegmentEnabled = Property(bool, lambda self: self._jump, _set_jump)
    segmentationNodeSelectorVisible = _visible("segmentation_box segmentation_label")
    sourceVolumeNodeSelectorVisible = _visible("source_box source_label")
    masterVolumeNodeSelectorVisible = _visible("source_box source_label")
    switchToSegmentationsButtonVisible = _visible("switch_button")
    specifyGeometryButtonVisible = _visible("geometry_button")
    show3DButtonVisible = _visible("show_3d_button")
    addRemoveSegmentButtonsVisible = _visible("add_button remove_button")
