"""The module ``ctk``: CTK's widgets that the panel uses; the others can be named, and making one is refused."""

from types import ModuleType

from slicerhost.pythonqt.ctk.collapsible import ctkCollapsibleButton, ctkCollapsibleGroupBox
from slicerhost.pythonqt.ctk.inputs import (
    ctkComboBox,
    ctkDoubleSpinBox,
    ctkMenuButton,
    ctkMessageBox,
    ctkSearchBox,
    ctkSliderWidget,
)
from slicerhost.pythonqt.ctk.path_line_edit import ctkPathLineEdit
from slicerhost.pythonqt.ctk.settings import ctkSettings
from slicerhost.pythonqt.offering import name_class, register_class

_MADE = (
    ctkCollapsibleButton,
    ctkCollapsibleGroupBox,
    ctkComboBox,
    ctkDoubleSpinBox,
    ctkMenuButton,
    ctkMessageBox,
    ctkPathLineEdit,
    ctkSearchBox,
    ctkSliderWidget,
)
# Named only: Slicer has them, this host does not.
_NAMED = [
    "ctkActionsWidget",
    "ctkAxesWidget",
    "ctkBasePopupWidget",
    "ctkCheckBox",
    "ctkCheckableComboBox",
    "ctkCheckableHeaderView",
    "ctkColorPickerButton",
    "ctkConfirmExitDialog",
    "ctkCoordinatesWidget",
    "ctkCrosshairLabel",
    "ctkDateRangeWidget",
    "ctkDirectoryButton",
    "ctkDoubleRangeSlider",
    "ctkDoubleSlider",
    "ctkDynamicSpacer",
    "ctkErrorLogModel",
    "ctkErrorLogWidget",
    "ctkExpandButton",
    "ctkExpandableWidget",
    "ctkFileDialog",
    "ctkFittedTextBrowser",
    "ctkFontButton",
    "ctkLanguageComboBox",
    "ctkLayoutManager",
    "ctkMaterialPropertyWidget",
    "ctkMatrixWidget",
    "ctkMenuComboBox",
    "ctkModalityWidget",
    "ctkPathListWidget",
    "ctkPopupWidget",
    "ctkPushButton",
    "ctkRangeSlider",
    "ctkRangeWidget",
    "ctkScreenshotDialog",
    "ctkSettings",
    "ctkSettingsDialog",
    "ctkSettingsPanel",
    "ctkSignalMapper",
    "ctkThumbnailLabel",
    "ctkTreeComboBox",
    "ctkWorkflowWidget",
]
# Modules as they were recorded; all the rest is in CTKWidgets.
_ELSEWHERE = {
    "ctkComboBox": "CTKVisualizationVTKWidgets",
    "ctkDICOMBrowser": "CTKDICOMWidgets",
    "ctkSettings": "CTKCore",
    "ctkWorkflow": "CTKCore",
}


def offer_ctk(module: ModuleType) -> None:
    """Fill the module ``ctk``."""
    for pyside in _MADE:
        name = pyside.__name__
        register_class(module, name, pyside, f"ctk.{name}", python_module=_ELSEWHERE.get(name, "CTKWidgets"))
    register_class(module, "ctkSettings", ctkSettings, "qt.QSettings", python_module=_ELSEWHERE["ctkSettings"])
    for name in _NAMED:
        name_class(module, name, "CTKWidgets")
    name_class(module, "ctkDICOMBrowser", _ELSEWHERE["ctkDICOMBrowser"])
    name_class(module, "ctkWorkflow", _ELSEWHERE["ctkWorkflow"])
