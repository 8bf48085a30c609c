"""Fixtures for every room's tests."""

import os
from pathlib import Path

import hypothesis
import pytest

# Machines differ in speed, and a busy one is slow: a property must not fail for the time it takes. The same examples
# each time, so that a failure is the change's; HYPOTHESIS_PROFILE=explore looks for new ones.
hypothesis.settings.register_profile("same-everywhere", deadline=None, derandomize=True)
hypothesis.settings.register_profile("explore", deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same-everywhere"))


@pytest.fixture(scope="session")
def root() -> Path:
    """The top folder of the checkout."""
    return Path(__file__).resolve().parents[2]
