"""Atomic writes, strict JSON, hashes and the lock between processes."""

import errno
import hashlib
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ABCImmunoResponseLib import files
from ABCImmunoResponseLib.errors import CaseFolderError, ProtocolError
from ABCImmunoResponseLib.files import (
    canonical_json,
    process_lock,
    read_hashed_json,
    read_json,
    replace,
    sha256_bytes,
    sha256_file,
    sync_folder,
    write_atomically,
    write_bytes,
    write_json,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_canonical_json_does_not_depend_on_the_order_of_keys(value):
    assert canonical_json(value) == canonical_json(json.loads(canonical_json(value)))


def test_write_then_read_returns_the_same(tmp_path):
    value = {"b": [1, 2.5, None], "a": "Größe ≥ 10 mm"}
    write_json(tmp_path / "x.json", value)
    assert read_json(tmp_path / "x.json") == value


def test_hash_is_sha256_of_the_bytes(tmp_path):
    (tmp_path / "f").write_bytes(b"abc")
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2, appendix B.1
    assert sha256_file(tmp_path / "f") == sha256_bytes(b"abc") == hashlib.sha256(b"abc").hexdigest() == known


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt(), ValueError()])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "x.nrrd"
    write_bytes(path, b"old")

    def fail(temporary):
        temporary.write_bytes(b"half")
        raise error

    expected = CaseFolderError if isinstance(error, OSError) else type(error)
    with pytest.raises(expected):
        write_atomically(path, fail)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.nrrd"]


def test_the_temporary_name_keeps_the_suffix_that_image_writers_go_by(tmp_path):
    seen = []
    write_atomically(tmp_path / "a.b.seg.nrrd", lambda temporary: seen.append(temporary.name))
    assert seen[0].startswith(".tmp-")
    assert seen[0].endswith(".seg.nrrd")


def test_a_folder_that_is_not_there_is_one_clear_error(tmp_path):
    with pytest.raises(CaseFolderError, match=r"x\.json cannot be written \(No such file"):
        write_json(tmp_path / "absent" / "x.json", {})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1, "a": 2}',
        b"[" * 100_000,
        b'{"a": "\\ud800',
        b"{'a': 1}",
        b'{"a": "\\ud800"}',
        b'{"a": 1e999}',
        b'{"n": ' + b"9" * 5000 + b"}",
    ],
)
def test_json_that_is_not_strict_is_refused_with_the_callers_error(tmp_path, content):
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(ProtocolError, match=r"x\.json is not valid JSON"):
        read_json(tmp_path / "x.json", ProtocolError)


def test_a_value_comes_with_the_hash_of_its_bytes(tmp_path):
    (tmp_path / "x.json").write_bytes(b'{"a": 1}')
    assert read_hashed_json(tmp_path / "x.json") == ({"a": 1}, sha256_bytes(b'{"a": 1}'))


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(CaseFolderError, match="cannot be read"):
        read_json(tmp_path / "absent.json")
    with pytest.raises(CaseFolderError, match="cannot be read"):
        read_json(tmp_path)


def failing(code):
    def fail(*_):
        raise OSError(code, os.strerror(code))

    return fail


def fsync_but_no_folder(code):
    fsync, refuse = os.fsync, failing(code)
    return lambda handle: refuse() if stat.S_ISDIR(os.fstat(handle).st_mode) else fsync(handle)


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP])
def test_a_file_system_that_cannot_flush_folders_can_be_written(tmp_path, monkeypatch, code):
    monkeypatch.setattr(os, "fsync", fsync_but_no_folder(code))
    write_bytes(tmp_path / "x", b"new")
    assert (tmp_path / "x").read_bytes() == b"new"


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
def test_a_folder_that_fails_to_be_flushed_is_an_error(tmp_path, monkeypatch, code):
    monkeypatch.setattr(os, "fsync", fsync_but_no_folder(code))
    with pytest.raises(CaseFolderError, match="cannot be written"):
        write_bytes(tmp_path / "x", b"new")
    with pytest.raises(OSError, match=os.strerror(code)):
        sync_folder(tmp_path)


def busy(times):
    """Return a rename that finds its target open in another process so many times, as on Windows."""
    rename, left = Path.replace, iter(range(times))

    def call(self, target):
        if next(left, None) is not None:
            raise PermissionError(errno.EACCES, "Access is denied")
        return rename(self, target)

    return call


def test_a_target_that_is_being_read_is_waited_for(tmp_path, monkeypatch):
    (tmp_path / "new").write_bytes(b"new")
    monkeypatch.setattr(Path, "replace", busy(3))
    replace(tmp_path / "new", tmp_path / "old", patience_s=10)
    assert (tmp_path / "old").read_bytes() == b"new"


def test_a_target_that_stays_open_is_an_error_and_stays_as_it_was(tmp_path, monkeypatch):
    (tmp_path / "x").write_bytes(b"old")
    monkeypatch.setattr(Path, "replace", busy(10_000))
    with pytest.raises(PermissionError):
        replace(tmp_path / "new", tmp_path / "x", patience_s=0.05)
    with pytest.raises(CaseFolderError, match="cannot be written"):
        write_bytes(tmp_path / "x", b"new")
    assert [(entry.name, entry.read_bytes()) for entry in tmp_path.iterdir()] == [("x", b"old")]


def test_a_file_system_without_locks_is_told_from_a_lock_that_is_held(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_lock", failing(errno.ENOLCK))
    with (
        pytest.raises(CaseFolderError, match="this file system cannot lock files; move the case to a local disk"),
        process_lock(tmp_path / ".lock", wait_s=60),
    ):
        pass
    for code in (errno.EAGAIN, errno.EACCES):
        monkeypatch.setattr(files, "_lock", failing(code))
        with pytest.raises(CaseFolderError, match="in use by another process"), process_lock(tmp_path / ".lock"):
            pass


HOLD = """
import sys
from ABCImmunoResponseLib.files import process_lock
with process_lock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_is_refused_until_the_first_dies(tmp_path):
    lock = tmp_path / ".lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(CaseFolderError, match="in use by another process"), process_lock(lock):
            pass
        holder.kill()
        holder.wait()
    with process_lock(lock):
        pass
