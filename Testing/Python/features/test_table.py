"""features.csv comes back bit for bit, and a damaged one is refused with line and column."""

import csv
import io
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ABCImmunoResponseLib.errors import FeatureError
from ABCImmunoResponseLib.features.engine import engine
from ABCImmunoResponseLib.features.names import FEATURE_NAMES
from ABCImmunoResponseLib.features.recipe import load_recipe
from ABCImmunoResponseLib.features.table import (
    COLUMNS,
    ID_COLUMNS,
    FeatureTable,
    LesionRow,
    join_tables,
    parse_features_csv,
    read_features_csv,
    volume_mm3,
    write_features_csv,
)
from phantoms import ball, grid

ROW = LesionRow("case-1", "L1", "liver", 523.6, "pyradiomics 3.0.1", "zhao2023", "ab" * 32)


def table(n=2, seed=0) -> FeatureTable:
    """Return a table of ``n`` lesions with random values of every size."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, 1130)) * 10.0 ** rng.integers(-300, 300, size=(n, 1130))
    return FeatureTable(tuple(replace(ROW, lesion_id=f"L{k}") for k in range(n)), values)


def damaged(change) -> str:
    """Return the message with which a table is refused after ``change`` was made to its rows of cells."""
    rows = list(csv.reader(io.StringIO(write_features_csv(table()).decode(), newline="")))
    rows = change(rows) or rows
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return refused(text.getvalue().encode())


def refused(data: bytes) -> str:
    """Return the one line with which these bytes are refused."""
    with pytest.raises(FeatureError) as error:
        parse_features_csv(data, "mine.csv")
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 500
    return str(error.value)


def put(line, column, value):
    """Return a change that puts ``value`` into a cell."""

    def change(rows):
        rows[line - 1][COLUMNS.index(column)] = value

    return change


def same(a: FeatureTable, b: FeatureTable) -> bool:
    """Return whether two tables are equal to the last bit."""
    return a.ids == b.ids and a.values.tobytes() == b.values.tobytes()


def test_form_of_the_file():
    data = write_features_csv(table())
    lines = data.decode("utf-8").split("\n")
    assert b"\r" not in data
    assert lines[-1] == ""
    assert len(lines) == 4
    assert lines[0] == ",".join(ID_COLUMNS + FEATURE_NAMES)
    assert ID_COLUMNS == ("case_id", "lesion_id", "organ", "volume_mm3", "engine", "recipe", "recipe_sha256")
    assert lines[1].startswith(f"case-1,L0,liver,523.6,pyradiomics 3.0.1,zhao2023,{'ab' * 32},")


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.floats(width=64), min_size=1, max_size=40),
    st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20),
    st.floats(min_value=0, exclude_min=True, allow_infinity=False),
)
def test_every_number_and_name_comes_back(numbers, name, volume):
    values = np.resize(np.array(numbers), (1, 1130))
    before = FeatureTable((replace(ROW, case_id=name, lesion_id=name, volume_mm3=volume),), values)
    after = parse_features_csv(write_features_csv(before))
    assert after.ids == before.ids
    np.testing.assert_array_equal(after.values, before.values)
    assert np.array_equal(np.signbit(after.values), np.signbit(before.values) & ~np.isnan(before.values))


def test_file_comes_back_and_is_written_the_same_again(tmp_path):
    path = tmp_path / "features.csv"
    path.write_bytes(write_features_csv(table(3)))
    assert same(read_features_csv(path), table(3))
    assert write_features_csv(read_features_csv(path)) == path.read_bytes()


def test_undefined_values_are_kept():
    before = table(1)
    before.values[0, :3] = np.nan, np.inf, -np.inf
    data = write_features_csv(before)
    assert b",nan,inf,-inf," in data
    np.testing.assert_array_equal(parse_features_csv(data).values, before.values)


def test_what_a_spreadsheet_does_to_the_file_is_understood():
    """A byte order mark, CRLF, quotes, a blank last line and columns in another order."""
    rows = list(csv.reader(io.StringIO(write_features_csv(table()).decode(), newline="")))
    order = np.random.default_rng(1).permutation(len(COLUMNS))
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([[row[n] for n in order] for row in rows])
    assert same(parse_features_csv(text.getvalue().encode("utf-8-sig") + b"\r\n"), table())


def test_table_of_a_case(tmp_path):
    image = grid((40, 40, 24))
    masks = {"L1": ball(image, (16, 16, 15), 6), "L2": ball(image, (10, 10, 15), 3)}
    features = {name: np.full(1130, float(n)) for n, name in enumerate(masks)}
    made = FeatureTable.of("case-7", features, masks, load_recipe(), engine("pyradiomics"), {"L1": "node-other"})
    assert [(row.case_id, row.lesion_id, row.organ) for row in made.ids] == [
        ("case-7", "L1", "node-other"),
        ("case-7", "L2", ""),
    ]
    assert made.ids[0].engine == "pyradiomics 3.0.1"
    assert made.ids[0].recipe == "zhao2023"
    assert made.recipe_sha256 == load_recipe().sha256
    assert made.volumes == pytest.approx([4 / 3 * np.pi * 216, 4 / 3 * np.pi * 27], rel=0.1)
    assert made.volumes[0] == volume_mm3(masks["L1"]) == volume_mm3(masks["L1"] * 1)
    np.testing.assert_array_equal(made.values[1], 1.0)
    assert made.names == FEATURE_NAMES
    assert same(parse_features_csv(write_features_csv(made)), made)


def test_tables_are_joined():
    second = FeatureTable(tuple(replace(row, case_id="case-2") for row in table().ids), table(2, 5).values)
    joined = join_tables([table(), second])
    assert [row.case_id for row in joined.ids] == ["case-1"] * 2 + ["case-2"] * 2
    np.testing.assert_array_equal(joined.values, np.vstack([table().values, second.values]))
    with pytest.raises(FeatureError, match="Lesion L0 of case case-1 is in the feature table twice"):
        join_tables([table(), table()])
    with pytest.raises(FeatureError, match="at least one lesion"):
        join_tables([])


def test_one_recipe_a_table():
    rows = (ROW, replace(ROW, lesion_id="L2", recipe="robust", recipe_sha256="cd" * 32))
    with pytest.raises(FeatureError, match=r"one recipe, not with robust \(cdcd.*zhao2023 \(abab"):
        FeatureTable(rows, np.zeros((2, 1130)))


def test_shape_of_the_values():
    with pytest.raises(FeatureError, match="1 lesions needs 1130 values each, not an array of 1 x 3"):
        FeatureTable((ROW,), np.zeros((1, 3)))


@pytest.mark.parametrize(
    "name", ["=1+1", "+1", "-1", "@cmd", "\tx", "", " x", "a\nb", "a\0b", 'a"b', "_x", "x" * 129, None, 5]
)
@pytest.mark.parametrize("column", ["case_id", "lesion_id", "engine"])
def test_names_that_a_spreadsheet_would_run_are_refused(name, column):
    with pytest.raises(FeatureError, match=f"^{column} ") as error:
        replace(ROW, **{column: name})
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("volume", [0.0, -1.0, float("nan"), float("inf"), 5, "5"])
def test_volume_must_be_positive(volume):
    with pytest.raises(FeatureError, match="volume_mm3 of lesion L1 must be positive"):
        replace(ROW, volume_mm3=volume)


CONTRAST = "original_glcm_Contrast"


@pytest.mark.parametrize("cell", ["", "abc", " 1", "1 ", "1_0", "١", "0x1", "1,5", "1e", "--1", "NaN", "infinity", "="])
def test_cell_that_is_no_number_is_named_by_line_and_column(cell):
    assert damaged(put(3, CONTRAST, cell)) == f"mine.csv, line 3, column {CONTRAST}: {cell!r} is not a number."


def test_missing_columns_are_named():
    def drop(rows):
        return [[cell for n, cell in enumerate(row) if COLUMNS[n] not in (CONTRAST, "organ")] for row in rows]

    assert damaged(drop) == f"mine.csv lacks columns 'organ', '{CONTRAST}'."
    assert damaged(lambda rows: [row[:100] for row in rows]).endswith("and 1032 more.")


def test_duplicate_and_unknown_columns_are_named():
    assert damaged(lambda rows: [[*row, row[9]] for row in rows]) == f"mine.csv repeats column '{COLUMNS[9]}'."
    assert damaged(lambda rows: [[*row, "1"] for row in rows]).startswith("mine.csv has unknown column '1'")


def test_rows_of_another_length_are_named():
    assert damaged(lambda rows: [*rows[:2], rows[2][:-4]]) == (
        "mine.csv, line 3 has 1133 cells instead of the 1137 of the header."
    )
    assert "line 2 has 1138 cells" in damaged(lambda rows: [rows[0], [*rows[1], "1"]])


def test_lesion_twice_and_several_recipes_are_refused():
    assert "is in the feature table twice" in damaged(lambda rows: [*rows, rows[1]])
    assert "must be made with one recipe" in damaged(put(2, "recipe_sha256", "cd" * 32))


def test_ids_are_checked_on_reading_too():
    assert damaged(put(2, "case_id", "=HYPERLINK(1)")).startswith("mine.csv, line 2: case_id '=HYPERLINK(1)' cannot")
    assert "line 3: recipe_sha256 of lesion L1" in damaged(put(3, "recipe_sha256", "AB" * 32))
    assert "line 3, column volume_mm3: 'big'" in damaged(put(3, "volume_mm3", "big"))
    assert "line 3: volume_mm3 of lesion L1 must be positive" in damaged(put(3, "volume_mm3", "-4"))


def test_files_that_are_no_table(tmp_path):
    data = write_features_csv(table())
    assert "lacks columns 'case_id'" in refused(b"")
    assert "nothing follows the header" in refused(data.split(b"\n")[0] + b"\n")
    assert "line 2 holds a zero byte" in refused(data.replace(b"liver", b"li\0er", 1))
    assert "line 1 holds a zero byte" in refused(data.decode().encode("utf-16"))
    assert "line 2 is not UTF-8" in refused(data.replace(b"liver", b"l\xe9ber", 1))
    assert "line 2 is not valid CSV (field larger" in refused(data.replace(b"liver", b"l" * 200_000, 1))
    assert "not valid CSV" in refused(data.replace(b"liver", b'"liver', 1))
    with pytest.raises(FeatureError, match="cannot be read"):
        read_features_csv(tmp_path / "none.csv")
    with pytest.raises(FeatureError, match="cannot be read"):
        read_features_csv(tmp_path)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 50_000), st.binary(min_size=1, max_size=3))
def test_random_damage_never_gives_a_traceback(place, junk):
    data = bytearray(write_features_csv(table()))
    place %= len(data)
    data[place : place + len(junk)] = junk
    try:
        parse_features_csv(bytes(data))
    except FeatureError as error:
        message = str(error)
    else:
        message = "still a table"
    assert "\n" not in message


def test_cohort_sized_table_is_read_in_a_moment():
    big = FeatureTable(
        tuple(replace(ROW, case_id=f"case-{k}") for k in range(700)), np.random.default_rng(0).normal(size=(700, 1130))
    )
    started = time.process_time()
    assert same(parse_features_csv(write_features_csv(big)), big)
    assert time.process_time() - started < 5
