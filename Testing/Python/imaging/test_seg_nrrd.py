"""Slicer segmentations: what Slicer's own code writes we read, what we write Slicer's own code reads."""

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ABCImmunoResponseLib.errors import GeometryError, MaskError
from ABCImmunoResponseLib.imaging.geometry import FRAME_OF_REFERENCE
from ABCImmunoResponseLib.imaging.masks import read_masks
from ABCImmunoResponseLib.imaging.seg_nrrd import read_seg_nrrd, write_seg_nrrd
from phantoms import ball, box, grid

OBLIQUE = tuple(sitk.Euler3DTransform((0, 0, 0), 0.2, -0.3, 0.1).GetMatrix())
NAME = 'Läsion 漢 "1" = x'


@pytest.fixture
def reference():
    return grid(size=(40, 36, 24), spacing=(0.8, 0.9, 1.5), direction=OBLIQUE)


@pytest.fixture
def overlapping(reference):
    return {
        NAME: ball(reference, (14, 14, 14), 7),
        "second": ball(reference, (20, 14, 14), 6),
        "third": box(reference, (30, 28, 20), (4, 5, 4)),
    }


def equal(a: sitk.Image, b: sitk.Image):
    np.testing.assert_array_equal(sitk.GetArrayFromImage(a), sitk.GetArrayFromImage(b))


@pytest.fixture
def storage():
    """Slicer's storage node and scene; the scene must outlive what is in it."""
    import slicer

    scene = slicer.vtkMRMLScene()
    node = slicer.vtkMRMLSegmentationStorageNode()
    scene.AddNode(node)
    return scene, node


def slicer_segmentation(scene, masks):
    """Return a Slicer segmentation node that holds masks, built with Slicer's classes (LPS to RAS by hand)."""
    import slicer
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk

    node = slicer.vtkMRMLSegmentationNode()
    scene.AddNode(node)
    for name, mask in masks.items():
        matrix = np.eye(4)
        matrix[:3, :3] = np.reshape(mask.GetDirection(), (3, 3)) * np.asarray(mask.GetSpacing())
        matrix[:3, 3] = mask.GetOrigin()
        ras = np.diag([-1.0, -1.0, 1.0, 1.0]) @ matrix
        to_world = vtk.vtkMatrix4x4()
        to_world.DeepCopy(ras.ravel())
        image = slicer.vtkOrientedImageData()
        image.SetDimensions(*mask.GetSize())
        image.SetImageToWorldMatrix(to_world)
        scalars = numpy_to_vtk(sitk.GetArrayFromImage(mask).ravel(), deep=True, array_type=vtk.VTK_UNSIGNED_CHAR)
        image.GetPointData().SetScalars(scalars)
        segment = slicer.vtkSegment()
        segment.SetName(name)
        segment.SetTag("Reader", "A: first")
        segment.AddRepresentation("Binary labelmap", image)
        assert node.GetSegmentation().AddSegment(segment)
    return node


@pytest.mark.parametrize("cropped", [False, True])
def test_what_slicer_writes_we_read(tmp_path, reference, overlapping, storage, cropped):
    scene, node = storage
    node.SetCropToMinimumExtent(cropped)
    path = tmp_path / "a.seg.nrrd"
    node.SetFileName(str(path))
    assert node.WriteData(slicer_segmentation(scene, overlapping))
    read = read_masks(path, reference)
    assert [mask.name for mask in read] == list(overlapping)
    for mask, expected in zip(read, overlapping.values(), strict=True):
        equal(mask.image, expected)
        assert mask.image.GetOrigin() == reference.GetOrigin()
        assert mask.findings == ()
    assert read_seg_nrrd(path)[0].tags["Reader"] == "A: first"


def test_what_we_write_slicer_reads(tmp_path, overlapping, storage):
    import slicer
    import vtk
    from vtk.util.numpy_support import vtk_to_numpy

    path = tmp_path / "a.seg.nrrd"
    write_seg_nrrd(path, overlapping, {NAME: {"Lesion": "L1", "Note": "a: b\\n c"}})
    scene, node = storage
    read = slicer.vtkMRMLSegmentationNode()
    scene.AddNode(read)
    node.SetFileName(str(path))
    assert node.ReadData(read)
    segmentation = read.GetSegmentation()
    names = [segmentation.GetNthSegment(n).GetName() for n in range(segmentation.GetNumberOfSegments())]
    assert names == list(overlapping)
    note = vtk.reference("")  # Slicer hands a tag's value back through it
    assert segmentation.GetNthSegment(0).GetTag("Note", note)
    assert str(note) == "a: b\\n c"
    for n, expected in enumerate(overlapping.values()):
        image = slicer.vtkOrientedImageData()
        assert read.GetBinaryLabelmapRepresentation(segmentation.GetNthSegmentID(n), image)
        found = vtk_to_numpy(image.GetPointData().GetScalars()).reshape(image.GetDimensions()[::-1]) != 0
        array = sitk.GetArrayFromImage(expected) != 0
        assert found.sum() == array.sum()
        i0, _, j0, _, k0, _ = image.GetExtent()
        k, j, i = (axis[0] for axis in np.nonzero(found))
        ras = image_to_world(image) @ [i + i0, j + j0, k + k0, 1]
        lps = expected.TransformIndexToPhysicalPoint([int(axis[0]) for axis in np.nonzero(array)][::-1])
        np.testing.assert_allclose(ras[:3] * [-1, -1, 1], lps, atol=1e-6)


def image_to_world(image):
    import vtk

    matrix = vtk.vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    return np.array([[matrix.GetElement(r, c) for c in range(4)] for r in range(4)])


def test_slicerio_reads_the_same(tmp_path, overlapping):
    import slicerio

    path = tmp_path / "a.seg.nrrd"
    write_seg_nrrd(path, overlapping, {"second": {"Lesion": "L2"}})
    read = slicerio.read_segmentation(str(path))
    # slicerio's header reader drops what is not ASCII; Slicer itself does not.
    assert [s["name"] for s in read["segments"]] == [n.encode("ascii", "ignore").decode() for n in overlapping]
    assert read["segments"][1]["tags"]["Lesion"] == "L2"
    voxels = read["voxels"]
    for segment, mask in zip(read["segments"], overlapping.values(), strict=True):
        layer = voxels[segment["layer"]] if voxels.ndim == 4 else voxels
        assert (layer == segment["labelValue"]).sum() == sitk.GetArrayFromImage(mask).sum()


def test_what_slicerio_writes_we_read(tmp_path, reference):
    import slicerio

    mask = ball(reference, (14, 14, 14), 7)
    matrix = np.eye(4)
    matrix[:3, :3] = np.reshape(reference.GetDirection(), (3, 3)) * np.asarray(reference.GetSpacing())
    matrix[:3, 3] = reference.GetOrigin()
    slicerio.write_segmentation(
        str(tmp_path / "a.seg.nrrd"),
        {
            "voxels": sitk.GetArrayFromImage(mask).T,
            "ijkToLPS": matrix,
            "segments": [{"id": "s", "name": "lesion", "labelValue": 1}],
        },
    )
    (read,) = read_masks(tmp_path / "a.seg.nrrd", reference, segments="lesion")
    equal(read.image, mask)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_our_own_round_trip(tmp_path, data):
    size = data.draw(st.tuples(*[st.integers(1, 7)] * 3))
    reference = grid(size=size, direction=OBLIQUE)
    reference.SetMetaData(FRAME_OF_REFERENCE, "1.2.840.3")
    text = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="|:"), max_size=12)
    names = data.draw(st.lists(text.filter(str.strip), min_size=1, max_size=5, unique=True))
    seeds = np.random.default_rng(data.draw(st.integers(0, 99)))
    masks = {}
    for name in names:
        mask = sitk.GetImageFromArray(seeds.integers(0, 2, size[::-1], dtype=np.uint8))
        mask.CopyInformation(reference)
        masks[name] = mask
    tags = {name: {data.draw(text.filter(bool)): data.draw(text)} for name in names}
    path = tmp_path / "round.seg.nrrd"
    write_seg_nrrd(path, masks, tags)
    read = read_seg_nrrd(path)
    assert [segment.name for segment in read] == names
    for segment, mask in zip(read_masks(path, reference), masks.values(), strict=True):
        equal(segment.image, mask)
        assert segment.image.GetOrigin() == reference.GetOrigin()
        assert segment.findings == () or segment.findings[0].code == "mask-empty"
    assert [dict(segment.tags) for segment in read] == list(tags.values())


def test_the_same_bytes_for_the_same_masks(tmp_path, overlapping):
    write_seg_nrrd(tmp_path / "a.seg.nrrd", overlapping)
    write_seg_nrrd(tmp_path / "b.seg.nrrd", overlapping)
    assert (tmp_path / "a.seg.nrrd").read_bytes() == (tmp_path / "b.seg.nrrd").read_bytes()


def test_one_layer_where_nothing_overlaps_and_only_the_part_in_use(tmp_path, reference):
    masks = {"a": box(reference, (2, 3, 4), (3, 3, 3)), "b": box(reference, (10, 3, 4), (3, 4, 5))}
    write_seg_nrrd(tmp_path / "a.seg.nrrd", masks)
    header = (tmp_path / "a.seg.nrrd").read_bytes().split(b"\n\n")[0].decode()
    assert "dimension: 3" in header
    assert "sizes: 11 4 5" in header
    assert "Segmentation_ReferenceImageExtentOffset:=2 3 4" in header


def test_more_segments_than_a_byte_can_label(tmp_path):
    reference = grid(size=(300, 1, 1))
    masks = {f"s{n}": box(reference, (n, 0, 0), (1, 1, 1)) for n in range(300)}
    write_seg_nrrd(tmp_path / "a.seg.nrrd", masks)
    (mask,) = read_masks(tmp_path / "a.seg.nrrd", reference, segments="s299")
    equal(mask.image, masks["s299"])


def test_choosing_a_segment(tmp_path, reference, overlapping):
    path = tmp_path / "a.seg.nrrd"
    write_seg_nrrd(path, overlapping)
    (mask,) = read_masks(path, reference, segments="second")
    equal(mask.image, overlapping["second"])
    (mask,) = read_masks(path, reference, label=2)  # 'third' is the second label of the first layer
    equal(mask.image, overlapping["third"])
    with pytest.raises(MaskError, match=r"no segment 'gone'; it holds: .*'second'"):
        read_masks(path, reference, segments="gone")
    with pytest.raises(MaskError, match="several label 1"):
        read_masks(path, reference, label=1)
    with pytest.raises(MaskError, match="not both"):
        read_masks(path, reference, label=1, segments="second")


def test_an_empty_segment_is_told_or_refused_where_asked_for(tmp_path, reference):
    path = tmp_path / "a.seg.nrrd"
    write_seg_nrrd(path, {"a": box(reference, (2, 3, 4), (3, 3, 3)), "b": box(reference, (0, 0, 0), (0, 0, 0))})
    read = read_masks(path, reference)
    assert [[f.code for f in mask.findings] for mask in read] == [[], ["mask-empty"]]
    with pytest.raises(MaskError, match="b is empty"):
        read_masks(path, reference, segments="b")


HEADER = (
    "NRRD0004\ntype: unsigned char\ndimension: {dimension}\nspace: left-posterior-superior\nsizes: {sizes}\n"
    "space directions: {none}(1,0,0) (0,1,0) (0,0,1)\nkinds: {kind}domain domain domain\nencoding: raw\n"
    "space origin: (0,0,0)\n{keys}\n\n"
)


def segmentation(path, keys, layers=1, data=None):
    four = layers > 1
    text = HEADER.format(
        dimension=4 if four else 3,
        sizes=f"{layers} 3 3 3" if four else "3 3 3",
        none="none " if four else "",
        kind="list " if four else "",
        keys="\n".join(keys),
    )
    path.write_bytes(text.encode() + (bytes([1]) * 27 * layers if data is None else data))
    return path


def test_files_of_older_slicers_without_labels_and_layers(tmp_path):
    data = np.zeros((3, 3, 3, 2), np.uint8)
    data[0, ..., 0], data[1, ..., 1] = 1, 1
    keys = ["Segment0_ID:=A", "Segment0_Name:=first", "Segment1_ID:=B", "Segment1_Name:=second"]
    path = segmentation(tmp_path / "a.seg.nrrd", keys, 2, data.tobytes())
    first, second = read_seg_nrrd(path)
    assert sitk.GetArrayFromImage(first.image)[0].all()
    assert sitk.GetArrayFromImage(second.image)[1].all()


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (["Segment0_ID:=A", "Segment0_LabelValue:=x"], "no valid label"),
        (["Segment0_ID:=A", "Segment0_LabelValue:=0"], "label 0"),
        (["Segment0_ID:=A", "Segment0_LabelValue:=-1"], "label -1"),
        (["Segment0_ID:=A", "Segment0_Layer:=1"], "layer 1"),
        (["Segment0_ID:=A", "Segmentation_MasterRepresentation:=Closed surface"], "Closed surface"),
        (["Segment0_ID:=A", "Segmentation_SourceRepresentation:=Fractional labelmap"], "Fractional"),
        (["Segment0_Name:=same", "Segment1_Name:=same", "Segment1_LabelValue:=2"], "two segments named 'same'"),
    ],
)
def test_contradictory_segmentations(tmp_path, keys, words):
    path = segmentation(tmp_path / "a.seg.nrrd", keys)
    with pytest.raises(MaskError, match=words):
        read_masks(path, grid(size=(3, 3, 3), spacing=(1, 1, 1), origin=(0, 0, 0)))


def test_layers_without_segments(tmp_path):
    path = segmentation(tmp_path / "a.nrrd", ["key:=value"], 2)
    with pytest.raises(MaskError, match="describes no segments"):
        read_masks(path, grid(size=(3, 3, 3)))
    with pytest.raises(MaskError, match="describes no segments"):
        read_seg_nrrd(path)


@pytest.mark.parametrize(
    ("segments", "tags", "error", "words"),
    [
        ({}, None, MaskError, "no segment to write"),
        ({" ": 0}, None, MaskError, "needs a name"),
        ({"a\nb": 0}, None, MaskError, "one line"),
        ({"a\udcff": 0}, None, MaskError, "one line"),
        ({"a": 0}, {"a": {"k": "v|w"}}, MaskError, "cannot hold"),
        ({"a": 0}, {"a": {"k:l": "v"}}, MaskError, "cannot hold"),
        ({"a": 0}, {"a": {"k": 3}}, MaskError, "text"),
        ({"a": 0, "b": 1}, None, GeometryError, "not on the grid of the others"),
    ],
)
def test_what_cannot_be_written_is_refused_before_a_byte(tmp_path, segments, tags, error, words):
    grids = [grid(size=(3, 3, 3)), grid(size=(3, 3, 3), origin=(0, 0, 0))]
    masks = {name: sitk.Cast(grids[n], sitk.sitkUInt8) for name, n in segments.items()}
    with pytest.raises(error, match=words):
        write_seg_nrrd(tmp_path / "a.seg.nrrd", masks, tags)
    assert list(tmp_path.iterdir()) == []
