"""The marker for tests that need the real CT, wherever they are."""

import os
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[1]


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
