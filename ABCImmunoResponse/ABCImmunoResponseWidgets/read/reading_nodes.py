"""A read as a segmentation node: a segment for each lesion, named by the lesion's id.

The functions at the end are the logic's: what the panel does while one reads, for scripts, which need no panel.
"""

from collections.abc import Sequence

import SimpleITK as sitk
import slicer

from ABCImmunoResponseLib.case import Lesion
from ABCImmunoResponseLib.errors import MaskError
from ABCImmunoResponseLib.imaging.masks import Mask
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.reading.drafts import DraftLesion
from ABCImmunoResponseLib.reading.overview import Overview
from ABCImmunoResponseLib.recist.diameters import measure
from ABCImmunoResponseWidgets.nodes.segmentations import add_segment, drawn_mask, segmentation_from_masks
from ABCImmunoResponseWidgets.read.diameter_lines import add_diameter_lines
from ABCImmunoResponseWidgets.read.drafting import Drafting
from ABCImmunoResponseWidgets.read.reading import Reading, locked_reading, own_read

# Told apart with any colour vision (Okabe and Ito), and bright enough on a CT.
_COLOURS = (
    (0.90, 0.62, 0.00),
    (0.34, 0.71, 0.91),
    (0.00, 0.62, 0.45),
    (0.94, 0.89, 0.26),
    (0.80, 0.47, 0.65),
    (0.84, 0.37, 0.00),
    (0.00, 0.45, 0.70),
)
_FILL_OPACITY = 0.25  # the lesion's texture stays visible within its outline


def read_segmentation(reading: Reading, volume_node):
    """Add a read to the scene as a segmentation node in the geometry of its CT, and return it."""
    name = f"{reading.folder.case_id} read of {reading.reader}"
    node = segmentation_from_masks({}, name, volume_node)
    node.GetDisplayNode().SetOpacity2DFill(_FILL_OPACITY)  # of the whole node: a segment's own would not reach new ones
    for lesion_id in reading.lesions:
        add_lesion_segment(node, lesion_id, reading.masks.get(lesion_id), reading.image)
    return node


def add_lesion_segment(node, lesion_id: str, mask: Mask | None, image: sitk.Image) -> None:
    """Add the segment of a lesion, empty where nothing is drawn yet, in a colour of its own."""
    segmentation = node.GetSegmentation()
    number = segmentation.GetNumberOfSegments()
    if mask is None:
        segmentation.AddEmptySegment(lesion_id, lesion_id)
    else:
        add_segment(node, lesion_id, mask.image, image)
    digits = "".join(filter(str.isdigit, lesion_id))
    colour = _COLOURS[(int(digits) - 1 if digits else number) % len(_COLOURS)]
    segmentation.GetSegment(lesion_id).SetColor(*colour)


def save_hierarchy(saved: bool) -> None:
    """Let the subject hierarchy be saved with the scene, or not while one reads.

    Item by item it would save the names of what is itself not saved: of the read, and of its segments.
    """
    if not slicer.mrmlScene.IsClosing():  # a scene that is closed has a new one afterwards
        hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
        hierarchy.SetSaveWithScene(saved)


def masks_of_node(node, lesion_ids: Sequence[str], image: sitk.Image) -> dict[str, Mask]:
    """Return the outlines of those lesions that are drawn, cropped.

    Raises
    ------
    MaskError, GeometryError
        If a segment lies outside the CT or cannot be brought onto its grid.
    """
    segmentation = node.GetSegmentation()
    masks = {}
    for lesion_id in lesion_ids:
        segment_id = segmentation.GetSegmentIdBySegmentName(lesion_id)
        mask = drawn_mask(node, segment_id, lesion_id, image) if segment_id else None
        if mask is not None:
            masks[lesion_id] = mask
    return masks


# What the logic offers to scripts.


def start_read(folder: CaseFolder, reader: str, volume_node=None):
    """Go on with a reader's draft, or begin one; return its segmentation node, which is not saved with the scene.

    Of a read that is locked the node shows what was locked.

    Raises
    ------
    StateError, CaseFolderError
        If this person cannot read the case.
    """
    node = read_segmentation(_reading(folder, reader), volume_node)
    for part in (node, node.GetDisplayNode()):
        part.SetSaveWithScene(False)
    return node


def draft_lesions(folder: CaseFolder, reader: str) -> tuple[DraftLesion, ...]:
    """Return the lesions of a reader's draft, or of the locked read; their organ may not be said yet."""
    return tuple(_reading(folder, reader).lesions.values())


def save_draft(folder: CaseFolder, node, reader: str, lesions: Sequence[DraftLesion | Lesion]) -> None:
    """Save lesions, complete or not, with the segments of their ids as the reader's draft, over the one before.

    Raises
    ------
    StateError, CaseFolderError, MaskError, GeometryError
        If this person cannot read the case, the disk refuses, or a segment is not of this CT.
    """
    drafting = Drafting(folder, reader)
    masks = masks_of_node(node, [lesion.lesion_id for lesion in lesions], drafting.image)
    drafting.replace(lesions, masks)
    drafting.save()


def read_overview(folder: CaseFolder, node, lesions: Sequence[DraftLesion | Lesion]) -> Overview:
    """Return the sizes of the lesions' segments, what RECIST says of them, and which targets it would choose.

    Raises
    ------
    MaskError, GeometryError
        If a segment is not of this CT.
    """
    masks = masks_of_node(node, [lesion.lesion_id for lesion in lesions], folder.image())
    drafts = [lesion if isinstance(lesion, DraftLesion) else DraftLesion.of(lesion) for lesion in lesions]
    return Reading(folder, "", drafts, {name: mask.image for name, mask in masks.items()}).overview()


def withdraw_read(folder: CaseFolder, reader: str, reason: str) -> None:
    """Take a read that is not locked out of the record, its draft included; see :meth:`CaseFolder.withdraw_read`."""
    folder.withdraw_read(reader, reader, reason)


def show_diameters(folder: CaseFolder, node, lesion_id: str):
    """Add a lesion's longest diameter and short axis to the scene as two line markups; return the two.

    Raises
    ------
    MaskError
        If nothing is drawn.
    """
    mask = masks_of_node(node, [lesion_id], folder.image()).get(lesion_id)
    if mask is None:
        raise MaskError(f"Lesion {lesion_id} is not drawn: outline it first.")
    return add_diameter_lines(lesion_id, measure(mask.image, folder.image()))


def _reading(folder: CaseFolder, reader: str) -> Reading:
    read = own_read(folder, reader)
    if read is not None and read.locked:
        return locked_reading(folder, reader)
    return Drafting(folder, reader)
