"""Which types of parameters there are."""

import types
import typing
from enum import Enum
from typing import Any

import slicer

from slicerhost.parameter_nodes import stored
from slicerhost.parameter_nodes.annotations import split
from slicerhost.parameter_nodes.validators import Validator


def stored_type(annotation: Any) -> stored.Stored:
    """Return how values of a type are stored.

    Raises
    ------
    TypeError
        For a type that Slicer cannot store, or that this stand-in does not know.
    """
    kind, annotations = split(annotation)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    simple = stored.simple_types()
    if isinstance(kind, type) and kind in simple:
        made = simple[kind]()
    elif isinstance(kind, type) and issubclass(kind, Enum):
        made = stored.Choices(kind)
    elif isinstance(kind, type) and origin is None and issubclass(kind, slicer.vtkMRMLNode):
        made = stored.Node(kind)
    elif origin is list and len(arguments) == 1:
        made = stored.List(stored_type(arguments[0]))
    elif origin is tuple and arguments and Ellipsis not in arguments:
        made = stored.Tuple([stored_type(argument) for argument in arguments])
    elif origin is dict and len(arguments) == 2:
        made = stored.Dict(*map(stored_type, arguments))
    elif origin in (typing.Union, types.UnionType):
        made = stored.Union([stored_type(argument) for argument in arguments])
    else:
        raise TypeError(f"the stand-in host knows no parameters of type {kind}")
    made.validators += [one for one in annotations if isinstance(one, Validator)]
    return made
