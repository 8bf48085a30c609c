"""Read an NRRD, NIfTI or MetaImage volume: ITK interprets the geometry, the voxels are read and verified here.

ITK alone would take a truncated NIfTI as zeros, a sheared one as straight and a device for a data file.
"""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.case import Finding
from ABCImmunoResponseLib.errors import ImagingError
from ABCImmunoResponseLib.imaging.geometry import FRAME_OF_REFERENCE, Grid, fault_of_grid
from ABCImmunoResponseLib.imaging.itk import one_line, openable, quiet, shown
from ABCImmunoResponseLib.imaging.metaimage_header import read_metaimage_header
from ABCImmunoResponseLib.imaging.nifti_header import read_nifti_header
from ABCImmunoResponseLib.imaging.nrrd_header import read_nrrd_header
from ABCImmunoResponseLib.imaging.volume_header import VolumeHeader, read_voxels

_READERS = {
    ".nrrd": read_nrrd_header,
    ".nhdr": read_nrrd_header,
    ".nii": read_nifti_header,
    ".nii.gz": read_nifti_header,
    ".mha": read_metaimage_header,
    ".mhd": read_metaimage_header,
}
FORMATS = "a DICOM folder, .nrrd, .nhdr, .nii, .nii.gz, .mha or .mhd"


@dataclass(frozen=True)
class Volume:
    """A volume as read: ``array`` (k, j, i), or (layer, k, j, i) where the file has layers; its grid; the NRRD
    key/value ``entries``; what is to be told about its header."""

    array: np.ndarray
    grid: Grid
    entries: Mapping[str, str]
    findings: tuple[Finding, ...]

    def image(self) -> sitk.Image:
        """Return the volume as an image; of its metadata only the frame of reference is kept."""
        image = self.grid.image(self.array)
        if frame := self.entries.get(FRAME_OF_REFERENCE):
            image.SetMetaData(FRAME_OF_REFERENCE, frame)
        return image


def volume_suffix(path: Path) -> str | None:
    """Return the suffix by which a volume format is known ('.nii.gz'), or None."""
    name = path.name.lower()
    return next((suffix for suffix in sorted(_READERS, key=len, reverse=True) if name.endswith(suffix)), None)


def is_folder(path: Path) -> bool:
    """Return whether ``path`` is a folder; False for what cannot be one.

    Raises
    ------
    ImagingError
        If the name is not valid text.
    """
    openable(path)
    try:
        return path.is_dir()
    except (OSError, ValueError):  # a name that is too long, or holds a zero byte
        return False


def check_file(path: Path) -> None:
    """Refuse a path that is no readable regular file.

    Raises
    ------
    ImagingError
        With the reason.
    """
    openable(path)
    try:
        found, readable = path.is_file(), os.access(path, os.R_OK)
    except (OSError, ValueError):  # a name that is too long, or holds a zero byte
        found = readable = False
    if not found:
        there = "is not a file" if os.path.lexists(str(path).replace("\0", "?")) else "does not exist"
        raise ImagingError(f"{shown(path)} {there}; give {FORMATS}.")
    if not readable:
        raise ImagingError(f"{shown(path)} cannot be read: permission denied.")


def read_volume(path: Path, *, layers: bool = False) -> Volume:
    """Read a scalar 3-D volume; axes of length one beyond the third are dropped.

    Parameters
    ----------
    path
        The file; its suffix names the format.
    layers
        Accept a layer axis (of a Slicer segmentation); the array is then (layer, k, j, i).

    Raises
    ------
    ImagingError
        If it is missing, of an unknown format, damaged, truncated, not 3-D, or of an impossible geometry.
    """
    path = Path(path)
    check_file(path)
    suffix = volume_suffix(path)
    if suffix is None:
        raise ImagingError(f"{shown(path)} is of an unknown format; give {FORMATS}.")
    try:
        header = _READERS[suffix](path)
        header.check()
    except OSError as cause:
        raise ImagingError(f"{shown(path)} cannot be read ({cause.strerror}).") from cause
    spatial = _spatial_sizes(header, layers)
    grid = _grid(path, header, spatial)
    array = _scaled(read_voxels(header), header)
    if header.layer_axis is not None:
        array = np.moveaxis(array, array.ndim - 1 - header.layer_axis, 0)
    n_layers = array.size // math.prod(spatial)
    array = array.reshape((n_layers, *spatial[::-1]) if n_layers > 1 else spatial[::-1])
    return Volume(array, grid, header.entries, _header_findings(header, grid))


def _spatial_sizes(header: VolumeHeader, layers: bool) -> tuple[int, int, int]:
    """Return the three sizes in space, refusing what is not a 3-D scalar volume."""
    sizes = list(header.sizes)
    if header.layer_axis is not None:
        n_layers = sizes.pop(header.layer_axis)
        if n_layers != 1 and not layers:
            raise ImagingError(f"{header.name} has {n_layers} values a voxel or layers; a CT or label map has one.")
    if len(sizes) < 3 or any(n != 1 for n in sizes[3:]):
        raise ImagingError(f"{header.name} is {' x '.join(map(str, sizes))} voxels; a single 3-D volume is needed.")
    return sizes[0], sizes[1], sizes[2]


def _grid(path: Path, header: VolumeHeader, spatial: tuple[int, int, int]) -> Grid:
    """Return the geometry as ITK understands it."""
    reader = sitk.ImageFileReader()
    try:
        with quiet():
            reader.SetFileName(openable(path))
            reader.ReadImageInformation()
    except (RuntimeError, MemoryError) as cause:
        raise ImagingError(f"{header.name} cannot be read ({one_line(cause)}).") from cause
    n = reader.GetDimension()
    if n < 3 or tuple(reader.GetSize()[:3]) != spatial:
        raise ImagingError(f"{header.name}: its header is contradictory; save it again.")
    spacing, origin = reader.GetSpacing()[:3], reader.GetOrigin()[:3]
    direction = tuple(np.reshape(reader.GetDirection(), (n, n))[:3, :3].ravel().tolist())
    fault = fault_of_grid(spacing, origin, direction)
    if fault:
        raise ImagingError(f"{header.name}: {fault}; repair the header or export the image again.")
    return Grid(spatial, spacing, origin, direction)


def _scaled(array: np.ndarray, header: VolumeHeader) -> np.ndarray:
    """Apply a NIfTI slope and intercept as ITK does: computed in double, kept as float unless stored as double."""
    if header.scale is None:
        return array
    slope, intercept = header.scale
    kept = np.float64 if header.dtype.kind == "f" and header.dtype.itemsize == 8 else np.float32
    result = np.empty(array.shape, kept)
    for k, part in enumerate(array):  # a slice at a time: the doubles of a whole CT are eight bytes a voxel
        result[k] = part.astype(kept).astype(np.float64) * slope + intercept
    return result


def _header_findings(header: VolumeHeader, grid: Grid) -> tuple[Finding, ...]:
    findings = []
    if not header.spacing_given:
        findings.append(
            Finding(
                "spacing-missing",
                f"{header.name} states no voxel spacing: 1 mm is assumed, so diameters and volumes may be wrong.",
                "serious",
            )
        )
    elif grid.spacing == (1.0, 1.0, 1.0) and not header.oriented:
        findings.append(
            Finding(
                "spacing-suspicious",
                f"{header.name} has a spacing of exactly 1 x 1 x 1 mm and no orientation, as programs write that know "
                "neither; check it before measuring.",
            )
        )
    elif min(grid.spacing) < 0.05 or max(grid.spacing) > 20:
        findings.append(
            Finding(
                "spacing-suspicious",
                f"{header.name} has a spacing of {' x '.join(f'{x:.4g}' for x in grid.spacing)} mm, unusual for CT; "
                "check its unit before measuring.",
            )
        )
    if not header.oriented:
        findings.append(
            Finding(
                "orientation-missing",
                f"{header.name} does not state its orientation in the patient; left and right may be exchanged.",
            )
        )
    return tuple(findings)
