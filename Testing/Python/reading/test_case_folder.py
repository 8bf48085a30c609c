"""A case from its CT to its reads, and the order of its steps: what each needs, records and refuses."""

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
import SimpleITK as sitk

import sample_case
from ABCImmunoResponseLib.case import Acquisition, Finding, Lesion
from ABCImmunoResponseLib.errors import (
    CaseFolderError,
    GeometryError,
    ImagingError,
    MaskError,
    ProtocolError,
    StateError,
)
from ABCImmunoResponseLib.files import sha256_file
from ABCImmunoResponseLib.imaging.seg_nrrd import read_seg_nrrd
from ABCImmunoResponseLib.protocol import load_protocol
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.recist.diameters import measure
from phantoms import ball, box, grid
from sample_case import CLINICAL, FEATURES, LESIONS, REPORT, SENIOR, refused


def same(a, b):
    return np.array_equal(sitk.GetArrayViewFromImage(a), sitk.GetArrayViewFromImage(b))


class TestCreation:
    def test_a_new_case_holds_what_it_was_given(self, tmp_path):
        folder = sample_case.create(tmp_path / "new" / "P001")
        again = CaseFolder.open(folder.path)
        assert again.case_id == "P001"
        assert again.state == "created"
        assert again.reads == ()
        assert again.acquisition == sample_case.ACQUISITION
        assert again.protocol == load_protocol()
        assert [finding.code for finding in again.findings] == ["kernel"]
        assert same(again.image(), sample_case.ct())
        assert again.image().GetSpacing() == sample_case.ct().GetSpacing()
        assert again.image().GetPixelID() == sitk.sitkInt16
        assert (again.verdicts(), again.consensus_lesions(), again.consensus_segments()) == ((), (), {})
        assert (again.consensus(), again.clinical(), again.result()) == (None, None, None)
        assert [(line.number, line.action, line.actor) for line in again.audit()] == [(1, "create", "clerk")]

    def test_an_own_protocol_is_kept_in_the_case(self, tmp_path):
        protocol = load_protocol()
        strict = replace(protocol, agreement={**protocol.agreement, "concordant_dice_min": 0.99}, name="strict")
        folder = sample_case.create(tmp_path / "case", protocol=strict)
        assert CaseFolder.open(folder.path).protocol == strict

    @pytest.mark.parametrize("case_id", ["", "a/b", "../x", "CON", "a" * 65, "ü", "a\n", None, 5])
    def test_an_id_that_could_not_name_a_file_is_refused(self, tmp_path, case_id):
        with pytest.raises(CaseFolderError, match="Case id"):
            sample_case.create(tmp_path / "case", case_id=case_id)
        assert not (tmp_path / "case").exists()

    @pytest.mark.parametrize("actor", ["", "  ", "a\nb", "x" * 101, None])
    def test_an_actor_without_a_usable_name_is_refused(self, tmp_path, actor):
        with pytest.raises(CaseFolderError, match="person"):
            sample_case.create(tmp_path / "case", actor=actor)
        assert not (tmp_path / "case").exists()

    @pytest.mark.parametrize(
        "image", [None, sitk.Image(4, 4, sitk.sitkInt16), sitk.Image((4, 4, 4), sitk.sitkFloat32), "image.nrrd"]
    )
    def test_an_image_that_is_no_int16_volume_is_refused(self, tmp_path, image):
        with pytest.raises(ImagingError, match="int16"):
            sample_case.create(tmp_path / "case", image=image)
        assert not (tmp_path / "case").exists()

    def test_a_folder_that_holds_anything_is_refused_and_left_alone(self, tmp_path, sample):
        (tmp_path / "notes.txt").write_text("mine")
        with pytest.raises(CaseFolderError, match="not empty"):
            sample_case.create(tmp_path)
        assert [entry.name for entry in tmp_path.iterdir()] == ["notes.txt"]
        folder = sample("created")
        refused(folder, CaseFolderError, "not empty", lambda: sample_case.create(folder.path))
        with pytest.raises(CaseFolderError, match="not empty"):
            sample_case.create(tmp_path / "notes.txt")

    def test_an_empty_folder_is_taken(self, tmp_path):
        (tmp_path / "case").mkdir()
        assert sample_case.create(tmp_path / "case").state == "created"

    def test_a_place_that_cannot_be_made_is_refused(self, tmp_path):
        (tmp_path / "file").write_text("")
        with pytest.raises(CaseFolderError, match="cannot be created"):
            sample_case.create(tmp_path / "file" / "case")


class TestReads:
    def test_roles_go_by_the_order_of_the_first_save(self, sample):
        folder = sample("created")
        folder.save_read("kim", LESIONS["kim"], sample_case.masks("kim"))
        folder.save_read("lee", LESIONS["lee"], sample_case.masks("lee"))
        folder.save_read("kim", LESIONS["kim"], sample_case.masks("kim"))
        assert [(read.reader, read.role) for read in CaseFolder.open(folder.path).reads] == [("kim", "A"), ("lee", "B")]

    def test_a_saved_read_holds_lesions_masks_measurements_and_findings(self, sample):
        folder = sample("created")
        folder.save_read("lee", LESIONS["lee"], sample_case.masks("lee"))
        folder = CaseFolder.open(folder.path)
        (read,) = folder.reads
        assert (read.reader, read.role, read.locked, read.signature) == ("lee", "A", False, None)
        assert read.lesions == LESIONS["lee"]
        assert read.measurements == {name: measure(mask) for name, mask in sample_case.masks("lee").items()}
        assert read.assessments["a1"].eligible == "target"
        assert read.assessments["a1"].diameter_mm == read.measurements["a1"].longest_diameter_mm
        segments = folder.segments("lee")
        assert list(segments) == ["a1", "a2"]
        for name, mask in sample_case.masks("lee").items():
            assert same(segments[name], mask)
            assert segments[name].GetOrigin() == mask.GetOrigin()

    def test_recist_findings_are_kept_with_the_read(self, sample):
        folder = sample("created")
        small = {"n1": ball(sample_case.reference(), (12, 12, 12), 4)}
        folder.save_read("lee", [Lesion("n1", "node-axillary")], small)
        (read,) = CaseFolder.open(folder.path).reads
        assert ("node-normal", "n1") in {(finding.code, finding.lesion) for finding in read.findings}
        assert read.assessments["n1"].eligible == "not-a-lesion"

    def test_findings_about_how_the_masks_came_onto_the_grid_are_kept(self, sample):
        folder, moved = sample("created"), Finding("mask-resampled", "The mask was resampled.", lesion="a1")
        folder.save_read("lee", LESIONS["lee"], sample_case.masks("lee"), findings=[moved])
        assert CaseFolder.open(folder.path).reads[0].findings[0] == moved

    def test_segments_carry_reader_role_and_lesion(self, sample):
        path = sample("locked").path
        tags = {found.name: dict(found.tags) for found in read_seg_nrrd(path / "reads" / "kim.seg.nrrd")}
        assert set(tags) == {"b1", "b2", "b3"}
        assert tags["b2"] == {"reader": "kim", "role": "B", "lesion": "b2"}

    def test_overlapping_lesions_keep_their_voxels(self, sample):
        folder, on = sample("created"), sample_case.reference()
        given = {"x": ball(on, (12, 12, 12), 6), "y": ball(on, (15, 12, 12), 6)}
        folder.save_read("lee", [Lesion("x", "liver"), Lesion("y", "liver")], given)
        stored = CaseFolder.open(folder.path).segments("lee")
        assert all(same(stored[name], mask) for name, mask in given.items())

    def test_a_read_may_be_saved_again_until_it_is_locked(self, sample):
        folder = sample("created")
        folder.save_read("lee", LESIONS["lee"], sample_case.masks("lee"))
        only = {"a1": sample_case.masks("lee")["a1"]}
        folder.save_read("lee", LESIONS["lee"][:1], only)
        assert [lesion.lesion_id for lesion in CaseFolder.open(folder.path).reads[0].lesions] == ["a1"]
        folder.lock_read("lee")
        refused(folder, StateError, "locked", lambda: folder.save_read("lee", LESIONS["lee"][:1], only))
        refused(folder, StateError, "locked already", lambda: folder.lock_read("lee"))

    def test_one_reader_may_save_after_the_other_has_locked(self, sample):
        folder = sample("created")
        folder.save_read("lee", LESIONS["lee"], sample_case.masks("lee"))
        folder.lock_read("lee")
        assert folder.state == "reading"
        folder.save_read("kim", LESIONS["kim"], sample_case.masks("kim"))
        assert folder.state == "reading"
        folder.lock_read("kim", "alone")
        assert folder.state == "locked"
        assert [read.signature.statement for read in CaseFolder.open(folder.path).reads] == ["", "alone"]
        assert [read.signature.role for read in folder.reads] == ["reader A", "reader B"]

    def test_a_third_reader_is_refused(self, sample):
        folder = sample("locked")
        refused(
            folder,
            StateError,
            "no third reader",
            lambda: folder.save_read("park", LESIONS["lee"], sample_case.masks("lee")),
        )

    @pytest.mark.parametrize("reader", ["", "a/b", "..", "AUX", "a b", "lee\n", None])
    def test_a_reader_that_could_not_name_a_file_is_refused(self, sample, reader):
        folder = sample("created")
        refused(
            folder,
            CaseFolderError,
            "Reader",
            lambda: folder.save_read(reader, LESIONS["lee"], sample_case.masks("lee")),
        )

    @pytest.mark.parametrize("call", ["save_read", "lock_read", "segments"])
    def test_readers_that_differ_only_in_case_are_refused(self, sample, call):
        folder = sample("reading")
        arguments = (LESIONS["lee"], sample_case.masks("lee")) if call == "save_read" else ()
        refused(folder, CaseFolderError, "only in case: use 'lee'", lambda: getattr(folder, call)("LEE", *arguments))

    def test_who_has_not_read_cannot_lock_or_be_looked_at(self, sample):
        folder = sample("created")
        refused(folder, StateError, "no read", lambda: folder.lock_read("lee"))
        refused(folder, StateError, "no read", lambda: folder.segments("lee"))

    @pytest.mark.parametrize(
        ("lesions", "change", "error", "match"),
        [
            ((), {}, CaseFolderError, "no lesion"),
            (LESIONS["lee"], {"a2": None}, CaseFolderError, "without: a2"),
            (LESIONS["lee"], {"zz": "a1"}, CaseFolderError, "without: zz"),
            ((*LESIONS["lee"], Lesion("a1", "lung")), {}, CaseFolderError, "same id"),
            ((*LESIONS["lee"], Lesion("A1", "lung")), {"A1": "a1"}, CaseFolderError, "same id"),
            ((Lesion("a1", "heart"), Lesion("a2", "lung")), {}, ProtocolError, "'heart' is not an organ"),
            (LESIONS["lee"], {"a1": "other grid"}, GeometryError, "not on the image's grid"),
            (LESIONS["lee"], {"a1": "empty"}, MaskError, "empty"),
            (LESIONS["lee"], {"a1": "one voxel"}, MaskError, "single voxel"),
            (LESIONS["lee"], {"a1": "one slice"}, MaskError, "slice"),
            (LESIONS["lee"], {"a1": "two"}, MaskError, "other values than 0 and 1"),
            (LESIONS["lee"], {"a1": "plane"}, MaskError, "three-dimensional"),
            (LESIONS["lee"], {"a1": "text"}, MaskError, "three-dimensional"),
        ],
    )
    def test_a_read_that_does_not_fit_is_refused(self, sample, lesions, change, error, match):
        on, given = sample_case.reference(), sample_case.masks("lee")
        made = {
            "a1": given["a1"],
            "other grid": ball(grid((44, 44, 24), (1.0, 1.0, 1.3)), (12, 12, 12), 6),
            "empty": sitk.Image(on.GetSize(), sitk.sitkUInt8),
            "one voxel": box(on, (5, 5, 5), (1, 1, 1)),
            "one slice": box(on, (5, 5, 5), (9, 9, 1)),
            "two": sitk.Cast(given["a1"], sitk.sitkInt16) * 2,
            "plane": sitk.Image(4, 4, sitk.sitkUInt8),
            "text": "a1.nrrd",
        }
        made["empty"].CopyInformation(on)
        for name, what in change.items():
            if what is None:
                del given[name]
            else:
                given[name] = made[what]
        folder = sample("created")
        refused(folder, error, match, lambda: folder.save_read("lee", lesions, given))

    def test_masks_within_tolerance_are_stored_on_exactly_the_images_grid(self, sample):
        folder, given = sample("created"), sample_case.masks("lee")
        for mask in given.values():
            mask.SetOrigin([x + 0.004 for x in mask.GetOrigin()])
        folder.save_read("lee", LESIONS["lee"], given)
        assert folder.segments("lee")["a1"].GetOrigin() == folder.image().GetOrigin()

    def test_masks_of_other_integer_types_are_taken(self, sample):
        folder = sample("created")
        given = {name: sitk.Cast(mask, sitk.sitkInt32) for name, mask in sample_case.masks("lee").items()}
        folder.save_read("lee", LESIONS["lee"], given)
        assert folder.segments("lee")["a1"].GetPixelID() == sitk.sitkUInt8


STEPS = {
    "reconcile": (lambda f: f.reconcile("clerk"), {"locked"}),
    "adjudicate": (lambda f: f.adjudicate("P2", "A", SENIOR, "clear"), {"reconciled", "adjudicated"}),
    "sign": (lambda f: f.sign(SENIOR), {"adjudicated"}),
    "set_clinical": (
        lambda f: f.set_clinical(CLINICAL, "clerk"),
        {"locked", "reconciled", "adjudicated", "signed"},
    ),
    "record_score": (lambda f: f.record_score(FEATURES, sample_case.result(), "clerk"), {"signed"}),
    "record_report": (lambda f: f.record_report(REPORT, "clerk"), {"scored"}),
}


class TestOrder:
    """Which step is allowed in which state."""

    @pytest.mark.parametrize("name", STEPS)
    def test_a_step_is_taken_in_its_states_and_refused_in_all_others(self, sample, sample_folders, name):
        call, allowed = STEPS[name]
        for state in sample_folders:
            folder = sample(state)
            if state in allowed:
                call(folder)
                CaseFolder.open(folder.path)
            else:
                refused(folder, StateError, "refused", lambda folder=folder: call(folder))

    def test_a_refusal_says_what_to_do(self, sample):
        with pytest.raises(StateError, match="must be signed first"):
            sample("locked").record_score(FEATURES, sample_case.result(), "clerk")
        with pytest.raises(StateError, match="reopen it to 'signed' first"):
            sample("scored").set_clinical(CLINICAL, "clerk")
        with pytest.raises(StateError, match="must be locked first"):
            sample("reading").set_clinical(CLINICAL, "clerk")
        with pytest.raises(StateError, match="adjudicate P2, P3 first"):
            sample("reconciled").sign(SENIOR)

    def test_every_step_leaves_the_locked_reads_as_they_are(self, sample):
        folder = sample("locked")
        names = [f"reads/{reader}.{suffix}" for reader in sample_case.READERS for suffix in ("seg.nrrd", "json")]
        before = {name: sha256_file(folder.path / name) for name in names}
        while folder.state != "reported":
            sample_case.step(folder)
            assert {name: sha256_file(folder.path / name) for name in names} == before

    def test_the_audit_log_tells_who_did_what(self, sample):
        lines = sample("reported").audit()
        assert [(line.actor, line.action, line.state) for line in lines] == [
            ("clerk", "create", "created"),
            ("lee", "save-read", "reading"),
            ("kim", "save-read", "reading"),
            ("lee", "lock-read", "reading"),
            ("kim", "lock-read", "locked"),
            ("clerk", "reconcile", "reconciled"),
            (SENIOR, "adjudicate", "reconciled"),
            (SENIOR, "adjudicate", "adjudicated"),
            (SENIOR, "sign", "signed"),
            ("clerk", "set-clinical", "signed"),
            ("clerk", "record-score", "scored"),
            ("clerk", "record-report", "reported"),
        ]
        assert [line.time for line in lines] == sorted(line.time for line in lines)

    def test_a_clock_set_back_does_not_reorder_the_log(self, sample, monkeypatch):
        folder = sample("locked")
        last = folder.audit()[-1].time

        class Earlier:
            @staticmethod
            def now(zone):
                return datetime(1999, 1, 1, tzinfo=zone)

        monkeypatch.setattr("ABCImmunoResponseLib.reading.audit.datetime", Earlier)
        folder.reconcile("clerk")
        assert folder.audit()[-1].time == last


def test_an_acquisition_that_cannot_be_recorded_is_refused(tmp_path):
    with pytest.raises(CaseFolderError):
        sample_case.create(tmp_path / "case", acquisition=Acquisition(kvp="many"))
    assert not (tmp_path / "case").exists()
