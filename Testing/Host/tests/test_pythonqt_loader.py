"""``qt.QUiLoader``: forms as Qt Designer writes them, with custom widgets."""

import ctk
import pytest
import qt
from PySide6.QtCore import Property, Signal
from PySide6.QtWidgets import QWidget

from slicerhost import pythonqt

FORM = """<?xml version="1.0" encoding="UTF-8"?>
<ui version="4.0">
 <class>Form</class>
 <widget class="{top}" name="Form">
  <layout class="QVBoxLayout">
   <item><widget class="ctkCollapsibleButton" name="section">
    <property name="text"><string>Section</string></property>
    <property name="collapsed"><bool>true</bool></property>
    <layout class="QFormLayout">
     <item row="0" column="0"><widget class="QLabel" name="label">
      <property name="text"><string>Folder</string></property>
      <property name="buddy"><cstring>path</cstring></property>
     </widget></item>
     <item row="0" column="1"><widget class="ctkPathLineEdit" name="path">
      <property name="filters"><set>ctkPathLineEdit::Dirs|ctkPathLineEdit::Readable</set></property>
      <property name="SlicerParameterName" stdset="0"><string>caseDirectory</string></property>
      <property name="nodeTypes" stdset="0"><stringlist notr="true"><string>a</string><string>b</string></stringlist></property>
     </widget></item>
     <item row="1" column="1"><widget class="QComboBox" name="combo">
      <property name="sizeAdjustPolicy"><enum>QComboBox::AdjustToContents</enum></property>
      <item><property name="text"><string>first</string></property></item>
     </widget></item>
    </layout>
   </widget></item>
   <item><widget class="QCheckBox" name="check"/></item>
  </layout>
 </widget>
 <customwidgets>
  <customwidget><class>{top}</class><extends>QWidget</extends><header>top.h</header><container>1</container></customwidget>
  <customwidget><class>ctkPathLineEdit</class><extends>QWidget</extends><header>ctkPathLineEdit.h</header></customwidget>
  <customwidget><class>ctkCollapsibleButton</class><extends>QWidget</extends><header>a.h</header><container>1</container></customwidget>
 </customwidgets>
 <connections>
  <connection><sender>Form</sender><signal>{signal}</signal><receiver>check</receiver><slot>setChecked(bool)</slot></connection>
 </connections>
</ui>
"""  # noqa: E501 - Qt Designer's lines


class Top(QWidget):
    toldChanged = Signal(bool)

    def __init__(self, parent=None):
        super().__init__(parent)
        self._told = False

    def tell(self, told):
        self._told = told
        self.toldChanged.emit(told)

    told = Property(bool, lambda self: self._told, tell)


@pytest.fixture(scope="module", autouse=True)
def _top():
    pythonqt.register_class(ctk, "hostTop", Top, methods=["tell"])


@pytest.fixture
def load(tmp_path):
    def load(text):
        path = tmp_path / "form.ui"
        path.write_text(text, encoding="utf-8")
        file = qt.QFile(str(path))
        assert file.open(qt.QFile.ReadOnly)
        return qt.QUiLoader().load(file)

    return load


def form(top="hostTop", signal="toldChanged(bool)"):
    return FORM.format(top=top, signal=signal)


def find(widget, name):
    return widget.findChild("QWidget", name)


def test_custom_widgets_are_made_with_their_properties(load):
    top = load(form())
    assert type(top).__name__ == "hostTop"
    section = find(top, "section")
    assert type(section) is ctk.ctkCollapsibleButton
    assert (section.text, section.collapsed) == ("Section", True)
    path = find(top, "path")
    assert path.filters == ctk.ctkPathLineEdit.Dirs | ctk.ctkPathLineEdit.Readable
    assert find(top, "combo").itemText(0) == "first"
    assert find(top, "label").buddy() is path


def test_dynamic_properties_survive(load):
    top = load(form())
    path = find(top, "path")
    assert path.SlicerParameterName == "caseDirectory"
    assert path.property("nodeTypes") == ("a", "b")


def test_declared_connections_are_made(load):
    top = load(form())
    top.told = True
    assert find(top, "check").checked
    top.tell(False)
    assert not find(top, "check").checked


def test_an_unknown_widget_is_refused(load):
    with pytest.raises(NotImplementedError, match="the stand-in host has no widget ctkNothing"):
        load(form(top="ctkNothing"))


def test_a_connection_to_nothing_is_refused(load):
    with pytest.raises(ValueError, match=r"Form.nothingChanged\(\) to check.setChecked"):
        load(form(signal="nothingChanged()"))
    assert pythonqt.errors.take()


def test_what_is_no_form_or_not_open_gives_none(load, tmp_path):
    assert load("no form") is None
    assert qt.QUiLoader().load(qt.QFile(str(tmp_path / "form.ui"))) is None


def test_widgets_are_made_by_name():
    parent = qt.QWidget()
    made = qt.QUiLoader().createWidget("ctkPathLineEdit", parent, "p")
    assert type(made) is ctk.ctkPathLineEdit
    assert parent.p is made
