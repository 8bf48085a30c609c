"""What moved the score: contributions of features, lesions and clinical inputs that add up exactly.

Integrated gradients from the training mean to the patient, solved exactly (see ``network.mean_path_gradient``).
Because a patient's features are a weighted mean of the lesions', each feature's contribution splits over the
lesions without remainder; because the clinical inputs enter the fourth, linear, layer, theirs are exact too.
"""

from dataclasses import dataclass

import numpy as np

from ABCImmunoResponseLib.model.bundle import Bundle
from ABCImmunoResponseLib.model.network import mean_path_gradient, network_scores

METHOD = (
    "integrated gradients from the training mean, exact for ReLU networks; contributions are in units of the score "
    "(logit) and add up to score minus baseline"
)


@dataclass(frozen=True)
class Attribution:
    """Contributions to one score: (lesions, features) and (clinical inputs,); ``baseline`` is the score at the mean."""

    baseline: float
    lesions: np.ndarray
    clinical: np.ndarray


def attribute(
    bundle: Bundle, model: str, lesions: np.ndarray, weights: np.ndarray, clinical: np.ndarray | None = None
) -> Attribution:
    """Attribute the score of 'radiomics' or 'combined'.

    Parameters
    ----------
    lesions
        The lesions' standardised selected features, (lesions, features).
    weights
        The lesions' weights in the patient's vector, (lesions,).
    clinical
        The standardised coded clinical inputs, (inputs,), for the combined model.
    """
    network = bundle.network(model)
    patient = weights @ lesions
    origin = np.zeros_like(patient)
    baseline = network_scores(network, origin[None], None if clinical is None else np.zeros((1, len(clinical))))
    gradient = mean_path_gradient(network, origin, patient)
    joined = np.zeros(0) if clinical is None else network.weight[:, len(network.hidden[-1][1][0]) :].mean(axis=0)
    return Attribution(
        baseline=float(baseline[0]),
        lesions=weights[:, None] * lesions * gradient,
        clinical=joined if clinical is None else joined * clinical,
    )
