"""Sites, scanners, outcomes and the planted effect of the virtual patients."""

from collections import Counter
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ABCImmunoResponseLib.case import Acquisition
from ABCImmunoResponseLib.evaluation.discrimination import auc_delong
from ABCImmunoResponseLib.imaging.acquisition import check_acquisition
from ABCImmunoResponseLib.protocol import load_protocol
from ABCImmunoResponseLib.simulation.outcomes import kaplan_meier_median
from ABCImmunoResponseLib.simulation.patient import draw_patients, patient_row
from ABCImmunoResponseLib.simulation.phenotype import EFFECT, oracle_auc
from ABCImmunoResponseLib.simulation.seeds import children


@pytest.fixture(scope="module")
def patients():
    return draw_patients(2023)


def _oracle(patients, cohort):
    chosen = [p for p in patients if p.cohort == cohort]
    return auc_delong(np.array([p.response for p in chosen]), np.array([p.phenotype for p in chosen])).value


@pytest.mark.parametrize("cohort", ["train", "test"])
def test_the_planted_effect_is_the_stated_one(patients, cohort):
    assert 0.75 <= oracle_auc(EFFECT) <= 0.80
    assert _oracle(patients, cohort) == pytest.approx(oracle_auc(EFFECT), abs=0.01)


@pytest.mark.parametrize("effect", [0.0, 0.5, 2.0])
def test_the_effect_is_a_parameter_of_the_phenotype_alone(effect):
    stronger = draw_patients(5, effect)
    assert _oracle(stronger, "train") == pytest.approx(oracle_auc(effect), abs=0.01)
    for other, usual in zip(stronger, draw_patients(5), strict=True):
        assert (other.clinical, other.sites, other.scanner) == (usual.clinical, usual.sites, usual.scanner)
        assert [x.organ for x in other.lesions] == [x.organ for x in usual.lesions]


def test_lesions_follow_their_patient(patients):
    within = [lesion.phenotype - p.phenotype for p in patients for lesion in p.lesions]
    assert np.mean(within) == pytest.approx(0, abs=0.06)
    assert np.std(within) == pytest.approx(0.5, abs=0.05)


def test_best_responses_and_centres_are_the_studys(patients):
    assert Counter(p.best_response for p in patients) == {"CR": 16, "PR": 69, "SD": 101, "PD": 54}
    assert all((p.best_response in ("CR", "PR")) == p.response for p in patients)
    assert Counter((p.cohort, p.centre) for p in patients) == {
        ("train", "centre-1"): 107,
        ("train", "centre-2"): 64,
        ("test", "centre-2"): 64,
        ("test", "centre-3"): 5,
    }


@pytest.mark.parametrize("seed", [2023, 4, 5])
def test_median_pfs_by_risk_group_is_the_published(seed):
    from lifelines import KaplanMeierFitter

    published = {("train", "low"): 10.12, ("train", "high"): 3.75, ("test", "low"): 7.26, ("test", "high"): 3.02}
    patients = draw_patients(seed)
    for (cohort, risk), median in published.items():
        group = [p for p in patients if (p.cohort, p.risk) == (cohort, risk)]
        fit = KaplanMeierFitter().fit([p.pfs_months for p in group], [p.progressed for p in group])
        assert fit.median_survival_time_ == pytest.approx(median, abs=0.011)
        survival = fit.survival_function_["KM_estimate"]
        assert not np.any(np.abs(survival - 0.5) < 1e-9)  # where programs disagree on what the median is
    assert 0.6 < np.mean([p.progressed for p in patients]) < 0.95


def test_risk_follows_the_phenotype_but_imperfectly(patients):
    low = np.array([p.risk == "low" for p in patients])
    answered = np.array([p.response for p in patients])
    assert 0.80 < auc_delong(low, np.array([p.phenotype for p in patients])).value < 0.99
    assert 0.55 < np.mean(low == answered) < 0.90


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=1, max_size=30))
def test_the_median_is_that_of_lifelines(rows):
    from lifelines import KaplanMeierFitter

    months, progressed = np.array([r[0] for r in rows], float), np.array([r[1] for r in rows])
    theirs = KaplanMeierFitter().fit(months, progressed)
    survival = theirs.survival_function_["KM_estimate"]
    if np.any(np.abs(survival - 0.5) < 1e-9):
        return  # exactly one half: the two may round to different sides
    assert kaplan_meier_median(months, progressed) == theirs.median_survival_time_


def test_sites_and_targets_agree_with_the_record_and_with_recist(patients):
    protocol = load_protocol()
    for patient in patients:
        organs = [protocol.organ(lesion.organ) for lesion in patient.lesions]
        assert 1 <= len(organs) <= protocol.selection["targets_max"]
        groups = Counter(organ.group for organ in organs)
        assert max(groups.values()) <= protocol.selection["targets_per_organ_max"]
        assert set(groups) <= set(patient.sites)
        assert len(set(patient.sites)) == len(patient.sites) == patient.clinical.metastatic_sites
        assert any(organ.visceral for organ in organs) == patient.clinical.visceral_metastasis
        # Visceral and distinct organs first: a second lesion of an organ only when every site has one.
        assert len(groups) == min(len(organs), len(patient.sites))
    assert 540 <= sum(len(p.lesions) for p in patients) <= 680
    assert Counter(len(p.lesions) for p in patients).keys() == {1, 2, 3, 4, 5}


def test_scanners_keep_to_the_studys_protocol(patients):
    thickness = [p.scanner.thickness_mm for p in patients]
    assert (min(thickness), np.median(thickness), max(thickness)) == (1.0, 1.25, 2.0)
    assert all(0.6 <= p.scanner.spacing_mm <= 0.9 for p in patients)
    assert len({p.scanner.vendor for p in patients}) == 5
    for p in patients:
        s = p.scanner
        spacing = (s.spacing_mm, s.spacing_mm, s.thickness_mm)
        acquisition = Acquisition(
            "CT",
            s.manufacturer,
            None,
            s.kvp,
            s.kernel,
            s.thickness_mm,
            spacing,
            (512, 512, 200),
            True,
            "x",
            "2023-01-02",
        )
        assert {finding.code for finding in check_acquisition(acquisition, load_protocol())} <= {"scan-date-unchecked"}


def test_rows_hold_nothing_latent_and_order_says_nothing(patients):
    row = patient_row(patients[0])
    assert not {"phenotype", "risk", "seed", "images"} & set(row)
    assert set(asdict(patients[0].clinical)) <= set(row)
    assert row["simulated"] is True
    for n in (40, 80, 120):
        part = patients[:n]
        assert np.mean([p.response for p in part]) == pytest.approx(85 / 240, abs=0.05)
        assert np.mean([p.cohort == "train" for p in part]) == pytest.approx(171 / 240, abs=0.05)


def test_the_same_seed_gives_the_same_patients_and_another_others():
    first, again, other = draw_patients(3), draw_patients(3), draw_patients(4)
    assert [patient_row(p) for p in first] == [patient_row(p) for p in again]
    assert [patient_row(p) for p in first] != [patient_row(p) for p in other]
    keys = [tuple(c.spawn_key) for p in first for c in children(p.images, len(p.lesions))]
    assert len(set(keys)) == len(keys)
    assert [c.spawn_key for c in children(first[0].images, 3)] == [c.spawn_key for c in children(first[0].images, 3)]
