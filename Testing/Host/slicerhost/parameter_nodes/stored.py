"""How values of each type lie in a ``vtkMRMLScriptedModuleNode``, under the same names as Slicer gives them.

Texts are parameters, nodes are references, and containers are spread over several parameters: a list ``x`` of two is
``x.len``, ``x.0`` and ``x.1``. So a scene that the host saves is one that Slicer reads.
"""

import pathlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any

import slicer

from slicerhost.parameter_nodes.containers import ObservedDict, ObservedList
from slicerhost.parameter_nodes.validators import IsInstance, IsNone, NotNone, Validator


class Stored(ABC):
    """A type of parameter: reads and writes the value called ``name`` of a node."""

    def __init__(self, *validators: Validator):
        self.validators = list(validators)

    @abstractmethod
    def default(self) -> Any:
        """Return the value of a parameter without a default of its own."""

    def validate(self, value: Any) -> None:
        """Raise ValueError or TypeError if ``value`` is refused."""
        for validator in self.validators:
            validator.validate(value)

    def holds(self, node, name: str) -> bool:
        return node.HasParameter(name)

    def write(self, node, name: str, value: Any) -> None:
        self.validate(value)
        self._put(node, name, value)

    @abstractmethod
    def _put(self, node, name: str, value: Any) -> None: ...

    @abstractmethod
    def read(self, node, name: str) -> Any:
        """Return the value that the node holds."""

    def remove(self, node, name: str) -> None:
        node.UnsetParameter(name)

    def suits(self, value: Any) -> bool:
        """Return whether this type of a union is the one for ``value``."""
        try:
            self.validate(value)
        except (TypeError, ValueError):
            return False
        return True


class Text(Stored):
    """Whatever is one parameter: written as a text and made again of it."""

    def __init__(self, kind: type | tuple, default: Any, read: Callable[[str], Any], write: Callable[[Any], str] = str):
        super().__init__(NotNone(), IsInstance(kind))
        self._default, self._read, self._write = default, read, write

    def default(self) -> Any:
        return self._default

    def _put(self, node, name: str, value: Any) -> None:
        node.SetParameter(name, self._write(value))

    def read(self, node, name: str) -> Any:
        return self._read(node.GetParameter(name))


class Choices(Text):
    """A member of an enumeration, stored by name: renaming a member breaks saved scenes."""

    def __init__(self, enumeration: type[Enum]):
        def member(key: str) -> Enum:
            if key not in enumeration.__members__:
                raise ValueError(f"the parameter node holds {key!r}, which is no name in {enumeration!r}")
            return enumeration[key]

        super().__init__(enumeration, next(iter(enumeration)), member, lambda value: value.name)


class Node(Stored):
    """A node of the scene, or None; the empty parameter of the same name tells None from a value never set."""

    def __init__(self, kind: type):
        super().__init__(IsInstance(kind))

    def default(self) -> None:
        return None

    def _put(self, node, name: str, value: Any) -> None:
        node.SetParameter(name, "")
        node.SetNodeReferenceID(name, None if value is None else value.GetID())

    def read(self, node, name: str) -> Any:
        return node.GetNodeReference(name)

    def remove(self, node, name: str) -> None:
        super().remove(node, name)
        node.RemoveNodeReferenceIDs(name)


class Nothing(Text):
    """None, as one type of a union."""

    def __init__(self):
        super().__init__(type(None), None, lambda _: None, lambda _: "True")
        self.validators = [IsNone()]


class List(Stored):
    def __init__(self, element: Stored):
        super().__init__()
        self.element = element

    def default(self) -> list:
        return []

    def suits(self, value: Any) -> bool:
        return isinstance(value, list | ObservedList) and all(self.element.suits(item) for item in value)

    def validate(self, value: Any) -> None:
        super().validate(value)
        for item in value:
            self.element.validate(item)

    def holds(self, node, name: str) -> bool:
        return node.HasParameter(f"{name}.len")

    def _put(self, node, name: str, value: Sequence) -> None:
        value = list(value)
        with slicer.util.NodeModify(node):
            for index in range(len(value), self._length(node, name)):
                self.element.remove(node, f"{name}.{index}")
            for index, item in enumerate(value):
                self.element.write(node, f"{name}.{index}", item)
            node.SetParameter(f"{name}.len", str(len(value)))

    def _length(self, node, name: str) -> int:
        return int(node.GetParameter(f"{name}.len")) if self.holds(node, name) else 0

    def _items(self, node, name: str) -> list:
        return [self.element.read(node, f"{name}.{index}") for index in range(self._length(node, name))]

    def read(self, node, name: str) -> ObservedList:
        def save(values: list) -> list:
            self.write(node, name, values)
            return self._items(node, name)

        return ObservedList(self._items(node, name), save)

    def remove(self, node, name: str) -> None:
        for index in range(self._length(node, name)):
            self.element.remove(node, f"{name}.{index}")
        node.UnsetParameter(f"{name}.len")


class Tuple(Stored):
    def __init__(self, elements: Sequence[Stored]):
        super().__init__()
        self.elements = list(elements)

    def default(self) -> tuple:
        return tuple(element.default() for element in self.elements)

    def suits(self, value: Any) -> bool:
        return isinstance(value, tuple) and super().suits(value)

    def validate(self, value: Any) -> None:
        super().validate(value)
        if len(value) != len(self.elements):
            raise ValueError(f"the value must have {len(self.elements)} elements, not {len(value)}")
        for element, item in zip(self.elements, value, strict=True):
            element.validate(item)

    def holds(self, node, name: str) -> bool:
        return self.elements[0].holds(node, f"{name}.0")

    def _put(self, node, name: str, value: Sequence) -> None:
        with slicer.util.NodeModify(node):
            for index, (element, item) in enumerate(zip(self.elements, value, strict=True)):
                element.write(node, f"{name}.{index}", item)

    def read(self, node, name: str) -> tuple:
        return tuple(element.read(node, f"{name}.{index}") for index, element in enumerate(self.elements))

    def remove(self, node, name: str) -> None:
        for index, element in enumerate(self.elements):
            element.remove(node, f"{name}.{index}")


class Dict(Stored):
    """Stored as a list of pairs, so that the order is kept."""

    def __init__(self, key: Stored, value: Stored):
        super().__init__()
        self._pairs = List(Tuple([key, value]))

    def default(self) -> dict:
        return {}

    def suits(self, value: Any) -> bool:
        return isinstance(value, dict | ObservedDict) and self._pairs.suits(list(value.items()))

    def holds(self, node, name: str) -> bool:
        return self._pairs.holds(node, name)

    def _put(self, node, name: str, value: dict) -> None:
        self._pairs.write(node, name, list(value.items()))

    def read(self, node, name: str) -> ObservedDict:
        def save(values: dict) -> dict:
            self.write(node, name, values)
            return values

        return ObservedDict(dict(self._pairs.read(node, name)), save)

    def remove(self, node, name: str) -> None:
        self._pairs.remove(node, name)


class Union(Stored):
    """One of several types, stored under the index of its type; None by default where None is one of two."""

    def __init__(self, kinds: Sequence[Stored]):
        super().__init__()
        self._kinds = list(kinds)

    def default(self) -> Any:
        if len(self._kinds) == 2 and isinstance(self._kinds[1], Nothing):
            return None
        return self._kinds[0].default()

    def validate(self, value: Any) -> None:
        super().validate(value)
        if not any(kind.suits(value) for kind in self._kinds):
            raise TypeError(f"{value!r} is of none of the parameter's types")

    def holds(self, node, name: str) -> bool:
        return any(kind.holds(node, f"{name}.{index}") for index, kind in enumerate(self._kinds))

    def _put(self, node, name: str, value: Any) -> None:
        with slicer.util.NodeModify(node):
            self.remove(node, name)
            index = next(index for index, kind in enumerate(self._kinds) if kind.suits(value))
            self._kinds[index].write(node, f"{name}.{index}", value)

    def read(self, node, name: str) -> Any:
        for index, kind in enumerate(self._kinds):
            if kind.holds(node, f"{name}.{index}"):
                return kind.read(node, f"{name}.{index}")
        raise KeyError(f"the parameter node holds no {name}")

    def remove(self, node, name: str) -> None:
        for index, kind in enumerate(self._kinds):
            kind.remove(node, f"{name}.{index}")


def simple_types() -> dict[type, Callable[[], Stored]]:
    """Return what makes the stored form of each type that is one parameter."""
    paths = {
        kind: (lambda kind=kind: Text(kind, kind(), kind))
        for kind in (pathlib.Path, pathlib.PosixPath, pathlib.PurePath, pathlib.PurePosixPath, pathlib.PureWindowsPath)
    }
    return paths | {
        str: lambda: Text(str, "", str),
        bool: lambda: Text(bool, False, lambda text: text == "True"),
        int: lambda: Text(int, 0, int),
        float: lambda: Text((int, float), 0, float),
        type(None): Nothing,
    }
