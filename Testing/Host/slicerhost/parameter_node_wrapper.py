"""``slicer.parameterNodeWrapper`` for the parameter types that our module uses; any other type is refused.

As in Slicer every value lives in the ``vtkMRMLScriptedModuleNode`` (texts as parameters, nodes as references), so a
wrapper made anew for the same node shows the same values, and a value of the wrong type is refused on writing.
"""

from pathlib import Path
from typing import get_type_hints

import slicer

__all__ = ["parameterNodeWrapper"]

_TEXTS = {
    str: (str, str, ""),
    bool: (str, {"True": True, "False": False}.__getitem__, False),
    int: (str, int, 0),
    float: (repr, float, 0.0),
    Path: (str, Path, Path()),
}


def parameterNodeWrapper(cls: type) -> type:
    """Turn the annotated names of ``cls`` into properties kept in a parameter node.

    Raises
    ------
    TypeError
        For a type of parameter that this stand-in does not know.
    """
    parameters = get_type_hints(cls)
    defaults = {}
    for name, kind in parameters.items():
        if kind in _TEXTS:
            defaults[name] = cls.__dict__.get(name, _TEXTS[kind][2])
            setattr(cls, name, _text_property(name, kind))
        elif issubclass(kind, slicer.vtkMRMLNode):
            setattr(cls, name, _node_property(name, kind))
        else:
            raise TypeError(f"{cls.__name__}.{name}: the stand-in host knows no parameters of type {kind.__name__}")

    def initialise(self, parameterNode):
        self.parameterNode = parameterNode
        for name, value in defaults.items():
            if not parameterNode.HasParameter(name):
                setattr(self, name, value)

    cls.__init__ = initialise
    cls.AddObserver = lambda self, event, callback: self.parameterNode.AddObserver(event, callback)
    cls.RemoveObserver = lambda self, tag: self.parameterNode.RemoveObserver(tag)
    return cls


def _text_property(name: str, kind: type) -> property:
    write, read, _ = _TEXTS[kind]

    def store(self, value):
        if not isinstance(value, kind):
            raise TypeError(f"{name} must be {kind.__name__}, not {type(value).__name__}")
        self.parameterNode.SetParameter(name, write(value))

    return property(lambda self: read(self.parameterNode.GetParameter(name)), store)


def _node_property(name: str, kind: type) -> property:
    def store(self, value):
        if value is not None and not isinstance(value, kind):
            raise TypeError(f"{name} must be {kind.__name__} or None, not {type(value).__name__}")
        self.parameterNode.SetNodeReferenceID(name, value.GetID() if value is not None else None)

    return property(lambda self: self.parameterNode.GetNodeReference(name), store)
