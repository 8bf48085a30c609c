"""``slicer.parameterNodeWrapper``: a class of annotated names becomes typed access to a parameter node.

Values are cached as in Slicer: a value is read again when the parameter node is modified, which it also is when the
scene loses a node that it refers to.
"""

import logging
import typing
import weakref
from typing import Any

import slicer
import vtk

from slicerhost.parameter_nodes.annotations import split
from slicerhost.parameter_nodes.connectors import Connector, SlicerParameterNamePropertyName, connector_for
from slicerhost.parameter_nodes.types import stored_type
from slicerhost.parameter_nodes.validators import Default, Validator

_RESERVED = (
    "allParameters",
    "default",
    "isCached",
    "dataType",
    "getValue",
    "setValue",
    "connectGui",
    "connectParametersToGui",
    "disconnectGui",
    "StartModify",
    "EndModify",
    "AddObserver",
    "RemoveObserver",
    "Modified",
)


class _Parameter:
    """A parameter as declared: its type as written, how it is stored, and its default."""

    def __init__(self, owner: type, name: str, annotation: Any):
        kind, annotations = split(annotation)
        try:
            self.stored = stored_type(kind)
        except TypeError as unknown:
            # Slicer raises the bare class: who catches something narrower here would not catch it there.
            raise Exception(f"Unable to create serializer for {owner} member {name}: {unknown}") from unknown
        self.stored.validators += [one for one in annotations if isinstance(one, Validator)]
        defaults = [one for one in annotations if isinstance(one, Default)]
        if len(defaults) > 1:
            raise Exception(f"{owner} member {name} has more than one default")
        if name in vars(owner):
            self.default = Default(vars(owner)[name])
        else:
            self.default = defaults[0] if defaults else Default(generator=self.stored.default)
        unused = [one for one in annotations if not isinstance(one, Validator | Default)]
        if unused:
            logging.warning("Unused annotations: %s", unused)
        self.name, self.annotation = name, annotation


class _Value:
    """A parameter of one node: its value, read again whenever the node is modified."""

    def __init__(self, parameter: _Parameter, node):
        self._parameter, self._node, self._writing = parameter, node, False
        if not parameter.stored.holds(node, parameter.name):
            parameter.stored.write(node, parameter.name, parameter.default.value)
        self._value = parameter.stored.read(node, parameter.name)
        # The observer must not keep this object, or the wrapper would live as long as the node.
        forget = weakref.ref(self)
        tag = node.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda caller, event: forget()._read_again())
        weakref.finalize(self, node.RemoveObserver, tag)

    def _read_again(self) -> None:
        if not self._writing:
            stored_value = self._parameter.stored
            if not stored_value.holds(self._node, self._parameter.name):
                stored_value.write(self._node, self._parameter.name, self._parameter.default.value)
            self._value = stored_value.read(self._node, self._parameter.name)

    def get(self) -> Any:
        return self._value

    def set(self, value: Any) -> None:
        self._writing = True
        try:
            with slicer.util.NodeModify(self._node):  # observers see the new value, not the cached one
                self._parameter.stored.write(self._node, self._parameter.name, value)
                self._value = self._parameter.stored.read(self._node, self._parameter.name)
        finally:
            self._writing = False


def parameterNodeWrapper(cls: type | None = None):
    """Turn the annotated names of ``cls`` into properties kept in a parameter node.

    Raises
    ------
    Exception
        For a type of parameter that Slicer or this stand-in does not know.
    ValueError
        For a name that the wrapper needs itself.
    """
    if cls is None:
        return parameterNodeWrapper
    hints = typing.get_type_hints(cls, include_extras=True)
    for reserved in _RESERVED:
        if reserved in hints or hasattr(cls, reserved):
            raise ValueError(f"Cannot use reserved name '{reserved}' in a parameterNodeWrapper")
    parameters = {name: _Parameter(cls, name, annotation) for name, annotation in hints.items()}
    for name in parameters:
        setattr(cls, name, property(*_accessors(name)))
    cls.allParameters = parameters
    cls._is_parameter_node_wrapper = True
    cls.__init__ = _Wrapper.__init__
    cls.dataType = staticmethod(lambda name: parameters[name].annotation)
    for name, method in vars(_Wrapper).items():
        if not name.startswith("__"):
            setattr(cls, name, method)
    return cls


def _accessors(name: str):
    return lambda self: self._values[name].get(), lambda self, value: self._values[name].set(value)


def isParameterNodeWrapper(classOrObj: Any) -> bool:
    return getattr(classOrObj, "_is_parameter_node_wrapper", False)


class _Wrapper:
    """The methods that every wrapped class gets."""

    def __init__(self, parameterNode, prefix: str | None = None):
        if prefix:
            raise NotImplementedError("the stand-in host has no parameter node wrappers with a prefix")
        self.parameterNode = parameterNode
        self._connected: dict[int, tuple[dict[str, Connector], int]] = {}
        self._next_tag, self._showing = 0, False
        self._values = {name: _Value(parameter, parameterNode) for name, parameter in self.allParameters.items()}

    def _check(self, name: str) -> None:
        if name not in self.allParameters:
            raise ValueError(f"Cannot find a param with the given name: {name}; there are {list(self.allParameters)}")

    def default(self, name: str) -> Default:
        self._check(name)
        return self.allParameters[name].default

    def isCached(self, name: str) -> bool:
        self._check(name)
        return True

    def getValue(self, name: str) -> Any:
        self._check(name)
        return self._values[name].get()

    def setValue(self, name: str, value: Any) -> None:
        self._check(name)
        self._values[name].set(value)

    def connectGui(self, gui) -> int:
        """Connect every widget of ``gui`` that names a parameter; return what disconnectGui takes."""
        is_widget = getattr(gui, "isWidgetType", lambda: False)()
        widgets = slicer.util.findChildren(gui) if is_widget else vars(gui).values()
        named = {name: widget for widget in widgets if (name := widget.property(SlicerParameterNamePropertyName))}
        return self.connectParametersToGui(named)

    def connectParametersToGui(self, mapping: dict[str, Any]) -> int:
        """Connect parameters to widgets, both ways; each widget shows its parameter from here on."""
        for name in mapping:
            self._check(name)
        connectors = {
            name: widget if isinstance(widget, Connector) else connector_for(widget, self.dataType(name))
            for name, widget in mapping.items()
        }
        tag, self._next_tag = self._next_tag, self._next_tag + 1
        for name, connector in connectors.items():
            connector.write(self.getValue(name))
            connector.onChanged(self._taker(name, connector))
        observer = self.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda caller, event: self._show())
        self._connected[tag] = connectors, observer
        return tag

    def _taker(self, name: str, connector: Connector):
        def take() -> None:
            if not self._showing:
                with slicer.util.NodeModify(self):
                    self.setValue(name, connector.read())

        return take

    def _show(self) -> None:
        if self._showing:
            return
        self._showing = True
        try:
            with slicer.util.NodeModify(self):
                for connectors, _ in list(self._connected.values()):
                    for name, connector in connectors.items():
                        connector.write(self.getValue(name))
        finally:
            self._showing = False

    def disconnectGui(self, tag: int | None) -> None:
        """Leave the widgets alone; an unknown tag, or None, is no error."""
        connectors, observer = self._connected.pop(tag, ({}, None))
        for connector in connectors.values():
            connector.onChanged(None)
        if observer is not None:
            self.RemoveObserver(observer)

    def StartModify(self):
        return self.parameterNode.StartModify()

    def EndModify(self, wasModified):
        return self.parameterNode.EndModify(wasModified)

    def AddObserver(self, event, callback, priority: float = 0.0) -> int:
        return self.parameterNode.AddObserver(event, callback, priority)

    def RemoveObserver(self, tag: int) -> None:
        self.parameterNode.RemoveObserver(tag)

    def Modified(self) -> None:
        self.parameterNode.Modified()
