"""Values from DICOM datasets written by anybody: what is absent, empty or malformed is None."""

import math
import struct
import warnings
import zlib

from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence

from ABCImmunoResponseLib.imaging.itk import printable

# What pydicom, and highdicom on top of it, raise on damaged or hostile files.
DICOM_FAULTS = (
    InvalidDicomError,
    BytesLengthException,
    OSError,
    EOFError,
    ValueError,  # UnicodeError is one
    TypeError,
    AttributeError,
    LookupError,  # a key, an index or a character set
    ArithmeticError,
    NotImplementedError,
    AssertionError,
    RecursionError,
    MemoryError,
    RuntimeError,
    struct.error,
    zlib.error,
)


def text(dataset: Dataset, name: str) -> str | None:
    """Return an element as printable text, several values joined by a backslash as in DICOM."""
    value = _value(dataset, name)
    if value is None:
        return None
    values = value if isinstance(value, (MultiValue, list, tuple)) else [value]
    joined = "\\".join(str(item).strip() for item in values if item is not None)
    return printable(joined.strip("\\ \0")) or None


def number(dataset: Dataset, name: str) -> float | None:
    """Return an element's single (or first) value as a finite number."""
    values = numbers(dataset, name)
    return values[0] if values else None


def numbers(dataset: Dataset, name: str, count: int | None = None) -> tuple[float, ...] | None:
    """Return an element's values as finite numbers; None unless there are ``count`` of them, where given."""
    value = _value(dataset, name)
    if value is None:
        return None
    values = value if isinstance(value, (MultiValue, list, tuple)) else [value]
    try:
        parsed = tuple(float(item) for item in values)
    except (ValueError, TypeError, OverflowError):
        return None
    if not parsed or not all(map(math.isfinite, parsed)) or (count is not None and len(parsed) != count):
        return None
    return parsed


def items(dataset: Dataset, name: str) -> list[Dataset]:
    """Return the items of a sequence; none where it is absent or malformed."""
    value = _value(dataset, name)
    return list(value) if isinstance(value, Sequence) else []


def _value(dataset: Dataset, name: str) -> object | None:
    """Return the raw value; pydicom decodes an element only now, so that it is here that a bad one shows."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom's remarks on values that break the standard
            value = dataset.get(name)
    except DICOM_FAULTS:
        return None
    return None if value is None or value == "" else value
