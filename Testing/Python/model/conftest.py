"""A small bundle, trained once for the tests of this room."""

import pytest

from ABCImmunoResponseLib.model.bundle import Bundle, load_bundle
from cohort_tables import train_tiny


@pytest.fixture(scope="session")
def tiny_path(tmp_path_factory):
    """The folder of a small trained bundle; copy it before changing anything."""
    return train_tiny(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def tiny(tiny_path) -> Bundle:
    """A small trained bundle."""
    return load_bundle(tiny_path)
