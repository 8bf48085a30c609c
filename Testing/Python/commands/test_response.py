"""``response``: RECIST 1.1's own rules from two tables, and tables that are none."""

import pytest

BASELINE = "lesion_id,organ,diameter_mm\nT1,liver,50\nT2,lung,30.0\nT3,node-axillary,20\n"


@pytest.fixture
def respond(run, tmp_path):
    """Run the command with a follow-up of T1, T2 and T3, or with whole tables."""

    def call(now, *more, baseline=BASELINE):
        if isinstance(now, tuple):
            rows = zip(("T1,liver", "T2,lung", "T3,node-axillary"), now, strict=True)
            now = "lesion_id,organ,diameter_mm\n" + "".join(f"{row},{size}\n" for row, size in rows)
        for name, text in (("baseline", baseline), ("now", now)):
            (tmp_path / f"{name}.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
        tables = ("--baseline", tmp_path / "baseline.csv", "--current", tmp_path / "now.csv")
        return run("response", *tables, *more)

    return call


@pytest.mark.parametrize(
    ("now", "more", "category"),
    [
        ((35, 21, 14), (), "PR"),  # 70 of 100 mm: 30 % less, exactly
        ((35, 21, 14.1), (), "SD"),
        ((60, 36, 24), (), "PD"),  # 20 % more, exactly
        ((60, 36, 23.9), (), "SD"),
        ((30, 10, 20), ("--nadir", "50"), "PD"),  # from the smallest, although 40 % below the baseline
        ((30, 10, 19), ("--nadir", "50"), "PR"),
        ((0, 0, 9.9), (), "CR"),  # a node below 10 mm is normal: the sum need not be 0
        ((0, 0, 10), (), "PR"),
        ((0, 0, 9), ("--non-target", "non-CR/non-PD"), "PR"),
        ((0, 0, 9), ("--non-target", "CR"), "CR"),
        ((0, 0, 9), ("--non-target", "PD"), "PD"),
        ((0, 0, 9), ("--new", "brain, 8 mm"), "PD"),
        ((20, 10, ""), (), "NE"),
        ((90, 40, ""), (), "PD"),  # whatever the third contributes
        ((3, 0, 6), ("--nadir", "6", "--complete-before"), "PD"),
        ((3, 0, 6), ("--nadir", "6"), "PR"),
    ],
)
def test_recist_1_1(respond, now, more, category):
    outcome = respond(now, *more, "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.json()["category"] == category


def test_the_numbers_behind_it(respond):
    changes = respond((40, 20, 12), "--nadir", "60", "--json").json()["changes"]
    assert changes == {
        "baseline_mm": 100.0,
        "nadir_mm": 60.0,
        "current_mm": 72.0,
        "from_baseline": pytest.approx(-0.28),
        "from_nadir": pytest.approx(0.2),
        "from_nadir_mm": 12.0,
    }


def test_as_text(respond):
    lines = respond((0, 0, 12), "--nadir", "0", "--new", "liver,\x1b[31m 12 mm").out.splitlines()
    assert lines[0] == "response: PD (target lesions: PD)"
    assert lines[1].startswith("The sum, 12.0 mm, is 12.0 mm above the smallest so far, 0.0 mm. New: liver,\\x1b[31m")
    assert [line.split()[-2:] for line in lines[4:]] == [
        ["100.00", "-"], ["0.00", "-"], ["12.00", "-"], ["-88.00", "-88.0%"], ["12.00", "-"],
    ]  # fmt: skip


def test_too_small_to_measure_counts_five_millimetres(respond):
    now = "lesion_id,organ,diameter_mm,too_small\nT1,liver,,yes\nT2,lung,0,no\nT3,node-axillary,12,\n"
    assert respond(now, "--json").json()["changes"]["current_mm"] == 17.0


def test_a_table_as_spreadsheets_save_it(respond):
    rows = ('\ufeff"Diameter_mm", Organ ,lesion_id', '"40.0",liver,T1', ",,", "12, lung ,T2", "20,node-axillary,T3", "")
    now = "\r\n".join(rows).encode()
    assert respond(now, "--json").json()["changes"]["current_mm"] == 72.0


def test_a_lesion_that_is_left_out_was_not_evaluated(respond):
    outcome = respond("lesion_id,organ,diameter_mm\nT1,liver,10\n", "--json").json()
    assert (outcome["category"], outcome["reason"]) == ("NE", "Not evaluated: T2, T3.")


HEADER = "lesion_id,organ,diameter_mm\n"


@pytest.mark.parametrize(
    ("now", "message"),
    [
        ("", "must have the columns lesion_id, organ, diameter_mm"),
        ("lesion_id;organ;diameter_mm\nT1;liver;3\n", "with commas between them"),
        ("lesion_id,organ\nT1,liver\n", "must have the columns"),
        ("lesion_id,organ,diameter_mm,size\nT1,liver,3,4\n", "must have the columns"),
        ("lesion_id,organ,diameter_mm,organ\nT1,liver,3,liver\n", "must have the columns"),
        (HEADER + "T1,liver\n", "line 2 has 2 values instead of 3"),
        (HEADER + "\nT1,liver,3,4\n", "line 3 has 4 values instead of 3"),
        (HEADER + "T1,,3\n", "line 2 must name a lesion and its organ"),
        (HEADER + 'T1,liver,"12,5"\n', "'12,5' is no diameter in mm"),
        (HEADER + "T1,liver,-3\n", "'-3' is no diameter"),
        (HEADER + "T1,liver,nan\n", "'nan' is no diameter"),
        (HEADER + "T1,liver,1e3\n", "'1e3' is no diameter"),
        (HEADER + "T1,liver,1_0\n", "'1_0' is no diameter"),
        (HEADER + "T1,liver,3 cm\n", "'3 cm' is no diameter"),
        ("lesion_id,organ,diameter_mm,too_small\nT1,liver,,maybe\n", "too_small must be yes, no or empty, not 'maybe'"),
        (HEADER + "T1,heart,3\n", "'heart' is not an organ"),
        (HEADER + "T1,lung,3\n", "lay in liver at baseline, not in lung"),
        (HEADER + "T9,liver,3\n", "T9 was none at baseline; name it among the new lesions"),
        (HEADER + "T1,liver,3\nT1,liver,3\n", "T1 appears twice"),
        (HEADER + 'T1,"liver,3\n', "is no CSV file"),
        (b"\xff\xfe\x00\x01", "is no CSV file in UTF-8"),
        (HEADER + "T1,liver,3\n" * 100_000, "too large"),
    ],
)
def test_tables_that_are_refused(respond, now, message):
    outcome = respond(now)
    assert outcome.code == 1
    assert message in outcome.err
    assert outcome.err.count("\n") == 1
    assert outcome.out == ""


def test_a_baseline_must_be_measured(respond):
    outcome = respond((1, 2, 3), baseline=BASELINE.replace("T2,lung,30.0", "T2,lung,"))
    assert outcome.code == 1
    assert "T2 has no diameter at baseline" in outcome.err
    assert respond((1, 2, 3), baseline=HEADER).err.endswith("at least one target lesion at baseline.\n")


def test_a_table_that_is_not_there(run, tmp_path):
    outcome = run("response", "--baseline", tmp_path / "absent.csv", "--current", tmp_path)
    assert outcome.code == 1
    assert "absent.csv cannot be read" in outcome.err


@pytest.mark.parametrize("nadir", ["-1", "nan", "inf", "x", ""])
def test_a_nadir_is_a_number_of_millimetres(respond, nadir):
    outcome = respond((1, 2, 3), f"--nadir={nadir}")
    assert outcome.code == 2
    assert "is not a number of mm" in outcome.err


@pytest.mark.parametrize("text", ["", " \n"])
def test_a_new_lesion_that_is_not_named_is_no_progression(respond, text):
    outcome = respond((1, 2, 3), "--new", text)
    assert outcome.code == 2
    assert "which lesion is new" in outcome.err
