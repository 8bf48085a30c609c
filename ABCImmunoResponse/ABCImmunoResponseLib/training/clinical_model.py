"""The clinical model: logistic regression of response on the coded clinical variables."""

import math
import warnings
from dataclasses import dataclass

import numpy as np
from scipy import linalg, special, stats

from ABCImmunoResponseLib.errors import MissingDependencyError

_SEPARATED = 10.0  # a log odds ratio of 10 is one of 22 000: separation, not effect


@dataclass(frozen=True, eq=False)
class ClinicalModel:
    """Coefficients on the standardised inputs, and what a reader wants to know about them.

    Attributes
    ----------
    mean, deviation
        Of the coded inputs in the training patients, (inputs,).
    coefficients, intercept
        On standardised inputs: (inputs,) and a number.
    odds_ratios
        Odds ratio, lower and upper Wald limit of each coded input, (inputs, 3); limits NaN under a penalty.
    penalised
        True if the classes could be separated, so that a ridge penalty had to hold the coefficients.
    """

    mean: np.ndarray
    deviation: np.ndarray
    coefficients: np.ndarray
    intercept: float
    odds_ratios: np.ndarray
    penalised: bool

    def transform(self, coded: np.ndarray) -> np.ndarray:
        """Return standardised inputs."""
        return (coded - self.mean) / self.deviation

    def scores(self, coded: np.ndarray) -> np.ndarray:
        """Return the logit of response of each patient, (patients,)."""
        return self.transform(coded) @ self.coefficients + self.intercept


def fit_clinical(coded: np.ndarray, label: np.ndarray) -> ClinicalModel:
    """Fit by maximum likelihood; with a ridge penalty (C = 1, standardised inputs) where that has no finite answer.

    Parameters
    ----------
    coded
        0 or 1, (patients, inputs).
    label
        0 or 1, (patients,).

    Raises
    ------
    MissingDependencyError
        If scikit-learn is not installed.
    """
    mean, deviation = coded.mean(axis=0), coded.std(axis=0)
    deviation = np.where(deviation > 0, deviation, 1.0)  # constant in a fold: it then says nothing
    inputs = (coded - mean) / deviation
    fitted = _fit(inputs, label, math.inf)
    penalised = fitted is None or np.abs(fitted[0] / deviation).max() > _SEPARATED
    coefficients, intercept = _fit(inputs, label, 1.0) if penalised else fitted
    error = np.full(len(coefficients), np.nan)
    if not penalised:
        design = np.column_stack([np.ones(len(inputs)), inputs])
        risk = special.expit(design @ np.array([intercept, *coefficients]))
        error = np.sqrt(np.diag(linalg.inv((design.T * (risk * (1 - risk))) @ design)))[1:]
    half = float(stats.norm.ppf(0.975)) * error
    odds = np.exp(np.column_stack([coefficients, coefficients - half, coefficients + half]) / deviation[:, None])
    return ClinicalModel(mean, deviation, coefficients, intercept, odds, penalised)


def _fit(inputs: np.ndarray, label: np.ndarray, c: float) -> tuple[np.ndarray, float] | None:
    """Return coefficients and intercept, or None if the likelihood has no maximum that can be found."""
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as cause:
        raise MissingDependencyError("Training needs scikit-learn: run 'make setup' in a checkout.") from cause
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # no convergence, singular matrix
        try:
            # The solver and tolerance with which scikit-learn equals R's glm; its default solver does not.
            model = LogisticRegression(C=c, solver="newton-cholesky", tol=1e-12, max_iter=200).fit(inputs, label)
        except Warning:
            return None
    return model.coef_[0], float(model.intercept_[0])
