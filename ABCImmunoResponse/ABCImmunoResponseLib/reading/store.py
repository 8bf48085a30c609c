"""One case folder on disk: opened and verified, and changed by one logged transaction after the other."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import SimpleITK as sitk

from ABCImmunoResponseLib.errors import CaseFolderError
from ABCImmunoResponseLib.files import process_lock
from ABCImmunoResponseLib.imaging.ct import as_int16, read_ct
from ABCImmunoResponseLib.imaging.geometry import Grid
from ABCImmunoResponseLib.imaging.masks import read_masks
from ABCImmunoResponseLib.imaging.volume_file import read_grid
from ABCImmunoResponseLib.reading import audit, integrity
from ABCImmunoResponseLib.reading.audit import AuditHead, AuditLine
from ABCImmunoResponseLib.reading.contents import Contents, parse
from ABCImmunoResponseLib.reading.integrity import dicom_folder
from ABCImmunoResponseLib.reading.layout import AUDIT, CASE, IMAGE, LOCK
from ABCImmunoResponseLib.reading.records import CaseRecord, case_sha256, case_to_bytes, from_json
from ABCImmunoResponseLib.reading.strict import encode
from ABCImmunoResponseLib.reading.transaction import STAGING, Content, is_pending, recover, transaction

_LOCK_WAIT_S = 10.0  # longer than any step of another process that is not stuck
_ATTEMPTS = 20


class Store:
    """The verified files of a case folder. What it holds is of the opening or of its own last change."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self.record: CaseRecord
        self.contents: Contents
        self.lines: tuple[AuditLine, ...] = ()
        self._json_files: dict[str, bytes] = {}
        self._image: sitk.Image | None = None
        self._grid: Grid | None = None

    @classmethod
    def open(cls, path: Path) -> "Store":
        """Open a case folder: complete or drop an interrupted change, then verify every file.

        Another process may be changing it meanwhile: then what is read does not fit together, and is read again.

        Raises
        ------
        CaseFolderError, IntegrityError
            See :func:`integrity.load`.
        """
        store = cls(path)
        try:
            store._open()
        except OSError as cause:  # a name that no file can have, for one
            raise CaseFolderError(f"{path} cannot be opened ({cause.strerror}).") from cause
        return store

    def _open(self) -> None:
        for attempt in range(_ATTEMPTS):
            self._recover()
            before = _stamp(self.path)
            try:
                self.load()
                return
            except CaseFolderError:
                unmoved = not is_pending(self.path) and _stamp(self.path) == before
                if unmoved or attempt == _ATTEMPTS - 1:
                    raise
            time.sleep(0.05)

    def load(self) -> None:
        """Read and verify the folder anew."""
        snapshot = integrity.load(self.path)
        self._adopt(snapshot.record, snapshot.lines, dict(snapshot.json_files))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder's lock, with an interrupted change completed or dropped."""
        with process_lock(self.path / LOCK, _LOCK_WAIT_S):
            recover(self.path)
            yield

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the folder's lock, with the folder as it now is on disk read and verified."""
        with self.locked():
            self.load()
            yield

    def image(self) -> sitk.Image:
        """Return the CT, int16 HU, read once; raises ImagingError if it cannot be read."""
        if self._image is None:
            reference = self.record.image
            place = self.path / IMAGE if reference.kind == "stored" else dicom_folder(self.path, reference)
            self._image = as_int16(read_ct(place, series_uid=reference.series_uid)).image
        return self._image

    def grid(self) -> Grid:
        """Return the CT's grid; of a stored CT only the header is read. Raises ImagingError if it cannot be."""
        if self._grid is None:
            stored = self._image is None and self.record.image.kind == "stored"
            self._grid = read_grid(self.path / IMAGE) if stored else Grid.of(self.image())
        return self._grid

    def masks(self, name: str, lesion_ids: Sequence[str], *, crop: bool) -> dict[str, sitk.Image]:
        """Return the masks of the file ``name`` by lesion id; raises CaseFolderError unless they are exactly these."""
        found = {mask.name: mask.image for mask in read_masks(self.path / name, self.image(), crop=crop)}
        if set(found) != set(lesion_ids):
            raise CaseFolderError(f"{self.path / name} does not hold the masks of {', '.join(lesion_ids)}.")
        return {lesion_id: found[lesion_id] for lesion_id in lesion_ids}

    def now(self) -> str:
        """Return the time for the next audit line; see :func:`audit.now`."""
        return audit.now(self.lines[-1].time if self.lines else "")

    def commit(
        self,
        record: CaseRecord,
        *,
        action: str,
        actor: str,
        details: Mapping[str, Any],
        moment: str,
        files: Mapping[str, Content | None],
    ) -> None:
        """Write ``record`` and ``files`` (None: remove), with their audit line, as one change.

        Only inside :meth:`changing`. What is to be written is read back from its bytes and checked before the change
        is made, so that no folder is written that could not be opened.
        """
        with transaction(self.path) as change:
            hashes = dict(record.files)
            json_files = dict(self._json_files)
            for name, content in files.items():
                hashes.pop(name, None)
                json_files.pop(name, None)
                if content is None:
                    change.remove(name)
                    continue
                hashes[name] = change.write(name, content)
                if name.endswith(".json") and isinstance(content, bytes):
                    json_files[name] = content
            record = from_json(CaseRecord, encode(replace(record, files=dict(sorted(hashes.items())))), CASE)
            contents = parse(record, json_files)
            line = audit.next_line(
                self.lines[-1] if self.lines else None,
                time=moment,
                actor=actor,
                action=action,
                details=details,
                state=record.state,
                files=record.files,
                case_sha256=case_sha256(encode(record)),
            )
            lines = (*self.lines, line)
            change.write(AUDIT, audit.write_lines(lines))
            change.write(CASE, case_to_bytes(record, AuditHead(line.number, line.sha256)))
        self.record, self.lines, self._json_files, self.contents = record, lines, json_files, contents

    def _adopt(self, record: CaseRecord, lines: tuple[AuditLine, ...], json_files: dict[str, bytes]) -> None:
        contents = parse(record, json_files)
        self.record, self.lines, self._json_files, self.contents = record, lines, json_files, contents

    def _recover(self) -> None:
        if not (self.path / STAGING).exists():
            return
        pending = is_pending(self.path)
        try:
            with process_lock(self.path / LOCK, _LOCK_WAIT_S if pending else 0.0):
                recover(self.path)
        except CaseFolderError:
            # Without a journal what is staged is no part of the case: another process is at it, or the folder is
            # read-only and the next change clears it. A journal that came while we looked is met by reading again.
            if pending and is_pending(self.path):
                raise


def _stamp(folder: Path) -> bytes | None:
    try:
        return (folder / CASE).read_bytes()
    except OSError:
        return None
