"""``case withdraw``: a read leaves the record, with its reason, and another takes its place."""

from ABCImmunoResponseLib.reading.case_folder import CaseFolder


def test_a_read_is_withdrawn_and_another_reader_takes_its_place(run, at, patient):
    case = at("read-b")
    words = ("--reader", "reader-a", "--by", "senior", "--reason", "on leave")
    outcome = run("case", "withdraw", case, *words, "--json")
    assert outcome.code == 0, outcome.err
    assert [(read["reader"], read["role"]) for read in outcome.json()["reads"]] == [("reader-b", "B")]
    assert outcome.json()["state"] == "reading"
    mask, lesions = patient / "reader-a.seg.nrrd", patient / "reader-a.json"
    assert run("case", "read", case, "--reader", "park", "--mask", mask, "--lesions", lesions, "--lock").code == 0
    folder = CaseFolder.open(case)
    assert [(read.reader, read.role, read.locked) for read in folder.reads] == [
        ("park", "A", True),
        ("reader-b", "B", False),
    ]
    [line] = [line for line in folder.audit() if line.action == "withdraw-read"]
    assert (line.actor, line.details["reason"]) == ("senior", "on leave")


def test_it_says_what_was_done(run, at):
    case = at("read-a")
    outcome = run("case", "withdraw", case, "--reader", "reader-a", "--by", "senior", "--reason", "on leave")
    assert outcome.out == f"{case}: reader-a's read is withdrawn; the case is created\n"


def test_a_locked_read_is_not_withdrawn(run, at):
    outcome = run("case", "withdraw", at("locked-a"), "--reader", "reader-a", "--by", "senior", "--reason", "x")
    assert outcome.code == 1
    assert "is locked" in outcome.err
    assert "what was signed stays" in outcome.err
    assert outcome.err.count("\n") == 1


def test_who_and_why_must_be_said(run, at):
    case = at("read-a")
    assert run("case", "withdraw", case, "--reader", "reader-a", "--by", "senior").code == 2
    assert run("case", "withdraw", case, "--reader", "reader-a", "--reason", "x").code == 2
