"""``slicer.testing``: runs a file of unit tests, as ctest does in Slicer."""

import sys
import unittest

__all__ = ["exitFailure", "exitSuccess", "runUnitTest"]


def exitSuccess() -> None:
    """Do nothing."""


def exitFailure(message: str = "") -> None:
    raise Exception(message)


def runUnitTest(path: str | list[str], testname: str) -> None:
    """Run the tests of a Python module found in ``path``; a failure raises the bare Exception that Slicer raises."""
    sys.path.extend([path] if isinstance(path, str) else path)
    print(f"path: {path}\ntestname: {testname}")
    suite = unittest.TestLoader().loadTestsFromName(testname)
    if not unittest.TextTestRunner(verbosity=2).run(suite).wasSuccessful():
        exitFailure()
