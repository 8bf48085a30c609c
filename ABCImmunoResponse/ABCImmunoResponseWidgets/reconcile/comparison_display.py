"""How a comparison looks: colours that everybody can tell apart, and patterns and lines that need no colour.

The colours are from the palette of Okabe and Ito (Color Universal Design, 2008), which stays distinct in every common
form of colour blindness.
"""

from collections.abc import Mapping

import slicer
from slicer.i18n import tr as _

A, B, ONLY_A, ONLY_B = "A", "B", "only A", "only B"
PREVIEW = "preview"

BLUE, ORANGE, GREEN = (0x56 / 255, 0xB4 / 255, 0xE9 / 255), (0xE6 / 255, 0x9F / 255, 0.0), (0.0, 0x9E / 255, 0x73 / 255)

COLOURS: Mapping[str, tuple[float, float, float]] = {A: BLUE, ONLY_A: BLUE, B: ORANGE, ONLY_B: ORANGE}

LEGEND: Mapping[str, str] = {
    A: _("A: thick blue line"),
    B: _("B: thin orange line, lightly filled"),
    ONLY_A: _("Only A: blue stripes"),
    ONLY_B: _("Only B: orange dots"),
    PREVIEW: _("Proposal, edit or decision: green line"),
}
"""What each segment looks like, and what is shown over them, in words."""

_LINE = {A: 3, B: 1}
_LIGHT_FILL, _PATTERN_FILL = 0.15, 0.75


def show_as_comparison(node) -> None:
    """Give the segmentation node of a pair its names, colours, lines and fills; both readers show everywhere.

    Its first display node is reader A's, its second reader B's: each shows that reader's segments alone, so that
    :func:`show_side_by_side` can put them into different views.
    """
    segmentation = node.GetSegmentation()
    if node.GetNumberOfDisplayNodes() < 2:
        second = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationDisplayNode")
        node.AddAndObserveDisplayNodeID(second.GetID())
    for segment_id in segmentation.GetSegmentIDs():
        segmentation.GetSegment(segment_id).SetColor(*COLOURS[segment_id])
    for reader in (A, B):
        display = display_of(node, reader)
        display.SetName(f"{node.GetName()} {reader}")
        display.SetVisibility3D(False)
        display.SetSliceIntersectionThickness(_LINE[reader])
        display.SetOpacity2DFill(1.0)
        display.SetOpacity2DOutline(1.0)
        for segment_id in segmentation.GetSegmentIDs():
            _style(display, segment_id, reader)


def _style(display, segment_id: str, reader: str) -> None:
    hatched = segment_id in (ONLY_A, ONLY_B)
    display.SetSegmentVisibility(segment_id, reader_of(segment_id) == reader)
    display.SetSegmentVisibility2DOutline(segment_id, not hatched)
    display.SetSegmentVisibility2DFill(segment_id, segment_id != A)
    display.SetSegmentOpacity2DOutline(segment_id, 1.0)
    display.SetSegmentOpacity2DFill(segment_id, _PATTERN_FILL if hatched else _LIGHT_FILL)


def reader_of(segment_id: str) -> str:
    """Return whose display node shows a segment of the comparison."""
    return A if segment_id in (A, ONLY_A) else B


def display_of(node, reader: str):
    """Return reader 'A's or 'B's display node of a comparison."""
    return node.GetNthDisplayNode(0 if reader == A else 1)


def show_segment(node, segment_id: str, visible: bool) -> None:
    """Show or hide one of a comparison's segments; one that the pair does not have is let be."""
    if node.GetSegmentation().GetSegment(segment_id) is not None:
        display_of(node, reader_of(segment_id)).SetSegmentVisibility(segment_id, visible)


def show_side_by_side(node, left: str, right: str) -> None:
    """Show reader A in the slice view called ``left`` only, and reader B in ``right`` only."""
    display_of(node, A).SetViewNodeIDs([slice_view_id(left)])
    display_of(node, B).SetViewNodeIDs([slice_view_id(right)])


def show_everywhere(node) -> None:
    """Show both readers in every view."""
    for reader in (A, B):
        display_of(node, reader).RemoveAllViewNodeIDs()


def slice_view_id(name: str) -> str:
    """Return the id of the slice node of the view ``name``, which is its singleton tag, whether it exists or not."""
    return f"vtkMRMLSliceNode{name}"


def show_as_preview(node) -> None:
    """Show a node's one segment as a green line of middle width, in every view."""
    display = node.GetDisplayNode()
    display.SetVisibility3D(False)
    display.SetSliceIntersectionThickness(2)
    display.SetVisibility2DFill(False)
    for segment_id in node.GetSegmentation().GetSegmentIDs():
        node.GetSegmentation().GetSegment(segment_id).SetColor(*GREEN)
