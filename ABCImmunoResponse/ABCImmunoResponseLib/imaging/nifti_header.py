"""Headers of NIfTI-1 files (.nii, .nii.gz): fields as numbered in nifti1.h."""

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np

from ABCImmunoResponseLib.errors import ImagingError
from ABCImmunoResponseLib.imaging.itk import shown
from ABCImmunoResponseLib.imaging.volume_header import VolumeHeader

_HEADER_BYTES = 348
_NIFTI2_BYTES = 540
_DTYPES = {
    2: "u1",
    4: "i2",
    8: "i4",
    16: "f4",
    64: "f8",
    256: "i1",
    512: "u2",
    768: "u4",
    1024: "i8",
    1280: "u8",
}


def read_nifti_header(path: Path) -> VolumeHeader:
    """Read the header of a single-file NIfTI-1 image.

    Raises
    ------
    ImagingError
        If it is no NIfTI-1, is not scalar, or states an impossible spacing, orientation or scale.
    """
    name = shown(path)
    compressed = path.name.lower().endswith(".gz")
    head = _head(path, compressed)
    order = "<" if struct.unpack_from("<i", head)[0] in (_HEADER_BYTES, _NIFTI2_BYTES) else ">"
    size = struct.unpack_from(f"{order}i", head)[0]
    if size == _NIFTI2_BYTES:
        raise ImagingError(f"{name} is NIfTI-2, which is not supported; save it as NIfTI-1 or NRRD.")
    if size != _HEADER_BYTES or head[344:348] != b"n+1\0":
        raise ImagingError(f"{name} is not a single-file NIfTI-1 image.")
    n_dims, *dims = struct.unpack_from(f"{order}8h", head, 40)
    if not 1 <= n_dims <= 7:
        raise ImagingError(f"{name}: its NIfTI header announces {n_dims} dimensions.")
    code = struct.unpack_from(f"{order}h", head, 70)[0]
    if code not in _DTYPES:
        raise ImagingError(f"{name}: NIfTI data type {code} is not a plain number a voxel.")
    start, slope, intercept = struct.unpack_from(f"{order}3f", head, 108)
    if not math.isfinite(start) or start < _HEADER_BYTES or not float(start).is_integer():
        raise ImagingError(f"{name}: its NIfTI header places the voxels at an impossible offset.")
    _check_space(name, head, order)
    return VolumeHeader(
        name=name,
        sizes=tuple(dims[:n_dims]),
        dtype=np.dtype(order + _DTYPES[code]),
        path=path,
        offset=0 if compressed else int(start),
        compressed=compressed,
        skip=int(start) if compressed else 0,
        scale=_scale(name, slope, intercept),
        oriented=any(struct.unpack_from(f"{order}2h", head, 252)),
    )


def _scale(name: str, slope: float, intercept: float) -> tuple[float, float] | None:
    """Return the scaling of the voxels, None without one: a slope of zero says that there is none."""
    unscaled = slope == 0 or not math.isfinite(slope)
    if not math.isfinite(intercept) or (unscaled and intercept != 0):
        # The standard ignores the intercept here, ITK adds it: HU that depend on the reader are none.
        raise ImagingError(f"{name}: its NIfTI scaling (slope {slope:g}, intercept {intercept:g}) is contradictory.")
    return None if unscaled or (slope, intercept) == (1.0, 0.0) else (slope, intercept)


def _head(path: Path, compressed: bool) -> bytes:
    try:
        with gzip.open(path) if compressed else path.open("rb") as stream:
            head = stream.read(_HEADER_BYTES)
    except (EOFError, zlib.error, gzip.BadGzipFile) as cause:
        raise ImagingError(f"{shown(path)} is truncated or not gzip-compressed; copy it again.") from cause
    if len(head) < _HEADER_BYTES:
        raise ImagingError(f"{shown(path)} is truncated: its NIfTI header does not end; copy it again.")
    return head


def _check_space(name: str, head: bytes, order: str) -> None:
    """Refuse what the NIfTI reader of ITK would quietly replace: no spacing, a sheared or unfinished orientation."""
    spacing = struct.unpack_from(f"{order}3f", head, 80)
    if not all(math.isfinite(x) and x > 0 for x in spacing):
        shown_spacing = ", ".join(f"{x:g}" for x in spacing)
        raise ImagingError(f"{name}: its voxel spacing is impossible ({shown_spacing} mm).")
    qform, sform = struct.unpack_from(f"{order}2h", head, 252)
    if qform > 0 and not np.isfinite(struct.unpack_from(f"{order}6f", head, 256)).all():
        raise ImagingError(f"{name}: its orientation (qform) is not finite.")
    if sform <= 0:
        return
    rows = np.reshape(struct.unpack_from(f"{order}12f", head, 280), (3, 4)).astype(float)
    lengths = np.linalg.norm(rows[:, :3], axis=0)
    if not np.isfinite(rows).all() or lengths.min() <= 0:
        raise ImagingError(f"{name}: its orientation (sform) is not finite or singular.")
    axes = rows[:, :3] / lengths
    if np.abs(axes.T @ axes - np.eye(3)).max() > 1e-3:
        raise ImagingError(f"{name}: its axes are not at right angles (a sheared sform); resample it first.")
    if not np.allclose(lengths, spacing, rtol=1e-3):
        raise ImagingError(f"{name}: its sform and its pixdim give different spacings; repair the header.")
