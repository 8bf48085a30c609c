"""The scene, the module logics and ``slicer.app``."""

import sys
import tempfile
from types import ModuleType

import slicer
import vtk

from slicerhost import parameter_node_wrapper, scripted_module, translation


class _Namespace:
    """Holds what the host offers; anything else is an AttributeError that says so."""

    def __init__(self, name: str, **offered):
        self._name = name
        self.__dict__.update(offered)

    def __getattr__(self, attribute: str):
        raise AttributeError(f"the stand-in host has no {self._name}.{attribute}: test this in a real Slicer")


class _Application(_Namespace):
    """The part of ``slicer.app`` that needs no window: always in testing mode."""

    def __init__(self, logic):
        super().__init__("slicer.app", temporaryPath=tempfile.gettempdir(), applicationName="stand-in host")
        self._logic = logic

    def applicationLogic(self):
        return self._logic

    def testingEnabled(self) -> bool:
        return True

    def processEvents(self) -> None:
        """Do nothing: no event waits where there is no window."""

    def pauseRender(self) -> None:
        """Do nothing: there is no view."""

    def resumeRender(self) -> None:
        """Do nothing: there is no view."""


class _Module:
    """A loadable module, as ``slicer.modules.volumes``: only its logic."""

    def __init__(self, logic):
        self._logic = logic

    def logic(self):
        return self._logic


class _Messages:
    """Collects what VTK and MRML report as errors and warnings."""

    def __init__(self):
        self.messages: list[str] = []
        window = vtk.vtkStringOutputWindow()
        receive = self._receive
        window.AddObserver("ErrorEvent", receive)
        window.AddObserver("WarningEvent", receive)
        vtk.vtkOutputWindow.SetInstance(window)
        self._window = window

    def _receive(self, caller, event, message):
        self.messages.append(message)

    _receive.CallDataType = vtk.VTK_STRING

    def take(self) -> list[str]:
        """Return the messages since the last call."""
        taken, self.messages = self.messages, []
        return taken


def install() -> _Messages:
    """Complete the package ``slicer`` with a new, empty scene; return the collector of VTK's error messages.

    Calling it again starts over with a new scene.
    """
    messages = _Messages()
    scene = slicer.vtkMRMLScene()
    application_logic = slicer.vtkMRMLApplicationLogic()
    application_logic.SetMRMLScene(scene)
    logics = {
        "Colors": slicer.vtkMRMLColorLogic(),
        "Volumes": slicer.vtkSlicerVolumesLogic(),
        "Segmentations": slicer.vtkSlicerSegmentationsModuleLogic(),
    }
    for name, logic in logics.items():
        logic.SetMRMLApplicationLogic(application_logic)
        application_logic.SetModuleLogic(name, logic)
        logic.SetMRMLScene(scene)
    slicer.mrmlScene = scene
    slicer.app = _Application(application_logic)  # keeps it alive: the module logics do not
    slicer.modules = _Namespace("slicer.modules", **{name.lower(): _Module(logic) for name, logic in logics.items()})
    slicer.selfTests = {}
    _offer("i18n", translation)
    _offer("ScriptedLoadableModule", scripted_module)
    _offer("parameterNodeWrapper", parameter_node_wrapper)
    return messages


def _offer(name: str, module: ModuleType) -> None:
    sys.modules[f"slicer.{name}"] = module
    setattr(slicer, name, module)
