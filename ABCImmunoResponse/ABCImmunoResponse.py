"""ABCImmunoResponse in 3D Slicer: the module, its parameter node, widget, logic and self test, and nothing else.

The work is in ABCImmunoResponseLib (plain Python, files and SimpleITK images); ABCImmunoResponseWidgets turns MRML
nodes into what it takes, and back.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import slicer
from slicer import (
    vtkMRMLMarkupsLineNode,
    vtkMRMLScalarVolumeNode,
    vtkMRMLSegmentationNode,
    vtkMRMLTableNode,
    vtkMRMLTextNode,
)
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

from ABCImmunoResponseLib.case import Finding, Lesion
from ABCImmunoResponseLib.clinical import ClinicalRecord
from ABCImmunoResponseLib.progress import Progress, silent
from ABCImmunoResponseWidgets.parameters import WorkFilter
from ABCImmunoResponseWidgets.sample_data import register_sample_data, simulate_case

if TYPE_CHECKING:
    from ABCImmunoResponseLib.reading.case_folder import CaseFolder
    from ABCImmunoResponseLib.reading.drafts import DraftLesion
    from ABCImmunoResponseLib.reading.overview import Overview
    from ABCImmunoResponseLib.reading.worklist import WorkItem
    from ABCImmunoResponseWidgets.score.result_nodes import ResultNodes


PathLike = str | Path


class ABCImmunoResponse(ScriptedLoadableModule):
    """What Slicer shows of the module."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        self.parent.title = _("ABC Immuno Response")
        self.parent.categories = [translate("qSlicerAbstractCoreModule", "Quantification")]
        # Unloaded after this module: what the panel still shows when Slicer is closed is let go while they are there.
        self.parent.dependencies = ["Markups", "Plots", "SegmentEditor", "SubjectHierarchy", "Tables", "Volumes"]
        self.parent.contributors = ["The ABCImmunoResponse developers"]
        self.parent.helpText = _(
            "Reads RECIST 1.1 target lesions of advanced breast cancer with two blinded readers and an adjudicator, "
            "and predicts benefit from immune checkpoint inhibitors from the pretreatment CT. Research use only: the "
            "bundled model is trained on simulated patients. See the "
            '<a href="https://github.com/ABCImmunoResponse/SlicerABCImmunoResponse">documentation</a>.'
        )
        self.parent.acknowledgementText = _("After Zhao et al. 2023, doi 10.1136/jitc-2022-006514, by others.")
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
        self.panel.setup()
        self.panel.connect_parameters(self.logic.getParameterNode())
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartCloseEvent, self.onSceneStartClose)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndCloseEvent, self.onSceneEndClose)

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
        from ABCImmunoResponseWidgets import workflow
        from ABCImmunoResponseWidgets.read import reading_nodes
        from ABCImmunoResponseWidgets.reconcile import comparison
        from ABCImmunoResponseWidgets.report import exporting

        self._workflow, self._reading, self._comparison = workflow, reading_nodes, comparison
        self._exporting = exporting

    def getParameterNode(self) -> ABCImmunoResponseParameterNode:
        """Return the panel's parameter node, wrapped."""
        return ABCImmunoResponseParameterNode(super().getParameterNode())

    def createCase(
        self, caseDirectory: PathLike, volumeNode: vtkMRMLScalarVolumeNode, caseId: str, actor: str
    ) -> tuple[Finding, ...]:
        """Start a case with the CT of a volume node; return what was found about it."""
        return self._workflow.create_case(caseDirectory, volumeNode, caseId, actor).findings

    def createCaseFromFile(
        self,
        caseDirectory: PathLike,
        image: PathLike,
        caseId: str,
        actor: str,
        seriesUid: str | None = None,
        treatmentStart: date | None = None,
    ) -> tuple[Finding, ...]:
        """Start a case with a CT from a DICOM folder or an image file; return what was found about it."""
        given = (caseDirectory, image, caseId, actor, seriesUid, treatmentStart)
        return self._workflow.create_case_from_file(*given).findings

    def simulateCase(
        self, patientDirectory: PathLike, seed: int = 7, progress: Progress = silent
    ) -> vtkMRMLScalarVolumeNode:
        """Simulate a patient into a new folder and return her CT; the default is Sample Data's 'ABC simulated case'.

        The folder holds the CT (``dicom``), two readers' segmentations and lesions, clinical values.
        """
        return simulate_case(patientDirectory, seed, progress=progress)

    def listCases(self, readingFolder: PathLike, person: str = "", which: str = "all") -> "tuple[WorkItem, ...]":
        """Return the cases below a folder: 'all', or of ``person`` those 'to-read', 'to-adjudicate', 'to-score'."""
        return self._workflow.list_cases(readingFolder, person, which)

    def openCase(self, caseDirectory: PathLike) -> "CaseFolder":
        """Open and verify a case folder."""
        return self._workflow.open_case(caseDirectory)

    def describeCase(self, caseDirectory: PathLike) -> tuple[str, str]:
        """Return a case's state, and where it stands as text that gives away nothing of an unlocked read."""
        return self._workflow.describe_case(self.openCase(caseDirectory))

    def loadVolume(self, caseDirectory: PathLike) -> vtkMRMLScalarVolumeNode:
        """Show the case's CT as a volume node."""
        return self._workflow.load_volume(self.openCase(caseDirectory))

    def loadMasks(
        self, path: PathLike, volumeNode: vtkMRMLScalarVolumeNode
    ) -> tuple[vtkMRMLSegmentationNode, tuple[Finding, ...]]:
        """Show the masks of a file (label map, .seg.nrrd, DICOM SEG, RTSTRUCT) on a volume; return what was found."""
        return self._workflow.load_masks(path, volumeNode)

    def startRead(
        self, caseDirectory: PathLike, reader: str, volumeNode: vtkMRMLScalarVolumeNode | None = None
    ) -> vtkMRMLSegmentationNode:
        """Show a reader's draft, begun where there is none, or the locked read; a segment for each lesion."""
        return self._reading.start_read(self.openCase(caseDirectory), reader, volumeNode)

    def draftLesions(self, caseDirectory: PathLike, reader: str) -> "tuple[DraftLesion, ...]":
        """Return what a reader said of the lesions of the draft, or of the locked read."""
        return self._reading.draft_lesions(self.openCase(caseDirectory), reader)

    def saveDraft(
        self,
        caseDirectory: PathLike,
        segmentationNode: vtkMRMLSegmentationNode,
        reader: str,
        lesions: "Sequence[DraftLesion | Lesion]",
    ) -> None:
        """Save lesions, complete or not, with the segments of their ids as the reader's draft."""
        self._reading.save_draft(self.openCase(caseDirectory), segmentationNode, reader, lesions)

    def readOverview(
        self,
        caseDirectory: PathLike,
        segmentationNode: vtkMRMLSegmentationNode,
        lesions: "Sequence[DraftLesion | Lesion]",
    ) -> "Overview":
        """Return the lesions' sizes, what RECIST says of them, and which targets it would choose and why."""
        return self._reading.read_overview(self.openCase(caseDirectory), segmentationNode, lesions)

    def showDiameters(
        self, caseDirectory: PathLike, segmentationNode: vtkMRMLSegmentationNode, lesionId: str
    ) -> tuple[vtkMRMLMarkupsLineNode, vtkMRMLMarkupsLineNode]:
        """Show a lesion's longest diameter and short axis as line markups."""
        return self._reading.show_diameters(self.openCase(caseDirectory), segmentationNode, lesionId)

    def saveRead(
        self, caseDirectory: PathLike, segmentationNode: vtkMRMLSegmentationNode, reader: str, lesions: Sequence[Lesion]
    ) -> tuple[Finding, ...]:
        """Save a reader's lesions, each the segment of its id; return what was found. May be repeated until locked."""
        return self._workflow.save_read(self.openCase(caseDirectory), segmentationNode, reader, lesions)

    def lockRead(self, caseDirectory: PathLike, reader: str, statement: str = "") -> None:
        """Lock a read for good; ``statement`` is what its reader signs to."""
        self.openCase(caseDirectory).lock_read(reader, statement)

    def withdrawRead(self, caseDirectory: PathLike, reader: str, reason: str) -> None:
        """Take a read that is not locked out of the record."""
        self._reading.withdraw_read(self.openCase(caseDirectory), reader, reason)

    def reconcile(self, caseDirectory: PathLike, actor: str) -> vtkMRMLTableNode:
        """Compare both locked reads; return a table of the pairs with verdict and agreement."""
        return self._workflow.reconcile(self.openCase(caseDirectory), actor)

    def loadReads(
        self, caseDirectory: PathLike, volumeNode: vtkMRMLScalarVolumeNode | None = None
    ) -> tuple[vtkMRMLSegmentationNode, vtkMRMLSegmentationNode]:
        """Show both locked reads."""
        return self._comparison.load_reads(self.openCase(caseDirectory), volumeNode)

    def showPair(
        self, caseDirectory: PathLike, pairId: str, volumeNode: vtkMRMLScalarVolumeNode | None = None
    ) -> vtkMRMLSegmentationNode:
        """Show a pair: the outlines A and B, and hatched where only one of them is."""
        return self._comparison.show_pair(self.openCase(caseDirectory), pairId, volumeNode)

    def loadProposal(
        self, caseDirectory: PathLike, pairId: str, choice: str, volumeNode: vtkMRMLScalarVolumeNode | None = None
    ) -> vtkMRMLSegmentationNode:
        """Show a pair's 'staple', 'intersection', 'union' or 'midway'."""
        return self._comparison.load_proposal(self.openCase(caseDirectory), pairId, choice, volumeNode)

    def editPair(
        self, caseDirectory: PathLike, pairId: str, choice: str, volumeNode: vtkMRMLScalarVolumeNode | None = None
    ) -> vtkMRMLSegmentationNode:
        """Show a copy of the outline ``choice`` of a pair to edit; its segment 'edited' is for ``adjudicate``."""
        return self._comparison.edit_pair(self.openCase(caseDirectory), pairId, choice, volumeNode)

    def adjudicate(
        self,
        caseDirectory: PathLike,
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

    def sign(self, caseDirectory: PathLike, actor: str, overrideReason: str = "") -> None:
        """Sign the consensus."""
        self.openCase(caseDirectory).sign(actor, override_reason=overrideReason)

    def loadConsensus(
        self, caseDirectory: PathLike, volumeNode: vtkMRMLScalarVolumeNode | None = None
    ) -> vtkMRMLSegmentationNode:
        """Show the consensus as a segmentation node, with the reference geometry of ``volumeNode``."""
        return self._workflow.load_consensus(self.openCase(caseDirectory), volumeNode)

    def setClinical(self, caseDirectory: PathLike, clinical: ClinicalRecord | Mapping | PathLike, actor: str) -> None:
        """Record the clinical values, over those before."""
        self._workflow.set_clinical(self.openCase(caseDirectory), clinical, actor)

    def score(
        self,
        caseDirectory: PathLike,
        actor: str,
        clinical: ClinicalRecord | Mapping | PathLike | None = None,
        bundleDirectory: PathLike | None = None,
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

    def showResult(self, caseDirectory: PathLike) -> tuple[vtkMRMLTableNode, vtkMRMLTextNode]:
        """Show the result: a table of risk groups beside the clinical values, and result.json as text."""
        return self._workflow.show_result(self.openCase(caseDirectory))

    def showCharts(self, caseDirectory: PathLike, bundleDirectory: PathLike | None = None) -> "ResultNodes":
        """Show the result as tables and charts: clinical values, attributions, lesions, where the patient lies."""
        return self._workflow.show_charts(self.openCase(caseDirectory), bundleDirectory)

    def exportFeatures(self, caseDirectory: PathLike, path: PathLike) -> Path:
        """Write the target lesions' 1130 features to a CSV file outside the case folder; return its path."""
        return self._exporting.export_features(self.openCase(caseDirectory), path)

    def exportReport(self, caseDirectory: PathLike, path: PathLike) -> Path:
        """Write a copy of the report outside the case folder; return its path."""
        return self._exporting.export_report(self.openCase(caseDirectory), path)

    def report(self, caseDirectory: PathLike, actor: str, bundleDirectory: PathLike | None = None) -> Path:
        """Write the case's self-contained HTML report; return its path.

        Where it needs a package that Slicer lacks, Slicer asks whether to install it.
        """
        return self._workflow.report(self.openCase(caseDirectory), actor, bundleDirectory)

    def reopen(self, caseDirectory: PathLike, state: str, actor: str, reason: str) -> None:
        """Take a case back to an earlier state, 'locked' at the earliest; what no longer holds is kept aside."""
        self.openCase(caseDirectory).reopen(state, actor, reason)

    def verify(self, caseDirectory: PathLike) -> None:
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
    """The whole workflow on a small simulated patient, by scripts and by clicks."""

    def setUp(self) -> None:
        """Start with an empty scene."""
        slicer.mrmlScene.Clear()

    def test_a_case_by_clicks_and_by_scripts(self) -> None:
        """Two readers, an adjudicator and a scorer click a case through the panel; scripts give the same scores."""
        from ABCImmunoResponseWidgets.selftest import by_clicks, by_scripts

        clicked = by_clicks.take_case(self, slicer.util.getModuleWidget("ABCImmunoResponse"))
        scripted = by_scripts.take_case(self, ABCImmunoResponseLogic())
        self.assertEqual(clicked["scores"], scripted["scores"])
        self.assertEqual(clicked["lesions"], scripted["lesions"])
        self.delayDisplay("Test passed")
