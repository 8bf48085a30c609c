"""Files that survive a crash: atomic writes, hashes, strict JSON and a lock between processes."""

import errno
import hashlib
import json
import math
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ABCImmunoResponseLib.errors import CaseFolderError

_CANNOT_FLUSH = (errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP)  # what fsync of a folder says where there is none
_HELD = (errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES)  # what locking says while another process has the lock
_REPLACE_PATIENCE_S = 1.0 if os.name == "nt" else 0.0  # elsewhere nobody who reads a file is in the way


def sha256_bytes(data: bytes) -> str:
    """Return the SHA-256 of ``data`` in lower-case hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes in lower-case hexadecimal."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def canonical_json(value: Any) -> bytes:
    """Return ``value`` as UTF-8 JSON with sorted keys and no spaces: the form that is hashed.

    Raises
    ------
    ValueError
        If the value holds NaN or infinity, which JSON cannot say.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def read_json(path: Path, error: type[Exception] = CaseFolderError) -> Any:
    """Return the value of a JSON file.

    Raises
    ------
    error
        If the file cannot be read, is not UTF-8, not JSON, repeats a key or holds NaN or infinity.
    """
    return read_hashed_json(path, error)[0]


def read_hashed_json(path: Path, error: type[Exception] = CaseFolderError) -> tuple[Any, str]:
    """Return the value of a JSON file and the SHA-256 of the very bytes it was parsed from; see :func:`read_json`."""
    path = Path(path)
    try:
        data = path.read_bytes()
        return parse_json(data), sha256_bytes(data)
    except OSError as cause:
        raise error(f"{path} cannot be read ({cause.strerror}).") from cause
    except ValueError as cause:
        raise error(f"{path} is not valid JSON ({cause}); restore it from a backup.") from cause


def parse_json(data: bytes) -> Any:
    """Return the value of UTF-8 JSON.

    Raises
    ------
    ValueError
        If it is not UTF-8, not JSON, nested too deep, repeats a key or holds NaN or infinity.
    """
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique_keys,
            parse_constant=_refuse_constant,
            parse_float=_finite_float,
        )
        canonical_json(value)  # half a surrogate pair parses, but could never be written again
        return value
    except RecursionError as cause:
        raise ValueError("nested too deep") from cause


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key appears twice")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def _finite_float(text: str) -> float:
    value = float(text)  # 1e999 is valid JSON and would be infinity
    if not math.isfinite(value):
        raise ValueError(f"{text[:40]} is too large a number")
    return value


def write_atomically(path: Path, write: Callable[[Path], None]) -> None:
    """Let ``write`` fill a temporary file beside ``path``, flush it to disk and rename it over ``path``.

    A crash, a kill or a full disk leaves either the old file or the new one, never half of it. The temporary
    name keeps the suffixes of ``path``, by which image writers choose a format.

    Raises
    ------
    CaseFolderError
        If the disk refuses; the old file is as it was.
    """
    path = Path(path)
    temporary = None
    try:
        temporary = path.with_name(f".tmp-{secrets.token_hex(8)}{''.join(path.suffixes[-2:])}")
        temporary.touch(exist_ok=False)  # with the user's umask, so that colleagues in a shared folder can read it
        write(temporary)
        with temporary.open("rb+") as stream:
            os.fsync(stream.fileno())
        replace(temporary, path)
        temporary = None
        sync_folder(path.parent)
    except OSError as cause:
        raise CaseFolderError(f"{path} cannot be written ({cause.strerror or cause}).") from cause
    finally:
        if temporary is not None:
            with suppress(OSError):  # a disk that is read-only by now refuses this too, which is no news
                temporary.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` atomically; see :func:`write_atomically`."""
    write_atomically(path, lambda temporary: _write(temporary, data))


def write_together(files: Mapping[Path, bytes]) -> None:
    """Write several files in this order; where one fails, all of them are again what they were.

    Raises
    ------
    CaseFolderError
        If the disk refuses.
    """
    earlier: dict[Path, Path] = {}
    try:
        for path in files:
            if path.exists():  # copied, so that taking back is a renaming, for which a full disk has room
                earlier[path] = path.with_name(f".tmp-{secrets.token_hex(8)}")
                write_bytes(earlier[path], path.read_bytes())
        try:
            for path, data in files.items():
                write_bytes(path, data)
        except BaseException:
            for path in files:
                if path in earlier:
                    replace(earlier[path], path)
                else:
                    path.unlink(missing_ok=True)
            raise
    finally:
        for copy in earlier.values():
            copy.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` to ``path`` atomically as indented UTF-8 JSON (finite numbers only)."""
    write_bytes(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n")


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def replace(source: Path, target: Path, patience_s: float = _REPLACE_PATIENCE_S) -> None:
    """Rename ``source`` over ``target``; on Windows wait a second at most for a process that has ``target`` open.

    Raises
    ------
    OSError
        If it cannot be renamed, on Windows not within ``patience_s`` seconds.
    """
    deadline = time.monotonic() + patience_s
    while True:
        try:
            source.replace(target)
            return
        except PermissionError:
            if time.monotonic() >= deadline:
                raise
        time.sleep(0.02)


def sync_folder(folder: Path) -> None:
    """Flush a folder's entry table, without which a rename may be lost in a power cut (POSIX only).

    A file system that cannot flush folders at all, as some network and FUSE mounts, is let be: the files themselves
    are flushed, and no more can be had there.
    """
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as cause:
        if cause.errno not in _CANNOT_FLUSH:
            raise
    finally:
        os.close(handle)


@contextmanager
def process_lock(path: Path, wait_s: float = 0.0) -> Iterator[None]:
    """Hold an exclusive lock on the file ``path`` among processes; the system frees it when a process dies.

    Raises
    ------
    CaseFolderError
        If another process still holds it after ``wait_s`` seconds, the file cannot be opened, or its file system
        has no locks.
    """
    try:
        stream = Path(path).open("a+b")  # noqa: SIM115 - closed below, after the lock is let go
    except OSError as cause:
        raise CaseFolderError(f"{path} cannot be opened for locking ({cause.strerror}).") from cause
    deadline = time.monotonic() + wait_s
    with stream:
        while True:
            try:
                _lock(stream.fileno())
                break
            except OSError as cause:
                if cause.errno not in _HELD:
                    raise CaseFolderError(
                        f"{path} cannot be locked ({cause.strerror}): this file system cannot lock files; "
                        "move the case to a local disk."
                    ) from cause
                if time.monotonic() >= deadline:
                    raise CaseFolderError(
                        f"{Path(path).parent} is in use by another process; wait until it has finished."
                    ) from cause
            time.sleep(0.01)
        yield


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
