"""The coloured bar over a view: its label, and for a slice view where it is."""

from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

HEIGHT = 22


@dataclass(frozen=True)
class SlicePosition:
    """Where a slice is: offset in mm, and how far it lies between the first and the last slice, 0 to 1."""

    axis: str
    offset_mm: float
    fraction: float


class Bar(QWidget):
    """Painted in the view's colour, which the view node holds; read anew at each painting.

    Parameters
    ----------
    read : callable
        Returns the colour (red, green, blue, each 0 to 1), the label, and a :class:`SlicePosition` or None.
    """

    def __init__(self, read, parent: QWidget):
        super().__init__(parent)
        self._read = read
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def paintEvent(self, event) -> None:
        (red, green, blue), label, position = self._read()
        colour = QColor.fromRgbF(red, green, blue)
        # The eye's weights of red, green and blue (ITU-R BT.601): dark writing on a light bar.
        ink = QColor(
            Qt.GlobalColor.black if 0.299 * red + 0.587 * green + 0.114 * blue > 0.45 else Qt.GlobalColor.white
        )
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), colour)
        font = QFont(self.font())
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(ink)
        width = painter.fontMetrics().horizontalAdvance(label)
        painter.drawText(QRectF(8, 0, width + 4, HEIGHT), Qt.AlignmentFlag.AlignVCenter, label)
        if position is not None:
            self._paint_position(painter, position, ink, left=width + 20)
        painter.end()

    def _paint_position(self, painter: QPainter, position: SlicePosition, ink: QColor, left: float) -> None:
        font = QFont(self.font())
        painter.setFont(font)
        text = f"{position.axis}: {position.offset_mm:.1f} mm"
        box_width = painter.fontMetrics().horizontalAdvance("S: -1000.0 mm") + 10
        box = QRectF(self.width() - box_width - 4, 3, box_width, HEIGHT - 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(255, 255, 255, 225))
        painter.drawRoundedRect(box, 2, 2)
        painter.setPen(Qt.GlobalColor.black)
        painter.drawText(box.adjusted(0, 0, -5, 0), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)
        right, middle = box.left() - 12, HEIGHT / 2
        if right - left < 30:
            return
        groove = QColor(ink)
        groove.setAlpha(110)
        painter.setPen(QPen(groove, 3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(int(left), int(middle), int(right), int(middle))
        painter.setPen(QPen(ink, 1))
        painter.setBrush(QColor(245, 245, 245))
        painter.drawEllipse(QRectF(left + (right - left) * position.fraction - 5.5, middle - 5.5, 11, 11))
