"""Slice views: what they show, where they look, how they are laid out.

Slice nodes are set where the scene has them. Layouts need a layout manager, which Slicer has none of when it runs
without a main window: then they stay as they are.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import slicer
from slicer.i18n import tr as _

from ABCImmunoResponseWidgets.nodes.geometry import lps_from_ras, ras_from_lps

# Window and level in HU, as they are customary for chest and abdominal CT.
WINDOW_PRESETS: Mapping[str, tuple[str, float, float]] = {
    "soft-tissue": (_("Soft tissue"), 400, 40),
    "lung": (_("Lung"), 1500, -600),
    "liver": (_("Liver"), 160, 90),
    "bone": (_("Bone"), 1800, 400),
    "mediastinum": (_("Mediastinum"), 350, 50),
    "brain": (_("Brain"), 80, 40),
}

COMPARISON_VIEWS = ("ABCReaderA", "ABCReaderB")
_CT_LAYOUT, _COMPARISON_LAYOUT, _RESULT_LAYOUT = 11301, 11302, 11303
_BEFORE = "ABCImmunoResponse.layoutBefore"


def apply_window(volume_node, preset: str) -> None:
    """Show a CT with one of :data:`WINDOW_PRESETS`."""
    _label, window, level = WINDOW_PRESETS[preset]
    set_window(volume_node, window, level)


def set_window(volume_node, window: float, level: float) -> None:
    """Show a CT with this window and level (HU)."""
    display = _display_of(volume_node)
    display.SetAutoWindowLevel(False)
    display.SetWindowLevel(window, level)


def window_of(volume_node) -> list[float]:
    """Return window and level (HU) that a CT is shown with."""
    display = _display_of(volume_node)
    return [display.GetWindow(), display.GetLevel()]


def show_volume(volume_node) -> None:
    """Show a CT, and nothing over it, in every slice view, fitted to the view."""
    for node in slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode"):
        node.SetBackgroundVolumeID(volume_node.GetID())
        node.SetForegroundVolumeID(None)
        node.SetLabelVolumeID(None)
    if slicer.app.layoutManager() is not None:
        slicer.util.resetSliceViews()


def set_ct_layout() -> None:
    """Lay out a large axial view beside a coronal and a sagittal one, fitted to their CT, at the slices they showed."""
    looked_at = [(node, _centre_ras(node)) for node in _slice_nodes()]
    _set_layout(
        _CT_LAYOUT,
        '<layout type="horizontal" split="true">'
        f'<item splitSize="660">{_slice("Red", "Axial", "R", "#F34A33")}</item>'
        '<item splitSize="340"><layout type="vertical" split="true">'
        f"<item>{_slice('Green', 'Coronal', 'G', '#6EB04B')}</item>"
        f"<item>{_slice('Yellow', 'Sagittal', 'Y', '#EDD54C')}</item>"
        "</layout></item></layout>",
    )
    if slicer.app.layoutManager() is not None:
        slicer.util.resetSliceViews()
        for node, point in looked_at:
            node.JumpSliceByOffsetting(*point)


def set_comparison_layout() -> tuple[str, str]:
    """Lay out two linked axial views side by side; return their names, reader A's left."""
    left, right = COMPARISON_VIEWS
    _set_layout(
        _COMPARISON_LAYOUT,
        '<layout type="horizontal" split="true">'
        f"<item>{_slice(left, 'Axial', 'A', '#0072B2')}</item>"
        f"<item>{_slice(right, 'Axial', 'B', '#E69F00')}</item>"
        "</layout>",
    )
    for composite in slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode"):
        if composite.GetLayoutName() in COMPARISON_VIEWS:
            composite.SetLinkedControl(True)
            composite.SetHotLinkedControl(True)
    return left, right


def set_result_layout() -> None:
    """Lay out a plot above a table."""
    _set_layout(
        _RESULT_LAYOUT,
        '<layout type="vertical" split="true">'
        '<item splitSize="600"><view class="vtkMRMLPlotViewNode" singletontag="PlotView1">'
        '<property name="viewlabel" action="default">P</property></view></item>'
        '<item splitSize="400"><view class="vtkMRMLTableViewNode" singletontag="TableView1">'
        '<property name="viewlabel" action="default">T</property></view></item>'
        "</layout>",
    )


def restore_layout() -> None:
    """Go back to the layout that was there before the panel's own."""
    manager = slicer.app.layoutManager()
    if manager is None:
        return
    node = manager.layoutLogic().GetLayoutNode()
    before = node.GetAttribute(_BEFORE)
    if before is not None:
        node.RemoveAttribute(_BEFORE)
        manager.setLayout(int(before))


def jump_to_lps(point_mm: tuple[float, float, float]) -> None:
    """Centre every slice view on an LPS point (mm)."""
    for node in _slice_nodes():
        node.JumpSliceByCentering(*ras_from_lps(point_mm))


def slice_position() -> dict[str, Any]:
    """Return where the slice views look, ready for JSON: centre (LPS mm) and field of view (mm) by view name."""
    return {
        node.GetLayoutName(): {
            "centre_lps_mm": list(lps_from_ras(_centre_ras(node))),
            "field_of_view_mm": list(node.GetFieldOfView()),
        }
        for node in _slice_nodes()
    }


def restore_slice_position(position: Mapping[str, Any]) -> None:
    """Let the slice views look where :func:`slice_position` said; views that it does not name stay.

    A view that has another shape by now shows as much from top to bottom: its pixels stay square.
    """
    for node in _slice_nodes():
        there = position.get(node.GetLayoutName())
        if there:
            node.JumpSliceByCentering(*ras_from_lps(there["centre_lps_mm"]))
            _width, high, deep = there["field_of_view_mm"]
            columns, rows = _pixels(node)
            node.SetFieldOfView(high * columns / rows, high, deep)


def zoom(width_mm: float) -> None:
    """Let every slice view show this much of its surroundings, across and from top to bottom, and no more than it must.

    A view that was just laid out gets its size later, and keeps then what it shows from top to bottom.
    """
    for node in _slice_nodes():
        columns, rows = _pixels(node)
        pixel_mm = width_mm / min(columns, rows)
        node.SetFieldOfView(pixel_mm * columns, pixel_mm * rows, node.GetFieldOfView()[2])


def _centre_ras(node) -> list[float]:
    return [node.GetSliceToRAS().GetElement(row, 3) for row in range(3)]


def _display_of(volume_node):
    """Return how a volume is displayed; a display node that somebody deleted is made anew."""
    if volume_node.GetScalarVolumeDisplayNode() is None:
        volume_node.CreateDefaultDisplayNodes()
    return volume_node.GetScalarVolumeDisplayNode()


def _slice_nodes() -> Iterator:
    yield from slicer.util.getNodesByClass("vtkMRMLSliceNode")


def _pixels(slice_node) -> tuple[int, int]:
    """Return how many columns and rows a view has; one that is squeezed to nothing counts as one pixel."""
    columns, rows, _slices = slice_node.GetDimensions()
    return max(columns, 1), max(rows, 1)


def _slice(name: str, orientation: str, label: str, colour: str) -> str:
    return (
        f'<view class="vtkMRMLSliceNode" singletontag="{name}">'
        f'<property name="orientation" action="default">{orientation}</property>'
        f'<property name="viewlabel" action="default">{label}</property>'
        f'<property name="viewcolor" action="default">{colour}</property></view>'
    )


def _set_layout(number: int, description: str) -> None:
    manager = slicer.app.layoutManager()
    if manager is None:
        return
    node = manager.layoutLogic().GetLayoutNode()
    if node.GetAttribute(_BEFORE) is None:
        node.SetAttribute(_BEFORE, str(manager.layout))
    if not node.IsLayoutDescription(number):
        node.AddLayoutDescription(number, description)
    manager.setLayout(number)
