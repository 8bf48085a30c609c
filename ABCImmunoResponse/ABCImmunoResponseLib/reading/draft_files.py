"""The files of a reader's draft: where they lie, a lesion's outline as bytes and back, a draft laid down or dropped.

``<case>/drafts/<reader>/draft.json`` and a ``<lesion>.nrrd`` for each outline. They are no part of the record: no hash
of them is kept, verifying a case passes them over, and no step of a case reads them.
"""

import gzip
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.case import check_name
from ABCImmunoResponseLib.errors import CaseFolderError, ImagingError
from ABCImmunoResponseLib.files import sync_folder, write_bytes
from ABCImmunoResponseLib.imaging.cropping import crop_voxels, grid_offset
from ABCImmunoResponseLib.imaging.geometry import Grid
from ABCImmunoResponseLib.imaging.volume_file import read_volume
from ABCImmunoResponseLib.reading.layout import DRAFTS

RECORD = "draft.json"
_MASK = ".nrrd"
_DROPPED, _BEGUN = ".dropped-", ".begun-"  # no reader's name begins with a full stop
_LESION_KEY, _READER_KEY = "ABCImmunoResponse_lesion", "ABCImmunoResponse_reader"


def draft_folder(case: Path, reader: str) -> Path:
    """Return where a reader's draft lies; raises CaseFolderError if the reader's name cannot be used."""
    return case / DRAFTS / check_name(reader, "Reader")


def require_own_name(case: Path, reader: str) -> None:
    """Refuse a reader whose name differs only in case from that of a draft: on some disks both would be one folder.

    Raises
    ------
    CaseFolderError
        With the name to use.
    """
    for name in _names(case / DRAFTS):
        if name != reader and name.casefold() == reader.casefold():
            raise CaseFolderError(f"Reader {reader!r} differs from {name!r} only in case: use {name!r}.")


def drawn(folder: Path) -> tuple[str, ...]:
    """Return the ids of the lesions that have an outline in a draft's folder, in order; none where it is not there.

    Raises
    ------
    CaseFolderError
        If the folder cannot be read.
    """
    return tuple(name.removesuffix(_MASK) for name in _names(folder) if _is_mask(name))


def mask_name(lesion_id: str) -> str:
    """Return the name of the file that holds a lesion's outline; raises CaseFolderError if the id cannot be used."""
    return f"{check_name(lesion_id, 'Lesion id')}{_MASK}"


def mask_bytes(mask: sitk.Image, reader: str, lesion_id: str) -> bytes:
    """Return a cropped 0/1 mask as the bytes of an NRRD file.

    Compressed as fast as can be: of an outline little is left then, which the disk takes sooner than the whole.
    """
    axes = Grid.of(mask).matrix()[:3, :3].T  # what one step along i, j and k is in mm
    header = (
        "NRRD0004",
        "type: uint8",
        "dimension: 3",
        "space: left-posterior-superior",
        f"sizes: {' '.join(map(str, mask.GetSize()))}",
        f"space directions: {' '.join(map(_vector, axes))}",
        "kinds: domain domain domain",
        "encoding: gzip",
        f"space origin: {_vector(mask.GetOrigin())}",
        f"{_READER_KEY}:={reader}",
        f"{_LESION_KEY}:={lesion_id}",
    )
    packed = gzip.compress(sitk.GetArrayViewFromImage(mask).tobytes(), compresslevel=1, mtime=0)
    return "\n".join(header).encode() + b"\n\n" + packed


def read_mask(folder: Path, reader: str, lesion_id: str, grid: Grid) -> sitk.Image:
    """Return the outline of a lesion as a cropped mask, uint8 0/1, its voxels exactly those of the CT's ``grid``.

    Raises
    ------
    CaseFolderError
        If the file is damaged, or is not this outline of this reader on this CT.
    """
    path = folder / mask_name(lesion_id)
    try:
        with TemporaryDirectory() as aside:  # a volume is opened several times; another process may replace this one
            copy = Path(aside) / path.name
            copy.write_bytes(path.read_bytes())
            volume = read_volume(copy)
    except ImagingError as cause:
        raise _unusable(path, str(cause).rstrip(".")) from cause
    except OSError as cause:
        raise _unusable(path, cause.strerror or str(cause)) from cause
    found = (volume.entries.get(_READER_KEY), volume.entries.get(_LESION_KEY))
    if found != (reader, lesion_id) or volume.array.dtype != np.uint8 or volume.array.max() > 1:
        raise _unusable(path, f"it is no outline that {reader} drew of {lesion_id}")
    start = grid_offset(volume.grid, grid)
    if isinstance(start, str):
        raise _unusable(path, f"it was drawn on another CT: {start}")
    return crop_voxels(volume.array, start, grid)


def write_file(folder: Path, name: str, data: bytes) -> None:
    """Write one file of a draft, whose folder is made where there is none: a crash leaves the old file or the new one.

    Raises
    ------
    CaseFolderError
        If the disk refuses; the old file is as it was.
    """
    with _refusals(folder, "made"):
        _make(folder)
    write_bytes(folder / name, data)


def remove_masks(folder: Path, lesion_ids: Iterable[str]) -> None:
    """Remove the outlines of these lesions, where there are any; raises CaseFolderError if the disk refuses."""
    for name in map(mask_name, lesion_ids):
        with _refusals(folder / name, "removed"):
            (folder / name).unlink(missing_ok=True)


def lay_down(folder: Path, record: bytes, masks: Mapping[str, bytes]) -> None:
    """Make a whole draft at once: its record and its outlines by lesion id are there together or not at all.

    Raises
    ------
    CaseFolderError
        If the disk refuses, or there is a draft already.
    """
    begun = folder.with_name(f"{_BEGUN}{secrets.token_hex(8)}")
    try:
        with _refusals(folder, "written"):
            _make(begun)
            for name, data in {RECORD: record, **{mask_name(name): data for name, data in masks.items()}}.items():
                with (begun / name).open("xb") as stream:
                    stream.write(data)
                    stream.flush()
                    os.fsync(stream.fileno())
            sync_folder(begun)
            with suppress(OSError):  # an empty folder, which Windows does not rename over
                folder.rmdir()
            begun.rename(folder)
            sync_folder(folder.parent)
    finally:
        shutil.rmtree(begun, ignore_errors=True)


def drop(case: Path, reader: str) -> None:
    """Remove a reader's draft, all of it at once: what a kill leaves behind is under another name and read by nobody.

    Raises
    ------
    CaseFolderError
        If the disk refuses.
    """
    folder = draft_folder(case, reader)
    with _refusals(folder, "removed"):
        if folder.is_dir():
            folder.rename(folder.with_name(f"{_DROPPED}{secrets.token_hex(8)}"))
            sync_folder(folder.parent)
        for left in folder.parent.glob(f"{_DROPPED}*"):
            shutil.rmtree(left, ignore_errors=True)


def _make(folder: Path) -> None:
    for place in (folder.parent, folder):
        if not place.is_dir():
            place.mkdir(exist_ok=True)
            sync_folder(place.parent)


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - names are all that is asked
    except FileNotFoundError:
        return []
    except OSError as cause:
        raise CaseFolderError(f"{folder} cannot be read ({cause.strerror}).") from cause


def _is_mask(name: str) -> bool:
    """Say whether a file is a lesion's outline by its name: others put what they like into any folder."""
    try:
        return name.endswith(_MASK) and mask_name(name.removesuffix(_MASK)) == name
    except CaseFolderError:
        return False


@contextmanager
def _refusals(path: Path, what: str) -> Iterator[None]:
    try:
        yield
    except OSError as cause:
        raise CaseFolderError(f"{path} cannot be {what} ({cause.strerror or cause}).") from cause


def _vector(values: Iterable[float]) -> str:
    return "(" + ",".join(repr(float(value)) for value in values) + ")"


def _unusable(path: Path, why: str) -> CaseFolderError:
    return CaseFolderError(f"{path} cannot be used ({why}): outline that lesion anew, or restore the file.")
