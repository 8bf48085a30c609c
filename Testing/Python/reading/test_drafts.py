"""A reader's draft: what is saved is what comes back, to its reader alone, and the record knows nothing of it."""

import json

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st

import sample_case
from ABCImmunoResponseLib.case import Lesion
from ABCImmunoResponseLib.errors import (
    ABCImmunoResponseError,
    CaseFolderError,
    GeometryError,
    IntegrityError,
    MaskError,
    ProtocolError,
    StateError,
)
from ABCImmunoResponseLib.imaging.cropping import crop_mask, on_grid
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.reading.drafts import (
    DraftLesion,
    check_may_read,
    draft_masks,
    drop_draft,
    load_draft,
    save_draft,
    save_draft_mask,
    start_draft,
)
from ABCImmunoResponseLib.reading.integrity import hash_dicom_folder
from ABCImmunoResponseLib.reading.worklist import worklist
from phantoms import box, grid, like
from sample_case import LESIONS

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}[A-Za-z0-9_-]", fullmatch=True).filter(
    lambda name: name.split(".")[0].upper() not in {"CON", "PRN", "AUX", "NUL", "COM1", "LPT1"}
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
ANSWERS = st.none() | st.booleans()
DRAFT_LESIONS = st.builds(
    DraftLesion,
    lesion_id=NAMES,
    organ=st.sampled_from(["", "liver", "bone", "not an organ"]),
    kind=st.sampled_from(["target", "non-target"]),
    site=TEXT,
    override=TEXT,
    soft_tissue=ANSWERS,
    cystic=ANSWERS,
    irradiated=ANSWERS,
)
VIEWS = st.dictionaries(
    TEXT, st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-1e3, 1e3) | st.lists(st.floats(-9, 9)), max_size=4
)
ANGLE = np.deg2rad(11)
TURNED = (np.cos(ANGLE), -np.sin(ANGLE), 0.0, np.sin(ANGLE), np.cos(ANGLE), 0.0, 0.0, 0.0, 1.0)


@pytest.fixture
def folder(sample):
    return sample("created")


def files(folder):
    """Return the names of the files of all drafts of a case."""
    top = folder.path / "drafts"
    return sorted(file.relative_to(top).as_posix() for file in top.rglob("*") if file.is_file())


def voxels(mask):
    """Return a mask's voxels on the sample case's grid."""
    return sitk.GetArrayFromImage(on_grid(mask, sample_case.reference()))


@given(st.lists(DRAFT_LESIONS, max_size=5, unique_by=lambda lesion: lesion.lesion_id.casefold()), VIEWS, st.data())
def test_lesions_come_back_as_they_were_saved(turned_case, lesions, view, data):
    current = data.draw(st.none() | st.sampled_from([lesion.lesion_id for lesion in lesions])) if lesions else None
    save_draft(turned_case, "kim", lesions, current=current, view=view)
    draft = load_draft(CaseFolder.open(turned_case.path), "kim")
    assert (draft.reader, draft.lesions, draft.current, draft.view) == ("kim", tuple(lesions), current, view)
    assert draft.time.endswith("Z")


@given(
    st.tuples(*[st.integers(0, 11)] * 3),
    st.tuples(*[st.integers(1, 6)] * 3),
    st.integers(0, 2**32 - 1),
    st.booleans(),
    st.sampled_from([sitk.sitkUInt8, sitk.sitkInt16, sitk.sitkUInt16]),
)
def test_outlines_come_back_exactly_where_they_were(turned_case, start, size, seed, cropped, kind):
    on = sitk.Cast(turned_case.image(), sitk.sitkUInt8)
    size = [min(n, 12 - s) for n, s in zip(size, start, strict=True)]
    drawn = sitk.GetArrayFromImage(box(on, start, size)) * np.random.default_rng(seed).integers(0, 2, (12, 12, 12))
    mask = sitk.Cast(like(drawn.astype(np.uint8), on), kind)
    save_draft_mask(turned_case, "lee", "L1", crop_mask(mask, margin=2) if cropped else mask)
    found = draft_masks(CaseFolder.open(turned_case.path), "lee")
    if not drawn.any():
        assert found == {}
        return
    assert sitk.GetArrayFromImage(on_grid(found["L1"], turned_case.image())).tolist() == drawn.tolist()
    assert found["L1"].GetPixelID() == sitk.sitkUInt8
    assert on_grid(found["L1"], turned_case.image(), tolerance_mm=1e-9) is not None


@pytest.fixture(scope="module")
def turned_case(tmp_path_factory):
    """A case with a CT of 12 x 12 x 12 voxels whose axes are turned and whose numbers are not round."""
    image = grid((12, 12, 12), (0.7421875, 0.7421875, 1.2500001), (-187.62890625, -342.1, 1083.3333333), TURNED)
    return sample_case.create(tmp_path_factory.mktemp("turned") / "case", image=image)


def test_only_the_lesions_box_is_written(folder):
    save_draft_mask(folder, "lee", "L1", box(sample_case.reference(), (20, 3, 7), (4, 5, 6)))
    data = (folder.path / "drafts/lee/L1.nrrd").read_bytes()
    assert b"\nsizes: 6 7 8\n" in data
    assert len(data) < 600
    assert voxels(sitk.ReadImage(folder.path / "drafts/lee/L1.nrrd")).sum() == 4 * 5 * 6  # any program opens it


def test_a_case_need_not_read_its_ct_for_a_stroke(folder, monkeypatch):
    monkeypatch.setattr(CaseFolder, "image", lambda self: pytest.fail("the CT is read"))
    save_draft_mask(folder, "lee", "L1", sample_case.masks("lee")["a1"])
    assert list(draft_masks(folder, "lee")) == ["L1"]


@pytest.mark.parametrize("opened", [True, False])
def test_the_grid_is_that_of_the_image(sample, opened):
    folder = sample("created")
    if opened:
        folder.image()
    assert folder.grid() == type(folder.grid()).of(folder.image())


def test_a_lesion_without_an_organ_is_no_lesion_yet():
    with pytest.raises(ProtocolError, match="Say the organ of lesion L1 first"):
        DraftLesion("L1").lesion()
    done = Lesion("L1", "bone", "non-target", "L3", "seen on MR", True, False, None)
    assert DraftLesion.of(done).lesion() == done


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"lesion_id": "../L1"}, "cannot be used"),
        ({"kind": "third"}, "neither 'target' nor"),
        ({"organ": 7}, "has no organ"),
        ({"site": None}, "site must be text"),
        ({"cystic": "yes"}, "cystic must be true, false or null"),
    ],
)
def test_a_lesion_checks_itself(values, message):
    with pytest.raises(ABCImmunoResponseError, match=message):
        DraftLesion(**({"lesion_id": "L1"} | values))


def test_a_stroke_of_a_new_lesion_lists_it(folder):
    masks = sample_case.masks("lee")
    save_draft(folder, "lee", [DraftLesion("a1", "liver")], current="a1", view={"k": 12})
    save_draft_mask(folder, "lee", "a2", masks["a2"])
    draft = load_draft(folder, "lee")
    assert draft.lesions == (DraftLesion("a1", "liver"), DraftLesion("a2"))
    assert (draft.current, draft.view) == ("a1", {"k": 12})
    assert list(draft_masks(folder, "lee")) == ["a2"]


@pytest.mark.parametrize("nothing", [None, sitk.Image(44, 44, 24, sitk.sitkUInt8)])
def test_an_outline_is_removed(folder, nothing):
    if nothing is not None:
        nothing.CopyInformation(sample_case.reference())
    for _ in range(2):
        save_draft_mask(folder, "lee", "a1", sample_case.masks("lee")["a1"])
        save_draft_mask(folder, "lee", "a1", nothing)
        save_draft_mask(folder, "lee", "a1", nothing)
        assert draft_masks(folder, "lee") == {}
        assert load_draft(folder, "lee").lesions == (DraftLesion("a1"),)


def test_the_outline_of_a_removed_lesion_goes_and_does_not_come_back_with_its_id(folder):
    save_draft_mask(folder, "lee", "a1", sample_case.masks("lee")["a1"])
    save_draft(folder, "lee", [])
    assert files(folder) == ["lee/draft.json"]
    stale = folder.path / "drafts/lee/a1.nrrd"
    save_draft_mask(folder, "lee", "a1", sample_case.masks("lee")["a1"])
    data = stale.read_bytes()
    save_draft(folder, "lee", [])
    stale.write_bytes(data)  # what a kill before it was removed leaves
    assert draft_masks(folder, "lee") == {}
    save_draft(folder, "lee", [DraftLesion("a1")])
    assert draft_masks(folder, "lee") == {}


def test_a_draft_begins_with_the_saved_read(sample):
    folder = sample("reading")
    folder = CaseFolder.open(folder.path)
    reader = next(read.reader for read in folder.reads if not read.locked)
    draft = start_draft(folder, reader)
    assert [lesion.lesion() for lesion in draft.lesions] == list(LESIONS[reader])
    found = draft_masks(folder, reader)
    assert list(found) == [lesion.lesion_id for lesion in LESIONS[reader]]
    for name, mask in sample_case.masks(reader).items():
        assert (voxels(found[name]) == sitk.GetArrayViewFromImage(mask)).all()
    save_draft(folder, reader, draft.lesions[:1])
    assert start_draft(folder, reader).lesions == draft.lesions[:1]


def test_a_first_draft_is_empty_and_is_there(folder):
    assert load_draft(folder, "lee") is None
    assert draft_masks(folder, "lee") == {}
    assert start_draft(folder, "lee").lesions == ()
    assert load_draft(folder, "lee") == start_draft(folder, "lee")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda f: save_draft(f, "lee", [DraftLesion("a"), DraftLesion("A")]), CaseFolderError, "the same id"),
        (lambda f: save_draft(f, "lee", [DraftLesion("a")], current="b"), CaseFolderError, "Lesion b is at hand"),
        (lambda f: save_draft(f, "lee", [], view={"x": float("nan")}), CaseFolderError, "must be finite"),
        (lambda f: save_draft(f, "lee", [], view={"x": object()}), CaseFolderError, "type object"),
        (lambda f: save_draft(f, "lee", [], view={1: 2}), CaseFolderError, "named by text"),
        (lambda f: save_draft(f, "../lee", []), CaseFolderError, "Reader '../lee' cannot be used"),
        (lambda f: load_draft(f, ".lee"), CaseFolderError, "Reader '.lee' cannot be used"),
        (lambda f: start_draft(f, ""), CaseFolderError, "Reader '' cannot be used"),
        (lambda f: drop_draft(f, ".."), CaseFolderError, "Reader '..' cannot be used"),
        (lambda f: save_draft_mask(f, "lee", "../a1", None), CaseFolderError, "Lesion id '../a1' cannot be used"),
        (lambda f: save_draft_mask(f, "lee", "a1", grid((9, 9, 9))), GeometryError, "not on the image's grid"),
        (lambda f: save_draft_mask(f, "lee", "a1", sample_case.reference() + 2), MaskError, "other values than 0"),
    ],
)
def test_what_cannot_be_a_draft_is_refused_and_nothing_is_written(folder, call, error, message):
    sample_case.refused(folder, error, message, lambda: call(folder))
    assert files(folder) == []


def test_only_who_may_save_a_read_may_draft(sample):
    folder = sample("created")
    folder.save_read("lee", LESIONS["lee"], sample_case.masks("lee"))
    folder.save_read("kim", LESIONS["kim"], sample_case.masks("kim"))
    for call in (check_may_read, start_draft, lambda f, who: save_draft(f, who, [])):
        sample_case.refused(folder, StateError, "park cannot read this case", lambda call=call: call(folder, "park"))
        sample_case.refused(folder, CaseFolderError, "only in case: use 'lee'", lambda call=call: call(folder, "Lee"))
    seen_before = CaseFolder.open(folder.path)
    folder.lock_read("lee")
    for stale in (folder, seen_before):  # what another process locked meanwhile counts
        sample_case.refused(stale, StateError, "is locked", lambda: save_draft(stale, "lee", []))  # noqa: B023
        sample_case.refused(stale, StateError, "is locked", lambda: save_draft_mask(stale, "lee", "a1", None))  # noqa: B023
    check_may_read(folder, "kim")


def test_two_readers_whose_names_differ_only_in_case_share_no_folder(folder):
    save_draft(folder, "lee", [DraftLesion("a1")])
    sample_case.refused(folder, CaseFolderError, "only in case: use 'lee'", lambda: save_draft(folder, "Lee", []))
    assert load_draft(folder, "Lee") is None


def test_a_draft_is_its_readers_alone(folder):
    folder.save_read("kim", LESIONS["kim"], sample_case.masks("kim"))
    before = [folder.describe("kim"), folder.describe(None), folder.audit(), folder.files, worklist_of(folder)]
    save_draft(folder, "lee", [DraftLesion("secret", "liver", site="hidden")], view={"hidden": 1})
    save_draft_mask(folder, "lee", "secret", sample_case.masks("lee")["a1"])
    folder = CaseFolder.open(folder.path)
    assert [
        folder.describe("kim"),
        folder.describe(None),
        folder.audit(),
        folder.files,
        worklist_of(folder),
    ] == before
    assert load_draft(folder, "kim") is None
    assert draft_masks(folder, "kim") == {}
    assert [lesion.lesion_id for lesion in start_draft(folder, "kim").lesions] == ["b1", "b2", "b3"]
    assert "lee" not in json.dumps([folder.describe("kim"), str(worklist_of(folder))])


def worklist_of(folder):
    return worklist(folder.path.parent, "kim")


def test_the_record_takes_no_notice_of_drafts(sample):
    folder = sample("created")
    save_draft_mask(folder, "lee", "a1", sample_case.masks("lee")["a1"])
    (folder.path / "drafts/lee/notes.txt").write_text("anything")
    folder.verify()
    folder.save_read("kim", LESIONS["kim"], sample_case.masks("kim"))
    folder.lock_read("kim")
    assert files(folder) == ["lee/a1.nrrd", "lee/draft.json", "lee/notes.txt"]
    (folder.path / "reads" / "drafts").mkdir()
    (folder.path / "reads" / "drafts" / "a1.nrrd").write_text("no draft")
    with pytest.raises(IntegrityError, match=r"unknown file reads/drafts/a1\.nrrd"):
        folder.verify()


def test_a_dicom_folder_is_hashed_whole_whatever_its_folders_are_called(tmp_path):
    (tmp_path / "drafts").mkdir()
    (tmp_path / "drafts" / "1.dcm").write_bytes(b"a slice")
    assert list(hash_dicom_folder(tmp_path)) == ["drafts/1.dcm"]


def test_a_file_in_place_of_the_drafts_is_an_unknown_file(folder):
    (folder.path / "drafts").write_text("not a folder")
    with pytest.raises(IntegrityError, match="unknown file drafts"):
        folder.verify()
    with pytest.raises(CaseFolderError, match=r"drafts.* cannot be"):
        save_draft(folder, "lee", [])


def test_steps_after_the_reads_leave_drafts_alone(sample):
    folder = sample("reported")
    place = folder.path / "drafts" / "park"
    place.mkdir(parents=True)
    (place / "draft.json").write_text("{}")
    folder.reopen("locked", sample_case.SENIOR, "again")
    folder.reconcile("clerk")
    assert files(folder) == ["park/draft.json"]


def test_locking_drops_the_readers_draft_and_no_other(folder):
    for reader in ("lee", "kim"):
        folder.save_read(reader, LESIONS[reader], sample_case.masks(reader))
        start_draft(folder, reader)
    folder.lock_read("lee")
    assert {name.split("/")[0] for name in files(folder)} == {"kim"}
    assert load_draft(folder, "lee") is None
