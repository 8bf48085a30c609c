"""Volume and segmentation nodes become the Lib's images and masks, and back: same voxels, same place."""

import tempfile
import unittest
from pathlib import Path

import numpy as np
import SimpleITK as sitk
import slicer
import vtk

from ABCImmunoResponseLib.errors import GeometryError, ImagingError, MaskError
from ABCImmunoResponseLib.imaging.cropping import crop_mask, on_grid
from ABCImmunoResponseLib.imaging.masks import read_masks
from ABCImmunoResponseWidgets.nodes.geometry import ras_from_lps
from ABCImmunoResponseWidgets.nodes.segmentations import masks_from_segmentation, segmentation_from_masks
from ABCImmunoResponseWidgets.nodes.tables import table_node, text_node
from ABCImmunoResponseWidgets.nodes.volumes import ct_from_volume, image_from_volume, volume_from_image

AXIAL = (1, 0, 0, 0, 1, 0, 0, 0, 1)
CORONAL = (1, 0, 0, 0, 0, 1, 0, -1, 0)
FLIPPED = (-1, 0, 0, 0, 1, 0, 0, 0, 1)  # left-handed


def oblique() -> tuple[float, ...]:
    """Return axes turned about all three axes of the patient."""
    angles = np.deg2rad([11.0, -23.0, 37.0])
    turned = np.eye(3)
    for axis, angle in enumerate(angles):
        rotation = np.eye(3)
        a, b = [other for other in range(3) if other != axis]
        rotation[a, a] = rotation[b, b] = np.cos(angle)
        rotation[a, b], rotation[b, a] = -np.sin(angle), np.sin(angle)
        turned = turned @ rotation
    return tuple(turned.ravel())


def ct(direction=AXIAL, dtype=np.int16) -> sitk.Image:
    """Return an image whose voxels are all different."""
    array = np.arange(6 * 7 * 8).reshape(6, 7, 8)
    image = sitk.GetImageFromArray(array.astype(dtype))
    image.SetSpacing((0.7, 0.8, 2.5))
    image.SetOrigin((-31.25, 12.5, 401.0))
    image.SetDirection(direction)
    return image


def mask(reference: sitk.Image, region: tuple[slice, slice, slice]) -> sitk.Image:
    """Return a uint8 mask of the voxels (k, j, i) in ``region``."""
    array = np.zeros(reference.GetSize()[::-1], np.uint8)
    array[region] = 1
    image = sitk.GetImageFromArray(array)
    image.CopyInformation(reference)
    return image


CENTRE = (slice(2, 5), slice(1, 4), slice(3, 7))


def transform(elements: dict[tuple[int, int], float]):
    """Return a linear transform node: identity with these elements."""
    matrix = vtk.vtkMatrix4x4()
    for (row, column), value in elements.items():
        matrix.SetElement(row, column, value)
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "moved")
    node.SetMatrixTransformToParent(matrix)
    return node


class NodesTest(unittest.TestCase):
    def setUp(self):
        slicer.mrmlScene.Clear()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def assertSamePlace(self, a: sitk.Image, b: sitk.Image):
        self.assertEqual(a.GetSize(), b.GetSize())
        for index in ((0, 0, 0), (7, 0, 0), (0, 6, 0), (0, 0, 5), (7, 6, 5)):
            apart = np.subtract(a.TransformIndexToPhysicalPoint(index), b.TransformIndexToPhysicalPoint(index))
            self.assertLess(np.abs(apart).max(), 1e-4)

    def assertSameVoxels(self, a: sitk.Image, b: sitk.Image):
        np.testing.assert_array_equal(sitk.GetArrayViewFromImage(a), sitk.GetArrayViewFromImage(b))


class VolumesTest(NodesTest):
    def test_a_volume_that_slicer_reads_from_a_file_is_what_simpleitk_reads(self):
        for direction in (AXIAL, CORONAL, FLIPPED, oblique()):
            with self.subTest(direction=direction):
                path = self.folder / "ct.nrrd"
                sitk.WriteImage(ct(direction), path)
                node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "CT")
                storage = slicer.vtkMRMLVolumeArchetypeStorageNode()
                storage.SetFileName(str(path))
                self.assertEqual(storage.ReadData(node), 1)
                image = image_from_volume(node)
                self.assertEqual(image.GetSize(), (8, 7, 6))
                # Slicer turns left-handed axes round: what counts is which value lies where in the patient.
                expected = sitk.Resample(sitk.ReadImage(path), image, sitk.Transform(), sitk.sitkNearestNeighbor, -1)
                self.assertSameVoxels(image, expected)

    def test_simpleitk_reads_what_slicer_writes_of_a_volume(self):
        for direction in (AXIAL, CORONAL, FLIPPED, oblique()):
            with self.subTest(direction=direction):
                path = self.folder / "written.nrrd"
                storage = slicer.vtkMRMLNRRDStorageNode()
                storage.SetFileName(str(path))
                self.assertEqual(storage.WriteData(volume_from_image(ct(direction), "CT")), 1)
                self.assertSameVoxels(sitk.ReadImage(path), ct(direction))
                self.assertSamePlace(sitk.ReadImage(path), ct(direction))

    def test_the_pixel_type_is_kept(self):
        for dtype in (np.int16, np.uint16, np.int32, np.uint8, np.float32, np.float64):
            with self.subTest(dtype=dtype):
                image = image_from_volume(volume_from_image(ct(dtype=dtype), "CT"))
                self.assertEqual(image.GetPixelID(), ct(dtype=dtype).GetPixelID())
                self.assertSameVoxels(image, ct(dtype=dtype))

    def test_the_image_is_a_copy(self):
        node = volume_from_image(ct(), "CT")
        image = image_from_volume(node)
        slicer.util.arrayFromVolume(node)[:] = -1
        self.assertSameVoxels(image, ct())

    def test_a_voxel_lies_where_slicer_says(self):
        node = volume_from_image(ct(oblique()), "CT")
        matrix = vtk.vtkMatrix4x4()
        node.GetIJKToRASMatrix(matrix)
        ras = matrix.MultiplyPoint((3, 2, 1, 1))[:3]
        lps = image_from_volume(node).TransformIndexToPhysicalPoint((3, 2, 1))
        np.testing.assert_allclose(ras_from_lps(lps), ras, atol=1e-9)

    def test_a_ct_from_a_volume_knows_its_grid_and_no_more(self):
        acquisition = ct_from_volume(volume_from_image(ct(), "Smith^Jane")).acquisition
        self.assertEqual(acquisition.size, (8, 7, 6))
        np.testing.assert_allclose(acquisition.spacing_mm, (0.7, 0.8, 2.5))
        self.assertNotIn("Smith", repr(acquisition))

    def test_what_is_no_ct_is_refused(self):
        empty = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "empty")
        labels = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "labels")
        colours = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLVectorVolumeNode", "colours")
        slicer.util.updateVolumeFromArray(colours, np.zeros((2, 3, 4, 3), np.uint8))
        for node in (None, empty, labels, colours, slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode", "text")):
            with self.assertRaises(ImagingError) as refusal:
                image_from_volume(node)
            self.assertNotIn("\n", str(refusal.exception))


class TransformsTest(NodesTest):
    def test_a_volume_under_a_transform_is_refused_until_it_is_hardened(self):
        node = volume_from_image(ct(), "CT")
        quarter = {(0, 0): 0, (0, 1): -1, (1, 0): 1, (1, 1): 0, (2, 3): 5.0}
        node.SetAndObserveTransformNodeID(transform(quarter).GetID())
        with self.assertRaisesRegex(GeometryError, r"CT is under the transform moved.*: harden"):
            image_from_volume(node)
        node.HardenTransform()
        index = (1, 2, 3)
        x, y, z = ct().TransformIndexToPhysicalPoint(index)  # in RAS (-x, -y, z), turned to (y, -x, z + 5)
        np.testing.assert_allclose(
            image_from_volume(node).TransformIndexToPhysicalPoint(index), (-y, x, z + 5), atol=1e-9
        )

    def test_a_transform_that_moves_nothing_is_no_matter(self):
        node = volume_from_image(ct(), "CT")
        node.SetAndObserveTransformNodeID(transform({}).GetID())
        self.assertSamePlace(image_from_volume(node), ct())

    def test_a_warp_is_refused(self):
        node = volume_from_image(ct(), "CT")
        warp = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTransformNode", "warp")
        spline = vtk.vtkThinPlateSplineTransform()
        points = vtk.vtkPoints()
        for point in ((0, 0, 0), (9, 0, 0), (0, 9, 0), (0, 0, 9)):
            points.InsertNextPoint(point)
        moved = vtk.vtkPoints()
        moved.DeepCopy(points)
        moved.SetPoint(3, 3, 0, 9)
        spline.SetSourceLandmarks(points)
        spline.SetTargetLandmarks(moved)
        warp.SetAndObserveTransformToParent(spline)
        node.SetAndObserveTransformNodeID(warp.GetID())
        with self.assertRaisesRegex(GeometryError, "warp"):
            image_from_volume(node)

    def test_a_tilted_gantry_is_refused(self):
        node = volume_from_image(ct(), "CT")
        node.SetAndObserveTransformNodeID(transform({(1, 2): 0.3}).GetID())
        node.HardenTransform()
        with self.assertRaisesRegex(GeometryError, "right angles"):
            image_from_volume(node)

    def test_a_segmentation_under_a_transform_is_refused_until_it_is_hardened(self):
        drawn = mask(ct(), CENTRE)
        node = segmentation_from_masks({"L1": drawn}, "read")
        node.SetAndObserveTransformNodeID(transform({(0, 3): 0.7}).GetID())  # one voxel to the patient's right
        with self.assertRaisesRegex(GeometryError, "read is under the transform"):
            masks_from_segmentation(node, ct())
        node.HardenTransform()
        shifted = mask(ct(), (slice(2, 5), slice(1, 4), slice(2, 6)))
        self.assertSameVoxels(masks_from_segmentation(node, ct())["L1"].image, shifted)


class SegmentationsTest(NodesTest):
    def test_masks_become_segments_and_masks_again(self):
        for direction in (AXIAL, CORONAL, FLIPPED, oblique()):
            with self.subTest(direction=direction):
                image = ct(direction)
                drawn = {
                    "L1": mask(image, CENTRE),
                    "L2": mask(image, (slice(0, 3), slice(0, 7), slice(0, 4))),  # overlaps L1, touches the border
                }
                node = segmentation_from_masks(drawn, "read", volume_from_image(image, "CT"))
                masks = masks_from_segmentation(node, image)
                self.assertEqual(list(masks), ["L1", "L2"])
                for name, found in masks.items():
                    self.assertSameVoxels(found.image, drawn[name])
                    self.assertSamePlace(found.image, image)
                    self.assertEqual(found.findings, ())

    def test_cropped_masks_become_the_same_segments_and_cropped_masks_again(self):
        image = ct(oblique())
        volume, whole = volume_from_image(image, "CT"), mask(image, CENTRE)
        node = segmentation_from_masks({"L1": crop_mask(whole)}, "read", volume, image)
        exported = slicer.util.arrayFromSegmentBinaryLabelmap(node, "L1", volume)
        np.testing.assert_array_equal(exported, sitk.GetArrayFromImage(whole))
        found = masks_from_segmentation(node, image, crop=True)["L1"].image
        self.assertEqual(found.GetSize(), (6, 5, 5))  # a voxel of background around the lesion
        self.assertSameVoxels(on_grid(found, image), whole)
        found.SetOrigin((0.0, 0.0, 0.0))
        with self.assertRaisesRegex(GeometryError, "L1 is not on the image's grid"):
            segmentation_from_masks({"L1": found}, "read", volume, image)

    def test_segments_are_where_slicer_itself_puts_them(self):
        image = ct(oblique())
        volume = volume_from_image(image, "CT")
        node = segmentation_from_masks({"L1": mask(image, CENTRE)}, "read", volume)
        exported = slicer.util.arrayFromSegmentBinaryLabelmap(node, "L1", volume)
        np.testing.assert_array_equal(exported, sitk.GetArrayFromImage(mask(image, CENTRE)))

    def test_segments_that_slicer_drew_are_read_right(self):
        image = ct(oblique())
        volume = volume_from_image(image, "CT")
        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "read")
        node.SetReferenceImageGeometryParameterFromVolumeNode(volume)
        drawn = {"L1": mask(image, CENTRE), "L2": mask(image, (slice(5, 6), slice(0, 2), slice(0, 1)))}
        for name, expected in drawn.items():
            segment = node.GetSegmentation().AddEmptySegment("", name)
            slicer.util.updateSegmentBinaryLabelmapFromArray(sitk.GetArrayFromImage(expected), node, segment, volume)
        for name, found in masks_from_segmentation(node, image).items():
            self.assertSameVoxels(found.image, drawn[name])

    def test_a_file_of_segments_that_slicer_writes_is_read_alike(self):
        image = ct(oblique())
        drawn = {"L1": mask(image, CENTRE), "L2": mask(image, (slice(0, 3), slice(0, 7), slice(0, 4)))}
        node = segmentation_from_masks(drawn, "read", volume_from_image(image, "CT"))
        storage = slicer.vtkMRMLSegmentationStorageNode()
        storage.SetFileName(str(self.folder / "read.seg.nrrd"))
        self.assertEqual(storage.WriteData(node), 1)
        from_file = {found.name: found.image for found in read_masks(self.folder / "read.seg.nrrd", image)}
        for name, found in masks_from_segmentation(node, image).items():
            self.assertSameVoxels(found.image, from_file[name])
            self.assertSameVoxels(found.image, drawn[name])

    def test_another_grid_is_resampled_and_said(self):
        fine = sitk.Resample(mask(ct(), CENTRE), (16, 14, 12), sitk.Transform(), sitk.sitkNearestNeighbor,
                             (-31.425, 12.3, 400.375), (0.35, 0.4, 1.25), AXIAL)  # fmt: skip
        [found] = masks_from_segmentation(segmentation_from_masks({"L1": fine}, "read"), ct()).values()
        self.assertEqual([finding.code for finding in found.findings], ["mask-resampled"])
        self.assertSamePlace(found.image, ct())

    def test_what_reaches_outside_the_image_is_said_and_what_lies_outside_refused(self):
        larger = sitk.ConstantPad(ct(), (3, 0, 0), (0, 0, 0))
        reaching = mask(larger, (slice(2, 4), slice(2, 4), slice(1, 6)))
        [found] = masks_from_segmentation(segmentation_from_masks({"L1": reaching}, "read"), ct()).values()
        self.assertEqual([finding.code for finding in found.findings], ["mask-clipped"])
        self.assertEqual(sitk.GetArrayViewFromImage(found.image).sum(), 2 * 2 * 3)
        outside = mask(larger, (slice(2, 4), slice(2, 4), slice(0, 3)))
        with self.assertRaisesRegex(MaskError, "outside the image"):
            masks_from_segmentation(segmentation_from_masks({"L1": outside}, "read"), ct())

    def test_only_the_named_segments_count(self):
        node = segmentation_from_masks({"L1": mask(ct(), CENTRE), "Segment_2": mask(ct(), (slice(0),) * 3)}, "read")
        self.assertEqual(list(masks_from_segmentation(node, ct(), ["L1"])), ["L1"])
        with self.assertRaisesRegex(MaskError, "Segment Segment_2 is empty"):
            masks_from_segmentation(node, ct())
        with self.assertRaisesRegex(MaskError, "no segment L3; it has L1, Segment_2"):
            masks_from_segmentation(node, ct(), ["L3"])

    def test_what_holds_no_lesion_is_refused(self):
        nothing = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "nothing")
        undrawn = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "undrawn")
        undrawn.GetSegmentation().AddEmptySegment("", "L1")
        twice = segmentation_from_masks({"L1": mask(ct(), CENTRE), "L2": mask(ct(), CENTRE)}, "twice")
        twice.GetSegmentation().GetSegment("L2").SetName("L1")
        surface = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "surface")
        surface.GetSegmentation().SetSourceRepresentationName("Closed surface")
        surface.AddSegmentFromClosedSurfaceRepresentation(vtk.vtkPolyData(), "L1")
        for node in (None, volume_from_image(ct(), "CT"), nothing, undrawn, twice, surface):
            with self.assertRaises(MaskError) as refusal:
                masks_from_segmentation(node, ct())
            self.assertNotIn("\n", str(refusal.exception))


class TablesTest(NodesTest):
    def test_numbers_stay_numbers_and_texts_texts(self):
        node = table_node("t", {"name": ["a", "b"], "mm": [1.25, None], "n": [3, 4], "said": [True, None]})
        self.assertEqual([node.GetColumnName(n) for n in range(4)], ["name", "mm", "n", "said"])
        np.testing.assert_array_equal(slicer.util.arrayFromTableColumn(node, "mm"), [1.25, np.nan])
        np.testing.assert_array_equal(slicer.util.arrayFromTableColumn(node, "n"), [3.0, 4.0])
        self.assertEqual([node.GetCellText(row, 3) for row in (0, 1)], ["True", ""])

    def test_a_table_may_be_empty(self):
        self.assertEqual(table_node("t", {"name": [], "mm": []}).GetNumberOfRows(), 0)

    def test_a_text_is_kept(self):
        self.assertEqual(text_node("t", "Befund: α ≥ 3").GetText(), "Befund: α ≥ 3")


if __name__ == "__main__":
    unittest.main()
