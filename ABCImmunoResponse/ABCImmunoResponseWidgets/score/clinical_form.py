"""The form of clinical values: one row a variable, made of the Lib's definitions, 'unknown' unless said otherwise."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import qt
from slicer.i18n import tr as _

from ABCImmunoResponseLib.clinical import ClinicalRecord, clinical_variables
from ABCImmunoResponseLib.errors import ClinicalError
from ABCImmunoResponseLib.report.words import value_words

_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)")
_LONGEST = 30  # characters of a number: more than any double needs, too few to overflow one
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+")


class ClinicalForm:
    """Fills a frame with a row for each variable: label and unit, input, and a refusal right below it.

    Numbers are typed into line edits and not into spin boxes: those change under the mouse wheel when the panel is
    scrolled, and silently turn what is out of range into something else.

    Parameters
    ----------
    frame
        A widget with an empty grid layout.
    on_change
        Called after every change by the user or by :meth:`restore`.
    """

    def __init__(self, frame, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._quiet = False
        self._fields: dict[str, _Field] = {}
        grid = frame.layout()
        for row, variable in enumerate(clinical_variables()):
            field = _NumberField(variable) if variable["type"] in ("number", "integer") else _ChoiceField(variable)
            field.connect(self._changed, self._left)
            grid.addWidget(field.label, 2 * row, 0)
            grid.addWidget(field.input, 2 * row, 1)
            grid.addWidget(field.refusal, 2 * row + 1, 0, 1, 2)
            self._fields[variable["name"]] = field

    def texts(self) -> dict[str, str]:
        """Return what stands in each field, as it was typed; '' is unknown."""
        return {name: field.text() for name, field in self._fields.items()}

    def restore(self, texts: Mapping[str, str]) -> None:
        """Put back what :meth:`texts` gave; fields that it does not name become unknown."""
        self._quiet = True
        for name, field in self._fields.items():
            field.set_text(texts.get(name, ""))
        self._quiet = False
        self.show_refusals()
        self._on_change()

    def show(self, record: ClinicalRecord | None) -> None:
        """Show recorded values; None shows every value as unknown."""
        self.restore(texts_of(record))

    def set_enabled(self, enabled: bool) -> None:
        """Let the values be changed, or only be read."""
        for field in self._fields.values():
            field.input.enabled = enabled

    def stop(self) -> None:
        """Heed changes no longer: the widgets are going."""
        self._quiet = True

    def known(self) -> ClinicalRecord:
        """Return the values that can be taken as they stand; what is refused counts as unknown."""
        values, _refused = self._sort()
        return ClinicalRecord(**values)

    def record(self) -> ClinicalRecord:
        """Return every value, after showing each refusal beside its field.

        Raises
        ------
        ClinicalError
            If a value is refused; the message is that of the first.
        """
        refused = self.show_refusals()
        if refused:
            raise ClinicalError(next(iter(refused.values())))
        return self.known()

    def holds(self, record: ClinicalRecord | None) -> bool:
        """Say whether the fields say exactly these values, however they are written; None is one that knows nothing."""
        values, refused = self._sort()
        return not refused and ClinicalRecord(**values) == (record or ClinicalRecord())

    def show_refusals(self) -> dict[str, str]:
        """Show below each field why its value is refused; return the refusals by variable."""
        _values, refused = self._sort()
        for name, field in self._fields.items():
            field.refuse(refused.get(name, ""))
        return refused

    def _sort(self) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the values that are taken and the refusals of the others, by variable."""
        values: dict[str, Any] = {}
        refused: dict[str, str] = {}
        for name, field in self._fields.items():
            try:
                value = field.value()
                ClinicalRecord(**{**values, name: value})  # with those before: some contradict each other
            except ClinicalError as refusal:
                refused[name] = _for_people(str(refusal), name)
            else:
                values[name] = value
        return values, refused

    def _changed(self, *_given) -> None:
        if self._quiet:
            return
        _values, refused = self._sort()
        for name, field in self._fields.items():
            if name not in refused:  # what is put right is no longer refused; what is being typed is not refused yet
                field.refuse("")
        self._on_change()

    def _left(self) -> None:
        if not self._quiet:
            self.show_refusals()


def texts_of(record: ClinicalRecord | None) -> dict[str, str]:
    """Return what :meth:`ClinicalForm.texts` gives where a record is shown; None is one that knows nothing."""
    return {name: _typed(value) for name, value in (record or ClinicalRecord()).as_dict().items()}


class _Field:
    """One variable's label, input and refusal."""

    def __init__(self, variable: Mapping[str, Any], field, tool_tip: str) -> None:
        unit = variable.get("unit")
        self.label = qt.QLabel(f"{variable['label']} ({unit}):" if unit else f"{variable['label']}:")
        self.label.wordWrap = True
        self.input = field
        field.objectName = f"{variable['name']}Input"
        field.accessibleName = variable["label"]
        field.toolTip = tool_tip
        self.label.setBuddy(field)
        self.refusal = qt.QLabel()
        self.refusal.objectName = f"{variable['name']}Refusal"
        self.refusal.textFormat = qt.Qt.PlainText  # it repeats what was typed
        self.refusal.wordWrap = True
        self.refusal.visible = False

    def refuse(self, message: str) -> None:
        """Show why the value is refused; '' takes the refusal away."""
        self.refusal.text = f"⚠ {message}" if message else ""
        self.refusal.visible = bool(message)


class _NumberField(_Field):
    """A number or a whole number; an empty line is unknown."""

    def __init__(self, variable: Mapping[str, Any]) -> None:
        low, high = variable["range"]
        said = _("{label}: {low} to {high} {unit}; leave it empty where it is unknown").format(
            label=variable["label"], low=low, high=high, unit=variable["unit"]
        )
        super().__init__(variable, qt.QLineEdit(), said)
        self.input.placeholderText = _("unknown")
        self.input.maxLength = _LONGEST
        self._label, self._whole = variable["label"], variable["type"] == "integer"

    def connect(self, changed: Callable, left: Callable) -> None:
        self.input.connect("textChanged(QString)", changed)
        self.input.connect("editingFinished()", left)

    def text(self) -> str:
        return self.input.text

    def set_text(self, text: str) -> None:
        self.input.text = text

    def value(self) -> float | int | None:
        """Return what was typed; a decimal comma is as good as a point, a comma between thousands is refused."""
        text = self.input.text.strip()
        if not text:
            return None
        if not _NUMBER.fullmatch(text) or _THOUSANDS.fullmatch(text):
            raise ClinicalError(
                _("{label}: {text} is not a number; write for example 1250 or 4.5.").format(
                    label=self._label, text=repr(text[:40])
                )
            )
        number = float(text.replace(",", "."))
        return int(number) if self._whole and number == int(number) else number


class _ChoiceField(_Field):
    """One of several words, or yes and no; the first entry is unknown."""

    def __init__(self, variable: Mapping[str, Any]) -> None:
        super().__init__(variable, qt.QComboBox(), variable["label"])
        self._values = (None, *variable.get("choices", (True, False)))
        for value in self._values:
            self.input.addItem(_("unknown") if value is None else value_words(value))

    def connect(self, changed: Callable, left: Callable) -> None:
        self.input.connect("currentIndexChanged(int)", changed)

    def text(self) -> str:
        return _typed(self.value())

    def set_text(self, text: str) -> None:
        self.input.currentIndex = [_typed(value) for value in self._values].index(text)

    def value(self) -> str | bool | None:
        return self._values[self.input.currentIndex]


def _for_people(refusal: str, name: str) -> str:
    """Return a refusal of the Lib without what only files and programs need: the variable's name, and null."""
    return refusal.replace(f" ({name})", "").replace(" or null", "")


def _typed(value: Any) -> str:
    """Return a value as one would type it, every digit of it."""
    if value is None:
        return ""
    if isinstance(value, float):
        return np.format_float_positional(value, trim="-")
    return value_words(value)
