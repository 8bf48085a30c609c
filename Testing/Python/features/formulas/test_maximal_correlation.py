"""The quick way to the maximal correlation coefficient is taken only where it gives the slow way's number."""

import numpy as np
import pytest

from ABCImmunoResponseLib.features.formulas import maximal_correlation


def probabilities(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return matrices (directions, n, n) of sum 1 and their margins."""
    p = counts / counts.sum((1, 2), keepdims=True)
    return p, p.sum(2), p.sum(1)


def matrices(seed: int) -> np.ndarray:
    """Return counts (3, n, n) of many kinds: rare levels, separate blocks, levels that only meet each other."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 12))
    shape, half = (3, n, n), (n + 1) // 2
    counts = np.zeros(shape)
    kind = seed % 5
    if kind == 0:
        counts += np.floor(rng.pareto(0.3, shape).clip(0, 3e5))
    elif kind == 1:
        counts[:, :half, :half] = rng.poisson(3e5, (3, half, half))
        counts[:, half:, half:] = rng.poisson(0.4, (3, n - half, n - half))
    elif kind == 2:
        counts[:, 1:half, half:] = rng.poisson(1, (3, half - 1, n - half))
        counts[:, 0, 1:] = rng.poisson(0.3, (3, n - 1))
    elif kind == 3:
        share = 10.0 ** (-np.abs(np.arange(n) - n / 2) * rng.uniform(0.3, 2))
        near = np.exp(-np.abs(np.arange(n)[:, np.newaxis] - np.arange(n)))
        counts += rng.poisson(1e6 * share[:, np.newaxis] * share * near, shape)
    else:
        counts += rng.poisson(rng.choice([0.1, 1, 1000.0], (1, n, n)), shape)
    counts[:, 0, 0] += 10.0 ** rng.integers(0, 7)
    return counts


@pytest.mark.parametrize("symmetrical", [True, False])
def test_where_symmetry_is_trusted_it_gives_the_value_of_pyradiomics_sums(symmetrical, monkeypatch):
    slow = []
    original = maximal_correlation._as_pyradiomics_does
    monkeypatch.setattr(maximal_correlation, "_as_pyradiomics_does", lambda *a: slow.append(1) or original(*a))
    quick = 0
    for seed in range(600):
        counts = matrices(seed)
        p, px, py = probabilities(counts + counts.transpose(0, 2, 1) if symmetrical else counts)
        del slow[:]
        found = maximal_correlation.maximal_correlation_coefficient(p, px, py, symmetrical)
        quick += not slow
        with np.errstate(invalid="ignore"):
            wanted = np.sqrt(original(p, px[:, :, np.newaxis], py[:, np.newaxis]))
        wanted = np.nanmean(wanted).real if not np.isnan(wanted).all() else np.nan
        assert found == pytest.approx(wanted, rel=1e-11, abs=0, nan_ok=True), seed
    assert 200 < quick < 590  # both ways were taken


def test_one_level_has_coefficient_one_and_no_pairs_none():
    one = np.ones((2, 1, 1))
    assert maximal_correlation.maximal_correlation_coefficient(one, one[:, 0], one[:, 0], True) == 1.0
    none = np.full((1, 2, 2), np.nan)
    assert np.isnan(maximal_correlation.maximal_correlation_coefficient(none, none[:, 0], none[:, 0], True))


def test_coefficient_is_the_second_singular_value():
    """Of p / √(px py), whatever the order of the levels (Lancaster 1958)."""
    rng = np.random.default_rng(8)
    p, px, py = probabilities(rng.integers(1, 50, (1, 7, 7)).astype(float))
    wanted = np.linalg.svd(p / np.sqrt(px[:, :, np.newaxis] * py[:, np.newaxis]), compute_uv=False)[0, 1]
    order = rng.permutation(7)
    shuffled = np.ascontiguousarray(p[:, order][:, :, order])
    for each in (p, shuffled):
        found = maximal_correlation.maximal_correlation_coefficient(each, each.sum(2), each.sum(1), False)
        assert found == pytest.approx(wanted, rel=1e-11)


@pytest.mark.parametrize("n", [63, 64, 83, 100, 101])
@pytest.mark.parametrize("symmetrical", [True, False])
def test_many_levels_have_the_value_of_pyradiomics_sums(n, symmetrical):
    """Between 64 and 100 levels, eigenvalues are found without the threads of OpenBLAS."""
    near = np.exp(-((np.arange(n)[:, np.newaxis] - np.arange(n)) ** 2) / 50)
    counts = np.random.default_rng(n).poisson(40 * near, (3, n, n)).astype(float)
    p, px, py = probabilities(counts + counts.transpose(0, 2, 1) if symmetrical else counts)
    px, py = px[:, :, np.newaxis], py[:, np.newaxis]
    second, certain = maximal_correlation._by_symmetry(p, px * py, symmetrical)
    assert certain.all()
    np.testing.assert_allclose(second, maximal_correlation._as_pyradiomics_does(p, px, py), rtol=1e-11)
