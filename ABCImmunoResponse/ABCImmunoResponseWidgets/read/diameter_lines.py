"""The longest diameter and the short axis of a lesion as line markups in the slice that was measured."""

from collections.abc import Sequence

import slicer
from slicer.i18n import tr as _

from ABCImmunoResponseLib.recist.diameters import Measurement
from ABCImmunoResponseWidgets.nodes.geometry import ras_from_lps
from ABCImmunoResponseWidgets.session import Session

# Yellow for the longest diameter, sky blue for the short axis: told apart with any colour vision.
_TEXT_SCALE = 2.5  # small: the label lies over the lesion
_COLOURS = ((0.94, 0.89, 0.26), (0.34, 0.71, 0.91))


class DiameterLines:
    """The two lines of the lesion at hand; the nodes go with the read."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._ids: tuple[str, ...] = ()
        self._visible = True

    def show(self, lesion_id: str | None, measurement: Measurement | None) -> None:
        """Show a lesion's lines, or none where nothing is measured."""
        if measurement is None:
            for line in self._lines():
                line.RemoveAllControlPoints()
            return
        lines = self._lines()
        if len(lines) < len(_COLOURS):
            lines = add_diameter_lines(lesion_id, measurement, hidden=True)
            self._session.keep("read", *lines)
            self._ids = tuple(line.GetID() for line in lines)
        else:
            _place(lines, lesion_id, measurement)
        self.set_visible(self._visible)

    def set_visible(self, visible: bool) -> None:
        """Show or hide the lines; this stays so for the next lesion."""
        self._visible = visible
        for line in self._lines():
            line.GetDisplayNode().SetVisibility(visible)

    def _lines(self) -> list:
        """Return the lines that are in the scene; one that somebody took the display from is as good as gone."""
        nodes = [node for node in self._session.nodes("read") if node.GetID() in self._ids]
        return [node for node in nodes if node.GetDisplayNode() is not None]


def add_diameter_lines(lesion_id: str, measurement: Measurement, *, hidden: bool = False) -> tuple:
    """Add a lesion's longest diameter and short axis to the scene as lines that cannot be moved; return the two.

    Hidden ones are shown in the views as any others, but no other module offers them, and they are no items of the
    subject hierarchy.
    """
    selection, lines = slicer.app.applicationLogic().GetSelectionNode(), []
    placed = selection.GetActivePlaceNodeClassName(), selection.GetActivePlaceNodeID()
    for colour in _COLOURS:
        line = slicer.mrmlScene.CreateNodeByClass("vtkMRMLMarkupsLineNode")
        line.UnRegister(None)  # the scene made it with a reference that Python does not know of
        line.SetHideFromEditors(hidden)  # before it is added: the subject hierarchy looks at it then
        line = slicer.mrmlScene.AddNode(line)
        line.CreateDefaultDisplayNodes()
        line.SetLocked(True)
        line.GetMeasurement("length").SetEnabled(False)  # the name says it, as the lesion table does
        line.SetSelectable(False)
        line.SetSaveWithScene(False)
        display = line.GetDisplayNode()
        display.SetSaveWithScene(False)
        display.SetColor(*colour)
        display.SetSelectedColor(*colour)
        display.SetPointLabelsVisibility(False)
        display.SetPropertiesLabelVisibility(not lines)  # one label for both, which would lie on each other
        display.SetTextScale(_TEXT_SCALE)
        display.SetVisibility3D(False)
        display.SetUseGlyphScale(False)
        display.SetGlyphSize(1.0)
        lines.append(line)
    # Slicer makes a markup that is added the one that the mouse places next.
    selection.SetReferenceActivePlaceNodeClassName(placed[0])
    selection.SetReferenceActivePlaceNodeID(placed[1])
    _place(lines, lesion_id, measurement)
    return tuple(lines)


def _place(lines: Sequence, lesion_id: str, measurement: Measurement) -> None:
    names = (
        _("{lesion}: {long:.1f} × {short:.1f} mm").format(
            lesion=lesion_id, long=measurement.longest_diameter_mm, short=measurement.short_axis_mm
        ),
        _("{lesion}: short axis").format(lesion=lesion_id),
    )
    ends = (measurement.endpoints_lps_mm, measurement.short_axis_endpoints_lps_mm)
    for line, name, points in zip(lines, names, ends, strict=True):
        line.SetName(name)
        for number, point in enumerate(map(ras_from_lps, points)):
            if line.GetNumberOfControlPoints() <= number:
                line.AddControlPoint(*point)
            else:
                line.SetNthControlPointPosition(number, *point)
