"""Which features a model uses: an explicit screen, fitted on training rows only, that accounts for every feature."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from ABCImmunoResponseLib.errors import TrainingError

SELECTED, NOT_FINITE, CONSTANT, CORRELATED, WEAKER = ("selected", "not-finite", "constant", "correlated", "weaker")


@dataclass(frozen=True, eq=False)
class Selection:
    """The outcome of a screen over all features.

    Attributes
    ----------
    columns
        The selected features, strongest first, (selected,).
    mean, deviation
        Of the selected features in the training rows, (selected,).
    fate
        'selected', 'not-finite', 'constant', 'correlated' or 'weaker', one a feature.
    auc
        Univariate AUC for response, NaN where the feature is constant or not finite, (features,).
    rival, correlation
        Of a 'correlated' feature: the stronger feature it gave way to (-1 otherwise) and Spearman's rho (NaN).
    """

    columns: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray
    fate: tuple[str, ...]
    auc: np.ndarray
    rival: np.ndarray
    correlation: np.ndarray

    def transform(self, values: np.ndarray) -> np.ndarray:
        """Return the selected features, standardised: (patients, selected)."""
        return (values[:, self.columns] - self.mean) / self.deviation


def select_features(values: np.ndarray, label: np.ndarray, n_features: int, correlation_max: float) -> Selection:
    """Screen the features of training patients.

    In this order: features with a value that is not finite and constant ones are dropped; the others are gone
    through from the strongest univariate AUC (its distance from a half) to the weakest, and one whose Spearman
    correlation with a kept one exceeds ``correlation_max`` in absolute value is dropped; of those kept, the first
    ``n_features`` are selected. Equal features keep their canonical order.

    Parameters
    ----------
    values
        (patients, features).
    label
        0 or 1, (patients,).

    Raises
    ------
    TrainingError
        If nothing is left to select.
    """
    n = values.shape[1]
    finite = np.isfinite(values).all(axis=0)
    usable = np.flatnonzero(finite)
    spread, size = np.ptp(values[:, usable], axis=0), np.abs(values[:, usable]).max(axis=0)
    usable = usable[spread > 1e-12 * size]
    if not usable.size:
        raise TrainingError("Every feature is constant or not finite in the training patients: nothing to learn from.")
    ranks = stats.rankdata(values[:, usable], axis=0)
    auc = np.full(n, np.nan)
    auc[usable] = _univariate_auc(ranks, np.asarray(label).astype(bool))
    rho = np.atleast_2d(np.corrcoef(ranks, rowvar=False))

    fate = np.where(finite, CONSTANT, NOT_FINITE).astype(object)
    rival, correlation = np.full(n, -1), np.full(n, np.nan)
    kept: list[int] = []
    # Rounded, so that ties are ties whatever the order of summation was.
    for place in np.argsort(-np.round(np.abs(auc[usable] - 0.5), 12), kind="stable"):
        clash = np.flatnonzero(np.abs(rho[place, kept]) > correlation_max) if kept else np.zeros(0, int)
        if clash.size:
            strongest = kept[clash[0]]
            fate[usable[place]] = CORRELATED
            rival[usable[place]], correlation[usable[place]] = usable[strongest], rho[place, strongest]
            continue
        fate[usable[place]] = SELECTED if len(kept) < n_features else WEAKER
        kept.append(int(place))
    columns = usable[kept[:n_features]]
    chosen = values[:, columns]
    return Selection(columns, chosen.mean(axis=0), chosen.std(axis=0), tuple(fate), auc, rival, correlation)


def selection_csv(names: Sequence[str], selection: Selection, folds: np.ndarray, n_folds: int) -> bytes:
    """Return every feature's fate as CSV.

    Parameters
    ----------
    folds
        In how many folds of the cross-validation each feature was selected, (features,).
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["feature", "fate", "training_auc", "correlated_with", "spearman_rho", "folds_selected", "folds"])
    for n, name in enumerate(names):
        auc, rho = selection.auc[n], selection.correlation[n]
        writer.writerow(
            [
                name,
                selection.fate[n],
                "" if np.isnan(auc) else f"{auc:.6f}",
                names[selection.rival[n]] if selection.rival[n] >= 0 else "",
                "" if np.isnan(rho) else f"{rho:.6f}",
                int(folds[n]),
                n_folds,
            ]
        )
    return text.getvalue().encode()


def _univariate_auc(ranks: np.ndarray, label: np.ndarray) -> np.ndarray:
    positives, negatives = np.count_nonzero(label), np.count_nonzero(~label)
    return (ranks[label].sum(axis=0) - positives * (positives + 1) / 2) / (positives * negatives)
