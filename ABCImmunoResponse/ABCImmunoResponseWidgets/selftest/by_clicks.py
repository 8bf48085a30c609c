"""The workflow through the panel: what two readers, an adjudicator and a scorer click."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import SimpleITK as sitk
import slicer

from ABCImmunoResponseLib import DISCLAIMER
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseWidgets.nodes.segmentations import add_segment
from ABCImmunoResponseWidgets.report.packages import importable
from ABCImmunoResponseWidgets.selftest.patient import READERS, Patient, simulate

_PATIENCE_S = 180.0  # scoring in a new process, on a slow machine


def take_case(test, widget) -> dict[str, Any]:
    """Take a simulated patient from CT to report and return the result.

    ``test`` is the running TestCase, ``widget`` the module's.
    """
    with tempfile.TemporaryDirectory() as temporary:
        patient, case = simulate(Path(temporary, "patient")), Path(temporary, "SELFTEST")
        clicker = Clicker(test, widget.panel, case)
        confirm, widget.panel.confirm = widget.panel.confirm, lambda text: True
        try:
            clicker.start_case(patient)
            for reader in READERS:
                clicker.read(patient, reader)
            clicker.reconcile()
            clicker.score(patient)
            clicker.report()
        finally:
            widget.panel.confirm = confirm
            clicker.person(READERS[0])
            widget.panel.close_case()
        return CaseFolder.open(case).result()


class Clicker:
    """Clicks through the panel and asserts against the case folder."""

    def __init__(self, test, panel, case: Path) -> None:
        self.test, self.panel, self.case = test, panel, case
        self.steps = {step.ui_name: step for step in panel.steps}

    def folder(self) -> CaseFolder:
        """Return the case folder as it is on disk."""
        return CaseFolder.open(self.case)

    def person(self, name: str) -> None:
        """Let another person sit down."""
        self.panel.ui.personEdit.text = name
        self.panel.ui.personEdit.editingFinished()

    def open(self, ui_name: str):
        """Click a step's header; return the step's widgets."""
        step = self.steps[ui_name]
        getattr(self.panel.ui, f"{ui_name}Section").collapsed = False
        self.test.assertTrue(self.panel.is_open(step), self.panel.ui.messageLabel.text)
        return step.ui

    def see_closed(self, ui_name: str) -> None:
        """See that a step stays closed, and says why."""
        section = getattr(self.panel.ui, f"{ui_name}Section")
        section.collapsed = False
        self.test.assertTrue(section.collapsed)
        self.test.assertFalse(self.panel.is_open(self.steps[ui_name]))
        self.test.assertTrue(self.panel.ui.messageLabel.text)

    def wait(self, done: Callable[[], bool], what: str) -> None:
        """Let Slicer work until ``done``."""
        end = time.monotonic() + _PATIENCE_S
        while not done():
            self.test.assertLess(time.monotonic(), end, f"{what}: {self.panel.ui.messageLabel.text}")
            slicer.app.processEvents()
            time.sleep(0.02)

    def start_case(self, patient: Patient) -> None:
        """Start the case from its DICOM files."""
        self.person("trainee")
        for step in ("ReadStep", "ReconcileStep", "ScoreStep", "ReportStep"):
            self.see_closed(step)
        ui = self.open("CaseStep")
        ui.newCaseIdEdit.text = self.case.name
        ui.newFolderEdit.currentPath = str(self.case.parent)
        ui.dicomFolderEdit.currentPath = str(patient.dicom)
        ui.dicomFolderButton.click()
        self.test.assertEqual(self.folder().state, "created", self.panel.ui.messageLabel.text)
        self.test.assertEqual(ui.caseIdLabel.text, self.case.name)

    def read(self, patient: Patient, reader: str) -> None:
        """Draw what the simulated reader drew, say the organs, lock."""
        self.person(reader)
        ui = self.open("ReadStep")
        for lesion in patient.lesions[reader]:
            ui.addLesionButton.click()
            drawn = ui.lesionTable.item(ui.lesionTable.rowCount - 1, 0).text()
            self.draw(drawn, patient.masks[reader][lesion.lesion_id].image)
            organ = self.panel.session.folder.protocol.organ(lesion.organ)
            ui.organCombo.currentIndex = ui.organCombo.findText(organ.label)
        self.wait(lambda: not ui.incompleteLabel.text, "The read is not complete")
        for step in ("ReconcileStep", "ScoreStep", "ReportStep"):
            self.see_closed(step)
            self.open("ReadStep")
        ui.lockReadButton.click()
        self.test.assertIn(reader, [read.reader for read in self.folder().reads], self.panel.ui.messageLabel.text)
        read = next(read for read in self.folder().reads if read.reader == reader)
        self.test.assertTrue(read.locked, self.panel.ui.messageLabel.text)
        self.test.assertEqual(len(read.lesions), len(patient.lesions[reader]))
        self.test.assertEqual(
            sorted(m.n_voxels for m in read.measurements.values()), sorted(voxels(patient.masks[reader]))
        )

    def draw(self, lesion_id: str, mask) -> None:
        """Make a stroke that leaves a lesion's segment as ``mask``."""
        node = next(n for n in self.panel.session.nodes("read") if n.IsA("vtkMRMLSegmentationNode"))
        scratch = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode")
        add_segment(scratch, lesion_id, mask, self.panel.session.folder.image())
        labelmap = slicer.vtkOrientedImageData()
        scratch.GetBinaryLabelmapRepresentation(lesion_id, labelmap)
        segment_id = node.GetSegmentation().GetSegmentIdBySegmentName(lesion_id)
        slicer.vtkSlicerSegmentationsModuleLogic.SetBinaryLabelmapToSegment(labelmap, node, segment_id)
        slicer.mrmlScene.RemoveNode(scratch)

    def reconcile(self) -> None:
        """Compare, settle each open pair, sign."""
        self.person("senior")
        ui = self.open("ReconcileStep")
        ui.compareButton.click()
        for pair_id in self.folder().consensus().open_pairs:
            rows = [ui.pairTable.item(row, 0).text() for row in range(ui.pairTable.rowCount)]
            ui.pairTable.setCurrentCell(rows.index(pair_id), 0)
            verdict = next(verdict for verdict in self.folder().verdicts() if verdict.pair_id == pair_id)
            choice = "A" if verdict.a else "drop"
            ui.choiceCombo.currentIndex = ui.choiceCombo.findData(choice)
            ui.decisionReasonEdit.text = "A is followed"
            ui.decideButton.click()
            decision = next(d for d in self.folder().consensus().decisions if d.pair_id == pair_id)
            self.test.assertEqual((decision.choice, decision.actor), (choice, "senior"))
        self.see_closed("ScoreStep")
        ui = self.open("ReconcileStep")
        ui.signButton.click()
        self.test.assertEqual(self.folder().state, "signed", self.panel.ui.messageLabel.text)

    def score(self, patient: Patient) -> None:
        """Record the clinical values and score in the worker process."""
        self.panel.logic.setClinical(self.case, patient.clinical, "senior")
        self.panel.changed()
        ui = self.open("ScoreStep")
        self.test.assertIn(DISCLAIMER, self.panel.ui.disclaimerLabel.text.lower())
        ui.scoreButton.click()
        self.wait(lambda: self.folder().state == "scored" and not ui.cancelButton.enabled, "The case is not scored")
        result = self.folder().result()
        self.test.assertEqual(result["n_features"], 1130)
        self.test.assertIn(result["scores"]["radiomics"]["risk_group"], ui.riskLabel.text.lower())
        self.test.assertIn(DISCLAIMER, ui.resultStatementLabel.text.lower())

    def report(self) -> None:
        """Write the report where the packages for it are installed."""
        ui = self.open("ReportStep")
        if not importable("jinja2", "matplotlib", "PIL"):
            self.test.delayDisplay("Not tested here: the report's packages are not installed")
            return
        ui.writeReportButton.click()
        self.wait(lambda: self.folder().state == "reported" and not ui.cancelReportButton.enabled, "No report")
        self.test.assertTrue((self.case / "report.html").is_file())


def voxels(masks) -> list[int]:
    """Return how many voxels each mask has."""
    return [int(sitk.GetArrayViewFromImage(mask.image).sum()) for mask in masks.values()]
