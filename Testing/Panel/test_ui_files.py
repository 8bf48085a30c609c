"""The .ui files as Qt Designer reads them: bound to parameters that exist, usable by keyboard, without own styling."""

import re
from collections import Counter
from pathlib import Path
from typing import get_type_hints
from xml.etree import ElementTree

import pytest

from ABCImmunoResponse import ABCImmunoResponseParameterNode
from ABCImmunoResponseLib.resources import resource

FILES = sorted(resource("UI").glob("*.ui"))
FIELDS = {"QLineEdit", "QComboBox", "QSpinBox", "QDoubleSpinBox", "ctkPathLineEdit", "qMRMLNodeComboBox"}
# What Slicer and Qt know; a class that the loader does not know would leave a hole in the panel.
KNOWN = FIELDS | {
    "qMRMLWidget", "QWidget", "QFrame",
    "QGroupBox", "QLabel", "QPushButton", "QToolButton", "QCheckBox", "QTableWidget",
    "QPlainTextEdit", "QTextEdit", "QTextBrowser", "QProgressBar", "ctkCollapsibleButton", "ctkCollapsibleGroupBox",
    "QStackedWidget", "QScrollArea", "QSlider", "QRadioButton", "QTabWidget", "qMRMLTableView", "qMRMLPlotView",
}  # fmt: skip


def widgets(path: Path):
    return list(ElementTree.parse(path).iter("widget"))


def value(widget, name: str) -> str | None:
    found = next((p for p in widget.findall("property") if p.get("name") == name), None)
    return None if found is None else "".join(found.itertext()).strip()


def test_every_step_has_its_file():
    assert {path.stem for path in FILES} == {
        "ABCImmunoResponse", "CaseStep", "ReadStep", "ReconcileStep", "ScoreStep", "ReportStep",
    }  # fmt: skip


def test_every_slicer_parameter_exists_and_each_is_bound_once():
    bound = [value(w, "SlicerParameterName") for path in FILES for w in widgets(path)]
    bound = [name for name in bound if name is not None]
    assert set(bound) <= set(get_type_hints(ABCImmunoResponseParameterNode))
    assert bound
    assert max(Counter(bound).values()) == 1


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
class TestFile:
    def test_its_top_is_a_widget_of_the_scene(self, path):
        top = ElementTree.parse(path).find("widget")
        assert (top.get("class"), top.get("name")) == ("qMRMLWidget", path.stem)

    def test_its_names_are_unique(self, path):
        assert [name for name, n in Counter(w.get("name") for w in widgets(path)).items() if n > 1] == []

    def test_its_classes_are_known_and_declared(self, path):
        used = {w.get("class") for w in widgets(path)}
        declared = {c.findtext("class") for c in ElementTree.parse(path).iter("customwidget")}
        assert used <= KNOWN
        assert {name for name in used if not name.startswith("Q")} == declared

    def test_it_brings_no_styling_and_no_sizes_wider_than_a_narrow_panel(self, path):
        text = path.read_text(encoding="utf-8")
        assert "styleSheet" not in text
        assert "<palette" not in text
        for size in ElementTree.parse(path).iter("property"):
            if size.get("name") in ("minimumSize", "minimumWidth"):
                assert int(size.findtext(".//width") or size.findtext("number") or 0) <= 380

    def test_every_field_can_be_reached_and_is_named(self, path):
        found = widgets(path)
        buddies = {value(w, "buddy") for w in found if w.get("class") == "QLabel"}
        for w in found:
            if w.get("class") in FIELDS:
                assert w.get("name") in buddies or value(w, "accessibleName"), w.get("name")
            if w.get("class") == "QTableWidget":
                assert value(w, "accessibleName"), w.get("name")
        assert buddies - {None} <= {w.get("name") for w in found}

    def test_no_two_widgets_share_a_mnemonic(self, path):
        texts = [value(w, name) or "" for w in widgets(path) for name in ("text", "title")]
        letters = Counter(m.group(1).lower() for text in texts for m in re.finditer(r"&(\w)", text))
        assert [letter for letter, n in letters.items() if n > 1] == []

    def test_what_the_program_says_is_shown_as_it_is(self, path):
        """A reason, a path or a file's name that looks like HTML is not rendered as such."""
        labels = [w for w in widgets(path) if w.get("class") == "QLabel" and not value(w, "text")]
        assert {
            w.get("name"): value(w, "textFormat") for w in labels if value(w, "textFormat") != "Qt::PlainText"
        } == {}

    def test_what_users_read_can_be_translated(self, path):
        for entry in ElementTree.parse(path).iter("property"):
            if entry.get("name") in ("text", "toolTip", "title", "placeholderText", "accessibleName"):
                text = entry.find("string")
                assert text is None or text.get("notr") != "true"
            if entry.get("name") in ("nodeTypes", "SlicerParameterName", "settingKey"):
                assert next(iter(entry)).get("notr") == "true"

    def test_scene_widgets_hear_of_the_scene(self, path):
        tree = ElementTree.parse(path)
        connected = {
            c.findtext("receiver")
            for c in tree.iter("connection")
            if c.findtext("signal") == "mrmlSceneChanged(vtkMRMLScene*)"
        }
        assert {w.get("name") for w in widgets(path) if w.get("class") == "qMRMLNodeComboBox"} <= connected
