"""A picture of the window: the module's panel at the left, the layout's views at the right."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import slicer
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QApplication, QBoxLayout, QComboBox, QFrame, QHBoxLayout, QLabel, QScrollArea, QWidget

from slicerhost.pythonqt import process_events, unwrap
from slicerhost.views.theme import shown_in

_TITLE, _TOOL_BAR = 28, 34


def screenshot(
    module_widget,
    path: str | Path,
    size: tuple[int, int] = (1400, 900),
    panel_width: int = 400,
    *,
    theme: str = "light",
    module: str = "",
    title: str = "3D Slicer (stand-in host)",
    scroll_to=None,
) -> Path:
    """Write a PNG of the window as Slicer would show it: title, module selector, panel, views of the current layout.

    Parameters
    ----------
    module_widget : widget or None
        The panel, which goes back to where it was; None for the views alone.
    path : str or Path
    size : tuple of int
        Width and height of the picture in pixels.
    panel_width : int
        Of the panel with its scroll bar, in pixels.
    theme : str
        'light' or 'dark'.
    module : str
        The module's title, shown in the selector; without it there is none.
    title : str
        Of the window. It says by default that this is no real Slicer.
    scroll_to : widget, optional
        What is to be seen of a panel higher than the window: it is scrolled until this is at its top.

    Raises
    ------
    ValueError
        If the theme is unknown or no room is left for the views.
    """
    width, height = size
    left = panel_width + 1 if module_widget is not None else 0
    top = _TITLE + (_TOOL_BAR if module else 0)
    if width - left < 50 or height - top < 50:
        raise ValueError(f"A window of {width} x {height} pixels has no room for the views.")
    with shown_in(theme):
        pieces = [(left, top, views_picture(width - left, height - top))]
        if module:
            pieces.append((0, _TITLE, _tool_bar(width, module)))
        if module_widget is not None:
            with _adopted(unwrap(module_widget), panel_width, height - top, unwrap(scroll_to)) as area:
                pieces.append((0, top, area.grab()))
        picture = _window(width, height, title, pieces)
    if not picture.save(str(path), "PNG"):
        raise OSError(f"No picture could be written to {path}.")
    return Path(path)


def views_picture(width: int, height: int) -> QPixmap:
    """Return a picture of the current layout's views at this size in pixels; the views go back to their own."""
    viewport = unwrap(slicer.app.layoutManager().viewport())
    window, before = viewport.parentWidget(), viewport.size()
    # In a window it has the size that the window gives it, even while a picture is taken.
    if window is not None:
        window.takeCentralWidget()
    viewport.resize(width, height)
    try:
        return viewport.grab()
    finally:
        viewport.resize(before)
        if window is not None:
            window.setCentralWidget(viewport)
            viewport.show()


def _window(width: int, height: int, title: str, pieces: list[tuple[int, int, QPixmap]]) -> QImage:
    palette = QApplication.palette()
    picture = QImage(width, height, QImage.Format.Format_RGB32)
    painter = QPainter(picture)
    painter.fillRect(picture.rect(), palette.color(QPalette.ColorRole.Window))
    _paint_title(painter, width, title, palette)
    for x, y, piece in pieces:
        painter.drawPixmap(x, y, piece)
    painter.setPen(palette.color(QPalette.ColorRole.Dark))
    painter.drawRect(0, 0, width - 1, height - 1)
    painter.end()
    return picture


def _paint_title(painter: QPainter, width: int, title: str, palette: QPalette) -> None:
    painter.save()
    bar = QRect(0, 0, width, _TITLE)
    painter.fillRect(bar, palette.color(QPalette.ColorRole.Window).darker(108))
    font = QFont(QApplication.font())
    font.setBold(True)
    painter.setFont(font)
    painter.setPen(palette.color(QPalette.ColorRole.WindowText))
    painter.drawText(bar, Qt.AlignmentFlag.AlignCenter, title)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(128, 128, 128, 120))
    for number in range(3):
        painter.drawEllipse(width - 24 - 20 * number, _TITLE // 2 - 6, 12, 12)
    painter.restore()


def _tool_bar(width: int, module: str) -> QPixmap:
    bar = QWidget()
    row = QHBoxLayout(bar)
    row.setContentsMargins(8, 4, 8, 4)
    selector = QComboBox()
    selector.addItem(module)
    selector.setMinimumWidth(260)
    row.addWidget(QLabel("Modules:"))
    row.addWidget(selector)
    row.addStretch(1)
    bar.resize(width, _TOOL_BAR)
    return bar.grab()


@contextmanager
def _adopted(widget: QWidget, width: int, height: int, scroll_to: QWidget | None) -> Iterator[QScrollArea]:
    """Show a widget in a scroll area of this size, as the module panel does; then put it back."""
    parent, visible = widget.parentWidget(), widget.isVisibleTo(widget.parentWidget())
    layout = parent.layout() if parent is not None else None
    place = layout.indexOf(widget) if isinstance(layout, QBoxLayout) else -1
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidgetResizable(True)
    area.setWidget(widget)
    area.resize(width, height)
    widget.show()
    area.show()
    try:
        process_events()
        if scroll_to is not None:
            area.verticalScrollBar().setValue(scroll_to.mapTo(widget, scroll_to.rect().topLeft()).y())
            process_events()
        yield area
    finally:
        area.takeWidget()
        widget.setParent(parent)
        if place >= 0:
            layout.insertWidget(place, widget)
        widget.setVisible(visible)
        area.deleteLater()
