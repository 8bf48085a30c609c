"""``slicer.modules`` and the module manager: which modules there are, and their logics and widgets."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import slicer

from slicerhost.namespace import Namespace
from slicerhost.signals import Emitter

# What a Slicer 5.12 has besides, by its lower-case name: asking for it is no AttributeError, so that
# hasattr(slicer.modules, "dicom") does not quietly say what no Slicer says.
_NOT_HERE = frozenset(
    (
        "annotations", "cameras", "cropvolumesequence", "data", "dataprobe", "dicom", "endoscopy", "eventbroker",
        "generalizedreformat", "lineprofile", "reformat", "sceneviews", "screencapture", "segmenteditor",
        "segmentstatistics", "selftests", "sequences", "terminologies", "vectortoscalarvolume", "viewcontrollers",
        "volumerendering", "webserver", "welcome",
    )
)  # fmt: skip


class Modules(ModuleType):
    """``slicer.modules``: a module object by its lower-case name."""

    def __init__(self):
        super().__init__("slicer.modules")

    def __getattr__(self, name: str) -> Any:
        if name in _NOT_HERE:
            raise NotImplementedError(f"the stand-in host has no slicer.modules.{name}: test this in a real Slicer")
        raise AttributeError(f"module 'slicer.modules' has no attribute '{name}'")


class LoadableModule(Namespace):
    """A module of Slicer's own, as ``slicer.modules.volumes``: only its logic."""

    def __init__(self, name: str, logic):
        super().__init__(f"slicer.modules.{name.lower()}", name=name, title=name)
        self._logic = logic

    def logic(self):
        return self._logic


class ScriptedModule(Namespace):
    """A scripted module: its description, which its own class fills in, and its widget, made at the first call."""

    def __init__(self, name: str, path: Path, manager: "ModuleManager"):
        super().__init__(
            f"slicer.modules.{name.lower()}",
            name=name,
            path=str(path),
            title="",
            categories=[],
            dependencies=[],
            contributors=[],
            helpText="",
            acknowledgementText="",
            icon=None,
            hidden=False,
            index=-1,
            associatedNodeTypes=(),
            widgetRepresentationCreationEnabled=True,
        )
        self._manager, self._widget, self._instance = manager, None, None
        self._logic = slicer.vtkSlicerScriptedLoadableModuleLogic()
        self._logic.SetMRMLApplicationLogic(slicer.app.applicationLogic())
        self._logic.SetMRMLScene(slicer.mrmlScene)

    def logic(self):
        """Return the C++ logic that Slicer gives every scripted module; the module's own is its class."""
        return self._logic

    def self(self):
        """Return the object of the module's Python class."""
        return self._instance

    def widgetRepresentation(self):
        """Return the module's widget; it is made and set up at the first call."""
        if self._widget is None:
            self._widget = self.createNewWidgetRepresentation()
        return self._widget

    def createNewWidgetRepresentation(self):
        """Return another widget of the module, set up; it gets the scene after that, as in Slicer."""
        widget = slicer.qSlicerScriptedLoadableModuleWidget()
        made = widget.setPythonSource(self.path)
        widget.name = f"{self.name}ModuleWidget"
        widget.windowTitle = self.title
        if made:
            widget.setup()
        widget.setMRMLScene(slicer.mrmlScene)
        return widget


class ModuleManager(Emitter):
    """Loads and unloads modules, and knows which one is open."""

    def __init__(self, logics: dict[str, Any]):
        super().__init__(
            "slicer.app.moduleManager()",
            ("moduleLoaded(QString)", "moduleAboutToBeUnloaded(QString)", "moduleUnloaded(QString)"),
        )
        self._modules: dict[str, Any] = {name: LoadableModule(name, logic) for name, logic in logics.items()}
        self._opened, self._panel = "", None  # the module panel of the main window, where there is one
        slicer.modules = Modules()
        sys.modules["slicer.modules"] = slicer.modules
        for name, module in self._modules.items():
            setattr(slicer.modules, name.lower(), module)

    def module(self, name: str):
        """Return a module object by name, None if there is none."""
        return self._modules.get(name)

    def isLoaded(self, name: str) -> bool:
        return name in self._modules

    def loadedModulesNames(self) -> tuple[str, ...]:
        return tuple(self._modules)

    modulesNames = loadedModulesNames

    def factoryManager(self) -> Namespace:
        return Namespace("slicer.app.moduleManager().factoryManager()", loadedModuleNames=self.loadedModulesNames)

    def _load(self, path: Path) -> ScriptedModule:
        """Load a scripted module from its file, as Slicer does at its start."""
        name = path.stem
        if name in self._modules:
            raise RuntimeError(f"the module {name} is loaded already")
        if str(path.parent) not in sys.path:
            sys.path.append(str(path.parent))
        loaded = sys.modules.get(name)
        if loaded is None or Path(loaded.__file__).resolve() != path:
            spec = importlib.util.spec_from_file_location(name, path)
            loaded = sys.modules[name] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(loaded)
        module = ScriptedModule(name, path, self)
        self._modules[name] = module
        setattr(slicer.modules, name.lower(), module)
        module._instance = getattr(loaded, name)(module)
        setattr(slicer.modules, f"{name}Instance", module._instance)
        self.emit("moduleLoaded(QString)", name)
        return module

    def _open(self, name: str) -> None:
        """Open a module as by the module selector, '' for none; the one that was open is left first."""
        if name and name not in self._modules:
            raise RuntimeError(f"there is no module {name} to open")
        if name == self._opened:
            return
        left, self._opened = self._opened, ""
        if left:
            self._modules[left].widgetRepresentation().exit()
        widget = self._modules[name].widgetRepresentation() if name else None
        if self._panel is not None:
            self._panel.show_module(widget)
        if widget is not None:
            self._opened = name
            widget.enter()

    def _unload(self, name: str) -> None:
        """Leave and unload a scripted module: its widget cleans up and is destroyed."""
        if self._opened == name:
            self._open("")
        self.emit("moduleAboutToBeUnloaded(QString)", name)
        module = self._modules.pop(name)
        if module._widget is not None:
            module._widget.setMRMLScene(None)
            module._widget.deleteLater()
            module._widget = None
        for attribute in (name.lower(), f"{name}Instance", f"{name}Widget"):
            vars(slicer.modules).pop(attribute, None)
        slicer.selfTests.pop(name, None)
        self.emit("moduleUnloaded(QString)", name)
