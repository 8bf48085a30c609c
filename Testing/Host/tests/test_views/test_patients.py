"""The views on a real CT and on a simulated patient: grey values, lesions and speed as a reader has them."""

import time

import numpy as np
import pytest
import SimpleITK as sitk
import slicer
import vtk
from numpy.testing import assert_allclose

from ABCImmunoResponseLib.imaging.masks import read_masks
from ABCImmunoResponseLib.simulation.case import simulate_case
from slicerhost.pythonqt import unwrap


def show(image: sitk.Image, mask: np.ndarray, window: float, level: float):
    """Show a CT with a red lesion in the slice views; return its node and a voxel (k, j, i) of the lesion."""
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "CT")
    slicer.util.updateVolumeFromArray(node, sitk.GetArrayViewFromImage(image))
    to_ras = vtk.vtkMatrix4x4()
    direction = np.array(image.GetDirection()).reshape(3, 3) * image.GetSpacing()
    for row, sign in enumerate((-1, -1, 1)):
        for column in range(3):
            to_ras.SetElement(row, column, sign * direction[row, column])
        to_ras.SetElement(row, 3, sign * image.GetOrigin()[row])
    node.SetIJKToRASMatrix(to_ras)
    node.CreateDefaultDisplayNodes()
    node.GetDisplayNode().SetAutoWindowLevel(False)
    node.GetDisplayNode().SetWindowLevel(window, level)
    node.GetDisplayNode().SetInterpolate(False)
    segmentation = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "lesions")
    segmentation.CreateDefaultDisplayNodes()
    segmentation.GetDisplayNode().SetOpacity2DFill(1)
    segmentation.GetDisplayNode().SetVisibility2DOutline(False)
    segmentation.SetReferenceImageGeometryParameterFromVolumeNode(node)
    segmentation.GetSegmentation().AddEmptySegment("lesion", "lesion", (1, 0, 0))
    slicer.util.updateSegmentBinaryLabelmapFromArray(mask, segmentation, "lesion", node)
    slicer.util.setSliceViewerLayers(background=node, fit=True)
    return node, np.argwhere(mask)[mask.sum() // 2]


def ras_of(node, kji) -> tuple[float, float, float]:
    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    return matrix.MultiplyPoint((*map(float, kji[::-1]), 1))[:3]


def check_views(manager, look, image: sitk.Image, mask: np.ndarray, window: float, level: float) -> None:
    """Hold the axial view to the voxels themselves, at a hundred random places of the lesion's slice."""
    node, middle = show(image, mask, window, level)
    slicer.vtkMRMLSliceNode.JumpAllSlices(slicer.mrmlScene, *ras_of(node, middle))
    size = (1000, 800)
    seen = look("Red", size)
    random = np.random.default_rng(1)
    voxels = sitk.GetArrayViewFromImage(image)
    k = middle[0]
    for j, i in random.integers((0, 0), voxels.shape[1:], (100, 2)):
        found = seen.at(ras_of(node, (k, j, i)))
        if mask[k, j, i]:
            assert_allclose(found, [255, 0, 0], atol=2)
        else:
            grey = 255 * np.clip((float(voxels[k, j, i]) - (level - window / 2)) / window, 0, 1)
            assert_allclose(found, [grey] * 3, atol=2)
    assert_allclose(seen.at(ras_of(node, middle)), [255, 0, 0], atol=2)
    taken = []
    for view in ("Red", "Green", "Yellow"):
        began = time.perf_counter()
        unwrap(manager.sliceWidget(view)).sliceView().view.render(500, 500)
        taken.append(time.perf_counter() - began)
    assert min(taken) < 0.5


@pytest.mark.realdata
def test_a_real_lung_ct_is_shown_as_it_is(manager, look, real_data):
    folder = real_data / "ibsi1_lung_ct" / "nifti"
    image = sitk.Cast(sitk.ReadImage(str(folder / "image" / "phantom.nii.gz")), sitk.sitkInt16)
    mask = sitk.GetArrayFromImage(sitk.ReadImage(str(folder / "mask" / "mask.nii.gz"))) > 0
    check_views(manager, look, image, mask.astype(np.uint8), window=1500, level=-600)


def test_a_simulated_patient_is_shown_as_she_is(manager, look, tmp_path):
    simulate_case(tmp_path / "patient", seed=3, size=(128, 128, 64), lesions=1)
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(tmp_path / "patient" / "dicom")))
    image = sitk.Cast(reader.Execute(), sitk.sitkInt16)
    (mask,) = read_masks(tmp_path / "patient" / "reader-a.seg.nrrd", image)
    check_views(manager, look, image, sitk.GetArrayFromImage(mask.image), window=400, level=40)
