"""The host's own tests: ``qt`` and ``ctk`` are there, and what a slot raises fails the test during which it did."""

import pytest

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
