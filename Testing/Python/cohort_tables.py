"""Tables of a made-up cohort for the tests of training and scoring: gaussian features, a planted signal."""

import csv
from pathlib import Path

import numpy as np

from ABCImmunoResponseLib.case import Acquisition
from ABCImmunoResponseLib.clinical import ClinicalRecord
from ABCImmunoResponseLib.features.names import FEATURE_NAMES
from ABCImmunoResponseLib.features.recipe import load_recipe
from ABCImmunoResponseLib.features.table import FeatureTable, LesionRow, write_features_csv

# How a CT of the study was acquired, and a patient whom every model can score.
ACQUISITION = Acquisition(modality="CT", slice_thickness_mm=1.25, kvp=120.0, contrast=True)
CLINICAL = ClinicalRecord(
    prior_lines=1, metastatic_sites=3, visceral_metastasis=True, er="negative", pr="negative", her2="negative"
)
SIGNAL = (18, 120, 480, 900)  # columns that know the response when a strength is asked for


def write_cohort(
    folder: Path, *, seed: int = 1, train: int = 90, test: int = 30, strength: float = 2.0
) -> tuple[Path, Path]:
    """Write features.csv and patients.csv, and return their paths.

    A patient has one to three lesions; the ``SIGNAL`` columns are shifted by ``strength`` standard deviations in
    responders, who progress half as fast. Strength 0 leaves features, clinical values, response and PFS
    independent of one another.
    """
    random = np.random.default_rng(seed)
    recipe = load_recipe()
    n = train + test
    response = random.permutation(np.arange(n) % 5 < 2)
    rows, values, patients = [], [], []
    for patient in range(n):
        case = f"P{patient:03d}"
        shared = random.normal(size=len(FEATURE_NAMES))
        shared[list(SIGNAL)] += strength * response[patient]
        for lesion in range(random.integers(1, 4)):
            volume = float(np.round(random.lognormal(8.0, 0.8), 3))
            rows.append(
                LesionRow(case, f"L{lesion + 1}", "liver", volume, "pyradiomics 3.0.1", recipe.name, recipe.sha256)
            )
            values.append(shared + 0.5 * random.normal(size=len(FEATURE_NAMES)))
        effect = 0.7 if strength and response[patient] else 0.0
        pfs, censored = random.exponential(4.0 * np.exp(effect)), random.uniform(6.0, 24.0)
        patients.append(
            {
                "case_id": case,
                "cohort": "train" if patient < train else "test",
                "response": int(response[patient]),
                "pfs_months": round(max(0.1, min(pfs, censored)), 3),
                "progressed": int(pfs <= censored),
                "prior_lines": int(random.integers(1, 5)),
                "metastatic_sites": int(random.integers(1, 6)),
                "visceral_metastasis": str(bool(random.integers(0, 2))).lower(),
                "er": random.choice(["negative", "positive"]),
                "pr": "negative",
                "her2": random.choice(["negative", "negative", "positive"]),
                "simulated": "true",
            }
        )
    features, outcome = folder / "features.csv", folder / "patients.csv"
    features.write_bytes(write_features_csv(FeatureTable(tuple(rows), np.array(values))))
    with outcome.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(patients[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(patients)
    return features, outcome


def train_tiny(folder: Path, **cohort) -> Path:
    """Train a small bundle named 'tiny' in a second or two, and return its folder; see :func:`write_cohort`."""
    from ABCImmunoResponseLib.training.options import TrainingOptions
    from ABCImmunoResponseLib.training.train import train

    features, outcome = write_cohort(folder, **cohort)
    options = TrainingOptions(n_features=24, hidden=(12, 10, 8), members=2, repeats=1, epochs=60, learning_rate=0.02)
    return train(features, outcome, folder / "tiny", seed=7, options=options)
