"""What a volume file says about itself, read and held against the file's length before anything is allocated."""

import math
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath

import numpy as np

from ABCImmunoResponseLib.errors import ImagingError
from ABCImmunoResponseLib.imaging.itk import printable, shown

HEADER_BYTES_MAX = 1 << 22
_VOXELS_MAX = 1 << 31  # 512 x 512 x 8192; a CT has no more, a damaged header has
_CHUNK = 1 << 20
_SURPLUS_MAX = 1 << 26
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS  # tells the decoder to see for itself
_DEFLATE_RATIO_MAX = 1040  # deflate cannot shrink data further (zlib's technical notes: 1032 to 1)


@dataclass(frozen=True)
class VolumeHeader:
    """One volume as stored. ``sizes`` are the axes, fastest first; ``layer_axis`` the one that is not space, if any.

    The voxels, or the ``compressed`` stream that holds them, begin at byte ``offset`` of the file ``path``;
    ``skip`` bytes of the decompressed stream come before them. ``scale`` is (slope, intercept) or None;
    ``spacing_given`` and ``oriented`` say whether the file states its spacing and orientation; ``entries`` are an
    NRRD's key/value pairs.
    """

    name: str
    sizes: tuple[int, ...]
    dtype: np.dtype
    path: Path
    offset: int
    compressed: bool = False
    skip: int = 0
    layer_axis: int | None = None
    scale: tuple[float, float] | None = None
    spacing_given: bool = True
    oriented: bool = True
    entries: Mapping[str, str] = field(default_factory=dict)

    @property
    def n_bytes(self) -> int:
        """How many bytes the voxels take, uncompressed."""
        return math.prod(self.sizes) * self.dtype.itemsize

    def check(self) -> None:
        """Refuse sizes that are impossible, or more than the file can hold.

        Raises
        ------
        ImagingError
            With what is announced and what is there.
        """
        if any(n < 1 for n in self.sizes) or math.prod(self.sizes) > _VOXELS_MAX:
            raise ImagingError(f"{self.name} announces an impossible size ({' x '.join(map(str, self.sizes))} voxels).")
        there = self.path.stat().st_size
        if self.compressed:
            if self.skip + self.n_bytes > there * _DEFLATE_RATIO_MAX:
                raise ImagingError(f"{self.name} announces {self.n_bytes} bytes of voxels, too many for its length.")
        elif self.offset + self.n_bytes > there:
            raise ImagingError(
                f"{self.name} is truncated: {self.n_bytes} bytes of voxels announced, "
                f"{max(there - self.offset, 0)} present; copy it again."
            )


def axis_sizes(name: str, values: list[str]) -> tuple[int, ...]:
    """Return the sizes of the axes from a header's words."""
    try:
        return tuple(int(value) for value in values)
    except ValueError as cause:
        raise ImagingError(f"{name}: its sizes are not whole numbers.") from cause


def beside(header: Path, name: str) -> Path:
    """Return the data file that a detached header names: a plain file in or below the header's own folder.

    Raises
    ------
    ImagingError
        If it lies elsewhere, is missing, or is not a plain file (a device would be read without end).
    """
    if PurePosixPath(name).is_absolute() or PureWindowsPath(name).drive or ".." in Path(name.replace("\\", "/")).parts:
        raise ImagingError(f"{shown(header)} names a data file in another folder; put both into one folder.")
    try:
        path = header.parent / name
        plain = path.is_file()
    except (OSError, ValueError):
        plain = False
    if not plain:
        raise ImagingError(f"{shown(header)} names the data file {printable(name, 80)!r}, which is not there.")
    return path


def voxel_parts(header: VolumeHeader, count: int) -> Iterator[np.ndarray]:
    """Yield the stored voxels in native byte order, not rescaled: ``count`` at a time, the last part may be shorter.

    Only who goes on to the end knows that nothing is missing: a compressed stream is proved by its checksum then.

    Raises
    ------
    ImagingError
        If the data end early or a compressed stream is damaged.
    """
    n_bytes = count * header.dtype.itemsize
    waiting = bytearray()
    try:
        for block in _inflated(header) if header.compressed else _stored(header, n_bytes):
            waiting += block
            while len(waiting) >= n_bytes:
                yield _voxels(waiting[:n_bytes], header.dtype)
                del waiting[:n_bytes]
    except (OSError, zlib.error) as cause:
        raise ImagingError(f"{header.name}: its voxels cannot be read ({cause}); copy it again.") from cause
    if waiting:
        yield _voxels(waiting, header.dtype)


def _voxels(data: bytearray, dtype: np.dtype) -> np.ndarray:
    array = np.frombuffer(data, dtype)
    return array if dtype.isnative else array.astype(dtype.newbyteorder("="))


def _stored(header: VolumeHeader, n_bytes: int) -> Iterator[bytes]:
    left = header.n_bytes
    with header.path.open("rb") as stream:
        stream.seek(header.offset)
        while left:
            block = stream.read(min(left, n_bytes))
            if not block:
                raise ImagingError(f"{header.name} is truncated; copy it again.")
            left -= len(block)
            yield block


def _inflated(header: VolumeHeader) -> Iterator[bytes]:
    """Yield the voxels' bytes from a gzip stream (of one or more members) or a zlib stream, run to its checksum."""
    truncated = ImagingError(f"{header.name} is truncated: its compressed voxels end early; copy it again.")
    passed = surplus = 0
    end = header.skip + header.n_bytes
    with header.path.open("rb") as stream:
        stream.seek(header.offset)
        decoder, waiting = zlib.decompressobj(_GZIP_OR_ZLIB), b""
        while passed < end or not decoder.eof:
            waiting = waiting or stream.read(_CHUNK)
            if decoder.eof:
                decoder = zlib.decompressobj(_GZIP_OR_ZLIB)
            if not waiting:
                raise truncated
            block = decoder.decompress(waiting, min(end - passed, _CHUNK * 8) or _CHUNK)
            waiting = decoder.unconsumed_tail or decoder.unused_data
            if passed == end:  # what comes after the voxels is passed over: only the checksum proves the stream
                surplus += len(block)
                if surplus > _SURPLUS_MAX:
                    raise ImagingError(f"{header.name} holds far more data than its header announces; save it again.")
                continue
            yield block[max(header.skip - passed, 0) :]
            passed += len(block)
