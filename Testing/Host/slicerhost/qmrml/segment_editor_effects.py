"""The row of effect buttons of a segment editor."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton, QWidget

from slicerhost.qmrml.segment_editor_form import SegmentEditorForm
from slicerhost.qmrml.segment_effects import AVAILABLE, DEFAULT_ORDER, Effect, make_effect

NO_EFFECT = "NULL"


class EffectButtons:
    """The effects and their buttons: one for none first, then the ordered ones, then the rest if they are shown.

    Attributes
    ----------
    effects : dict
        By name.
    order : list of str
    unordered_visible : bool
    columns : int
    style : Qt.ToolButtonStyle
    """

    def __init__(self, editor: QWidget, form: SegmentEditorForm):
        self._group, self._layout = form.effect_buttons, form.effects_box.layout()
        self.effects = {name: make_effect(name, editor) for name in AVAILABLE}
        self.order, self.unordered_visible, self.columns = list(DEFAULT_ORDER), True, 5
        self.style = Qt.ToolButtonStyle.ToolButtonIconOnly
        self.rebuild(None)

    def by_name(self, name: str | None) -> Effect | None:
        return self.effects.get(name or "")

    def by_index(self, index: int) -> Effect | None:
        """Return the effect of the n-th button; the button 0 is that for none."""
        buttons = self._group.buttons()
        return self.effects.get(buttons[index].objectName()) if 0 <= index < len(buttons) else None

    def rebuild(self, active: Effect | None) -> None:
        """Make the buttons anew; that of ``active`` is down."""
        for button in self._group.buttons():
            self._group.removeButton(button)
            self._layout.removeWidget(button)
            button.setParent(None)
            button.deleteLater()
        ordered = [name for name in self.order if name in self.effects]
        rest = [name for name in AVAILABLE if name not in ordered] if self.unordered_visible else []
        for number, name in enumerate((NO_EFFECT, *ordered, *rest)):
            button = QToolButton()
            button.setObjectName(name)
            button.setText("None" if name == NO_EFFECT else name)
            button.setToolTip(button.text())
            button.setCheckable(True)
            button.setToolButtonStyle(self.style)
            self._group.addButton(button)
            self._layout.addWidget(button, number // self.columns, number % self.columns)
        self.mark(active)

    def mark(self, active: Effect | None) -> None:
        """Let the button of ``active`` be down."""
        name = active.name if active else NO_EFFECT
        for button in self._group.buttons():
            button.setChecked(button.objectName() == name)

    def enable(self, available: bool, selected: bool) -> None:
        """Enable what can be done with segments ``available``, and one ``selected``."""
        for button in self._group.buttons():
            effect = self.effects.get(button.objectName())
            if effect is not None:
                button.setEnabled(available and (selected or not effect.perSegment))

    def set_style(self, style: int) -> None:
        self.style = Qt.ToolButtonStyle(style)
        for button in self._group.buttons():
            button.setToolButtonStyle(self.style)
