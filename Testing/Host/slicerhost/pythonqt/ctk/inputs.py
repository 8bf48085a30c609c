"""CTK's inputs: combo box, slider with a spin box, spin box, search box, menu button, message box."""

from PySide6.QtCore import Property, QSize, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QSlider,
    QWidget,
)

_FINE = 10_000  # steps of the slider over its range: far more than it has pixels


class ctkComboBox(QComboBox):
    """A combo box with a text for 'nothing chosen' and its user data as text."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._default_text, self._default_icon, self._force_default = "", QIcon(), False
        self._elide = Qt.TextElideMode.ElideNone.value

    def _set_default_text(self, text: str) -> None:
        self._default_text = text
        self.update()

    def _set_default_icon(self, icon: QIcon) -> None:
        self._default_icon = icon
        self.update()

    def _set_force_default(self, force: bool) -> None:
        self._force_default = force
        self.update()

    def _set_elide(self, mode: int) -> None:
        self._elide = mode
        self.update()

    def _data_text(self) -> str:
        data = self.currentData()
        return "" if data is None else str(data)

    def setCurrentUserDataAsString(self, data: str) -> None:
        """Choose the entry whose user data is ``data`` as text; nothing where there is none."""
        texts = ["" if self.itemData(row) is None else str(self.itemData(row)) for row in range(self.count())]
        self.setCurrentIndex(texts.index(data) if data in texts else -1)

    def initStyleOption(self, option) -> None:
        super().initStyleOption(option)
        if self.currentIndex() < 0 or self._force_default:
            option.currentText, option.currentIcon = self._default_text, self._default_icon

    def minimumSizeHint(self) -> QSize:
        hint = super().minimumSizeHint()
        if self._elide != Qt.TextElideMode.ElideNone.value:
            hint.setWidth(min(hint.width(), 80))
        return hint

    defaultText = Property(str, lambda self: self._default_text, _set_default_text)
    defaultIcon = Property(QIcon, lambda self: self._default_icon, _set_default_icon)
    forceDefault = Property(bool, lambda self: self._force_default, _set_force_default)
    elideMode = Property(int, lambda self: self._elide, _set_elide)
    currentUserDataAsString = Property(str, _data_text, setCurrentUserDataAsString)


class _OverSpinBox(QWidget):
    """A widget around a spin box, whose properties are the spin box's."""

    decimalsChanged = Signal(int)
    valueChanged = Signal(float)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._spin = QDoubleSpinBox(self)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.addWidget(self._spin)
        self.setFocusProxy(self._spin)

    def setValue(self, value: float) -> None:
        self._spin.setValue(value)

    def setDecimals(self, decimals: int) -> None:
        changed = decimals != self._spin.decimals()
        self._spin.setDecimals(decimals)
        if changed:
            self.decimalsChanged.emit(decimals)

    def _set_minimum(self, value: float) -> None:
        self._spin.setMinimum(value)

    def _set_maximum(self, value: float) -> None:
        self._spin.setMaximum(value)

    value = Property(float, lambda self: self._spin.value(), lambda self, value: self.setValue(value))
    minimum = Property(float, lambda self: self._spin.minimum(), lambda self, value: self._set_minimum(value))
    maximum = Property(float, lambda self: self._spin.maximum(), lambda self, value: self._set_maximum(value))
    singleStep = Property(
        float, lambda self: self._spin.singleStep(), lambda self, step: self._spin.setSingleStep(step)
    )
    decimals = Property(int, lambda self: self._spin.decimals(), lambda self, decimals: self.setDecimals(decimals))
    prefix = Property(str, lambda self: self._spin.prefix(), lambda self, prefix: self._spin.setPrefix(prefix))
    suffix = Property(str, lambda self: self._spin.suffix(), lambda self, suffix: self._spin.setSuffix(suffix))


class ctkDoubleSpinBox(_OverSpinBox):
    """A spin box for numbers."""

    editingFinished = Signal()

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._spin.valueChanged.connect(self.valueChanged)
        self._spin.editingFinished.connect(self.editingFinished)

    def stepUp(self) -> None:
        self._spin.stepUp()

    def stepDown(self) -> None:
        self._spin.stepDown()

    def setReadOnly(self, read_only: bool) -> None:
        self._spin.setReadOnly(read_only)

    readOnly = Property(bool, lambda self: self._spin.isReadOnly(), setReadOnly)
    cleanText = Property(str, lambda self: self._spin.cleanText())


class ctkSliderWidget(_OverSpinBox):
    """A slider and a spin box that show one number."""

    valueIsChanging = Signal(float)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._tracking, self._page_step, self._tick_interval = True, 10.0, 0.0
        self._slider = QSlider(Qt.Orientation.Horizontal, self)
        self._slider.setRange(0, _FINE)
        self._layout.insertWidget(0, self._slider)
        self._slider.valueChanged.connect(self._slid)
        self._slider.sliderReleased.connect(self._released)
        self._spin.valueChanged.connect(self._spun)
        self._told = self._spin.value()

    def _span(self) -> float:
        return self._spin.maximum() - self._spin.minimum()

    def _slid(self, step: int) -> None:
        self._spin.setValue(self._spin.minimum() + step / _FINE * self._span())

    def _released(self) -> None:
        if not self._tracking:
            self._tell()

    def _spun(self, value: float) -> None:
        self._place()
        if self._slider.isSliderDown():
            self.valueIsChanging.emit(value)
            if not self._tracking:
                return
        self._tell()

    def _tell(self) -> None:
        if self._spin.value() != self._told:
            self._told = self._spin.value()
            self.valueChanged.emit(self._told)

    def _place(self) -> None:
        blocked = self._slider.blockSignals(True)
        span = self._span()
        self._slider.setValue(round((self._spin.value() - self._spin.minimum()) / span * _FINE) if span else 0)
        self._slider.blockSignals(blocked)

    def _set_minimum(self, value: float) -> None:
        super()._set_minimum(value)
        self._place()

    def _set_maximum(self, value: float) -> None:
        super()._set_maximum(value)
        self._place()

    def reset(self) -> None:
        """Go back to 0, or to the end of the range that is nearest to it."""
        self.setValue(min(max(0.0, self._spin.minimum()), self._spin.maximum()))

    def setSpinBoxVisible(self, visible: bool) -> None:
        self._spin.setVisible(visible)

    def _set_tracking(self, tracking: bool) -> None:
        self._tracking = tracking

    def _set_page_step(self, step: float) -> None:
        self._page_step = step
        self._slider.setPageStep(round(step / (self._span() or 1.0) * _FINE))

    def _set_tick_interval(self, interval: float) -> None:
        self._tick_interval = interval

    tracking = Property(bool, lambda self: self._tracking, _set_tracking)
    pageStep = Property(float, lambda self: self._page_step, _set_page_step)
    tickInterval = Property(float, lambda self: self._tick_interval, _set_tick_interval)
    spinBoxVisible = Property(bool, lambda self: not self._spin.isHidden(), setSpinBoxVisible)


class ctkSearchBox(QLineEdit):
    """A line edit to search with, which can be emptied by a click."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._show_icon = False
        self.setClearButtonEnabled(True)
        self.setPlaceholderText("Search...")

    def _set_show_icon(self, shown: bool) -> None:
        self._show_icon = shown

    showSearchIcon = Property(bool, lambda self: self._show_icon, _set_show_icon)


class ctkMenuButton(QPushButton):
    """A push button with a menu beside it."""


class ctkMessageBox(QMessageBox):
    """A message box that need not be shown again."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._again, self._again_visible, self._again_key = False, False, ""

    def setDontShowAgain(self, dont: bool) -> None:
        self._again = dont

    def _set_again_visible(self, visible: bool) -> None:
        self._again_visible = visible

    def _set_again_key(self, key: str) -> None:
        self._again_key, self._again_visible = key, True

    dontShowAgain = Property(bool, lambda self: self._again, setDontShowAgain)
    dontShowAgainVisible = Property(bool, lambda self: self._again_visible, _set_again_visible)
    dontShowAgainSettingsKey = Property(str, lambda self: self._again_key, _set_again_key)
