"""Write a simulated CT as a DICOM series that any viewer opens and that says of itself that it is simulated."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from ABCImmunoResponseLib.simulation.grid import Grid
from ABCImmunoResponseLib.simulation.scanner import Scanner

STUDY_DATE = "20230102"
_INTERCEPT = -1024


def write_series(
    folder: Path,
    hu: np.ndarray,
    grid: Grid,
    scanner: Scanner,
    patient_id: str,
    step: Callable[[int], None] = lambda done: None,
) -> None:
    """Write ``hu`` as one CT Image Storage file a slice: ``IM0001.dcm`` is the uppermost.

    Parameters
    ----------
    folder
        An existing folder.
    hu
        int16 (k, j, i), none below -1024.
    grid
        Of ``hu``; its axes are the patient's, slices head-ward with k.
    scanner
        What the headers say of the acquisition.
    patient_id
        Also the name; the UIDs follow from it and the pixels, so that the same image gives the same files.
    step
        Called with the number of slices written.
    """
    if hu.shape != grid.size or hu.dtype != np.int16:
        raise ValueError("hu must be int16 on the grid")
    seed = [patient_id, str(grid), str(int(hu[::7, ::7, ::7].sum(dtype=np.int64)))]
    common = _common(grid, scanner, patient_id, seed)
    for place in range(len(hu)):
        k = len(hu) - 1 - place
        uid = generate_uid(entropy_srcs=[*seed, f"image {k}"])
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = CTImageStorage
        meta.MediaStorageSOPInstanceUID = uid
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        path = folder / f"IM{place + 1:04d}.dcm"
        image = FileDataset(str(path), common, file_meta=meta, preamble=b"\0" * 128)
        image.SOPInstanceUID = uid
        image.InstanceNumber = place + 1
        z, y, x = (float(start) for start in grid.origin)
        image.ImagePositionPatient = [_text(x), _text(y), _text(z + k * grid.spacing[0])]
        image.SliceLocation = _text(z + k * grid.spacing[0])
        image.PixelData = (hu[k].astype(np.int32) - _INTERCEPT).astype("<u2").tobytes()
        image.save_as(path, enforce_file_format=True)
        step(place + 1)


def _common(grid: Grid, scanner: Scanner, patient_id: str, seed: list[str]) -> Dataset:
    """Return the elements that all slices share: patient, study, series, frame of reference, equipment, image."""
    data = Dataset()
    data.SpecificCharacterSet = "ISO_IR 192"
    data.ImageType = ["DERIVED", "PRIMARY", "AXIAL"]
    data.SOPClassUID = CTImageStorage
    data.StudyDate = data.SeriesDate = data.AcquisitionDate = data.ContentDate = STUDY_DATE
    data.StudyTime = data.SeriesTime = data.AcquisitionTime = data.ContentTime = "090000"
    data.AccessionNumber = ""
    data.Modality = "CT"
    data.Manufacturer = scanner.manufacturer
    data.ManufacturerModelName = "Simulated CT"
    data.ReferringPhysicianName = ""
    data.StudyDescription = "SIMULATED CT CHEST ABDOMEN"
    data.SeriesDescription = f"SIMULATED {scanner.phase.upper()} {scanner.kernel}"
    data.DerivationDescription = "Simulated by ABCImmunoResponse: no real patient"
    data.PatientName = f"SIMULATED^{patient_id}"
    data.PatientID = patient_id
    data.PatientBirthDate = ""
    data.PatientSex = "F"
    data.PatientPosition = "HFS"
    data.ContrastBolusAgent = "IOHEXOL"
    data.ContrastBolusRoute = "IV"
    data.BodyPartExamined = "CHESTABDOMEN"
    data.KVP = str(scanner.kvp)
    data.SliceThickness = _text(grid.spacing[0])
    data.SpacingBetweenSlices = _text(grid.spacing[0])
    data.GantryDetectorTilt = "0"
    data.ConvolutionKernel = scanner.kernel
    data.StudyInstanceUID = generate_uid(entropy_srcs=[*seed, "study"])
    data.SeriesInstanceUID = generate_uid(entropy_srcs=[*seed, "series"])
    data.FrameOfReferenceUID = generate_uid(entropy_srcs=[*seed, "frame"])
    data.PositionReferenceIndicator = ""
    data.StudyID = "1"
    data.SeriesNumber = 1
    data.AcquisitionNumber = 1
    data.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    data.SamplesPerPixel = 1
    data.PhotometricInterpretation = "MONOCHROME2"
    data.Rows, data.Columns = (int(n) for n in grid.size[1:])
    data.PixelSpacing = [_text(grid.spacing[1]), _text(grid.spacing[2])]
    data.BitsAllocated = data.BitsStored = 16
    data.HighBit = 15
    data.PixelRepresentation = 0
    data.RescaleIntercept = str(_INTERCEPT)
    data.RescaleSlope = "1"
    data.RescaleType = "HU"
    data.WindowCenter = "40"
    data.WindowWidth = "400"
    return data


def _text(value: float) -> str:
    """Return a length as a decimal string of at most 16 characters, as DICOM's DS wants it."""
    return f"{value:.6f}".rstrip("0").rstrip(".")
