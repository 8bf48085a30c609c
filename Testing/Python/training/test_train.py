"""Training end to end: what it finds, that it repeats itself, what it refuses and what it writes."""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ABCImmunoResponseLib import DISCLAIMER
from ABCImmunoResponseLib.errors import Cancelled, TrainingError
from ABCImmunoResponseLib.features.names import FEATURE_NAMES
from ABCImmunoResponseLib.files import sha256_file
from ABCImmunoResponseLib.model.bundle import load_bundle
from ABCImmunoResponseLib.training.options import TrainingOptions
from ABCImmunoResponseLib.training.train import train
from cohort_tables import SIGNAL, train_tiny, write_cohort

QUICK = TrainingOptions(n_features=10, hidden=(5, 4, 3), members=1, repeats=1, folds=3, epochs=15, patience=5)


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    return train_tiny(tmp_path_factory.mktemp("trained"))


def test_finds_the_planted_signal_and_says_so_honestly(trained):
    description = load_bundle(trained).description
    assert {FEATURE_NAMES[column] for column in SIGNAL} <= {feature["name"] for feature in description["features"]}
    radiomics = description["metrics"]["radiomics"]
    assert radiomics["out_of_fold"]["auc"]["value"] > 0.75
    assert radiomics["test"]["auc"]["value"] > 0.75
    assert radiomics["apparent"]["auc"]["value"] >= radiomics["out_of_fold"]["auc"]["value"]
    assert description["metrics"]["volume"]["out_of_fold"]["auc"]["lower"] < 0.5  # volume knows nothing here
    assert description["provenance"]["cohorts"]["train"]["patients"] == 90
    assert description["provenance"]["cohorts"]["test"]["patients"] == 30


def test_metrics_and_cutoffs_are_those_of_the_stored_scores(trained):
    from ABCImmunoResponseLib.evaluation.discrimination import auc_delong
    from ABCImmunoResponseLib.evaluation.survival import logrank

    bundle = load_bundle(trained)
    response, time = bundle.tensors["reference.response"], bundle.tensors["reference.pfs_months"]
    for model in ("radiomics", "clinical", "combined"):
        scores, cut = bundle.reference_scores(model), bundle.description["cutoffs"][model]
        found = bundle.description["metrics"][model]["out_of_fold"]
        assert found["auc"]["value"] == pytest.approx(auc_delong(response, scores).value, abs=1e-12)
        low = scores > cut["value"]
        chi_square, p = logrank(time, bundle.tensors["reference.progressed"], low)
        assert (cut["chi_square"], found["logrank_p"]) == pytest.approx((chi_square, p), rel=1e-9)
        assert min(low.sum(), (~low).sum()) >= 0.2 * len(low)
        assert cut["p_adjusted"] >= cut["p_naive"]


def test_the_final_bundle_scores_its_patients_as_the_metrics_say(trained):
    from ABCImmunoResponseLib.evaluation.discrimination import auc_delong
    from ABCImmunoResponseLib.model.network import network_scores

    bundle = load_bundle(trained)
    apparent = network_scores(bundle.network("radiomics"), bundle.tensors["reference.features"])
    found = auc_delong(bundle.tensors["reference.response"], apparent).value
    assert bundle.description["metrics"]["radiomics"]["apparent"]["auc"]["value"] == pytest.approx(found, abs=2e-3)
    assert bundle.tensors["reference.features"].mean(axis=0) == pytest.approx(np.zeros(24), abs=1e-9)
    assert bundle.tensors["reference.features"].std(axis=0) == pytest.approx(np.ones(24))


def test_same_seed_same_bytes_in_another_process_and_another_seed_another_model(tables, tmp_path):
    features, outcome = tables
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from ABCImmunoResponseLib.training.options import TrainingOptions\n"
        "from ABCImmunoResponseLib.training.train import train\n"
        f"train(Path({str(features)!r}), Path({str(outcome)!r}), Path(sys.argv[1]), seed=3, options={QUICK!r})\n"
    )
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    train(features, outcome, tmp_path / "one" / "model", seed=3, options=QUICK)
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "two" / "model")], check=True, timeout=120)
    for name in ("model/bundle.json", "model/weights.safetensors", "model/MODEL_CARD.md", "model-selection.csv"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    train(features, outcome, tmp_path / "other", seed=4, options=QUICK)
    assert load_bundle(tmp_path / "other").sha256 != load_bundle(tmp_path / "one" / "model").sha256


def test_test_patients_move_nothing_but_the_test_metrics(tmp_path):
    """The test patients' features, responses and times are replaced: the model stays byte for byte the same."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    features, outcome = write_cohort(first)
    with outcome.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    test = [row for row in rows if row["cohort"] == "test"]
    for row in test:
        row["response"], row["pfs_months"] = str(1 - int(row["response"])), str(50 - float(row["pfs_months"]))
    with (second / "patients.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    lines = features.read_text(encoding="utf-8").splitlines(keepends=True)
    strangers = {row["case_id"] for row in test}
    moved = []
    for line in lines:
        cells = line.rstrip("\n").split(",")
        if cells[0] in strangers:
            cells[7:] = [repr(5.0 - float(cell)) for cell in cells[7:]]
        moved.append(",".join(cells) + "\n")
    (second / "features.csv").write_text("".join(moved), encoding="utf-8")
    one = load_bundle(train(features, outcome, first / "model", seed=1, options=QUICK))
    two = load_bundle(train(second / "features.csv", second / "patients.csv", second / "model", seed=1, options=QUICK))
    assert sha256_file(one.path / "weights.safetensors") == sha256_file(two.path / "weights.safetensors")
    for part in ("features", "cutoffs", "calibration", "clinical", "applicability"):
        assert one.description[part] == two.description[part]
    assert one.description["metrics"]["radiomics"]["test"] != two.description["metrics"]["radiomics"]["test"]


def test_every_feature_has_a_fate(trained):
    path = trained.with_name("tiny-selection.csv")
    with path.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    description = load_bundle(trained).description
    assert sha256_file(path) == description["provenance"]["selection_sha256"]
    assert [row["feature"] for row in rows] == list(FEATURE_NAMES)
    assert {row["feature"] for row in rows if row["fate"] == "selected"} == {f["name"] for f in description["features"]}
    assert sum(description["provenance"]["selection"].values()) == 1130
    assert sum(int(row["folds_selected"]) for row in rows) == 5 * 24


def test_the_card_says_what_must_be_said(trained):
    card = (trained / "MODEL_CARD.md").read_text(encoding="utf-8")
    for text in (
        "Research use only; trained on simulated patients",
        "Every patient behind this model is simulated",
        "out-of-fold (training)",
        "flattering",
        "adjusted for the search",
        "Total lesion volume alone",
        "Not a medical device",
        "- Radiomics network: risk groups by its score ",
    ):
        assert text in card
    assert re.search(r"\b(None|nan)\b", card) is None


def test_patients_not_said_to_be_simulated_are_not_called_so(tables, tmp_path):
    features, outcome = tables
    real = tmp_path / "patients.csv"
    real.write_text(outcome.read_text(encoding="utf-8").replace(",true\n", ",\n"), encoding="utf-8")
    bundle = load_bundle(train(features, real, tmp_path / "model", options=QUICK))
    assert bundle.description["disclaimer"] == "research use only"
    assert "simulated" not in bundle.card


def test_one_simulated_patient_makes_it_a_model_of_simulated_patients(tables, tmp_path):
    features, outcome = tables
    mixed = tmp_path / "patients.csv"
    text = outcome.read_text(encoding="utf-8")
    mixed.write_text(text.replace(",true\n", ",false\n", 119), encoding="utf-8")
    bundle = load_bundle(train(features, mixed, tmp_path / "model", options=QUICK))
    assert bundle.description["disclaimer"] == DISCLAIMER
    assert bundle.description["provenance"]["simulated"]
    assert "1 of the 120 patients behind this model are simulated" in bundle.card


def test_versions_are_recorded_without_patch_and_build(trained):
    versions = load_bundle(trained).description["provenance"]["versions"]
    assert re.fullmatch(r"3\.\d+", versions["python"])
    assert not any("+" in version for version in versions.values())


def test_what_the_operating_system_drops_into_a_bundle_does_not_keep_it_from_being_replaced(tables, tmp_path):
    output = train(*tables, tmp_path / "model", seed=1, options=QUICK)
    (output / ".DS_Store").write_bytes(b"dropped")
    first = load_bundle(output).sha256
    train(*tables, output, seed=2, options=QUICK)
    assert load_bundle(output).sha256 != first


def test_noise_gives_a_half_and_the_caveat(tmp_path):
    # Enough epochs to separate the training patients, as the study's networks did.
    features, outcome = write_cohort(tmp_path, seed=12, strength=0.0)
    options = TrainingOptions(members=2, repeats=1, epochs=150)
    bundle = load_bundle(train(features, outcome, tmp_path / "noise", options=options))
    metrics = bundle.description["metrics"]["radiomics"]
    assert metrics["apparent"]["auc"]["value"] > 0.95
    assert 0.35 < metrics["out_of_fold"]["auc"]["value"] < 0.65
    assert "there may be nothing to learn" in bundle.card
    assert any("nothing to learn" in caveat for caveat in bundle.description["caveats"])


def test_cancelling_writes_nothing(tables, tmp_path):
    seen = []

    def stop(done, total, what):
        seen.append((done, total))
        if done == 2:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        train(*tables, tmp_path / "model", options=QUICK, progress=stop)
    assert seen == [(1, 5), (2, 5)]
    assert list(tmp_path.iterdir()) == []


def test_an_old_bundle_is_replaced_and_anything_else_is_not(tables, tmp_path):
    output = tmp_path / "model"
    train(*tables, output, seed=1, options=QUICK)
    first = load_bundle(output).sha256
    train(*tables, output, seed=2, options=QUICK)
    assert load_bundle(output).sha256 != first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "model-selection.csv"]
    (output / "thesis.docx").write_text("years of work")
    with pytest.raises(TrainingError, match="is no model bundle"):
        train(*tables, output, seed=3, options=QUICK)
    assert (output / "thesis.docx").read_text() == "years of work"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"output": "nowhere/model"}, "does not exist"),
        ({"output": "no name!"}, "Bundle id"),
        ({"seed": -1}, "seed"),
        ({"label": "reaction"}, "no column 'reaction'"),
    ],
)
def test_a_wrong_request_is_refused(tables, tmp_path, change, message):
    request = {"output": "model", **change}
    output = tmp_path / request.pop("output")
    with pytest.raises(TrainingError, match=message):
        train(*tables, output, options=QUICK, **request)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"aggregation": "sum"},
        {"hidden": (4, 4)},
        {"folds": 1},
        {"dropout": 1.0},
        {"members": 0},
        {"min_group": 0.5},
        {"learning_rate": 0.0},
        {"correlation_max": 0.0},
        {"inner_share": 1.0},
        {"label_smoothing": 1.0},
    ],
)
def test_options_that_make_no_sense_are_refused(wrong):
    with pytest.raises(TrainingError, match="Training options"):
        TrainingOptions(**wrong)


def test_options_are_recorded(trained):
    options = json.loads((trained / "bundle.json").read_bytes())["provenance"]["options"]
    assert (options["members"], options["hidden"], options["aggregation"]) == (2, [12, 10, 8], "volume-weighted mean")
