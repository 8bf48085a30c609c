"""``slicer.qMRMLSegmentEditorWidget``: edits real segmentations through the real segment editor logic.

There are no mouse interactions; what a stroke does to a segment is done by ``slicerhost.strokes``.
"""

from collections.abc import Callable
from typing import Any

import slicer
import vtk
from PySide6.QtCore import Property, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QGridLayout, QToolButton, QWidget

from slicerhost.qmrml.observing import Observations
from slicerhost.qmrml.segment_editor_form import SegmentEditorForm
from slicerhost.qmrml.segment_effects import AVAILABLE, DEFAULT_ORDER, Effect, make_effect
from slicerhost.qmrml.widget import MRMLWidget

_NO_EFFECT = "NULL"
_COLUMNS = 5


def _visible(child: str) -> Property:
    """Return a property that shows and hides parts of the form; as in Slicer it is False in a window not shown."""
    names = child.split()

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
    """

    currentSegmentIDChanged = Signal(str)
    segmentationNodeChanged = Signal(object)
    sourceVolumeNodeChanged = Signal(object)
    masterVolumeNodeChanged = Signal(object)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.logic = slicer.vtkSlicerSegmentEditorLogic()
        self.form = SegmentEditorForm(self)
        self._node = self._segmentation = self._source = None
        self._effect: Effect | None = None
        self._last_effect: Effect | None = None
        self._locked, self._auto_show, self._masking_visible, self._jump = False, True, True, False
        self._order, self._unordered_visible, self._columns = list(DEFAULT_ORDER), True, _COLUMNS
        self._button_style, self._views_observed, self._updating = Qt.ToolButtonStyle.ToolButtonIconOnly, False, False
        self._shortcuts: list[QShortcut] = []
        self._effects = {name: make_effect(name, self) for name in AVAILABLE}
        self._of_scene, self._of_node = Observations(self), Observations(self)
        self._of_segmentation, self._of_logic = Observations(self), Observations(self)
        changed = slicer.vtkSlicerSegmentEditorLogic.SegmentationHistoryChangedEvent
        self._of_logic.add(self.logic, changed, SegmentEditorWidget._show_undo)
        self._connect_form()
        self.updateEffectList()
        self._show_nothing()

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
        form.mask_mode_box.currentIndexChanged.connect(self._mask_mode_chosen)
        form.overwrite_box.currentIndexChanged.connect(
            lambda index: self._set("SetOverwriteMode", form.overwrite_box.itemData(index))
        )
        form.mask_check.toggled.connect(lambda on: self._set("SetSourceVolumeIntensityMask", on))
        for box in (form.mask_low, form.mask_high):
            box.valueChanged.connect(
                lambda _: self._set("SetSourceVolumeIntensityMaskRange", form.mask_low.value(), form.mask_high.value())
            )

    def _set(self, setter: str, *values: Any) -> None:
        if self._node is not None and not self._updating:
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
        self.updateWidgetFromMRML()

    def _scene_closed(self, _scene, _data) -> None:
        self._initialise_node()
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
        self._of_node.add(node, vtk.vtkCommand.ModifiedEvent, SegmentEditorWidget._node_modified)
        self._initialise_node()
        self.updateWidgetFromMRML()

    def _initialise_node(self) -> None:
        if self._node is not None:
            with slicer.util.NodeModify(self._node):
                for effect in self._effects.values():
                    effect.set_node(self._node)

    def _node_modified(self, _node, _data) -> None:
        self.updateWidgetFromMRML()

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
        if not chosen and self._effect is not None and self._effect.perSegment:
            self.setActiveEffect(None)
        self.updateWidgetFromMRML()
        self.currentSegmentIDChanged.emit(chosen)

    def selectNextSegment(self) -> None:
        self.selectSegmentAtOffset(1)

    def selectPreviousSegment(self) -> None:
        self.selectSegmentAtOffset(-1)

    def selectSegmentAtOffset(self, offset: int) -> None:
        self.logic.SelectSegmentAtOffset(offset, True)

    # Showing the nodes.

    def updateWidgetFromMRML(self) -> None:
        scene = self._scene
        if self._updating or scene is None or scene.IsClosing() or scene.IsBatchProcessing():
            return
        if self._node is None:
            self._show_nothing()
            return
        self._updating = True
        try:
            with slicer.util.NodeModify(self._node):
                self._show_segmentation()
                self._show_source()
                self._show_segment()
                self._show_effect()
                self._show_undo()
                self._show_masking()
        finally:
            self._updating = False

    def _show_nothing(self) -> None:
        form = self.form
        for part in (form.segmentation_box, form.source_box, form.effects_box, form.masking_box, form.options_frame):
            part.setEnabled(False)
        for button in (form.add_button, form.remove_button, form.switch_button):
            button.setEnabled(False)
        if self._effect is None:
            form.options_box.hide()
            form.masking_box.hide()

    def _show_segmentation(self) -> None:
        node, box = self.logic.GetSegmentationNode(), self.form.segmentation_box
        box.setEnabled(True)
        if box.currentNode() is not node:
            box.blockSignals(True)
            box.setCurrentNode(node)
            box.blockSignals(False)
        if node is self._segmentation:
            return
        self._of_segmentation.end()
        self._segmentation = node
        self.form.table.blockSignals(True)
        self.form.table.setSegmentationNode(node)
        self.form.table.blockSignals(False)
        if node is not None:
            segmentation = slicer.vtkSegmentation
            for event in (vtk.vtkCommand.ModifiedEvent, segmentation.SegmentAdded, segmentation.SegmentRemoved):
                self._of_segmentation.add(node, event, SegmentEditorWidget._node_modified)
            role = slicer.vtkMRMLSegmentationNode.GetReferenceImageGeometryReferenceRole()
            self.logic.SetSourceVolumeNode(node.GetNodeReference(role))
            node.CreateDefaultDisplayNodes()
            if node.GetSegmentation().GetNumberOfSegments() > 0:
                self.logic.SelectFirstSegment(False)
            self.hideLabelLayer()
        self.segmentationNodeChanged.emit(node)

    def _show_source(self) -> None:
        node = self.logic.GetSourceVolumeNode()
        if self._segmentation is None or node is self._source:
            return
        self._source = node
        self.form.source_box.blockSignals(True)
        self.form.source_box.setCurrentNode(node)
        self.form.source_box.blockSignals(False)
        if node is not None and self._auto_show:
            self.showSourceVolumeInSliceViewers()
        self.sourceVolumeNodeChanged.emit(node)
        self.masterVolumeNodeChanged.emit(node)

    def _show_segment(self) -> None:
        form, there = self.form, self._segmentation is not None
        for part in (form.effects_box, form.masking_box, form.options_frame, form.source_box):
            part.setEnabled(there)
        current = self._node.GetSelectedSegmentID() or ""
        if not there or self._segmentation.GetSegmentation().GetSegmentIndex(current) < 0:
            current = ""
        form.add_button.setEnabled(self.logic.CanAddSegments() and not self._locked)
        form.remove_button.setEnabled(bool(current) and not self._locked)
        form.switch_button.setEnabled(there)
        form.table.setSelectedSegmentIDs([current] if current else [])
        form.table.setReadOnly(self._locked)

    def _show_effect(self) -> None:
        form, segmentation = self.form, self._segmentation
        editable = self._node.GetSourceVolumeNode() is not None and not self._locked
        form.effects_box.setEnabled(editable)
        form.options_box.setEnabled(editable)
        available = segmentation is not None and segmentation.GetSegmentation().GetNumberOfSegments() > 0
        selected = bool(self._node.GetSelectedSegmentID())
        for button in form.effect_buttons.buttons():
            effect = self._effects.get(button.objectName())
            if editable and effect is not None:
                button.setEnabled(available and (selected or not effect.perSegment))
        effect = self._effects.get(self._node.GetActiveEffectName() or "")
        if effect is self._effect:
            return
        if effect is not None and not self._make_labelmap():
            effect = None
        if effect is not None:
            self.setupViewObservations()
        else:
            self.removeViewObservations()
        form.options_box.setVisible(effect is not None)
        form.options_box.setTitle(effect.title if effect else "")
        form.masking_box.setVisible(effect is not None and self._masking_visible)
        name = effect.name if effect else _NO_EFFECT
        for button in form.effect_buttons.buttons():
            button.setChecked(button.objectName() == name)
        self._last_effect, self._effect = self._effect, effect

    def _make_labelmap(self) -> bool:
        """Make a binary labelmap the source of a segmentation that is something else; in Slicer a dialog asks first."""
        if self.logic.CanTriviallyConvertSourceRepresentationToBinaryLabelMap():
            return self.logic.TrivialSetSourceRepresentationToBinaryLabelmap()
        raise NotImplementedError("the stand-in host edits segmentations only whose source is a binary labelmap")

    def _show_undo(self, *_event) -> None:
        self.form.undo_button.setEnabled(not self._locked and self.logic.CanUndo())
        self.form.redo_button.setEnabled(not self._locked and self.logic.CanRedo())

    def _show_masking(self) -> None:
        form, node = self.form, self._node
        form.mask_mode_box.setCurrentIndex(form.mask_mode_box.findData(node.GetMaskMode()))
        form.overwrite_box.setCurrentIndex(form.overwrite_box.findData(node.GetOverwriteMode()))
        form.mask_check.setChecked(node.GetSourceVolumeIntensityMask())
        low, high = node.GetSourceVolumeIntensityMaskRange()
        form.mask_low.setValue(low)
        form.mask_high.setValue(high)

    def _mask_mode_chosen(self, index: int) -> None:
        self._set("SetMaskMode", self.form.mask_mode_box.itemData(index))

    def showSourceVolumeInSliceViewers(self, force: bool = False, fit: bool = False) -> None:
        source, manager = self._node.GetSourceVolumeNode(), slicer.app.layoutManager()
        if source is None or manager is None:
            return
        logics = manager.mrmlSliceLogics()
        for logic in (logics.GetItemAsObject(n) for n in range(logics.GetNumberOfItems())):
            composite = logic.GetSliceCompositeNode()
            shown = (composite.GetBackgroundVolumeID(), composite.GetForegroundVolumeID())
            if source.GetID() not in shown or force:
                composite.SetBackgroundVolumeID(source.GetID())
                composite.SetForegroundVolumeID(None)
                composite.SetLabelVolumeID(None)
            if fit:
                logic.FitSliceToBackground()

    def hideLabelLayer(self) -> None:
        for composite in slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode"):
            composite.SetLabelVolumeID(None)

    # Effects.

    def availableEffectNames(self) -> list[str]:
        return list(AVAILABLE)

    def effectCount(self) -> int:
        return len(self._effects)

    def effectByName(self, name: str) -> Effect | None:
        return self._effects.get(name)

    def effectByIndex(self, index: int) -> Effect | None:
        """Return the effect of the n-th button; the button 0 is that for none."""
        buttons = self.form.effect_buttons.buttons()
        return self._effects.get(buttons[index].objectName()) if 0 <= index < len(buttons) else None

    def activeEffect(self) -> Effect | None:
        return self._effect

    def setActiveEffect(self, effect: Effect | None) -> None:
        if self._node is not None:
            self._node.SetActiveEffectName(effect.name if effect else "")
        elif effect is not None:
            raise RuntimeError("no effect can be active: the segment editor has no segment editor node")

    def setActiveEffectByName(self, name: str) -> None:
        self.setActiveEffect(self._effects.get(name))

    def effectNameOrder(self) -> list[str]:
        return list(self._order)

    def setEffectNameOrder(self, names) -> None:
        self._order = list(names)
        self.updateEffectList()

    def updateEffectList(self) -> None:
        group, layout = self.form.effect_buttons, self.form.effects_box.layout()
        for button in group.buttons():
            group.removeButton(button)
            layout.removeWidget(button)
            button.setParent(None)
            button.deleteLater()
        ordered = [name for name in self._order if name in self._effects]
        rest = [name for name in AVAILABLE if name not in ordered] if self._unordered_visible else []
        for number, name in enumerate((_NO_EFFECT, *ordered, *rest)):
            self._add_button(group, layout, number, name)

    def _add_button(self, group, layout: QGridLayout, number: int, name: str) -> None:
        button = QToolButton()
        button.setObjectName(name)
        button.setText("None" if name == _NO_EFFECT else name)
        button.setToolTip(button.text())
        button.setCheckable(True)
        button.setChecked(name == (self._effect.name if self._effect else _NO_EFFECT))
        button.setToolButtonStyle(self._button_style)
        group.addButton(button)
        layout.addWidget(button, number // self._columns, number % self._columns)

    def setEffectColumnCount(self, columns: int) -> None:
        self._columns = columns
        self.updateEffectList()

    def setEffectButtonStyle(self, style: int) -> None:
        self._button_style = Qt.ToolButtonStyle(style)
        for button in self.form.effect_buttons.buttons():
            button.setToolButtonStyle(self._button_style)

    def _show_unordered(self, visible: bool) -> None:
        self._unordered_visible = visible
        self.updateEffectList()

    def setupViewObservations(self) -> None:
        """Take the mouse in the views, which the host does not have: only that it was done is kept."""
        self._views_observed = True

    def removeViewObservations(self) -> None:
        self._views_observed = False

    # Undo.

    def undo(self) -> None:
        self.logic.Undo()

    def redo(self) -> None:
        self.logic.Redo()

    def saveStateForUndo(self) -> None:
        self.logic.SaveStateForUndo()

    def _enable_undo(self, enabled: bool) -> None:
        if enabled:
            self.logic.ClearUndoState()
        self.form.undo_box.setVisible(enabled)

    def toggleSourceVolumeIntensityMaskEnabled(self) -> None:
        self.logic.ToggleSourceVolumeIntensityMask()

    # Shortcuts.

    def installKeyboardShortcuts(self, parent: QWidget | None = None) -> None:
        self.uninstallKeyboardShortcuts()
        from slicerhost.pythonqt import unwrap

        place = parent or unwrap(slicer.util.mainWindow())
        if place is None:
            return
        for number in range(1, 11):
            self._add_shortcut(place, str(number % 10), lambda n=number: self._toggle_effect(n))
            self._add_shortcut(place, f"Shift+{number % 10}", lambda n=number + 10: self._toggle_effect(n))
        self._add_shortcut(place, "Esc", lambda: self._toggle_effect(0))
        self._add_shortcut(place, "Space", lambda: self._locked or self.setActiveEffect(self._last_effect))
        for keys, action in (
            (("Z", "Ctrl+Z"), self.undo),
            (("Y", "Ctrl+Y"), self.redo),
            (("Q", "/", ",", ">"), self.selectPreviousSegment),
            (("W", "*", ".", "<"), self.selectNextSegment),
            (("I",), self.toggleSourceVolumeIntensityMaskEnabled),
        ):
            for key in keys:
                self._add_shortcut(place, key, action)

    def _add_shortcut(self, place: QWidget, key: str, action: Callable[[], Any]) -> None:
        shortcut = QShortcut(QKeySequence(key), place)
        shortcut.activated.connect(action)
        self._shortcuts.append(shortcut)

    def uninstallKeyboardShortcuts(self) -> None:
        for shortcut in self._shortcuts:
            shortcut.setParent(None)
            shortcut.deleteLater()
        self._shortcuts.clear()

    def _toggle_effect(self, index: int) -> None:
        if not self._locked:
            effect = self.effectByIndex(index)
            self.setActiveEffect(None if effect is self._effect else effect)

    # Properties.

    def _lock(self, locked: bool) -> None:
        self._locked = locked
        if locked:
            self.setActiveEffect(None)
        self.updateWidgetFromMRML()

    def _set_maximum_undo(self, count: int) -> None:
        self.logic.SetMaximumNumberOfUndoStates(count)

    def _set_auto_show(self, show: bool) -> None:
        self._auto_show = show

    def _set_masking_visible(self, visible: bool) -> None:
        self._masking_visible = visible
        self.form.masking_box.setVisible(visible and self._effect is not None)

    def _set_jump(self, enabled: bool) -> None:
        self._jump = enabled
        self.form.table.setJumpToSelectedSegmentEnabled(enabled)

    readOnly = Property(bool, lambda self: self._locked, _lock)
    undoEnabled = Property(bool, lambda self: self.form.undo_box.isVisible(), _enable_undo)
    maximumNumberOfUndoStates = Property(int, lambda self: self.logic.GetMaximumNumberOfUndoStates(), _set_maximum_undo)
    autoShowSourceVolumeNode = Property(bool, lambda self: self._auto_show, _set_auto_show)
    autoShowMasterVolumeNode = autoShowSourceVolumeNode
    unorderedEffectsVisible = Property(bool, lambda self: self._unordered_visible, _show_unordered)
    effectColumnCount = Property(int, lambda self: self._columns, setEffectColumnCount)
    effectButtonStyle = Property(int, lambda self: self._button_style.value, setEffectButtonStyle)
    maskingSectionVisible = Property(bool, lambda self: self._masking_visible, _set_masking_visible)
    jumpToSelectedSegmentEnabled = Property(bool, lambda self: self._jump, _set_jump)
    segmentationNodeSelectorVisible = _visible("segmentation_box segmentation_label")
    sourceVolumeNodeSelectorVisible = _visible("source_box source_label")
    masterVolumeNodeSelectorVisible = _visible("source_box source_label")
    switchToSegmentationsButtonVisible = _visible("switch_button")
    specifyGeometryButtonVisible = _visible("geometry_button")
    show3DButtonVisible = _visible("show_3d_button")
    addRemoveSegmentButtonsVisible = _visible("add_button remove_button")
