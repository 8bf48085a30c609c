"""``slicer.qMRMLWidget`` and what a scripted module's panel stands in."""

import importlib
import sys
from pathlib import Path

import slicer
from PySide6.QtCore import Property, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from slicerhost.pythonqt import wrap
from slicerhost.signals import guarded


class MRMLWidget(QWidget):
    """A widget with a scene."""

    mrmlSceneChanged = Signal(object)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._scene = None

    def mrmlScene(self):
        return self._scene

    def setMRMLScene(self, scene) -> None:
        if scene is not self._scene:
            self._scene = scene
            self._scene_set()
            self.mrmlSceneChanged.emit(scene)

    def _scene_set(self) -> None:
        """Take up the new scene, before others hear of it."""


class ScriptedModuleWidget(MRMLWidget):
    """``slicer.qSlicerScriptedLoadableModuleWidget``: the module's Python object builds its panel in here.

    What its methods raise is printed and kept, and the panel stays as it is then, as in Slicer.
    """

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        QVBoxLayout(self)
        self._path, self._python, self._entered = "", None, False

    isEntered = Property(bool, lambda self: self._entered)

    def setPythonSource(self, path: str, className: str = "") -> bool:
        """Make the object of the widget's class, from the module as it is loaded."""
        name = className or f"{Path(path).stem}Widget"
        if not path.endswith(".py"):
            return False
        kind = getattr(sys.modules.get(Path(path).stem) or importlib.import_module(Path(path).stem), name)
        self._python = guarded(kind, wrap(self))
        if self._python is None:
            return False
        self._path = path
        setattr(slicer.modules, name, self._python)
        return True

    def pythonSource(self) -> str:
        return self._path

    def self(self):
        """Return the module's Python object."""
        return self._python

    def reload(self) -> None:
        """Make the object anew and let it build its panel again."""
        if Path(self._path).is_file() and self.setPythonSource(self._path):
            self.setup()

    def _call(self, method: str) -> None:
        found = getattr(self._python, method, None)
        if found is not None:
            guarded(found)

    def setup(self) -> None:
        self._call("setup")

    def enter(self) -> None:
        if self._entered:
            raise RuntimeError("the module is open already")
        self._entered = True
        self._call("enter")

    def exit(self) -> None:
        if not self._entered:
            raise RuntimeError("the module is not open")
        self._entered = False
        self._call("exit")
