"""Scores, contributions, neighbours and applicability of one patient."""

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ABCImmunoResponseLib.case import Acquisition
from ABCImmunoResponseLib.clinical import ClinicalRecord
from ABCImmunoResponseLib.errors import FeatureError, RecipeError
from ABCImmunoResponseLib.features.names import FEATURE_NAMES
from ABCImmunoResponseLib.features.table import FeatureTable, LesionRow
from ABCImmunoResponseLib.model.aggregation import AGGREGATIONS, lesion_weights
from ABCImmunoResponseLib.model.coding import code_clinical, missing_sources, study_coding
from ABCImmunoResponseLib.model.network import network_scores
from ABCImmunoResponseLib.model.scoring import score
from cohort_tables import ACQUISITION, CLINICAL


@pytest.fixture
def patient(tiny) -> FeatureTable:
    """Three lesions of an ordinary patient of the bundle's cohort."""
    recipe = tiny.description["input"]["recipe"]
    values = np.random.default_rng(11).normal(size=(3, len(FEATURE_NAMES)))
    rows = tuple(
        LesionRow("C1", f"L{n}", "liver", volume, "pyradiomics 3.0.1", recipe["name"], recipe["sha256"])
        for n, volume in enumerate((1000.0, 3000.0, 6000.0), 1)
    )
    return FeatureTable(rows, values)


def _with(table, **changes):
    return FeatureTable(tuple(dataclasses.replace(row, **changes) for row in table.ids), table.values)


def test_result_holds_what_a_report_needs_and_is_json(tiny, patient):
    result = score(tiny, patient, CLINICAL, ACQUISITION)
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert (result["case_id"], result["n_features"], result["n_lesions"]) == ("C1", 1130, 3)
    assert result["bundle"] == {"id": "tiny", "sha256": tiny.sha256}
    assert result["recipe"]["name"] == "zhao2023"
    assert result["disclaimer"] == "research use only; trained on simulated patients"
    for model, found in result["scores"].items():
        assert set(found) == {"score", "probability", "cutoff", "risk_group", "percentile"}
        assert found["cutoff"] == tiny.description["cutoffs"][model]["value"]
        assert found["risk_group"] == ("low" if found["score"] > found["cutoff"] else "high")
        curve = tiny.description["calibration"][model]
        odds = np.exp(curve["slope"] * found["score"] + curve["intercept"])
        assert found["probability"] == pytest.approx(odds / (1 + odds))
        reference = tiny.reference_scores(model)
        assert found["percentile"] == pytest.approx(100 * np.mean(reference < found["score"]), abs=0.6)


def test_scores_equal_the_networks_on_the_volume_weighted_mean(tiny, patient):
    columns = [FEATURE_NAMES.index(name) for name in tiny.feature_names]
    mean = np.average(patient.values[:, columns], axis=0, weights=[1, 3, 6])
    standardised = ((mean - tiny.means) / tiny.deviations)[None]
    result = score(tiny, patient, CLINICAL, ACQUISITION)
    expected = network_scores(tiny.network("radiomics"), standardised)[0]
    assert result["scores"]["radiomics"]["score"] == pytest.approx(expected, abs=1e-12)


def test_clinical_score_equals_the_odds_ratios(tiny, patient):
    # One more prior line changes the log-odds by the log of its odds ratio.
    few = score(tiny, patient, CLINICAL, ACQUISITION)["scores"]["clinical"]["score"]
    many = score(tiny, patient, dataclasses.replace(CLINICAL, prior_lines=2), ACQUISITION)["scores"]["clinical"][
        "score"
    ]
    [ratio] = [
        variable["odds_ratio"]["value"]
        for variable in tiny.description["clinical"]["variables"]
        if variable["source"] == "prior_lines"
    ]
    assert many - few == pytest.approx(np.log(ratio), abs=1e-9)


def test_contributions_add_up_exactly(tiny, patient):
    result = score(tiny, patient, CLINICAL, ACQUISITION)
    attribution = result["attribution"]
    for model in ("radiomics", "combined"):
        by_lesion = sum(lesion["contribution"][model] for lesion in result["lesions"])
        by_feature = sum(part["contribution"] for part in attribution[model]) + attribution["other_features"][model]
        clinical = sum(part["contribution"] for part in attribution["clinical"]) if model == "combined" else 0.0
        moved = result["scores"][model]["score"] - attribution["baseline"][model]
        assert by_lesion == pytest.approx(by_feature, abs=1e-9)
        assert by_feature + clinical == pytest.approx(moved, abs=1e-9)
    sizes = [abs(part["contribution"]) for part in attribution["radiomics"]]
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) == 20


def test_a_lesion_at_the_training_mean_contributes_nothing(tiny, patient):
    values = patient.values.copy()
    values[1, [FEATURE_NAMES.index(name) for name in tiny.feature_names]] = tiny.means
    result = score(tiny, FeatureTable(patient.ids, values), CLINICAL, ACQUISITION)
    assert result["lesions"][1]["contribution"]["radiomics"] == pytest.approx(0.0, abs=1e-12)


def test_order_of_lesions_does_not_matter(tiny, patient):
    turned = FeatureTable(patient.ids[::-1], patient.values[::-1])
    one, other = (score(tiny, table, CLINICAL, ACQUISITION) for table in (patient, turned))
    assert one["scores"]["combined"]["score"] == pytest.approx(other["scores"]["combined"]["score"], abs=1e-12)
    assert [lesion["lesion_id"] for lesion in other["lesions"]] == ["L3", "L2", "L1"]


@pytest.mark.parametrize(
    ("record", "named"),
    [
        (None, ["Lines of prior therapy", "Metastatic sites", "Visceral metastasis", "Molecular subtype"]),
        (dataclasses.replace(CLINICAL, prior_lines=None), ["Lines of prior therapy"]),
        (dataclasses.replace(CLINICAL, er=None), ["Molecular subtype"]),
    ],
)
def test_missing_clinical_values_withhold_two_scores_and_name_what_is_missing(tiny, patient, record, named):
    result = score(tiny, patient, record, ACQUISITION)
    whole = score(tiny, patient, CLINICAL, ACQUISITION)
    assert result["scores"]["radiomics"] == whole["scores"]["radiomics"]
    for model in ("clinical", "combined"):
        found = result["scores"][model]
        assert [found[name] for name in ("score", "probability", "risk_group", "percentile")] == [None] * 4
        assert all(label in found["withheld"] for label in named)
    assert result["scores"]["clinical"]["withheld"] in result["warnings"]
    assert result["lesions"][0]["contribution"]["combined"] is None
    assert result["attribution"]["clinical"] == result["attribution"]["combined"] == []
    assert result["attribution"]["baseline"]["combined"] is None


def test_another_recipe_is_refused(tiny, patient):
    with pytest.raises(RecipeError, match="extract them again"):
        score(tiny, _with(patient, recipe="other", recipe_sha256="0" * 64), CLINICAL, ACQUISITION)


def test_another_engine_makes_the_verdict_borderline_and_is_told(tiny, patient):
    known = score(tiny, patient, CLINICAL, ACQUISITION)
    assert "other-engine" not in {reason["code"] for reason in known["applicability"]["reasons"]}
    result = score(tiny, _with(patient, engine="pyradiomics 9.9"), CLINICAL, ACQUISITION)
    [reason] = [one for one in result["applicability"]["reasons"] if one["code"] == "other-engine"]
    assert reason["severity"] == "warning"
    assert (
        "measured with pyradiomics 9.9, those that the model was trained on with pyradiomics 3.0.1" in reason["message"]
    )
    assert result["applicability"]["verdict"] in ("borderline", "outside")
    assert reason["message"] in result["warnings"]
    assert result["engine"] == "pyradiomics 9.9"
    assert result["scores"] == known["scores"]


def test_an_engine_that_the_bundle_also_names_is_as_good(tiny, patient):
    wanted = {**tiny.description["input"], "engines": ["pyradiomics 3.0.1", "pyradiomics 9.9"]}
    bundle = dataclasses.replace(tiny, description={**tiny.description, "input": wanted})
    result = score(bundle, _with(patient, engine="pyradiomics 9.9"), CLINICAL, ACQUISITION)
    assert "other-engine" not in {reason["code"] for reason in result["applicability"]["reasons"]}


def test_lesions_measured_with_two_engines_are_refused(tiny, patient):
    rows = (dataclasses.replace(patient.ids[0], engine="pyradiomics 9.9"), *patient.ids[1:])
    with pytest.raises(FeatureError, match="engines of equal values, not with pyradiomics"):
        score(tiny, FeatureTable(rows, patient.values), CLINICAL, ACQUISITION)


def test_engines_known_to_give_equal_values_may_be_mixed_and_are_those_of_the_bundle(tiny, patient):
    """A bundle trained on pyradiomics' features scores those of the product's own engines without a word of doubt."""
    wanted = score(tiny, patient, CLINICAL, ACQUISITION)
    rows = tuple(
        dataclasses.replace(row, engine="numpy engine 1.0" if n else "numba engine 1.0")
        for n, row in enumerate(patient.ids)
    )
    found = score(tiny, FeatureTable(rows, patient.values), CLINICAL, ACQUISITION)
    assert found["engine"] == "numba engine 1.0"
    assert found["scores"] == wanted["scores"]
    assert found["warnings"] == wanted["warnings"]
    assert found["applicability"] == wanted["applicability"]


def test_other_names_are_refused(tiny, patient):
    description = {**tiny.description, "input": {**tiny.description["input"], "names_sha256": "0" * 64}}
    with pytest.raises(RecipeError, match="other names"):
        score(dataclasses.replace(tiny, description=description), patient, CLINICAL, ACQUISITION)


def test_lesions_of_two_patients_are_refused(tiny, patient):
    rows = (dataclasses.replace(patient.ids[0], case_id="C2"), *patient.ids[1:])
    with pytest.raises(FeatureError, match="2 cases"):
        score(tiny, FeatureTable(rows, patient.values), CLINICAL, ACQUISITION)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_needed_feature_that_is_not_finite_is_refused_by_name_and_others_are_mentioned(tiny, patient, value):
    used, unused = tiny.feature_names[3], next(name for name in FEATURE_NAMES if name not in tiny.feature_names)
    values = patient.values.copy()
    values[1, FEATURE_NAMES.index(unused)] = value
    result = score(tiny, FeatureTable(patient.ids, values), CLINICAL, ACQUISITION)
    assert "1 features are not finite; the model uses none of them." in result["warnings"]
    values[1, FEATURE_NAMES.index(used)] = value
    with pytest.raises(FeatureError, match=rf"Lesion L2: .*{used}"):
        score(tiny, FeatureTable(patient.ids, values), CLINICAL, ACQUISITION)


def test_a_training_patient_finds_itself_nearest(tiny, patient):
    n = 17
    values = np.zeros((1, len(FEATURE_NAMES)))
    values[:, [FEATURE_NAMES.index(name) for name in tiny.feature_names]] = (
        tiny.tensors["reference.features"][n] * tiny.deviations + tiny.means
    )
    nearest = score(tiny, FeatureTable(patient.ids[:1], values), CLINICAL, ACQUISITION)["nearest"]
    assert nearest[0]["patient"] == tiny.description["reference"]["patients"][n]
    assert nearest[0]["distance"] == pytest.approx(0, abs=1e-9)
    assert nearest[0]["pfs_months"] == tiny.tensors["reference.pfs_months"][n]
    distances = [one["distance"] for one in nearest]
    assert len(nearest) == 5
    assert distances == sorted(distances)


def _codes(result):
    return {reason["code"]: reason["severity"] for reason in result["applicability"]["reasons"]}


def test_an_ordinary_patient_is_inside(tiny, patient):
    result = score(tiny, patient, CLINICAL, ACQUISITION)
    assert result["applicability"]["verdict"] == "inside"
    assert set(_codes(result).values()) <= {"info"}


def test_a_planted_stranger_is_outside_and_the_reasons_say_why(tiny, patient):
    values = patient.values.copy()
    values[:, [FEATURE_NAMES.index(name) for name in tiny.feature_names[:8]]] += 40.0
    result = score(tiny, FeatureTable(patient.ids, values), CLINICAL, ACQUISITION)
    assert result["applicability"]["verdict"] == "outside"
    assert _codes(result) == {"features-outside-range": "serious", "far-from-training": "serious"}
    assert tiny.feature_names[0] in result["applicability"]["reasons"][0]["message"]
    assert any("outside" in warning for warning in result["warnings"])


def test_a_tiny_lesion_is_borderline_and_nothing_but_tiny_lesions_outside(tiny, patient):
    small = tiny.description["applicability"]["volume_mm3"][0] / 2
    one = FeatureTable((dataclasses.replace(patient.ids[0], volume_mm3=small), *patient.ids[1:]), patient.values)
    assert _codes(score(tiny, one, CLINICAL, ACQUISITION))["lesion-volume"] == "warning"
    assert _codes(score(tiny, _with(patient, volume_mm3=small), CLINICAL, ACQUISITION))["lesion-volume"] == "serious"


@pytest.mark.parametrize(
    ("change", "code", "severity", "verdict"),
    [
        ({"slice_thickness_mm": 2.5}, "slice-thickness", "warning", "borderline"),
        ({"slice_thickness_mm": 5.0}, "slice-thickness", "serious", "outside"),
        ({"slice_thickness_mm": None}, "slice-thickness-unknown", "warning", "borderline"),
        ({"kvp": 80.0}, "kvp", "warning", "borderline"),
        ({"kvp": None}, "kvp-unknown", "warning", "borderline"),
        ({"contrast": None}, "contrast-unknown", "warning", "borderline"),
        ({"contrast": False}, "contrast", "serious", "outside"),
    ],
)
def test_acquisition_decides_too(tiny, patient, change, code, severity, verdict):
    result = score(tiny, patient, CLINICAL, dataclasses.replace(ACQUISITION, **change))
    assert _codes(result) == {code: severity}
    assert result["applicability"]["verdict"] == verdict


def test_nothing_known_of_the_ct_is_borderline(tiny, patient):
    for acquisition in (None, Acquisition()):
        assert score(tiny, patient, CLINICAL, acquisition)["applicability"]["verdict"] == "borderline"


def test_most_training_patients_are_inside_by_distance(tiny):
    rules = tiny.description["applicability"]
    assert 0 < rules["distance_borderline"] <= rules["distance_outside"]


@given(hnp.arrays(np.float64, st.integers(1, 6), elements=st.floats(1, 1e6)), st.sampled_from(AGGREGATIONS))
def test_weights_sum_to_one(volumes, aggregation):
    weights = lesion_weights(volumes, aggregation)
    assert weights.sum() == pytest.approx(1.0)
    assert (weights >= 0).all()


def test_weights_by_rule():
    volumes = np.array([1.0, 3.0, 3.0, 1.0])
    assert lesion_weights(volumes, "mean").tolist() == [0.25] * 4
    assert lesion_weights(volumes, "largest").tolist() == [0, 1, 0, 0]
    assert lesion_weights(volumes, "volume-weighted mean").tolist() == [0.125, 0.375, 0.375, 0.125]


@pytest.mark.parametrize("volumes", [[], [0.0], [-1.0, 2.0], [np.nan], [[1.0]]])
def test_volumes_that_cannot_be_are_refused(volumes):
    with pytest.raises(FeatureError):
        lesion_weights(np.array(volumes), "mean")


_NEGATIVE = {"er": "negative", "pr": "negative", "her2": "negative"}
_LUMINAL = {"er": "positive", "her2": "negative"}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"prior_lines": 1, "metastatic_sites": 2, "visceral_metastasis": False, "her2": "positive"}, [0, 0, 0, 1, 0]),
        (
            {
                "prior_lines": 2,
                "metastatic_sites": 3,
                "visceral_metastasis": True,
                "er": "positive",
                "her2": "negative",
            },
            [1, 1, 1, 0, 0],
        ),
        (
            {"prior_lines": 0, "metastatic_sites": 9, **_NEGATIVE},
            [0, 1, np.nan, 0, 1],
        ),
        ({}, [np.nan] * 5),
    ],
)
def test_the_studys_coding(values, expected):
    assert code_clinical(study_coding(), ClinicalRecord(**values)) == pytest.approx(expected, nan_ok=True)


def test_missing_sources_are_named_once_in_order():
    labels = missing_sources(study_coding(), ClinicalRecord(metastatic_sites=2))
    assert labels == (
        "Lines of prior therapy (advanced setting)",
        "Visceral metastasis",
        "Molecular subtype (ER, PR and HER2)",
    )
