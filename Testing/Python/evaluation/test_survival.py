"""Kaplan-Meier, log-rank, Cox and the cut-off against R 4.2 (survival 3.5, maxstat 0.7), lifelines and definitions."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ABCImmunoResponseLib.evaluation.cutpoint import lausen_schumacher_p, maximal_logrank_cut
from ABCImmunoResponseLib.evaluation.survival import hazard_ratio, kaplan_meier, logrank, logrank_scan, median_survival


@pytest.fixture(scope="module")
def rossi():
    """Recidivism of 432 released prisoners (Rossi et al. 1980), which lifelines ships."""
    from lifelines.datasets import load_rossi

    return load_rossi()


def _times(rossi):
    return rossi["week"].to_numpy(float), rossi["arrest"].to_numpy()


def test_curve_and_log_log_limits_equal_r(rossi):
    # summary(survfit(Surv(week, arrest) ~ 1, conf.type = "log-log"), times = c(10, 52))
    curve = kaplan_meier(*_times(rossi))
    for week, at_risk, expected in (
        (10, 418, (0.965277777777778, 0.94306459795999, 0.978920997066601)),
        (52, 322, (0.736111111111111, 0.691859715796487, 0.775063183374674)),
    ):
        n = int(np.searchsorted(curve.times, week))
        assert curve.times[n] == week
        assert curve.at_risk[n] == at_risk
        assert (curve.survival[n], curve.lower[n], curve.upper[n]) == pytest.approx(expected, rel=1e-8)
    assert median_survival(curve) is None


def test_curve_equals_lifelines(rossi):
    from lifelines import KaplanMeierFitter

    fitter = KaplanMeierFitter().fit(*_times(rossi))
    curve = kaplan_meier(*_times(rossi))
    expected = fitter.confidence_interval_.loc[curve.times]
    assert curve.survival == pytest.approx(fitter.survival_function_.loc[curve.times].to_numpy()[:, 0])
    assert curve.lower == pytest.approx(expected.to_numpy()[:, 0])
    assert curve.upper == pytest.approx(expected.to_numpy()[:, 1])


def test_limits_stay_defined_where_survival_is_one_or_zero():
    curve = kaplan_meier(np.array([1.0, 2.0, 3.0]), np.array([0, 1, 1]))
    assert curve.survival.tolist() == [1.0, 0.5, 0.0]
    assert (curve.lower[0], curve.upper[0]) == (1.0, 1.0)
    assert (curve.lower[2], curve.upper[2]) == (0.0, curve.upper[1])


@pytest.mark.parametrize(
    ("time", "event", "expected"),
    [
        ([1, 2, 3, 4], [1, 1, 1, 1], 2.5),  # S is a half from 2 to 3: R prints the midpoint
        ([1, 2, 3], [1, 1, 1], 2.0),
        ([1, 2, 3, 4], [1, 1, 0, 0], 2.0),  # S stays at a half: the start of it
        ([1, 2, 3, 4], [1, 0, 0, 0], None),
    ],
)
def test_median_as_r_prints_it(time, event, expected):
    assert median_survival(kaplan_meier(np.array(time, float), np.array(event))) == expected


def test_logrank_and_hazard_ratio_equal_r(rossi):
    # survdiff(Surv(week, arrest) ~ fin); coxph(Surv(week, arrest) ~ fin, ties = "efron")
    time, event = _times(rossi)
    aid = rossi["fin"].to_numpy() == 1
    assert logrank(time, event, aid) == pytest.approx((3.83756957654905, 0.0501161174090057), rel=1e-8)
    expected = (0.691377558363102, 0.476675957445747, 1.00278380048679)
    assert hazard_ratio(time, event, aid) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("time", "event", "group"),
    [
        (range(1, 9), [1, 1, 1, 1, 0, 0, 0, 0], [1, 1, 1, 1, 0, 0, 0, 0]),  # one group without events
        ([1, 2, 3, 10, 11, 12], [1] * 6, [1, 1, 1, 0, 0, 0]),  # one after the other
        ([1, 2, 3, 10, 11, 12], [1] * 6, [0, 0, 0, 1, 1, 1]),
        ([1, 2, 3, 3, 11, 12], [1, 1, 1, 0, 1, 1], [1, 1, 1, 0, 0, 0]),  # a censoring in between
        ([1, 2, 3], [1, 1, 1], [0, 0, 0]),  # nobody to compare with
    ],
)
def test_hazard_ratio_is_none_where_it_would_be_infinite(time, event, group):
    for flipped in (group, [1 - one for one in group]):
        assert hazard_ratio(np.array(time, float), np.array(event), np.array(flipped, bool)) is None


@given(st.lists(st.tuples(st.integers(1, 6), st.booleans(), st.booleans()), min_size=2, max_size=14))
@settings(max_examples=60, deadline=None)
def test_hazard_ratio_is_finite_or_none_on_any_small_group(rows):
    time, event, group = (np.array(column) for column in zip(*rows, strict=True))
    found = hazard_ratio(time.astype(float), event.astype(int), group)
    if found is not None:
        value, lower, upper = found
        assert 0 < lower < value < upper < math.inf
        assert abs(math.log(value)) < 10


def test_all_censored_in_one_group_still_have_a_hazard_ratio():
    # By hand: at the maximum the score equation holds, observed events of the group = expected ones.
    time, event = np.arange(1.0, 7.0), np.array([1, 1, 1, 1, 0, 0])
    group = np.array([1, 0, 1, 0, 0, 0], bool)
    ratio = hazard_ratio(time, event, group)[0]
    # Each event expects the share of the group, weighted by the ratio, among those at risk.
    expected = 2 * ratio / (2 * ratio + 4) + ratio / (ratio + 4) + ratio / (ratio + 3)
    assert expected == pytest.approx(2.0, abs=1e-7)


def test_cutoff_equals_the_scan_and_maxstat_of_r(rossi):
    # prior convictions; minprop = 0.1; p_adjusted is maxstat.test(..., pmethod = "Lau92")
    cut = maximal_logrank_cut(rossi["prio"].to_numpy(float), *_times(rossi), min_group=0.1)
    assert cut.value == 2.0
    assert np.count_nonzero(rossi["prio"] <= cut.value) == 251
    expected = (12.4206335214079, 0.000424616171765379, 0.00623207959910647)
    assert (cut.chi_square, cut.p_naive, cut.p_adjusted) == pytest.approx(expected, rel=1e-6)


def test_adjusted_p_equals_maxstat():
    assert lausen_schumacher_p(2.01361866309724, 0.1) == pytest.approx(0.454580906738577, rel=1e-9)
    assert lausen_schumacher_p(4.61806159115936, 0.1) == pytest.approx(0.00018856166026367, rel=1e-9)
    assert lausen_schumacher_p(0.0, 0.1) == 1.0


def test_no_cutoff_is_refused():
    time, event = np.arange(1.0, 11.0), np.ones(10)
    with pytest.raises(ValueError, match="no cut-off"):
        maximal_logrank_cut(np.ones(10), time, event)
    with pytest.raises(ValueError, match="no cut-off"):
        maximal_logrank_cut(np.arange(10.0), time, np.zeros(10))


@given(
    st.lists(st.tuples(st.integers(1, 12), st.booleans(), st.booleans()), min_size=3, max_size=40),
)
def test_logrank_equals_lifelines(rows):
    from lifelines.statistics import logrank_test

    time, event, group = (np.array(column) for column in zip(*rows, strict=True))
    if not group.any() or group.all() or not event.any():
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where nobody can be compared, lifelines divides by zero
        expected = logrank_test(time[group], time[~group], event[group], event[~group]).test_statistic
    found = logrank_scan(time.astype(float), event, group[None])[0]
    assert found == pytest.approx(np.nan_to_num(expected), abs=1e-9, rel=1e-9)


def test_a_cutoff_searched_on_noise_is_significant_far_too_often_naively_but_not_adjusted():
    random = np.random.default_rng(5)
    naive = adjusted = locked = 0
    for _ in range(300):
        score, time, event = random.normal(size=100), random.exponential(size=100), random.random(100) < 0.8
        cut = maximal_logrank_cut(score, time, event, 0.1)
        naive += cut.p_naive < 0.05
        adjusted += cut.p_adjusted < 0.05
        fresh = random.normal(size=100) > cut.value
        locked += logrank(random.exponential(size=100), random.random(100) < 0.8, fresh)[1] < 0.05
    assert naive > 75  # a quarter to a half of all searches
    assert adjusted < 31  # more than twice the nominal 15: one in 10 000 for a test that keeps its level
    assert locked < 31
