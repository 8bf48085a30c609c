"""Which classes ``slicer`` has of these widgets."""

import slicer

from slicerhost.pythonqt import register_class
from slicerhost.qmrml import segment_effects
from slicerhost.qmrml.node_combo_box import NodeComboBox
from slicerhost.qmrml.segment_editor import SegmentEditorWidget
from slicerhost.qmrml.segments_table import SegmentsTableView
from slicerhost.qmrml.text_widget import TextWidget
from slicerhost.qmrml.widget import MRMLWidget, ScriptedModuleWidget


def register_widgets() -> None:
    """Offer the widgets as ``slicer.qMRML...`` and to the loader of .ui files."""
    if hasattr(slicer, "qMRMLWidget"):
        return
    register_class(slicer, "qMRMLWidget", MRMLWidget, "slicer.qMRMLWidget")
    register_class(
        slicer,
        "qSlicerScriptedLoadableModuleWidget",
        ScriptedModuleWidget,
        methods=("setPythonSource", "pythonSource", "self", "reload", "setup", "enter", "exit"),
    )
    register_class(
        slicer,
        "qMRMLNodeComboBox",
        NodeComboBox,
        "slicer.qMRMLNodeComboBox",
        signals={"currentNodeChanged(bool)": "currentNodePresent"},
    )
    register_class(slicer, "qMRMLSegmentsTableView", SegmentsTableView, "slicer.qMRMLSegmentsTableView")
    for name, kind in (
        ("Paint", segment_effects.PaintEffect),
        ("Erase", segment_effects.EraseEffect),
        ("Scissors", segment_effects.ScissorsEffect),
        ("Scripted", segment_effects.ScriptedEffect),
    ):
        register_class(slicer, f"qSlicerSegmentEditor{name}Effect", kind, methods=segment_effects.METHODS)
    register_class(
        slicer,
        "qMRMLSegmentEditorWidget",
        SegmentEditorWidget,
        "slicer.qMRMLSegmentEditorWidget",
        python_module="qSlicerSegmentationsModuleWidgets",
    )
    register_class(
        slicer, "qMRMLTextWidget", TextWidget, "slicer.qMRMLTextWidget", python_module="qSlicerTextsModuleWidgets"
    )
