"""Readers' masks may be cropped: everything that is made of them is the same, to the last bit."""

import json

import pytest
import SimpleITK as sitk
from hypothesis import assume, given
from hypothesis import strategies as st

import sample_case
from ABCImmunoResponseLib.case import Lesion
from ABCImmunoResponseLib.errors import GeometryError
from ABCImmunoResponseLib.imaging.cropping import crop_mask, on_grid
from ABCImmunoResponseLib.imaging.geometry import Grid
from ABCImmunoResponseLib.protocol import load_protocol
from ABCImmunoResponseLib.reading.agreement import compare
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.reading.matching import match_lesions
from ABCImmunoResponseLib.reading.proposals import explain_proposals, propose
from ABCImmunoResponseLib.reading.verdict import reconcile
from phantoms import blob, box, grid
from sample_case import LESIONS, SENIOR, snapshot

OBLIQUE = tuple(sitk.Euler3DTransform((0, 0, 0), 0.2, -0.3, 0.1).GetMatrix())
IMAGE = grid(size=(26, 24, 16), direction=OBLIQUE)


def same(a: sitk.Image, b: sitk.Image) -> bool:
    return Grid.of(a) == Grid.of(b) and (sitk.GetArrayFromImage(a) == sitk.GetArrayFromImage(b)).all()


def lesion(seed: int, corner) -> sitk.Image:
    """Return an irregular lesion in a box of 9 x 9 x 6 voxels."""
    return blob(IMAGE, seed=seed, share=0.4) & box(IMAGE, corner, (9, 9, 6))


corners = st.tuples(st.integers(0, 17), st.integers(0, 15), st.integers(0, 10))
lesions = st.builds(lesion, st.integers(0, 30), corners).filter(lambda mask: sitk.GetArrayViewFromImage(mask).any())


@given(a=lesions, b=lesions)
def test_two_outlines_agree_alike_and_have_the_same_proposals(a, b):
    cut_a, cut_b = crop_mask(a), crop_mask(b)
    assert compare(cut_a, cut_b, IMAGE) == compare(a, b)
    full, cropped = propose(a, b), propose(cut_a, cut_b, IMAGE)
    assert list(full) == list(cropped)
    for name, whole in full.items():
        assert Grid.of(cropped[name]) == Grid.of(crop_mask(whole))
        assert same(on_grid(cropped[name], IMAGE), whole)
    assert explain_proposals(cut_a, cut_b, cropped, IMAGE) == explain_proposals(a, b, full)


@given(a=st.lists(lesions, max_size=3), b=st.lists(lesions, max_size=3))
def test_two_reads_are_matched_and_judged_alike(a, b):
    assume(a or b)
    organs = ("liver", "lung", "liver")
    protocol, reads = load_protocol(), []
    for masks in (a, b):
        named = {f"L{n}": mask for n, mask in enumerate(masks, 1)}
        reads.append(([Lesion(name, organ) for name, organ in zip(named, organs, strict=False)], named))
    (lesions_a, full_a), (lesions_b, full_b) = reads
    cut_a, cut_b = ({name: crop_mask(mask) for name, mask in full.items()} for full in (full_a, full_b))
    assert match_lesions(cut_a, cut_b, 0.1, IMAGE) == match_lesions(full_a, full_b, 0.1)
    judged = reconcile(lesions_a, cut_a, lesions_b, cut_b, protocol, IMAGE)
    assert judged == reconcile(lesions_a, full_a, lesions_b, full_b, protocol)


def test_without_the_image_cropped_masks_have_no_common_grid():
    a, b = crop_mask(lesion(1, (2, 2, 2))), crop_mask(lesion(2, (4, 4, 4)))
    with pytest.raises(GeometryError, match="do not share a grid"):
        compare(a, b)
    elsewhere = grid(size=(26, 24, 16))
    for refused in (
        lambda: compare(a, b, elsewhere),
        lambda: propose(a, b, elsewhere),
        lambda: match_lesions({"a": a}, {"b": b}, 0.1, elsewhere),
    ):
        with pytest.raises(GeometryError, match="not on the image's grid"):
            refused()


def steps(folder: CaseFolder, crop) -> CaseFolder:
    """Take the sample case to its signed consensus, with an edited outline among its decisions."""
    for reader in sample_case.READERS:
        given_masks = {name: crop(mask) for name, mask in sample_case.masks(reader).items()}
        folder.save_read(reader, LESIONS[reader], given_masks)
        folder.lock_read(reader)
    folder.reconcile("clerk")
    folder.adjudicate("P2", "midway", SENIOR, "seen")
    folder.adjudicate("P3", "edited", SENIOR, "seen", mask=crop(sample_case.masks("kim")["b3"]))
    folder.sign(SENIOR)
    return folder


def without_times(data: bytes) -> object:
    def kept(value):
        if isinstance(value, dict):
            return {key: kept(item) for key, item in value.items() if key != "time"}
        return [kept(item) for item in value] if isinstance(value, list) else value

    return kept(json.loads(data))


def test_a_case_read_from_cropped_masks_is_the_same_case(tmp_path):
    full = steps(sample_case.create(tmp_path / "full"), lambda mask: mask)
    cropped = steps(sample_case.create(tmp_path / "cropped"), crop_mask)
    one, other = snapshot(full.path), snapshot(cropped.path)
    assert set(one) == set(other)
    for name in one:
        if name.endswith(".seg.nrrd"):
            assert one[name] == other[name], name
        elif name.startswith("reads/") or name == "consensus.json":
            assert without_times(one[name]) == without_times(other[name]), name


def test_a_case_gives_its_masks_full_or_cropped(sample):
    folder, image = sample("signed"), sample_case.reference()
    pairs = [(folder.consensus_segments(), folder.consensus_segments(crop=True))]
    for reader in sample_case.READERS:
        pairs.append((folder.segments(reader), folder.segments(reader, crop=True)))
        pairs.append((folder.segments_for(reader, reader), folder.segments_for(reader, reader, crop=True)))
    for full, cropped in pairs:
        assert list(full) == list(cropped)
        for name, whole in full.items():
            assert Grid.of(whole) == Grid.of(image)
            assert cropped[name].GetNumberOfPixels() < whole.GetNumberOfPixels() / 4
            assert same(on_grid(cropped[name], image), whole)
