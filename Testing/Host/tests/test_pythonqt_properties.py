"""Properties are plain values, methods are called, and no other name exists."""

import pytest
import qt

from slicerhost.surface import keys, surface


@pytest.fixture
def label():
    return qt.QLabel("x")


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("text", 5, "5"),
        ("text", None, "None"),
        ("enabled", 0, False),
        ("indent", 3.9, 3),
        ("alignment", qt.Qt.AlignRight | qt.Qt.AlignTop, 34),
        ("frameShape", 6, 6),
        ("frameShape", "Box", 1),
        ("maximumSize", qt.QSize(3, 4), qt.QSize(3, 4)),
    ],
)
def test_a_property_takes_what_can_be_converted(label, name, given, kept):
    setattr(label, name, given)
    assert getattr(label, name) == kept


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("size", 3, "Property 'size' of type 'QSize' does not accept an object of type int (3)"),
        ("size", None, "Property 'size' of type 'QSize' does not accept an object of type NoneType (None)"),
        ("width", 3, "Property 'width' of QLabel object is not writable"),
        ("setText", 3, "Slot 'setText' can not be overwritten on QLabel object"),
        ("linkHovered", 3, "Signal 'linkHovered' can not be overwritten on QLabel object"),
        ("Box", 3, "EnumValue 'Box' can not be overwritten on QLabel object"),
    ],
)
def test_what_cannot_be_set_is_refused(label, name, given, message):
    with pytest.raises(AttributeError) as refusal:
        setattr(label, name, given)
    assert str(refusal.value) == message


def test_a_property_of_flags_is_an_int_and_one_of_an_enumeration_has_its_type(label):
    assert type(label.alignment) is int
    assert type(label.textFormat).__name__ == "TextFormat"
    assert isinstance(label.textFormat, int)


def test_a_dynamic_property_is_an_attribute_once_it_is_there(label):
    with pytest.raises(AttributeError):
        label.note = "a"
    label.setProperty("note", "a")
    label.note = ["b", "c"]
    assert label.note == ("b", "c")
    assert not hasattr(qt.QLabel(), "note")


def test_children_are_attributes_by_name():
    parent = qt.QWidget()
    child = qt.QLabel("inside", parent)
    child.name = "inner"
    assert parent.inner is child
    assert parent.findChild("QLabel", "inner") is child
    assert parent.findChild(qt.QFrame) is child
    assert parent.findChild(qt.QPushButton) is None
    assert parent.findChildren("QWidget") == (child,)
    assert parent.children() == (child,)


def test_pythons_own_words_are_found_with_an_underscore(label):
    label.raise_()
    assert qt.QDialog().exec_.__name__ == "exec"
    assert not hasattr(label, "exec_")


@pytest.mark.parametrize("key", [key for key in keys() if hasattr(qt, key.removeprefix("qt."))])
def test_every_name_that_exists_is_there_or_is_said_to_be_lacking(key):
    """And a property of the class is never taken for a method, nor a signal for either."""
    cls, known = getattr(qt, key.removeprefix("qt.")), surface(key)
    lacking = set()
    for name in known.names - known.properties - {"name"}:
        try:
            getattr(cls, name)
        except NotImplementedError:
            lacking.add(name)
    assert len(lacking) <= 10 + len(known.names) // 10, sorted(lacking)  # what Qt 6 left out
    for name in ("setNothing", "setTextAlignmentt", "value_changed"):
        with pytest.raises(AttributeError):
            getattr(cls, name)


def test_python_classes_of_qt_classes_are_refused():
    with pytest.raises(TypeError, match="Mine: the stand-in host does not offer"):
        type(qt.QWidget)("Mine", (qt.QWidget,), {})


def test_a_class_that_is_only_named_refuses_to_be_used():
    assert repr(qt.QThread) == "<class 'PythonQt.QtCore.QThread'>"
    for use in (qt.QThread, lambda: qt.QThread.HighPriority, lambda: qt.QThread.currentThread()):
        with pytest.raises(NotImplementedError, match="the stand-in host has no"):
            use()
    with pytest.raises(AttributeError, match="module 'qt' has no attribute 'QStringList'"):
        qt.QStringList  # noqa: B018
