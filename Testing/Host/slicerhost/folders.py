"""The folders and settings of an application that leaves no trace: all below one temporary folder."""

import tempfile
from pathlib import Path


class ApplicationFolders:
    """A temporary folder for one run of the host, removed with it."""

    def __init__(self):
        self._root = tempfile.TemporaryDirectory(prefix="slicerhost-", ignore_cleanup_errors=True)

    def folder(self, name: str) -> str:
        made = Path(self._root.name, name)
        made.mkdir(exist_ok=True)
        return str(made)
