"""Platt's calibration against a plain optimiser and its promises."""

import numpy as np
import pytest
from scipy import optimize, special

from ABCImmunoResponseLib.evaluation.calibration import platt_calibration, probability


def _sample(slope, n=400, seed=3):
    random = np.random.default_rng(seed)
    score = random.normal(2.0, 3.0, n)
    return (random.random(n) < special.expit(slope * score - 1.0)).astype(int), score


def test_equals_the_minimum_that_a_simplex_search_finds():
    label, score = _sample(0.7)
    high, low = (label.sum() + 1) / (label.sum() + 2), 1 / ((label == 0).sum() + 2)
    target = np.where(label == 1, high, low)

    def loss(p):
        logit = p[0] * score + p[1]
        return np.sum(np.logaddexp(0, logit) - target * logit)

    plain = optimize.minimize(loss, [1.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12})
    assert platt_calibration(label, score) == pytest.approx(tuple(plain.x), abs=1e-5)


def test_follows_scale_and_shift_of_the_score():
    label, score = _sample(0.7)
    slope, intercept = platt_calibration(label, score)
    stretched = platt_calibration(label, 10 * score - 4)
    assert probability(10 * score - 4, *stretched) == pytest.approx(probability(score, slope, intercept), abs=1e-6)


def test_stays_finite_where_the_score_separates_the_classes():
    label = np.repeat([0, 1], 40)
    slope, intercept = platt_calibration(label, np.arange(80.0))
    assert np.isfinite([slope, intercept]).all()
    assert probability(79.0, slope, intercept) < 1.0


def test_a_reversed_or_constant_score_gives_everybody_the_share_of_responders():
    label, score = _sample(0.7)
    slope, intercept = platt_calibration(label, -score)
    assert slope == 0.0
    assert probability(5.0, slope, intercept) == pytest.approx(label.mean(), abs=0.01)
    assert platt_calibration(label, np.ones(len(label)))[0] == 0.0
