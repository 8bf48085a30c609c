"""Read an NRRD, NIfTI or MetaImage volume: ITK interprets the geometry, the voxels are read and verified here.

ITK alone would take a truncated NIfTI as zeros, a sheared one as straight and a device for a data file. The voxels
come a few slices at a time, so that a volume is held once.
"""

import math
import os
from collections.abc import Iterator, Mapping
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
from ABCImmunoResponseLib.imaging.volume_header import VolumeHeader, voxel_parts

_READERS = {
    ".nrrd": read_nrrd_header,
    ".nhdr": read_nrrd_header,
    ".nii": read_nifti_header,
    ".nii.gz": read_nifti_header,
    ".mha": read_metaimage_header,
    ".mhd": read_metaimage_header,
}
_PART = 1 << 22  # voxels that are read at a time
FORMATS = "a DICOM folder, .nrrd, .nhdr, .nii, .nii.gz, .mha or .mhd"


@dataclass(frozen=True)
class Volume:
    """The voxels of a mask file.

    ``array`` is (k, j, i), or (layer, k, j, i) where the file has layers, of the type ``stored`` or, where that holds
    every value, uint8; ``grid`` is its grid, ``entries`` the NRRD key/value pairs, ``findings`` what is to be told
    about its header.
    """

    array: np.ndarray
    stored: np.dtype
    grid: Grid
    entries: Mapping[str, str]
    findings: tuple[Finding, ...]


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


def read_image(path: Path) -> tuple[sitk.Image, tuple[Finding, ...]]:
    """Read a scalar 3-D volume as an image, and what is to be told about its header.

    Axes of length one beyond the third are dropped. The pixel type is kept; of the metadata, only the frame of
    reference.

    Raises
    ------
    ImagingError
        If it is missing, of an unknown format, damaged, truncated, not 3-D, or of an impossible geometry.
    """
    header, grid = _header(Path(path), layers=False)
    kind = sitk.GetImageFromArray(np.zeros((1, 1, 1), _kept(header))).GetPixelID()
    try:
        image = grid.placed(sitk.Image(grid.size, kind))
    except (RuntimeError, MemoryError) as cause:
        raise _too_large(header) from cause
    rows = grid.size[0] * grid.size[1]
    k = 0
    for part in _scaled_parts(header, rows * max(1, _PART // rows)):
        slices = part.reshape(-1, *grid.size[1::-1])
        image[:, :, k : k + len(slices)] = sitk.GetImageFromArray(slices)
        k += len(slices)
    if frame := header.entries.get(FRAME_OF_REFERENCE):
        image.SetMetaData(FRAME_OF_REFERENCE, frame)
    return image, _header_findings(header, grid)


def read_grid(path: Path) -> Grid:
    """Return the grid of a scalar 3-D volume, of which only the header is read; see :func:`read_image`."""
    return _header(Path(path), layers=False)[1]


def read_volume(path: Path) -> Volume:
    """Read a mask file: a scalar 3-D volume, with layers or without; see :func:`read_image` for what is refused.

    Programs store label maps in whatever type they compute with, up to eight bytes a voxel; a byte is enough for
    nearly all.
    """
    header, grid = _header(Path(path), layers=True)
    kept, filled = _kept(header), 0
    try:
        array = np.empty(math.prod(header.sizes), np.uint8)
        for part in _scaled_parts(header, _PART):
            if array.dtype != kept and not _is_bytes(part):
                array = array.astype(kept)
            array[filled : filled + len(part)] = part
            filled += len(part)
    except MemoryError as cause:
        raise _too_large(header) from cause
    array = array.reshape(header.sizes[::-1])
    if header.layer_axis is not None:
        array = np.moveaxis(array, array.ndim - 1 - header.layer_axis, 0)
    n_layers = array.size // math.prod(grid.size)
    array = array.reshape((n_layers, *grid.size[::-1]) if n_layers > 1 else grid.size[::-1])
    return Volume(array, kept, grid, header.entries, _header_findings(header, grid))


def _is_bytes(values: np.ndarray) -> bool:
    """Return whether all values are whole numbers from 0 to 255."""
    with np.errstate(invalid="ignore"):  # of NaN, which is none
        return bool(values.min() >= 0 and values.max() <= 255) and np.array_equal(values, values.astype(np.uint8))


def _too_large(header: VolumeHeader) -> ImagingError:
    return ImagingError(f"{header.name} needs {header.n_bytes} bytes of memory, more than there is.")


def _header(path: Path, *, layers: bool) -> tuple[VolumeHeader, Grid]:
    """Return a file's header and grid, refused as :func:`read_image` does; ``layers``: whether it may have several."""
    check_file(path)
    suffix = volume_suffix(path)
    if suffix is None:
        raise ImagingError(f"{shown(path)} is of an unknown format; give {FORMATS}.")
    try:
        header = _READERS[suffix](path)
        header.check()
    except OSError as cause:
        raise ImagingError(f"{shown(path)} cannot be read ({cause.strerror}).") from cause
    return header, _grid(path, header, _spatial_sizes(header, layers))


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


def _kept(header: VolumeHeader) -> np.dtype:
    """Return the type of the values: as stored, but floats where a NIfTI rescales, double where stored as double."""
    if header.scale is None:
        return header.dtype.newbyteorder("=")
    return np.dtype(np.float64 if header.dtype.kind == "f" and header.dtype.itemsize == 8 else np.float32)


def _scaled_parts(header: VolumeHeader, count: int) -> Iterator[np.ndarray]:
    """Yield ``count`` values at a time, a NIfTI's slope and intercept applied as ITK does: computed in double."""
    kept = _kept(header)
    for part in voxel_parts(header, count):
        if header.scale is None:
            yield part
        else:
            slope, intercept = header.scale
            yield (part.astype(kept).astype(np.float64) * slope + intercept).astype(kept)


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
