"""From a real case folder and a trained bundle to the page: what is shown is what the records hold."""

import shutil
from dataclasses import replace
from html import escape

import numpy as np
import pytest

import sample_case
from ABCImmunoResponseLib.case import Finding, Lesion
from ABCImmunoResponseLib.clinical import ClinicalRecord
from ABCImmunoResponseLib.errors import BundleError, CaseFolderError, StateError
from ABCImmunoResponseLib.features.names import FEATURE_NAMES
from ABCImmunoResponseLib.features.recipe import load_recipe
from ABCImmunoResponseLib.features.table import FeatureTable, LesionRow
from ABCImmunoResponseLib.model.bundle import load_bundle
from ABCImmunoResponseLib.model.scoring import score
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.report.case_report import gather, render, write_report
from ABCImmunoResponseLib.report.model_views import tick_months, training_patients
from ABCImmunoResponseLib.training.options import TrainingOptions
from ABCImmunoResponseLib.training.train import train
from cohort_tables import write_cohort
from phantoms import ball
from report.page import Page

KNOWN = replace(sample_case.CLINICAL, metastatic_sites=3, visceral_metastasis=True)
QUICK = TrainingOptions(hidden=(4, 3, 2), members=1, epochs=30, n_features=25, folds=2, repeats=1)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """A small bundle trained on a made-up cohort."""
    folder = tmp_path_factory.mktemp("bundle")
    features, outcome = write_cohort(folder, train=60, test=10)
    return load_bundle(train(features, outcome, folder / "small-1", options=QUICK))


def signed(path, settle=("midway", "B"), findings=(), **reads):
    """Return the sample case, signed, with P2 and P3 settled as told."""
    folder = sample_case.create(path, findings=(Finding("kernel", "The kernel is not recorded.", "info"), *findings))
    for reader in sample_case.READERS:
        lesions, masks = reads.get(reader, (sample_case.LESIONS[reader], sample_case.masks(reader)))
        folder.save_read(reader, lesions, masks)
    for reader in sample_case.READERS:
        folder.lock_read(reader, "I read this case alone.")
    folder.reconcile("clerk")
    for pair, choice in zip(folder.consensus().open_pairs, settle, strict=True):
        folder.adjudicate(pair, choice, sample_case.SENIOR, f"decided on {pair} & <b>seen</b>")
    folder.sign(sample_case.SENIOR)
    return folder


def scored(folder, bundle, clinical=KNOWN):
    """Score the case with made-up features."""
    if clinical is not None:
        folder.set_clinical(clinical, "clerk")
    recipe = load_recipe()
    rows = tuple(
        LesionRow(
            folder.case_id,
            item.lesion.lesion_id,
            item.lesion.organ,
            item.measurement.volume_mm3,
            "pyradiomics 3.0.1",
            recipe.name,
            recipe.sha256,
        )
        for item in folder.consensus().lesions
    )
    values = np.random.default_rng(5).normal(size=(len(rows), len(FEATURE_NAMES)))
    result = score(bundle, FeatureTable(rows, values), clinical, folder.acquisition)
    folder.record_score(sample_case.features(folder), result, "clerk")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory, bundle):
    """The sample case, scored; only to be read."""
    return scored(signed(tmp_path_factory.mktemp("scored") / "case"), bundle)


@pytest.fixture(scope="module")
def html(folder, bundle):
    return render(folder, bundle)


def test_the_report_is_recorded_and_can_be_made_again_with_the_same_bytes(folder, bundle, html, tmp_path):
    shutil.copytree(folder.path, tmp_path / "case")
    folder = CaseFolder.open(tmp_path / "case")
    path = write_report(folder, bundle, "clerk")
    assert path == folder.path / "report.html"
    assert path.read_bytes() == html
    assert folder.state == "reported"
    folder.verify()
    assert render(CaseFolder.open(folder.path), bundle) == html


def test_the_page_shows_what_the_records_hold(folder, html):
    text = Page(html).text
    consensus, result = folder.consensus(), folder.result()
    assert "Research use only; trained on simulated patients" in text
    for item in consensus.lesions:
        size = item.measurement
        assert f"{size.longest_diameter_mm:.1f} mm" in text
        assert f"{size.short_axis_mm:.1f} mm" in text
        assert f"{size.slice_index + 1} of 24" in text
    total = sum(item.assessment.diameter_mm for item in consensus.lesions if item.lesion.kind == "target")
    assert f"{total:.1f} mm" in text
    for verdict in consensus.verdicts:
        assert verdict.reason in text
    for decision in consensus.decisions:
        assert (decision.actor if not decision.automatic else "by the protocol's rule") in text
    assert "decided on P3 & <b>seen</b>" in text
    assert escape("decided on P3 & <b>seen</b>").encode() in html
    for digest in (
        result["bundle"]["sha256"],
        result["recipe"]["sha256"],
        folder.protocol.sha256,
        *folder.files.values(),
        folder.audit()[-1].sha256,
    ):
        assert digest in text
    assert "The kernel is not recorded." in text
    assert "segment VIII" in text
    assert "lee, locked" in text
    assert sample_case.SENIOR in text
    assert "I read this case alone." in text
    for package in ("numpy", "SimpleITK", "matplotlib"):
        assert package in text


def test_lung_lesions_get_the_lung_window_and_others_soft_tissue(folder, bundle):
    windows = {lesion.organ: lesion.plate.window.name for lesion in gather(folder, bundle).lesions}
    assert windows == {"Liver": "soft tissue", "Lung": "lung", "Breast": "soft tissue"}


def test_a_lesion_of_one_reader_only_is_drawn_with_that_readers_outline(tmp_path, bundle):
    folder = scored(signed(tmp_path / "case", settle=("A", "B")), bundle)
    view = gather(folder, bundle)
    drawn = {lesion.lesion_id: {outline.who for outline in lesion.plate.outlines} for lesion in view.lesions}
    assert drawn == {"L1": {"consensus", "a", "b"}, "L2": {"consensus", "a", "b"}, "L3": {"consensus", "b"}}
    assert b"no outline in this picture" in render(folder, bundle)


def test_a_dropped_lesion_stays_in_the_agreement_table_only(tmp_path, bundle):
    folder = scored(signed(tmp_path / "case", settle=("B", "drop")), bundle)
    view = gather(folder, bundle)
    assert [lesion.lesion_id for lesion in view.lesions] == ["L1", "L2"]
    assert view.agreement[2].decision == "dropped, no lesion"


def test_a_single_lesion_that_both_agree_on(tmp_path, bundle):
    reads = {
        reader: (sample_case.LESIONS[reader][:1], dict(list(sample_case.masks(reader).items())[:1]))
        for reader in sample_case.READERS
    }
    folder = scored(signed(tmp_path / "case", settle=(), **reads), bundle)
    text = Page(render(folder, bundle)).text
    assert "1 of 1 pairs" in text
    assert "nobody: the readers agreed on every lesion" in text


def test_five_lesions(tmp_path, bundle):
    places = [(10, 10), (10, 33), (33, 10), (33, 33), (22, 22)]
    organs = ["liver", "lung", "pleura", "adrenal", "node-axillary"]
    on = sample_case.reference()
    lesions = [Lesion(f"T{n}", organ) for n, organ in enumerate(organs, 1)]
    masks = {f"T{n}": ball(on, (x, y, 14), 5) for n, (x, y) in enumerate(places, 1)}
    folder = scored(signed(tmp_path / "case", settle=(), lee=(lesions, masks), kim=(lesions, masks)), bundle)
    page = Page(render(folder, bundle))
    assert len(page.every("article")) == 5
    view = gather(folder, bundle)
    node = view.lesions[-1]
    assert node.node
    assert node.recist_diameter_mm == node.short_axis_mm
    assert node.notes, "a node of 10 mm is no target by size, which its picture must say"


@pytest.mark.parametrize("clinical", [None, ClinicalRecord(prior_lines=1)])
def test_a_withheld_score_leaves_radiomics_in_front_and_says_why(tmp_path, bundle, clinical):
    folder = scored(signed(tmp_path / "case"), bundle, clinical)
    view = gather(folder, bundle)
    assert view.lead.model == view.attribution.model == view.survival.model == "radiomics"
    assert [one.model for one in view.distributions] == ["radiomics"]
    assert view.attribution.clinical == ()
    text = Page(render(folder, bundle)).text
    assert folder.result()["scores"]["combined"]["withheld"] in text
    assert ("No clinical values are recorded" in text) == (clinical is None)


def test_the_contributions_add_up_to_the_score(folder, bundle):
    by = gather(folder, bundle).attribution
    assert by.model == "combined"
    parts = [one.contribution for one in (*by.features, *by.clinical)]
    assert by.baseline + sum(parts) + by.others == pytest.approx(by.score, abs=1e-9)
    assert len(by.features) == 12


def test_inputs_of_the_model_are_marked_and_unknown_values_are_called_so(folder, bundle, html):
    rows = {row.label: row for row in gather(folder, bundle).clinical}
    assert {label for label, row in rows.items() if row.used} == {
        "Lines of prior therapy (advanced setting)",
        "Metastatic sites",
        "Visceral metastasis",
        "Molecular subtype",
    }
    assert rows["Molecular subtype"].value == "TNBC"
    assert rows["Visceral metastasis"].value == "yes"
    assert rows["Albumin"].value is None
    assert "unknown" in Page(html).text


def test_the_training_reference_is_the_bundles(folder, bundle):
    view = gather(folder, bundle)
    both = np.concatenate([view.distributions[0].responders, view.distributions[0].non_responders])
    np.testing.assert_array_equal(np.sort(both), np.sort(bundle.reference_scores("combined")))
    assert len(view.distributions[0].responders) == bundle.tensors["reference.response"].sum()
    pfs, cut = bundle.tensors["reference.pfs_months"], view.lead.cutoff
    for curve in view.survival.curves:
        low = bundle.reference_scores("combined") > cut
        times = pfs[low == (curve.group == "low")]
        assert curve.n == len(times)
        np.testing.assert_array_equal(curve.at_risk, [(times >= t).sum() for t in curve.at_risk_times])
        assert (curve.times[0], curve.survival[0]) == (0.0, 1.0)
    assert view.survival.group == view.lead.risk_group


def test_the_report_gives_the_bundles_own_numbers_on_how_good_it_is(folder, bundle, html):
    view = gather(folder, bundle)
    for row in view.quality:
        parts = bundle.description["metrics"][row.model]
        assert row.out_of_fold_auc.value == parts["out_of_fold"]["auc"]["value"]
        assert row.test_auc.lower == parts["test"]["auc"]["lower"]
        assert row.test_p == parts["test"]["logrank_p"]
    assert [row.model for row in view.quality] == ["radiomics", "clinical", "combined"]
    assert view.trained_on == "simulated training patients"
    for caveat in bundle.description["caveats"]:
        assert caveat in Page(html).text


def test_the_training_patients_are_called_what_they_are(folder, bundle):
    result = folder.result()
    cohorts = {"train": {"patients": 9, "simulated": 3}}
    description = {**bundle.description, "provenance": {**bundle.description["provenance"], "cohorts": cohorts}}
    mixed = replace(bundle, description=description)
    assert training_patients(result, None) == "simulated training patients"
    assert training_patients(result, mixed) == "partly simulated training patients"
    assert training_patients({"disclaimer": "research use only"}, bundle) == "training patients"


def test_without_the_bundle_its_reference_is_left_out(folder):
    view = gather(folder, None)
    assert (view.distributions, view.survival) == ((), None)
    assert "was not at hand" in Page(render(folder, None)).text


def test_another_bundle_than_the_one_that_scored_is_refused(folder, bundle):
    with pytest.raises(BundleError, match="scored with bundle small-1"):
        write_report(folder, replace(bundle, sha256="0" * 64), "clerk")
    assert folder.state == "scored"


def test_a_case_that_is_not_scored_is_refused(tmp_path, bundle):
    with pytest.raises(StateError, match="signed and must be scored"):
        render(signed(tmp_path / "case"), bundle)


def test_a_result_that_lacks_entries_is_refused(tmp_path):
    folder = signed(tmp_path / "case")
    folder.record_score(sample_case.features(folder), sample_case.result(), "clerk")
    with pytest.raises(CaseFolderError, match=r"result\.json lacks .* score it again"):
        write_report(folder, None, "clerk")
    assert folder.state == "scored"


def test_the_gravest_finding_comes_first(tmp_path, bundle):
    grave = Finding("gantry-tilt", "The gantry was tilted.", "serious")
    folder = scored(signed(tmp_path / "case", findings=(grave,)), bundle)
    notes = gather(folder, bundle).notes
    assert notes[0].message == grave.message
    severities = [note.severity for note in notes]
    assert severities == sorted(severities, key=("serious", "warning", "info").index)


@pytest.mark.parametrize(
    ("end", "step", "count"), [(3.2, 1, 4), (11.9, 2, 6), (30, 6, 6), (47.5, 12, 4), (1e4, 120, 84)]
)
def test_months_at_which_numbers_at_risk_are_told(end, step, count):
    ticks = tick_months(end)
    assert len(ticks) == count
    assert (np.diff(ticks) == step).all()
    assert ticks[-1] <= end
