"""Repeated stratified cross-validation of the whole pipeline, by patient: scores that no fit has seen."""

from dataclasses import dataclass

import numpy as np

from ABCImmunoResponseLib.errors import MissingDependencyError, TrainingError
from ABCImmunoResponseLib.model.network import Network, network_scores
from ABCImmunoResponseLib.model.schema import MODELS
from ABCImmunoResponseLib.progress import Progress, silent
from ABCImmunoResponseLib.training.clinical_model import ClinicalModel, fit_clinical
from ABCImmunoResponseLib.training.networks import fit_network
from ABCImmunoResponseLib.training.options import TrainingOptions
from ABCImmunoResponseLib.training.selection import Selection, select_features


@dataclass(frozen=True, eq=False)
class Pipeline:
    """The three models fitted to one set of patients."""

    selection: Selection
    clinical: ClinicalModel
    radiomics: Network
    combined: Network

    def scores(self, features: np.ndarray, coded: np.ndarray) -> dict[str, np.ndarray]:
        """Return the scores of patients by model, (patients,) each.

        Parameters
        ----------
        features
            All features by patient, not standardised, (patients, features).
        coded
            The coded clinical inputs, (patients, inputs).
        """
        radiomic, clinical = self.selection.transform(features), self.clinical.transform(coded)
        return {
            "radiomics": network_scores(self.radiomics, radiomic),
            "clinical": self.clinical.scores(coded),
            "combined": network_scores(self.combined, radiomic, clinical),
        }


@dataclass(frozen=True, eq=False)
class OutOfFold:
    """Out-of-fold scores by model, (patients,) each, the mean over repeats; and how often a feature was selected."""

    scores: dict[str, np.ndarray]
    selected: np.ndarray
    n_folds: int


def fit_pipeline(
    features: np.ndarray, coded: np.ndarray, label: np.ndarray, options: TrainingOptions, seed: int
) -> Pipeline:
    """Fit screen, scaling and the three models to these patients and to no others."""
    selection = select_features(features, label, options.n_features, options.correlation_max)
    clinical = fit_clinical(coded, label)
    radiomic, inputs = selection.transform(features), clinical.transform(coded)
    return Pipeline(
        selection=selection,
        clinical=clinical,
        radiomics=fit_network(radiomic, None, label, options, seed),
        combined=fit_network(radiomic, inputs, label, options, seed + 1),
    )


def cross_validate(
    features: np.ndarray,
    coded: np.ndarray,
    label: np.ndarray,
    options: TrainingOptions,
    seed: int,
    progress: Progress = silent,
) -> OutOfFold:
    """Score each patient by pipelines fitted without that patient, once a repeat.

    Rows are patients, so that no lesion of a patient can stand on both sides. ``progress`` is called after each
    fold.

    Raises
    ------
    TrainingError
        If a class has fewer patients than there are folds.
    """
    try:
        from sklearn.model_selection import RepeatedStratifiedKFold
    except ImportError as cause:
        raise MissingDependencyError("Training needs scikit-learn: run 'make setup' in a checkout.") from cause
    smallest = min(np.count_nonzero(label), np.count_nonzero(label == 0))
    if smallest < max(options.folds, 5):
        raise TrainingError(
            f"Only {smallest} training patients of one class: {options.folds}-fold cross-validation needs at least "
            f"{max(options.folds, 5)} responders and as many non-responders."
        )
    splitter = RepeatedStratifiedKFold(n_splits=options.folds, n_repeats=options.repeats, random_state=seed)
    total = {model: np.zeros(len(label)) for model in MODELS}
    selected = np.zeros(features.shape[1], int)
    n_folds = options.folds * options.repeats
    for fold, (fitted, held_out) in enumerate(splitter.split(features, label)):
        pipeline = fit_pipeline(features[fitted], coded[fitted], label[fitted], options, seed + 2 * fold)
        for model, scores in pipeline.scores(features[held_out], coded[held_out]).items():
            total[model][held_out] += scores
        selected[pipeline.selection.columns] += 1
        progress(fold + 1, n_folds, f"cross-validation, fold {fold + 1} of {n_folds}")
    return OutOfFold({model: scores / options.repeats for model, scores in total.items()}, selected, n_folds)
