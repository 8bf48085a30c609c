"""``slicer.app``: the part of the application that scripted modules use, always in testing mode."""

import os
import platform
import sys
from pathlib import Path

import slicer
from PySide6.QtCore import Property, QObject, QSettings, Signal
from PySide6.QtWidgets import QApplication, QMainWindow

from slicerhost.desktop import DesktopWidget, register_desktop
from slicerhost.folders import ApplicationFolders
from slicerhost.offering import register_object
from slicerhost.pythonqt import application, process_events, unwrap
from slicerhost.pythonqt.ctk.settings import ctkSettings

VERSION = "5.12.3"

_OPERATING_SYSTEMS = {"darwin": "macosx", "win32": "win"}
_ARCHITECTURES = {"x86_64": "amd64"}


class ExitError(Exception):
    """``slicer.app.exit`` was called: Slicer would end with ``status`` once events are processed."""

    def __init__(self, status: int):
        super().__init__(f"slicer.app.exit({status})")
        self.status = status


class CommandOptions(QObject):
    """``slicer.app.commandOptions()``: Slicer was started with ``--testing``."""

    def __init__(self, window: bool):
        super().__init__()
        self._window, self._run_and_exit = window, False

    def _set_run_and_exit(self, value: bool) -> None:
        self._run_and_exit = value

    testingEnabled = Property(bool, lambda self: True)
    noMainWindow = Property(bool, lambda self: not self._window)
    runPythonAndExit = Property(bool, lambda self: self._run_and_exit, _set_run_and_exit)


class _Environment:
    """The environment in which Slicer was started, as a QProcessEnvironment."""

    def __init__(self):
        self._variables = dict(os.environ)

    def keys(self) -> tuple[str, ...]:
        return tuple(self._variables)

    def value(self, name: str, default: str = "") -> str:
        return self._variables.get(name, default)

    def contains(self, name: str) -> bool:
        return name in self._variables


def _path(name: str) -> Property:
    return Property(str, lambda self: self._folders.folder(name))


def _fixed(kind: type, value) -> Property:
    return Property(kind, lambda self: value)


class Application(QObject):
    """What scripts find as ``slicer.app``; the names are those that a real one has.

    Parameters
    ----------
    logic : vtkSlicerApplicationLogic
    module_manager
        As scripts see it.
    folders : ApplicationFolders
    window : bool
        Whether there is a main window.
    """

    startupCompleted = Signal()
    aboutToQuit = Signal()
    paletteChanged = Signal()

    def __init__(self, logic, module_manager, folders: ApplicationFolders, window: bool):
        super().__init__()
        self._folders, self._logic, self._manager = folders, logic, module_manager
        self.main_window: QMainWindow | None = None
        self._layout_manager, self._environment, self._paused = None, _Environment(), 0
        self._options, self._dicom_database = CommandOptions(window), None
        self._desktop: DesktopWidget | None = None
        self._settings = {name: self._new_settings(name) for name in ("Slicer", "Slicer-revision")}
        # What Slicer writes itself when it starts.
        for key, value in (("Developer/DeveloperMode", False), ("Developer/SelfTestDisplayMessageDelay", 100)):
            self._settings["Slicer"].setValue(key, value)

    def _new_settings(self, name: str) -> QSettings:
        path = Path(self._folders.folder("settings"), f"{name}.ini")
        return ctkSettings(str(path), QSettings.Format.IniFormat)

    # The application.

    def applicationLogic(self):
        return self._logic

    def mrmlScene(self):
        return self._logic.GetMRMLScene()

    def moduleManager(self):
        return self._manager

    def moduleLogic(self, name: str):
        module = unwrap(self._manager).module(name)
        return module.logic() if module else None

    def layoutManager(self):
        """Return the layout manager; None where there is no main window."""
        return self._layout_manager

    def setLayoutManager(self, manager) -> None:
        self._layout_manager = manager

    def dicomDatabase(self):
        return self._dicom_database

    def testingEnabled(self) -> bool:
        return True

    def commandOptions(self) -> CommandOptions:
        return self._options

    def startupEnvironment(self) -> _Environment:
        return self._environment

    def exit(self, status: int = 0) -> None:
        """Raise :class:`ExitError`: no test goes on after the application ended."""
        raise ExitError(status)

    def restart(self) -> None:
        raise ExitError(0)

    def translate(self, context: str, text: str) -> str:
        """Return ``text``: no translation is loaded."""
        return text

    # Events and rendering.

    def processEvents(self) -> None:
        process_events()

    def sendPostedEvents(self, receiver=None, kind: int = 0) -> None:
        QApplication.sendPostedEvents(receiver, kind)

    def pauseRender(self) -> None:
        self.setRenderPaused(True)

    def resumeRender(self) -> None:
        self.setRenderPaused(False)

    def setRenderPaused(self, paused: bool) -> None:
        self._paused = max(0, self._paused + (1 if paused else -1))

    # Settings, kept for this run of the host only.

    def userSettings(self) -> QSettings:
        return self._settings["Slicer"]

    def settings(self) -> QSettings:
        return self._settings["Slicer"]

    def revisionUserSettings(self) -> QSettings:
        return self._settings["Slicer-revision"]

    # What Qt's own application does.

    def palette(self):
        return QApplication.palette()

    def setPalette(self, palette) -> None:
        QApplication.setPalette(palette)

    def style(self):
        return QApplication.style()

    def screens(self) -> list:
        return QApplication.screens()

    def primaryScreen(self):
        return QApplication.primaryScreen()

    def desktop(self) -> DesktopWidget:
        self._desktop = self._desktop or DesktopWidget()
        return self._desktop

    def topLevelWidgets(self) -> list:
        """Return the windows, without the main window of another host."""
        return [
            widget
            for widget in QApplication.topLevelWidgets()
            if widget is self.main_window or not isinstance(widget, QMainWindow)
        ]

    def allWidgets(self) -> list:
        return QApplication.allWidgets()

    def focusWidget(self):
        return QApplication.focusWidget()

    def clipboard(self):
        return QApplication.clipboard()

    def keyboardModifiers(self):
        return QApplication.keyboardModifiers()

    def setOverrideCursor(self, cursor) -> None:
        from PySide6.QtCore import Qt

        QApplication.setOverrideCursor(Qt.CursorShape(cursor) if isinstance(cursor, int) else cursor)

    def restoreOverrideCursor(self) -> None:
        QApplication.restoreOverrideCursor()

    def overrideCursor(self):
        return QApplication.overrideCursor()

    def font(self):
        return QApplication.font()

    def _style_sheet(self) -> str:
        return application().styleSheet()

    def _set_style_sheet(self, text: str) -> None:
        application().setStyleSheet(text)

    applicationName = _fixed(str, "Slicer")
    applicationVersion = _fixed(str, VERSION)
    mainApplicationName = _fixed(str, "Slicer")
    majorVersion = _fixed(int, int(VERSION.split(".")[0]))
    minorVersion = _fixed(int, int(VERSION.split(".")[1]))
    os = _fixed(str, _OPERATING_SYSTEMS.get(sys.platform, "linux"))
    arch = _fixed(str, _ARCHITECTURES.get(platform.machine(), platform.machine()))
    isInstalled = _fixed(bool, True)
    slicerHome = _path("home")
    temporaryPath = _path("temporary")
    cachePath = _path("cache")
    defaultScenePath = _path("scenes")
    extensionsInstallPath = _path("extensions")
    renderPaused = Property(bool, lambda self: self._paused > 0)
    styleSheet = Property(str, _style_sheet, _set_style_sheet)


def register_application() -> None:
    """Offer the classes of the application."""
    if not hasattr(slicer, "qSlicerApplication"):
        register_object(slicer, "qSlicerApplication", Application, "slicer.app")
        register_object(slicer, "qSlicerCommandOptions", CommandOptions)
        register_desktop(sys.modules["qt"])
