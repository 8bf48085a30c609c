"""Pictures of the window: what is where, in which colours, and that taking one changes nothing."""

import numpy as np
import pytest
import qt
import slicer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QMainWindow, QVBoxLayout, QWidget

from slicerhost.pythonqt import unwrap
from slicerhost.views import screenshot, views_picture

SIZE = (900, 600)


def picture(path) -> np.ndarray:
    image = QImage(str(path)).convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)


@pytest.fixture
def panel():
    """A panel with a coloured label at its top and, far below, a button."""
    widget = qt.QWidget()
    layout = qt.QVBoxLayout(widget)
    label = qt.QLabel("Read", widget)
    label.objectName = "title"
    layout.addWidget(label)
    layout.addSpacing(900)
    button = qt.QPushButton("Lock", widget)
    button.objectName = "lockButton"
    layout.addWidget(button)
    layout.addStretch(1)
    return widget


def test_the_views_stand_beside_the_panel_each_under_its_bar(manager, ct, panel, tmp_path):
    manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpRedSliceView)
    seen = picture(screenshot(panel, tmp_path / "window.png", SIZE, panel_width=300))
    assert seen.shape == (600, 900, 3)
    red = np.abs(seen - np.array([0xF3, 0x4A, 0x33])).max(axis=2) < 6
    rows, columns = np.flatnonzero(red.sum(axis=1) > 200), np.flatnonzero(red.any(axis=0))
    assert columns.min() >= 300
    assert columns.max() >= 890
    assert len(rows) <= 22
    under = seen[rows.max() + 3 : 598, 303:897]
    assert (under == 0).all(axis=2).mean() > 0.1  # the black around the body
    assert ((under[..., 0] == under[..., 2]) & (under[..., 0] > 100)).mean() > 0.1  # the body


def test_without_a_panel_the_views_fill_the_window(manager, ct, tmp_path):
    manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpRedSliceView)
    seen = picture(screenshot(None, tmp_path / "window.png", SIZE))
    assert np.abs(seen[32, 5] - np.array([0xF3, 0x4A, 0x33])).max() < 6


@pytest.mark.parametrize(("theme", "dark"), [("light", False), ("dark", True)])
def test_the_panel_is_shown_in_the_theme_and_the_application_keeps_its_own(manager, panel, tmp_path, theme, dark):
    before = QApplication.palette()
    seen = picture(screenshot(panel, tmp_path / "window.png", SIZE, panel_width=300, theme=theme))
    assert (np.median(seen[100:500, 20:280]) < 100) == dark
    assert QApplication.palette() == before


def test_the_panel_goes_back_to_where_it_was(manager, panel, tmp_path):
    holder = QWidget()
    layout = QVBoxLayout(holder)
    above, widget, below = QWidget(), unwrap(panel), QWidget()
    for one in (above, widget, below):
        layout.addWidget(one)
    screenshot(panel, tmp_path / "window.png", SIZE, panel_width=300)
    assert [layout.itemAt(n).widget() for n in range(layout.count())] == [above, widget, below]
    assert widget.parentWidget() is holder
    assert widget.isVisibleTo(holder)


def test_a_high_panel_is_scrolled_to_what_is_to_be_seen(manager, panel, tmp_path):
    top = picture(screenshot(panel, tmp_path / "top.png", SIZE, panel_width=300))
    scrolled = picture(screenshot(panel, tmp_path / "low.png", SIZE, panel_width=300, scroll_to=panel.lockButton))
    assert (top[:, :280] != scrolled[:, :280]).any()
    assert (top[:, 305:] == scrolled[:, 305:]).all()


def test_the_module_s_title_stands_in_a_selector(manager, panel, tmp_path):
    without = picture(screenshot(panel, tmp_path / "a.png", SIZE, panel_width=300))
    named = picture(screenshot(panel, tmp_path / "b.png", SIZE, panel_width=300, module="ABC Immuno Response"))
    assert (without[:28] == named[:28]).all()
    assert (without[30:60] != named[30:60]).any()


def test_in_a_window_the_views_keep_the_size_that_the_window_gives_them(manager, ct):
    viewport = unwrap(manager.viewport())
    window = QMainWindow()
    window.setCentralWidget(viewport)
    window.resize(800, 700)
    window.show()
    try:
        before = viewport.size()
        taken = views_picture(500, 400)
        assert (taken.width(), taken.height()) == (500, 400)
        assert window.centralWidget() is viewport
        QApplication.processEvents()
        assert viewport.size() == before
        assert viewport.isVisible()
    finally:
        window.takeCentralWidget()
        viewport.resize(1000, 860)


def test_what_cannot_be_shown_is_refused(manager, panel, tmp_path):
    with pytest.raises(ValueError, match="no 'pink'"):
        screenshot(panel, tmp_path / "window.png", SIZE, theme="pink")
    with pytest.raises(ValueError, match="no room for the views"):
        screenshot(panel, tmp_path / "window.png", (420, 600), panel_width=400)
    with pytest.raises(OSError, match="No picture could be written"):
        screenshot(None, tmp_path / "nowhere" / "window.png", SIZE)
    assert not list(tmp_path.iterdir())
