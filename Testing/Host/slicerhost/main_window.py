"""Slicer's main window, as far as scripts reach into it: the module panel, the selector, the views, the status bar."""

import slicer
from PySide6.QtCore import Property, QObject, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDockWidget, QMainWindow, QScrollArea, QVBoxLayout, QWidget

from slicerhost.application import Application
from slicerhost.module_manager import ModuleManager
from slicerhost.offering import register_object
from slicerhost.pythonqt import register_class, unwrap
from slicerhost.views import LayoutManager

_PANEL_WIDTH = 420
# Keys of Slicer's main window and of its tool bars. Who takes one of them too gets nothing: Qt calls it ambiguous.
_TAKEN = (
    *(f"Ctrl+{key}" for key in "0123456`OSWHFB"),
    *("Ctrl+Left", "Ctrl+Right"),
    *("Ctrl+Shift+A", "Ctrl+Shift+T", "Ctrl+Shift+Space"),  # markups
    *("Ctrl+Shift+Down", "Ctrl+Shift+Left", "Ctrl+Shift+Right"),  # sequences
)


class _ModuleSelector(QObject):
    """The selector in the tool bar."""

    def __init__(self, modules: ModuleManager):
        super().__init__()
        self._modules = modules

    def selectModule(self, name: str) -> None:
        self._modules.open(name)

    selectedModule = Property(str, lambda self: self._modules.opened)


class _Window(QMainWindow):
    def __init__(self, modules: ModuleManager):
        super().__init__()
        self.setObjectName("qSlicerMainWindow")
        self._selector = _ModuleSelector(modules)

    def moduleSelector(self) -> _ModuleSelector:
        return self._selector


class MainWindow:
    """The window: its centre is for the views, the dock at its left for the open module's panel."""

    def __init__(self, app: Application, modules: ModuleManager):
        self.qt = app.main_window = _Window(modules)
        self._layout_manager = unwrap(LayoutManager(app.applicationLogic(), app.mrmlScene()))
        app.setLayoutManager(self._layout_manager)
        self.qt.setCentralWidget(self._layout_manager.viewport())
        self.qt.resize(1500, 900)
        self.qt.statusBar()
        for keys in _TAKEN:
            QShortcut(QKeySequence(keys), self.qt)
        self.panel = QScrollArea()
        self.panel.setWidgetResizable(True)
        self.panel.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)  # as Slicer's module panel
        self.panel.setMinimumWidth(_PANEL_WIDTH)
        self.panel.setWidget(QWidget())
        QVBoxLayout(self.panel.widget())
        dock = QDockWidget("", self.qt)
        dock.setObjectName("PanelDockWidget")
        dock.setWidget(self.panel)
        self.qt.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
        self.qt.show()

    def show_module(self, widget) -> None:
        """Put a module's widget into the module panel, or None: the one before is taken out, and lives on."""
        layout = self.panel.widget().layout()
        while layout.count():
            shown = layout.takeAt(0).widget()
            shown.hide()
            shown.setParent(None)
        if widget is not None:
            layout.addWidget(widget)
            widget.show()

    def close(self) -> None:
        """Destroy the window."""
        self.show_module(None)
        self._layout_manager.release()
        self.qt.deleteLater()


def register_window() -> None:
    """Offer the class of the main window, which scripts get from ``slicer.util.mainWindow()``."""
    if not hasattr(slicer, "qSlicerMainWindow"):
        register_object(slicer, "qSlicerModuleSelectorToolBar", _ModuleSelector, methods=("selectModule",))
        register_class(slicer, "qSlicerMainWindow", _Window, methods=("moduleSelector",))
