"""Headers of NRRD files (teem's format definition, versions 1 to 5)."""

from pathlib import Path

import numpy as np

from ABCImmunoResponseLib.errors import ImagingError
from ABCImmunoResponseLib.imaging.itk import printable, shown
from ABCImmunoResponseLib.imaging.volume_header import HEADER_BYTES_MAX, VolumeHeader, axis_sizes, beside

_TYPES = {
    "i1": ("signed char", "int8", "int8_t"),
    "u1": ("uchar", "unsigned char", "uint8", "uint8_t"),
    "i2": ("short", "short int", "signed short", "signed short int", "int16", "int16_t"),
    "u2": ("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"),
    "i4": ("int", "signed int", "int32", "int32_t"),
    "u4": ("uint", "unsigned int", "uint32", "uint32_t"),
    "i8": ("longlong", "long long", "long long int", "signed long long", "signed long long int", "int64", "int64_t"),
    "u8": ("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"),
    "f4": ("float",),
    "f8": ("double",),
}
_DTYPES = {name: code for code, names in _TYPES.items() for name in names}
_SPACE_KINDS = {"domain", "space", "time", "???", "none"}
_MILLIMETRES = {"mm", "millimeter", "millimetre", "millimeters", "millimetres"}
_ANATOMICAL = ("left-posterior-superior", "right-anterior-superior", "left-anterior-superior", "lps", "ras", "las")


def read_nrrd_header(path: Path) -> VolumeHeader:
    """Read the header of an attached or detached NRRD file.

    Raises
    ------
    ImagingError
        If it is no NRRD, lacks a needed field, or uses an encoding, type or unit that is not supported.
    """
    name = shown(path)
    lines, end = _lines(path)
    fields, entries = _parse(name, lines)
    for needed in ("type", "sizes", "encoding"):
        if needed not in fields:
            raise ImagingError(f"{name}: its NRRD header has no {needed!r}; save it again.")
    encoding = fields["encoding"].lower()
    if encoding not in ("raw", "gzip", "gz"):
        raise ImagingError(
            f"{name}: NRRD encoding {printable(encoding, 20)!r} is not supported; save it as gzip or raw."
        )
    _check_units(name, fields)
    sizes = axis_sizes(name, fields["sizes"].split())
    dtype = _dtype(name, fields)
    data, offset = path, end
    if "data file" in fields:
        data, offset = beside(path, fields["data file"]), 0
    compressed = encoding != "raw"
    header = VolumeHeader(
        name=name,
        sizes=sizes,
        dtype=dtype,
        path=data,
        offset=offset,
        compressed=compressed,
        layer_axis=_layer_axis(sizes, fields),
        spacing_given="space directions" in fields or "spacings" in fields,
        oriented=fields.get("space", "").lower() in _ANATOMICAL and "space directions" in fields,
        entries=entries,
    )
    return _with_skip(header, fields)


def _lines(path: Path) -> tuple[list[str], int]:
    """Return the header's lines and the offset of what follows the empty line that ends it."""
    with path.open("rb") as stream:
        head = stream.read(HEADER_BYTES_MAX)
    if not head.startswith(b"NRRD000"):
        raise ImagingError(f"{shown(path)} is not an NRRD file.")
    ends = [(at, len(mark)) for mark in (b"\n\n", b"\r\n\r\n") if (at := head.find(mark)) >= 0]
    if not ends:
        if path.stat().st_size >= HEADER_BYTES_MAX or (b"data file" not in head and b"datafile" not in head):
            raise ImagingError(f"{shown(path)} is truncated: its NRRD header does not end; copy it again.")
        ends = [(len(head), 0)]  # a detached header may end with the file
    at, length = min(ends)
    return head[:at].decode("utf-8", errors="replace").splitlines(), at + length


def _parse(name: str, lines: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    fields: dict[str, str] = {}
    entries: dict[str, str] = {}
    for line in lines[1:]:
        if line.startswith("#") or not line.strip():
            continue
        key, found, value = line.partition(":=")
        if found and ": " not in key:
            entries[_unescaped(key)] = _unescaped(value)
            continue
        key, found, value = line.partition(":")
        if not found:
            raise ImagingError(f"{name}: NRRD header line {printable(line, 40)!r} is neither a field nor a key.")
        key = {"datafile": "data file", "byteskip": "byte skip", "lineskip": "line skip"}.get(key.lower(), key.lower())
        if key in fields:
            raise ImagingError(f"{name}: its NRRD header gives {printable(key, 30)!r} twice.")
        fields[key] = value.strip()
    return fields, entries


def _unescaped(text: str) -> str:
    """Undo the two escapes of NRRD keys and values: backslash-n and double backslash."""
    return "\\".join(part.replace("\\n", "\n") for part in text.split("\\\\"))


def _dtype(name: str, fields: dict[str, str]) -> np.dtype:
    code = _DTYPES.get(" ".join(fields["type"].lower().split()))
    if code is None:
        raise ImagingError(f"{name}: NRRD type {printable(fields['type'], 30)!r} is not a plain number.")
    endian = fields.get("endian", "").lower()
    if code[1] != "1" and endian not in ("little", "big"):
        raise ImagingError(f"{name}: its NRRD header does not say the byte order ('endian').")
    return np.dtype((">" if endian == "big" else "<") + code)


def _check_units(name: str, fields: dict[str, str]) -> None:
    for field in ("space units", "units"):
        units = {unit.strip().lower() for unit in fields.get(field, "").split('"')} - {""}
        if units - _MILLIMETRES:
            wrong = ", ".join(sorted(units - _MILLIMETRES))
            raise ImagingError(f"{name}: its unit is {printable(wrong, 30)}, not mm; convert it first.")


def _layer_axis(sizes: tuple[int, ...], fields: dict[str, str]) -> int | None:
    """Return the one axis that is not space: by its kind, or by 'none' among the space directions."""
    kinds = fields.get("kinds", "").lower().split()
    directions = fields.get("space directions", "").lower().split()
    for words, is_layer in ((kinds, lambda w: w not in _SPACE_KINDS), (directions, lambda w: w == "none")):
        layers = [n for n, word in enumerate(words) if is_layer(word)]
        if len(words) == len(sizes) and len(layers) == 1:
            return layers[0]
    return None


def _with_skip(header: VolumeHeader, fields: dict[str, str]) -> VolumeHeader:
    """Honour 'byte skip', which in raw files may say -1: the data are the last bytes of the file."""
    try:
        lines, skip = int(fields.get("line skip", "0")), int(fields.get("byte skip", "0"))
    except ValueError as cause:
        raise ImagingError(f"{header.name}: its NRRD header skips no whole number of bytes.") from cause
    if lines != 0 or skip < -1 or (skip != 0 and header.compressed):
        raise ImagingError(f"{header.name}: NRRD data after skipped lines are not supported; save it again.")
    values = dict(vars(header))
    values["offset"] = header.path.stat().st_size - header.n_bytes if skip == -1 else header.offset + skip
    return VolumeHeader(**values)
