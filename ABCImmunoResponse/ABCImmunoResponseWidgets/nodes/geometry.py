"""Where voxels lie: MRML's IJK to RAS matrices, and SimpleITK's origin, spacing and direction in LPS."""

from collections.abc import Sequence

import numpy as np
import SimpleITK as sitk
import slicer
import vtk

from ABCImmunoResponseLib.errors import GeometryError
from ABCImmunoResponseLib.imaging.geometry import Grid, fault_of_grid

_RAS_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


def set_geometry(image: sitk.Image, ijk_to_ras: np.ndarray, what: str) -> None:
    """Give ``image`` the place in LPS that a (4, 4) IJK to RAS matrix (mm) says.

    Raises
    ------
    GeometryError
        If the matrix is not finite, an axis has no length, or the axes are not at right angles (a tilted gantry, a
        sheared transform): SimpleITK and the features know right-angled voxels only.
    """
    ijk_to_lps = _RAS_LPS @ ijk_to_ras
    spacing = np.linalg.norm(ijk_to_lps[:3, :3], axis=0)
    direction = ijk_to_lps[:3, :3] / np.where(spacing > 0, spacing, 1.0)
    fault = fault_of_grid(spacing, ijk_to_lps[:3, 3], direction.ravel())
    if fault is not None:
        raise GeometryError(f"{what} cannot be used: {fault}; resample it to a right-angled grid.")
    image.SetOrigin(ijk_to_lps[:3, 3].tolist())
    image.SetSpacing(spacing.tolist())
    image.SetDirection(direction.ravel().tolist())


def ijk_to_ras(image: sitk.Image) -> vtk.vtkMatrix4x4:
    """Return the IJK to RAS matrix of an image that lies in LPS."""
    matrix = vtk.vtkMatrix4x4()
    slicer.util.updateVTKMatrixFromArray(matrix, _RAS_LPS @ Grid.of(image).matrix())
    return matrix


def ras_from_lps(point: Sequence[float]) -> tuple[float, float, float]:
    """Return an LPS point of the Lib as MRML's RAS point (mm)."""
    return -point[0], -point[1], point[2]


def lps_from_ras(point: Sequence[float]) -> tuple[float, float, float]:
    """Return a RAS point of MRML as the Lib's LPS point (mm)."""
    return -point[0], -point[1], point[2]


def check_untransformed(node) -> None:
    """Refuse a node under a transform: its voxels are not where its own geometry says.

    A transform that moves nothing is let pass.

    Raises
    ------
    GeometryError
        Names the node, the transform and what to do.
    """
    transform = node.GetParentTransformNode()
    if transform is None:
        return
    if transform.IsTransformToWorldLinear():
        matrix = vtk.vtkMatrix4x4()
        transform.GetMatrixTransformToWorld(matrix)
        if np.array_equal(slicer.util.arrayFromVTKMatrix(matrix), np.eye(4)):
            return
    raise GeometryError(
        f"{node.GetName()} is under the transform {transform.GetName()}: harden the transform, or take the node out of "
        "it, and try again."
    )
