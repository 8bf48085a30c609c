"""Regions of a DICOM segmentation (SEG), read through highdicom."""

import warnings
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.case import Finding
from ABCImmunoResponseLib.errors import GeometryError, MaskError, MissingDependencyError
from ABCImmunoResponseLib.imaging.cropping import crop_voxels
from ABCImmunoResponseLib.imaging.dicom_values import DICOM_FAULTS, text
from ABCImmunoResponseLib.imaging.frame_of_reference import check_frame_of_reference
from ABCImmunoResponseLib.imaging.geometry import Grid, fault_of_grid
from ABCImmunoResponseLib.imaging.itk import one_line, shown
from ABCImmunoResponseLib.imaging.selection import Region, Wanted, choose

SEGMENTATION = frozenset({"1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"})  # and label map SEG
_HALF = 0.5


def dicom_seg_regions(path: Path, reference: sitk.Image, label: int | None, segments: Wanted) -> list[Region]:
    """Return the regions of a SEG, named by their segment labels; ``label`` is a segment number.

    Each frame lies where its own plane position says. A fractional segmentation is cut at one half, with a finding.

    Raises
    ------
    MaskError
        If the file is damaged, its frames form no regular stack, or the segment asked for is not there.
    GeometryError
        If it belongs to another frame of reference, or its geometry is impossible.
    MissingDependencyError
        If highdicom is not installed.
    """
    try:
        import highdicom
    except ImportError as cause:
        raise MissingDependencyError("DICOM SEG needs highdicom: pip install 'highdicom>=0.27'.") from cause
    name = shown(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # highdicom's remarks on what other writers leave out
            seg = highdicom.seg.segread(path)
            numbers = [int(n) for n in seg.segment_numbers]
            entries = [(str(seg.get_segment_description(n).segment_label), n) for n in numbers]
            fractional = str(seg.segmentation_type.value) == "FRACTIONAL"
    except (*DICOM_FAULTS, _frame_table_error()) as cause:
        raise MaskError(f"{name} is not a valid DICOM segmentation ({one_line(cause)}).") from cause
    findings = check_frame_of_reference(text(seg, "FrameOfReferenceUID"), reference, name)
    if fractional:
        findings = (
            *findings,
            Finding("fractional-mask", f"{name} is a fractional segmentation: cut at one half of its maximum."),
        )
    regions = []
    for n in choose(entries, label, segments, name):
        mask, grid = _segment(seg, numbers[n], fractional, reference, name)
        regions.append(Region(entries[n][0], mask, grid, findings, cropped=True))
    return regions


def _frame_table_error() -> type[Exception]:
    import sqlite3  # highdicom keeps its frame table in it; a Python without it can still read other masks

    return sqlite3.Error


def _segment(seg, number: int, fractional: bool, reference: sitk.Image, name: str) -> tuple[sitk.Image, Grid]:
    """Return one segment of a highdicom segmentation, cropped, and the grid of its frames, stacked in the image's
    direction."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            volume = seg.get_volume(segment_numbers=[number], combine_segments=False, rescale_fractional=True)
            array = np.asarray(volume.array)[..., 0]
            affine = np.asarray(volume.affine, float)
    except (*DICOM_FAULTS, _frame_table_error()) as cause:
        raise MaskError(
            f"{name}: the frames of segment {number} form no regular stack or cannot be decoded ({one_line(cause)}); "
            "export the segmentation as .seg.nrrd."
        ) from cause
    if affine[:3, 0] @ np.reshape(reference.GetDirection(), (3, 3))[:, 2] < 0:  # frames have no order of their own
        affine[:3, 3] += (len(array) - 1) * affine[:3, 0]
        affine[:3, 0] *= -1
        array = array[::-1]
    axes = affine[:3, [2, 1, 0]]  # highdicom's indices are (slice, row, column)
    spacing = np.linalg.norm(axes, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        direction = (axes / spacing).ravel()
    fault = fault_of_grid(spacing, affine[:3, 3], direction)
    if fault:
        raise GeometryError(f"{name}: {fault}; export the segmentation again.")
    grid = Grid(
        array.shape[::-1],
        tuple(float(x) for x in spacing),
        tuple(float(x) for x in affine[:3, 3]),
        tuple(float(x) for x in direction),
    )
    inside = array >= _HALF if fractional else array != 0
    return crop_voxels(inside.view(np.uint8), (0, 0, 0), grid), grid
