"""Constructors, overloads and operators: found in PythonQt's order, refused in its words."""

import json
from pathlib import Path

import pytest
import qt

from slicerhost.surface.declarations import constructors, declared

SURFACE = Path(__file__).resolve().parents[1] / "slicerhost" / "surface" / "surface.json"


def test_a_constructor_without_its_arguments_says_what_slicer_recorded():
    recorded = json.loads(SURFACE.read_text(encoding="utf-8"))["observed"]["qt.QShortcut"]["error"]
    with pytest.raises(ValueError, match="Could not find matching overload") as refusal:
        qt.QShortcut()
    assert f"ValueError: {refusal.value}".startswith(recorded)


def test_arguments_that_may_be_left_out_make_overloads_of_their_own():
    texts = [overload.text() for overload in constructors("QLabel")]
    assert texts == [
        "QLabel(QWidget parent, Qt::WindowFlags f) -> QLabel",
        "QLabel(QString text) -> QLabel",
        "QLabel(QString text, QWidget parent) -> QLabel",
        "QLabel(QString text, QWidget parent, Qt::WindowFlags f) -> QLabel",
        "QLabel() -> QLabel",
        "QLabel(QWidget parent) -> QLabel",
    ]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: qt.QTimer(5), "QTimer(QObject parent) -> QTimer\nQTimer() -> QTimer\n"),
        (lambda: qt.QSize("x"), "QSize() -> QSize\nQSize(QSize other) -> QSize\nQSize(int w, int h) -> QSize\n"),
        (lambda: qt.QPushButton().clicked(1, 2), "clicked(bool checked) -> void\nclicked() -> void\n"),
        (lambda: qt.QLabel(text="x"), "Called QLabel(QWidget parent, Qt::WindowFlags f) -> QLabel with keyword"),
        (lambda: qt.QLabel().connect("a()"), "connect(QByteArray signal, PyObject callable) -> bool\n"),
        (lambda: qt.QPoint(1, 2) + 3, "Called __add__(QPoint p2) -> QPoint with wrong arguments: (3,)"),
        (lambda: qt.QFile.exists("/tmp"), "slot exists() -> bool requires QFile instance as first argument, got str"),
        (lambda: qt.QSpinBox().setValue(1 << 31), "Called setValue(int val) -> void with wrong arguments: (2147"),
    ],
)  # fmt: skip
def test_what_fits_no_overload_is_told_of_them_all(call, message):
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the message is compared
        call()
    assert message in str(refusal.value)


def test_what_a_method_returns_is_of_the_declared_type():
    assert type(qt.QLabel().sizePolicy.horizontalPolicy()).__name__ == "Policy"
    assert type(qt.QDialogButtonBox().standardButtons).__name__ == "int"
    assert (qt.QFont.Bold, qt.QFont("Arial", 9, qt.QFont.Bold).weight()) == (75, 75)
    assert qt.QLocale().decimalPoint() == ord(".")
    assert qt.QByteArray(b"12").toInt() == 12


def test_operators_are_those_of_cpp():
    assert 2 * qt.QSize(3, 4) == qt.QSize(6, 8) == qt.QSize(12, 16) / 2
    assert qt.QByteArray(b"ab") == b"ab"
    with pytest.raises(ArithmeticError, match=r"Unsupported operation __add__\(int, QPoint\)"):
        3 + qt.QPoint(1, 2)
    with pytest.raises(TypeError):
        qt.QUrl("a") + qt.QUrl("b")


@pytest.mark.parametrize(
    ("empty", "full"),
    [
        (qt.QSize, lambda: qt.QSize(1, 1)),
        (qt.QDate, lambda: qt.QDate(2024, 5, 6)),
        (qt.QColor, lambda: qt.QColor("red")),
        (qt.QByteArray, lambda: qt.QByteArray(b"a")),
        (qt.QPixmap, lambda: qt.QPixmap(1, 1)),
    ],
)
def test_empty_and_invalid_values_are_false(empty, full):
    assert not empty()
    assert full()


def test_an_empty_layout_or_menu_is_false():
    box, menu = qt.QWidget(), qt.QMenu()
    layout = qt.QVBoxLayout(box)
    assert (bool(box), bool(layout), bool(menu)) == (True, False, False)
    layout.addWidget(qt.QLabel())
    menu.addAction("a")
    assert (bool(layout), bool(menu)) == (True, True)


def test_every_declaration_is_read():
    path = SURFACE.with_name("declarations.json")
    for name, entry in json.loads(path.read_text(encoding="utf-8")).items():
        lines = list(filter(None, entry["declared"].split("; ")))
        assert sum(map(len, declared(name).values())) >= len(lines)
