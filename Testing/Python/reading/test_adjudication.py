"""Reconciliation, adjudication and signature of the consensus."""

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk

import sample_case
from ABCImmunoResponseLib.case import Lesion
from ABCImmunoResponseLib.errors import (
    ABCImmunoResponseError,
    CaseFolderError,
    GeometryError,
    MaskError,
    ProtocolError,
    StateError,
)
from ABCImmunoResponseLib.files import sha256_file
from ABCImmunoResponseLib.imaging.seg_nrrd import read_seg_nrrd
from ABCImmunoResponseLib.protocol import load_protocol
from ABCImmunoResponseLib.reading import measuring
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.reading.proposals import propose
from ABCImmunoResponseLib.recist.diameters import measure
from phantoms import ball, box
from sample_case import LESIONS, SENIOR


def same(a, b):
    return np.array_equal(sitk.GetArrayViewFromImage(a), sitk.GetArrayViewFromImage(b))


def read_both(sample, lee, kim):
    """Return a case in which both readers have locked; each read is a list of (lesion, mask)."""
    folder = sample("created")
    for reader, read in (("lee", lee), ("kim", kim)):
        folder.save_read(reader, [lesion for lesion, _ in read], {lesion.lesion_id: mask for lesion, mask in read})
        folder.lock_read(reader)
    return folder


def refused(folder, error, match, *arguments, **named):
    before = sample_case.snapshot(folder.path)
    with pytest.raises(error, match=match) as caught:
        folder.adjudicate(*arguments, **named)
    assert "\n" not in str(caught.value)
    assert sample_case.snapshot(folder.path) == before


def test_concordant_pairs_take_the_protocols_proposal_at_once(sample):
    folder = sample("locked")
    verdicts = folder.reconcile("clerk")
    folder = CaseFolder.open(folder.path)
    assert folder.verdicts() == verdicts
    assert [(v.pair_id, v.a, v.b, v.cause) for v in verdicts] == [
        ("P1", "a1", "b1", "concordant"),
        ("P2", "a2", "b2", "different-boundary"),
        ("P3", None, "b3", "one-reader-only"),
    ]
    consensus = folder.consensus()
    assert consensus.open_pairs == ("P2", "P3")
    (decision,) = consensus.decisions
    assert (decision.pair_id, decision.choice, decision.automatic) == ("P1", "midway", True)
    expected = propose(sample_case.masks("lee")["a1"], sample_case.masks("kim")["b1"])["midway"]
    assert list(folder.consensus_segments()) == ["L1"]
    assert same(folder.consensus_segments()["L1"], expected)
    (item,) = consensus.lesions
    assert (item.lesion, item.pair_id) == (Lesion("L1", "liver", site="segment VIII"), "P1")
    assert item.measurement == measure(expected)
    assert folder.consensus_lesions() == (item.lesion,)


def test_the_reconciliation_measures_each_lesion_once(sample, monkeypatch):
    on, measured = sample_case.reference(), []
    places = [(x, y, 12) for x in (8, 20, 32) for y in (8, 20, 32)]
    read = [(Lesion(f"n{n}", "liver", kind="non-target"), ball(on, place, 4)) for n, place in enumerate(places)]
    folder = read_both(sample, read, read)
    monkeypatch.setattr(measuring, "measure", lambda mask, image: measured.append(mask) or measure(mask, image))
    folder.reconcile("clerk")
    assert (folder.state, len(measured)) == ("adjudicated", len(places))


def test_a_case_without_disagreement_is_adjudicated_at_once(sample):
    on = sample_case.reference()
    pair = [(Lesion("x", "liver"), ball(on, (12, 12, 12), 6))]
    folder = read_both(sample, pair, pair)
    folder.reconcile("clerk")
    assert folder.state == "adjudicated"
    folder.sign(SENIOR)
    assert CaseFolder.open(folder.path).state == "signed"


def test_a_concordant_outline_that_is_no_valid_lesion_waits_for_a_person(tmp_path):
    on = sample_case.reference()
    slab = box(on, (5, 5, 5), (9, 9, 2))
    protocol = load_protocol()
    assert protocol.acquisition["lesion_slices_min"] == 2
    lifted = box(on, (5, 5, 6), (9, 9, 2))  # the intersection is one slice thick
    rules = {**protocol.agreement, "concordant_consensus": "intersection", "concordant_dice_min": 0.4}
    folder = sample_case.create(tmp_path / "case", protocol=replace(protocol, agreement=rules))
    for reader, mask in (("lee", slab), ("kim", lifted)):
        folder.save_read(reader, [Lesion("x", "liver")], {"x": mask})
        folder.lock_read(reader)
    (verdict,) = folder.reconcile("clerk")
    assert verdict.concordant
    folder = CaseFolder.open(folder.path)
    assert folder.state == "reconciled"
    assert folder.consensus().open_pairs == ("P1",)
    (note,) = folder.consensus().notes
    assert "slice" in note.message
    folder.adjudicate("P1", "union", SENIOR, "one slice is too thin")
    assert folder.state == "adjudicated"


@pytest.mark.parametrize("choice", ["A", "B", "staple", "intersection", "union", "midway"])
def test_each_choice_takes_its_outline(sample, choice):
    folder = sample("reconciled")
    folder.adjudicate("P2", choice, SENIOR, "seen together")
    folder = CaseFolder.open(folder.path)
    a, b = sample_case.masks("lee")["a2"], sample_case.masks("kim")["b2"]
    expected = {"A": a, "B": b, **propose(a, b)}[choice]
    assert same(folder.consensus_segments()["L2"], expected)
    assert folder.consensus().lesions[1].measurement == measure(expected)
    decision = folder.consensus().decisions[1]
    assert (decision.choice, decision.actor, decision.reason) == (choice, SENIOR, "seen together")
    assert not decision.automatic
    described = folder.describe()["pairs"][1]["decision_findings"]
    assert [finding["code"] for finding in described] == [finding.code for finding in decision.findings]
    assert bool(described) == (choice == "staple")
    assert folder.state == "reconciled"


def test_an_edited_mask_is_taken_and_checked(sample):
    folder, on = sample("reconciled"), sample_case.reference()
    refused(folder, CaseFolderError, "only with it", "P2", "edited", SENIOR, "drawn anew")
    refused(folder, CaseFolderError, "only with it", "P2", "A", SENIOR, "x", mask=ball(on, (31, 31, 15), 6))
    empty = ball(on, (31, 31, 15), 6) * 0
    refused(folder, MaskError, "empty", "P2", "edited", SENIOR, "drawn anew", mask=empty)
    refused(folder, MaskError, "single voxel", "P2", "edited", SENIOR, "x", mask=box(on, (3, 3, 3), (1, 1, 1)))
    shifted = ball(on, (31, 31, 15), 6)
    shifted.SetOrigin((0, 0, 0))
    refused(folder, GeometryError, "grid", "P2", "edited", SENIOR, "x", mask=shifted)
    mask = ball(on, (31, 31, 15), 6)
    folder.adjudicate("P2", "edited", SENIOR, "drawn anew", mask=mask)
    assert same(CaseFolder.open(folder.path).consensus_segments()["L2"], mask)


def test_a_lesion_keeps_its_id_whatever_is_settled_or_dropped_first(sample):
    folder = sample("reconciled")
    folder.adjudicate("P3", "B", SENIOR, "a breast lesion indeed")
    assert [lesion.lesion_id for lesion in folder.consensus_lesions()] == ["L1", "L3"]
    folder.adjudicate("P1", "drop", SENIOR, "a cyst")
    folder.adjudicate("P2", "A", SENIOR, "margin")
    folder = CaseFolder.open(folder.path)
    assert [lesion.lesion_id for lesion in folder.consensus_lesions()] == ["L2", "L3"]
    assert [item.pair_id for item in folder.consensus().lesions] == ["P2", "P3"]
    assert list(folder.consensus_segments()) == ["L2", "L3"]
    assert folder.state == "adjudicated"


def test_a_decision_may_be_taken_anew_until_the_signature(sample):
    folder = sample("adjudicated")
    folder.adjudicate("P2", "B", SENIOR, "on second thoughts")
    assert same(folder.consensus_segments()["L2"], sample_case.masks("kim")["b2"])
    assert [decision.pair_id for decision in folder.consensus().decisions] == ["P1", "P2", "P3"]
    folder.sign(SENIOR)
    refused(folder, StateError, "signed already", "P2", "A", SENIOR, "too late")


def test_concordant_pairs_may_be_overruled(sample):
    folder = sample("reconciled")
    folder.adjudicate("P1", "A", SENIOR, "B included a vessel")
    decision = CaseFolder.open(folder.path).consensus().decisions[0]
    assert (decision.choice, decision.automatic) == ("A", False)
    assert same(folder.consensus_segments()["L1"], sample_case.masks("lee")["a1"])


def test_segments_of_the_consensus_carry_their_pair(sample):
    path = sample("adjudicated").path / "consensus.seg.nrrd"
    assert {found.name: dict(found.tags) for found in read_seg_nrrd(path)} == {
        "L1": {"role": "consensus", "lesion": "L1", "pair": "P1"},
        "L2": {"role": "consensus", "lesion": "L2", "pair": "P2"},
    }


@pytest.mark.parametrize(
    ("arguments", "named", "error", "match"),
    [
        (("P9", "A", SENIOR, "x"), {}, CaseFolderError, "no pair 'P9'; there are P1, P2, P3"),
        ((None, "A", SENIOR, "x"), {}, CaseFolderError, "no pair"),
        (("P2", "both", SENIOR, "x"), {}, CaseFolderError, "no choice; use one of A, B"),
        (("P2", "A", SENIOR, ""), {}, CaseFolderError, "reason is missing"),
        (("P2", "A", SENIOR, "  "), {}, CaseFolderError, "reason is missing"),
        (("P2", "A", SENIOR, "x" * 2001), {}, CaseFolderError, "up to 2000"),
        (("P2", "A", SENIOR, "\x00"), {}, CaseFolderError, "printable"),
        (("P2", "drop", SENIOR, None), {}, CaseFolderError, "reason"),
        (("P2", "A", "", "x"), {}, CaseFolderError, "person"),
        (("P2", "A", SENIOR, "x"), {"organ": "heart"}, ProtocolError, "not an organ"),
        (("P2", "drop", SENIOR, "x"), {"organ": "lung"}, CaseFolderError, "no organ"),
        (("P3", "A", SENIOR, "x"), {}, CaseFolderError, "Reader A did not outline P3"),
        (("P3", "union", SENIOR, "x"), {}, CaseFolderError, "not one lesion outlined by both"),
        (("P2", "A", "lee", "x"), {}, StateError, "lee read this case"),
        (("P2", "A", "KIM", "x"), {}, StateError, "KIM read this case"),
    ],
)
def test_what_does_not_fit_is_refused(sample, arguments, named, error, match):
    refused(sample("reconciled"), error, match, *arguments, **named)


def test_a_reader_may_adjudicate_and_sign_only_with_a_recorded_reason(sample):
    folder = sample("reconciled")
    folder.adjudicate("P2", "A", "lee", "x", override_reason="no third reader is on site")
    folder.adjudicate("P3", "drop", SENIOR, "x")
    with pytest.raises(StateError, match="kim read this case, and signing"):
        folder.sign("kim")
    folder.sign("kim", override_reason="no third reader is on site")
    folder = CaseFolder.open(folder.path)
    assert folder.consensus().decisions[1].override_reason == "no third reader is on site"
    assert folder.consensus().signature.statement == "no third reader is on site"
    assert folder.audit()[-1].details["override_reason"] == "no third reader is on site"


def test_different_organs_must_be_settled(sample):
    on = sample_case.reference()
    mask = ball(on, (12, 12, 12), 6)
    folder = read_both(
        sample,
        [(Lesion("x", "liver", override="biopsied"), mask)],
        [(Lesion("y", "kidney", kind="non-target", site="upper pole", cystic=True), ball(on, (12.5, 12, 12), 6))],
    )
    (verdict,) = folder.reconcile("clerk")
    assert verdict.cause == "different-organ"
    refused(folder, CaseFolderError, r"different organs for P1 \(liver and kidney\)", "P1", "union", SENIOR, "x")
    folder.adjudicate("P1", "B", SENIOR, "right kidney")
    assert folder.consensus_lesions() == (Lesion("L1", "kidney", kind="non-target", site="upper pole", cystic=True),)
    folder.adjudicate("P1", "union", SENIOR, "liver after all", organ="liver")
    assert folder.consensus_lesions() == (Lesion("L1", "liver", site="upper pole", override="biopsied", cystic=True),)
    folder.adjudicate("P1", "A", SENIOR, "neither", organ="adrenal")
    assert CaseFolder.open(folder.path).consensus_lesions() == (Lesion("L1", "adrenal", override="biopsied"),)


def test_what_the_readers_contradict_each_other_about_is_unknown(sample):
    on = sample_case.reference()
    mask = ball(on, (12, 12, 12), 6)
    folder = read_both(
        sample,
        [(Lesion("x", "bone", soft_tissue=True, irradiated=False), mask)],
        [(Lesion("x", "bone", soft_tissue=False, irradiated=False), mask)],
    )
    folder.reconcile("clerk")
    (lesion,) = folder.consensus_lesions()
    assert (lesion.soft_tissue, lesion.irradiated, lesion.cystic) == (None, False, None)
    assert "bone-soft-tissue-unknown" in {finding.code for finding in folder.consensus().findings}


def test_outlines_without_a_common_voxel_offer_no_intersection(sample):
    on = sample_case.reference()
    folder = read_both(
        sample,
        [(Lesion("x", "liver"), ball(on, (12, 12, 12), 5))],
        [(Lesion("y", "liver"), ball(on, (30, 30, 12), 5))],
    )
    assert [verdict.cause for verdict in folder.reconcile("clerk")] == ["different-lesion"] * 2
    refused(folder, CaseFolderError, "not one lesion outlined by both", "P1", "intersection", SENIOR, "x")
    refused(folder, CaseFolderError, "Reader B did not outline P1", "P1", "B", SENIOR, "x")
    folder.adjudicate("P1", "A", SENIOR, "a lesion")
    folder.adjudicate("P2", "B", SENIOR, "a lesion too")
    assert folder.state == "adjudicated"
    assert [lesion.lesion_id for lesion in folder.consensus_lesions()] == ["L1", "L2"]
    folder.adjudicate("P2", "drop", SENIOR, "a cyst, on second thoughts")
    assert [lesion.lesion_id for lesion in folder.consensus_lesions()] == ["L1"]


def test_a_proposal_that_is_too_thin_is_refused(sample):
    on = sample_case.reference()
    folder = read_both(
        sample,
        [(Lesion("x", "liver"), box(on, (5, 5, 5), (10, 10, 6)))],
        [(Lesion("x", "lung"), box(on, (5, 5, 10), (10, 10, 6)))],
    )
    (verdict,) = folder.reconcile("clerk")
    assert verdict.agreement is not None
    refused(folder, MaskError, "slice", "P1", "intersection", SENIOR, "x", organ="liver")


def test_recist_findings_of_the_consensus_are_kept(sample):
    on = sample_case.reference()
    lesions = [Lesion(f"n{n}", "liver") for n in range(3)]
    places = ((10, 10, 12), (30, 30, 12), (10, 30, 12))
    read = [(lesion, ball(on, place, 6)) for lesion, place in zip(lesions, places, strict=True)]
    folder = read_both(sample, read, read)
    folder.reconcile("clerk")
    assert "too-many-in-organ" in {finding.code for finding in CaseFolder.open(folder.path).consensus().findings}


def test_a_consensus_without_any_lesion_cannot_be_signed(sample):
    folder = sample("reconciled")
    for pair in ("P1", "P2", "P3"):
        folder.adjudicate(pair, "drop", SENIOR, "artefact")
    assert folder.state == "adjudicated"
    assert not (folder.path / "consensus.seg.nrrd").exists()
    folder = CaseFolder.open(folder.path)
    assert folder.consensus_segments() == {}
    with pytest.raises(StateError, match="every lesion was dropped"):
        folder.sign(SENIOR)
    folder.adjudicate("P1", "A", SENIOR, "a lesion after all")
    folder.sign(SENIOR)
    assert CaseFolder.open(folder.path).consensus().signature.person == SENIOR


def test_the_reads_are_never_touched(sample):
    folder = sample("reconciled")
    names = [name for name in folder.files if name.startswith("reads/")]
    before = {name: sha256_file(folder.path / name) for name in names}
    for choice in ("A", "B", "staple", "drop"):
        folder.adjudicate("P2", choice, SENIOR, "trying")
    with pytest.raises(ABCImmunoResponseError):
        folder.save_read("lee", LESIONS["lee"], sample_case.masks("lee"))
    assert {name: sha256_file(folder.path / name) for name in names} == before
