"""Slicer's segmentation files (.seg.nrrd): segments by name, overlapping ones in layers, tags.

A file is one label map, or several (layers) along a leading axis of kind 'list' where segments overlap. Each
segment is a label value in a layer. Only the part of the image that is not empty is stored, placed by its origin.
"""

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.case import Finding
from ABCImmunoResponseLib.errors import GeometryError, ImagingError, MaskError
from ABCImmunoResponseLib.imaging.cropping import crop_label, grid_offset, on_grid
from ABCImmunoResponseLib.imaging.geometry import FRAME_OF_REFERENCE, Grid, bounding_box
from ABCImmunoResponseLib.imaging.itk import openable, printable, shown
from ABCImmunoResponseLib.imaging.selection import Wanted, choose
from ABCImmunoResponseLib.imaging.volume_file import Volume, read_volume

_KEY = re.compile(r"Segment(\d{1,6})_(\w+)")
_BINARY = "Binary labelmap"
_COLORS = ("0.90 0.35 0.30", "0.25 0.55 0.85", "0.35 0.70 0.35", "0.95 0.70 0.20", "0.60 0.40 0.75")

Box = tuple[slice, ...]


@dataclass(frozen=True)
class Segment:
    """One segment of a file: its name, id, label value, tags, and its mask (uint8 0/1) on the file's own grid."""

    name: str
    segment_id: str
    label: int
    tags: Mapping[str, str]
    image: sitk.Image
    findings: tuple[Finding, ...] = ()


def is_segmentation(entries: Mapping[str, str]) -> bool:
    """Return whether an NRRD's key/value pairs describe segments."""
    return any(_KEY.fullmatch(key) for key in entries)


def read_seg_nrrd(path: Path, *, label: int | None = None, segments: Wanted = None) -> tuple[Segment, ...]:
    """Read the segments of a Slicer segmentation, in file order: all, or the one of this label value or name.

    Raises
    ------
    MaskError
        If it cannot be read, describes no segments, is not a binary label map, or lacks the one asked for.
    """
    try:
        volume = read_volume(Path(path))
    except ImagingError as cause:
        raise MaskError(str(cause)) from cause
    found = segments_of(volume, Path(path), label=label, segments=segments)
    return tuple(replace(segment, image=on_grid(segment.image, volume.grid)) for segment in found)


def segments_of(volume: Volume, path: Path, *, label: int | None, segments: Wanted) -> tuple[Segment, ...]:
    """Return the segments of a volume that has been read with its layers, their masks cropped.

    See :func:`read_seg_nrrd` for what is refused.
    """
    what = shown(path)
    if not is_segmentation(volume.entries):
        raise MaskError(f"{what} describes no segments: it is a plain label map, or was saved by another program.")
    entries = volume.entries
    kind = entries.get("Segmentation_SourceRepresentation", entries.get("Segmentation_MasterRepresentation", _BINARY))
    if kind != _BINARY or volume.stored.kind not in "iu":
        raise MaskError(f"{what} is stored as {printable(kind, 40)!r}; save it from Slicer as a binary labelmap.")
    layers = volume.array if volume.array.ndim == 4 else volume.array[np.newaxis]
    described = _described(entries, what, len(layers))
    chosen = []
    for n in choose([(d["Name"], d["LabelValue"]) for d in described], label, segments, what):
        found = described[n]
        chosen.append(
            Segment(
                name=found["Name"],
                segment_id=found["ID"],
                label=found["LabelValue"],
                tags=_parse_tags(found["Tags"]),
                image=crop_label(layers[found["Layer"]], found["LabelValue"], volume.grid),
                findings=volume.findings,
            )
        )
    return tuple(chosen)


def _described(entries: Mapping[str, str], what: str, n_layers: int) -> list[dict]:
    """Return each segment's description in order; files of Slicer before 4.11 state neither label nor layer."""
    raw: dict[int, dict[str, str]] = {}
    for key, value in entries.items():
        if match := _KEY.fullmatch(key):
            raw.setdefault(int(match[1]), {})[match[2]] = value
    described = []
    for n, fields in sorted(raw.items()):
        segment_id = fields.get("ID", f"Segment_{n + 1}")
        try:
            label = int(fields.get("LabelValue", "1"))
            layer = int(fields.get("Layer", str(n if n_layers > 1 else 0)))
        except ValueError as cause:
            raise MaskError(f"{what}: segment {n} has no valid label value or layer; save it again.") from cause
        if label < 1 or not 0 <= layer < n_layers:
            raise MaskError(f"{what}: segment {n} has label {label} in layer {layer}, which the file does not hold.")
        name = fields.get("Name", segment_id)
        described.append(
            {"Name": name, "ID": segment_id, "LabelValue": label, "Layer": layer, "Tags": fields.get("Tags", "")}
        )
    return described


def _parse_tags(text: str) -> dict[str, str]:
    return {key: value for key, found, value in (item.partition(":") for item in text.split("|")) if found}


def write_seg_nrrd(
    path: Path,
    segments: Mapping[str, sitk.Image],
    tags: Mapping[str, Mapping[str, str]] | None = None,
    image: sitk.Image | None = None,
) -> None:
    """Write masks as a Slicer segmentation: the same bytes for the same input.

    Parameters
    ----------
    path
        The file to write; not atomic by itself (see ``files.write_atomically``).
    segments
        0/1 masks by segment name, all on one grid; overlapping ones go to layers of their own. With ``image`` they
        may be cropped (``imaging.cropping``).
    tags
        For each segment name, texts to keep with the segment; no '|' or line break, and no ':' in a key.
    image
        The image whose voxels the masks' are; left out, the first mask.

    Raises
    ------
    GeometryError
        If the masks are not on one grid.
    MaskError
        If there is none, or a name or tag that the format cannot hold.
    OSError
        If the disk refuses.
    """
    if not segments:
        raise MaskError("There is no segment to write.")
    first = next(iter(segments.values()))
    grid = Grid.of(first if image is None else image)
    drawn = {name: _drawn(mask, grid, f"Segment {printable(name, 64)!r}") for name, mask in segments.items()}
    tags = {name: dict((tags or {}).get(name, {})) for name in segments}
    _check_texts(tags)
    box = _union([own for own, _ in drawn.values()])
    drawn = {
        name: (tuple(slice(s.start - b.start, s.stop - b.start) for s, b in zip(own, box, strict=True)), voxels)
        for name, (own, voxels) in drawn.items()
    }
    layers, places = _layers(drawn, tuple(s.stop - s.start for s in box))
    voxels = layers[0] if len(layers) == 1 else np.stack(layers, axis=-1)  # the list axis is the fastest
    header = _header(first, grid, box, len(layers), voxels.dtype)
    for n, (name, (layer, label)) in enumerate(places.items()):
        header += _segment_lines(n, name, layer, label, tags[name], drawn[name][0])
    header += [
        f"Segmentation_ContainedRepresentationNames:={_BINARY}|",
        f"Segmentation_MasterRepresentation:={_BINARY}",
        f"Segmentation_ReferenceImageExtentOffset:={' '.join(str(s.start) for s in box[::-1])}",
    ]
    with Path(openable(path)).open("wb") as stream:
        stream.write("\n".join(header).encode("utf-8") + b"\n\n")
        stream.write(gzip.compress(memoryview(voxels).cast("B"), compresslevel=6, mtime=0))


def _check_texts(tags: Mapping[str, Mapping[str, str]]) -> None:
    for name, own in tags.items():
        for text in (name, *own, *own.values()):
            if not isinstance(text, str) or any(c in "\n\r\0" or 0xD800 <= ord(c) <= 0xDFFF for c in text):
                raise MaskError(f"Segment {printable(name, 64)!r}: names and tags must be text on one line.")
        if not name.strip():
            raise MaskError("A segment needs a name.")
        if any("|" in text for text in (*own, *own.values())) or any(":" in key or not key for key in own):
            raise MaskError(f"Segment {printable(name, 64)!r}: a tag cannot hold '|', nor its key ':'.")


def _drawn(mask: sitk.Image, grid: Grid, what: str) -> tuple[Box, np.ndarray]:
    """Return the smallest box (k, j, i) of ``grid`` that holds a segment, of no size for an empty one, and its voxels
    in it."""
    start = grid_offset(Grid.of(mask), grid, 1e-6)
    if isinstance(start, str):
        raise GeometryError(f"{what} is not on the grid of the others ({start}).")
    array = sitk.GetArrayViewFromImage(mask)
    box = bounding_box(array) or (slice(0, 0),) * 3
    offset = zip(box, start[::-1], strict=True)
    return tuple(slice(s.start + o, s.stop + o) for s, o in offset), array[box] != 0


def _union(boxes: list[Box]) -> Box:
    """Return the smallest box that holds all ``boxes``; the first voxel where all are of no size."""
    filled = [box for box in boxes if box[0].start < box[0].stop] or [(slice(0, 1),) * 3]
    return tuple(slice(min(s.start for s in sides), max(s.stop for s in sides)) for sides in zip(*filled, strict=True))


def _layers(
    drawn: Mapping[str, tuple[Box, np.ndarray]], shape: tuple[int, ...]
) -> tuple[list[np.ndarray], dict[str, tuple[int, int]]]:
    """Return label maps and, for each name, its (layer, label value): the first layer where it overlaps nothing."""
    dtype = np.uint8 if len(drawn) < 256 else np.uint16
    layers: list[np.ndarray] = []
    places: dict[str, tuple[int, int]] = {}
    for name, (box, voxels) in drawn.items():
        layer = next((n for n, held in enumerate(layers) if not held[box][voxels].any()), len(layers))
        if layer == len(layers):
            layers.append(np.zeros(shape, dtype))
        label = 1 + sum(1 for other, _ in places.values() if other == layer)
        layers[layer][box][voxels] = label
        places[name] = (layer, label)
    return layers, places


def _header(first: sitk.Image, grid: Grid, box: Box, n_layers: int, dtype: np.dtype) -> list[str]:
    matrix = grid.matrix()
    origin = matrix @ [*(s.start for s in box[::-1]), 1]
    axes = [_vector(matrix[:3, axis]) for axis in range(3)]
    sizes = [str(s.stop - s.start) for s in box[::-1]]
    kinds = ["domain"] * 3
    if n_layers > 1:
        axes, sizes, kinds = ["none", *axes], [str(n_layers), *sizes], ["list", *kinds]
    lines = [
        "NRRD0004",
        f"type: {'uint8' if dtype == np.uint8 else 'uint16'}",
        f"dimension: {len(sizes)}",
        "space: left-posterior-superior",
        f"sizes: {' '.join(sizes)}",
        f"space directions: {' '.join(axes)}",
        f"kinds: {' '.join(kinds)}",
        "encoding: gzip",
        "endian: little",
        f"space origin: {_vector(origin[:3])}",
    ]
    if first.HasMetaDataKey(FRAME_OF_REFERENCE):
        lines.append(f"{FRAME_OF_REFERENCE}:={printable(first.GetMetaData(FRAME_OF_REFERENCE), 64)}")
    return lines


def _vector(values: np.ndarray) -> str:
    return "(" + ",".join(repr(float(value)) for value in values) + ")"


def _segment_lines(n: int, name: str, layer: int, label: int, tags: Mapping[str, str], own: Box) -> list[str]:
    empty = own[0].start == own[0].stop
    extent = "0 -1 0 -1 0 -1" if empty else " ".join(f"{s.start} {s.stop - 1}" for s in own[::-1])
    fields = {
        "Color": _COLORS[n % len(_COLORS)],
        "ColorAutoGenerated": "1",
        "Extent": extent,
        "ID": f"Segment_{n + 1}",
        "LabelValue": str(label),
        "Layer": str(layer),
        "Name": name,
        "NameAutoGenerated": "0",
        "Tags": "".join(f"{key}:{value}|" for key, value in tags.items()),
    }
    return [f"Segment{n}_{key}:={_escaped(value)}" for key, value in fields.items()]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\")
