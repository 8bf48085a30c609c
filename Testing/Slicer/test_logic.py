"""The logic, as a script in Slicer uses it: nodes in, case folder on disk, table and text nodes out."""

import json
import tempfile
import unittest
from pathlib import Path

import numpy as np
import SimpleITK as sitk
import slicer

from ABCImmunoResponse import ABCImmunoResponseLogic
from ABCImmunoResponseLib.case import Lesion
from ABCImmunoResponseLib.errors import (
    ClinicalError,
    IntegrityError,
    MaskError,
    MissingDependencyError,
    ProtocolError,
    StateError,
)
from ABCImmunoResponseLib.features.engine import engine
from ABCImmunoResponseLib.features.names import FEATURE_NAMES
from ABCImmunoResponseLib.features.recipe import load_recipe
from ABCImmunoResponseLib.recist.diameters import measure
from ABCImmunoResponseWidgets.nodes.segmentations import masks_from_segmentation, segmentation_from_masks
from ABCImmunoResponseWidgets.nodes.volumes import volume_from_image
from ABCImmunoResponseWidgets.parameters import WorkFilter
from ABCImmunoResponseWidgets.report.packages import importable

CLINICAL = {"prior_lines": 1, "metastatic_sites": 2, "visceral_metastasis": True, "er": "negative", "pr": "negative",
            "her2": "negative", "age_years": 52.0}  # fmt: skip


def scan() -> sitk.Image:
    """Return a small CT of soft tissue, 40 HU, with seeded noise; axes turned by 10 degrees about the patient's."""
    noise = np.random.default_rng(7).normal(40, 12, (28, 48, 48))
    image = sitk.GetImageFromArray(np.rint(noise).astype(np.int16))
    image.SetSpacing((0.9, 0.9, 1.25))
    image.SetOrigin((-20.0, 14.0, -300.0))
    c, s = np.cos(np.deg2rad(10)), np.sin(np.deg2rad(10))
    image.SetDirection((c, -s, 0, s, c, 0, 0, 0, 1))
    return image


def ball(image: sitk.Image, centre: tuple[int, int, int], radius_mm: float) -> sitk.Image:
    """Return a ball around voxel ``centre`` (i, j, k)."""
    i, j, k = np.meshgrid(*(np.arange(n) for n in image.GetSize()), indexing="ij")
    squares = sum(((x - c) * h) ** 2 for x, c, h in zip((i, j, k), centre, image.GetSpacing(), strict=True))
    mask = sitk.GetImageFromArray((squares <= radius_mm**2).astype(np.uint8).transpose())
    mask.CopyInformation(image)
    return mask


CT = scan()
LIVER, SMALLER, LUNG = ball(CT, (16, 16, 12), 8.0), ball(CT, (18, 16, 12), 5.5), ball(CT, (34, 32, 16), 7.0)
LESIONS_A = [Lesion("L1", "liver"), Lesion("L2", "lung")]
LESIONS_B = [Lesion("T1", "liver"), Lesion("T2", "lung")]


class LogicTest(unittest.TestCase):
    def setUp(self):
        slicer.mrmlScene.Clear()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.case = Path(folder.name, "case")
        self.logic = ABCImmunoResponseLogic()
        self.volume = volume_from_image(CT, "CT")

    def read_twice(self):
        """Two locked reads: they agree on the lung and differ on the liver."""
        self.logic.createCase(self.case, self.volume, "P001", "trainee")
        a = segmentation_from_masks({"L1": LIVER, "L2": LUNG}, "A", self.volume)
        b = segmentation_from_masks({"T1": SMALLER, "T2": LUNG}, "B", self.volume)
        self.logic.saveRead(self.case, a, "lee", LESIONS_A)
        self.logic.saveRead(self.case, b, "kim", LESIONS_B)
        self.logic.lockRead(self.case, "lee")
        self.logic.lockRead(self.case, "kim", "read without knowledge of the other read")

    def sign(self):
        self.read_twice()
        self.logic.reconcile(self.case, "trainee")
        self.logic.adjudicate(self.case, self.open_pair(), "A", "senior", "B missed the rim")
        self.logic.sign(self.case, "senior")

    def open_pair(self) -> str:
        [pair] = [
            pair["pair_id"] for pair in self.logic.openCase(self.case).describe()["pairs"] if not pair["decision"]
        ]
        return pair

    def assertSameVoxels(self, a: sitk.Image, b: sitk.Image):
        np.testing.assert_array_equal(sitk.GetArrayViewFromImage(a), sitk.GetArrayViewFromImage(b))


def texts(table, column: int) -> list[str]:
    return [table.GetCellText(row, column) for row in range(table.GetNumberOfRows())]


def columns(table) -> list[str]:
    return [table.GetColumnName(n) for n in range(table.GetNumberOfColumns())]


class CaseTest(LogicTest):
    def test_the_case_holds_the_volume(self):
        findings = self.logic.createCase(self.case, self.volume, "P001", "trainee")
        image = self.logic.openCase(self.case).image()
        self.assertSameVoxels(image, CT)
        np.testing.assert_allclose(image.GetDirection(), CT.GetDirection(), atol=1e-12)
        np.testing.assert_allclose(image.GetOrigin(), CT.GetOrigin(), atol=1e-9)
        self.assertIn("acquisition-unknown", [finding.code for finding in findings])

    def test_the_case_shows_its_volume_again(self):
        self.logic.createCase(self.case, self.volume, "P001", "trainee")
        slicer.mrmlScene.Clear()
        node = self.logic.loadVolume(self.case)
        np.testing.assert_array_equal(slicer.util.arrayFromVolume(node), sitk.GetArrayViewFromImage(CT))

    def test_a_case_may_start_from_a_file(self):
        path = self.case.with_name("ct.nrrd")
        sitk.WriteImage(CT, path)
        self.logic.createCaseFromFile(self.case, path, "P001", "trainee")
        self.assertSameVoxels(self.logic.openCase(self.case).image(), CT)

    def test_a_read_is_what_was_drawn(self):
        self.read_twice()
        folder = self.logic.openCase(self.case)
        self.assertEqual(folder.state, "locked")
        self.assertSameVoxels(folder.segments("lee")["L1"], LIVER)
        self.assertSameVoxels(folder.segments("kim")["T1"], SMALLER)

    def test_a_read_says_what_was_done_to_it(self):
        self.logic.createCase(self.case, self.volume, "P001", "trainee")
        padded = sitk.ConstantPad(CT, (0, 0, 2), (0, 0, 0))
        reaching = segmentation_from_masks({"L1": ball(padded, (16, 16, 5), 8.0)}, "A", self.volume)
        findings = self.logic.saveRead(self.case, reaching, "lee", LESIONS_A[:1])
        self.assertIn("mask-clipped", [finding.code for finding in findings])

    def test_what_is_wrong_with_a_read_is_refused_and_nothing_saved(self):
        self.logic.createCase(self.case, self.volume, "P001", "trainee")
        drawn = segmentation_from_masks({"L1": LIVER}, "A", self.volume)
        with self.assertRaisesRegex(MaskError, "no segment L2"):
            self.logic.saveRead(self.case, drawn, "lee", LESIONS_A)
        with self.assertRaises(ProtocolError):
            self.logic.saveRead(self.case, drawn, "lee", [Lesion("L1", "left knee")])
        self.assertEqual(self.logic.openCase(self.case).reads, ())

    def test_a_locked_read_does_not_change(self):
        self.read_twice()
        with self.assertRaises(StateError):
            self.logic.saveRead(self.case, segmentation_from_masks({"L1": SMALLER}, "A"), "lee", LESIONS_A[:1])


class ConsensusTest(LogicTest):
    def test_the_agreement_is_a_table(self):
        self.read_twice()
        table = self.logic.reconcile(self.case, "trainee")
        self.assertEqual(columns(table)[:4], ["pair_id", "a", "b", "cause"])
        self.assertEqual(set(zip(texts(table, 1), texts(table, 2), strict=True)), {("L1", "T1"), ("L2", "T2")})
        self.assertEqual(max(slicer.util.arrayFromTableColumn(table, "dice")), 1.0)

    def test_a_lesion_of_one_reader_is_a_row_of_its_own(self):
        self.logic.createCase(self.case, self.volume, "P001", "trainee")
        for reader, name, drawn in (
            ("lee", "L1", ball(CT, (14, 14, 12), 6.5)),
            ("kim", "T1", ball(CT, (32, 32, 14), 6.5)),
        ):
            node = segmentation_from_masks({name: drawn}, reader, self.volume)
            self.logic.saveRead(self.case, node, reader, [Lesion(name, "liver")])
            self.logic.lockRead(self.case, reader)
        table = self.logic.reconcile(self.case, "trainee")
        self.assertEqual({*texts(table, 1), ""}, {"L1", ""})
        self.assertEqual({*texts(table, 2), ""}, {"T1", ""})
        self.assertNotIn("None", [*texts(table, 1), *texts(table, 2), *texts(table, columns(table).index("dice"))])

    def test_an_edited_segment_becomes_the_consensus(self):
        self.read_twice()
        self.logic.reconcile(self.case, "trainee")
        between = ball(CT, (17, 16, 12), 7.0)
        edited = segmentation_from_masks({"mine": between, "other": LUNG}, "edited", self.volume)
        pair = self.open_pair()
        with self.assertRaisesRegex(MaskError, "no segment None"):
            self.logic.adjudicate(self.case, pair, "edited", "senior", "between both", segmentationNode=edited)
        self.logic.adjudicate(
            self.case, pair, "edited", "senior", "between both", segmentationNode=edited, segmentName="mine"
        )
        self.logic.sign(self.case, "senior")
        folder = self.logic.openCase(self.case)
        lesion = {organ.organ: organ.lesion_id for organ in folder.consensus_lesions()}["liver"]
        self.assertSameVoxels(folder.consensus_segments()[lesion], between)
        self.assertSameVoxels(folder.segments("lee")["L1"], LIVER)

    def test_the_consensus_is_a_segmentation_on_the_volume(self):
        self.sign()
        node = self.logic.loadConsensus(self.case, self.volume)
        lesions = {lesion.organ: lesion.lesion_id for lesion in self.logic.openCase(self.case).consensus_lesions()}
        for organ, expected in (("liver", LIVER), ("lung", LUNG)):
            shown = slicer.util.arrayFromSegmentBinaryLabelmap(node, lesions[organ], self.volume)
            np.testing.assert_array_equal(shown, sitk.GetArrayViewFromImage(expected))

    def test_a_reader_does_not_adjudicate_without_a_reason(self):
        self.read_twice()
        self.logic.reconcile(self.case, "trainee")
        with self.assertRaises(StateError):
            self.logic.adjudicate(self.case, self.open_pair(), "A", "lee", "mine is right")
        self.logic.adjudicate(
            self.case, self.open_pair(), "A", "lee", "mine is right", overrideReason="no third reader in this hospital"
        )


class NumbersTest(LogicTest):
    def test_a_table_of_measurements(self):
        drawn = segmentation_from_masks({"L1": LIVER, "L2": LUNG}, "A", self.volume)
        table = self.logic.measure(drawn, self.volume)
        self.assertEqual(texts(table, 0), ["L1", "L2"])
        for row, mask in enumerate((LIVER, LUNG)):
            expected = measure(mask)
            numbers = {name: slicer.util.arrayFromTableColumn(table, name)[row] for name in columns(table)[1:-1]}
            self.assertAlmostEqual(numbers["longest_diameter_mm"], expected.longest_diameter_mm, places=9)
            self.assertAlmostEqual(numbers["short_axis_mm"], expected.short_axis_mm, places=9)
            self.assertAlmostEqual(numbers["volume_mm3"], expected.volume_mm3, places=6)
            self.assertEqual(numbers["slice_index"], expected.slice_index)
            for number, (x, y, z) in enumerate(expected.endpoints_lps_mm, 1):
                shown = [numbers[f"endpoint_{number}_{axis}_mm"] for axis in "RAS"]
                np.testing.assert_allclose(shown, (-x, -y, z), atol=1e-9)

    def test_a_table_of_features(self):
        drawn = segmentation_from_masks({"L1": LIVER, "L2": LUNG}, "A", self.volume)
        steps = []
        table, text = self.logic.extract(
            self.volume, drawn, progress=lambda done, total, what: steps.append((done, total))
        )
        self.assertEqual(texts(table, 0), list(FEATURE_NAMES))
        self.assertEqual(columns(table), ["feature", "L1", "L2"])
        self.assertEqual(text.GetText() or "", "")
        # A plain Slicer lacks pyradiomics; where every check runs it is installed (test_host.py sees to that).
        reference = engine("pyradiomics" if importable("radiomics.featureextractor") else "numpy")
        expected = reference.extract(CT, {"L1": LIVER, "L2": LUNG}, load_recipe())
        for name, values in expected.items():
            np.testing.assert_allclose(slicer.util.arrayFromTableColumn(table, name), values, rtol=1e-9)
        self.assertGreater(len(steps), 2)

    def test_a_segment_too_small_for_the_protocol_has_no_features(self):
        array = sitk.GetArrayFromImage(LIVER)
        array[:12], array[13:] = 0, 0
        slice_of_it = sitk.GetImageFromArray(array)
        slice_of_it.CopyInformation(LIVER)
        drawn = segmentation_from_masks({"L1": slice_of_it}, "A", self.volume)
        nodes = slicer.mrmlScene.GetNumberOfNodes()
        with self.assertRaisesRegex(MaskError, r"L1: the mask lies on 1 slice\(s\)"):
            self.logic.extract(self.volume, drawn)
        self.assertEqual(slicer.mrmlScene.GetNumberOfNodes(), nodes)

    def test_what_was_done_to_a_segment_stands_beside_its_features(self):
        reach = [n * h for n, h in zip(CT.GetSize(), CT.GetSpacing(), strict=True)]
        size = [round(length / 1.5) for length in reach]
        coarse = sitk.Resample(LIVER, size, sitk.Transform(), sitk.sitkNearestNeighbor, CT.GetOrigin(),
                               (1.5, 1.5, 1.5), CT.GetDirection())  # fmt: skip
        drawn = segmentation_from_masks({"L1": coarse}, "A", self.volume)
        _, text = self.logic.extract(self.volume, drawn)
        [found] = masks_from_segmentation(drawn, CT)["L1"].findings
        self.assertEqual(found.code, "mask-resampled")
        self.assertEqual(text.GetName(), "A findings")
        self.assertIn(found.message, text.GetText())


class ResultTest(LogicTest):
    def test_there_is_no_result_before_the_score(self):
        self.sign()
        with self.assertRaisesRegex(StateError, "signed"):
            self.logic.showResult(self.case)

    def test_clinical_values_are_refused_before_both_reads_are_locked(self):
        self.logic.createCase(self.case, self.volume, "P001", "trainee")
        with self.assertRaises(StateError):
            self.logic.score(self.case, "trainee", CLINICAL)

    def test_wrong_clinical_values_change_nothing(self):
        self.sign()
        with self.assertRaisesRegex(ClinicalError, "prior_lines"):
            self.logic.score(self.case, "trainee", {**CLINICAL, "prior_lines": "two"})
        self.assertIsNone(self.logic.openCase(self.case).clinical())

    def test_score_result_and_report(self):
        self.sign()
        result = self.logic.score(self.case, "trainee", CLINICAL)
        table, text = self.logic.showResult(self.case)
        self.assertEqual(json.loads(text.GetText()), result)
        self.assertEqual(json.loads((self.case / "result.json").read_text(encoding="utf-8")), result)
        for node in (table, text):
            self.assertIn(result["disclaimer"], node.GetName())
        self.assertEqual(texts(table, 0)[0], "statement")
        shown = dict(zip(texts(table, 0), texts(table, 1), strict=True))
        for model in ("radiomics", "clinical", "combined"):
            self.assertEqual(shown[f"risk group, {model}"], result["scores"][model]["risk_group"])
        self.assertEqual(shown["molecular subtype"], "TNBC")
        self.assertEqual(shown["statement"], "research use only; trained on simulated patients")
        self.assertIn("unknown", shown.values())
        if not importable("jinja2", "matplotlib", "PIL"):
            with self.assertRaisesRegex(MissingDependencyError, r"\A[^\n]*jinja2, matplotlib and pillow[^\n]*\Z"):
                self.logic.report(self.case, "trainee")
            return
        report = self.logic.report(self.case, "trainee")
        self.assertIn("research use only", report.read_text(encoding="utf-8").lower())
        self.assertEqual(self.logic.openCase(self.case).state, "reported")
        with self.assertRaises(StateError):
            self.logic.report(self.case, "trainee")
        self.logic.showResult(self.case)
        self.logic.reopen(self.case, "signed", "senior", "another bundle")
        self.assertEqual(self.logic.openCase(self.case).state, "signed")

    def test_without_clinical_values_the_combined_score_is_withheld(self):
        self.sign()
        result = self.logic.score(self.case, "trainee")
        table, _ = self.logic.showResult(self.case)
        shown = dict(zip(texts(table, 0), texts(table, 1), strict=True))
        self.assertEqual(shown["risk group, combined"], "withheld")
        self.assertEqual(shown["risk group, radiomics"], result["scores"]["radiomics"]["risk_group"])


class RecordTest(LogicTest):
    def test_a_case_goes_back_with_a_reason(self):
        self.sign()
        with self.assertRaisesRegex(StateError, "cannot be reopened to 'reading'"):
            self.logic.reopen(self.case, "reading", "senior", "too early")
        self.logic.reopen(self.case, "reconciled", "senior", "the rim again")
        self.assertEqual(self.logic.openCase(self.case).state, "reconciled")
        self.assertEqual(self.logic.openCase(self.case).audit()[-1].actor, "senior")

    def test_verifying_tells_a_changed_file(self):
        self.sign()
        self.logic.verify(self.case)
        path = self.case / "image.nrrd"
        path.write_bytes(path.read_bytes()[:-1])
        with self.assertRaisesRegex(IntegrityError, "image.nrrd"):
            self.logic.verify(self.case)


class ParameterNodeTest(LogicTest):
    def test_the_parameter_node_is_one_and_remembers(self):
        node = self.logic.getParameterNode()
        node.caseDirectory = self.case
        node.workFilter = WorkFilter.TO_READ
        again = ABCImmunoResponseLogic().getParameterNode()
        self.assertEqual(again.caseDirectory, self.case)
        self.assertEqual(again.workFilter, WorkFilter.TO_READ)
        self.assertEqual(slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLScriptedModuleNode"), 1)


if __name__ == "__main__":
    unittest.main()
