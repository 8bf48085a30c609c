"""The parts of the pipeline: screen, clinical model, networks, cross-validation, lock."""

import warnings

import numpy as np
import pytest
from scipy import optimize, special, stats
from sklearn.metrics import roc_auc_score

from ABCImmunoResponseLib.errors import TrainingError
from ABCImmunoResponseLib.evaluation.discrimination import auc_delong
from ABCImmunoResponseLib.training.clinical_model import fit_clinical
from ABCImmunoResponseLib.training.crossvalidation import cross_validate, fit_pipeline
from ABCImmunoResponseLib.training.networks import fit_network
from ABCImmunoResponseLib.training.options import TrainingOptions
from ABCImmunoResponseLib.training.selection import select_features

QUICK = TrainingOptions(n_features=5, hidden=(16, 12, 8), members=2, repeats=1, epochs=40, learning_rate=0.02)


def _features(n=80, columns=40, seed=0):
    random = np.random.default_rng(seed)
    label = np.arange(n) % 5 < 2
    values = random.normal(size=(n, columns))
    values[:, 3] += 3.0 * label
    return values, label.astype(np.uint8)


def test_screen_gives_each_feature_its_fate():
    values, label = _features()
    values[:, 7] = 4.2
    values[0, 8] = np.nan
    values[:, 9] = -(values[:, 3] ** 3)  # rank correlation -1 with the strongest
    found = select_features(values, label, 5, 0.95)
    assert found.columns[0] == 3
    assert [found.fate[n] for n in (3, 7, 8, 9)] == ["selected", "constant", "not-finite", "correlated"]
    assert (found.rival[9], found.correlation[9]) == (3, pytest.approx(-1.0))
    assert found.fate.count("selected") == 5 == len(found.columns)
    assert found.auc[3] == pytest.approx(roc_auc_score(label, values[:, 3]))
    assert np.isnan(found.auc[[7, 8]]).all()
    standardised = found.transform(values)
    assert standardised.mean(axis=0) == pytest.approx(np.zeros(5), abs=1e-12)
    assert standardised.std(axis=0) == pytest.approx(np.ones(5))
    kept = np.abs(stats.spearmanr(values[:, found.columns]).statistic)
    assert kept[~np.eye(5, dtype=bool)].max() <= 0.95


def test_screen_does_not_depend_on_scale_or_direction():
    values, label = _features()
    signs = np.where(np.arange(40) % 2, -1e-6, 1e6)
    assert (
        select_features(values, label, 5, 0.9).columns == select_features(values * signs, label, 5, 0.9).columns
    ).all()


def test_nothing_to_select_is_refused():
    with pytest.raises(TrainingError, match="constant"):
        select_features(np.ones((20, 3)), np.arange(20) % 2, 5, 0.95)


def test_clinical_model_is_the_maximum_of_the_likelihood_with_wald_limits():
    random = np.random.default_rng(8)
    coded = (random.random((300, 3)) < [0.3, 0.5, 0.7]).astype(float)
    label = (random.random(300) < special.expit(coded @ [1.0, -1.0, 0.2] - 0.3)).astype(int)
    model = fit_clinical(coded, label)
    design = np.column_stack([np.ones(300), coded])

    def loss(b):
        return np.sum(np.logaddexp(0, design @ b) - label * (design @ b))

    plain = optimize.minimize(loss, np.zeros(4), method="BFGS", options={"gtol": 1e-9}).x
    assert model.odds_ratios[:, 0] == pytest.approx(np.exp(plain[1:]), rel=1e-5)
    risk = special.expit(design @ plain)
    error = np.sqrt(np.diag(np.linalg.inv((design.T * (risk * (1 - risk))) @ design)))[1:]
    assert model.odds_ratios[:, 1] == pytest.approx(np.exp(plain[1:] - stats.norm.ppf(0.975) * error), rel=1e-5)
    assert model.scores(coded) == pytest.approx(design @ plain, abs=1e-5)
    assert not model.penalised


def test_separation_is_detected_and_held_by_a_penalty():
    coded = np.repeat([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0]], [20, 20, 20], axis=0)
    label = coded[:, 1].astype(int)
    model = fit_clinical(coded, label)
    assert model.penalised
    assert np.isfinite(model.scores(coded)).all()
    assert np.isnan(model.odds_ratios[:, 1:]).all()
    constant = fit_clinical(np.column_stack([coded[:, 0], np.ones(60)]), np.arange(60) % 2)
    assert np.isfinite(constant.scores(coded)).all()


def test_networks_learn_repeat_themselves_and_leave_torch_as_it_was():
    import torch

    values, label = _features()
    torch.set_num_threads(2)
    state = torch.random.get_rng_state()
    first, second, other = (fit_network(values[:, :5], None, label, QUICK, seed) for seed in (1, 1, 2))
    assert torch.get_num_threads() == 2
    assert torch.equal(torch.random.get_rng_state(), state)
    for (one, _), (two, _), (three, _) in zip(first.hidden, second.hidden, other.hidden, strict=True):
        assert (one == two).all()
        assert (one != three).any()
    assert not np.array_equal(first.hidden[0][0][0], first.hidden[0][0][1])  # members differ


def test_out_of_fold_scores_find_a_signal_and_flatter_less_than_apparent_ones():
    values, label = _features(seed=4)
    coded = np.random.default_rng(0).integers(0, 2, (80, 2)).astype(float)
    scores = cross_validate(values, coded, label, QUICK, 3).scores
    assert auc_delong(label, scores["radiomics"]).value > 0.75
    apparent = fit_pipeline(values, coded, label, QUICK, 3).scores(values, coded)
    assert auc_delong(label, apparent["radiomics"]).value >= auc_delong(label, scores["radiomics"]).value


def test_selection_inside_the_folds_gives_a_half_on_noise_where_selection_outside_does_not():
    honest, leaking = [], []
    for seed in range(4):
        random = np.random.default_rng(seed)
        values, label = random.normal(size=(100, 600)), (np.arange(100) % 5 < 2).astype(np.uint8)
        coded = random.integers(0, 2, (100, 2)).astype(float)
        honest.append(auc_delong(label, cross_validate(values, coded, label, QUICK, seed).scores["radiomics"]).value)
        chosen = values[:, select_features(values, label, 5, 0.95).columns]
        leaking.append(auc_delong(label, cross_validate(chosen, coded, label, QUICK, seed).scores["radiomics"]).value)
    assert abs(np.mean(honest) - 0.5) < 0.08
    assert np.mean(leaking) > 0.62


def test_too_few_patients_of_a_class_are_refused():
    values, label = _features(n=9)
    with pytest.raises(TrainingError, match="Only 4 training patients of one class"):
        cross_validate(values, np.zeros((9, 1)), label, QUICK, 0)


def test_fitting_warns_of_nothing():
    values, label = _features()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit_pipeline(values, np.zeros((80, 2)) + np.arange(80)[:, None] % 2, label, QUICK, 1)
