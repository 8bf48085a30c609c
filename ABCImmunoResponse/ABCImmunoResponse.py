"""ABCImmunoResponse in 3D Slicer: the module, its parameter node, widget, logic and self test, and nothing else.

The work is in ABCImmunoResponseLib (plain Python, files and SimpleITK images); ABCImmunoResponseWidgets turns MRML
nodes into what it takes, and back.
"""

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import slicer
from slicer import vtkMRMLScalarVolumeNode, vtkMRMLSegmentationNode, vtkMRMLTableNode, vtkMRMLTextNode
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.parameterNodeWrapper import parameterNodeWrapper
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin

from ABCImmunoResponseLib.case import Finding, Lesion, from_mapping
from ABCImmunoResponseLib.clinical import ClinicalRecord
from ABCImmunoResponseLib.errors import MissingDependencyError
from ABCImmunoResponseLib.files import read_json
from ABCImmunoResponseLib.progress import Progress, silent
from ABCImmunoResponseWidgets.packages import importable
from ABCImmunoResponseWidgets.parameters import WorkFilter
from ABCImmunoResponseWidgets.sample_data import register_sample_data

if TYPE_CHECKING:
    from ABCImmunoResponseLib.reading.case_folder import CaseFolder


class ABCImmunoResponse(ScriptedLoadableModule):
    """What Slicer shows of the module."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        self.parent.title = _("ABC Immuno Response")
        self.parent.categories = [translate("qSlicerAbstractCoreModule", "Quantification")]
        self.parent.dependencies = []
        self.parent.contributors = ["The ABCImmunoResponse developers"]
        self.parent.helpText = _(
            "Reads RECIST 1.1 target lesions of advanced breast cancer with two blinded readers and an adjudicator, "
            "and predicts benefit from immune checkpoint inhibitors from the pretreatment CT. Research use only: the "
            "bundled model is trained on simulated patients. See the "
            '<a href="https://github.com/ABCImmunoResponse/SlicerABCImmunoResponse">documentation</a>.'
        )
        self.parent.acknowledgementText = _(
            "After the study by Zhao J. et al., J Immunother Cancer 2023;11:e006514; its authors have no part in this "
            "software."
        )
        slicer.app.connect("startupCompleted()", register_sample_data)


@parameterNodeWrapper
class ABCImmunoResponseParameterNode:
    """What the panel remembers in the scene: never who reads, nor what a reader drew, which others must not see.

    readingFolder - The folder whose cases are listed.
    workFilter - Which of them.
    caseDirectory - The case folder at hand.
    """

    readingFolder: Path
    workFilter: WorkFilter = WorkFilter.ALL
    caseDirectory: Path


class ABCImmunoResponseWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """Shows the panel and tells it what happens to the scene and the module."""

    def __init__(self, parent=None) -> None:
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic = None
        self.panel = None

    def setup(self) -> None:
        """Build the panel from its .ui files."""
        ScriptedLoadableModuleWidget.setup(self)
        from ABCImmunoResponseWidgets.panel import Panel  # not at start-up: loads SimpleITK and scipy

        self.logic = ABCImmunoResponseLogic()
        self.panel = Panel(self.logic)
        self.layout.addWidget(self.panel.widget)
        self.ui = self.panel.ui
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartCloseEvent, self.onSceneStartClose)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndCloseEvent, self.onSceneEndClose)
        self.panel.connect_parameters(self.logic.getParameterNode())
        self.panel.setup()

    def cleanup(self) -> None:
        """Let go of the scene when the module is destroyed."""
        self.removeObservers()
        if self.panel is not None:
            self.panel.cleanup()

    def enter(self) -> None:
        """Take up the scene's parameter node each time the module is opened."""
        self.panel.connect_parameters(self.logic.getParameterNode())
        self.panel.enter()

    def exit(self) -> None:
        """Leave the views and the parameter node alone while another module is open."""
        self.panel.exit()
        self.panel.connect_parameters(None)

    def onSceneStartClose(self, caller, event) -> None:
        """Save what is under way before the scene drops its nodes."""
        self.panel.scene_closing()

    def onSceneEndClose(self, caller, event) -> None:
        """Start over in the empty scene."""
        self.panel.scene_closed()
        if self.parent.isEntered:
            self.panel.connect_parameters(self.logic.getParameterNode())
            self.panel.enter()


class ABCImmunoResponseLogic(ScriptedLoadableModuleLogic):
    """Every step of a case as a method, for scripts and the panel alike.

    A case folder is named by its path; lesions are segments, named by the lesion's id. What is refused raises an
    ``ABCImmunoResponseError`` with one clear line.
    """

    def __init__(self, parent=None) -> None:
        """Load what does the work: SimpleITK and scipy come with the first logic, not with Slicer's start-up."""
        ScriptedLoadableModuleLogic.__init__(self, parent)
        from ABCImmunoResponseWidgets import results, sample_data, workflow

        self._workflow, self._results, self._sample_data = workflow, results, sample_data

    def getParameterNode(self) -> ABCImmunoResponseParameterNode:
        """Return the panel's parameter node, wrapped."""
        return ABCImmunoResponseParameterNode(super().getParameterNode())

    def createCase(
        self, caseDirectory: str | Path, volumeNode: vtkMRMLScalarVolumeNode, caseId: str, actor: str
    ) -> tuple[Finding, ...]:
        """Start a case with the CT of a volume node; return what was found about it."""
        return self._workflow.create_case(caseDirectory, volumeNode, caseId, actor).findings

    def createCaseFromFile(
        self,
        caseDirectory: str | Path,
        image: str | Path,
        caseId: str,
        actor: str,
        seriesUid: str | None = None,
        treatmentStart: date | None = None,
    ) -> tuple[Finding, ...]:
        """Start a case with a CT from a DICOM folder or an image file; return what was found about it."""
        created = self._workflow.create_case_from_file(caseDirectory, image, caseId, actor, seriesUid, treatmentStart)
        return created.findings

    def simulateCase(
        self, patientDirectory: str | Path, seed: int = 7, progress: Progress = silent
    ) -> vtkMRMLScalarVolumeNode:
        """Simulate a patient into a new folder and return her CT; the default is Sample Data's 'ABC simulated case'.

        The folder holds the CT (``dicom``), two readers' segmentations and lesions, clinical values.
        """
        return self._sample_data.simulate_case(patientDirectory, seed, progress=progress)

    def openCase(self, caseDirectory: str | Path) -> "CaseFolder":
        """Open and verify a case folder."""
        return self._workflow.open_case(caseDirectory)

    def describeCase(self, caseDirectory: str | Path) -> tuple[str, str]:
        """Return a case's state, and where it stands as text that gives away nothing of an unlocked read."""
        folder = self.openCase(caseDirectory)
        return folder.state, self._results.case_text(folder)

    def loadVolume(self, caseDirectory: str | Path) -> vtkMRMLScalarVolumeNode:
        """Show the case's CT as a volume node."""
        return self._workflow.load_volume(self.openCase(caseDirectory))

    def loadMasks(
        self, path: str | Path, volumeNode: vtkMRMLScalarVolumeNode
    ) -> tuple[vtkMRMLSegmentationNode, tuple[Finding, ...]]:
        """Show the masks of a file (label map, .seg.nrrd, DICOM SEG, RTSTRUCT) on a volume; return what was found."""
        return self._workflow.load_masks(path, volumeNode)

    def saveRead(
        self,
        caseDirectory: str | Path,
        segmentationNode: vtkMRMLSegmentationNode,
        reader: str,
        lesions: Sequence[Lesion],
    ) -> tuple[Finding, ...]:
        """Save a reader's lesions, each the segment of its id; return what was found. May be repeated until locked."""
        return self._workflow.save_read(self.openCase(caseDirectory), segmentationNode, reader, lesions)

    def lockRead(self, caseDirectory: str | Path, reader: str, statement: str = "") -> None:
        """Lock a read for good; ``statement`` is what its reader signs to."""
        self.openCase(caseDirectory).lock_read(reader, statement)

    def reconcile(self, caseDirectory: str | Path, actor: str) -> vtkMRMLTableNode:
        """Compare both locked reads; return a table of the pairs with verdict and agreement."""
        return self._workflow.reconcile(self.openCase(caseDirectory), actor)

    def adjudicate(
        self,
        caseDirectory: str | Path,
        pairId: str,
        choice: str,
        actor: str,
        reason: str,
        organ: str | None = None,
        segmentationNode: vtkMRMLSegmentationNode | None = None,
        segmentName: str | None = None,
        overrideReason: str = "",
    ) -> None:
        """Settle a pair: 'A', 'B', a proposal, 'drop', or 'edited' with the segment ``segmentName`` of a node."""
        folder = self.openCase(caseDirectory)
        given = {"organ": organ, "override_reason": overrideReason}
        if segmentationNode is not None:
            edited = self._workflow.mask_of_segment(folder, segmentationNode, segmentName)
            given |= {"mask": edited.image, "findings": edited.findings}
        folder.adjudicate(pairId, choice, actor, reason, **given)

    def sign(self, caseDirectory: str | Path, actor: str, overrideReason: str = "") -> None:
        """Sign the consensus."""
        self.openCase(caseDirectory).sign(actor, override_reason=overrideReason)

    def loadConsensus(
        self, caseDirectory: str | Path, volumeNode: vtkMRMLScalarVolumeNode | None = None
    ) -> vtkMRMLSegmentationNode:
        """Show the consensus as a segmentation node, with the reference geometry of ``volumeNode``."""
        return self._workflow.load_consensus(self.openCase(caseDirectory), volumeNode)

    def score(
        self,
        caseDirectory: str | Path,
        actor: str,
        clinical: ClinicalRecord | Mapping | str | Path | None = None,
        bundleDirectory: str | Path | None = None,
        engineName: str | None = None,
        progress: Progress = silent,
    ) -> dict:
        """Extract the consensus lesions' features, score them and return the result, as in result.json.

        ``clinical`` is a record, a mapping or the path of a JSON file; None leaves the case's values as they are.
        Without ``bundleDirectory`` the bundled model scores, without ``engineName`` numba where it is installed, else
        numpy.
        """
        folder = self.openCase(caseDirectory)
        return self._workflow.score(folder, actor, clinical, bundleDirectory, engineName, progress)

    def showResult(self, caseDirectory: str | Path) -> tuple[vtkMRMLTableNode, vtkMRMLTextNode]:
        """Show the result: a table of risk groups beside the clinical values, and result.json as text."""
        return self._workflow.show_result(self.openCase(caseDirectory))

    def report(self, caseDirectory: str | Path, actor: str, bundleDirectory: str | Path | None = None) -> Path:
        """Write the case's self-contained HTML report; return its path.

        Where it needs a package that Slicer lacks, Slicer asks whether to install it.
        """
        return self._workflow.report(self.openCase(caseDirectory), actor, bundleDirectory)

    def reopen(self, caseDirectory: str | Path, state: str, actor: str, reason: str) -> None:
        """Take a case back to an earlier state, 'locked' at the earliest; what no longer holds is kept aside."""
        self.openCase(caseDirectory).reopen(state, actor, reason)

    def verify(self, caseDirectory: str | Path) -> None:
        """Verify every file of a case; IntegrityError lists every change."""
        self.openCase(caseDirectory)

    def measure(
        self, segmentationNode: vtkMRMLSegmentationNode, volumeNode: vtkMRMLScalarVolumeNode
    ) -> vtkMRMLTableNode:
        """Measure each segment on the volume's grid: mm, mm³, end points in RAS mm; one row a segment."""
        return self._workflow.measure_segments(segmentationNode, volumeNode)

    def extract(
        self,
        volumeNode: vtkMRMLScalarVolumeNode,
        segmentationNode: vtkMRMLSegmentationNode,
        engineName: str | None = None,
        progress: Progress = silent,
    ) -> tuple[vtkMRMLTableNode, vtkMRMLTextNode]:
        """Extract the 1130 features of each segment: a table, one row a feature and one column a segment; findings."""
        return self._workflow.extract_features(volumeNode, segmentationNode, engineName, progress)


class ABCImmunoResponseTest(ScriptedLoadableModuleTest):
    """The workflow on a small simulated patient, through nodes of the scene."""

    def setUp(self) -> None:
        """Start with an empty scene."""
        slicer.mrmlScene.Clear()

    def test_a_case_from_ct_to_result(self) -> None:
        """Two readers' segmentations become a signed consensus, features, a risk group and a report."""
        from ABCImmunoResponseLib.imaging.masks import read_masks
        from ABCImmunoResponseLib.simulation.case import simulate_case
        from ABCImmunoResponseWidgets.segmentations import segmentation_from_masks

        logic = ABCImmunoResponseLogic()
        with tempfile.TemporaryDirectory() as temporary:
            patient, case = Path(temporary, "patient"), Path(temporary, "case")
            simulate_case(patient, seed=3, size=(128, 128, 64), lesions=2)
            logic.createCaseFromFile(case, patient / "dicom", "SELFTEST", "test")
            ct = logic.loadVolume(case)
            for name in ("reader-a", "reader-b"):
                lesions = [from_mapping(Lesion, entry, name) for entry in read_json(patient / f"{name}.json")]
                drawn = read_masks(patient / f"{name}.seg.nrrd", logic.openCase(case).image())
                read = segmentation_from_masks({mask.name: mask.image for mask in drawn}, name, ct)
                logic.saveRead(case, read, name, lesions)
                logic.lockRead(case, name)
            logic.reconcile(case, "test")
            for verdict in logic.openCase(case).verdicts():
                if not verdict.concordant:
                    logic.adjudicate(case, verdict.pair_id, "A" if verdict.a else "drop", "senior", "A is followed")
            logic.sign(case, "senior")
            measured = logic.measure(logic.loadConsensus(case, ct), ct)
            self.assertEqual(measured.GetNumberOfRows(), len(logic.openCase(case).consensus_lesions()))
            self.scoreAndReport(logic, case, patient / "clinical.json")
        self.delayDisplay("Test passed")

    def scoreAndReport(self, logic: ABCImmunoResponseLogic, case: Path, clinical: Path) -> None:
        """Score and report as far as the packages for it are installed; a missing one is named in one line."""
        result = logic.score(case, "test", clinical)
        self.assertEqual(result["n_features"], 1130)
        table, text = logic.showResult(case)
        self.assertIn(result["scores"]["radiomics"]["risk_group"], [table.GetCellText(row, 1) for row in range(4)])
        self.assertEqual(json.loads(text.GetText()), result)
        if not importable("jinja2", "matplotlib", "PIL"):
            self.assertRefused("jinja2, matplotlib and pillow", logic.report, case, "test")
            return
        self.assertTrue(logic.report(case, "test").is_file())

    def assertRefused(self, packages: str, step: Callable, *given) -> None:
        """See that a step is refused with one line that names the missing packages, and say so in the log."""
        with self.assertRaisesRegex(MissingDependencyError, packages) as refusal:
            step(*given)
        self.assertNotIn("\n", str(refusal.exception))
        self.delayDisplay(f"Not tested here: {refusal.exception}")
