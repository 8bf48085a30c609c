"""Observing MRML from a widget that Qt may destroy at any time."""

import weakref
from collections.abc import Callable

import shiboken6
import vtk
from PySide6.QtCore import QObject


class Observations:
    """The MRML observers of one widget: they end with it, and keep neither it nor the nodes alive."""

    def __init__(self, widget: QObject):
        self._widget = weakref.ref(widget)
        self._tags: list[tuple[object, int]] = []
        widget.destroyed.connect(self.end)

    def add(self, observed, event: int, method: Callable, with_node: bool = False) -> None:
        """Call the widget's ``method(widget, caller, data)`` at each event.

        ``method`` is a function of the widget's class; the data is the node that comes with the event, if one does.
        """
        widget = self._widget

        def call(caller, _event, data=None):
            alive = widget()
            if alive is not None and shiboken6.isValid(alive):
                method(alive, caller, data)

        if with_node:
            call.CallDataType = vtk.VTK_OBJECT
        self._tags.append((weakref.ref(observed), observed.AddObserver(event, call)))

    def end(self, *_destroyed, of=None) -> None:
        """Remove the observers of ``of``, or all."""
        kept = []
        for observed, tag in self._tags:
            there = observed()
            if of is not None and there is not of:
                kept.append((observed, tag))
            elif there is not None:
                there.RemoveObserver(tag)
        self._tags = kept
