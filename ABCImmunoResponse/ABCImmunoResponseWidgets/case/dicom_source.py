"""The DICOM files behind a volume of the scene, or behind the DICOM browser's selection.

A case that starts from them knows vendor, kernel, contrast and date; a bare volume node does not.
"""

from collections.abc import Iterable
from pathlib import Path

import slicer

from ABCImmunoResponseLib.errors import ImagingError

_SERIES_UID = "0020,000E"
# On volumes that the product itself loaded from a folder, which the DICOM database does not know.
_FOLDER, _SERIES = "ABCImmunoResponse.dicomFolder", "ABCImmunoResponse.seriesUid"


def name_series(volume_node, folder: Path, series_uid: str) -> None:
    """Note on a volume node which DICOM series it was loaded from, where that is not in Slicer's DICOM database."""
    volume_node.SetAttribute(_FOLDER, str(folder))
    volume_node.SetAttribute(_SERIES, series_uid)


def series_of_volume(volume_node) -> tuple[Path, str] | None:
    """Return the folder and series UID of the files that a volume was loaded from; None if not from DICOM."""
    folder, series_uid = volume_node.GetAttribute(_FOLDER), volume_node.GetAttribute(_SERIES)
    if folder and series_uid and Path(folder).is_dir():
        return Path(folder), series_uid
    uids = (volume_node.GetAttribute("DICOM.instanceUIDs") or "").split()
    database = _database()
    if not uids or database is None:
        return None
    files = [file for file in map(database.fileForInstance, uids) if file]
    return _series(files, database) if len(files) == len(uids) else None


def browser_series() -> tuple[Path, str]:
    """Return the folder and series UID of what is selected in Slicer's DICOM browser.

    Raises
    ------
    ImagingError
        If the browser was not opened, or not exactly one series is selected there.
    """
    browser = getattr(getattr(slicer.modules, "DICOMWidget", None), "browserWidget", None)
    selected = [files for files in (browser.fileLists if browser is not None else ()) if files]
    database = _database()
    if len(selected) != 1 or database is None:
        raise ImagingError(
            f"{len(selected) or 'No'} series selected in the DICOM browser: open it, select one CT series, come back."
        )
    return _series(selected[0], database)


def _series(files: Iterable[str], database) -> tuple[Path, str]:
    folders = {Path(file).parent for file in files}
    if len(folders) != 1:
        raise ImagingError("The files of this series lie in several folders: copy them into one and choose it.")
    return folders.pop(), database.fileValue(files[0], _SERIES_UID)


def _database():
    database = getattr(slicer, "dicomDatabase", None)
    return database if database is not None and database.isOpen else None
