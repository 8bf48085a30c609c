"""A pair of lesions in the scene: both outlines, their difference, proposals, and an outline to be edited."""

import tempfile
import unittest
from pathlib import Path

import numpy as np
import SimpleITK as sitk
import slicer
import vtk
from vtk.util.numpy_support import vtk_to_numpy

from ABCImmunoResponseLib.case import Lesion
from ABCImmunoResponseLib.errors import CaseFolderError, MaskError, StateError
from ABCImmunoResponseLib.imaging.cropping import on_grid
from ABCImmunoResponseLib.recist.diameters import measure
from ABCImmunoResponseWidgets import workflow
from ABCImmunoResponseWidgets.nodes.segmentations import masks_from_segmentation, segmentation_from_masks
from ABCImmunoResponseWidgets.nodes.volumes import volume_from_image
from ABCImmunoResponseWidgets.reconcile import comparison
from ABCImmunoResponseWidgets.reconcile.comparison_display import (
    ONLY_A,
    ONLY_B,
    A,
    B,
    display_of,
    show_everywhere,
    show_segment,
    show_side_by_side,
)
from ABCImmunoResponseWidgets.reconcile.patterns import LEAST, MOST


def scan() -> sitk.Image:
    """Return a CT of soft tissue with noise, stored sagittally: the axial slices lie across its second axis."""
    noise = np.random.default_rng(7).normal(40, 12, (48, 28, 48))
    image = sitk.GetImageFromArray(np.rint(noise).astype(np.int16))
    image.SetSpacing((0.9, 1.25, 0.9))
    image.SetOrigin((-20.0, 14.0, -300.0))
    image.SetDirection((0, 0, 1, 1, 0, 0, 0, 1, 0))
    return image


def ball(image: sitk.Image, centre: tuple[int, int, int], radius_mm: float) -> sitk.Image:
    """Return a ball around voxel ``centre`` (i, j, k)."""
    i, j, k = np.meshgrid(*(np.arange(n) for n in image.GetSize()), indexing="ij")
    squares = sum(((x - c) * h) ** 2 for x, c, h in zip((i, j, k), centre, image.GetSpacing(), strict=True))
    mask = sitk.GetImageFromArray((squares <= radius_mm**2).astype(np.uint8).transpose())
    mask.CopyInformation(image)
    return mask


CT = scan()
WIDE, NARROW = ball(CT, (16, 12, 16), 9.0), ball(CT, (19, 12, 16), 7.0)
SAME, ALONE = ball(CT, (36, 14, 34), 7.0), ball(CT, (14, 16, 36), 6.5)
AXIAL = 1  # the array axis (k, j, i) across which the axial slices lie


def voxels(mask: sitk.Image) -> np.ndarray:
    return sitk.GetArrayFromImage(on_grid(mask, CT)) != 0


def coverage(node, name: str) -> np.ndarray:
    """Return which part of each of the CT's voxels (k, j, i) a segment covers."""
    labelmap = node.GetSegmentation().GetSegment(name).GetRepresentation("Binary labelmap")
    array = vtk_to_numpy(labelmap.GetPointData().GetScalars()).reshape(labelmap.GetDimensions()[::-1])
    matrix = vtk.vtkMatrix4x4()
    labelmap.GetImageToWorldMatrix(matrix)
    samples = np.argwhere(array)[:, ::-1] + labelmap.GetExtent()[::2]
    points = (slicer.util.arrayFromVTKMatrix(matrix) @ np.c_[samples, np.ones(len(samples))].T)[:3].T * (-1, -1, 1)
    covered = np.zeros(CT.GetSize()[::-1])
    for point in points:
        covered[CT.TransformPhysicalPointToIndex(point.tolist())[::-1]] += 1
    return covered * np.prod(labelmap.GetSpacing()) / np.prod(CT.GetSpacing())


class TwoReads(unittest.TestCase):
    def setUp(self):
        slicer.mrmlScene.Clear()
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.case = Path(temporary.name, "case")
        self.volume = volume_from_image(CT, "CT")
        workflow.create_case(self.case, self.volume, "P001", "trainee")

    def read(self, reader: str, masks: dict[str, sitk.Image], organs: dict[str, str], *, lock: bool = True):
        drawn = segmentation_from_masks(masks, reader, self.volume)
        folder = workflow.open_case(self.case)
        workflow.save_read(folder, drawn, reader, [Lesion(name, organs[name]) for name in masks])
        if lock:
            folder.lock_read(reader)
        slicer.mrmlScene.RemoveNode(drawn)

    def reconciled(self):
        """Two locked reads: one pair is outlined differently, one alike, one by A alone."""
        organs = {"L1": "liver", "L2": "lung", "L3": "lung"}
        self.read("lee", {"L1": WIDE, "L2": SAME, "L3": ALONE}, organs)
        self.read("kim", {"L1": NARROW, "L2": SAME}, organs)
        folder = workflow.open_case(self.case)
        folder.reconcile("trainee")
        return folder

    def shown(self, node, names=None) -> dict[str, np.ndarray]:
        masks = masks_from_segmentation(node, CT, names)
        return {name: voxels(mask.image) for name, mask in masks.items()}


class PairTest(TwoReads):
    def test_a_pair_is_both_outlines_and_what_only_one_of_them_holds(self):
        folder = self.reconciled()
        node = comparison.show_pair(folder, "P1", self.volume)
        shown = self.shown(node, [A, B])
        np.testing.assert_array_equal(shown[A], voxels(WIDE))
        np.testing.assert_array_equal(shown[B], voxels(NARROW))
        for name, difference in ((ONLY_A, shown[A] & ~shown[B]), (ONLY_B, shown[B] & ~shown[A])):
            covered = coverage(node, name)
            self.assertFalse((covered > 0)[~difference].any())
            for plane, whole in zip(*(np.moveaxis(x, AXIAL, 0) for x in (covered, difference)), strict=True):
                self.assertEqual(plane.any(), whole.any())
                if whole.any():
                    self.assertGreater(plane.sum(), LEAST * whole.sum())
                    self.assertLess(plane.sum(), MOST * whole.sum())

    def test_the_pattern_is_finer_than_the_voxels_of_a_small_lesion(self):
        node = comparison.show_pair(self.reconciled(), "P1", self.volume)
        covered = coverage(node, ONLY_A)
        self.assertTrue(((covered > 0) & (covered < 1)).any())
        labelmap = node.GetSegmentation().GetSegment(ONLY_A).GetRepresentation("Binary labelmap")
        np.testing.assert_allclose(labelmap.GetSpacing(), (0.3, 1.25, 0.3), rtol=1e-9)  # whole slices, axial ones

    def test_a_pair_without_difference_has_outlines_alone(self):
        node = comparison.show_pair(self.reconciled(), "P2", self.volume)
        self.assertEqual(node.GetSegmentation().GetSegmentIDs(), (A, B))

    def test_a_lesion_of_one_reader_is_all_difference(self):
        node = comparison.show_pair(self.reconciled(), "P3", self.volume)
        self.assertEqual(node.GetSegmentation().GetSegmentIDs(), (A, ONLY_A))
        np.testing.assert_array_equal(self.shown(node, [A])[A], voxels(ALONE))

    def test_the_reads_of_a_case_are_shown_as_a_and_b(self):
        nodes = comparison.load_reads(self.reconciled(), self.volume)
        self.assertEqual([node.GetName() for node in nodes], ["P001 A", "P001 B"])
        np.testing.assert_array_equal(self.shown(nodes[1])["L1"], voxels(NARROW))

    def test_nothing_tells_who_the_readers_are(self):
        folder = self.reconciled()
        comparison.show_pair(folder, "P1", self.volume)
        comparison.edit_pair(folder, "P1", "A", self.volume)
        comparison.load_reads(folder, self.volume)
        scene = slicer.mrmlScene
        scene.SetSaveToXMLString(True)
        scene.Commit()
        for reader in ("lee", "kim"):
            self.assertNotIn(reader, scene.GetSceneXMLString())

    def test_nothing_is_shown_before_both_reads_are_locked(self):
        self.read("lee", {"L1": WIDE}, {"L1": "liver"})
        self.read("kim", {"L1": NARROW}, {"L1": "liver"}, lock=False)
        folder = workflow.open_case(self.case)
        nodes = slicer.mrmlScene.GetNumberOfNodes()
        for show in (lambda: comparison.show_pair(folder, "P1"), lambda: comparison.load_reads(folder)):
            with self.assertRaises(StateError):
                show()
        self.assertEqual(slicer.mrmlScene.GetNumberOfNodes(), nodes)

    def test_a_pair_that_does_not_exist_is_named(self):
        folder = self.reconciled()
        with self.assertRaisesRegex(CaseFolderError, "no pair 'P9'; there are P1, P2, P3"):
            comparison.show_pair(folder, "P9", self.volume)

    def test_a_case_that_is_not_compared_has_no_pairs(self):
        self.read("lee", {"L1": WIDE}, {"L1": "liver"})
        self.read("kim", {"L1": NARROW}, {"L1": "liver"})
        with self.assertRaisesRegex(CaseFolderError, "compare both reads first"):
            comparison.show_pair(workflow.open_case(self.case), "P1", self.volume)


class LookTest(TwoReads):
    def test_one_looks_at_the_slice_that_differs_most(self):
        folder = self.reconciled()
        outlines = comparison.load_outlines(folder)
        point, width = comparison.look_at(outlines, comparison.find_verdict(folder, "P1"))
        index = CT.TransformPhysicalPointToContinuousIndex(point)
        differing = (voxels(WIDE) ^ voxels(NARROW)).sum(axis=(0, 2))
        self.assertAlmostEqual(index[1], differing.argmax(), places=9)
        both = (voxels(WIDE) | voxels(NARROW))[:, differing.argmax(), :]
        columns = np.flatnonzero(both.any(axis=0))
        self.assertAlmostEqual(index[0], (columns[0] + columns[-1]) / 2, places=9)
        self.assertAlmostEqual(width, 2.5 * (columns[-1] - columns[0] + 1) * 0.9, places=9)

    def test_outlines_that_are_the_same_are_looked_at_where_they_are_longest(self):
        folder = self.reconciled()
        outlines = comparison.load_outlines(folder)
        point, _width = comparison.look_at(outlines, comparison.find_verdict(folder, "P2"))
        index = CT.TransformPhysicalPointToContinuousIndex(point)
        self.assertAlmostEqual(index[1], measure(SAME).slice_index, places=9)


class DisplayTest(TwoReads):
    def test_colours_lines_and_fills_tell_the_readers_apart(self):
        node = comparison.show_pair(self.reconciled(), "P1", self.volume)
        colours = {name: node.GetSegmentation().GetSegment(name).GetColor() for name in (A, B, ONLY_A, ONLY_B)}
        self.assertEqual([round(255 * c) for c in colours[A]], [0x56, 0xB4, 0xE9])
        self.assertEqual([round(255 * c) for c in colours[B]], [0xE6, 0x9F, 0x00])
        self.assertEqual((colours[A], colours[B]), (colours[ONLY_A], colours[ONLY_B]))
        a, b = display_of(node, A), display_of(node, B)
        self.assertGreater(a.GetSliceIntersectionThickness(), b.GetSliceIntersectionThickness())
        self.assertFalse(a.GetSegmentVisibility2DFill(A))
        self.assertTrue(b.GetSegmentVisibility2DFill(B))
        for display, outline, hatched in ((a, A, ONLY_A), (b, B, ONLY_B)):
            self.assertTrue(display.GetSegmentVisibility2DOutline(outline))
            self.assertTrue(display.GetSegmentVisibility2DFill(hatched))
            self.assertFalse(display.GetSegmentVisibility2DOutline(hatched))

    def test_each_reader_has_a_display_of_its_own(self):
        node = comparison.show_pair(self.reconciled(), "P1", self.volume)
        self.assertEqual(node.GetNumberOfDisplayNodes(), 2)
        for reader, own in ((A, (A, ONLY_A)), (B, (B, ONLY_B))):
            shown = {name for name in (A, B, ONLY_A, ONLY_B) if display_of(node, reader).GetSegmentVisibility(name)}
            self.assertEqual(shown, set(own))

    def test_side_by_side_each_reader_has_a_view(self):
        node = comparison.show_pair(self.reconciled(), "P1", self.volume)
        show_side_by_side(node, "Left", "Right")
        self.assertEqual(list(display_of(node, A).GetViewNodeIDs()), ["vtkMRMLSliceNodeLeft"])
        self.assertEqual(list(display_of(node, B).GetViewNodeIDs()), ["vtkMRMLSliceNodeRight"])
        show_everywhere(node)
        for reader in (A, B):
            self.assertEqual(display_of(node, reader).GetNumberOfViewNodeIDs(), 0)

    def test_each_segment_can_be_hidden(self):
        node = comparison.show_pair(self.reconciled(), "P3", self.volume)
        for name in (A, B, ONLY_A, ONLY_B):  # B has nothing here, which is no fault
            show_segment(node, name, False)
        self.assertFalse(display_of(node, A).GetSegmentVisibility(A))
        show_segment(node, ONLY_A, True)
        self.assertTrue(display_of(node, A).GetSegmentVisibility(ONLY_A))
        self.assertFalse(display_of(node, B).GetSegmentVisibility(ONLY_A))


class ProposalTest(TwoReads):
    def test_each_proposal_is_what_the_lib_proposes(self):
        folder = self.reconciled()
        expected = {"union": voxels(WIDE) | voxels(NARROW), "intersection": voxels(WIDE) & voxels(NARROW)}
        for choice, mask in expected.items():
            node = comparison.load_proposal(folder, "P1", choice, self.volume)
            [shown] = self.shown(node).values()
            np.testing.assert_array_equal(shown, mask)

    def test_what_staple_repeats_is_told(self):
        folder = self.reconciled()
        _proposals, told = comparison.proposals_of(
            comparison.load_outlines(folder), comparison.find_verdict(folder, "P1")
        )
        self.assertEqual([finding.code for finding in told], ["staple-degenerate"])

    def test_a_lesion_of_one_reader_has_no_proposal(self):
        folder = self.reconciled()
        for choice in ("staple", "B", "nonsense"):
            with self.assertRaisesRegex(MaskError, f"P3 has no outline '{choice}'"):
                comparison.load_proposal(folder, "P3", choice, self.volume)

    def test_an_edited_copy_settles_the_pair(self):
        folder = self.reconciled()
        node = comparison.edit_pair(folder, "P1", "A", self.volume)
        drawn = slicer.util.arrayFromSegmentBinaryLabelmap(node, comparison.EDITED, self.volume)
        np.testing.assert_array_equal(drawn != 0, voxels(WIDE))
        drawn[16:] = 0
        slicer.util.updateSegmentBinaryLabelmapFromArray(drawn, node, comparison.EDITED, self.volume)
        edited = workflow.mask_of_segment(folder, node, comparison.EDITED)
        folder.adjudicate("P1", "edited", "senior", "half of it", mask=edited.image, findings=edited.findings)
        settled = folder.consensus_segments()["L1"]
        np.testing.assert_array_equal(sitk.GetArrayFromImage(settled) != 0, drawn != 0)
        np.testing.assert_array_equal(voxels(folder.segments("lee")["L1"]), voxels(WIDE))


if __name__ == "__main__":
    unittest.main()
