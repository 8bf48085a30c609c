"""A disk that fails, or a process that is killed, at the n-th step that touches a folder.

Steps are seen through Python's audit events (opening for writing, renaming, removing, making folders and opening
a folder to flush it), so the code under test runs unchanged. What native code writes is not seen.
"""

import errno
import os
import sys
from contextlib import contextmanager
from pathlib import Path

_active = None


class Crash(BaseException):
    """The process was killed: nothing of it, no clean-up either, touches the disk any more."""


class _Disk:
    def __init__(self, folder, kill_at, fail_at, code, lasting):
        self.folder, self.kill_at, self.fail_at, self.code, self.lasting = str(folder), kill_at, fail_at, code, lasting
        self.steps = 0

    def touch(self):
        step = self.steps
        self.steps += 1
        if self.kill_at is not None and step >= self.kill_at:
            raise Crash
        if self.fail_at is not None and (step == self.fail_at or (self.lasting and step > self.fail_at)):
            raise OSError(self.code, os.strerror(self.code))


def _hook(event, arguments):
    if _active is None:
        return
    if event == "open":
        path, mode, flags = arguments
        folder_flushed = mode is None and flags & os.O_ACCMODE == os.O_RDONLY and os.path.isdir(path)  # noqa: PTH112
        writes = isinstance(mode, str) and set(mode) & set("wax+")
        if not folder_flushed and not writes:
            return
    elif event not in ("os.rename", "os.remove", "os.mkdir", "os.rmdir"):
        return
    path = arguments[0]
    if isinstance(path, (str, bytes, os.PathLike)):
        name = os.fsdecode(path)
        if event != "os.rmdir" and Path(name).name == ".lock":
            return
        # rmtree removes by names relative to an open folder
        if name.startswith(_active.folder) or not os.path.isabs(name):  # noqa: PTH117
            _active.touch()


sys.addaudithook(_hook)  # for good: Python cannot remove one; it does nothing unless a disk is broken


@contextmanager
def broken_disk(folder, *, kill_at=None, fail_at=None, code=errno.ENOSPC, lasting=False):
    """Count the steps within the block that touch ``folder``; kill or fail at the given one (0 is the first).

    A disk that fails ``lasting`` fails at every step after as well.
    """
    global _active
    disk = _Disk(folder, kill_at, fail_at, code, lasting)
    _active = disk
    try:
        yield disk
    finally:
        _active = None
