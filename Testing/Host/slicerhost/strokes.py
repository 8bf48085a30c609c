"""What a radiologist does with the active effect of a segment editor, done through Slicer's segment editor logic.

Scripts in Slicer have no such module: it stands for the mouse in the slice views. A state for undo is saved before each
stroke, the mask of the editor applies, and a stroke that a mouse could not do is refused.
"""

from collections.abc import Sequence

import numpy as np
import vtk
from vtk.util.numpy_support import vtk_to_numpy

from slicerhost.pythonqt import unwrap
from slicerhost.qmrml.segment_editor import SegmentEditorWidget

Point = Sequence[float]


def paint(widget, ras_points: Sequence[Point], radius_mm: float, *, sphere: bool | None = None) -> None:
    """Paint discs in the axial slice, or spheres, around points (RAS mm) with the effect 'Paint'.

    Parameters
    ----------
    widget : qMRMLSegmentEditorWidget
    sphere
        By default what the effect's parameter BrushSphere says, which is disc unless it was changed.

    Raises
    ------
    RuntimeError
        If 'Paint' is not the active effect, or the editor cannot edit.
    """
    _brush(unwrap(widget), "Paint", ras_points, radius_mm, sphere)


def erase(widget, ras_points: Sequence[Point], radius_mm: float, *, sphere: bool | None = None) -> None:
    """Erase the current segment around points, or all segments if EraseAllSegments is set; as :func:`paint`."""
    _brush(unwrap(widget), "Erase", ras_points, radius_mm, sphere)


def threshold(widget, low: float, high: float) -> None:
    """Set the range of the effect 'Threshold' and press 'Apply': the segment becomes what is within it.

    As in Slicer no effect is active after it.

    Raises
    ------
    RuntimeError
        As :func:`paint`.
    """
    editor = unwrap(widget)
    effect = _ready(editor, "Threshold")
    effect.setParameter("MinimumThreshold", float(low))
    effect.setParameter("MaximumThreshold", float(high))
    editor.saveStateForUndo()
    logic = editor.logic
    if not (logic.ResetModifierLabelmapToDefault() and logic.UpdateAlignedSourceVolume()):
        raise RuntimeError("the segment editor has no geometry to threshold in")
    source, modifier = logic.GetAlignedSourceVolume(), logic.GetModifierLabelmap()
    within = vtk.vtkImageThreshold()
    within.SetInputData(source)
    within.ThresholdBetween(low, high)
    within.SetInValue(1)
    within.SetOutValue(0)
    within.SetOutputScalarType(modifier.GetScalarType())
    within.Update()
    matrix = vtk.vtkMatrix4x4()
    modifier.GetImageToWorldMatrix(matrix)
    modifier.DeepCopy(within.GetOutput())
    modifier.SetGeometryFromImageToWorldMatrix(matrix)
    logic.ModifySegmentByLabelmap(
        editor.segmentationNode(), editor.currentSegmentID(), modifier, logic.ModificationModeSet, True, False
    )
    editor.setActiveEffect(None)


def _ready(editor: SegmentEditorWidget, effect: str):
    """Return the active effect if a stroke with it is possible."""
    active = editor.activeEffect()
    if active is None or active.name != effect:
        raise RuntimeError(f"the active effect is {active.name if active else 'none'}, not {effect}")
    if editor.readOnly:
        raise RuntimeError("the segment editor is read-only")
    if not editor.isEnabled():
        raise RuntimeError("the segment editor is disabled")
    if not editor.observes_views:
        raise RuntimeError("the segment editor does not observe the slice views: no stroke gets there")
    if editor.sourceVolumeNode() is None or not editor.currentSegmentID():
        raise RuntimeError("the segment editor has no source volume or no current segment")
    display = editor.segmentationNode().GetDisplayNode()
    if not (display.GetVisibility() and display.GetSegmentVisibility(editor.currentSegmentID())):
        raise RuntimeError("the current segment is hidden: Slicer asks whether to show it")
    return active


def _brush(editor: SegmentEditorWidget, name: str, points: Sequence[Point], radius: float, sphere: bool | None) -> None:
    effect = _ready(editor, name)
    if sphere is None:
        sphere = effect.commonParameter("BrushSphere") == "1"
    editor.saveStateForUndo()
    logic = editor.logic
    if not logic.ResetModifierLabelmapToDefault():
        raise RuntimeError("the segment editor has no geometry to draw in")
    modifier = logic.GetModifierLabelmap()
    extent = None
    for point in points:
        extent = _joined(extent, _stamp(modifier, point, radius, sphere))
    if extent is None:
        return  # the brush never touched the volume
    modifier.Modified()
    mode = logic.ModificationModeAdd
    if name == "Erase":
        every = effect.commonParameter("EraseAllSegments") == "1"
        mode = logic.ModificationModeRemoveAll if every else logic.ModificationModeRemove
    logic.ModifySegmentByLabelmap(
        editor.segmentationNode(), editor.currentSegmentID(), modifier, mode, extent, True, False
    )


def _stamp(labelmap, point: Point, radius: float, sphere: bool) -> tuple[int, ...] | None:
    """Mark the voxels whose centres lie in the brush, at least the one under its centre; return their extent."""
    matrix = vtk.vtkMatrix4x4()
    labelmap.GetImageToWorldMatrix(matrix)
    to_ras = np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])
    centre = np.linalg.solve(to_ras, (*point, 1.0))[:3]
    bounds = np.array(labelmap.GetExtent()).reshape(3, 2)
    spacing = np.linalg.norm(to_ras[:3, :3], axis=0)
    middle = np.rint(centre).astype(int)
    reach = np.ceil(radius / spacing).astype(int) + 1
    if not sphere:
        reach[np.argmax(np.abs(to_ras[2, :3]) / spacing)] = 0  # one axial slice
    low, high = np.maximum(middle - reach, bounds[:, 0]), np.minimum(middle + reach, bounds[:, 1])
    if np.any(low > high):
        return None
    axes = np.meshgrid(*(np.arange(first, last + 1) for first, last in zip(low, high, strict=True)), indexing="ij")
    indices = np.stack(axes, axis=-1)
    offset = (indices - (centre if sphere else np.where(reach == 0, middle, centre))) @ to_ras[:3, :3].T
    inside = (offset**2).sum(axis=-1) <= radius**2
    inside |= (indices == middle).all(axis=-1)
    voxels = vtk_to_numpy(labelmap.GetPointData().GetScalars()).reshape(labelmap.GetDimensions()[::-1])
    start, stop = low - bounds[:, 0], high - bounds[:, 0] + 1
    box = tuple(slice(first, last) for first, last in zip(start[::-1], stop[::-1], strict=True))
    voxels[box] |= inside.transpose(2, 1, 0).astype(voxels.dtype)
    return tuple(int(bound) for pair in zip(low, high, strict=True) for bound in pair)


def _joined(first: tuple[int, ...] | None, second: tuple[int, ...] | None) -> tuple[int, ...] | None:
    if first is None or second is None:
        return first or second
    return tuple((min if index % 2 == 0 else max)(pair) for index, pair in enumerate(zip(first, second, strict=True)))
