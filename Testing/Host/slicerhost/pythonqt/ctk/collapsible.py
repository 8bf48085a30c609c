"""``ctkCollapsibleButton`` and ``ctkCollapsibleGroupBox``."""

from PySide6.QtCore import Property, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPalette
from PySide6.QtWidgets import QAbstractButton, QFrame, QGroupBox, QSizePolicy, QStyle, QStyleOptionButton, QWidget

from slicerhost.pythonqt.ctk.folding import Folding

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_UNLIMITED = (1 << 24) - 1  # Qt's QWIDGETSIZE_MAX


def _kept(kind: type, name: str):
    """Return a property that only keeps its value; the widget is drawn anew after a change."""

    def write(self, value):
        setattr(self, name, value)
        self.update()

    return Property(kind, lambda self: getattr(self, name), write)


class ctkCollapsibleButton(Folding, QAbstractButton):
    """A bar with a triangle and a title; checked is open, and below it are the children."""

    contentsCollapsed = Signal(bool)

    def __init__(self, *args):
        super().__init__(next((part for part in args if isinstance(part, QWidget)), None))
        self._collapsed = False
        self._collapsed_height = 14
        self._flat = False
        self._text_alignment = self._indicator_alignment = _LEFT.value
        self._shape, self._shadow = QFrame.Shape.NoFrame.value, QFrame.Shadow.Plain.value
        self._line_width, self._mid_line_width = 1, 0
        self._open_maximum = _UNLIMITED
        self.setCheckable(True)
        self.setChecked(True)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Preferred)
        self.setContentsMargins(0, self._header().height(), 0, 0)
        self.setBackgroundRole(QPalette.ColorRole.Window)
        self.toggled.connect(lambda checked: self._collapse(not checked))
        if args and isinstance(args[0], str):
            self.setText(args[0])

    def _header(self) -> QSize:
        """Return the size of the bar."""
        icon = self.style().pixelMetric(QStyle.PixelMetric.PM_IndicatorHeight, None, self)
        text = self.fontMetrics().size(Qt.TextFlag.TextShowMnemonic.value, self.text() or "X")
        return QSize(text.width() + icon + 12, max(text.height(), icon) + 8)

    def _set_collapsed(self, collapsed: bool) -> None:
        if self.isCheckable():
            self.setChecked(not collapsed)
        else:
            self._collapse(collapsed)

    def _collapse(self, collapsed: bool) -> None:
        if collapsed == self._collapsed:
            return
        self._collapsed = collapsed
        if collapsed:
            self._open_maximum = self.maximumHeight()
            self.setMaximumHeight(self.sizeHint().height())
        else:
            self.setMaximumHeight(self._open_maximum)
        self.arrange_children()
        self.updateGeometry()
        self.contentsCollapsed.emit(collapsed)

    def _set_collapsed_height(self, height: int) -> None:
        self._collapsed_height = height
        self.updateGeometry()

    collapsed = Property(bool, lambda self: self._collapsed, _set_collapsed)
    collapsedHeight = Property(int, lambda self: self._collapsed_height, _set_collapsed_height)
    flat = _kept(bool, "_flat")
    buttonTextAlignment = _kept(int, "_text_alignment")
    indicatorAlignment = _kept(int, "_indicator_alignment")
    contentsFrameShape = _kept(int, "_shape")
    contentsFrameShadow = _kept(int, "_shadow")
    contentsLineWidth = _kept(int, "_line_width")
    contentsMidLineWidth = _kept(int, "_mid_line_width")

    def sizeHint(self) -> QSize:
        header = self._header()
        if self._collapsed:
            return header + QSize(0, self._collapsed_height)
        contents = self.layout().totalSizeHint() if self.layout() is not None else header
        return contents.expandedTo(header)

    def minimumSizeHint(self) -> QSize:
        header = self._header()
        if self._collapsed or self.layout() is None:
            return header
        return self.layout().totalMinimumSize().expandedTo(header)

    def hitButton(self, position: QPoint) -> bool:
        return position.y() <= self._header().height()

    def paintEvent(self, event) -> None:
        painter, style, option = QPainter(self), self.style(), QStyleOptionButton()
        option.initFrom(self)
        option.rect = bar = QRect(0, 0, self.width(), self._header().height())
        option.state |= QStyle.StateFlag.State_Sunken if self.isDown() else QStyle.StateFlag.State_Raised
        if not self._flat:
            style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelButtonCommand, option, painter, self)
        side = style.pixelMetric(QStyle.PixelMetric.PM_IndicatorHeight, None, self) * 2 // 3
        option.rect = QRect(6, (bar.height() - side) // 2, side, side)
        arrows = QStyle.PrimitiveElement.PE_IndicatorArrowRight, QStyle.PrimitiveElement.PE_IndicatorArrowDown
        style.drawPrimitive(arrows[not self._collapsed], option, painter, self)
        place = bar.adjusted(side + 12, 0, -6, 0)
        flags = self._text_alignment | Qt.TextFlag.TextShowMnemonic.value
        role = QPalette.ColorRole.ButtonText
        style.drawItemText(painter, place, flags, self.palette(), self.isEnabled(), self.text(), role)


class ctkCollapsibleGroupBox(Folding, QGroupBox):
    """A group box whose check mark opens and closes it."""

    def __init__(self, *args):
        super().__init__(*args)
        self._collapsed_height = 14
        self._open_maximum = _UNLIMITED
        self.setCheckable(True)
        self.toggled.connect(self._expand)

    def _expand(self, expanded: bool) -> None:
        self.arrange_children()
        if expanded:
            self.setMaximumHeight(self._open_maximum)
        else:
            self._open_maximum = self.maximumHeight()
            self.setMaximumHeight(self.fontMetrics().height() + self._collapsed_height)

    def _set_collapsed_height(self, height: int) -> None:
        self._collapsed_height = height

    collapsed = Property(bool, lambda self: not self.isChecked(), lambda self, value: self.setChecked(not value))
    collapsedHeight = Property(int, lambda self: self._collapsed_height, _set_collapsed_height)
