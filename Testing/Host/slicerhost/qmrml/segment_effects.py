"""The Segment Editor's effects as scripts see them: names and parameters. What they do is in ``strokes``."""

from typing import Any

from PySide6.QtCore import Property, QObject

AVAILABLE = (
    "Paint", "Erase", "Scissors", "Draw", "Fill between slices", "Grow from seeds", "Hollow", "Islands",
    "Level tracing", "Logical operators", "Margin", "Mask volume", "Smoothing", "Threshold",
)  # fmt: skip
DEFAULT_ORDER = (
    "Threshold", "Paint", "Draw", "Erase", "Level tracing", "Grow from seeds", "Fill between slices", "Margin",
    "Hollow", "Smoothing", "Scissors", "Islands", "Logical operators", "Mask volume",
)  # fmt: skip
METHODS = (
    "active",
    "parameter",
    "parameterDefined",
    "setParameter",
    "integerParameter",
    "doubleParameter",
    "commonParameter",
    "commonParameterDefined",
    "setCommonParameter",
    "parameterSetNode",
)

_WHOLE_SEGMENTATION = ("Grow from seeds", "Fill between slices")  # the others work on the selected segment
_COMMON = {
    "BrushSphere": "0",
    "BrushDiameterIsRelative": "1",
    "BrushRelativeDiameter": "3",
    "BrushAbsoluteDiameter": "10",
    "EraseAllSegments": "0",
}
_OWN = {
    "Threshold": {"MinimumThreshold": "0", "MaximumThreshold": "0"},
    "Islands": {"MinimumSize": "1000", "Operation": "KEEP_LARGEST_ISLAND"},
    "Smoothing": {"SmoothingMethod": "MEDIAN", "KernelSizeMm": "3"},
    "Margin": {"MarginSizeMm": "3"},
}


def _text(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(int(value) if isinstance(value, bool) else value)


class Effect(QObject):
    """An effect; its parameters are attributes of the editor's node, as ``Threshold.MinimumThreshold``."""

    def __init__(self, name: str, editor: QObject):
        super().__init__()  # no child of the editor's: its name is its own property
        self._name, self._node, self._editor = name, None, editor

    def set_node(self, node) -> None:
        """Take up another editor's node, and give it the parameters that it lacks."""
        self._node = node
        for name, value in _OWN.get(self._name, {}).items():
            if not self.parameterDefined(name):
                self.setParameter(name, value)
        for name, value in _COMMON.items() if self._name in ("Paint", "Erase") else ():
            if not self.commonParameterDefined(name):
                self.setCommonParameter(name, value)

    def parameterSetNode(self):
        return self._node

    def active(self) -> bool:
        return self._editor.activeEffect() is self

    def commonParameterDefined(self, name: str) -> bool:
        return self._node is not None and self._node.GetAttribute(name) is not None

    def commonParameter(self, name: str) -> str:
        value = self._node.GetAttribute(name) if self._node is not None else None
        return value or ""

    def setCommonParameter(self, name: str, value: Any) -> None:
        if self._node is None:
            raise RuntimeError(f"{self._name}: the segment editor has no segment editor node")
        self._node.SetAttribute(name, _text(value))

    def parameterDefined(self, name: str) -> bool:
        return self.commonParameterDefined(f"{self._name}.{name}")

    def parameter(self, name: str) -> str:
        return self.commonParameter(f"{self._name}.{name}")

    def setParameter(self, name: str, value: Any) -> None:
        self.setCommonParameter(f"{self._name}.{name}", value)

    def integerParameter(self, name: str) -> int:
        return int(self.parameter(name) or 0)

    def doubleParameter(self, name: str) -> float:
        return float(self.parameter(name) or 0)

    name = Property(str, lambda self: self._name)
    title = Property(str, lambda self: self._name)
    perSegment = Property(bool, lambda self: self._name not in _WHOLE_SEGMENTATION)
    requireSegments = Property(bool, lambda self: True)


class PaintEffect(Effect):
    """``qSlicerSegmentEditorPaintEffect``."""


class EraseEffect(Effect):
    """``qSlicerSegmentEditorEraseEffect``."""


class ScissorsEffect(Effect):
    """``qSlicerSegmentEditorScissorsEffect``."""


class ScriptedEffect(Effect):
    """``qSlicerSegmentEditorScriptedEffect``: all the other effects are written in Python."""


def make_effect(name: str, editor: QObject) -> Effect:
    """Return an effect for an editor."""
    kinds = {"Paint": PaintEffect, "Erase": EraseEffect, "Scissors": ScissorsEffect}
    return kinds.get(name, ScriptedEffect)(name, editor)
