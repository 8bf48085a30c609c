"""Which classes ``slicer`` has of these widgets."""

import slicer

from slicerhost.pythonqt import register_class
from slicerhost.qmrml.node_combo_box import NodeComboBox
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
