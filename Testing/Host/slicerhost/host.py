"""Puts the stand-in host together."""

import sys
from types import ModuleType

import slicer

from slicerhost import packaging, parameter_nodes, pythonqt, sample_data, scripted_module, testing, translation
from slicerhost.application import Application
from slicerhost.dicom import DicomDatabase
from slicerhost.folders import ApplicationFolders
from slicerhost.main_window import MainWindow, register_window
from slicerhost.messages import Messages
from slicerhost.module_manager import LoadableModule, ModuleManager
from slicerhost.qmrml import register_widgets
from slicerhost.scene import module_logics, new_application_logic
from slicerhost.subject_hierarchy import SubjectHierarchy
from slicerhost.views import offer as offer_views


class Host:
    """The running application, as tests see it.

    Attributes
    ----------
    messages : Messages
        What VTK and MRML reported as errors and warnings.
    """

    def __init__(self, window: bool):
        self.messages = Messages()
        qt, _ctk = pythonqt.install()
        register_widgets()
        offer_views()
        register_window()
        folders = ApplicationFolders()
        logic = new_application_logic(folders.folder("home"))
        slicer.mrmlScene = logic.GetMRMLScene()
        logics = module_logics(logic)
        manager = ModuleManager(logics)
        slicer.app = Application(logic, manager, qt, folders)
        slicer.selfTests = {}
        for name, module in (
            ("i18n", translation),
            ("ScriptedLoadableModule", scripted_module),
            ("parameterNodeWrapper", parameter_nodes),
            ("packaging", packaging),
            ("testing", testing),
        ):
            _offer(name, module)
        sys.modules["SampleData"] = sample_data
        manager._modules["SampleData"] = slicer.modules.sampledata = LoadableModule("SampleData", None)
        slicer.dicomDatabase = slicer.app._dicom_database = DicomDatabase()
        self._hierarchy = SubjectHierarchy(slicer.mrmlScene)
        self._logics = logics  # nothing else keeps them alive
        self.window = None
        if window:
            self.window = MainWindow(logic)
            manager._panel = self.window

    def complete_startup(self) -> None:
        """Tell the modules that Slicer has started, as it does once when its window is shown."""
        slicer.app.emit("startupCompleted()")


def _offer(name: str, module: ModuleType) -> None:
    sys.modules[f"slicer.{name}"] = module
    setattr(slicer, name, module)


def install(window: bool = False) -> Host:
    """Complete the package ``slicer`` with a new scene, ``qt`` and ``ctk``; return the running host.

    With ``window`` it has a main window, a layout manager and the nodes of Slicer's views; without, it is as Slicer
    with ``--no-main-window``. Calling it again starts over with a new scene.
    """
    return Host(window)
