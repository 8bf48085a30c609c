"""The objects in ``slicer.modules``."""

from pathlib import Path

import slicer
from PySide6.QtCore import Property, QObject
from PySide6.QtGui import QIcon

from slicerhost.offering import register_object
from slicerhost.pythonqt import unwrap


class LoadableModule(QObject):
    """A module of Slicer's own, as ``slicer.modules.volumes``: only its logic."""

    def __init__(self, name: str, logic):
        super().__init__()
        self._name, self._logic = name, logic

    def logic(self):
        return self._logic

    name = Property(str, lambda self: self._name)
    title = Property(str, lambda self: self._name)


def loadable_module(name: str, logic) -> LoadableModule:
    """Return the module object of one of Slicer's own modules, of a class of its own, as ``qSlicerVolumesModule``."""
    class_name = f"qSlicer{name}Module"
    offered = getattr(slicer, class_name, None)
    if offered is None:
        kind = type(class_name, (LoadableModule,), {})
        offered = register_object(slicer, class_name, kind, methods=("logic",))
    return offered._info.pyside(name, logic)


def _described(kind: object, key: str) -> Property:
    """Return a property that the module's own class fills in."""

    def write(self, value) -> None:
        self.description[key] = value

    return Property(kind, lambda self: self.description[key], write)


class ScriptedModule(QObject):
    """A scripted module: its description, which its own class fills in, and its widget, made at the first call.

    Attributes
    ----------
    instance
        The object of the module's Python class.
    """

    def __init__(self, name: str, path: Path):
        super().__init__()
        self._name, self._path, self._widget, self.instance = name, path, None, None
        self.description = {
            "title": name,
            "helpText": "",
            "acknowledgementText": "",
            "categories": [],
            "contributors": [],
            "dependencies": [],
            "associatedNodeTypes": [],
            "hidden": False,
            "widgetRepresentationCreationEnabled": True,
            "index": -1,
            "icon": QIcon(),
        }
        self._logic = slicer.vtkSlicerScriptedLoadableModuleLogic()
        self._logic.SetMRMLApplicationLogic(slicer.app.applicationLogic())
        self._logic.SetMRMLScene(slicer.mrmlScene)

    def logic(self):
        """Return the C++ logic that Slicer gives every scripted module; the module's own is its class."""
        return self._logic

    def self(self):
        return self.instance

    def widgetRepresentation(self):
        """Return the module's widget; it is made and set up at the first call."""
        if self._widget is None and self.description["widgetRepresentationCreationEnabled"]:
            self._widget = self.createNewWidgetRepresentation()
        return self._widget

    def createNewWidgetRepresentation(self):
        """Return another widget of the module, set up; it gets the scene after that, as in Slicer."""
        widget = unwrap(slicer.qSlicerScriptedLoadableModuleWidget())
        made = widget.setPythonSource(str(self._path))
        widget.setObjectName(f"{self._name}ModuleWidget")
        widget.setWindowTitle(self.description["title"])
        if made:
            widget.setup()
        widget.setMRMLScene(slicer.mrmlScene)
        return widget

    def destroy_widget(self) -> None:
        """Take the scene from the widget and destroy it."""
        if self._widget is not None:
            self._widget.setMRMLScene(None)
            self._widget.deleteLater()
            self._widget = None

    name = Property(str, lambda self: self._name)
    path = Property(str, lambda self: str(self._path))
    title = _described(str, "title")
    helpText = _described(str, "helpText")
    acknowledgementText = _described(str, "acknowledgementText")
    categories = _described("QStringList", "categories")
    contributors = _described("QStringList", "contributors")
    dependencies = _described("QStringList", "dependencies")
    associatedNodeTypes = _described("QStringList", "associatedNodeTypes")
    hidden = _described(bool, "hidden")
    widgetRepresentationCreationEnabled = _described(bool, "widgetRepresentationCreationEnabled")
    index = _described(int, "index")
    icon = _described(QIcon, "icon")


def register_module_objects() -> None:
    """Offer the class of scripted modules."""
    if not hasattr(slicer, "qSlicerScriptedLoadableModule"):
        shown = ("logic", "self", "widgetRepresentation", "createNewWidgetRepresentation")
        register_object(slicer, "qSlicerScriptedLoadableModule", ScriptedModule, methods=shown)
