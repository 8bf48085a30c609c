"""Keyboard shortcuts of the step 'Read': they work wherever the focus is, in the slice views too."""

from collections.abc import Callable

import qt

# The tool tips in ReadStep.ui name them.
KEYS = {"add": "Ctrl+Shift+A", "jump": "Ctrl+J", "previous": "Ctrl+Up", "next": "Ctrl+Down", "diameters": "Ctrl+D"}


class ReadKeys:
    """One shortcut for each of :data:`KEYS`, off until :meth:`enable`."""

    def __init__(self, widget, **actions: Callable[[], None]) -> None:
        self._shortcuts = []
        for name, keys in KEYS.items():
            shortcut = qt.QShortcut(qt.QKeySequence(keys), widget)
            shortcut.setEnabled(False)
            shortcut.connect("activated()", actions[name])
            self._shortcuts.append(shortcut)

    def enable(self, enabled: bool) -> None:
        """Turn the shortcuts on or off."""
        for shortcut in self._shortcuts:
            shortcut.setEnabled(enabled)

    def cleanup(self) -> None:
        """Let go of the shortcuts."""
        for shortcut in self._shortcuts:
            shortcut.setEnabled(False)
            shortcut.deleteLater()
        self._shortcuts = []
