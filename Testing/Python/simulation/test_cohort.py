"""The virtual cohort on disk: tables that fit together, the same bytes again, nothing left of a run that failed."""

import csv
import hashlib
from collections import defaultdict

import pytest
import SimpleITK as sitk

from ABCImmunoResponseLib.clinical import ClinicalRecord, clinical_variables
from ABCImmunoResponseLib.errors import ABCImmunoResponseError, Cancelled, CaseFolderError
from ABCImmunoResponseLib.features.engine import engine
from ABCImmunoResponseLib.features.recipe import load_recipe
from ABCImmunoResponseLib.features.table import read_features_csv
from ABCImmunoResponseLib.simulation.cohort import simulate_cohort


def _hashes(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _rows(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulated") / "cohort"
    simulate_cohort(folder, patients=2, images=True, jobs=1)
    return folder


def test_two_processes_write_the_same_bytes_as_one(cohort, tmp_path):
    steps = []
    simulate_cohort(tmp_path / "again", patients=2, images=True, jobs=2, progress=lambda *step: steps.append(step[:2]))
    assert _hashes(tmp_path / "again") == _hashes(cohort)
    assert steps[0] == (0, 2)
    assert steps[-1] == (2, 2)


def test_the_tables_fit_together(cohort):
    patients, truth, features = (
        _rows(cohort / "patients.csv"),
        _rows(cohort / "truth.csv"),
        read_features_csv(cohort / "features.csv"),
    )
    assert [row["case_id"] for row in patients] == ["SIM-001", "SIM-002"]
    assert [row["simulated"] for row in patients] == ["true", "true"]
    lesions = defaultdict(list)
    for row in features.ids:
        lesions[row.case_id].append((row.lesion_id, row.organ))
    assert {row["case_id"]: int(row["n_lesions"]) for row in patients} == {c: len(own) for c, own in lesions.items()}
    assert [(row["case_id"], row["lesion_id"], row["organ"]) for row in truth] == [
        (row.case_id, row.lesion_id, row.organ) for row in features.ids
    ]
    assert all(row["response"] in "01" and row["progressed"] in "01" for row in patients)


def test_a_row_holds_a_valid_record(cohort):
    read = {
        "number": float,
        "integer": int,
        "choice": str,
        "boolean": lambda text: {"true": True, "false": False}[text],
    }
    for row in _rows(cohort / "patients.csv"):
        ClinicalRecord(**{v["name"]: read[v["type"]](row[v["name"]]) for v in clinical_variables()})


def test_features_are_those_of_the_written_images(cohort):
    features = read_features_csv(cohort / "features.csv")
    row = features.ids[0]
    folder = cohort / "images" / row.case_id
    image, mask = (sitk.ReadImage(folder / f"{row.lesion_id}{end}.nrrd") for end in ("", "-consensus"))
    assert image.GetPixelID() == sitk.sitkInt16
    values = engine().extract(image, {"x": mask}, load_recipe())["x"]
    assert values == pytest.approx(features.values[0], rel=1e-12)


def test_a_stopped_run_leaves_nothing(tmp_path):
    def stop(done, total, what):
        if done:
            raise Cancelled("stopped")

    for jobs in (1, 2):
        with pytest.raises(Cancelled):
            simulate_cohort(tmp_path / "cohort", patients=jobs, jobs=jobs, progress=stop)
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"patients": 0},
        {"jobs": 0},
        {"jobs": True},
        {"seed": -1},
        {"seed": 1.5},
        {"effect": -1},
        {"effect": float("nan")},
    ],
)
def test_senseless_requests_are_refused(tmp_path, wrong):
    with pytest.raises(ABCImmunoResponseError, match=next(iter(wrong))):
        simulate_cohort(tmp_path / "cohort", **{"patients": 1, **wrong})
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_use_is_refused_and_kept(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(CaseFolderError, match="exists already"):
        simulate_cohort(tmp_path, patients=1)
    with pytest.raises(CaseFolderError, match=r"cannot be made|exists already"):
        simulate_cohort(tmp_path / "mine.txt" / "below", patients=1)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
