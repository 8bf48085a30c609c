"""The panel on the stand-in host with a window: opened for each test, closed after it, nothing may be left behind."""

from pathlib import Path

import slicerhost

host = slicerhost.install(window=True)

import pytest  # noqa: E402 - the tests import slicer's submodules, which exist from here on
import slicer  # noqa: E402

from slicerhost.leaks import Leaks  # noqa: E402
from slicerhost.pythonqt import errors, process_events  # noqa: E402

MODULE = Path(__file__).resolve().parents[2] / "ABCImmunoResponse" / "ABCImmunoResponse.py"


@pytest.fixture(autouse=True)
def empty_scene():
    """Give each test an empty scene, and fail one during which a slot raised or VTK, MRML or PythonQt complained."""
    host.activate()
    slicer.mrmlScene.Clear()
    host.messages.take()
    errors.take()
    yield slicer.mrmlScene
    complaints = [*host.messages.take(), *map(str, errors.take())]
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def panel_module(empty_scene):
    """Load the module; its panel is not made yet. After the test it is unloaded, and must leave nothing behind."""
    leaks = Leaks()
    module = slicerhost.load_module(MODULE)
    yield module
    module.unload()
    process_events()
    slicer.mrmlScene.Clear()
    process_events()
    left = leaks.found()
    leaks.close()
    assert not left, "\n".join(left)


@pytest.fixture
def panel_widget(panel_module):
    """Open the module's panel: the object of the class ABCImmunoResponseWidget."""
    return panel_module.open()
