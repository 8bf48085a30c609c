"""``slicer.app``: the part of the application that scripted modules use, always in testing mode."""

import os
import platform
import sys

from slicerhost.folders import ApplicationFolders
from slicerhost.namespace import Namespace
from slicerhost.signals import Emitter

VERSION = "5.12.3"

_SIGNALS = (
    "startupCompleted()",
    "aboutToQuit()",
    "lastWindowClosed()",
    "mrmlSceneChanged(vtkMRMLScene*)",
    "paletteChanged(QPalette)",
)


class Exited(Exception):
    """``slicer.app.exit`` was called: Slicer would end with ``status`` once events are processed."""

    def __init__(self, status: int):
        super().__init__(f"slicer.app.exit({status})")
        self.status = status


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


class Application(Emitter):
    """What scripts find as ``slicer.app``.

    Parameters
    ----------
    logic : vtkSlicerApplicationLogic
    module_manager : ModuleManager
    qt
        The host's ``qt`` module, which the application's own Qt methods act through.
    """

    def __init__(self, logic, module_manager, qt, folders: ApplicationFolders):
        super().__init__(
            "slicer.app",
            _SIGNALS,
            applicationName="Slicer",
            applicationVersion=VERSION,
            majorVersion=5,
            minorVersion=12,
            os={"darwin": "macosx", "win32": "win"}.get(sys.platform, "linux"),
            arch={"x86_64": "amd64"}.get(platform.machine(), platform.machine()),
            slicerHome=folders.folder("home"),
            temporaryPath=folders.folder("temporary"),
            cachePath=folders.folder("cache"),
            defaultScenePath=folders.folder("scenes"),
            extensionsInstallPath=folders.folder("extensions"),
            isInstalled=True,
        )
        self._folders, self._logic, self._manager, self._qt = folders, logic, module_manager, qt
        self._layout_manager, self._environment, self._paused = None, _Environment(), 0
        self._options = Namespace("slicer.app.commandOptions()", testingEnabled=True, runPythonAndExit=False)
        self._settings = {
            name: qt.QSettings(os.path.join(folders.folder("settings"), f"{name}.ini"), qt.QSettings.IniFormat)
            for name in ("Slicer", "Slicer-revision")
        }
        self._dicom_database = None

    def applicationLogic(self):
        return self._logic

    def mrmlScene(self):
        return self._logic.GetMRMLScene()

    def moduleManager(self):
        return self._manager

    def moduleLogic(self, name: str):
        return self._manager.module(name).logic()

    def layoutManager(self):
        """Return the layout manager; None where there is no main window."""
        return self._layout_manager

    def setLayoutManager(self, manager) -> None:
        self._layout_manager = manager

    def testingEnabled(self) -> bool:
        return True

    def commandOptions(self) -> Namespace:
        return self._options

    def startupEnvironment(self) -> _Environment:
        return self._environment

    def exit(self, status: int = 0) -> None:
        """Raise :class:`Exited`: no test goes on after the application ended."""
        raise Exited(status)

    def processEvents(self) -> None:
        from slicerhost.pythonqt import process_events

        process_events()

    def pauseRender(self) -> None:
        self._paused += 1

    def resumeRender(self) -> None:
        self._paused = max(0, self._paused - 1)

    @property
    def renderPaused(self) -> bool:
        return self._paused > 0

    def userSettings(self):
        """Return the settings of this user, empty at each start of the host."""
        return self._settings["Slicer"]

    def settings(self):
        """Return the settings of this user, as Slicer does in testing mode."""
        return self._settings["Slicer"]

    def revisionUserSettings(self):
        return self._settings["Slicer-revision"]

    def dicomDatabase(self):
        return self._dicom_database

    def translate(self, context: str, text: str) -> str:
        """Return ``text``: no translation is loaded."""
        return text

    def palette(self):
        return self._qt.QApplication.palette()

    def setPalette(self, palette) -> None:
        self._qt.QApplication.setPalette(palette)

    def screens(self) -> tuple:
        return self._qt.QApplication.screens()

    def primaryScreen(self):
        return self._qt.QApplication.primaryScreen()

    def topLevelWidgets(self) -> tuple:
        return self._qt.QApplication.topLevelWidgets()

    def focusWidget(self):
        return self._qt.QApplication.focusWidget()

    def clipboard(self):
        return self._qt.QApplication.clipboard()

    def setOverrideCursor(self, cursor) -> None:
        self._qt.QApplication.setOverrideCursor(cursor)

    def restoreOverrideCursor(self) -> None:
        self._qt.QApplication.restoreOverrideCursor()

    def keyboardModifiers(self):
        return self._qt.QApplication.keyboardModifiers()
