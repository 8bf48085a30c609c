"""The step 'Read' of a panel on the sample case, and one who clicks and draws in it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import SimpleITK as sitk
import slicer
from panel_work import PanelWork
from vtk.util.numpy_support import numpy_to_vtk

import sample_case
from ABCImmunoResponseLib.recist.diameters import measure
from phantoms import ball
from slicerhost.pythonqt import process_events

LIVER = ((12, 12, 12), 6.0)
LUNG = ((31, 31, 15), 5.5)
OTHER = ((31, 11, 12), 5.5)
TINY = ((31, 11, 12), 0.5)


def outline(centre: tuple[int, int, int], radius_mm: float) -> np.ndarray:
    """Return a ball on the sample case's CT as a boolean (k, j, i) array."""
    return sitk.GetArrayFromImage(ball(sample_case.reference(), centre, radius_mm)) != 0


def size(centre: tuple[int, int, int], radius_mm: float) -> str:
    """Return the longest diameter of such a ball as the lesion table shows it."""
    return f"{measure(ball(sample_case.reference(), centre, radius_mm)).longest_diameter_mm:.1f}"


class Work(PanelWork):
    """A panel that is open; what it asks is answered with :attr:`answer`."""

    ui_name = "ReadStep"

    @property
    def node(self):
        """The read's segmentation node; None where there is none."""
        found = [n for n in self.panel.session.nodes("read") if n.IsA("vtkMRMLSegmentationNode")]
        return found[0] if found else None

    @property
    def editor(self):
        """The embedded Segment Editor."""
        return slicer.util.findChild(self.ui.editorBox, "lesionSegmentEditor")

    @property
    def lines(self) -> list:
        """The two diameter lines, where they are shown."""
        nodes = [n for n in self.panel.session.nodes("read") if n.IsA("vtkMRMLMarkupsLineNode")]
        return [n for n in nodes if n.GetNumberOfControlPoints() and n.GetDisplayNode().GetVisibility()]

    def leave(self) -> None:
        """Open the first step instead."""
        assert self.panel.open_step(self.panel.steps[0].title)

    def rest(self, seconds: float = 5.0) -> None:
        """Let the hand rest until what was done is shown and saved, which takes a moment."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            process_events()
            if self.step._live is None or self.step._live.settled:
                return
            time.sleep(0.005)

    def draw(self, lesion_id: str, drawn: np.ndarray | None) -> None:
        """Make a stroke that leaves a lesion's segment as ``drawn``."""
        segment_id = self.node.GetSegmentation().GetSegmentIdBySegmentName(lesion_id)
        assert segment_id, f"there is no segment {lesion_id}"
        logic = slicer.vtkSlicerSegmentationsModuleLogic
        if drawn is None:
            logic.ClearSegment(self.node, segment_id)
            return
        labelmap = logic.CreateOrientedImageDataFromVolumeNode(self.panel.session.volume())
        labelmap.GetPointData().SetScalars(numpy_to_vtk(drawn.astype(np.uint8).ravel(), deep=True))
        logic.SetBinaryLabelmapToSegment(labelmap, self.node, segment_id)

    def add(self, drawn: np.ndarray | None = None, organ: str = "") -> str:
        """Add a lesion by its button, draw it and say its organ; return its id."""
        self.ui.addLesionButton.click()
        lesion_id = self.rows()[-1][0]
        if drawn is not None:
            self.draw(lesion_id, drawn)
        if organ:
            self.say(organ)
        self.rest()
        return lesion_id

    def say(self, organ: str) -> None:
        """Choose the organ of the lesion at hand by its name."""
        index = self.ui.organCombo.findText(organ)
        assert index >= 0, f"{organ} is not offered"
        self.ui.organCombo.currentIndex = index

    def select(self, lesion_id: str) -> None:
        """Click a lesion's row."""
        self.ui.lesionTable.setCurrentCell([row[0] for row in self.rows()].index(lesion_id), 0)

    def rows(self) -> list[list[str]]:
        """Return the lesion table's texts."""
        table = self.ui.lesionTable
        return [[table.item(r, c).text() for c in range(table.columnCount)] for r in range(table.rowCount)]

    def row(self, lesion_id: str) -> dict[str, str]:
        """Return a lesion's row by column."""
        names = ("id", "organ", "kind", "long", "short", "measurable", "notes")
        return next(dict(zip(names, row, strict=True)) for row in self.rows() if row[0] == lesion_id)


@contextmanager
def working(case: Path, person: str = "lee") -> Iterator[Work]:
    """Open a panel on a case folder."""
    work = Work(case, person)
    try:
        yield work
    finally:
        work.close()
