"""Copies of a case's files for use elsewhere; the case folder itself takes nothing in."""

from pathlib import Path

from slicer.i18n import tr as _

from ABCImmunoResponseLib.errors import CaseFolderError, StateError
from ABCImmunoResponseLib.files import write_bytes
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.reading.layout import FEATURES, REPORT


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
    CaseFolderError
        If ``path`` lies in the case folder, which would no longer be as it was recorded, or cannot be written.
    """
    if name not in folder.files:
        raise StateError(_("The case is {state} and has no {name} yet.").format(state=folder.state, name=name))
    if path.resolve().is_relative_to(folder.path.resolve()):
        raise CaseFolderError(
            _("{path} lies in the case folder, which holds the record and nothing else: choose another place.").format(
                path=path
            )
        )
    write_bytes(path, (folder.path / name).read_bytes())
    return path
