"""Copies of a case's files for use elsewhere; the case folder itself takes nothing in."""

from pathlib import Path

from slicer.i18n import tr as _

from ABCImmunoResponseLib.errors import CaseFolderError, IntegrityError, StateError
from ABCImmunoResponseLib.files import sha256_bytes, write_bytes
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.reading.layout import CASE, FEATURES, REPORT


def export_features(folder: CaseFolder, path: str | Path) -> Path:
    """Write the features of the target lesions as a CSV table; see :func:`_export` for what is refused."""
    return _export(folder, FEATURES, Path(path))


def export_report(folder: CaseFolder, path: str | Path) -> Path:
    """Write a copy of the report, one self-contained HTML file; see :func:`_export` for what is refused."""
    return _export(folder, REPORT, Path(path))


def _export(folder: CaseFolder, name: str, path: Path) -> Path:
    """Copy a file of the case folder to ``path``, over what is there; return the path.

    Raises
    ------
    StateError
        If the case has no such file yet.
    IntegrityError
        If the file is no longer as it was recorded.
    CaseFolderError
        If ``path`` lies in a case folder, this one or another, which would no longer be as it was recorded, or cannot
        be written.
    """
    if name not in folder.files:
        raise StateError(_("The case is {state} and has no {name} yet.").format(state=folder.state, name=name))
    if any((parent / CASE).exists() for parent in path.resolve().parents):
        raise CaseFolderError(
            _("{path} lies in a case folder, which holds the record and nothing else: choose another place.").format(
                path=path
            )
        )
    if path.is_dir():
        raise CaseFolderError(_("{path} is a folder: name a file.").format(path=path))
    write_bytes(path, _recorded(folder, name))
    return path


def _recorded(folder: CaseFolder, name: str) -> bytes:
    """Return the bytes of a file of the record, which may have been touched since the case was opened."""
    try:
        data = (folder.path / name).read_bytes()
    except OSError as cause:
        raise CaseFolderError(
            _("{path} cannot be read ({why}).").format(path=folder.path / name, why=cause.strerror)
        ) from cause
    if sha256_bytes(data) != folder.files[name]:
        raise IntegrityError(
            _("{path} was changed behind its back: open the case again.").format(path=folder.path / name)
        )
    return data
