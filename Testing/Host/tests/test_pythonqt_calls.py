"""Methods: which arguments they take, what comes back, and what is said of wrong ones."""

import pytest
import qt


def test_without_overloads_arguments_are_converted():
    label = qt.QLabel()
    label.setText(5)
    label.setAlignment(33)
    label.setEnabled("yes")
    assert (label.text, label.alignment, label.enabled) == ("5", 33, True)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda label: label.setText(), "Called setText(QString) -> void with wrong number of arguments: ()"),
        (
            lambda label: label.setMaximumWidth("x"),
            "Called setMaximumWidth(int maxw) -> void with wrong arguments: ('x',)",
        ),
        (
            lambda label: label.setFixedSize(3),
            "Could not find matching overload for given arguments:\n(3,)\n The following slots are available:\n"
            "setFixedSize(QSize arg__1) -> void\nsetFixedSize(int w, int h) -> void\n",
        ),
        (
            lambda label: label.setText(text="x"),
            "Called setText(QString) -> void with keyword arguments, but called slot does not support kwargs.",
        ),
    ],
)
def test_wrong_arguments_are_refused(call, message):
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the message is compared whole
        call(qt.QLabel())
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    "call",
    [
        lambda: qt.QPushButton().setShortcut("Ctrl+N"),  # C++ makes a key sequence of it, PythonQt does not
        lambda: qt.QPushButton().setIcon("a.png"),
        lambda: qt.QWidget().setCursor(3.5),
        lambda: qt.QVBoxLayout().addWidget(qt.QVBoxLayout()),
        lambda: qt.QTableWidget().setItem(0, 0, "text"),
        lambda: qt.QWidget(parent=None),
    ],
)
def test_what_only_cpp_or_pyside_would_convert_is_refused(call):
    with pytest.raises(ValueError, match=r"Called|Could not find"):
        call()


def test_colours_are_made_of_constants_and_brushes_of_colours():
    item = qt.QTableWidgetItem("x")
    item.setBackground(qt.QColor(1, 2, 3))
    assert item.background().color().name() == "#010203"
    item.setForeground(qt.Qt.red)
    assert item.foreground().color() == qt.QColor("#ff0000")


def test_the_type_of_a_constant_finds_the_overload():
    one = qt.QDialogButtonBox(qt.QDialogButtonBox.Ok)
    assert len(one.buttons()) == 1
    # ``a | b`` is a plain int, and PythonQt tries the constructor with an orientation before that with buttons.
    assert qt.QDialogButtonBox(qt.QDialogButtonBox.Ok | qt.QDialogButtonBox.Cancel).buttons() == ()
    box = qt.QDialogButtonBox()
    box.setStandardButtons(qt.QDialogButtonBox.Ok | qt.QDialogButtonBox.Cancel)
    assert len(box.buttons()) == 2


def test_data_comes_back_as_it_was_given_but_for_lists():
    item = qt.QTableWidgetItem()
    for role, given, kept in (
        (256, {"a": [1, 2], "b": None}, {"a": (1, 2), "b": None}),
        (257, qt.QSize(3, 4), qt.QSize(3, 4)),
        (258, qt.Qt.Checked, 2),
        (259, None, None),
        (260, 1 << 40, 1 << 40),
    ):
        item.setData(role, given)
        assert item.data(role) == kept


def test_bytes_and_lists_of_texts():
    process = qt.QProcess()
    process.start("echo", ["one", "two"])
    assert process.waitForFinished(5000)
    assert process.readAllStandardOutput().data() == b"one two\n"
    assert process.arguments() == ("one", "two")


def test_unbound_and_static_methods():
    label = qt.QLabel()
    qt.QLabel.setText(label, "unbound")
    assert label.text == "unbound"
    with pytest.raises(ValueError, match="requires QLabel instance as first argument, got str"):
        qt.QLabel.setText("unbound")
    assert qt.QUrl.fromLocalFile("/a b").toLocalFile() == "/a b"


def test_values_compare_and_calculate():
    assert qt.QPoint(1, 2) + qt.QPoint(3, 4) == qt.QPoint(4, 6)
    assert qt.QDate(2024, 5, 6) < qt.QDate(2025, 1, 1)
    assert qt.QSize(1, 2) != qt.QSize(2, 1)
    assert qt.QSize(1, 2) != None  # noqa: E711 - that is the question
    with pytest.raises(TypeError):
        qt.QUrl("a") + qt.QUrl("b")


def test_nothing_waits_for_a_person():
    for function in (qt.QMessageBox.question, qt.QFileDialog.getOpenFileName, qt.QInputDialog.getText):
        with pytest.raises(RuntimeError, match="nobody is at the stand-in host"):
            function(None, "title", "text")


def test_settings_are_those_of_the_process_only(tmp_path):
    qt.QSettings().setValue("a/b", 5)
    assert qt.QSettings().value("a/b") == 5
    assert "slicerhost-settings" in qt.QSettings().fileName()
    own = qt.QSettings(str(tmp_path / "own.ini"), qt.QSettings.IniFormat)
    own.setValue("x", ["a", "b"])
    own.sync()
    assert own.value("x") == ("a", "b")
    assert (tmp_path / "own.ini").is_file()
