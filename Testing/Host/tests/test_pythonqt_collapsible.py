"""CTK's collapsible button: what is in it is seen while it is open."""

import ctk
import pytest
import qt

from slicerhost import pythonqt


@pytest.fixture
def button():
    made = ctk.ctkCollapsibleButton()
    made.text = "Section"
    layout = qt.QVBoxLayout(made)
    for name in ("shown", "hidden"):
        label = qt.QLabel(name)
        label.objectName = name
        layout.addWidget(label)
    made.hidden.hide()
    made.show()
    pythonqt.process_events()
    return made


def test_children_are_seen_while_it_is_open(button):
    assert button.shown.visible
    assert not button.hidden.visible
    button.collapsed = True
    assert not button.shown.visible
    button.collapsed = False
    assert button.shown.visible
    assert not button.hidden.visible


def test_a_child_shown_while_it_is_closed_appears_when_it_opens(button):
    button.collapsed = True
    button.hidden.show()
    assert not button.hidden.visible
    button.collapsed = False
    assert button.hidden.visible


def test_closed_it_is_a_bar(button):
    open_height = button.sizeHint.height()
    button.collapsed = True
    assert button.sizeHint.height() < open_height


def test_a_click_closes_and_opens_it(button):
    told = []
    button.connect("contentsCollapsed(bool)", told.append)
    button.click()
    button.click()
    assert told == [True, False]
    assert button.checked
