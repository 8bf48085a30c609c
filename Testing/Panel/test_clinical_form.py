"""The form of clinical values: every variable, its range, and what is made of what one types."""

import pytest
import qt

from ABCImmunoResponseLib.clinical import ClinicalRecord, clinical_variables
from ABCImmunoResponseLib.errors import ClinicalError
from ABCImmunoResponseWidgets.score.clinical_form import ClinicalForm, texts_of
from simulated_case import clinical_values

NUMBERS = [variable for variable in clinical_variables() if variable["type"] in ("number", "integer")]


@pytest.fixture
def frame():
    frame = qt.QFrame()
    frame.setLayout(qt.QGridLayout())
    frame.show()
    yield frame
    frame.deleteLater()


@pytest.fixture
def form(frame):
    return ClinicalForm(frame, lambda: None)


def widget(frame, name: str):
    return next(child for child in frame.children() if child.objectName == name)


def enter(frame, name: str, text: str) -> None:
    """Type a value and go on to the next field."""
    field = widget(frame, f"{name}Input")
    field.text = text
    field.editingFinished()


def refusal(frame, name: str) -> str:
    label = widget(frame, f"{name}Refusal")
    return label.text if label.visible else ""


def test_every_variable_has_a_named_row_and_is_unknown(form, frame):
    for variable in clinical_variables():
        assert widget(frame, f"{variable['name']}Input").accessibleName == variable["label"]
        assert refusal(frame, variable["name"]) == ""
    assert form.record() == ClinicalRecord()


def test_labels_say_the_unit_and_tool_tips_the_range(form, frame):
    labels = {child.text for child in frame.children() if child.inherits("QLabel")}
    for variable in NUMBERS:
        unit = f" ({variable['unit']})" if variable["unit"] else ""
        assert f"{variable['label']}{unit}:" in labels
        low, high = variable["range"]
        assert f"{low} to {high} {variable['unit']}" in widget(frame, f"{variable['name']}Input").toolTip


def test_a_record_comes_back_to_the_last_digit(form):
    for record in (
        clinical_values(),
        ClinicalRecord(age_years=37.123456789012345, cps=1e-05, ldh=438.0, er="positive", prior_operation=False),
        ClinicalRecord(),
    ):
        form.show(record)
        assert form.record() == record
        assert form.texts() == texts_of(record)


@pytest.mark.parametrize("variable", NUMBERS, ids=lambda variable: variable["name"])
def test_the_ends_of_a_range_are_taken_and_what_lies_beyond_is_refused_beside_the_field(form, frame, variable):
    name, (low, high) = variable["name"], variable["range"]
    for value in (low, high):
        enter(frame, name, str(value))
        assert getattr(form.record(), name) == value
        assert refusal(frame, name) == ""
    for value in (low - 1, high + 1):
        enter(frame, name, str(value))
        assert f"between {low} and {high}" in refusal(frame, name)
        assert getattr(form.known(), name) is None
        with pytest.raises(ClinicalError, match=variable["label"].split("(")[0]):
            form.record()


@pytest.mark.parametrize("text", ["fifty", "1,250", "12 5", "nan", "inf", "0x10", "1e3", "--5", "²"])
def test_what_is_no_number_is_refused(form, frame, text):
    enter(frame, "ldh", text)
    assert "is not a number" in refusal(frame, "ldh")
    assert form.known().ldh is None


def test_what_was_typed_is_repeated_and_never_laid_out(form, frame):
    enter(frame, "ldh", "<b>5</b>")
    label = widget(frame, "ldhRefusal")
    assert "<b>5</b>" in label.text
    assert label.textFormat == qt.Qt.PlainText


@pytest.mark.parametrize(("text", "value"), [(" 52 ", 52.0), ("52,5", 52.5), ("52.50", 52.5), ("+52", 52.0)])
def test_a_number_may_be_written_as_people_do(form, frame, text, value):
    enter(frame, "age_years", text)
    assert form.record().age_years == value


def test_a_whole_number_is_not_rounded(form, frame):
    enter(frame, "prior_lines", "1.5")
    assert "whole number" in refusal(frame, "prior_lines")
    enter(frame, "prior_lines", "2")
    assert form.record().prior_lines == 2
    assert isinstance(form.record().prior_lines, int)


def test_values_that_contradict_each_other_are_refused(form, frame):
    enter(frame, "leucocytes", "4")
    enter(frame, "neutrophils", "5")
    assert "fewer than leucocytes" in refusal(frame, "leucocytes")
    assert form.known().dnlr is None
    enter(frame, "neutrophils", "3")
    assert refusal(frame, "leucocytes") == ""
    assert form.known().dnlr == 3.0


def test_nothing_is_refused_while_it_is_typed_and_what_is_put_right_no_longer(form, frame):
    age = widget(frame, "age_yearsInput")
    age.text = "5"
    assert refusal(frame, "age_years") == ""
    age.editingFinished()
    assert "between 18 and 110" in refusal(frame, "age_years")
    age.text = "52"
    assert refusal(frame, "age_years") == ""


def test_choices_offer_unknown_first(form, frame):
    her2 = widget(frame, "her2Input")
    assert [her2.itemText(n) for n in range(her2.count)] == ["unknown", "negative", "positive"]
    operation = widget(frame, "prior_operationInput")
    assert [operation.itemText(n) for n in range(operation.count)] == ["unknown", "yes", "no"]
    operation.currentIndex = 2
    her2.currentIndex = 2
    assert form.record() == ClinicalRecord(her2="positive", prior_operation=False)


def test_changes_are_told_once_and_filling_in_is_one_change(frame):
    told = []
    form = ClinicalForm(frame, lambda: told.append(form.known()))
    form.show(clinical_values())
    assert told == [clinical_values()]
    enter(frame, "age_years", "60")
    assert [record.age_years for record in told[1:]] == [60.0]
