"""What PythonQt itself gives to objects and classes, and how values print."""

import copy

import pytest
import qt


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (lambda: qt.QLabel().maximumSize, "QSize (16777215, 16777215, at: "),
        (lambda: qt.QSizeF(1.5, 2), "QSizeF (1.5, 2, at: "),
        (lambda: qt.QColor(1, 2, 3, 4), "QColor (#04010203, at: "),
        (lambda: qt.QDate(), "QDate (C++ object at: "),
        (lambda: qt.QByteArray(b"ab"), "QByteArray (ab, at: "),
        (lambda: type(qt.QLabel()), "<class 'PythonQt.QtGui.QLabel'>"),
        (lambda: type(qt.QLabel), "<class 'PythonQt.PythonQtClassWrapper'>"),
        (lambda: type(qt.QLabel().clear), "<class 'builtin_qt_slot'>"),
        (lambda: type(qt.QLabel().destroyed), "<class 'QtCore.Signal'>"),
        (lambda: qt.QLabel().className, "<built-in method className of QLabel object at "),
        (lambda: qt.QLabel.inherits, "<method 'inherits' of 'PythonQt.PythonQtInstanceWrapper' objects>"),
        (lambda: qt.QLabel.text, "None"),  # a property of a class is an object of its type that is none
        (lambda: qt.QLabel.size, "QSize (QSize at: 0x(nil))"),
        (lambda: copy.copy(qt.QLabel("a")), "QLabel (QLabel at: 0x(nil))"),
    ],
)
def test_objects_print_as_in_slicer(value, printed):
    assert repr(value()).startswith(printed)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda of: of.inherits(5), "PythonQtInstanceWrapper.inherits() argument 1 must be str, not int"),
        (lambda of: of.inherits(), "PythonQtInstanceWrapper.inherits() takes exactly 1 argument (0 given)"),
        (lambda of: of.className(1), "QLabel.className() takes no arguments (1 given)"),
        (lambda of: qt.QLabel.className(), "unbound method PythonQtInstanceWrapper.className() needs an argument"),
    ],
)
def test_what_every_object_has_is_called_as_a_builtin(call, message):
    with pytest.raises(TypeError) as refusal:
        call(qt.QLabel())
    assert str(refusal.value) == message


def test_help_names_properties_constructors_slots_and_signals():
    text = qt.QPushButton().help()
    assert text.startswith("--- QPushButton ---\nProperties:\nobjectName (QString )\n")
    for line in ("Constructors:", "QPushButton(QWidget parent) -> QPushButton", "click() -> void", "toggled(bool)"):
        assert f"\n{line}\n" in text


def test_the_values_of_an_object_are_its_properties():
    label = qt.QLabel("x")
    label.setProperty("more", 5)
    values = label.__dict__
    assert (values["text"], values["more"], values["enabled"]) == ("x", 5, True)
    assert "setText" not in values


def test_an_enumeration_takes_ints_and_names_only():
    label = qt.QLabel()
    label.alignment = qt.Qt.AlignRight
    label.alignment = "AlignLeft|AlignTop"
    assert label.alignment == 33
    label.textFormat = "PlainText"
    assert label.textFormat == qt.Qt.PlainText
    for value in (1.5, True, None, "AlignNowhere", 1 << 40):
        with pytest.raises(AttributeError, match="Property 'alignment' of type 'Qt::Alignment' does not accept"):
            label.alignment = value
    with pytest.raises(AttributeError, match="Property 'frameShape' of type 'Shape' does not accept"):
        label.frameShape = 1.0


def test_whatever_is_a_sequence_is_kept_as_a_list():
    class Pair:
        def __len__(self):
            return 2

        def __getitem__(self, index):
            return "ab"[index]

    item = qt.QTableWidgetItem()
    for given, kept in ((Pair(), ("a", "b")), ({1}, {1}), (b"x", qt.QByteArray(b"x"))):
        item.setData(256, given)
        assert item.data(256) == kept
