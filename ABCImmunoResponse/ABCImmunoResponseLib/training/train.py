"""Train the three models, lock them and write the bundle."""

import platform
from collections import Counter
from dataclasses import asdict
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

import numpy as np

from ABCImmunoResponseLib import DISCLAIMER, __version__
from ABCImmunoResponseLib.case import check_name
from ABCImmunoResponseLib.errors import CaseFolderError, MissingDependencyError, TrainingError
from ABCImmunoResponseLib.files import sha256_bytes, sha256_file, write_bytes
from ABCImmunoResponseLib.model.bundle import RESEARCH_ONLY, names_sha256
from ABCImmunoResponseLib.model.coding import code_clinical, study_coding
from ABCImmunoResponseLib.model.schema import GROUPS, MODELS, SCHEMA
from ABCImmunoResponseLib.progress import Progress, silent
from ABCImmunoResponseLib.training.assemble import (
    clinical_tensors,
    curve_tensors,
    describe_applicability,
    describe_clinical,
    describe_features,
    network_tensors,
    reference_tensors,
    risk_curves,
)
from ABCImmunoResponseLib.training.card import model_card
from ABCImmunoResponseLib.training.cohort import Cohort, Columns, read_cohort
from ABCImmunoResponseLib.training.crossvalidation import OutOfFold, Pipeline, cross_validate, fit_pipeline
from ABCImmunoResponseLib.training.lock import check_output, write_bundle
from ABCImmunoResponseLib.training.options import TrainingOptions
from ABCImmunoResponseLib.training.performance import calibrate, caveats, lock_cutoff, measure
from ABCImmunoResponseLib.training.selection import selection_csv

INTENDED_USE = (
    "Research on whether pretreatment CT and clinical variables tell which patients with advanced breast cancer "
    "benefit from immune checkpoint inhibitors. Not a medical device; not for decisions about a patient."
)
_FUSION = "the third layer's output joined by the clinical inputs at a fourth, linear, layer"
_PACKAGES = ("numpy", "scipy", "torch", "scikit-learn", "lifelines", "safetensors")
_NOTE = (
    "Trained deterministically: the same tables, seed and package versions on one machine give the same bytes. "
    "No time is recorded."
)


def train(
    features: Path,
    outcome: Path,
    output: Path,
    *,
    seed: int = 2023,
    id_column: str = "case_id",
    label: str = "response",
    time: str = "pfs_months",
    event: str = "progressed",
    cohort_column: str = "cohort",
    options: TrainingOptions | None = None,
    progress: Progress = silent,
) -> Path:
    """Train the clinical, radiomics and combined models and lock them into a bundle.

    Everything is fitted to training patients only. Beside the bundle, ``<output>-selection.csv`` says what became
    of every feature.

    Parameters
    ----------
    features
        A ``features.csv``, a row a lesion.
    outcome
        A CSV, a row a patient: id, response (0 or 1), PFS in months, progressed (0 or 1), the clinical variables of
        the clinical model by their names, optionally 'train' or 'test' in the cohort column, and optionally
        ``simulated``.
    output
        The bundle folder to make or replace; its name is the bundle's id.
    seed
        Of folds and networks.
    progress
        Called after each fold and step; may raise ``Cancelled``, then nothing is written.

    Returns
    -------
    Path
        ``output``.

    Raises
    ------
    TrainingError
        If a table is wrong (the message names row and column), there are too few patients, or the output cannot be
        written.
    FeatureError
        If the feature table is not one.
    MissingDependencyError
        If torch, scikit-learn, lifelines or safetensors is not installed.
    """
    features, outcome, output = Path(features), Path(outcome), Path(output).absolute()
    options = options or TrainingOptions()
    if not 0 <= seed < 2**31:
        raise TrainingError("The seed must be a whole number from 0 to 2147483647.")
    try:
        check_name(output.name, "Bundle id")
    except CaseFolderError as cause:
        raise TrainingError(str(cause)) from cause
    check_output(output)
    _require_packages()
    columns, coding = Columns(id_column, label, time, event, cohort_column), study_coding()
    cohort = read_cohort(features, outcome, columns, coding)
    values = cohort.patient_features(options.aggregation)
    coded = np.array([code_clinical(coding, record) for record in cohort.records])
    fitted = cohort.training
    _check_clinical(coded[fitted], coding)

    steps = options.folds * options.repeats + 2
    inner = lambda done, _, what: progress(done, steps, what)  # noqa: E731 - the same bar, two steps longer
    folds = cross_validate(values[fitted], coded[fitted], cohort.response[fitted], options, seed, inner)
    pipeline = fit_pipeline(values[fitted], coded[fitted], cohort.response[fitted], options, seed + 2 * folds.n_folds)
    progress(steps - 1, steps, "final fit")
    table = selection_csv(cohort.table.names, pipeline.selection, folds.selected, folds.n_folds)
    description, tensors = _assemble(cohort, values, coded, folds, pipeline, coding, options, seed)
    description["id"] = output.name
    description["provenance"] = {
        "simulated": bool(cohort.simulated.any()),
        "seed": seed,
        "features_sha256": sha256_file(features),
        "outcome_sha256": sha256_file(outcome),
        "selection_sha256": sha256_bytes(table),
        "columns": asdict(columns),
        "options": options.as_dict(),
        "versions": {
            "abc-immuno-response": __version__,
            # The patch version and the build, as in 2.13.0+cpu, do not move the model.
            "python": ".".join(platform.python_version_tuple()[:2]),
            **{name: metadata.version(name).partition("+")[0] for name in _PACKAGES},
        },
        "cohorts": _cohorts(cohort),
        "selection": dict(sorted(Counter(pipeline.selection.fate).items())),
        "note": _NOTE,
    }
    write_bundle(output, description, tensors, model_card(description))
    write_bytes(output.with_name(f"{output.name}-selection.csv"), table)
    progress(steps, steps, "bundle locked")
    return output


def _require_packages() -> None:
    """Refuse now what would else be found missing after the cross-validation."""
    for module, package in (
        ("torch", "torch"),
        ("sklearn", "scikit-learn"),
        ("lifelines", "lifelines"),
        ("safetensors", "safetensors"),
    ):
        try:
            import_module(module)
        except ImportError as cause:
            raise MissingDependencyError(f"Training needs {package}: run 'make setup' in a checkout.") from cause


def _check_clinical(coded: np.ndarray, coding: list[dict[str, Any]]) -> None:
    for n, rule in enumerate(coding):
        if np.ptp(coded[:, n]) == 0:
            raise TrainingError(
                f"{rule['label']} is the same in all training patients: the clinical model cannot be fitted."
            )


def _assemble(
    cohort: Cohort,
    values: np.ndarray,
    coded: np.ndarray,
    folds: OutOfFold,
    pipeline: Pipeline,
    coding: list[dict[str, Any]],
    options: TrainingOptions,
    seed: int,
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the description, without id and provenance, and the tensors."""
    fitted = np.flatnonzero(cohort.training)
    time, event = cohort.pfs_months[fitted], cohort.progressed[fitted]
    standardised = pipeline.selection.transform(values[fitted])
    # Shuffled, so that a row's place does not give away whose it is.
    shuffled = np.random.default_rng(seed).permutation(len(fitted))
    out_of_fold = {model: folds.scores[model] for model in MODELS}
    cutoffs = {model: lock_cutoff(out_of_fold[model], time, event, options.min_group) for model in MODELS}
    curves = {model: risk_curves(out_of_fold[model], cutoffs[model]["value"], time, event) for model in MODELS}
    tensors = {
        **network_tensors("radiomics", pipeline.radiomics),
        **network_tensors("combined", pipeline.combined),
        **clinical_tensors(pipeline.clinical),
        **reference_tensors(
            cohort,
            fitted[shuffled],
            standardised[shuffled],
            {model: scores[shuffled] for model, scores in out_of_fold.items()},
        ),
    }
    for model in MODELS:
        tensors |= curve_tensors(model, curves[model])
    calibration = {model: calibrate(out_of_fold[model], cohort.response[fitted]) for model in MODELS}
    metrics = measure(cohort, values, coded, out_of_fold, pipeline, cutoffs, options.min_group)
    rows = np.isin(cohort.owner, fitted)
    names = cohort.table.names
    lesion = cohort.table.ids[0]
    description = {
        "schema": SCHEMA,
        "intended_use": INTENDED_USE,
        "disclaimer": DISCLAIMER if cohort.simulated.any() else RESEARCH_ONLY,
        "input": {
            "recipe": {"name": lesion.recipe, "sha256": lesion.recipe_sha256},
            "n_names": len(names),
            "names_sha256": names_sha256(names),
            "engines": [lesion.engine],
        },
        "features": describe_features(names, pipeline, values[fitted]),
        "aggregation": options.aggregation,
        "clinical": describe_clinical(coding, pipeline.clinical),
        "network": {
            "hidden": list(options.hidden),
            "members": options.members,
            "activation": "relu",
            "fusion": _FUSION,
        },
        "cutoffs": cutoffs,
        "calibration": calibration,
        "metrics": metrics,
        "caveats": caveats(metrics, calibration),
        "applicability": describe_applicability(standardised, cohort.table.volumes[rows]),
        "reference": {
            "patients": [f"T{n:03d}" for n in range(1, len(fitted) + 1)],
            "curve_lengths": {model: {group: len(curves[model][group].times) for group in GROUPS} for model in MODELS},
        },
    }
    return description, tensors


def _cohorts(cohort: Cohort) -> dict[str, dict[str, int]]:
    parts = {"train": cohort.training, "test": ~cohort.training}
    return {
        name: {
            "patients": int(rows.sum()),
            "simulated": int(cohort.simulated[rows].sum()),
            "lesions": int(np.isin(cohort.owner, np.flatnonzero(rows)).sum()),
            "responders": int(cohort.response[rows].sum()),
            "progressed": int(cohort.progressed[rows].sum()),
        }
        for name, rows in parts.items()
        if rows.any()
    }
