"""Lay down a new case folder: its CT, or the hashes of the DICOM folder it refers to, and the first audit line."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.case import Acquisition, Finding, Protocol, check_name
from ABCImmunoResponseLib.errors import CaseFolderError, ImagingError
from ABCImmunoResponseLib.files import sync_folder
from ABCImmunoResponseLib.imaging.itk import one_line, openable, quiet
from ABCImmunoResponseLib.reading.integrity import hash_dicom_folder
from ABCImmunoResponseLib.reading.layout import CASE, IMAGE, LOCK
from ABCImmunoResponseLib.reading.people import check_person
from ABCImmunoResponseLib.reading.records import SCHEMA, CaseRecord, ImageReference
from ABCImmunoResponseLib.reading.store import Store
from ABCImmunoResponseLib.reading.strict import encode
from ABCImmunoResponseLib.reading.transaction import STAGING, is_pending


def create_folder(
    path: Path,
    case_id: str,
    image: sitk.Image,
    acquisition: Acquisition,
    protocol: Protocol,
    *,
    source: Path | None,
    findings: Sequence[Finding],
    actor: str,
) -> Store:
    """Create a case folder; see :meth:`CaseFolder.create`."""
    path = Path(path)
    check_name(case_id, "Case id")
    actor = check_person(actor)
    _check_image(image)
    reference = _reference(path, Path(source), acquisition) if source else ImageReference("stored")
    made = _make(path)
    store = Store(path)
    moment = store.now()
    record = CaseRecord(
        schema=SCHEMA,
        case_id=case_id,
        created=moment,
        state="created",
        image=reference,
        acquisition=acquisition,
        protocol=encode(protocol),
        findings=tuple(findings),
        lesions=(),
        reads=(),
        files={},
    )
    files = {} if source else {IMAGE: lambda staged: _write_image(image, staged)}
    details = {"case_id": case_id, "image": reference.kind, "protocol": protocol.name, "sha256": protocol.sha256}
    try:
        lock = _lock_file(path)
        with store.locked():  # which also completes or drops a creation that was interrupted
            if (path / CASE).exists():
                raise CaseFolderError(f"{path} holds a case already: open it, or choose another folder.")
            if _lock_file(path) != lock:
                raise CaseFolderError(f"{path} was removed by another process that could not create it; try again.")
            try:
                store.commit(record, action="create", actor=actor, details=details, moment=moment, files=files)
            except BaseException:
                if made and not (path / CASE).exists() and not is_pending(path):  # a pending one, opening completes
                    with suppress(OSError):  # Windows keeps a file that is open
                        (path / LOCK).unlink()
                raise
    except BaseException:
        if made:
            with suppress(OSError):  # not empty: another process is creating the case, or has created it
                path.rmdir()
        raise
    return store


def _lock_file(path: Path) -> tuple[int, int]:
    """Return which file the folder's lock is: one that was removed while it was waited for locks nothing."""
    try:
        (path / LOCK).touch()
        found = (path / LOCK).stat()
    except OSError as cause:
        raise CaseFolderError(f"{path} cannot be created ({cause.strerror}).") from cause
    return found.st_dev, found.st_ino


def _check_image(image: sitk.Image) -> None:
    if not isinstance(image, sitk.Image) or image.GetDimension() != 3 or image.GetPixelID() != sitk.sitkInt16:
        raise ImagingError("A case needs a three-dimensional CT of int16 HU; read it with read_ct and as_int16.")


def _reference(path: Path, source: Path, acquisition: Acquisition) -> ImageReference:
    if not source.is_dir():
        raise CaseFolderError(f"{source} is no folder: only a DICOM folder can be referred to, other CTs are stored.")
    place, home = source.resolve(), path.resolve()
    if home == place or home.is_relative_to(place):
        raise CaseFolderError(f"{path} lies in the DICOM folder it would refer to: choose a place outside it.")
    folder = os.path.relpath(place, home) if place.is_relative_to(home.parent) else str(place)
    return ImageReference("dicom", Path(folder).as_posix(), acquisition.series_uid, hash_dicom_folder(source))


def _make(path: Path) -> bool:
    """Make the folder and say whether it was not there; refuse one that holds anything but an interrupted creation."""
    try:
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            if not path.is_dir() or {entry.name for entry in path.iterdir()} - {LOCK, STAGING}:
                raise CaseFolderError(f"{path} exists and is not empty: choose a new folder for the case.") from None
            return False
        try:
            sync_folder(path.parent)
        except OSError:
            with suppress(OSError):  # another process may have begun in it
                path.rmdir()
            raise
    except OSError as cause:
        raise CaseFolderError(f"{path} cannot be created ({cause.strerror}).") from cause
    return True


def _write_image(image: sitk.Image, path: Path) -> None:
    """Write the CT uncompressed (its hash is read at each opening) and read it back: ITK overlooks a full disk."""
    try:
        with quiet():
            sitk.WriteImage(image, openable(path), useCompression=False)
            written = sitk.ReadImage(openable(path))
    except RuntimeError as cause:
        raise CaseFolderError(f"The CT cannot be written to the case folder ({one_line(cause)}).") from cause
    slices = zip(sitk.GetArrayViewFromImage(written), sitk.GetArrayViewFromImage(image), strict=True)
    if not all(np.array_equal(*pair) for pair in slices):
        raise CaseFolderError("The CT was not written completely: is the disk full?")
