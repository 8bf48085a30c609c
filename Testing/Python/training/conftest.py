"""Tables of a small cohort, written once for the tests of this room."""

import pytest

from cohort_tables import write_cohort


@pytest.fixture(scope="session")
def tables(tmp_path_factory):
    """Features and outcome tables of 120 patients with a planted signal; do not change them."""
    return write_cohort(tmp_path_factory.mktemp("tables"))
