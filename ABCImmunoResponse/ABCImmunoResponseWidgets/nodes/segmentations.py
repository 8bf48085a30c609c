"""Segmentation nodes and lesion masks. A lesion is the segment whose name is the lesion's id."""

from collections.abc import Iterable, Mapping

import numpy as np
import SimpleITK as sitk
import slicer
import vtk
from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy

from ABCImmunoResponseLib.errors import GeometryError, MaskError
from ABCImmunoResponseLib.imaging.cropping import lattice_offset
from ABCImmunoResponseLib.imaging.geometry import bounding_box
from ABCImmunoResponseLib.imaging.masks import Mask
from ABCImmunoResponseLib.imaging.placement import place_mask
from ABCImmunoResponseWidgets.nodes.geometry import check_untransformed, ijk_to_ras, set_geometry

_LABELMAP = "Binary labelmap"


def masks_from_segmentation(
    node, reference: sitk.Image, names: Iterable[str] | None = None, *, crop: bool = False
) -> dict[str, Mask]:
    """Return a segmentation node's segments by name, as masks on the grid of ``reference`` (LPS).

    All segments, or those called ``names``. What a segment's own grid made necessary (moved, resampled, cut off at
    the image's border) is in the mask's findings, as for masks from files. With ``crop`` the masks are cropped ones
    (``imaging.cropping``), which take little memory.

    Raises
    ------
    MaskError
        If it is no segmentation or holds only surfaces or contours, a segment is missing, empty, lies wholly outside
        the image, or shares its name with another.
    GeometryError
        If it is under a transform or its axes are not at right angles.
    """
    if node is None or not node.IsA("vtkMRMLSegmentationNode"):
        raise MaskError(f"{node.GetName() if node else 'Nothing'} is not a segmentation: choose one.")
    check_untransformed(node)
    segments = _segments(node)
    masks = {}
    for name in segments if names is None else names:
        if name not in segments:
            raise MaskError(f"{node.GetName()} has no segment {name}; it has {', '.join(segments)}.")
        mask = drawn_mask(node, segments[name], name, reference, crop=crop)
        if mask is None:
            raise MaskError(f"Segment {name} is empty: draw the lesion, or remove the segment.")
        masks[name] = mask
    return masks


def drawn_mask(node, segment_id: str, name: str, reference: sitk.Image, *, crop: bool = True) -> Mask | None:
    """Return one segment as a mask on the grid of ``reference``, called ``name``; None where nothing is drawn.

    Raises
    ------
    MaskError, GeometryError
        As :func:`masks_from_segmentation`.
    """
    check_untransformed(node)
    labelmap = slicer.vtkOrientedImageData()
    node.GetBinaryLabelmapRepresentation(segment_id, labelmap)
    what = f"Segment {name}"
    drawn = _image_from_labelmap(labelmap, what)
    return None if drawn is None else Mask(name, *place_mask(drawn, reference, what, cropped=True, crop=crop))


def _segments(node) -> dict[str, str]:
    """Return the segments' ids by name."""
    segmentation = node.GetSegmentation()
    if segmentation.GetNumberOfSegments() == 0:
        raise MaskError(f"{node.GetName()} holds no segment: draw each lesion as a segment named by its id.")
    if not segmentation.ContainsRepresentation(_LABELMAP):
        raise MaskError(
            f"{node.GetName()} has no binary labelmap: create that representation in Slicer's Segmentations module."
        )
    ids: dict[str, str] = {}
    for segment_id in segmentation.GetSegmentIDs():
        name = segmentation.GetSegment(segment_id).GetName()
        if name in ids:
            raise MaskError(f"{node.GetName()} has two segments named {name}: a lesion's id names one segment.")
        ids[name] = segment_id
    return ids


def _image_from_labelmap(labelmap, what: str) -> sitk.Image | None:
    """Return a segment's labelmap as a 0/1 image on its own grid, no larger than its extent; None if empty."""
    scalars = labelmap.GetPointData().GetScalars()
    if scalars is None or not (array := vtk_to_numpy(scalars)).any():
        return None
    image = sitk.GetImageFromArray((array != 0).astype(np.uint8).reshape(labelmap.GetDimensions()[::-1]))
    matrix = vtk.vtkMatrix4x4()
    labelmap.GetImageToWorldMatrix(matrix)
    to_ras = slicer.util.arrayFromVTKMatrix(matrix)
    to_ras[:, 3] = to_ras @ (*labelmap.GetExtent()[::2], 1.0)  # the extent need not start at voxel 0
    set_geometry(image, to_ras, what)
    return image


def segmentation_from_masks(
    masks: Mapping[str, sitk.Image], name: str, volume_node=None, image: sitk.Image | None = None
):
    """Add a segmentation node to the scene with a segment for each mask (uint8 0/1, LPS), and return it.

    ``volume_node`` becomes its reference geometry, in which the Segment Editor goes on editing. Of masks that are
    cropped (``imaging.cropping``), ``image`` is the image that they lie on.

    Raises
    ------
    GeometryError
        If a mask is not on the grid of ``image``.
    """
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
    node.CreateDefaultDisplayNodes()
    if volume_node is not None:
        node.SetReferenceImageGeometryParameterFromVolumeNode(volume_node)
    for lesion, mask in masks.items():
        add_segment(node, lesion, mask, image)
    return node


def add_segment(node, name: str, mask: sitk.Image, image: sitk.Image | None = None) -> None:
    """Add a segment called ``name`` (its id, too) with a mask; see :func:`segmentation_from_masks`."""
    segment = slicer.vtkSegment()
    segment.SetName(name)
    segment.AddRepresentation(_LABELMAP, _labelmap_from_image(mask, mask if image is None else image, name))
    node.GetSegmentation().AddSegment(segment, name)


def _labelmap_from_image(mask: sitk.Image, image: sitk.Image, name: str):
    """Return the mask as oriented image data on the image's lattice, no larger than its voxels' extent."""
    start = lattice_offset(mask, image)
    if isinstance(start, str):
        raise GeometryError(f"The mask of {name} is not on the image's grid ({start}); read it for this image.")
    array = sitk.GetArrayViewFromImage(mask)
    box = bounding_box(array)
    labelmap = slicer.vtkOrientedImageData()
    labelmap.SetImageToWorldMatrix(ijk_to_ras(image))
    if box is not None:
        labelmap.SetExtent(
            *(bound + n for s, n in zip(box[::-1], start, strict=True) for bound in (s.start, s.stop - 1))
        )
        scalars = numpy_to_vtk(np.ascontiguousarray(array[box]).ravel(), deep=True)
        labelmap.GetPointData().SetScalars(scalars)
    return labelmap
