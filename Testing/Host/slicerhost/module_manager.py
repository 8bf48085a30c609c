"""``slicer.modules`` and the module manager: which modules there are, and their logics and widgets."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import slicer
from PySide6.QtCore import QObject, Signal

from slicerhost.module_objects import LoadableModule, ScriptedModule, loadable_module
from slicerhost.offering import register_object
from slicerhost.pythonqt import wrap

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


class ModuleFactoryManager(QObject):
    """``slicer.app.moduleManager().factoryManager()``."""

    def __init__(self, manager: "ModuleManager"):
        super().__init__(manager)
        self._manager = manager

    def loadedModuleNames(self) -> list[str]:
        return self._manager.modulesNames()


class ModuleManager(QObject):
    """Loads and unloads modules, and knows which one is open.

    Attributes
    ----------
    namespace : Modules
        What scripts see as ``slicer.modules``.
    opened : str
        The name of the module that is open, '' if none is.
    panel : MainWindow or None
        Where modules are shown.
    """

    moduleLoaded = Signal(str)
    moduleAboutToBeUnloaded = Signal(str)
    moduleUnloaded = Signal(str)

    def __init__(self, logics: dict[str, Any]):
        super().__init__()
        self._factory = ModuleFactoryManager(self)
        self._modules: dict[str, LoadableModule | ScriptedModule] = {}
        self.opened, self.panel = "", None
        self.namespace = Modules()
        for name, logic in logics.items():
            self.add(name, loadable_module(name, logic))

    def add(self, name: str, module: LoadableModule | ScriptedModule) -> None:
        """Make a module known by name and in ``slicer.modules``."""
        self._modules[name] = module
        setattr(self.namespace, name.lower(), wrap(module))

    def module(self, name: str) -> LoadableModule | ScriptedModule | None:
        return self._modules.get(name)

    def isLoaded(self, name: str) -> bool:
        return name in self._modules

    def modulesNames(self) -> list[str]:
        return list(self._modules)

    def factoryManager(self) -> ModuleFactoryManager:
        return self._factory

    def load(self, path: Path) -> ScriptedModule:
        """Load a scripted module from its file, as Slicer does at its start.

        Raises
        ------
        RuntimeError
            If a module of that name is loaded already, or one that it depends on is none of Slicer's.
        """
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
        module = ScriptedModule(name, path)
        module.instance = getattr(loaded, name)(wrap(module))
        for dependency in module.description["dependencies"]:
            if dependency not in self._modules and dependency.lower() not in _NOT_HERE:
                raise RuntimeError(f"When loading module {name}, the dependency {dependency} failed to be loaded.")
        self.add(name, module)
        setattr(self.namespace, f"{name}Instance", module.instance)
        self.moduleLoaded.emit(name)
        return module

    def open(self, name: str) -> None:
        """Open a module as by the module selector, '' for none; the one that was open is left first.

        Raises
        ------
        RuntimeError
            If there is no such module.
        """
        if name and name not in self._modules:
            raise RuntimeError(f"there is no module {name} to open")
        if name == self.opened:
            return
        left, self.opened = self.opened, ""
        if left:
            self._modules[left].widgetRepresentation().exit()
        widget = self._modules[name].widgetRepresentation() if name else None
        if self.panel is not None:
            self.panel.show_module(widget)
        if widget is not None:
            self.opened = name
            widget.enter()

    def unload(self, name: str) -> None:
        """Leave and unload a scripted module: its widget cleans up and is destroyed."""
        if self.opened == name:
            self.open("")
        self.moduleAboutToBeUnloaded.emit(name)
        module = self._modules.pop(name)
        module.destroy_widget()
        for attribute in (name.lower(), f"{name}Instance", f"{name}Widget"):
            vars(self.namespace).pop(attribute, None)
        slicer.selfTests.pop(name, None)
        self.moduleUnloaded.emit(name)


def register_module_manager() -> None:
    """Offer the classes of the module manager."""
    if not hasattr(slicer, "qSlicerModuleManager"):
        shown = ("module", "isLoaded", "modulesNames", "factoryManager")
        register_object(slicer, "qSlicerModuleManager", ModuleManager, methods=shown)
        register_object(slicer, "qSlicerModuleFactoryManager", ModuleFactoryManager, methods=("loadedModuleNames",))
