"""Clinical values: types, ranges, derived values."""

import json
import math

import pytest

from ABCImmunoResponseLib.clinical import (
    ClinicalRecord,
    clinical_from_mapping,
    clinical_variables,
    cut_points,
    read_clinical,
)
from ABCImmunoResponseLib.errors import ClinicalError


def test_every_variable_is_a_field_and_every_field_a_variable():
    assert [v["name"] for v in clinical_variables()] == list(ClinicalRecord().as_dict())


def test_unknown_is_allowed_everywhere():
    record = ClinicalRecord()
    assert record.dnlr is None
    assert record.subtype is None


def test_dnlr_is_neutrophils_over_the_other_leucocytes():
    assert ClinicalRecord(neutrophils=4.2, leucocytes=6.3).dnlr == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("er", "pr", "her2", "subtype"),
    [
        ("negative", "negative", "negative", "TNBC"),
        ("positive", "negative", "negative", "HR+/HER2-"),
        ("negative", "positive", "negative", "HR+/HER2-"),
        ("positive", None, "negative", "HR+/HER2-"),
        ("positive", "positive", "positive", "HER2+"),
        (None, None, "positive", "HER2+"),
        ("negative", None, "negative", None),
        ("positive", "positive", None, None),
    ],
)
def test_subtype_follows_from_the_receptors_that_are_known(er, pr, her2, subtype):
    assert ClinicalRecord(er=er, pr=pr, her2=her2).subtype == subtype


@pytest.mark.parametrize("variable", clinical_variables(), ids=lambda v: v["name"])
def test_each_variable_refuses_what_lies_outside_its_definition(variable):
    bad = {
        "number": ["4", True, math.nan, math.inf, -math.inf, 10**400, [1], variable.get("range", [0, 0])[1] + 1],
        "integer": ["4", True, 1.5, 10**400, variable.get("range", [0, 0])[0] - 1],
        "choice": ["", "maybe", 1, True, ["pre"]],
        "boolean": [0, 1, "yes", "true"],
    }[variable["type"]]
    for value in bad:
        with pytest.raises(ClinicalError, match=variable["name"]):
            ClinicalRecord(**{variable["name"]: value})


def test_more_neutrophils_than_leucocytes_is_refused():
    with pytest.raises(ClinicalError, match="fewer than leucocytes"):
        ClinicalRecord(neutrophils=7.0, leucocytes=7.0)


@pytest.mark.parametrize("value", [[], "x", None, {"ages": 4}, {"age_years": 50, "<script>": 1}])
def test_mappings_of_the_wrong_shape_are_refused(value):
    with pytest.raises(ClinicalError):
        clinical_from_mapping(value)


def test_a_file_round_trip(tmp_path):
    record = ClinicalRecord(age_years=51.5, prior_lines=2, visceral_metastasis=False, regimen="chemotherapy")
    (tmp_path / "c.json").write_text(json.dumps(record.as_dict()))
    assert read_clinical(tmp_path / "c.json") == record


def test_cut_points_are_those_of_table_1():
    assert cut_points() == {
        "ecog": 2,
        "prior_lines": 2,
        "metastatic_sites": 3,
        "ki67_percent": 20,
        "dnlr": 2.38,
        "ldh": 250,
        "albumin": 40,
        "cps": 10,
        "age_years": [40, 50],
        "bmi": [18.5, 24],
    }
