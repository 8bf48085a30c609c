"""Slicer's light and dark looks: palettes for Qt's Fusion style."""

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from slicerhost.pythonqt import application, process_events

_Role = QPalette.ColorRole
_PALETTES = {
    "light": {
        _Role.Window: "#efefef",
        _Role.WindowText: "#1b1b1b",
        _Role.Base: "#ffffff",
        _Role.AlternateBase: "#f5f5f5",
        _Role.Text: "#1b1b1b",
        _Role.Button: "#efefef",
        _Role.ButtonText: "#1b1b1b",
        _Role.ToolTipBase: "#ffffdc",
        _Role.ToolTipText: "#1b1b1b",
        _Role.PlaceholderText: "#808080",
        _Role.BrightText: "#ffffff",
        _Role.Light: "#ffffff",
        _Role.Midlight: "#cbcbcb",
        _Role.Mid: "#b8b8b8",
        _Role.Dark: "#9f9f9f",
        _Role.Shadow: "#767676",
        _Role.Highlight: "#308cc6",
        _Role.HighlightedText: "#ffffff",
        _Role.Link: "#0057ae",
        _Role.LinkVisited: "#644a9b",
    },
    "dark": {
        _Role.Window: "#323232",
        _Role.WindowText: "#f0f0f0",
        _Role.Base: "#242424",
        _Role.AlternateBase: "#2c2c2c",
        _Role.Text: "#f0f0f0",
        _Role.Button: "#3c3c3c",
        _Role.ButtonText: "#f0f0f0",
        _Role.ToolTipBase: "#3c3c3c",
        _Role.ToolTipText: "#f0f0f0",
        _Role.PlaceholderText: "#989898",
        _Role.BrightText: "#ffffff",
        _Role.Light: "#505050",
        _Role.Midlight: "#464646",
        _Role.Mid: "#2a2a2a",
        _Role.Dark: "#1e1e1e",
        _Role.Shadow: "#101010",
        _Role.Highlight: "#2f6fab",
        _Role.HighlightedText: "#ffffff",
        _Role.Link: "#7fb8ff",
        _Role.LinkVisited: "#c3a6ff",
    },
}
_GREYED = (_Role.WindowText, _Role.Text, _Role.ButtonText)
_GREY = {"light": "#a0a0a0", "dark": "#7d7d7d"}


def palette(theme: str) -> QPalette:
    """Return the palette of a theme, 'light' or 'dark'.

    Raises
    ------
    ValueError
        For any other theme.
    """
    if theme not in _PALETTES:
        raise ValueError(f"There is a light and a dark theme, and no {theme!r}.")
    made = QPalette()
    for role, colour in _PALETTES[theme].items():
        made.setColor(role, QColor(colour))
    for role in _GREYED:
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(_GREY[theme]))
    return made


@contextmanager
def shown_in(theme: str) -> Iterator[None]:
    """Show the whole application in a theme, and afterwards as it was."""
    application()
    before, chosen = QApplication.palette(), palette(theme)
    try:
        QApplication.setPalette(chosen)
        process_events()
        yield
    finally:
        QApplication.setPalette(before)
        process_events()
