"""Runs this folder's tests on the stand-in host. In a real Slicer nobody reads this file."""

import slicerhost

host = slicerhost.install()

import pytest  # noqa: E402 - the tests import slicer's submodules, which exist from here on
import slicer  # noqa: E402


@pytest.fixture(autouse=True)
def scene():
    """Give each test an empty scene, and fail one during which VTK or MRML reported an error or a warning."""
    host.activate()
    slicer.mrmlScene.Clear()
    host.messages.take()
    yield slicer.mrmlScene
    reported = host.messages.take()
    assert not reported, "\n".join(reported)
