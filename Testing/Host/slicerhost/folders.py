"""The folders and settings of an application that leaves no trace: all below one temporary folder."""

import shutil
import tempfile
import weakref
from pathlib import Path


class ApplicationFolders:
    """A temporary folder for one run of the host, removed with it."""

    def __init__(self):
        self._root = tempfile.mkdtemp(prefix="slicerhost-")
        # Not a TemporaryDirectory: that warns, as it should of a file, when the host simply goes.
        weakref.finalize(self, shutil.rmtree, self._root, ignore_errors=True)

    def folder(self, name: str) -> str:
        made = Path(self._root, name)
        return str(made)
