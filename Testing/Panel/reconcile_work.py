"""A case with two locked reads, and the step 'Reconcile' of a panel to click through it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import SimpleITK as sitk
import slicer
from panel_work import PanelWork

from ABCImmunoResponseLib.case import Acquisition, Lesion
from ABCImmunoResponseLib.imaging.cropping import on_grid
from ABCImmunoResponseLib.protocol import load_protocol
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseWidgets.reconcile.comparison import EDITED

READERS = ("reader-lee", "reader-kim")


def scan() -> sitk.Image:
    """Return a small CT of soft tissue, 40 HU, with seeded noise."""
    noise = np.random.default_rng(7).normal(40, 12, (32, 64, 64))
    image = sitk.GetImageFromArray(np.rint(noise).astype(np.int16))
    image.SetSpacing((0.9, 0.9, 1.25))
    image.SetOrigin((-20.0, 14.0, -300.0))
    return image


def ball(centre: tuple[int, int, int], radius_mm: float) -> sitk.Image:
    """Return a ball around voxel ``centre`` (i, j, k)."""
    i, j, k = np.meshgrid(*(np.arange(n) for n in CT.GetSize()), indexing="ij")
    squares = sum(((x - c) * h) ** 2 for x, c, h in zip((i, j, k), centre, CT.GetSpacing(), strict=True))
    mask = sitk.GetImageFromArray((squares <= radius_mm**2).astype(np.uint8).transpose())
    mask.CopyInformation(CT)
    return mask


CT = scan()
WIDE, NARROW = ball((16, 16, 12), 9.0), ball((20, 16, 12), 7.0)
SAME, ALONE, NAMED = ball((46, 16, 14), 7.0), ball((16, 46, 16), 6.5), ball((46, 46, 16), 7.5)

# By pair: P1 is outlined differently, P2 alike (settled by the protocol), P3 named differently, P4 of reader A alone.
READ_A = {"L1": (WIDE, "liver"), "L2": (SAME, "lung"), "L3": (NAMED, "bone"), "L4": (ALONE, "spleen")}
READ_B = {"T1": (NARROW, "liver"), "T2": (SAME, "lung"), "T3": (NAMED, "soft-tissue")}


def voxels(mask: sitk.Image) -> np.ndarray:
    """Return a full or cropped mask on the CT's grid as a boolean array."""
    return sitk.GetArrayFromImage(on_grid(mask, CT)) != 0


def make_case(path: Path) -> CaseFolder:
    """Create the case with both reads saved and none locked."""
    folder = CaseFolder.create(
        path, "P001", CT, Acquisition(spacing_mm=CT.GetSpacing(), size=CT.GetSize()), load_protocol(), actor="trainee"
    )
    for reader, drawn in zip(READERS, (READ_A, READ_B), strict=True):
        lesions = [Lesion(name, organ) for name, (_mask, organ) in drawn.items()]
        folder.save_read(reader, lesions, {name: mask for name, (mask, _organ) in drawn.items()})
    return folder


class Work(PanelWork):
    """The open panel with a case at hand; what it asks is answered with :attr:`answer`."""

    ui_name = "ReconcileStep"

    def __init__(self, case: Path, person: str = "senior") -> None:
        super().__init__(case, person)

    def rows(self) -> list[list[str]]:
        """Return the table's texts."""
        table = self.ui.pairTable
        return [[table.item(r, c).text() for c in range(table.columnCount)] for r in range(table.rowCount)]

    def select(self, pair_id: str) -> None:
        """Go to a pair's row, as by a click."""
        row = [texts[0] for texts in self.rows()].index(pair_id)
        self.ui.pairTable.setCurrentCell(row, 0)

    def choose(self, choice: str) -> None:
        """Choose an outline."""
        index = self.ui.choiceCombo.findData(choice)
        assert index >= 0, f"{choice} is not offered"
        self.ui.choiceCombo.currentIndex = index

    def choices(self) -> list[str]:
        """Return what is offered."""
        combo = self.ui.choiceCombo
        return [combo.itemData(n) for n in range(combo.count) if combo.itemData(n)]

    def decide(self, pair_id: str, choice: str, reason: str = "as seen on the CT") -> None:
        """Select, choose, say why and press the button."""
        self.select(pair_id)
        self.choose(choice)
        self.ui.decisionReasonEdit.text = reason
        self.ui.decideButton.click()

    def decide_all(self) -> None:
        """Decide every open pair."""
        self.decide("P1", "A")
        self.decide("P3", "B")
        self.decide("P4", "drop")

    def shown(self, group: str = "comparison") -> list:
        """Return the segmentation nodes of the step."""
        return [node for node in self.panel.session.nodes(group) if node.IsA("vtkMRMLSegmentationNode")]

    @property
    def over(self):
        """The segmentation node that is shown over the pair; None where there is none."""
        nodes = self.shown("comparison, shown over it")
        return nodes[0] if nodes else None

    def segments(self, node) -> dict[str, np.ndarray]:
        """Return a segmentation node's segments by id on the CT's grid."""
        volume = self.panel.session.volume()
        return {
            name: slicer.util.arrayFromSegmentBinaryLabelmap(node, name, volume) != 0
            for name in node.GetSegmentation().GetSegmentIDs()
        }

    def draw(self, drawn: np.ndarray) -> None:
        """Make a stroke that leaves the outline being edited as ``drawn``."""
        volume = self.panel.session.volume()
        slicer.util.updateSegmentBinaryLabelmapFromArray(drawn.astype(np.uint8), self.over, EDITED, volume)


@contextmanager
def working(template: Path, place: Path, person: str = "senior") -> Iterator[Work]:
    """Open a panel on a copy of a case folder."""
    case = place / "case"
    shutil.copytree(template, case)
    work = Work(case, person)
    try:
        yield work
    finally:
        work.close()
