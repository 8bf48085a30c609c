"""Fixtures for every room's tests, and the marker for tests that need the real CT."""

import os
from pathlib import Path

import hypothesis
import pytest

# Machines differ in speed, and a busy one is slow: a property must not fail for the time it takes. The same examples
# each time, so that a failure is the change's; HYPOTHESIS_PROFILE=explore looks for new ones.
hypothesis.settings.register_profile("same-everywhere", deadline=None, derandomize=True)
hypothesis.settings.register_profile("explore", deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same-everywhere"))

_ROOT = Path(__file__).resolve().parents[2]


def _real_data() -> Path | None:
    for folder in (os.environ.get("ABC_TEST_DATA"), _ROOT.parent / "shared" / "data"):
        if folder and (Path(folder) / "ibsi1_lung_ct").is_dir():
            return Path(folder)
    return None


def pytest_collection_modifyitems(config, items):
    """Deselect the tests that need real data where it is not there: reported as deselected, never as passed."""
    if _real_data() is not None:
        return
    needing = [item for item in items if item.get_closest_marker("realdata")]
    if needing:
        config.hook.pytest_deselected(items=needing)
        items[:] = [item for item in items if not item.get_closest_marker("realdata")]


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of the real CT data (see Testing/README.md); only for tests marked ``realdata``."""
    folder = _real_data()
    assert folder is not None, "mark this test with pytest.mark.realdata"
    return folder


@pytest.fixture(scope="session")
def root() -> Path:
    """The top folder of the checkout."""
    return _ROOT
