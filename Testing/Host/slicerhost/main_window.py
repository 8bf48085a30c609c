"""Slicer's main window, as far as scripts reach into it: the module panel, the selector, the views, the status bar."""

import slicer
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QScrollArea, QVBoxLayout, QWidget

from slicerhost.namespace import Namespace
from slicerhost.pythonqt import register_class, unwrap
from slicerhost.views import LayoutManager


class _Window(QMainWindow):
    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("qSlicerMainWindow")
        self._selector = None

    def moduleSelector(self):
        return self._selector


class _ModuleSelector(Namespace):
    """The selector in the tool bar."""

    def __init__(self):
        super().__init__("slicer.util.moduleSelector()")

    def selectModule(self, name: str) -> None:
        slicer.app.moduleManager()._open(name)

    @property
    def selectedModule(self) -> str:
        return slicer.app.moduleManager()._opened


class MainWindow:
    """The window: its centre is for the views, the dock at its left for the open module's panel."""

    def __init__(self, application_logic):
        self.qt = _Window()
        self.qt._selector = _ModuleSelector()
        self._layout_manager = LayoutManager(application_logic, application_logic.GetMRMLScene())
        slicer.app.setLayoutManager(self._layout_manager)
        self.qt.setCentralWidget(unwrap(self._layout_manager).viewport())
        self.qt.resize(1500, 900)
        self.qt.statusBar()
        self.panel = QScrollArea()
        self.panel.setWidgetResizable(True)
        self.panel.setWidget(QWidget())
        QVBoxLayout(self.panel.widget())
        dock = QDockWidget("", self.qt)
        dock.setObjectName("PanelDockWidget")
        dock.setWidget(self.panel)
        self.qt.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)

    def show_module(self, widget) -> None:
        """Put a module's widget into the module panel, or None: the one before is taken out, and lives on."""
        layout = self.panel.widget().layout()
        while layout.count():
            shown = layout.takeAt(0).widget()
            shown.hide()
            shown.setParent(None)
        if widget is not None:
            layout.addWidget(unwrap(widget))
            unwrap(widget).show()

    def close(self) -> None:
        """Destroy the window."""
        self.show_module(None)
        self.qt.deleteLater()


def register_window() -> None:
    """Offer the class of the main window, which scripts get from ``slicer.util.mainWindow()``."""
    if not hasattr(slicer, "qSlicerMainWindow"):
        register_class(slicer, "qSlicerMainWindow", _Window, methods=("moduleSelector",))
