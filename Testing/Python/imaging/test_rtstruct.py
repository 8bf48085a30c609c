"""RTSTRUCT: contours become voxels by the pixel-centre and even-odd rules, and whatever does not fit is told."""

import sys

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from ABCImmunoResponseLib.errors import GeometryError, MaskError, MissingDependencyError
from ABCImmunoResponseLib.imaging.contours import fill_contours
from ABCImmunoResponseLib.imaging.cropping import on_grid
from ABCImmunoResponseLib.imaging.geometry import FRAME_OF_REFERENCE
from ABCImmunoResponseLib.imaging.masks import read_masks
from dicom_writer import FRAME, instance, save
from phantoms import grid

RTSTRUCT = "1.2.840.10008.5.1.4.1.1.481.3"
OBLIQUE = tuple(sitk.Euler3DTransform((0, 0, 0), 0.2, -0.3, 0.1).GetMatrix())


def filled(contours, reference, what):
    image, findings = fill_contours(contours, reference, what)
    return on_grid(image, reference), findings


@pytest.fixture
def reference():
    image = grid(size=(24, 20, 10), spacing=(0.8, 0.9, 2.0), direction=OBLIQUE)
    image.SetMetaData(FRAME_OF_REFERENCE, FRAME)
    return image


def points(reference, ij, k):
    """Return contour points (n, 3) in LPS mm from continuous (i, j) indices on slice ``k``."""
    return np.array([reference.TransformContinuousIndexToPhysicalPoint((float(i), float(j), float(k))) for i, j in ij])


def rectangle(i0, j0, i1, j1):
    return [(i0, j0), (i1, j0), (i1, j1), (i0, j1)]


def structure_set(path, rois, frame=FRAME, kind="CLOSED_PLANAR"):
    """Write an RTSTRUCT of ``rois``: contours (n, 3) by name."""
    ds = instance(RTSTRUCT, "RTSTRUCT", "1.2.9")
    ds.StructureSetROISequence, ds.ROIContourSequence = [], []
    for n, (name, contours) in enumerate(rois, 1):
        roi, item = Dataset(), Dataset()
        roi.ROINumber, roi.ROIName, roi.ReferencedFrameOfReferenceUID = n, name, frame
        item.ReferencedROINumber, item.ContourSequence = n, []
        for contour in contours:
            one = Dataset()
            one.ContourGeometricType, one.NumberOfContourPoints = kind, len(contour)
            one.ContourData = [f"{x:.6f}" for x in np.ravel(contour)]
            item.ContourSequence.append(one)
        ds.StructureSetROISequence.append(roi)
        ds.ROIContourSequence.append(item)
    return save(ds, path)


def array(mask):
    return sitk.GetArrayFromImage(mask.image if hasattr(mask, "image") else mask)


def codes(findings):
    return [finding.code for finding in findings]


def test_a_box_with_a_hole_on_an_oblique_image(tmp_path, reference):
    contours = [points(reference, rectangle(3.5, 4.5, 13.5, 12.5), k) for k in (2, 3, 4)]
    contours.append(points(reference, rectangle(6.5, 6.5, 9.5, 8.5), 3))
    path = structure_set(tmp_path / "rs.dcm", [("GTV ü", contours)])
    (mask,) = read_masks(path, reference)
    expected = np.zeros((10, 20, 24), np.uint8)
    expected[2:5, 5:13, 4:14] = 1
    expected[3, 7:9, 7:10] = 0
    np.testing.assert_array_equal(array(mask), expected)
    assert mask.name == "GTV ü"
    assert mask.findings == ()
    assert mask.image.GetOrigin() == reference.GetOrigin()


def inside_by_crossings(polygons, i, j):
    """Return whether a point lies inside an odd number of polygons: the ray-casting rule, written out."""
    inside = False
    for polygon in polygons:
        for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
            if (y0 > j) != (y1 > j) and i < (x1 - x0) * (j - y0) / (y1 - y0) + x0:
                inside = not inside
    return inside


def edges_pass_a_centre(polygons):
    """Return whether a pixel centre lies on an edge, where rays cannot tell (on the edge is inside by our rule)."""
    centres = np.stack(np.meshgrid(np.arange(14), np.arange(12)), axis=-1).reshape(-1, 2)
    for polygon in polygons:
        for a, b in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
            share = np.clip((centres - a) @ (b - a) / max((b - a) @ (b - a), 1e-12), 0, 1)[:, None]
            if np.linalg.norm(a + share * (b - a) - centres, axis=1).min() < 1e-6:
                return True
    return False


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_any_polygons_by_ray_casting(data):
    reference = grid(size=(14, 12, 3))
    coordinate = st.floats(-2.0, 15.0).map(lambda x: round(x, 2) + 0.0013)  # no vertex on a pixel centre
    polygon = st.lists(st.tuples(coordinate, coordinate), min_size=3, max_size=7)
    polygons = data.draw(st.lists(polygon, max_size=3, unique_by=frozenset))  # one that is stored twice counts once
    polygons = [np.array(polygon) for polygon in polygons]
    expected = np.array([[inside_by_crossings(polygons, i, j) for i in range(14)] for j in range(12)])
    if not expected.any() or edges_pass_a_centre(polygons):
        return
    image, _ = filled([points(reference, polygon, 1) for polygon in polygons], reference, "ROI a")
    np.testing.assert_array_equal(array(image)[1] != 0, expected)


def test_area_of_a_circle(reference):
    angles = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    fine = grid(size=(200, 200, 3), spacing=(0.5, 0.5, 1.0))
    circle = [(99.3 + 60 * np.cos(a), 101.7 + 60 * np.sin(a)) for a in angles]
    image, _ = filled([points(fine, circle, 1)], fine, "ROI a")
    assert array(image).sum() == pytest.approx(np.pi * 60**2, rel=2e-3)


def test_several_regions_by_name_and_number(tmp_path, reference):
    rois = [(name, [points(reference, rectangle(n, n, n + 4.5, n + 4.5), 3)]) for n, name in ((2.5, "a"), (8.5, "b"))]
    path = structure_set(tmp_path / "rs.dcm", rois)
    assert [mask.name for mask in read_masks(path, reference)] == ["a", "b"]
    (by_name,) = read_masks(path, reference, segments="b")
    (by_number,) = read_masks(path, reference, label=2)
    np.testing.assert_array_equal(array(by_name), array(by_number))
    with pytest.raises(MaskError, match=r"no segment 'c'; it holds: 'a' \(label 1\), 'b' \(label 2\)"):
        read_masks(path, reference, segments="c")


@pytest.mark.parametrize("change", [lambda p: p, lambda p: p[::-1], lambda p: np.roll(p, 2, axis=0)])
def test_a_contour_stored_twice_counts_once(reference, change):
    outline = points(reference, rectangle(3.5, 4.5, 13.5, 12.5), 3)
    once, _ = filled([outline], reference, "ROI a")
    twice, findings = filled([outline, change(outline)], reference, "ROI a")
    np.testing.assert_array_equal(array(twice), array(once))
    assert codes(findings) == ["contours-repeated"]


def test_other_contours_through_the_same_points_are_others(reference):
    outline = points(reference, rectangle(3.5, 4.5, 13.5, 12.5), 3)
    once, _ = filled([outline], reference, "ROI a")
    thread = outline[[0, 1, 2, 3, 2, 1]]  # there and back: it encloses nothing
    both, findings = filled([outline, thread], reference, "ROI a")
    np.testing.assert_array_equal(array(both), array(once))
    assert codes(findings) == []


def test_a_wall_thinner_than_a_pixel_holds_no_pixel_centre(reference):
    ring = [points(reference, rectangle(3.5 - d, 4.5 - d, 13.5 + d, 12.5 + d), 3) for d in (0.0, 0.2)]
    with pytest.raises(MaskError, match="encloses no voxel centre"):
        filled(ring, reference, "ROI a")


def test_marks_and_outlines_elsewhere_do_not_stand_in_the_way(tmp_path, reference):
    lesion = [points(reference, rectangle(3.5, 4.5, 13.5, 12.5), k) for k in (2, 3)]
    elsewhere = [contour + 5000.0 for contour in lesion]
    path = structure_set(tmp_path / "rs.dcm", [("empty", []), ("couch", elsewhere), ("GTV", lesion)])
    (mask,) = read_masks(path, reference)
    assert mask.name == "GTV"
    assert codes(mask.findings) == ["region-left-out", "region-left-out"]
    (alone,) = read_masks(path, reference, segments=["GTV"])
    assert alone.findings == ()
    with pytest.raises(MaskError, match="couch lies wholly"):
        read_masks(path, reference, segments=["GTV", "couch"])


def test_another_frame_of_reference(tmp_path, reference):
    path = structure_set(tmp_path / "rs.dcm", [("a", [points(reference, rectangle(2, 2, 6, 6), 3)])], frame="1.2.3.4")
    with pytest.raises(GeometryError, match="another frame of reference"):
        read_masks(path, reference)
    reference.EraseMetaData(FRAME_OF_REFERENCE)
    (mask,) = read_masks(path, reference)
    assert codes(mask.findings) == ["frame-of-reference-unknown"]


def test_contours_off_the_slices_are_moved_and_told(reference):
    image, findings = filled([points(reference, rectangle(2.5, 2.5, 6.5, 6.5), 3.3)], reference, "ROI a")
    assert codes(findings) == ["contours-off-slices"]
    assert "0.60 mm" in findings[0].message
    assert array(image)[3].any()


def test_planes_that_share_a_slice(reference):
    contours = [points(reference, rectangle(2.5, 2.5, 6.5 + n, 6.5), 3 + z) for n, z in enumerate((-0.4, 0.1, 0.45))]
    image, findings = filled(contours, reference, "ROI a")
    assert codes(findings) == ["contours-off-slices", "contours-dropped"]
    assert array(image).sum() == 4 * 5  # the middle one is nearest


def test_slices_left_out_between_contours(reference):
    contours = [points(reference, rectangle(2.5, 2.5, 6.5, 6.5), k) for k in (2, 5)]
    _, findings = filled(contours, reference, "ROI a")
    assert codes(findings) == ["contours-gap"]
    assert "2 slice(s)" in findings[0].message


def test_contours_that_cross(reference):
    contours = [points(reference, rectangle(a, a, a + 6, a + 6), 3) for a in (2.5, 5.5)]
    image, findings = filled(contours, reference, "ROI a")
    assert codes(findings) == ["contours-cross"]
    assert array(image).sum() == 36 + 36 - 2 * 9


def test_partly_and_wholly_outside(reference):
    image, findings = filled([points(reference, rectangle(-4.5, 3.5, 5.5, 7.5), 3)], reference, "ROI a")
    assert codes(findings) == ["mask-clipped"]
    assert "16 of its 40 voxels" in findings[0].message
    assert array(image).sum() == 24
    for ij, k in ((rectangle(100, 3, 110, 8), 3), (rectangle(3, 3, 8, 8), 40), (rectangle(1e7, 0, 1e7 + 9, 9), 3)):
        with pytest.raises(MaskError, match="outside the image"):
            filled([points(reference, ij, k)], reference, "ROI a")


def test_smaller_than_a_voxel(reference):
    with pytest.raises(MaskError, match="no voxel centre"):
        filled([points(reference, rectangle(3.2, 3.2, 3.8, 3.8), 3)], reference, "ROI a")


def test_not_parallel_to_the_slices(reference):
    tilted = [reference.TransformContinuousIndexToPhysicalPoint(p) for p in ((2, 2, 2), (8, 2, 2), (8, 8, 5.0))]
    with pytest.raises(MaskError, match="not parallel"):
        filled([np.array(tilted)], reference, "ROI a")


@pytest.mark.parametrize("kind", ["POINT", "OPEN_PLANAR", "CLOSEDPLANAR_XOR", "OPEN_NONPLANAR"])
def test_other_kinds_of_contour(tmp_path, reference, kind):
    contour = points(reference, rectangle(2, 2, 6, 6), 3)
    path = structure_set(tmp_path / "rs.dcm", [("a", [contour])], kind=kind)
    with pytest.raises(MaskError, match="no closed planar contour"):
        read_masks(path, reference)


def test_other_kinds_beside_closed_ones_are_told(tmp_path, reference):
    path = structure_set(tmp_path / "rs.dcm", [("a", [points(reference, rectangle(2, 2, 6, 6), k) for k in (3, 4, 5)])])
    ds = pydicom.dcmread(path)
    ds.ROIContourSequence[0].ContourSequence[0].ContourGeometricType = "POINT"
    ds.ROIContourSequence[0].ContourSequence[1].ContourData = ["1", "2", "3"]
    save(ds, path)
    (mask,) = read_masks(path, reference)
    assert codes(mask.findings) == ["contours-skipped", "contours-skipped"]


@pytest.mark.parametrize("values", [["1", "2"], ["1e400"] * 9, ["1", "2", "3"] * 3 + ["4"]])
def test_damaged_points(tmp_path, reference, values):
    path = structure_set(tmp_path / "rs.dcm", [("a", [points(reference, rectangle(2, 2, 6, 6), 3)])])
    ds = pydicom.dcmread(path)
    ds.ROIContourSequence[0].ContourSequence[0].ContourData = values
    save(ds, path)
    with pytest.raises(MaskError, match="points are damaged"):
        read_masks(path, reference)


def test_no_regions_no_contours_same_name(tmp_path, reference):
    with pytest.raises(MaskError, match="holds no segment"):
        read_masks(structure_set(tmp_path / "a.dcm", []), reference)
    with pytest.raises(MaskError, match="no closed planar contour"):
        read_masks(structure_set(tmp_path / "b.dcm", [("a", [])]), reference)
    contour = [points(reference, rectangle(2, 2, 6, 6), 3)]
    with pytest.raises(MaskError, match="two segments named 'a'"):
        read_masks(structure_set(tmp_path / "c.dcm", [("a", contour), ("a", contour)]), reference)


def test_a_folder_that_holds_one(tmp_path, reference):
    contour = [points(reference, rectangle(2, 2, 6, 6), 3)]
    structure_set(tmp_path / "a.dcm", [("a", contour)])
    assert [mask.name for mask in read_masks(tmp_path, reference)] == ["a"]
    structure_set(tmp_path / "b.dcm", [("b", contour)])
    with pytest.raises(MaskError, match=r"2 DICOM SEG or RTSTRUCT files: a\.dcm, b\.dcm"):
        read_masks(tmp_path, reference)


def test_without_scikit_image(reference, monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage.draw", None)  # as Python marks a module that cannot be imported
    with pytest.raises(MissingDependencyError, match="pip install 'scikit-image"):
        filled([points(reference, rectangle(2, 2, 6, 6), 3)], reference, "ROI a")
