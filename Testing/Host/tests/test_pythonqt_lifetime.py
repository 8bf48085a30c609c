"""Objects that are gone, and the one wrapper that each object has."""

import gc

import pytest
import qt

from slicerhost import pythonqt


@pytest.fixture
def gone():
    label = qt.QLabel("x")
    label.delete()
    return label


def test_what_is_gone_is_false_and_equals_none(gone):
    assert not gone
    assert gone == None  # noqa: E711 - that is the question
    assert gone is not None


@pytest.mark.parametrize(
    ("use", "kind", "message"),
    [
        (lambda w: w.text, ValueError, "Trying to read property 'text' from a destroyed QLabel object"),
        (lambda w: w.setText("y"), ValueError, "Trying to call 'setText' on a destroyed QLabel object"),
        (
            lambda w: setattr(w, "text", "y"),
            AttributeError,
            "Trying to set property 'text' on a destroyed QLabel object",
        ),
        (lambda w: w.nothing, AttributeError, "QLabel has no attribute named 'nothing'"),
        (
            lambda w: w.connect("destroyed()", print),
            ValueError,
            "Trying to call 'connect' on a destroyed QLabel object",
        ),
    ],
)
def test_what_is_gone_cannot_be_used(gone, use, kind, message):
    with pytest.raises(kind) as refusal:
        use(gone)
    assert str(refusal.value) == message


def test_children_go_with_their_parent():
    parent = qt.QWidget()
    child = qt.QLabel("x", parent)
    parent.deleteLater()
    assert child
    pythonqt.process_events()
    assert not child
    assert not parent


def test_an_object_without_parent_goes_with_its_wrapper():
    told = []
    label = qt.QLabel("x")
    label.connect("destroyed()", lambda: told.append(1))
    del label
    gc.collect()
    assert told == [1]


def test_an_object_has_one_wrapper():
    table = qt.QTableWidget(1, 1)
    table.setItem(0, 0, qt.QTableWidgetItem("x"))
    assert table.item(0, 0) is table.item(0, 0)
    assert table.horizontalHeader() == table.horizontalHeader()
    assert len({table, table.viewport().parent()}) == 1


def test_meta_objects_of_classes_outlive_their_objects():
    """Every class can still be asked for a name that was not asked for before, whatever came and went."""
    for made in (qt.QComboBox, qt.QDialogButtonBox, qt.QTableWidget, qt.QLabel):
        parent = qt.QWidget()
        child = made(parent)
        repr(child.children())
        assert parent.children() == (child,)
        parent.delete()
    for known in (qt.QComboBox(), qt.QPushButton(), qt.QLabel(), qt.QScrollBar()):
        known.whatsThis = "asked for the first time"
        assert known.whatsThis
