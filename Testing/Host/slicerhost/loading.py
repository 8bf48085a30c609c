"""Loading a scripted module, opening its panel, leaving and reloading it."""

import sys
from pathlib import Path
from types import ModuleType

import slicer

from slicerhost.pythonqt import unwrap, wrap


class LoadedModule:
    """A scripted module that is loaded.

    Attributes
    ----------
    name : str
    module : qSlicerScriptedLoadableModule
        As ``slicer.modules.<name>``.
    """

    def __init__(self, manager, module):
        self._manager, self.name, self.module = manager, module.name, wrap(module)

    @property
    def python(self) -> ModuleType:
        """The Python module with the five classes, as it was loaded last."""
        return sys.modules[self.name]

    @property
    def widget(self):
        """The object of the module's widget class; its panel is made and set up if it was not yet."""
        return slicer.util.getModuleWidget(self.module)

    def open(self):
        """Open the module as by the module selector: its panel is made, and entered; return its widget object."""
        self._manager.open(self.name)
        return self.widget

    def close(self) -> None:
        """Leave the module, as when another one is opened."""
        self._manager.open("")

    def reload(self):
        """Load the file anew, as the developer section's button does; return the new widget object."""
        slicer.util.reloadScriptedModule(self.name)
        return self.widget

    def unload(self) -> None:
        """Leave the module, let it clean up, and destroy its panel, as at the end of Slicer."""
        self._manager.unload(self.name)


def load_module(path: str | Path) -> LoadedModule:
    """Load a scripted module from its file, as Slicer does at its start; its panel is not made yet.

    Raises
    ------
    RuntimeError
        If a module of that name is loaded already.
    """
    manager = unwrap(slicer.app.moduleManager())
    return LoadedModule(manager, manager.load(Path(path).resolve()))
