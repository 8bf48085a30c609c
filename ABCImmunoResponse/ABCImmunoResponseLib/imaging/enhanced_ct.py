"""Enhanced (multi-frame) CT: one file, each frame placed and rescaled by its functional groups."""

import warnings

import numpy as np
import pydicom
import SimpleITK as sitk
from pydicom.dataset import Dataset

from ABCImmunoResponseLib.case import Finding
from ABCImmunoResponseLib.errors import ImagingError
from ABCImmunoResponseLib.imaging.dicom_headers import Header, frames_of
from ABCImmunoResponseLib.imaging.dicom_values import DICOM_FAULTS, items, number, numbers
from ABCImmunoResponseLib.imaging.itk import one_line, shown
from ABCImmunoResponseLib.imaging.pixels import join_slices
from ABCImmunoResponseLib.imaging.slice_stack import Slice, stack


def read_enhanced(header: Header) -> tuple[sitk.Image, float | None, tuple[Finding, ...]]:
    """Read a multi-frame CT file: its image in HU, slice thickness in mm and findings.

    Raises
    ------
    ImagingError
        If a frame lacks its place or rescale, the frames form no regular stack, or pydicom cannot decode them.
    """
    name = shown(header.path)
    frames = items(header.dataset, "PerFrameFunctionalGroupsSequence")
    shared = next(iter(items(header.dataset, "SharedFunctionalGroupsSequence")), Dataset())
    if len(frames) != frames_of(header):
        raise ImagingError(f"{name} announces {frames_of(header)} frames but describes {len(frames)}.")
    order, grid, findings = stack([_slice(header, shared, frame, n) for n, frame in enumerate(frames)])
    scales = [_rescale(name, shared, frames[n]) for n in order]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            stored = pydicom.dcmread(header.path).pixel_array
    except DICOM_FAULTS as cause:
        raise ImagingError(
            f"The pixels of {name} cannot be decoded ({one_line(cause)}); export it uncompressed, or as single frames."
        ) from cause
    whole = all(float(value).is_integer() for scale in scales for value in scale)
    kind = np.int32 if whole else np.float64
    rescaled = (
        stored[n] * np.asarray(slope, kind) + np.asarray(intercept, kind)
        for n, (slope, intercept) in zip(order, scales, strict=True)
    )
    image, more = join_slices((sitk.GetImageFromArray(frame[np.newaxis].astype(kind)) for frame in rescaled), grid)
    thickness = _group(shared, frames[0], "PixelMeasuresSequence")
    return image, number(thickness, "SliceThickness"), (*findings, *more)


def _group(shared: Dataset, frame: Dataset, name: str) -> Dataset:
    """Return a functional group: the frame's own if there is one, else the shared one."""
    for groups in (frame, shared):
        if found := items(groups, name):
            return found[0]
    return Dataset()


def _slice(header: Header, shared: Dataset, frame: Dataset, n: int) -> Slice:
    values = [
        numbers(_group(shared, frame, "PlanePositionSequence"), "ImagePositionPatient", 3),
        numbers(_group(shared, frame, "PlaneOrientationSequence"), "ImageOrientationPatient", 6),
        numbers(_group(shared, frame, "PixelMeasuresSequence"), "PixelSpacing", 2),
    ]
    if any(value is None for value in values):
        raise ImagingError(f"{shown(header.path)}: frame {n + 1} has no valid position, orientation or pixel spacing.")
    size = int(number(header.dataset, "Columns") or 0), int(number(header.dataset, "Rows") or 0)
    return Slice(f"frame {n + 1}", *values, size)


def _rescale(name: str, shared: Dataset, frame: Dataset) -> tuple[float, float]:
    group = _group(shared, frame, "PixelValueTransformationSequence")
    slope, intercept = number(group, "RescaleSlope"), number(group, "RescaleIntercept")
    if not slope or intercept is None:
        raise ImagingError(f"{name} has no rescale slope or intercept: its values cannot be turned into HU.")
    return slope, intercept
