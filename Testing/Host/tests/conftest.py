"""The host's own tests: ``qt`` and ``ctk`` are there, and what a slot raises fails the test during which it did."""

import pytest
import slicer

import slicerhost
from slicerhost import pythonqt

qt, ctk = pythonqt.install()


@pytest.fixture(autouse=True)
def printed():
    """Fail a test that left an error which PythonQt only prints; a test that expects one takes it."""
    pythonqt.errors.take()
    yield
    pythonqt.process_events()
    left = pythonqt.errors.take()
    assert not left, "\n".join(map(str, left))


@pytest.fixture(scope="session")
def _windowed():
    return slicerhost.install(window=True)


@pytest.fixture
def host(_windowed):
    """Give the test a running application with a window and an empty scene; MRML must not complain during it."""
    _windowed.activate()
    slicer.mrmlScene.Clear()
    _windowed.messages.take()
    yield _windowed
    reported = _windowed.messages.take()
    assert not reported, "\n".join(reported)
