"""What the model card says in words of what the numbers show."""

import copy

import pytest

from ABCImmunoResponseLib.model.bundle import load_bundle
from ABCImmunoResponseLib.training.card import model_card
from ABCImmunoResponseLib.training.performance import caveats
from cohort_tables import train_tiny


@pytest.fixture(scope="module")
def description(tmp_path_factory):
    return load_bundle(train_tiny(tmp_path_factory.mktemp("card"))).description


@pytest.mark.parametrize(
    ("p", "ratio", "sentence"),
    [
        (0.2, 1.4, "are not shown to differ in PFS on the test patients (p 0.2000)"),
        (0.01, 1.9, "differ in PFS on the test patients, low risk progressing later"),
        (0.01, 0.5, "differ in PFS on the test patients the wrong way round (p 0.0100)"),
        (0.01, None, "differ in PFS on the test patients (p 0.0100), without a finite hazard ratio"),
        (None, None, "could not be compared on the test patients"),
    ],
)
def test_the_test_patients_verdict_in_words(description, p, ratio, sentence):
    changed = copy.deepcopy(description)
    changed["metrics"]["radiomics"]["test"]["logrank_p"] = p
    changed["metrics"]["radiomics"]["test"]["hazard_ratio"]["value"] = ratio
    whole = f"Radiomics network: risk groups by its score {sentence}."
    assert whole in model_card(changed)
    told = whole in caveats(changed["metrics"], changed["calibration"])
    assert told == (sentence != "differ in PFS on the test patients, low risk progressing later")


def test_it_says_how_many_of_how_many_patients_are_simulated(description):
    assert "**Every patient behind this model is simulated.**" in model_card(description)
    changed = copy.deepcopy(description)
    changed["provenance"]["cohorts"]["train"]["simulated"] = 7
    assert "**37 of the 120 patients behind this model are simulated.**" in model_card(changed)


def test_rows_whose_cut_off_was_fitted_to_the_same_patients_say_so(description):
    card = model_card(description)
    assert "| Total lesion volume alone (baseline) | training, cut-off fitted here |" in card
    assert card.count("| training, out-of-fold, cut-off fitted here |") == 3
    assert card.count("| test, cut-off locked |") == 4


def test_without_test_patients_nothing_is_said_of_them(description):
    changed = copy.deepcopy(description)
    for parts in changed["metrics"].values():
        del parts["test"]
    changed["caveats"] = caveats(changed["metrics"], changed["calibration"])
    assert "on the test patients" not in model_card(changed)


def test_caveats_follow_from_the_metrics(description):
    metrics, calibration = copy.deepcopy(description["metrics"]), copy.deepcopy(description["calibration"])
    for model in ("radiomics", "clinical", "combined"):
        metrics[model]["apparent"]["auc"]["value"] = 0.8
        metrics[model]["out_of_fold"]["hazard_ratio"]["value"] = 1.5
        calibration[model]["slope"] = 1.0
        metrics[model]["test"]["logrank_p"] = 0.01
        metrics[model]["test"]["hazard_ratio"]["value"] = 2.0
    assert caveats(metrics, calibration) == []
    metrics["radiomics"]["apparent"]["auc"]["value"] = 1.0
    metrics["radiomics"]["out_of_fold"]["auc"] |= {"value": 0.51, "lower": 0.42}
    metrics["clinical"]["out_of_fold"]["hazard_ratio"]["value"] = 0.8
    calibration["combined"]["slope"] = 0.0
    found = caveats(metrics, calibration)
    assert [sentence.split(":")[0] for sentence in found] == [
        "Radiomics network",
        "Clinical logistic regression",
        "Combined network",
    ]
    assert "may be nothing to learn" in found[0]
    assert "progressed sooner" in found[1]
    assert "same probability" in found[2]
