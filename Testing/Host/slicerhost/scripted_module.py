"""``slicer.ScriptedLoadableModule``: the base classes of a scripted module, without a window.

The widget's base class cannot be instantiated: there is no Qt here.
"""

import importlib
import logging
import unittest
from pathlib import Path

import slicer

__all__ = [
    "ScriptedLoadableModule",
    "ScriptedLoadableModuleLogic",
    "ScriptedLoadableModuleTest",
    "ScriptedLoadableModuleWidget",
]


class ScriptedLoadableModule:
    """The module's description, filled into ``parent``, whose ``path`` is the module's file."""

    def __init__(self, parent):
        self.parent = parent
        self.moduleName = type(self).__name__
        parent.title, parent.categories, parent.dependencies, parent.contributors = "", [], [], []
        parent.helpText = parent.acknowledgementText = ""
        slicer.selfTests[self.moduleName] = self.runTest

    def resourcePath(self, filename: str) -> str:
        return str(Path(self.parent.path).parent / "Resources" / filename)

    def runTest(self, msec: int = 100, **kwargs):
        """Run the self test, which is found by its name: the module's name and ``Test``."""
        test = getattr(importlib.import_module(type(self).__module__), f"{self.moduleName}Test")()
        test.messageDelay = msec
        test.runTest(**kwargs)


class ScriptedLoadableModuleWidget:
    """There is no window here, so there is no widget."""

    def __init__(self, parent=None):
        raise RuntimeError("the stand-in host has no Qt: test the widget in a real Slicer")


class ScriptedLoadableModuleLogic:
    """Gives a module its one parameter node in the scene."""

    def __init__(self, parent=None):
        self.moduleName = type(self).__name__.removesuffix("Logic")

    def getParameterNode(self):
        """Return the module's parameter node; it is made at the first call."""
        node = slicer.mrmlScene.GetSingletonNode(self.moduleName, "vtkMRMLScriptedModuleNode")
        if node is None:
            node = slicer.vtkMRMLScriptedModuleNode()
            node.SetSingletonTag(self.moduleName)
            node.SetName(self.moduleName)
            node = slicer.mrmlScene.AddNode(node)
        node.SetAttribute("ModuleName", self.moduleName)  # closing the scene clears it
        return node


class ScriptedLoadableModuleTest(unittest.TestCase):
    """Runs every method whose name holds 'test', each between setUp and tearDown, as Slicer does."""

    def delayDisplay(self, message: str, requestedDelay: int | None = None, msec: int | None = None):
        """Log the message: there is no window to show it in."""
        logging.info(message)

    def runTest(self):
        names = [name for name in dir(self) if "test" in name and callable(getattr(self, name))]
        assert names, f"{type(self).__name__} has no test"
        for name in names:
            self.setUp()
            logging.info("Running %s", name)
            getattr(self, name)()
            self.tearDown()
