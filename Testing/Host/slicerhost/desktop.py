"""``slicer.app.desktop()``: Qt 5's widget for the screens, which Qt 6 has no more."""

from PySide6.QtCore import Property, QRect
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from slicerhost.pythonqt import register_class


class DesktopWidget(QWidget):
    """The screens; it is never shown itself."""

    def __init__(self):
        super().__init__()
        self.setObjectName("desktop")

    screenCount = Property(int, lambda self: len(QGuiApplication.screens()))
    primaryScreen = Property(int, lambda self: QGuiApplication.screens().index(QGuiApplication.primaryScreen()))

    def availableGeometry(self, screen: int = -1) -> QRect:
        return _screen(screen).availableGeometry()

    def screenGeometry(self, screen: int = -1) -> QRect:
        return _screen(screen).geometry()


def _screen(number: int):
    screens = QGuiApplication.screens()
    return screens[number] if 0 <= number < len(screens) else QGuiApplication.primaryScreen()


def register_desktop(module) -> None:
    """Offer the class as ``qt.QDesktopWidget``."""
    methods = ("availableGeometry", "screenGeometry")
    register_class(module, "QDesktopWidget", DesktopWidget, methods=methods, python_module="QtGui")
