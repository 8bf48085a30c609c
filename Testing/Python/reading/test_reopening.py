"""A step back: logged, with a reason, and nothing signed is lost."""

import pytest

import sample_case
from ABCImmunoResponseLib.case import Lesion
from ABCImmunoResponseLib.errors import CaseFolderError, StateError
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.reading.states import STATES
from sample_case import SENIOR

BACK = ("locked", "reconciled", "adjudicated", "signed", "scored")


@pytest.mark.parametrize("to", BACK)
@pytest.mark.parametrize("state", STATES[3:])
def test_a_case_goes_back_to_an_earlier_state_and_forward_again(sample, state, to):
    folder = sample(state)
    before = sample_case.snapshot(folder.path)
    if STATES.index(to) >= STATES.index(state):
        with pytest.raises(StateError, match="no step back"):
            folder.reopen(to, SENIOR, "a mistake")
        assert sample_case.snapshot(folder.path) == before
        return
    folder.reopen(to, SENIOR, "a mistake")
    folder = CaseFolder.open(folder.path)
    assert folder.state == to
    line = folder.audit()[-1]
    assert (line.action, line.actor) == ("reopen", SENIOR)
    assert line.details == {"from": state, "to": to, "reason": "a mistake"}
    after = sample_case.snapshot(folder.path)
    assert all(after[name] == data for name, data in before.items() if name.startswith(("reads/", "image", "clinical")))
    kept = {name.split("/", 2)[2]: data for name, data in after.items() if name.startswith("superseded/")}
    for name, data in before.items():
        if name not in ("case.json", "audit.jsonl") and after.get(name) != data:
            assert kept[name] == data, f"{name} was lost"
    sample_case.advance(folder, "reported")
    assert CaseFolder.open(folder.path).state == "reported"


@pytest.mark.parametrize("to", ["created", "reading", "reported", "", "nowhere", None])
def test_other_states_cannot_be_gone_back_to(sample, to):
    folder = sample("reported")
    with pytest.raises(StateError, match=r"locked read stays as it is|no step back"):
        folder.reopen(to, SENIOR, "a mistake")


@pytest.mark.parametrize("state", ["created", "reading", "locked"])
def test_what_is_not_reconciled_cannot_be_reopened(sample, state):
    folder = sample(state)
    for to in BACK:
        with pytest.raises(StateError, match="no step back"):
            folder.reopen(to, SENIOR, "a mistake")


def test_a_reason_is_needed(sample):
    with pytest.raises(CaseFolderError, match="reason is missing"):
        sample("reported").reopen("signed", SENIOR, " ")


def test_reopening_to_reconciled_withdraws_what_people_decided_and_only_that(sample):
    folder = sample("adjudicated")
    folder.adjudicate("P1", "A", SENIOR, "overruled")
    folder.reopen("reconciled", SENIOR, "start again")
    assert [(d.pair_id, d.choice, d.automatic) for d in folder.consensus().decisions] == [("P1", "midway", True)]
    assert [lesion.lesion_id for lesion in folder.consensus_lesions()] == ["L1"]


def test_reopening_to_adjudicated_keeps_the_decisions_and_drops_the_signature(sample):
    folder = sample("signed")
    decisions = folder.consensus().decisions
    folder.reopen("adjudicated", SENIOR, "wrong outline")
    folder = CaseFolder.open(folder.path)
    assert folder.consensus().signature is None
    assert folder.consensus().decisions == decisions
    folder.adjudicate("P2", "A", SENIOR, "better")
    folder.sign(SENIOR)


def test_clinical_values_stay_and_may_be_corrected(sample):
    folder = sample("reported")
    folder.reopen("signed", "clerk", "LDH was mistyped")
    assert folder.clinical() == sample_case.CLINICAL
    assert folder.result() is None
    folder.set_clinical(sample_case.CLINICAL, "clerk")
    assert not (folder.path / "result.json").exists()


def test_where_no_pair_is_left_to_settle_there_is_no_way_back_to_reconciled(sample):
    folder = sample("created")
    mask = sample_case.masks("lee")["a1"]
    for reader in sample_case.READERS:
        folder.save_read(reader, [Lesion("x", "liver")], {"x": mask})
        folder.lock_read(reader)
    folder.reconcile("clerk")
    folder.sign(SENIOR)
    with pytest.raises(StateError, match="reopen it to 'adjudicated'"):
        folder.reopen("reconciled", SENIOR, "x")
    folder.reopen("locked", SENIOR, "x")
    assert CaseFolder.open(folder.path).consensus() is None


def test_each_reopening_keeps_its_own_copies(sample):
    folder = sample("signed")
    for reason in ("first", "second"):
        folder.reopen("adjudicated", SENIOR, reason)
        folder.sign(SENIOR)
    kept = [name for name in CaseFolder.open(folder.path).files if name.startswith("superseded/")]
    assert kept == [f"superseded/{line:04d}/consensus.{kind}" for line in (10, 12) for kind in ("json", "seg.nrrd")]
