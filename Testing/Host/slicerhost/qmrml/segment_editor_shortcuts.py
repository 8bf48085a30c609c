"""The keys of a segment editor."""

from collections.abc import Callable
from typing import Any

import slicer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from slicerhost.pythonqt import errors, unwrap


class EditorShortcuts:
    """Digits for effects, Escape and Space for none and the last one, Z and Y, Q and W, and I, as in Slicer.

    Selecting the next segment by its key emits no signal of the editor, as in Slicer.
    """

    def __init__(self, editor):
        self._editor = editor
        self._installed: list[QShortcut] = []

    def install(self, place: QWidget | None) -> None:
        """Install the keys in a window, the main window by default; without one there are none, and Qt warns."""
        self.uninstall()
        place = place or unwrap(slicer.util.mainWindow())
        if place is None:
            errors.complain("QShortcut: No widget parent defined")
            return
        editor = self._editor
        for number in range(1, 11):
            self._add(place, str(number % 10), lambda n=number: self._toggle(n))
            self._add(place, f"Shift+{number % 10}", lambda n=number + 10: self._toggle(n))
        self._add(place, "Esc", lambda: self._toggle(0))
        self._add(place, "Space", self._last)
        for keys, action in (
            (("Z", "Ctrl+Z"), editor.undo),
            (("Y", "Ctrl+Y"), editor.redo),
            (("Q", "/", ",", ">"), editor.selectPreviousSegment),
            (("W", "*", ".", "<"), editor.selectNextSegment),
            (("I",), editor.toggleSourceVolumeIntensityMaskEnabled),
        ):
            for key in keys:
                self._add(place, key, action)

    def _add(self, place: QWidget, key: str, action: Callable[[], Any]) -> None:
        shortcut = QShortcut(QKeySequence(key), place)
        shortcut.activated.connect(action)
        self._installed.append(shortcut)

    def uninstall(self) -> None:
        for shortcut in self._installed:
            shortcut.setParent(None)
            shortcut.deleteLater()
        self._installed.clear()

    def _toggle(self, index: int) -> None:
        editor = self._editor
        if not editor.readOnly:
            effect = editor.effectByIndex(index)
            editor.setActiveEffect(None if effect is editor.activeEffect() else effect)

    def _last(self) -> None:
        if not self._editor.readOnly:
            self._editor.setActiveEffect(self._editor.last_effect)
