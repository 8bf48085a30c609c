"""Regions of a DICOM radiotherapy structure set (RTSTRUCT): closed planar contours filled on the image's slices."""

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import SimpleITK as sitk
from pydicom.dataset import Dataset

from ABCImmunoResponseLib.case import Finding
from ABCImmunoResponseLib.errors import MaskError
from ABCImmunoResponseLib.imaging.contours import fill_contours
from ABCImmunoResponseLib.imaging.dicom_values import DICOM_FAULTS, items, number, numbers, text
from ABCImmunoResponseLib.imaging.frame_of_reference import check_frame_of_reference
from ABCImmunoResponseLib.imaging.geometry import Grid
from ABCImmunoResponseLib.imaging.itk import one_line, printable, shown
from ABCImmunoResponseLib.imaging.selection import Region, Wanted, choose

STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.481.3"
_CLOSED = "CLOSED_PLANAR"


def rtstruct_regions(path: Path, reference: sitk.Image, label: int | None, segments: Wanted) -> list[Region]:
    """Return the regions of interest on the grid of ``reference``, named as in the file; ``label`` is an ROI number.

    Raises
    ------
    MaskError
        If the file is damaged, the region asked for is not there, or its contours cannot be filled on the slices.
    GeometryError
        If it belongs to another frame of reference.
    MissingDependencyError
        If scikit-image is not installed.
    """
    name = shown(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom's remarks on values that break the standard
            dataset = pydicom.dcmread(path, force=True, specific_tags=_TAGS)
            rois = [(text(roi, "ROIName") or "", _roi_number(roi), roi) for roi in items(dataset, _ROIS)]
            contours = {}
            for item in items(dataset, "ROIContourSequence"):
                contours.setdefault(number(item, "ReferencedROINumber"), []).extend(items(item, "ContourSequence"))
            frames = [text(item, "FrameOfReferenceUID") for item in items(dataset, _FRAMES)]
    except DICOM_FAULTS as cause:
        raise MaskError(f"{name} is not a valid structure set ({one_line(cause)}).") from cause
    entries = [(roi_name or f"ROI-{n}", n) for roi_name, n, _ in rois]
    regions, unusable = [], []
    for position in choose(entries, label, segments, name):
        roi_name, roi_number = entries[position]
        what = f"ROI {printable(roi_name, 64)}"
        frame = text(rois[position][2], "ReferencedFrameOfReferenceUID") or (frames[0] if len(frames) == 1 else None)
        findings = check_frame_of_reference(frame, reference, what)
        try:
            points, skipped = _points(contours.get(roi_number, []), what)
            image, more = fill_contours(points, reference, what)
        except MaskError as cause:
            unusable.append(cause)
            continue
        regions.append(Region(roi_name, image, Grid.of(reference), (*findings, *skipped, *more)))
    if unusable and (label is not None or segments is not None or not regions):
        raise unusable[0]
    if unusable:  # marks and outlines elsewhere that nobody asked for, as planning systems add them
        left_out = tuple(Finding("region-left-out", f"Left out: {cause}") for cause in unusable)
        regions[0] = replace(regions[0], findings=(*regions[0].findings, *left_out))
    return regions


_ROIS, _FRAMES = "StructureSetROISequence", "ReferencedFrameOfReferenceSequence"
_TAGS = [_ROIS, _FRAMES, "ROIContourSequence"]


def _roi_number(roi: Dataset) -> int:
    value = number(roi, "ROINumber")
    if value is None:
        raise ValueError("a region has no ROI number")
    return int(value)


def _points(listed: list[Dataset], what: str) -> tuple[list[np.ndarray], tuple[Finding, ...]]:
    """Return the closed planar contours as points (n, 3) in LPS mm, and what was passed over."""
    contours, others, short = [], set(), 0
    for item in listed:
        kind = text(item, "ContourGeometricType") or "no type"
        if kind != _CLOSED:
            others.add(kind)
            continue
        values = numbers(item, "ContourData")
        if values is None or len(values) % 3:
            raise MaskError(f"{what} has a contour whose points are damaged; export the structure set again.")
        if len(values) < 9:
            short += 1
            continue
        contours.append(np.reshape(values, (-1, 3)))
    findings = []
    if others:
        findings.append(
            Finding(
                "contours-skipped",
                f"{what} has contours of type {', '.join(sorted(others))}, which enclose no area by themselves: "
                "left out.",
                "serious",
            )
        )
    if short:
        findings.append(
            Finding("contours-skipped", f"{what} has {short} contour(s) of fewer than three points: left out.")
        )
    if not contours:
        raise MaskError(f"{what} has no closed planar contour to fill; draw it, or choose another region.")
    return contours, tuple(findings)
