"""Typed parameter nodes: what is stored, what is refused, and how widgets are connected."""

import enum
import logging
from pathlib import Path
from typing import Annotated, Optional

import ctk
import pytest
import qt
import slicer

from slicerhost import parameter_nodes as wrapping
from slicerhost.parameter_nodes import (
    Choice,
    Decimals,
    Default,
    Exclude,
    Maximum,
    Minimum,
    SingleStep,
    WithinRange,
    parameterNodeWrapper,
)


class Side(enum.Enum):
    LEFT = 1
    RIGHT = 2

    def label(self) -> str:
        return self.name.title()


@parameterNodeWrapper
class Everything:
    text: str
    yes: bool
    count: int
    size: float
    folder: Path
    side: Side
    maybe: Optional[int]  # noqa: UP045 - as modules write it
    either: int | str
    names: list[str]
    pair: tuple[int, str]
    table: dict[str, float]
    volume: slicer.vtkMRMLScalarVolumeNode
    share: Annotated[float, WithinRange(0, 1), Default(0.5)]
    level: int = 7


@pytest.fixture
def node(host):
    return slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScriptedModuleNode")


@pytest.fixture
def values(node):
    return Everything(node)


def test_values_begin_with_defaults(values):
    assert (values.text, values.yes, values.count, values.size, values.folder) == ("", False, 0, 0.0, Path())
    assert (values.side, values.maybe, values.either, values.share, values.level) == (Side.LEFT, None, 0, 0.5, 7)
    assert values.names == []
    assert values.pair == (0, "")
    assert values.table == {}
    assert values.volume is None


def test_values_are_stored_as_slicer_names_them(values, node):
    values.text, values.yes, values.side, values.folder = "a", True, Side.RIGHT, Path("x/y")
    values.names, values.pair, values.maybe, values.either = ["p", "q"], (3, "z"), 4, "five"
    values.table = {"one": 1.5}
    stored = {name: node.GetParameter(name) for name in node.GetParameterNames()}
    assert stored["text"] == "a"
    assert stored["yes"] == "True"
    assert stored["side"] == "RIGHT"
    assert Path(stored["folder"]) == Path("x/y")
    assert [stored[f"names.{part}"] for part in ("len", 0, 1)] == ["2", "p", "q"]
    assert [stored[f"pair.{part}"] for part in (0, 1)] == ["3", "z"]
    assert stored["maybe.0"] == "4"
    assert "maybe.1" not in stored
    assert stored["either.1"] == "five"
    assert "either.0" not in stored
    assert [stored[f"table.{part}"] for part in ("len", "0.0", "0.1")] == ["1", "one", "1.5"]


def test_another_wrapper_of_the_node_shows_the_same_values(values, node):
    values.names, values.maybe, values.side, values.table = ["p"], 3, Side.RIGHT, {"a": 1.0}
    again = Everything(node)
    assert (again.names, again.maybe, again.side, again.table) == (["p"], 3, Side.RIGHT, {"a": 1.0})
    again.names.append("q")
    assert values.names == ["p", "q"]


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("text", 1, TypeError),
        ("text", None, ValueError),
        ("yes", "True", TypeError),
        ("count", 1.5, TypeError),
        ("size", "1", TypeError),
        ("folder", "a text", TypeError),
        ("side", "LEFT", TypeError),
        ("either", 1.5, TypeError),
        ("names", ["a", 1], TypeError),
        ("pair", (1, "a", 2), ValueError),
        ("share", 1.5, ValueError),
    ],
)
def test_values_of_another_kind_are_refused_and_change_nothing(values, name, value, error):
    before = getattr(values, name)
    with pytest.raises(error):
        setattr(values, name, value)
    assert getattr(values, name) == before


def test_a_list_takes_no_element_of_another_kind(values):
    values.names = ["a"]
    with pytest.raises(TypeError):
        values.names.append(1)
    assert values.names == ["a"]
    with pytest.raises(NotImplementedError):
        values.names + ["b"]  # noqa: RUF005 - a copy would be allowed
    values.names += ["b"]
    values.names.sort(reverse=True)
    del values.names[0]
    assert values.names == ["a"]


def test_a_dictionary_writes_what_is_changed_in_it(values, node):
    values.table = {"a": 1.0}
    values.table["b"] = 2.0
    del values.table["a"]
    assert dict(Everything(node).table) == {"b": 2.0}


def test_nodes_are_references_and_none_once_they_are_removed(values, node):
    volume = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "CT")
    values.volume = volume
    assert node.GetNodeReference("volume") is volume
    with pytest.raises(TypeError):
        values.volume = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode")
    slicer.mrmlScene.RemoveNode(volume)
    assert values.volume is None


def test_a_saved_name_that_no_member_has_is_refused(node):
    node.SetParameter("side", "TOP")
    with pytest.raises(ValueError, match="TOP"):
        Everything(node)


@pytest.mark.parametrize("kind", [complex, list[complex], dict[str, object], tuple, set[int]])
def test_types_that_are_not_known_are_refused(kind):
    with pytest.raises(Exception, match="Unable to create serializer"):
        parameterNodeWrapper(type("Unknown", (), {"__annotations__": {"value": kind}}))


def test_names_that_the_wrapper_needs_are_refused():
    with pytest.raises(ValueError, match="reserved name 'default'"):
        parameterNodeWrapper(type("Reserved", (), {"__annotations__": {"default": int}}))


def test_validators():
    WithinRange(1, 2).validate(2)
    for validator, refused in ((Minimum(1), 0), (Maximum(1), 2), (Choice([1]), 2), (Exclude([1]), 1)):
        with pytest.raises(ValueError, match="value"):
            validator.validate(refused)


def test_the_module_offers_what_modules_import():
    assert wrapping.isParameterNodeWrapper(Everything)
    assert not wrapping.isParameterNodeWrapper(Side)
    assert wrapping.SlicerParameterNamePropertyName == "SlicerParameterName"


@parameterNodeWrapper
class Shown:
    text: str
    yes: bool
    pressed: bool
    count: Annotated[int, WithinRange(2, 9), Default(3)]
    size: Annotated[float, Minimum(0), SingleStep(0.5), Decimals(1)]
    slide: Annotated[int, WithinRange(0, 5)]
    side: Side
    organ: Annotated[str, Choice(["liver", "lung"]), Default("lung")]
    folder: Path
    volume: slicer.vtkMRMLScalarVolumeNode


@pytest.fixture
def panel(host):
    """A panel with a widget for each parameter, named as in a .ui file."""
    widgets = {
        "text": qt.QLineEdit(),
        "yes": qt.QCheckBox(),
        "pressed": qt.QPushButton(),
        "count": qt.QSpinBox(),
        "size": qt.QDoubleSpinBox(),
        "slide": qt.QSlider(),
        "side": qt.QComboBox(),
        "organ": qt.QComboBox(),
        "folder": ctk.ctkPathLineEdit(),
        "volume": slicer.qMRMLNodeComboBox(),
    }
    widgets["pressed"].checkable = True
    widgets["side"].addItem("x")
    widgets["volume"].noneEnabled = True
    widgets["volume"].setMRMLScene(slicer.mrmlScene)
    made = type("", (), {})()
    for name, widget in widgets.items():
        widget.setProperty("SlicerParameterName", name)
        widget.objectName = name
        setattr(made, name, widget)
    return made


def shown(panel) -> tuple:
    return (
        panel.text.text,
        panel.yes.checked,
        panel.pressed.checked,
        panel.count.value,
        panel.size.value,
        panel.slide.value,
        panel.side.currentText,
        panel.organ.currentText,
        panel.folder.currentPath,
        panel.volume.currentNode(),
    )


def test_widgets_show_values_and_take_part_in_them(panel, node):
    values = Shown(node)
    tag = values.connectGui(panel)
    assert shown(panel) == ("", False, False, 3, 0.0, 0, "Left", "lung", ".", None)
    assert (panel.count.minimum, panel.count.maximum, panel.size.singleStep, panel.size.decimals) == (2, 9, 0.5, 1)
    assert panel.volume.nodeTypes == ("vtkMRMLScalarVolumeNode",)
    volume = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "CT")
    panel.text.text, panel.yes.checked, panel.pressed.checked, panel.count.value = "a", True, True, 5
    panel.size.value, panel.slide.value, panel.side.currentIndex, panel.organ.currentIndex = 1.5, 4, 1, 0
    panel.folder.currentPath = "/x"
    panel.volume.setCurrentNode(volume)
    assert (values.text, values.yes, values.pressed, values.count) == ("a", True, True, 5)
    assert (values.size, values.slide, values.side, values.organ) == (1.5, 4, Side.RIGHT, "liver")
    assert (values.folder, values.volume) == (Path("/x"), volume)
    values.text, values.yes, values.side, values.count, values.volume = "b", False, Side.LEFT, 7, None
    assert shown(panel) == ("b", False, True, 7, 1.5, 4, "Left", "liver", "/x", None)
    values.disconnectGui(tag)


def test_a_disconnected_panel_is_left_alone(panel, node):
    values = Shown(node)
    tag = values.connectGui(panel)
    values.disconnectGui(tag)
    values.disconnectGui(tag)
    values.disconnectGui(None)
    values.text = "a"
    assert panel.text.text == ""
    panel.text.text = "b"
    assert values.text == "a"


def test_no_observer_outlives_the_wrapper(panel, node):
    assert not node.HasObserver("ModifiedEvent")
    values = Shown(node)
    values.disconnectGui(values.connectGui(panel))
    assert node.HasObserver("ModifiedEvent")
    del values
    assert not node.HasObserver("ModifiedEvent")


def test_a_widget_of_no_parameter_is_refused(panel, node):
    panel.text.setProperty("SlicerParameterName", "txet")
    with pytest.raises(ValueError, match="txet"):
        Shown(node).connectGui(panel)


def test_the_top_widget_of_a_panel_can_be_connected(panel, node):
    top = qt.QWidget()
    layout = qt.QVBoxLayout(top)
    layout.addWidget(panel.text)
    values = Shown(node)
    tag = values.connectGui(top)
    panel.text.text = "a"
    assert values.text == "a"
    values.disconnectGui(tag)


@pytest.mark.parametrize(
    ("annotation", "make"),
    [
        (str, ctk.ctkCollapsibleButton),
        (bool, ctk.ctkCollapsibleButton),
        (bool, qt.QRadioButton),
        (int, qt.QSlider),  # without a range
        (str, qt.QComboBox),  # without choices
        (list[str], qt.QListWidget),
    ],
)
def test_what_slicer_cannot_connect_is_refused(node, annotation, make):
    values = parameterNodeWrapper(type("One", (), {"__annotations__": {"value": annotation}}))(node)
    with pytest.raises(RuntimeError):
        values.connectParametersToGui({"value": make()})


def test_a_push_button_is_made_checkable(node, caplog):
    values = parameterNodeWrapper(type("One", (), {"__annotations__": {"value": bool}}))(node)
    button = qt.QPushButton()
    with caplog.at_level(logging.WARNING):
        values.disconnectGui(values.connectParametersToGui({"value": button}))
    assert button.checkable
    assert "checkable" in caplog.text


def test_closing_the_scene_resets_a_singleton_and_keeps_it(host):
    node = slicer.vtkMRMLScriptedModuleNode()
    node.SetSingletonTag("Test")
    node = slicer.mrmlScene.AddNode(node)
    values = Shown(node)
    values.text = "a"
    slicer.mrmlScene.Clear()
    assert slicer.mrmlScene.GetSingletonNode("Test", "vtkMRMLScriptedModuleNode") is node
    assert values.text == ""
    slicer.mrmlScene.RemoveNode(node)
