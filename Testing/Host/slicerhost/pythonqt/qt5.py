"""What Qt 5 has, and Qt 6 not or otherwise: properties and methods that Python code still finds in Slicer."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QMargins
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QWidget

from slicerhost.pythonqt.conversion import alive, to_int, wrap
from slicerhost.pythonqt.enums import number_of, qt_6_number
from slicerhost.pythonqt.registry import Wrapper


@dataclass(frozen=True)
class FormerProperty:
    """A property of Qt 5, in the form in which Qt's meta object would tell of it."""

    type: str
    get: Callable[[Any], Any]
    put: Callable[[Any, Any], None]

    def isEnumType(self) -> bool:
        return False

    def isWritable(self) -> bool:
        return True

    def typeName(self) -> str:
        return self.type

    def read(self, held: Any) -> Any:
        return self.get(held)

    def write(self, held: Any, value: Any) -> bool:
        self.put(held, value)
        return True


def _margin(layout) -> int:
    margins = layout.contentsMargins()
    sides = {margins.left(), margins.top(), margins.right(), margins.bottom()}
    return sides.pop() if len(sides) == 1 else -1


def _set_margin(layout, margin: int) -> None:
    layout.setContentsMargins(QMargins(margin, margin, margin, margin))


def _html(edit) -> str:
    """Return the text as Qt 5 writes it: its head tells less."""
    text = edit.toHtml().replace('<meta charset="utf-8" />', "", 1)
    style = '<style type="text/css">\np, li { white-space: pre-wrap; }\n</style>'
    return re.sub(r"<style.*?</style>", lambda found: style, text, count=1, flags=re.DOTALL)


_TAB_STOP = FormerProperty(
    "int", lambda edit: int(edit.tabStopDistance()), lambda edit, width: edit.setTabStopDistance(width)
)
PROPERTIES = {
    ("QLayout", "margin"): FormerProperty("int", _margin, _set_margin),
    ("QTextEdit", "html"): FormerProperty("QString", _html, lambda edit, text: edit.setHtml(text)),
    ("QTextEdit", "tabStopWidth"): _TAB_STOP,
    ("QPlainTextEdit", "tabStopWidth"): _TAB_STOP,
}


def make_font(*values) -> QFont:
    """Return a font; the weight is one of Qt 5's numbers."""
    if len(values) >= 3:
        values = (*values[:2], QFont.Weight(qt_6_number(QFont.Weight, values[2])), *values[3:])
    return QFont(*values)


def _set_weight(of: Wrapper, weight: Any) -> None:
    alive(of).setWeight(QFont.Weight(qt_6_number(QFont.Weight, to_int(weight))))


def _font_weight(of: Wrapper) -> int:
    return number_of(QFont.Weight(alive(of).fontWeight()))


def _set_font_weight(of: Wrapper, weight: Any) -> None:
    alive(of).setFontWeight(qt_6_number(QFont.Weight, to_int(weight)))


def _parent_widget(of: Wrapper) -> Wrapper | None:
    parent = alive(of).parent()
    return wrap(parent) if isinstance(parent, QWidget) else None


def _associated_widgets(of: Wrapper) -> tuple:
    return wrap([entry for entry in alive(of).associatedObjects() if isinstance(entry, QWidget)])


METHODS = {
    "QAction": {"associatedWidgets": _associated_widgets, "parentWidget": _parent_widget},
    "QFont": {"setWeight": _set_weight},
    "QLayout": {"setMargin": lambda of, margin: _set_margin(alive(of), to_int(margin))},
    "QObject": {"sender": lambda of: None},  # Python slots are called by objects of PythonQt's own
    "QPlainTextEdit": {"setTabStopWidth": lambda of, width: alive(of).setTabStopDistance(to_int(width))},
    "QShortcut": {"parentWidget": _parent_widget},
    "QTextEdit": {
        "fontWeight": _font_weight,
        "setFontWeight": _set_font_weight,
        "setTabStopWidth": lambda of, width: alive(of).setTabStopDistance(to_int(width)),
        "toHtml": lambda of: _html(alive(of)),
    },
}
