"""How objects and values print."""

import re
from typing import Any

import shiboken6
from PySide6.QtCore import QByteArray, QDate, QDateTime, QPoint, QPointF, QRect, QRectF, QSize, QSizeF, Qt, QTime, QUrl
from PySide6.QtGui import QAction, QColor, QFont, QImage, QKeySequence, QPalette, QPen, QPixmap, QScreen
from PySide6.QtWidgets import QWidget

from slicerhost.pythonqt.conversion import alive
from slicerhost.pythonqt.registry import Wrapper

_BOLD_IN_QT_5 = {100: 0, 200: 12, 300: 25, 400: 50, 500: 57, 600: 63, 700: 75, 800: 81, 900: 87}


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:g}"


def _pair(first: str, second: str):
    return lambda value: f"{_number(getattr(value, first)())}, {_number(getattr(value, second)())}"


def _rectangle(value) -> str:
    return ", ".join(_number(part) for part in (value.x(), value.y(), value.width(), value.height()))


def _font(value: QFont) -> str:
    numbers = (
        value.pixelSize(),
        value.styleHint().value,
        _BOLD_IN_QT_5.get(value.weight().value, 50),
        value.style().value,
        int(value.underline()),
        int(value.strikeOut()),
        int(value.fixedPitch()),
        0,
    )
    return f"{value.family()},{_number(value.pointSizeF())},{','.join(map(str, numbers))}"


_TEXTS = {
    QSize: _pair("width", "height"),
    QSizeF: _pair("width", "height"),
    QPoint: _pair("x", "y"),
    QPointF: _pair("x", "y"),
    QRect: _rectangle,
    QRectF: _rectangle,
    QDate: lambda value: value.toString(Qt.DateFormat.ISODate),
    QDateTime: lambda value: value.toString(Qt.DateFormat.ISODate),
    QTime: lambda value: value.toString(Qt.DateFormat.ISODate),
    QPixmap: lambda value: f"Pixmap {value.width()}, {value.height()}",
    QImage: lambda value: f"Image {value.width()}, {value.height()}",
    QUrl: lambda value: value.toString(),
    QByteArray: lambda value: bytes(value.data()).decode(errors="replace"),
    QColor: lambda value: value.name(QColor.NameFormat.HexRgb if value.alpha() == 255 else QColor.NameFormat.HexArgb),
    QKeySequence: lambda value: value.toString(QKeySequence.SequenceFormat.NativeText),
    QFont: _font,
    QPalette: lambda value: f"QPalette(resolve={value.resolveMask():#x},) ",
}


def _action(held: QAction) -> str:
    """Return what Qt 5 streams of an action: less than Qt 6."""
    keys = held.shortcut().toString()
    parts = [
        f'text="{held.text()}"',
        *([f'toolTip="{held.toolTip()}"'] if held.toolTip() else []),
        *([f"checked={str(held.isChecked()).lower()}"] if held.isCheckable() else []),
        *([f'shortcut=QKeySequence("{keys}")'] if keys else []),
    ]
    end = f"menuRole={held.menuRole().name} visible={str(held.isVisible()).lower()}"
    return f"QAction({address(held)} {' '.join(parts)} {end}) "


def _streamed(held: Any) -> str:
    """Return what Qt streams of a value, as PySide prints it; empty if it streams nothing."""
    # PySide prints it between its own name for the class and the address of the Python object.
    streamed = re.fullmatch(r"<PySide6\.\w+\.(.*) at 0x[0-9a-f]+>", repr(held), re.DOTALL)
    return streamed.group(1) if streamed is not None and "(" in streamed.group(1) else ""


def value_text(held: Any, called: str) -> str:
    """Return what Qt itself writes of a value of the class ``called``; empty if it writes nothing."""
    if isinstance(held, (QWidget, QScreen)):
        # Where there is no screen, the one that is made up has no name; a virtual one is called so.
        name = held.objectName() if isinstance(held, QWidget) else held.name() or "screen"
        named = f', name="{name}"' if name else ""
        return f"{called}({address(held)}{named}) "
    if isinstance(held, QAction):
        return _action(held)
    written = _TEXTS[type(held)](held) if type(held) in _TEXTS else ""
    if written:
        return written
    if hasattr(held, "staticMetaObject") or not (streamed := _streamed(held)):
        return ""
    return f"{streamed} ".replace("QList(", "QVector(") if isinstance(held, QPen) else f"{streamed} "


def address(held: Any) -> str:
    """Return the address of the C++ object."""
    return f"{shiboken6.getCppPointer(held)[0]:#x}"


def representation(wrapper: Wrapper) -> str:
    """Return what ``repr`` shows of a wrapper."""
    name, held = type(wrapper).__name__, alive(wrapper)
    if held is None:
        return f"{name} ({wrapper._info.name} at: 0x(nil))"
    text = value_text(held, wrapper._info.name)
    if text.startswith(name):
        return text
    if text:
        return f"{name} ({text}, at: {address(held)})"
    if hasattr(held, "staticMetaObject") and hasattr(held, "objectName"):
        return f"{name} ({wrapper._info.name} at: {address(held)})"
    return f"{name} (C++ object at: {address(held)})"


def text(wrapper: Wrapper) -> str:
    """Return what ``str`` shows of a wrapper."""
    held = alive(wrapper)
    if isinstance(held, QByteArray):
        return repr(held.data())
    written = "" if held is None else value_text(held, wrapper._info.name)
    if written:
        return written
    name = type(wrapper).__name__
    if held is not None and not hasattr(held, "objectName"):
        return f"{name} (C++ Object {address(held)})"
    return f"{name} (QObject {'0x(nil)' if held is None else address(held)})"
