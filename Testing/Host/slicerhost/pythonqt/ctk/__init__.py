"""The module ``ctk``: CTK's widgets that the panel uses; the others can be named, and making one is refused."""

from types import ModuleType

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from slicerhost.pythonqt import registry
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
from slicerhost.pythonqt.loader import register_widget
from slicerhost.pythonqt.objects import QOBJECT_METHODS
from slicerhost.pythonqt.registry import ClassInfo
from slicerhost.pythonqt.special import METHODS
from slicerhost.surface import Surface, keys, surface

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
    "ctkWorkflow": "CTKCore",
}


def offer_ctk(module: ModuleType) -> None:
    """Fill the module ``ctk``."""
    for pyside in _MADE:
        _offer(module, pyside.__name__, pyside, pyside)
        register_widget(pyside.__name__, pyside)
    for name in {*_NAMED, *_ELSEWHERE} - {pyside.__name__ for pyside in _MADE}:
        _offer(module, name, type(name, (QWidget if name != "ctkWorkflow" else QObject,), {}), _refuser(name))


def _offer(module: ModuleType, name: str, pyside: type, construct) -> None:
    known = surface(f"ctk.{name}") if f"ctk.{name}" in keys() else Surface(f"ctk.{name}", frozenset())
    methods = {**QOBJECT_METHODS}
    for base in pyside.__mro__:
        methods.update(METHODS.get(base.__name__, {}))
    belongs = _ELSEWHERE.get(name, "CTKWidgets")
    info = ClassInfo(name, belongs, pyside, known, by_pointer=True, methods=methods, construct=construct)
    setattr(module, name, registry.add(info))


def _refuser(name: str):
    def refuse(*args):
        raise NotImplementedError(f"the stand-in host has no ctk.{name}: test this in a real Slicer")

    return refuse
