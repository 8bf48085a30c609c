"""Regions of a label map: each positive whole number in the voxels is one."""

from pathlib import Path

import numpy as np

from ABCImmunoResponseLib.errors import MaskError
from ABCImmunoResponseLib.imaging.cropping import crop_label
from ABCImmunoResponseLib.imaging.itk import shown
from ABCImmunoResponseLib.imaging.selection import Region, Wanted, choose
from ABCImmunoResponseLib.imaging.volume_file import Volume

_LABELS_MAX = 64


def label_map_regions(volume: Volume, path: Path, label: int | None, segments: Wanted) -> list[Region]:
    """Return one region a label, named ``label-<n>``; all labels, or the one asked for.

    Raises
    ------
    MaskError
        If the voxels are no labels, all are zero, the label is absent, or there are more labels than lesions.
    """
    what = shown(path)
    labels = _values(volume.array)
    if not labels.size:
        raise MaskError(f"{what} is empty: no voxel is labelled; segment a lesion and save it again.")
    if labels.dtype.kind == "f" and not (np.isfinite(labels).all() and (labels == np.rint(labels)).all()):
        raise MaskError(f"{what} holds values that are no labels (not whole numbers); is it an image, not a mask?")
    if labels[0] < 0:
        raise MaskError(f"{what} holds negative values, which are no labels; is it an image, not a mask?")
    present = [int(value) for value in labels]
    if label is None and segments is None and len(present) > _LABELS_MAX:
        raise MaskError(f"{what} holds {len(present)} labels; name the one that is meant (or is it an image?).")
    entries = [(f"label-{value}", value) for value in present]
    return [
        Region(entries[n][0], crop_label(volume.array, present[n], volume.grid), volume.grid, volume.findings)
        for n in choose(entries, label, segments, what)
    ]


def _values(array: np.ndarray) -> np.ndarray:
    """Return the values of a label map other than zero, sorted; read a slice at a time, empty ones at once."""
    found = [np.unique(plane) for plane in array if plane.any()]
    values = np.unique(np.concatenate(found)) if found else np.empty(0)
    return values[values != 0]
