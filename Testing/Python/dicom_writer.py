"""Small synthetic CT series as DICOM files, and DICOM masks' common parts, for tests."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
SERIES, FRAME = "1.2.826.0.1.3680043.8.498.1", "1.2.826.0.1.3680043.8.498.2"


def instance(sop_class: str, modality: str, series: str = SERIES) -> Dataset:
    """Return a data set of this class with the elements that every DICOM file needs."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = sop_class
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = generate_uid()
    ds.Modality, ds.SeriesInstanceUID, ds.FrameOfReferenceUID = modality, series, FRAME
    ds.StudyInstanceUID, ds.StudyDate, ds.StudyTime, ds.AccessionNumber = "1.2.3", "20200102", "", ""
    ds.PatientName, ds.PatientID, ds.PatientBirthDate, ds.PatientSex = "Secret^Name", "secret-id", "19600101", "F"
    ds.StudyID, ds.SeriesNumber, ds.InstanceNumber, ds.ReferringPhysicianName = "1", 1, 1, ""
    return ds


def save(ds: Dataset, path: Path) -> Path:
    """Write a data set with preamble and file meta information."""
    ds.save_as(path, enforce_file_format=True)
    return path


def ct_slices(image: sitk.Image, series: str = SERIES) -> list[Dataset]:
    """Return one CT data set a slice of an int16 image in HU, with values stored unsigned, offset by 1024."""
    array = sitk.GetArrayFromImage(image)
    direction = np.reshape(image.GetDirection(), (3, 3))
    slices = []
    for k, pixels in enumerate(array):
        ds = instance(CT_IMAGE, "CT", series)
        ds.ImageType, ds.InstanceNumber = ["ORIGINAL", "PRIMARY", "AXIAL"], k + 1
        ds.Manufacturer, ds.ManufacturerModelName, ds.KVP, ds.ConvolutionKernel = "SIEMENS", "Force", 120, "Br40d"
        ds.SliceThickness, ds.ContrastBolusAgent = image.GetSpacing()[2], "Iohexol"
        ds.ImagePositionPatient = [f"{x:.6f}" for x in image.TransformIndexToPhysicalPoint((0, 0, k))]
        ds.ImageOrientationPatient = [f"{x:.10f}" for x in (*direction[:, 0], *direction[:, 1])]
        ds.PixelSpacing = [image.GetSpacing()[1], image.GetSpacing()[0]]
        ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
        ds.Rows, ds.Columns = pixels.shape
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 0
        ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = 1, -1024, "HU"
        ds.PixelData = (pixels.astype(np.int32) + 1024).astype("<u2").tobytes()
        slices.append(ds)
    return slices


def write_series(
    folder: Path, image: sitk.Image, series: str = SERIES, edit: Callable[[list[Dataset]], object] | None = None
) -> Path:
    """Write ``image`` as a CT series into ``folder``; ``edit`` may change the list of slices before."""
    folder.mkdir(parents=True, exist_ok=True)
    slices = ct_slices(image, series)
    if edit is not None:
        edit(slices)
    for n, ds in enumerate(slices):
        save(ds, folder / f"{series[-1]}-{n:03d}.dcm")
    return folder
