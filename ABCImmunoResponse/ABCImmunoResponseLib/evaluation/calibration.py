"""From a score to a probability of response."""

import numpy as np
from scipy import optimize, special


def platt_calibration(label: np.ndarray, score: np.ndarray) -> tuple[float, float]:
    """Return slope and intercept of the logistic curve that turns a score into a probability.

    Platt's maximum likelihood with smoothed targets, (N1 + 1) / (N1 + 2) and 1 / (N0 + 2) (Platt 1999, in
    Advances in Large Margin Classifiers), which stays finite where the score separates the classes. The slope is
    not let below zero: a score that does not discriminate then gives everybody the share of responders, rather
    than a probability that falls as the score rises.

    Parameters
    ----------
    label
        0 or 1, (patients,).
    score
        Scores of patients that the model was not fitted to, (patients,).
    """
    label, score = np.asarray(label).astype(bool), np.asarray(score, np.float64)
    positives, negatives = np.count_nonzero(label), np.count_nonzero(~label)
    target = np.where(label, (positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0))
    centre, spread = score.mean(), score.std() or 1.0
    scaled = (score - centre) / spread  # the optimum is the same; the search is better conditioned

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        logit = parameters[0] * scaled + parameters[1]
        residual = special.expit(logit) - target
        return np.sum(np.logaddexp(0.0, logit) - target * logit), np.array([residual @ scaled, residual.sum()])

    start = np.array([0.0, special.logit(target.mean())])
    found = optimize.minimize(
        loss,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=[(0.0, None), (None, None)],
        options={"ftol": 1e-15, "gtol": 1e-10},
    )
    slope = float(found.x[0] / spread)
    return slope, float(found.x[1] - slope * centre)


def probability(score: np.ndarray | float, slope: float, intercept: float) -> np.ndarray | float:
    """Return the calibrated probability of response of a score."""
    return special.expit(slope * np.asarray(score, np.float64) + intercept)
