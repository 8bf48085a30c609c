"""Take pictures of every step of the panel, light and dark, on the stand-in host: the tutorial's case, by clicks.

``python Testing/Tools/screenshots.py [FOLDER]`` writes them to build/screenshots; with ``--docs`` those of README and
tutorial are renewed in Docs/images as well.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "Testing" / "Host"), str(ROOT / "ABCImmunoResponse")]
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import slicerhost  # noqa: E402 - from the folder above

host = slicerhost.install(window=True)

import numpy as np  # noqa: E402 - what follows imports slicer's submodules, which exist from here on
import SimpleITK as sitk  # noqa: E402
import slicer  # noqa: E402
from PIL import Image  # noqa: E402

from ABCImmunoResponseLib.clinical import read_clinical  # noqa: E402
from ABCImmunoResponseLib.imaging.masks import read_masks  # noqa: E402
from ABCImmunoResponseWidgets import sample_data  # noqa: E402
from ABCImmunoResponseWidgets.score.clinical_form import texts_of  # noqa: E402
from slicerhost import strokes  # noqa: E402
from slicerhost.pythonqt import errors, process_events  # noqa: E402
from slicerhost.sample_data import press_button  # noqa: E402
from slicerhost.views import screenshot  # noqa: E402

SIZE, PANEL_WIDTH = (1280, 940), 400
IN_DOCS = ("case", "read", "reconcile", "score", "report")
DOCS = ROOT / "Docs" / "images"
ORGANS = ("Liver", "Lung", "Abdominal lymph node")
BRUSH_MM = 1.5
_LONG = 3  # the lesion table's column of the longest diameter


class Walk:
    """One patient through the panel; ``folder`` takes the pictures, ``cases`` the case folder."""

    def __init__(self, folder: Path, cases: Path) -> None:
        self.folder, self.cases = folder, cases
        self.module = slicerhost.load_module(ROOT / "ABCImmunoResponse" / "ABCImmunoResponse.py")
        host.complete_startup()
        self.panel = self.module.open().panel
        self.panel.confirm = lambda question: True  # the host's own dialogs say no, as Slicer's in testing mode

    def step(self, name: str):
        """Return a step of the panel by its title."""
        return next(step for step in self.panel.steps if step.title == name)

    def open(self, name: str):
        """Open a step by a click on its section; return its widgets."""
        step = self.step(name)
        getattr(self.panel.ui, f"{step.ui_name}Section").collapsed = False
        process_events()
        if not self.panel.is_open(step):
            raise RuntimeError(f"{name} does not open: {self.panel.ui.messageLabel.text}")
        return step.ui

    def as_person(self, name: str) -> None:
        """Type a name at the top of the panel."""
        self.panel.ui.personEdit.text = name
        self.panel.ui.personEdit.editingFinished()
        process_events()

    def picture(self, name: str, scroll_to=None) -> None:
        """Write the window as it is now, light and dark."""
        process_events()
        for theme in ("light", "dark"):
            screenshot(
                self.panel.widget,
                self.folder / f"{name}-{theme}.png",
                SIZE,
                PANEL_WIDTH,
                theme=theme,
                module="ABC Immuno Response",
                scroll_to=scroll_to,
            )
        print(name)

    def take_all(self) -> None:
        """Walk through all five steps."""
        press_button(sample_data.SAMPLE_NAME)
        wait(lambda: not sample_data._at_work)
        self.start_case()
        self.read("lee", "reader-a.seg.nrrd", pictures=True)
        self.read("chen", "reader-b.seg.nrrd")
        self.reconcile()
        self.score()
        self.report()
        complaints = [*host.messages.take(), *map(str, errors.take())]
        if complaints:
            raise RuntimeError("\n".join(complaints))

    def start_case(self) -> None:
        self.as_person("lee")
        ui = self.open("Case")
        ui.newBox.collapsed = False
        ui.readingFolderEdit.currentPath = str(self.cases)
        ui.newCaseIdEdit.text = "P001"
        ui.volumeSelector.setCurrentNode(slicer.util.getNode(sample_data.SAMPLE_NAME))
        self.picture("new-case")
        ui.startButton.click()
        ui.newBox.collapsed = True
        self.picture("case")

    def read(self, person: str, file: str, pictures: bool = False) -> None:
        self.as_person(person)
        ui, step = self.open("Read"), self.step("Read")
        image = self.panel.session.folder.image()
        masks = read_masks(sample_data.sample_folder() / file, image, crop=True)
        ui.ctLayoutButton.click()
        for row, (organ, mask) in enumerate(zip(ORGANS, masks, strict=True)):
            ui.addLesionButton.click()
            paint(step._editor.widget, mask.image)
            ui.organCombo.currentText = organ
            wait(lambda row=row: ui.lesionTable.item(row, _LONG).text())  # measured a moment after the stroke
        ui.lesionTable.selectRow(0)
        process_events()
        ui.jumpToLesionButton.click()
        if pictures:
            self.picture("read")
            self.picture("read-draw", ui.editorBox)
            ui.proposeButton.click()
            self.picture("read-sign", ui.proposalBox)
        ui.lockReadButton.click()
        wait(lambda: any(read.locked for read in self.panel.session.folder.reads_for(person) if read.reader == person))

    def reconcile(self) -> None:
        self.as_person("senior")
        ui = self.open("Reconcile")
        ui.compareButton.click()
        process_events()
        ui.nextOpenPairButton.click()
        ui.choiceCombo.currentIndex = ui.choiceCombo.findText("A's outline")
        ui.decisionReasonEdit.text = "B took in healthy liver"
        self.picture("reconcile")
        ui.decideButton.click()
        self.picture("reconcile-decided", ui.decisionBox)
        ui.signButton.click()

    def score(self) -> None:
        ui, step = self.open("Score"), self.step("Score")
        step._values._form.restore(texts_of(read_clinical(sample_data.sample_folder() / "clinical.json")))
        self.picture("score-values")
        ui.scoreButton.click()
        wait(lambda: self.panel.session.folder.state == "scored")
        for name in ("Attributions", "Where the patient lies, combined"):  # a table, a chart
            ui.nodeCombo.currentIndex = ui.nodeCombo.findText(name)
            ui.showNodeButton.click()
        self.picture("score")

    def report(self) -> None:
        ui = self.open("Report")
        ui.writeReportButton.click()
        wait(lambda: self.panel.session.folder.state == "reported")
        self.picture("report")


def paint(editor, mask: sitk.Image) -> None:
    """Paint a mask with a round brush, as far as the brush gets into its corners."""
    depth = sitk.GetArrayFromImage(sitk.SignedMaurerDistanceMap(mask, insideIsPositive=True, useImageSpacing=True))
    inside = np.argwhere(depth >= min(BRUSH_MM, depth.max()))[:, ::-1]
    points = [mask.TransformIndexToPhysicalPoint(index) for index in inside.tolist()]
    editor.setActiveEffectByName("Paint")
    strokes.paint(editor, [(-x, -y, z) for x, y, z in points], BRUSH_MM, sphere=True)
    process_events()


def wait(done: Callable[[], bool], seconds: float = 120.0) -> None:
    """Let Slicer's events come until something is done."""
    until = time.monotonic() + seconds
    while not done():
        if time.monotonic() > until:
            raise TimeoutError("the panel did not get on")
        process_events()
        time.sleep(0.01)
    process_events()


def to_docs(folder: Path) -> None:
    """Put the pictures that documents show into Docs/images, in few colours: they must stay small."""
    for name in IN_DOCS:
        picture = Image.open(folder / f"{name}-light.png").convert("RGB")
        picture.quantize(200, dither=Image.Dither.NONE, kmeans=2).save(DOCS / f"panel-{name}.png", optimize=True)


def main(words: Sequence[str] | None = None) -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description="Take pictures of the panel on the stand-in host.")
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "build" / "screenshots")
    parser.add_argument("--docs", action="store_true", help="renew the pictures in Docs/images too")
    given = parser.parse_args(words)
    given.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="reading-") as cases:
        walk = Walk(given.folder, Path(cases))
        walk.take_all()
        walk.module.unload()
    if given.docs:
        to_docs(given.folder)


if __name__ == "__main__":
    main()
