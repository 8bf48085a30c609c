"""Volume nodes and CT images."""

import SimpleITK as sitk
import slicer
import vtk

from ABCImmunoResponseLib.case import Acquisition
from ABCImmunoResponseLib.errors import ImagingError
from ABCImmunoResponseLib.imaging.ct import CTImage
from ABCImmunoResponseWidgets.nodes.geometry import check_untransformed, ijk_to_ras, set_geometry


def image_from_volume(node) -> sitk.Image:
    """Return a copy of a scalar volume node's voxels, pixel type kept, in LPS.

    Raises
    ------
    ImagingError
        If it is no scalar volume, is a label map, or is empty.
    GeometryError
        If it is under a transform or its axes are not at right angles.
    """
    if node is None or not node.IsA("vtkMRMLScalarVolumeNode") or node.IsA("vtkMRMLLabelMapVolumeNode"):
        raise ImagingError(f"{node.GetName() if node else 'Nothing'} is not a CT: choose a scalar volume.")
    voxels = node.GetImageData()
    if voxels is None or voxels.GetNumberOfPoints() == 0:
        raise ImagingError(f"{node.GetName()} holds no voxels: load the CT again.")
    if voxels.GetNumberOfScalarComponents() != 1:
        raise ImagingError(f"{node.GetName()} has several values a voxel, which a CT has not: choose a scalar volume.")
    check_untransformed(node)
    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    image = sitk.GetImageFromArray(slicer.util.arrayFromVolume(node))
    set_geometry(image, slicer.util.arrayFromVTKMatrix(matrix), node.GetName())
    return image


def ct_from_volume(node) -> CTImage:
    """Return a volume node as a CT of the Lib.

    How it was acquired is not in the node: only its grid is known, and the case's findings will say so. Start the
    case from the DICOM folder to have vendor, kernel, contrast and date checked against the protocol.

    Raises
    ------
    ImagingError, GeometryError
        As :func:`image_from_volume`.
    """
    image = image_from_volume(node)
    acquisition = Acquisition(spacing_mm=image.GetSpacing(), size=image.GetSize())
    return CTImage(image, acquisition, (), "a volume in Slicer")


def volume_from_image(image: sitk.Image, name: str):
    """Add a scalar volume node to the scene that holds a copy of ``image`` (LPS), and return it."""
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
    slicer.util.updateVolumeFromArray(node, sitk.GetArrayViewFromImage(image))
    node.SetIJKToRASMatrix(ijk_to_ras(image))
    node.CreateDefaultDisplayNodes()
    return node
