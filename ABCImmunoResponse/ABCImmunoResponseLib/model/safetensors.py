"""Read the safetensors format with numpy alone, strictly.

The format (github.com/huggingface/safetensors): eight bytes, the header's length as a little-endian integer; the
header, a JSON object from tensor name to dtype, shape and byte range; then the tensors' bytes, little-endian,
without holes or overlaps.
"""

import math

import numpy as np

from ABCImmunoResponseLib.errors import BundleError
from ABCImmunoResponseLib.files import parse_json

_DTYPES = {"F32": "<f4", "F64": "<f8", "U8": "|u1"}
_HEADER_BYTES_MAX = 1 << 20
_DIMENSIONS_MAX = 8


def parse_safetensors(data: bytes, what: str = "weights.safetensors") -> dict[str, np.ndarray]:
    """Return the tensors of a safetensors file, by name, as read-only arrays.

    Parameters
    ----------
    data
        The file's bytes.
    what
        The name under which the file appears in messages.

    Raises
    ------
    BundleError
        If the bytes are not exactly one safetensors file of F32, F64 and U8 tensors whose byte ranges follow one
        another without hole or overlap to the end of the file.
    """
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or not 2 <= length <= min(_HEADER_BYTES_MAX, len(data) - 8):
        raise BundleError(f"{what} is not a safetensors file: its header is cut off or too long.")
    header = data[8 : 8 + length]
    try:
        entries = parse_json(header)
    except ValueError as cause:
        raise BundleError(f"{what} has a header that is not valid JSON ({cause}).") from cause
    if not isinstance(entries, dict) or not header.startswith(b"{"):
        raise BundleError(f"{what} has a header that is no JSON object.")
    metadata = entries.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
        raise BundleError(f"{what} has metadata that are not texts by name.")
    parsed = {name: _parse_entry(name, entry, what) for name, entry in entries.items()}
    return _read_tensors(memoryview(data)[8 + length :], parsed, what)


def _parse_entry(name: str, entry: object, what: str) -> tuple[int, int, str, tuple[int, ...]]:
    shown = f"{what}: tensor {name[:80]!r}"
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise BundleError(f"{shown} must have exactly dtype, shape and data_offsets.")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in _DTYPES:
        raise BundleError(f"{shown} has a dtype other than {', '.join(_DTYPES)}.")
    if not _naturals(shape) or len(shape) > _DIMENSIONS_MAX:
        raise BundleError(f"{shown} has a shape that is no list of at most {_DIMENSIONS_MAX} whole numbers.")
    if not _naturals(offsets) or len(offsets) != 2:
        raise BundleError(f"{shown} has data_offsets that are no pair of whole numbers.")
    begin, end = offsets
    if end - begin != math.prod(shape) * np.dtype(_DTYPES[dtype]).itemsize:
        raise BundleError(f"{shown} has a byte range that does not fit its dtype and shape.")
    return begin, end, _DTYPES[dtype], tuple(shape)


def _naturals(value: object) -> bool:
    return isinstance(value, list) and all(type(item) is int and 0 <= item < 1 << 48 for item in value)


def _read_tensors(
    buffer: memoryview, entries: dict[str, tuple[int, int, str, tuple[int, ...]]], what: str
) -> dict[str, np.ndarray]:
    expected = 0
    for begin, end, _, _ in sorted(entries.values(), key=lambda entry: entry[:2]):
        if begin != expected:
            raise BundleError(f"{what} has tensors with a gap or an overlap between them.")
        expected = end
    if expected != len(buffer):
        raise BundleError(f"{what} has {len(buffer)} bytes of tensors where its header names {expected}.")
    tensors = {}
    for name, (begin, end, dtype, shape) in entries.items():
        # A copy in native byte order: a view of the file's bytes may be unaligned.
        tensor = np.frombuffer(buffer[begin:end], dtype=dtype).astype(np.dtype(dtype).newbyteorder("="))
        tensor = tensor.reshape(shape)
        tensor.flags.writeable = False
        tensors[name] = tensor
    return tensors
