"""Connections: by signature, arguments cut to what a slot takes, errors kept."""

from functools import partial

import pytest
import qt

from slicerhost import pythonqt


@pytest.fixture
def button():
    made = qt.QPushButton("b")
    made.checkable = True
    return made


@pytest.fixture
def log():
    return []


def test_a_slot_gets_as_many_arguments_as_its_code_takes(button, log):
    class Receiver:
        def none(self):
            log.append("none")

        def one(self, a):
            log.append(("one", a))

        def some(self, a=9):
            log.append(("some", a))

    receiver = Receiver()
    for slot in (receiver.none, receiver.one, receiver.some, lambda: log.append("lambda"), log.append):
        assert button.connect("clicked(bool)", slot)
    button.click()
    assert log == ["none", ("one", True), ("some", True), "lambda", True]


def test_a_partial_gets_everything(button, log):
    button.connect("clicked(bool)", partial(lambda *given: log.append(given), 1))
    button.click()
    assert log == [(1, True)]


def test_a_slot_that_takes_more_is_not_called_and_its_error_is_kept(button, log):
    button.connect("clicked(bool)", lambda a, b: log.append(a))
    button.click()
    assert not log
    (error,) = pythonqt.errors.take()
    assert isinstance(error.exception, TypeError)


def test_what_a_slot_raises_is_kept_and_the_next_slot_is_called(button, log, capsys):
    def fail():
        raise RuntimeError("boom")

    button.connect("clicked()", fail)
    button.connect("clicked()", lambda: log.append(1))
    button.click()
    assert log == [1]
    assert "RuntimeError: boom" in capsys.readouterr().err
    (error,) = pythonqt.errors.take()
    assert str(error.exception) == "boom"


def test_a_failed_assertion_in_a_slot_is_kept(button):
    button.connect("clicked()", lambda: pytest.fail("in a slot"))
    button.click()
    (error,) = pythonqt.errors.take()
    assert "in a slot" in str(error)


def test_a_signal_that_does_not_exist_is_not_connected(button):
    assert not button.connect("clicked", print)
    assert not button.connect("clickd(bool)", print)
    assert not button.disconnect("clickd(bool)", print)
    assert [str(error).partition(": ")[2] for error in pythonqt.errors.take()] == [
        "QObject::connect() signal 'clicked' does not exist on QPushButton",
        "QObject::connect() signal 'clickd(bool)' does not exist on QPushButton",
        "QObject::disconnect() signal 'clickd(bool)' does not exist on QPushButton",
    ]


def test_signatures_may_be_spaced(button, log):
    assert button.connect("clicked( bool )", log.append)
    button.click()
    assert log == [True]


def test_one_connection_is_taken_away_at_a_time(button, log):
    for _ in range(2):
        button.clicked.connect(log.append)
    assert button.clicked.disconnect(log.append)
    button.click()
    assert log == [True]
    assert button.disconnect("clicked(bool)")
    assert not button.disconnect("clicked(bool)", log.append)
    button.click()
    assert log == [True]


def test_signals_can_be_emitted_and_blocked(button, log):
    button.connect("clicked(bool)", log.append)
    button.clicked(True)
    button.clicked.emit(False)
    button.clicked()
    button.blockSignals(True)
    button.click()
    assert log == [True, False, False]
    with pytest.raises(ValueError, match="Could not find matching overload"):
        button.clicked(1, 2, 3)


def test_a_slot_of_another_object_is_connected_by_its_signature(button):
    other = qt.QPushButton("c")
    other.checkable = True
    assert button.connect("clicked(bool)", other, "setChecked(bool)")
    button.click()
    assert other.checked
    assert other.connect(button, "clicked(bool)", "setDown(bool)") is False  # a method that is no slot of Qt's
    for slot in ("setNothing(bool)", "setIconSize(QSize)"):
        assert not button.connect("clicked(bool)", other, slot)
    assert len(pythonqt.errors.take()) == 3
    assert button.disconnect("clicked(bool)", other, "setChecked(bool)")
    assert button.connect("clicked(bool)", other, "toggle()")  # takes none of the arguments
    button.click()
    assert not other.checked
    other.delete()
    button.click()  # the connection ended with its receiver
    assert not pythonqt.errors.take()


def test_what_was_not_connected_is_not_disconnected(button, log):
    assert button.connect("clicked()", log.append) is True
    assert button.disconnect("clicked()", None) is False  # None is an object as any other
    assert button.disconnect("clicked(bool)", log.append) is False
    assert button.disconnect("clicked()") is True
    assert button.disconnect("clicked()") is False
    assert qt.QObject.connect(button, "clicked()", log.append)
    assert qt.QLabel().disconnect(button, "clicked()", log.append)


def test_signals_of_what_is_gone(button):
    signal = button.clicked
    assert (signal.__name__, signal.__self__) == ("clicked(bool)", button)
    button.delete()
    with pytest.raises(SystemError, match="returned NULL without setting an exception"):
        signal.connect(print)
    with pytest.raises(ValueError, match="Trying to call 'clicked' on a destroyed QPushButton object"):
        signal.emit()


def test_the_bare_name_stands_for_the_overload_that_qt_5_declares_first(log):
    spin = qt.QSpinBox()
    spin.valueChanged.connect(log.append)
    spin.value = 3
    group, box = qt.QButtonGroup(), qt.QCheckBox("k")
    group.addButton(box, 7)
    group.buttonClicked.connect(log.append)
    group.connect("buttonClicked(int)", log.append)
    box.click()
    assert log == [3, 7, box]


def test_objects_arrive_as_the_wrappers_that_are_alive(log):
    table, item = qt.QTableWidget(1, 1), qt.QTableWidgetItem("x")
    table.connect("itemChanged(QTableWidgetItem*)", log.append)
    table.setItem(0, 0, item)
    assert log
    assert all(received is item for received in log)


def test_a_connection_outlives_the_wrapper_and_not_the_object(log):
    parent = qt.QWidget()

    def fill():
        timer = qt.QTimer(parent)
        timer.objectName = "timer"
        timer.connect("timeout()", lambda: log.append(1))

    fill()
    parent.timer.timeout()
    assert log == [1]
    parent.timer.connect("destroyed()", lambda: log.append("gone"))
    parent.timer.delete()
    assert log == [1, "gone"]


def test_timers(log):
    timer = qt.QTimer()
    timer.setSingleShot(True)
    timer.connect("timeout()", lambda: log.append("timer"))
    timer.start(0)
    qt.QTimer.singleShot(0, lambda: log.append("shot"))
    while len(log) < 2:
        pythonqt.process_events()
    assert set(log) == {"timer", "shot"}
    assert not timer.active
    with pytest.raises(AttributeError, match="Slot 'singleShot' can not be overwritten"):
        timer.singleShot = True
