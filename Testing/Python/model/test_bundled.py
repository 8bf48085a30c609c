"""The bundle that comes with the product: complete, honest about its origin, and usable without torch."""

import subprocess
import sys

import numpy as np
import pytest

from ABCImmunoResponseLib import DISCLAIMER
from ABCImmunoResponseLib.features.names import FEATURE_NAMES
from ABCImmunoResponseLib.features.recipe import load_recipe
from ABCImmunoResponseLib.features.table import FeatureTable, LesionRow
from ABCImmunoResponseLib.model.bundle import Bundle, load_bundle
from ABCImmunoResponseLib.model.scoring import score
from ABCImmunoResponseLib.training.card import model_card
from cohort_tables import ACQUISITION, CLINICAL


@pytest.fixture(scope="module")
def bundled() -> Bundle:
    return load_bundle()


def test_it_is_the_studys_cohort_and_says_that_it_is_simulated(bundled):
    assert bundled.id == "abc-sim-1"
    assert bundled.description["disclaimer"] == DISCLAIMER
    assert bundled.description["provenance"]["simulated"]
    counts = {name: (part["patients"], part["responders"]) for name, part in _cohorts(bundled).items()}
    assert counts == {"train": (171, 61), "test": (69, 24)}
    assert "Every patient behind this model is simulated" in bundled.card


def test_its_card_is_made_from_its_own_numbers(bundled):
    assert model_card(bundled.description) == bundled.card


def test_a_training_patient_is_scored_near_its_place(bundled):
    recipe = load_recipe()
    values = np.zeros((1, len(FEATURE_NAMES)))
    columns = [FEATURE_NAMES.index(name) for name in bundled.feature_names]
    row = LesionRow("C1", "L1", "liver", 9000.0, "pyradiomics 3.0.1", recipe.name, recipe.sha256)
    scores, verdicts = [], []
    for reference in bundled.tensors["reference.features"]:
        values[:, columns] = reference * bundled.deviations + bundled.means
        result = score(bundled, FeatureTable((row,), values), CLINICAL, ACQUISITION)
        scores.append(result["scores"]["radiomics"]["score"])
        verdicts.append(result["applicability"]["verdict"])
        assert result["nearest"][0]["distance"] == pytest.approx(0.0, abs=1e-6)
    # The final networks knew these patients, the out-of-fold ones did not: alike, not equal.
    assert np.corrcoef(scores, bundled.reference_scores("radiomics"))[0, 1] > 0.5
    assert verdicts.count("inside") > 0.8 * len(verdicts)


def test_loading_and_scoring_need_neither_torch_nor_other_optional_packages():
    code = (
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in ('torch', 'sklearn', 'lifelines', 'pandas', 'safetensors', 'radiomics'):\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, Absent())\n"
        "from ABCImmunoResponseLib.model.bundle import load_bundle\n"
        "import ABCImmunoResponseLib.model.scoring\n"
        "print(load_bundle().id)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "abc-sim-1"


def _cohorts(bundle: Bundle) -> dict:
    return bundle.description["provenance"]["cohorts"]
