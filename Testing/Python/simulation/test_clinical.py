"""The virtual cohort's clinical table against the study's, and its joint receptors."""

from collections import Counter

import numpy as np
import pytest

from ABCImmunoResponseLib.clinical import cut_points
from ABCImmunoResponseLib.simulation.clinical import draw_records
from ABCImmunoResponseLib.simulation.patient import draw_patients
from ABCImmunoResponseLib.simulation.receptors import assignments, receptors
from ABCImmunoResponseLib.simulation.table1 import COHORTS, RESPONSES, cell_counts, cell_size, table1

CELLS = [(cohort, response) for cohort in COHORTS for response in RESPONSES]


def _three(value, low, high, names, *, middle_holds_high):
    if value < low:
        return names[0]
    return names[1] if value < high or (middle_holds_high and value == high) else names[2]


# Each row of Table 1 from a record, by the study's own words and the product's cut points.
LEVEL = {
    "age_years": lambda r: _three(
        r.age_years, *cut_points()["age_years"], ("<40", "40-50", ">=50"), middle_holds_high=False
    ),
    "bmi": lambda r: _three(r.bmi, *cut_points()["bmi"], ("<18.5", "18.5-24", ">24"), middle_holds_high=True),
    "ecog": lambda r: ">=2" if r.ecog >= cut_points()["ecog"] else "0-1",
    "menopausal": lambda r: r.menopausal,
    "prior_operation": lambda r: "yes" if r.prior_operation else "no",
    "prior_lines": lambda r: ">=2" if r.prior_lines >= cut_points()["prior_lines"] else "1",
    "er": lambda r: r.er,
    "pr": lambda r: r.pr,
    "her2": lambda r: r.her2,
    "subtype": lambda r: r.subtype,
    "subtype_group": lambda r: "TNBC" if r.subtype == "TNBC" else "non-TNBC",
    "ki67_percent": lambda r: ">20" if r.ki67_percent > cut_points()["ki67_percent"] else "<=20",
    "dnlr": lambda r: ">=2.38" if r.dnlr >= cut_points()["dnlr"] else "<2.38",
    "ldh": lambda r: ">250" if r.ldh > cut_points()["ldh"] else "<=250",
    "albumin": lambda r: ">=40" if r.albumin >= cut_points()["albumin"] else "<40",
    "regimen": lambda r: r.regimen,
    "visceral_metastasis": lambda r: "yes" if r.visceral_metastasis else "no",
    "metastatic_sites": lambda r: ">=3" if r.metastatic_sites >= cut_points()["metastatic_sites"] else "1-2",
}


def test_every_row_of_table1_is_covered():
    assert set(LEVEL) == set(table1()["counts"])
    assert sum(cell_size(*cell) for cell in CELLS) == 240


@pytest.mark.parametrize("seed", [0, 1, 7, 2023])
def test_every_count_of_table1_is_met(seed):
    patients = draw_patients(seed)
    assert Counter((p.cohort, p.response) for p in patients) == {
        ("train", False): 110,
        ("train", True): 61,
        ("test", False): 45,
        ("test", True): 24,
    }
    for cohort, response in CELLS:
        records = [p.clinical for p in patients if (p.cohort, p.response) == (cohort, response == "response")]
        for name, level in LEVEL.items():
            assert Counter(map(level, records)) == cell_counts(name, cohort, response), name


def test_counts_and_moments_hold_for_any_seed():
    for seed in range(25):
        for cell in CELLS:
            records = draw_records(np.random.default_rng(seed), *cell)
            for name, level in LEVEL.items():
                assert Counter(map(level, records)) == cell_counts(name, *cell), (seed, cell, name)
            for name in ("age_years", "bmi"):
                values = [getattr(record, name) for record in records]
                mean, sd = table1()["mean_sd"][name][cell[0]][cell[1]]
                assert np.mean(values) == pytest.approx(mean, abs=0.005)
                assert np.std(values, ddof=1) == pytest.approx(sd, abs=0.005)


@pytest.mark.parametrize("cell", CELLS)
def test_receptors_meet_all_margins_and_no_joint_table_was_missed(cell):
    positive = {name: cell_counts(name, *cell)["positive"] for name in ("er", "pr", "her2")}
    subtypes = cell_counts("subtype", *cell)
    tables = list(assignments(**positive, hormone_positive=subtypes["HR+/HER2-"], patients=cell_size(*cell)))
    for table in tables:
        assert min(table.values()) >= 0
        assert sum(table.values()) == cell_size(*cell)
        for place, name in enumerate(("er", "pr", "her2")):
            assert sum(n for status, n in table.items() if status[place] == "positive") == positive[name]
        hormone = sum(n for (er, pr, her2), n in table.items() if her2 == "negative" and "positive" in (er, pr))
        assert hormone == subtypes["HR+/HER2-"]
    # Counted another way: over all three free cells of the HER2-positive tumours and the overlap outside them.
    free = [
        (both, er_only, pr_only, overlap)
        for both in range(positive["her2"] + 1)
        for er_only in range(positive["her2"] + 1)
        for pr_only in range(positive["her2"] + 1)
        for overlap in range(subtypes["HR+/HER2-"] + 1)
        if both + er_only + pr_only <= positive["her2"]
        and (a := positive["er"] - both - er_only - overlap) >= 0
        and (b := positive["pr"] - both - pr_only - overlap) >= 0
        and a + b + overlap == subtypes["HR+/HER2-"]
    ]
    assert len(tables) == len(free) > 0
    chosen = Counter(receptors(*cell))
    odd = sum(n for (er, pr, _), n in chosen.items() if (er, pr) == ("negative", "positive"))
    assert odd == min(
        sum(n for (er, pr, _), n in table.items() if (er, pr) == ("negative", "positive")) for table in tables
    )


def test_dependent_variables_go_together():
    patients = draw_patients(2023)
    age = {status: [] for status in ("pre", "post")}
    for patient in patients:
        age[patient.clinical.menopausal].append(patient.clinical.age_years)
    assert np.mean(age["pre"]) < np.mean(age["post"]) - 5
    assert max(age["pre"]) <= 56
    visceral = [
        [p.clinical.visceral_metastasis for p in patients if (p.clinical.metastatic_sites >= 3) is many]
        for many in (False, True)
    ]
    assert np.mean(visceral[1]) > np.mean(visceral[0])
