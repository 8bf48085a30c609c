"""``slicer.dicomDatabase`` over a folder of DICOM files, and what is selected in the DICOM browser."""

from pathlib import Path

import pydicom
import slicer

from slicerhost.namespace import Namespace


class DicomDatabase(Namespace):
    """The database that Slicer keeps: closed until a test hands in a folder.

    Series, studies and patients are listed in the order of their first file by name; a tag is written "0020,000E".
    """

    def __init__(self):
        super().__init__("slicer.dicomDatabase", isOpen=False, databaseDirectory="")
        self._files: dict[str, pydicom.Dataset] = {}

    def _open(self, folder: Path) -> None:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            try:
                header = pydicom.dcmread(path, stop_before_pixels=True)
            except pydicom.errors.InvalidDicomError:
                continue  # as Slicer's import passes over other files
            if "SOPInstanceUID" in header:
                self._files[str(path)] = header
        self.isOpen, self.databaseDirectory = True, str(folder)

    def _unique(self, keyword: str, **wanted: str) -> tuple[str, ...]:
        """Return the different values of a keyword among the files with the ``wanted`` values."""
        return tuple(dict.fromkeys(str(header.get(keyword, "")) for header in self._with(**wanted).values()))

    def _with(self, **wanted: str) -> dict[str, pydicom.Dataset]:
        return {
            path: header
            for path, header in self._files.items()
            if all(str(header.get(keyword, "")) == value for keyword, value in wanted.items())
        }

    def patients(self) -> tuple[str, ...]:
        """Return the patients; the real database numbers them by row, this one has their PatientID."""
        return self._unique("PatientID")

    def studiesForPatient(self, patient: str) -> tuple[str, ...]:
        return self._unique("StudyInstanceUID", PatientID=patient)

    def seriesForStudy(self, study: str) -> tuple[str, ...]:
        return self._unique("SeriesInstanceUID", StudyInstanceUID=study)

    def filesForSeries(self, series: str) -> tuple[str, ...]:
        return tuple(self._with(SeriesInstanceUID=series))

    def instancesForSeries(self, series: str) -> tuple[str, ...]:
        return self._unique("SOPInstanceUID", SeriesInstanceUID=series)

    def fileForInstance(self, instance: str) -> str:
        return next(iter(self._with(SOPInstanceUID=instance)), "")

    def instanceForFile(self, path: str) -> str:
        return str(self._files[path].SOPInstanceUID) if path in self._files else ""

    def instanceValue(self, instance: str, tag: str) -> str:
        return self.fileValue(self.fileForInstance(instance), tag)

    def fileValue(self, path: str, tag: str) -> str:
        """Return a tag's value as text, several values with backslashes between them; '' where there is none."""
        header, key = self._files.get(path), pydicom.tag.Tag(*(int(part, 16) for part in tag.split(",")))
        if header is None or key not in header:
            return ""
        value = header[key].value
        return "\\".join(map(str, value)) if isinstance(value, pydicom.multival.MultiValue) else str(value)


def open_database(folder: str | Path) -> DicomDatabase:
    """Open the database with the DICOM files below ``folder``, which it leaves as they are."""
    slicer.dicomDatabase._open(Path(folder))
    return slicer.dicomDatabase


def select_in_browser(*series: str) -> None:
    """Select series in the DICOM browser, as a click on their rows does; without any, nothing is selected.

    The DICOM module's widget exists from the first call on: in Slicer it is made when the module is first opened.
    """
    lists = [slicer.dicomDatabase.filesForSeries(one) for one in series]
    browser = Namespace("slicer.modules.DICOMWidget.browserWidget", fileLists=lists)
    slicer.modules.DICOMWidget = Namespace("slicer.modules.DICOMWidget", browserWidget=browser)
