"""The children of the segment editor widget, under the names that they have in Slicer."""

import slicer
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QFrame,
    QGridLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from slicerhost.qmrml.node_combo_box import NodeComboBox
from slicerhost.qmrml.segments_table import SegmentsTableView


class SegmentEditorForm:
    """Makes the children and lays them out; each is an attribute by the name that Slicer gives it, in lower case."""

    def __init__(self, editor: QWidget):
        self._editor = editor
        self.segmentation_box = self._combo("SegmentationNodeComboBox", "vtkMRMLSegmentationNode")
        self.source_box = self._combo("SourceVolumeNodeComboBox", "vtkMRMLScalarVolumeNode", none=True, add=False)
        self.source_box._set_filter("hidden_types", ["vtkMRMLLabelMapVolumeNode"])
        self.segmentation_label = self._named(QLabel("Segmentation:"), "SegmentationNodeLabel")
        self.source_label = self._named(QLabel("Source volume:"), "SourceVolumeNodeLabel")
        self.geometry_button = self._named(QToolButton(), "SpecifyGeometryButton")
        self.add_button = self._named(QPushButton("Add"), "AddSegmentButton")
        self.remove_button = self._named(QPushButton("Remove"), "RemoveSegmentButton")
        self.show_3d_button = self._named(QPushButton("Show 3D"), "Show3DButton")
        self.switch_button = self._named(QToolButton(), "SwitchToSegmentationsButton")
        self.table_frame = self._named(QFrame(), "SegmentsTableResizableFrame")
        self.table = self._named(SegmentsTableView(), "SegmentsTableView")
        self.effects_box = self._named(QFrame(), "EffectsGroupBox")
        self.undo_box = self._named(QFrame(), "UndoRedoGroupBox")
        self.undo_button = self._named(QToolButton(), "UndoButton", "Undo")
        self.redo_button = self._named(QToolButton(), "RedoButton", "Redo")
        self.options_box = self._named(QGroupBox(), "OptionsGroupBox")
        self.options_frame = self._named(QFrame(), "EffectsOptionsFrame")
        self.masking_box = self._named(QGroupBox("Masking"), "MaskingGroupBox")
        self.mask_mode_box = self._named(QComboBox(), "MaskModeComboBox")
        self.mask_check = self._named(QCheckBox(), "SourceVolumeIntensityMaskCheckBox")
        self.mask_low, self.mask_high = self._bound("Minimum"), self._bound("Maximum")
        self.overwrite_box = self._named(QComboBox(), "OverwriteModeComboBox")
        self.effect_buttons = QButtonGroup(editor)
        self._lay_out()
        self._fill_masking()

    def _named(self, child: QWidget, name: str, text: str = "") -> QWidget:
        child.setObjectName(name)
        if text:
            child.setText(text)
        return child

    def _combo(self, name: str, node_type: str, *, none: bool = False, add: bool = True) -> NodeComboBox:
        box = self._named(NodeComboBox(self._editor), name)
        box._set_types([node_type])
        for what, enabled in (("none", none), ("add", add), ("rename", True)):
            box._enable(what, enabled)
        return box

    def _bound(self, which: str) -> QDoubleSpinBox:
        box = self._named(QDoubleSpinBox(), f"SourceVolumeIntensityMask{which}")
        box.setRange(-1e6, 1e6)
        box.setMinimumWidth(60)
        return box

    def _lay_out(self) -> None:
        grid, row = QGridLayout(), QHBoxLayout()
        for line, pair in enumerate(
            ((self.segmentation_label, self.segmentation_box), (self.source_label, self.source_box))
        ):
            for column, child in enumerate(pair):
                grid.addWidget(child, line, column)
        grid.addWidget(self.geometry_button, 1, 2)
        for child in (self.add_button, self.remove_button, self.show_3d_button, self.switch_button):
            row.addWidget(child)
        QVBoxLayout(self.table_frame).addWidget(self.table)
        tools, undo = QVBoxLayout(), QHBoxLayout(self.undo_box)  # below each other: a module panel is narrow
        QGridLayout(self.effects_box)
        for child in (self.undo_button, self.redo_button):
            undo.addWidget(child)
        tools.addWidget(self.effects_box)
        tools.addWidget(self.undo_box)
        QVBoxLayout(self.options_box).addWidget(self.options_frame)
        bounds = QHBoxLayout()
        for child in (self.mask_check, self.mask_low, self.mask_high):
            bounds.addWidget(child)
        masking = QFormLayout(self.masking_box)
        masking.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapAllRows)
        masking.addRow("Editable area:", self.mask_mode_box)
        masking.addRow("Editable intensity range:", bounds)
        masking.addRow("Modify other segments:", self.overwrite_box)
        column = QVBoxLayout(self._editor)
        column.setContentsMargins(0, 0, 0, 0)
        for part in (grid, row):
            column.addLayout(part)
        column.addWidget(self.table_frame)
        column.addLayout(tools)
        column.addWidget(self.options_box)
        column.addWidget(self.masking_box)

    def _fill_masking(self) -> None:
        area = slicer.vtkMRMLSegmentationNode
        for text, mode in (
            ("Everywhere", area.EditAllowedEverywhere),
            ("Inside all segments", area.EditAllowedInsideAllSegments),
            ("Inside all visible segments", area.EditAllowedInsideVisibleSegments),
            ("Outside all segments", area.EditAllowedOutsideAllSegments),
            ("Outside all visible segments", area.EditAllowedOutsideVisibleSegments),
        ):
            self.mask_mode_box.addItem(text, mode)
        editor = slicer.vtkMRMLSegmentEditorNode
        for text, mode in (
            ("Overwrite all", editor.OverwriteAllSegments),
            ("Overwrite visible", editor.OverwriteVisibleSegments),
            ("Allow overlap", editor.OverwriteNone),
        ):
            self.overwrite_box.addItem(text, mode)
