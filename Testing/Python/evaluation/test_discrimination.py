"""AUC and DeLong's interval against R's pROC 1.18.0 (its values are quoted), and their definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.metrics import roc_auc_score

from ABCImmunoResponseLib.evaluation.discrimination import auc_delong

# pROC::ci.auc(method = "delong"): auc, variance, lower, upper.
WDBC = {
    "mean radius": (0.937516516040378, 0.000109354203582323, 0.917020670853334, 0.958012361227423),
    "mean texture": (0.775824480735691, 0.00038944311329828, 0.737145937811502, 0.814503023659878),
    "mean smoothness": (0.722041646847418, 0.000452253529755995, 0.680360556277818, 0.763722737417018),
}


@pytest.mark.parametrize("feature", WDBC)
def test_auc_and_interval_equal_proc(feature):
    data = load_breast_cancer()
    score = data.data[:, list(data.feature_names).index(feature)]
    found = auc_delong(data.target == 0, score)  # 0 is malignant
    expected = WDBC[feature]
    assert (found.value, found.standard_error**2, found.lower, found.upper) == pytest.approx(expected, rel=1e-8)
    assert (found.n_positive, found.n_negative) == (212, 357)
    assert not found.clipped
    assert not found.degenerate


def test_ties_and_a_clipped_interval_equal_proc():
    data = load_iris()
    found = auc_delong(data.target == 2, data.data[:, 3])  # virginica by petal width, many ties
    assert (found.value, found.lower, found.upper) == pytest.approx((0.9902, 0.979764028595677, 1.0), rel=1e-8)
    assert found.clipped


def test_the_studys_validation_auc_is_rebuilt_from_its_counts():
    # 23 of 24 responders above all 45 others, one above exactly 3: the paper prints 0.961 (0.885-1.000).
    label = np.repeat([0, 1, 0, 1], [3, 1, 42, 23])
    found = auc_delong(label, np.arange(69.0))
    expected = (0.961111111111111, 0.0389204417451051, 0.884828447028316, 1.0)
    assert (found.value, found.standard_error, found.lower, found.upper) == pytest.approx(expected, rel=1e-8)
    assert found.clipped


def test_perfect_separation_and_a_constant_score_are_flagged_degenerate():
    label = np.repeat([0, 1], [100, 50])
    perfect, constant = auc_delong(label, label.astype(float)), auc_delong(label, np.ones(150))
    assert (perfect.value, perfect.lower, perfect.upper, perfect.degenerate) == (1.0, 1.0, 1.0, True)
    assert (constant.value, constant.degenerate) == (0.5, True)


def test_one_patient_of_a_class_is_refused():
    with pytest.raises(ValueError, match="at least two patients"):
        auc_delong(np.array([0, 0, 0, 1]), np.arange(4.0))


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=4, max_size=60))
def test_auc_equals_scikit_learn_and_turns_with_the_sign(rows):
    label = np.array([row[0] for row in rows])
    score = np.array([row[1] for row in rows], float)
    if min(label.sum(), (~label).sum()) < 2:
        return
    found, turned = auc_delong(label, score), auc_delong(label, -score)
    assert found.value == pytest.approx(roc_auc_score(label, score), abs=1e-12)
    assert turned.value == pytest.approx(1 - found.value, abs=1e-12)
    assert turned.standard_error == pytest.approx(found.standard_error, abs=1e-12)
    assert 0 <= found.lower <= found.value <= found.upper <= 1
