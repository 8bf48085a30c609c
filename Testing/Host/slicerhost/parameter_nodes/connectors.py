"""What connects a parameter to a widget of the panel: which widgets can show which types, and how."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import Enum
from pathlib import PurePath
from typing import Any, get_args, get_origin

import slicer

from slicerhost.parameter_nodes.annotations import split
from slicerhost.parameter_nodes.validators import Choice, Decimals, Maximum, Minimum, SingleStep, WithinRange

SlicerParameterNamePropertyName = "SlicerParameterName"
"""The dynamic property of a widget that names its parameter."""

_INT_MIN, _INT_MAX = -(2**31), 2**31 - 1


class Connector(ABC):
    """A widget that shows a parameter."""

    signal: str
    """What the widget emits when its user changed it; empty for a widget that only shows."""

    def __init__(self, widget, kind: type, annotations: tuple):
        self.widget, self.kind, self.annotations = widget, kind, annotations
        self._callback: Callable[[], None] | None = None

    def annotation(self, kind: type) -> Any:
        """Return the parameter's annotation of that type, or None."""
        return next((one for one in self.annotations if isinstance(one, kind)), None)

    def onChanged(self, callback: Callable[[], None] | None) -> None:
        """Call ``callback`` at each change, or None at none any more."""
        self._callback = callback
        if self.signal:
            (self.widget.disconnect if callback is None else self.widget.connect)(self.signal, self.changed)

    def changed(self) -> None:
        if self._callback:
            self._callback()

    @abstractmethod
    def read(self) -> Any:
        """Return what the widget shows."""

    @abstractmethod
    def write(self, value: Any) -> None:
        """Show ``value``."""


class _CheckBox(Connector):
    signal = "stateChanged(int)"

    def read(self) -> bool:
        return self.widget.checked

    def write(self, value: bool) -> None:
        self.widget.checked = value


class _PushButton(_CheckBox):
    signal = "toggled(bool)"

    def __init__(self, widget, kind, annotations):
        super().__init__(widget, kind, annotations)
        if not widget.checkable:
            logging.warning("Making push button checkable for conversion to bool: button %s", widget)
            widget.checkable = True


class _Number(Connector):
    """Spin boxes and sliders: they take the parameter's range, decimals and step."""

    unbounded: tuple[float, float] | None = None
    """The range of a parameter without one; None for a widget that needs one."""

    def __init__(self, widget, kind, annotations):
        super().__init__(widget, kind, annotations)
        within = self.annotation(WithinRange)
        minimum, maximum = self.annotation(Minimum), self.annotation(Maximum)
        low, high = (within.minimum, within.maximum) if within else (None, None)
        low = minimum.minimum if minimum and low is None else low
        high = maximum.maximum if maximum and high is None else high
        if (low is None or high is None) and self.unbounded is None:
            raise RuntimeError(f"Cannot have a connection to a slider where the {kind.__name__} type is unbounded.")
        if step := self.annotation(SingleStep):
            widget.singleStep = step.value
        self._show_decimals()
        lowest, highest = self.unbounded or (low, high)
        widget.minimum = lowest if low is None else low
        widget.maximum = highest if high is None else high

    def _show_decimals(self) -> None:
        if decimals := self.annotation(Decimals):
            self.widget.decimals = decimals.value

    def read(self) -> Any:
        return self.kind(self.widget.value)

    def write(self, value: Any) -> None:
        self.widget.value = self.kind(value)


class _Slider(_Number):
    signal = "valueChanged(int)"


class _SpinBox(_Slider):
    unbounded = _INT_MIN, _INT_MAX


class _DoubleSlider(_Number):
    signal = "valueChanged(double)"

    def _show_decimals(self) -> None:
        if self.kind is int:
            self.widget.decimals = 0
        else:
            super()._show_decimals()


class _DoubleSpinBox(_DoubleSlider):
    unbounded = float("-inf"), float("inf")


class _ChoiceBox(Connector):
    """A combo box that offers the parameter's choices, or the members of its enumeration."""

    signal = "currentIndexChanged(int)"

    def __init__(self, widget, kind, annotations):
        super().__init__(widget, kind, annotations)
        if issubclass(kind, Enum):
            self._choices = list(kind)
            texts = [value.label() if hasattr(value, "label") else value.name for value in kind]
        elif choice := self.annotation(Choice):
            self._choices = list(choice.choices)
            texts = [str(value) for value in choice.choices]
        else:
            raise RuntimeError("a combo box requires the Choice annotation to be used.")
        shown = widget.currentIndex
        widget.clear()
        for text in texts:
            widget.addItem(text)
        if issubclass(kind, Enum):  # Slicer keeps what was shown here, and shows the first choice of others
            widget.currentIndex = shown if shown >= 0 else len(texts) - 1

    def read(self) -> Any:
        return self._choices[self.widget.currentIndex]

    def write(self, value: Any) -> None:
        if value not in self._choices:
            raise ValueError(f"Unable to find value {value} in choices {self._choices}")
        self.widget.currentIndex = self._choices.index(value)


class _LineEdit(Connector):
    signal = "textChanged(QString)"

    def read(self) -> str:
        return self.widget.text

    def write(self, value: str) -> None:
        if value != self.widget.text:  # writing moves the cursor to the end
            self.widget.text = value


class _Label(_LineEdit):
    signal = ""


class _TextEdit(Connector):
    signal = "textChanged()"

    def read(self) -> str:
        return self.widget.plainText

    def write(self, value: str) -> None:
        self.widget.plainText = value


class _PathEdit(Connector):
    signal = "currentPathChanged(QString)"

    def read(self) -> PurePath:
        return self.kind(self.widget.currentPath)

    def write(self, value: PurePath) -> None:
        self.widget.currentPath = str(value)


class _NodeBox(Connector):
    signal = "currentNodeChanged(vtkMRMLNode*)"

    def __init__(self, widget, kind, annotations):
        super().__init__(widget, kind, annotations)
        widget.nodeTypes = [one().GetClassName() for one in _node_types(kind)]

    def read(self):
        return self.widget.currentNode()

    def write(self, value) -> None:
        self.widget.setCurrentNode(value)


def _node_types(kind: Any) -> list[type]:
    """Return the node classes of a type, which is one or a union of them and None; none for another type."""
    if get_origin(kind) is None and isinstance(kind, type):
        return [kind] if issubclass(kind, slicer.vtkMRMLNode) else []
    members = [one for one in get_args(kind) if one is not type(None)]
    nodes = [node for one in members for node in _node_types(one)]
    return nodes if len(nodes) == len(members) else []


def _connector_classes(kind: Any) -> dict[str, type[Connector]]:
    """Return the connectors for a type by the class of the widget; subclasses of it do not count, as in Slicer."""
    if _node_types(kind):
        return {"qMRMLNodeComboBox": _NodeBox}
    if not isinstance(kind, type):
        return {}
    doubles = {
        "QDoubleSpinBox": _DoubleSpinBox,
        "ctkDoubleSpinBox": _DoubleSpinBox,
        "ctkSliderWidget": _DoubleSlider,
    }
    combos = {"QComboBox": _ChoiceBox, "ctkComboBox": _ChoiceBox}
    if issubclass(kind, Enum):
        return combos
    if issubclass(kind, PurePath):
        return {"ctkPathLineEdit": _PathEdit}
    return {
        bool: {"QCheckBox": _CheckBox, "ctkCheckBox": _CheckBox, "QPushButton": _PushButton} | combos,
        int: {"QSlider": _Slider, "QSpinBox": _SpinBox} | doubles | combos,
        float: doubles | combos,
        str: {"QLineEdit": _LineEdit, "QLabel": _Label, "QTextEdit": _TextEdit} | combos,
    }.get(kind, {})


def connector_for(widget, annotation: Any) -> Connector:
    """Return what connects a widget to a parameter.

    Raises
    ------
    RuntimeError
        If Slicer has no connector for such a widget and parameter.
    """
    kind, annotations = split(annotation)
    found = _connector_classes(kind).get(type(widget).__name__)
    if found is None:
        raise RuntimeError(
            f"Unable to create GUI connector from datatype '{annotation}' to widget type '{type(widget)}'."
        )
    return found(widget, kind, annotations)
