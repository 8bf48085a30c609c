"""Read lesion masks, whatever file they come in, onto the grid of their image."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.case import Finding
from ABCImmunoResponseLib.errors import GeometryError, ImagingError, MaskError
from ABCImmunoResponseLib.imaging.dicom_headers import is_dicom, read_header, scan
from ABCImmunoResponseLib.imaging.dicom_seg import SEGMENTATION, dicom_seg_regions
from ABCImmunoResponseLib.imaging.itk import printable, shown
from ABCImmunoResponseLib.imaging.label_map import label_map_regions
from ABCImmunoResponseLib.imaging.placement import place_mask
from ABCImmunoResponseLib.imaging.rtstruct import STRUCTURE_SET, rtstruct_regions
from ABCImmunoResponseLib.imaging.seg_nrrd import is_segmentation, segments_of
from ABCImmunoResponseLib.imaging.selection import Region, Wanted
from ABCImmunoResponseLib.imaging.volume_file import check_file, is_folder, read_volume, volume_suffix


@dataclass(frozen=True)
class Mask:
    """One region on the grid of the image: ``image`` is uint8 0/1, full or cropped (``imaging.cropping``);
    ``findings`` tell what was done to it."""

    name: str
    image: sitk.Image
    findings: tuple[Finding, ...]


def read_masks(
    path: Path,
    reference: sitk.Image,
    *,
    label: int | None = None,
    segments: Wanted = None,
    tolerance_mm: float = 0.01,
    crop: bool = False,
) -> tuple[Mask, ...]:
    """Read masks onto the grid of ``reference``: all regions of the file, or those of this label or these names.

    Where all are read, a region that cannot be used (no closed contour, wholly outside the image) is left out, with a
    finding on the first of the others. Label maps (NRRD, NIfTI, MetaImage), Slicer segmentations, DICOM SEG and DICOM
    RTSTRUCT (a file, or a folder that holds one) are told apart by content. Names are segment or ROI names,
    ``label-<n>`` in label maps.

    With ``crop`` the masks are cropped ones (:mod:`~ABCImmunoResponseLib.imaging.cropping`): the same voxels in a
    hundredth of the memory, for all that takes an image beside the mask. A file is never held more than once.

    Raises
    ------
    MaskError
        If the file is unreadable or empty, lacks the region asked for, or a region lies wholly outside the image.
    GeometryError
        If the file says that it belongs to another frame of reference.
    MissingDependencyError
        If a DICOM SEG or RTSTRUCT needs a package that is not installed.
    """
    path = Path(path)
    try:
        regions = _regions(path, reference, label, segments)
    except (MaskError, GeometryError):
        raise
    except ImagingError as cause:
        raise MaskError(str(cause)) from cause
    asked = label is not None or segments is not None
    masks, unusable = [], []
    for region in regions:
        try:
            masks.append(_placed(region, reference, tolerance_mm, asked, crop))
        except MaskError as cause:
            if asked or len(regions) == 1:
                raise
            unusable.append(cause)
    if not masks:
        raise unusable[0]
    left_out = tuple(Finding("region-left-out", f"Left out: {cause}") for cause in unusable)
    masks[0] = replace(masks[0], findings=(*masks[0].findings, *left_out))
    return tuple(masks)


def _placed(region: Region, reference: sitk.Image, tolerance_mm: float, asked: bool, crop: bool) -> Mask:
    what = f"Mask {printable(region.name, 64)}"
    findings = region.findings
    if not np.any(sitk.GetArrayViewFromImage(region.image)):
        if asked:
            raise MaskError(f"{what} is empty: no voxel is labelled; segment the lesion and save it again.")
        findings = (*findings, Finding("mask-empty", f"{what} is empty: no voxel is labelled.", "serious"))
    image, more = place_mask(
        region.image, reference, what, tolerance_mm, stored_on=region.grid, cropped=region.cropped, crop=crop
    )
    return Mask(region.name, image, (*findings, *more))


def _regions(path: Path, reference: sitk.Image, label: int | None, segments: Wanted) -> list[Region]:
    if is_folder(path):
        path = _only_dicom_mask(path)
    check_file(path)
    if volume_suffix(path) is None:
        return _dicom_regions(path, reference, label, segments)
    volume = read_volume(path)
    if is_segmentation(volume.entries):
        return [
            Region(found.name, found.image, volume.grid, found.findings, cropped=True)
            for found in segments_of(volume, path, label=label, segments=segments)
        ]
    if volume.array.ndim == 4:
        raise MaskError(f"{shown(path)} has several values a voxel and describes no segments; save one label map.")
    return label_map_regions(volume, path, label, segments)


def _dicom_regions(path: Path, reference: sitk.Image, label: int | None, segments: Wanted) -> list[Region]:
    if not is_dicom(path):
        raise MaskError(
            f"{shown(path)} is of an unknown format; give .nrrd, .seg.nrrd, .nii, .nii.gz, .mha, .mhd, "
            "a DICOM SEG or an RTSTRUCT."
        )
    kind = read_header(path).sop_class
    if kind in SEGMENTATION:
        return dicom_seg_regions(path, reference, label, segments)
    if kind == STRUCTURE_SET:
        return rtstruct_regions(path, reference, label, segments)
    raise MaskError(f"{shown(path)} is DICOM but neither a segmentation (SEG) nor a structure set (RTSTRUCT).")


def _only_dicom_mask(folder: Path) -> Path:
    found = [h.path for h in scan(folder) if h.sop_class in SEGMENTATION or h.sop_class == STRUCTURE_SET]
    if len(found) != 1:
        listed = f": {', '.join(shown(path) for path in found[:6])}" if found else ""
        raise MaskError(
            f"{shown(folder)} holds {len(found) or 'no'} DICOM SEG or RTSTRUCT files{listed}; name the file itself."
        )
    return found[0]
