"""Reading a cohort: joined by patient, and every wrong cell named by row and column."""

import numpy as np
import pytest

from ABCImmunoResponseLib.errors import ABCImmunoResponseError, FeatureError, TrainingError
from ABCImmunoResponseLib.model.coding import study_coding
from ABCImmunoResponseLib.training.cohort import Columns, read_cohort


def _read(features, outcome, columns=None):
    return read_cohort(features, outcome, columns or Columns(), study_coding())


def test_reads_and_joins_by_patient_whatever_the_order_of_rows(tables, tmp_path):
    features, outcome = tables
    cohort = _read(features, outcome)
    header, *rows = outcome.read_text(encoding="utf-8").splitlines()
    turned = tmp_path / "patients.csv"
    turned.write_text("\n".join([header, *reversed(rows)]) + "\n", encoding="utf-8-sig", newline="\r\n")
    other = _read(features, turned)
    assert cohort.patients == tuple(reversed(other.patients))
    assert (cohort.response == other.response[::-1]).all()
    assert cohort.patient_features("mean") == pytest.approx(other.patient_features("mean")[::-1])
    assert cohort.patient_volumes() == pytest.approx(other.patient_volumes()[::-1])
    assert cohort.simulated.all()
    assert cohort.training.sum() == 90


def test_who_is_simulated_is_known_of_each_patient(tables, tmp_path):
    features, outcome = tables
    header, *rows = outcome.read_text(encoding="utf-8").splitlines()
    some = tmp_path / "patients.csv"
    unsaid = [row.removesuffix("true") if n < 100 else row for n, row in enumerate(rows)]
    some.write_text("\n".join([header, *unsaid]) + "\n", encoding="utf-8")
    simulated = _read(features, some).simulated
    assert (simulated == (np.arange(120) >= 100)).all()


def test_the_simulators_own_patients_are_known_by_their_ids_too(tables, tmp_path):
    renamed = [tmp_path / path.name for path in tables]
    for path, new in zip(tables, renamed, strict=True):
        text = path.read_text(encoding="utf-8").replace("P007,", "SIM-007,")
        new.write_text(text.replace(",true\n", ",\n"), encoding="utf-8")
    cohort = _read(*renamed)
    assert [cohort.patients[n] for n in np.flatnonzero(cohort.simulated)] == ["SIM-007"]


def test_lesions_measured_with_several_engines_are_refused(tables, tmp_path):
    mixed = tmp_path / "features.csv"
    text = tables[0].read_text(encoding="utf-8")
    mixed.write_text(text.replace("pyradiomics 3.0.1", "pyradiomics 3.1.0", 1), encoding="utf-8")
    with pytest.raises(FeatureError, match=r"equal values, not with pyradiomics 3\.0\.1, pyradiomics 3\.1\.0"):
        _read(mixed, tables[1])


def test_aggregation_is_that_of_scoring(tables):
    cohort = _read(*tables)
    rows = cohort.owner == 5
    expected = np.average(cohort.table.values[rows], axis=0, weights=cohort.table.volumes[rows])
    assert cohort.patient_features("volume-weighted mean")[5] == pytest.approx(expected)
    largest = cohort.table.values[rows][cohort.table.volumes[rows].argmax()]
    assert cohort.patient_features("largest")[5] == pytest.approx(largest)


def test_without_a_cohort_column_all_train(tables, tmp_path):
    features, outcome = tables
    renamed = tmp_path / "patients.csv"
    renamed.write_text(outcome.read_text(encoding="utf-8").replace("cohort", "part", 1), encoding="utf-8")
    assert _read(features, renamed).training.all()


def _cell(line, column, value):
    """Return an editor of the table's text that replaces one cell."""

    def edit(text):
        rows = [row.split(",") for row in text.splitlines()]
        rows[line - 1][rows[0].index(column)] = value
        return "\n".join(map(",".join, rows)) + "\n"

    return edit


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (_cell(4, "response", ""), "line 4, column response: the value is missing"),
        (_cell(4, "response", "maybe"), "line 4, column response: 'maybe' is neither 0 nor 1"),
        (_cell(5, "pfs_months", ""), "line 5, column pfs_months: the value is missing"),
        (_cell(5, "pfs_months", "soon"), "line 5, column pfs_months: 'soon' is not a number"),
        (_cell(5, "pfs_months", "0"), "line 5, column pfs_months: 0 is no time"),
        (_cell(5, "pfs_months", "inf"), "line 5, column pfs_months: 'inf' is not a number"),
        (_cell(6, "progressed", "2"), "line 6, column progressed: '2' is neither"),
        (_cell(6, "simulated", "perhaps"), "line 6, column simulated: 'perhaps' is neither"),
        (_cell(7, "cohort", "validation"), "line 7, column cohort: 'validation' is neither 'train' nor 'test'"),
        (_cell(8, "prior_lines", ""), "line 8: Lines of prior therapy .* is missing"),
        (_cell(8, "her2", ""), "line 8: Molecular subtype .* is missing"),
        (_cell(8, "her2", "maybe"), "line 8: HER2 .* must be one of"),
        (_cell(8, "prior_lines", "1.5"), "line 8: .* whole number"),
        (_cell(8, "metastatic_sites", "99"), "line 8: .* between 1 and 30"),
        (_cell(8, "visceral_metastasis", "perhaps"), "line 8, column visceral_metastasis: 'perhaps'"),
        (_cell(9, "case_id", ""), "line 9, column case_id: the value is missing"),
        (_cell(9, "case_id", "P000"), "'P000' stands on line 2 and on 9"),
        (_cell(9, "case_id", "Q1"), "lesions of patients that patients.csv does not have: P007"),
        (_cell(1, "pfs_months", "months"), "no column 'pfs_months'"),
        (_cell(1, "er", "pr"), "repeats the column 'pr'"),
        (lambda text: text + "P999,train\n", "line 122 has 2 cells"),
        (lambda text: text + text.splitlines()[1].replace("P000", "P999") + "\n", "no lesion of patients .*: P999"),
        (lambda text: text.splitlines()[0] + "\n", "holds no patient"),
        (lambda text: "", "no column 'case_id'"),
        (lambda text: text.replace("P003", '"P003', 1), "not valid CSV"),
    ],
)
def test_a_wrong_cell_is_named(tables, tmp_path, edit, message):
    features, outcome = tables
    wrong = tmp_path / "patients.csv"
    wrong.write_text(edit(outcome.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(TrainingError, match=message) as caught:
        _read(features, wrong)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"PK\x03\x04\x00\x00", b"case_id\x00,response\n"])
def test_what_is_no_table_is_refused_in_one_line(tables, tmp_path, data):
    wrong = tmp_path / "patients.csv"
    wrong.write_bytes(data)
    with pytest.raises(ABCImmunoResponseError) as caught:
        _read(tables[0], wrong)
    assert "\n" not in str(caught.value)


def test_a_table_that_is_not_there_is_refused(tables, tmp_path):
    with pytest.raises(TrainingError, match="cannot be read"):
        _read(tables[0], tmp_path / "nothing.csv")
    with pytest.raises(ABCImmunoResponseError):
        _read(tmp_path / "nothing.csv", tables[1])
