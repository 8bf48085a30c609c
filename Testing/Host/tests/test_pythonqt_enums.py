"""Enumerations are ints that print as such."""

import pytest
import qt


def test_values_are_ints_with_the_name_of_their_type():
    assert qt.Qt.Checked == 2
    assert repr(qt.Qt.Checked) == "2"
    assert isinstance(qt.Qt.Checked, int)
    assert type(qt.Qt.Checked) is qt.Qt.CheckState
    assert qt.Qt.CheckState.Checked == qt.Qt.CheckState(2)


def test_joined_values_are_plain_ints():
    assert type(qt.Qt.AlignLeft | qt.Qt.AlignTop) is int
    assert type(qt.QMessageBox.Yes | qt.QMessageBox.No) is int


def test_values_of_qobjects_have_the_type_of_their_flags():
    assert type(qt.QMessageBox.Yes).__name__ == "StandardButtons"
    assert type(qt.QFrame.HLine).__name__ == "Shape"


def test_flags_can_be_taken_away():
    item = qt.QTableWidgetItem("x")
    item.setFlags(item.flags() & ~qt.Qt.ItemIsEditable)
    assert not item.flags() & qt.Qt.ItemIsEditable
    assert item.flags() & qt.Qt.ItemIsEnabled
    assert type(item.flags()).__name__ == "ItemFlags"


def test_large_flags_are_signed_as_in_cpp():
    assert qt.QWidget().windowFlags() < 1 << 31


@pytest.mark.parametrize("name", ["AlignLef", "Checkd", "horizontal"])
def test_what_does_not_exist_is_refused(name):
    with pytest.raises(AttributeError, match=f"Qt has no attribute named '{name}'"):
        getattr(qt.Qt, name)
