"""Puts the stand-in host together."""

import atexit
import sys
from collections.abc import Callable

import slicer

from slicerhost import packaging, parameter_nodes, pythonqt, sample_data, scripted_module, testing, translation
from slicerhost.application import Application, register_application
from slicerhost.dicom import DicomDatabase
from slicerhost.folders import ApplicationFolders
from slicerhost.main_window import MainWindow, register_window
from slicerhost.messages import Messages
from slicerhost.module_manager import ModuleManager, register_module_manager
from slicerhost.module_objects import loadable_module, register_module_objects
from slicerhost.qmrml import name_widgets, register_widgets
from slicerhost.scene import module_logics, new_application_logic
from slicerhost.subject_hierarchy import SubjectHierarchy
from slicerhost.views import offer as offer_views


class Host:
    """The running application, as tests see it.

    Attributes
    ----------
    messages : Messages
        What VTK and MRML reported as errors and warnings.
    app : Application
    modules : ModuleManager
    window : MainWindow or None
    """

    def __init__(self, window: bool):
        self.messages = Messages()
        pythonqt.install()
        register_widgets()
        offer_views()
        name_widgets()
        register_window()
        register_application()
        register_module_manager()
        register_module_objects()
        folders = ApplicationFolders()
        logic = new_application_logic(folders.folder("home"))
        self._logics = module_logics(logic)  # nothing else keeps them alive
        self.modules = ModuleManager(self._logics)
        self.modules.add("SampleData", loadable_module("SampleData", None))
        self.app = Application(logic, pythonqt.wrap(self.modules), folders, window)
        self._dicom_database = self.app._dicom_database = DicomDatabase()
        self._self_tests: dict[str, Callable] = {}
        self._hierarchy = SubjectHierarchy(logic.GetMRMLScene())
        self.activate()
        self.window = MainWindow(self.app, self.modules) if window else None
        self.modules.panel = self.window
        # A scene that Python throws away whenever it likes would call what observes it, half of which is gone.
        atexit.register(self.close)

    def activate(self) -> None:
        """Make this host the one that ``slicer`` shows: several may be made, one after the other is at work."""
        self.messages.activate()
        slicer.mrmlScene, slicer.app = self.app.mrmlScene(), pythonqt.wrap(self.app)
        slicer.modules = sys.modules["slicer.modules"] = self.modules.namespace
        slicer.selfTests, slicer.dicomDatabase = self._self_tests, self._dicom_database
        sys.modules["SampleData"] = sample_data
        for name, module in (
            ("i18n", translation),
            ("ScriptedLoadableModule", scripted_module),
            ("parameterNodeWrapper", parameter_nodes),
            ("packaging", packaging),
            ("testing", testing),
        ):
            sys.modules[f"slicer.{name}"] = module
            setattr(slicer, name, module)

    def close(self) -> None:
        """Destroy the window and stop following the scene: this host is at work no more."""
        if self.window is not None:
            self.window.close()
            self.window = None
        self._hierarchy.release()

    def complete_startup(self) -> None:
        """Tell the modules that Slicer has started, as it does once when its window is shown."""
        self.app.startupCompleted.emit()


def install(window: bool = False) -> Host:
    """Complete the package ``slicer`` with a new scene, ``qt`` and ``ctk``; return the running host.

    With ``window`` it has a main window, a layout manager and the nodes of Slicer's views; without, it is as Slicer
    with ``--no-main-window``. Calling it again starts over with a new scene; ``activate`` goes back to a host before.
    """
    return Host(window)
