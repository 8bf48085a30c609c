"""Cropped masks: the same voxels at the same place as the full ones, whatever file they come from."""

import itertools

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st

from ABCImmunoResponseLib.errors import GeometryError, MaskError
from ABCImmunoResponseLib.imaging.cropping import crop_label, crop_mask, lattice_offset, on_grid
from ABCImmunoResponseLib.imaging.geometry import Grid, bounding_box
from ABCImmunoResponseLib.imaging.masks import read_masks
from ABCImmunoResponseLib.imaging.seg_nrrd import write_seg_nrrd
from phantoms import ball, blob, box, grid, like

OBLIQUE = tuple(sitk.Euler3DTransform((0, 0, 0), 0.2, -0.3, 0.1).GetMatrix())


@pytest.fixture(scope="module")
def reference():
    return grid(size=(40, 36, 24), direction=OBLIQUE)


def array(image):
    return sitk.GetArrayFromImage(image)


def box_by_nonzero(values):
    """Find the bounding box from the list of all non-zero voxels."""
    found = np.argwhere(values)
    if not len(found):
        return None
    return tuple(slice(int(a), int(b) + 1) for a, b in zip(found.min(0), found.max(0), strict=True))


@given(
    shape=st.lists(st.integers(1, 6), min_size=1, max_size=4),
    dtype=st.sampled_from([bool, np.uint8, np.int8, np.int16, np.float32, np.float64]),
    share=st.sampled_from([0.0, 0.02, 0.3]),
    seed=st.integers(0, 99),
)
def test_bounding_box_is_that_of_all_voxels_that_are_not_zero(shape, dtype, share, seed):
    rng = np.random.default_rng(seed)
    values = np.where(rng.random(shape) < share, rng.choice([-3, 1, 5], shape), 0).astype(dtype)
    if values.dtype.kind == "f":
        values[rng.random(shape) < share / 2] = np.nan
    assert bounding_box(values) == box_by_nonzero(values)
    assert bounding_box(values.T) == box_by_nonzero(values.T)
    assert bounding_box(values[::-1]) == box_by_nonzero(values[::-1])


@given(
    start=st.tuples(*[st.integers(0, 5)] * 3),
    size=st.tuples(*[st.integers(1, 4)] * 3),
    margin=st.integers(0, 3),
    flip=st.sampled_from([1.0, -1.0]),
)
def test_a_cropped_mask_is_the_box_with_its_margin_and_goes_back_exactly(start, size, margin, flip):
    image = grid(size=(9, 10, 8), origin=(-211.3, 98.7, -1402.9), direction=[flip * x for x in OBLIQUE])
    mask = box(image, start, size)
    filled = box_by_nonzero(array(mask))[::-1]
    cropped = crop_mask(mask, margin)
    low = [max(side.start - margin, 0) for side in filled]
    high = [min(side.stop + margin, n) for side, n in zip(filled, image.GetSize(), strict=True)]
    assert cropped.GetSize() == tuple(b - a for a, b in zip(low, high, strict=True))
    assert lattice_offset(cropped, image) == tuple(low)
    np.testing.assert_allclose(cropped.GetOrigin(), image.TransformIndexToPhysicalPoint(low), atol=1e-9)
    back = on_grid(cropped, image)
    np.testing.assert_array_equal(array(back), array(mask))
    assert Grid.of(back) == Grid.of(image)
    assert back.GetPixelID() == sitk.sitkUInt8
    again = crop_mask(cropped, margin)
    assert (Grid.of(again).size, lattice_offset(again, image)) == (cropped.GetSize(), tuple(low))


def test_an_empty_mask_stays_empty(reference):
    cropped = crop_mask(sitk.Cast(reference, sitk.sitkUInt8))
    assert not array(cropped).any()
    assert lattice_offset(cropped, reference) == (0, 0, 0)
    assert not array(on_grid(cropped, reference)).any()


def test_a_mask_on_the_whole_grid_is_its_own(reference):
    mask = ball(reference, (14, 14, 14), 7)
    assert on_grid(mask, reference) is mask
    assert lattice_offset(mask, reference) == (0, 0, 0)


@pytest.mark.parametrize("part", [np.s_[3:20, 2:30, 1:], np.s_[:, :, 5:6], np.s_[39:, 35:, 23:]])
def test_any_part_of_the_image_lies_on_its_lattice(reference, part):
    cut = reference[part]
    assert lattice_offset(cut, reference) == tuple(s.start or 0 for s in part)
    moved = sitk.Image(cut)
    moved.SetOrigin([x + 0.005 for x in cut.GetOrigin()])
    assert lattice_offset(moved, reference) == lattice_offset(cut, reference)
    assert "origin" in lattice_offset(moved, reference, tolerance_mm=0.001)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda cut: cut.SetOrigin([x + 0.3 for x in cut.GetOrigin()]), "origin"),
        (lambda cut: cut.SetSpacing((0.8, 0.81, 1.25)), "spacing"),
        (lambda cut: cut.SetDirection((1, 0, 0, 0, 1, 0, 0, 0, 1)), "orientation"),
        (lambda cut: cut.SetOrigin((-900.0, 0.0, 0.0)), "origin"),
    ],
)
def test_what_is_off_the_lattice_is_refused_with_its_reason(reference, change, reason):
    cut = sitk.Cast(reference[5:20, 5:20, 5:20], sitk.sitkUInt8)
    change(cut)
    assert reason in lattice_offset(cut, reference)
    with pytest.raises(GeometryError, match=reason):
        on_grid(cut, reference)


def test_what_reaches_outside_or_runs_the_other_way_is_not_on_the_lattice(reference):
    wide = grid(size=(41, 36, 24), direction=OBLIQUE)
    assert "size 41" in lattice_offset(wide, reference)
    assert isinstance(lattice_offset(wide[40:, :, :], reference), str)
    assert "orientation" in lattice_offset(sitk.Flip(reference[3:9, 3:9, 3:9], [True, False, False]), reference)


@given(seed=st.integers(0, 20), value=st.sampled_from([1, 2, 3, 300]), dtype=st.sampled_from([np.uint8, np.float32]))
def test_a_label_is_cut_out_as_the_comparison_of_all_voxels_finds_it(seed, value, dtype):
    labels = np.random.default_rng(seed).choice(4, (5, 6, 7), p=[0.9, 0.06, 0.03, 0.01]).astype(dtype)
    image = grid(size=(7, 6, 5))
    for held in (labels, np.stack([labels, labels], axis=-1)[..., 0]):  # also one layer of several
        found = crop_label(held, value, Grid.of(image))
        np.testing.assert_array_equal(array(on_grid(found, image)), labels == value)
        assert Grid.of(found) == Grid.of(crop_mask(like(labels == value, image, np.uint8)))


def on_other_grids():
    """Return grids that a mask may be stored on, by what is special about them."""
    whole = grid(size=(40, 36, 24), direction=OBLIQUE)
    part = whole[4:31, 3:30, 2:20]
    return {
        "the image's": whole,
        "a part": part,
        "turned": sitk.Flip(sitk.PermuteAxes(part, [2, 0, 1]), [True, False, True], False),
        "finer": sitk.Expand(part, [2, 2, 2], sitk.sitkNearestNeighbor),
        "half a slice off": grid(size=(40, 36, 24), direction=OBLIQUE, origin=(-20.0, -30.0, 5.625)),
        "wider": sitk.ConstantPad(whole, (5, 5, 5), (5, 5, 5)),
    }


@pytest.mark.parametrize("kind", [".nii.gz", ".seg.nrrd"])
@pytest.mark.parametrize("where", list(on_other_grids()))
def test_files_give_the_same_masks_and_findings_cropped(tmp_path, reference, where, kind):
    stored = on_other_grids()[where]
    masks = {f"label-{n}": blob(stored, seed=n, share=0.02) for n in (1, 2)}
    path = tmp_path / f"masks{kind}"
    if kind == ".seg.nrrd":
        write_seg_nrrd(path, masks)  # they overlap: two layers
    else:
        first, second = map(array, masks.values())
        sitk.WriteImage(like(np.where(first, 1, 2 * second), stored, np.uint8), str(path))
    full, cropped = read_masks(path, reference), read_masks(path, reference, crop=True)
    assert [(mask.name, mask.findings) for mask in full] == [(mask.name, mask.findings) for mask in cropped]
    for whole, part in zip(full, cropped, strict=True):
        assert Grid.of(whole.image) == Grid.of(reference)
        assert Grid.of(part.image) == Grid.of(crop_mask(whole.image))
        np.testing.assert_array_equal(array(on_grid(part.image, reference)), array(whole.image))


def test_what_is_refused_full_is_refused_cropped(tmp_path, reference):
    away = ball(grid(size=(10, 10, 10), origin=(500, 0, 0)), (4, 4, 6), 3)
    sitk.WriteImage(away, str(tmp_path / "away.nrrd"))
    for crop, path in itertools.product((False, True), (tmp_path / "away.nrrd", tmp_path / "gone.nrrd")):
        with pytest.raises(MaskError):
            read_masks(path, reference, crop=crop)


def test_cropped_masks_are_written_to_the_same_bytes(tmp_path, reference):
    masks = {
        "one": ball(reference, (14, 14, 14), 7),
        "overlapping": ball(reference, (16, 14, 14), 7),
        "corner": box(reference, (38, 34, 22), (2, 2, 2)),
        "empty": box(reference, (0, 0, 0), (0, 0, 0)),
    }
    write_seg_nrrd(tmp_path / "full.seg.nrrd", masks)
    cropped = {name: crop_mask(mask) for name, mask in masks.items()}
    write_seg_nrrd(tmp_path / "cropped.seg.nrrd", cropped, image=reference)
    assert (tmp_path / "full.seg.nrrd").read_bytes() == (tmp_path / "cropped.seg.nrrd").read_bytes()
    with pytest.raises(GeometryError, match="not on the grid of the others"):
        write_seg_nrrd(tmp_path / "other.seg.nrrd", cropped, image=grid(size=(40, 36, 24)))
