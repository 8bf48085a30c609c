"""A folder that is there complete or not at all."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ABCImmunoResponseLib.errors import CaseFolderError


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Give a hidden folder to fill, and rename it to ``folder`` when that went well; else remove it.

    Raises
    ------
    CaseFolderError
        If ``folder`` exists and is not an empty folder, or the disk refuses; nothing is left behind.
    """
    folder = Path(folder)
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise CaseFolderError(f"{folder} exists already: remove it, or choose another folder.")
        folder.parent.mkdir(parents=True, exist_ok=True)
        hidden = folder.with_name(f".tmp-{secrets.token_hex(8)}")
        hidden.mkdir()
    except OSError as cause:
        raise CaseFolderError(f"{folder} cannot be made ({cause.strerror or cause}).") from cause
    try:
        yield hidden
        if folder.exists():
            folder.rmdir()  # empty: Windows does not rename over a folder
        hidden.replace(folder)
    except OSError as cause:
        raise CaseFolderError(f"{folder} cannot be written ({cause.strerror or cause}).") from cause
    finally:
        shutil.rmtree(hidden, ignore_errors=True)
