"""Keyboard shortcuts of the step 'Read': they work wherever the focus is, in the slice views too."""

from collections.abc import Callable

import qt

# The tool tips in ReadStep.ui name them. Keys that Slicer's own window takes would do nothing: see the test.
KEYS = {"add": "Ctrl+Shift+L", "jump": "Ctrl+J", "previous": "Ctrl+Up", "next": "Ctrl+Down", "diameters": "Ctrl+D"}


class ReadKeys:
    """One shortcut for each of :data:`KEYS`, off until :meth:`enable`."""

    def __init__(self, widget, **actions: Callable[[], None]) -> None:
        self._widget, self._shortcuts = widget, []
        for name, keys in KEYS.items():
            shortcut = qt.QAction(widget)
            shortcut.objectName = f"read-{name}"
            shortcut.setShortcut(qt.QKeySequence(keys))
            shortcut.setEnabled(False)
            shortcut.connect("triggered()", actions[name])
            widget.addAction(shortcut)
            self._shortcuts.append(shortcut)

    def enable(self, enabled: bool) -> None:
        """Turn the shortcuts on or off."""
        for shortcut in self._shortcuts:
            shortcut.setEnabled(enabled)

    def cleanup(self) -> None:
        """Let go of the shortcuts."""
        for shortcut in self._shortcuts:
            self._widget.removeAction(shortcut)
        self._shortcuts = []
