"""What Qt 6 no longer has, or has otherwise, is as in Slicer's Qt 5."""

import qt


def test_the_weights_of_fonts_are_those_of_qt_5():
    font = qt.QFont("Arial", 9, 75)
    assert (font.weight(), font.bold(), qt.QFont.Normal) == (75, True, 50)
    font.setWeight(qt.QFont.Light)
    assert (font.weight(), font.bold()) == (25, False)
    edit = qt.QTextEdit()
    edit.setFontWeight(qt.QFont.Bold)
    assert edit.fontWeight() == 75


def test_renumbered_and_gone_constants():
    assert qt.QFileDialog.DontUseNativeDialog == 16
    dialog = qt.QFileDialog()
    dialog.options = qt.QFileDialog.DontUseNativeDialog | qt.QFileDialog.ReadOnly
    assert dialog.options == 48
    assert dialog.testOption(qt.QFileDialog.ReadOnly)
    box = qt.QComboBox()
    box.sizeAdjustPolicy = qt.QComboBox.AdjustToMinimumContentsLengthWithIcon
    assert box.sizeAdjustPolicy == 3
    assert (qt.Qt.MidButton, qt.QPalette.Background, qt.Qt.ItemIsTristate) == (4, 10, 64)


def test_former_properties_and_methods():
    layout = qt.QVBoxLayout()
    layout.margin = 3
    assert layout.contentsMargins() == qt.QMargins(3, 3, 3, 3)
    layout.setContentsMargins(1, 2, 3, 4)
    assert layout.margin == -1
    edit = qt.QTextEdit()
    edit.tabStopWidth = 40
    assert (edit.tabStopWidth, edit.tabStopDistance) == (40, 40.0)
    edit.html = "<b>x</b>"
    assert '<meta name="qrichtext" content="1" /><style type="text/css">\np, li' in edit.html == edit.toHtml()


def test_an_action_prints_what_qt_5_tells_of_it():
    menu = qt.QMenu()
    action = menu.addAction("a")
    action.setShortcut(qt.QKeySequence("Ctrl+K"))
    shown = 'text="a" toolTip="a" shortcut=QKeySequence("Ctrl+K") menuRole=TextHeuristicRole visible=true) '
    assert repr(action).startswith("QAction(0x")
    assert repr(action).endswith(shown)
    assert action.parentWidget() is menu
    assert action.associatedWidgets() == (menu,)


def test_the_properties_of_a_class_that_showed_none():
    widget = qt.QWidget()
    shortcut = qt.QShortcut(qt.QKeySequence("Ctrl+J"), widget)
    assert (shortcut.enabled, shortcut.key.toString()) == (True, "Ctrl+J")
    shortcut.enabled = False
    assert shortcut.parentWidget() is widget


def test_a_method_hides_a_signal_of_its_name():
    process = qt.QProcess()
    assert process.error() == qt.QProcess.UnknownError
    assert process.connect("error(QProcess::ProcessError)", print)


def test_children_are_found_by_an_expression():
    widget = qt.QWidget()
    for name in ("inner1", "inner2", "other"):
        qt.QLabel(widget).objectName = name
    found = widget.findChildren(qt.QLabel, qt.QRegularExpression("^inner"))
    assert [child.name for child in found] == ["inner1", "inner2"]
