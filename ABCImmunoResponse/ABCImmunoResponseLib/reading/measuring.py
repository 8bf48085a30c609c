"""Check and measure a set of lesions with their masks: what a read and the consensus both go through."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.case import Acquisition, Finding, Lesion, Protocol
from ABCImmunoResponseLib.errors import CaseFolderError, GeometryError, MaskError
from ABCImmunoResponseLib.imaging.cropping import crop_voxels, grid_offset
from ABCImmunoResponseLib.imaging.geometry import Grid, bounding_box
from ABCImmunoResponseLib.imaging.validity import check_lesion
from ABCImmunoResponseLib.recist.diameters import Measurement, measure
from ABCImmunoResponseLib.recist.measurability import Assessment, assess
from ABCImmunoResponseLib.recist.targets import Candidate, check_targets


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured and assessed, by lesion id, and every finding."""

    measurements: dict[str, Measurement]
    assessments: dict[str, Assessment]
    findings: tuple[Finding, ...]


def check_masks(
    image: sitk.Image, lesions: Sequence[Lesion], masks: Mapping[str, sitk.Image], protocol: Protocol
) -> dict[str, sitk.Image]:
    """Return the lesions' masks as uint8 0/1 on exactly the image's grid, cropped, in the lesions' order.

    Raises
    ------
    CaseFolderError
        If there is no lesion, two have one id (also if only upper and lower case differ), or ids and masks differ.
    ProtocolError
        If the protocol does not know a lesion's organ.
    GeometryError, MaskError
        If a mask is not on the image's grid, or holds other values than 0 and 1.
    """
    ids = [lesion.lesion_id for lesion in lesions]
    if not ids:
        raise CaseFolderError("There is no lesion: outline at least one.")
    if len({lesion_id.casefold() for lesion_id in ids}) != len(ids):
        raise CaseFolderError("Two lesions have the same id: give each lesion its own.")
    if set(ids) != set(masks):
        differing = ", ".join(str(name)[:80] for name in sorted(map(str, set(ids) ^ set(masks))))
        raise CaseFolderError(f"Each lesion needs a mask and each mask a lesion of the same id; without: {differing}.")
    for lesion in lesions:
        protocol.organ(lesion.organ)
    tolerance = protocol.acquisition["geometry_tolerance_mm"]
    return {lesion_id: check_mask(image, masks[lesion_id], lesion_id, tolerance) for lesion_id in ids}


def check_mask(image: sitk.Image | Grid, mask: sitk.Image, name: str, tolerance_mm: float) -> sitk.Image:
    """Return ``mask``, full or cropped (``imaging.cropping``), as uint8 0/1 on exactly the image's grid, cropped.

    The image's grid is enough. See :func:`check_masks` for what is refused.
    """
    if not isinstance(mask, sitk.Image) or mask.GetDimension() != 3 or mask.GetNumberOfComponentsPerPixel() != 1:
        raise MaskError(f"The mask of {name} must be one three-dimensional image with one value a voxel.")
    grid = image if isinstance(image, Grid) else Grid.of(image)
    start = grid_offset(Grid.of(mask), grid, tolerance_mm)
    if isinstance(start, str):
        raise GeometryError(f"The mask of {name} is not on the image's grid ({start}); resample it onto the image.")
    array = sitk.GetArrayViewFromImage(mask)
    box = bounding_box(array) or (slice(0, 1),) * 3
    inside = array[box] != 0
    if not np.array_equal(array[box], inside):
        raise MaskError(f"The mask of {name} holds other values than 0 and 1; choose one label of it.")
    first = tuple(side.start + n for side, n in zip(box[::-1], start, strict=True))
    return crop_voxels(inside.view(np.uint8), first, grid)


def measure_lesions(
    image: sitk.Image,
    lesions: Sequence[Lesion],
    masks: Mapping[str, sitk.Image],
    acquisition: Acquisition,
    protocol: Protocol,
) -> Measured:
    """Measure lesions whose masks :func:`check_masks` returned, and hold them against RECIST.

    Raises
    ------
    MaskError
        If a mask is empty, thinner than the protocol's minimum or covers voxels that are no HU.
    """
    findings: list[Finding] = []
    measurements, assessments = {}, {}
    for lesion in lesions:
        name, mask = lesion.lesion_id, masks[lesion.lesion_id]
        findings += check_lesion(image, mask, protocol, name)
        measurements[name] = measure(mask, image)
        assessments[name] = assess(lesion, measurements[name], acquisition, protocol)
    candidates = [Candidate(lesion, measurements[lesion.lesion_id]) for lesion in lesions]
    findings += check_targets(candidates, acquisition, protocol)  # with what assess found of each
    return Measured(measurements, assessments, tuple(findings))
