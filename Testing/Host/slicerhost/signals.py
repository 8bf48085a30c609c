"""Calling what the application calls, not the test."""

from collections.abc import Callable

from slicerhost.pythonqt import errors


def guarded(function: Callable, *given):
    """Call a function as Slicer calls Python code: an exception is printed and kept, and None comes back."""
    try:
        return function(*given)
    except Exception as raised:
        errors.keep(raised)
        return None
