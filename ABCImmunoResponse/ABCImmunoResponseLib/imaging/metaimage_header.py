"""Headers of MetaImage files (.mha, .mhd)."""

from pathlib import Path

import numpy as np

from ABCImmunoResponseLib.errors import ImagingError
from ABCImmunoResponseLib.imaging.itk import printable, shown
from ABCImmunoResponseLib.imaging.volume_header import HEADER_BYTES_MAX, VolumeHeader, axis_sizes, beside

_DTYPES = {
    "MET_CHAR": "i1",
    "MET_UCHAR": "u1",
    "MET_SHORT": "i2",
    "MET_USHORT": "u2",
    "MET_INT": "i4",
    "MET_UINT": "u4",
    "MET_LONG_LONG": "i8",
    "MET_ULONG_LONG": "u8",
    "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}


def read_metaimage_header(path: Path) -> VolumeHeader:
    """Read the header of a MetaImage with its data inside or in one file beside it.

    Raises
    ------
    ImagingError
        If it is no MetaImage, lacks a needed field, or stores voxels in a way that is not supported.
    """
    name = shown(path)
    fields, end = _fields(path)
    for needed in ("NDims", "DimSize", "ElementType", "ElementDataFile"):
        if needed not in fields:
            raise ImagingError(f"{name}: its MetaImage header has no {needed} (truncated?); copy it again.")
    code = _DTYPES.get(fields["ElementType"])
    if code is None:
        raise ImagingError(f"{name}: element type {printable(fields['ElementType'], 30)!r} is not a plain number.")
    if fields.get("BinaryData", "True").lower() != "true":
        raise ImagingError(f"{name}: MetaImage as text is not supported; save it as binary.")
    if fields.get("DistanceUnits", "mm").lower() not in ("mm", "?"):
        raise ImagingError(f"{name}: its unit is {printable(fields['DistanceUnits'], 20)}, not mm; convert it first.")
    sizes = axis_sizes(name, fields["DimSize"].split())
    if str(len(sizes)) != fields["NDims"]:
        raise ImagingError(f"{name}: {fields['NDims'][:20]} dimensions announced, {len(sizes)} sizes given.")
    channels = fields.get("ElementNumberOfChannels", "1")
    if channels != "1":
        raise ImagingError(f"{name} has {printable(channels, 10)} values a voxel; a CT or mask has one.")
    local = fields["ElementDataFile"].upper() == "LOCAL"
    data = path if local else beside(path, fields["ElementDataFile"])
    msb = fields.get("ElementByteOrderMSB", fields.get("BinaryDataByteOrderMSB", "False")).lower() == "true"
    compressed = fields.get("CompressedData", "False").lower() == "true"
    header = VolumeHeader(
        name=name,
        sizes=sizes,
        dtype=np.dtype((">" if msb else "<") + code),
        path=data,
        offset=end if local else 0,
        compressed=compressed,
        spacing_given="ElementSpacing" in fields or "ElementSize" in fields,
        oriented=bool({"TransformMatrix", "Orientation", "Rotation"} & fields.keys()),
    )
    skip = fields.get("HeaderSize", "0")
    if skip not in ("0", "-1") or (skip == "-1" and (local or compressed)):
        raise ImagingError(f"{name}: a data file with a header of its own is not supported; save it again.")
    if skip == "-1":
        return VolumeHeader(**{**vars(header), "offset": data.stat().st_size - header.n_bytes})
    return header


def _fields(path: Path) -> tuple[dict[str, str], int]:
    """Return the 'key = value' lines up to ElementDataFile, which is the last, and the offset of what follows."""
    with path.open("rb") as stream:
        head = stream.read(HEADER_BYTES_MAX)
    fields: dict[str, str] = {}
    at = 0
    while at < len(head):
        end = head.find(b"\n", at)
        end = len(head) if end < 0 else end
        try:
            key, found, value = head[at:end].decode("utf-8").partition("=")
        except UnicodeDecodeError:
            found = ""
        if not found:
            raise ImagingError(f"{shown(path)} is not a MetaImage file, or its header is damaged.")
        if key.strip() in fields:
            raise ImagingError(f"{shown(path)}: its MetaImage header gives {printable(key.strip(), 30)!r} twice.")
        fields[key.strip()] = value.strip()
        at = end + 1
        if key.strip() == "ElementDataFile":
            break
    return fields, at
