"""The networks in numpy: score, and the exact mean gradient along a straight path of inputs.

A network is an ensemble of members of one shape; its score is the mean of theirs. Each member sends the
standardised radiomic input through three hidden layers with ReLU; a fourth, linear, layer takes the third's
output, joined in the combined model by the standardised clinical inputs (the study's "input layer 2"), and gives
the score, an unbounded logit. Weights are float32 in the bundle, arithmetic is float64.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Network:
    """An ensemble's weights, float64.

    Attributes
    ----------
    hidden
        For each hidden layer the weights (members, inputs, units) and biases (members, units).
    weight, bias
        Of the fourth layer: (members, units of the third layer + clinical inputs) and (members,).
    """

    hidden: tuple[tuple[np.ndarray, np.ndarray], ...]
    weight: np.ndarray
    bias: np.ndarray

    @property
    def members(self) -> int:
        """How many networks the ensemble holds."""
        return len(self.bias)


def network_from_tensors(tensors: Mapping[str, np.ndarray], model: str, layers: int) -> Network:
    """Return the network ``model`` ('radiomics' or 'combined') from a bundle's tensors."""
    hidden = tuple(
        (
            tensors[f"{model}.layer{n}.weight"].astype(np.float64),
            tensors[f"{model}.layer{n}.bias"].astype(np.float64),
        )
        for n in range(1, layers + 1)
    )
    weight = tensors[f"{model}.layer{layers + 1}.weight"].astype(np.float64)
    return Network(hidden, weight, tensors[f"{model}.layer{layers + 1}.bias"].astype(np.float64))


def network_scores(network: Network, radiomic: np.ndarray, clinical: np.ndarray | None = None) -> np.ndarray:
    """Return the score of each patient: the mean of the members' logits.

    Parameters
    ----------
    radiomic
        Standardised features, (patients, features).
    clinical
        Standardised coded clinical inputs, (patients, inputs); None for the radiomics network.

    Returns
    -------
    np.ndarray
        (patients,), float64.
    """
    radiomic = np.asarray(radiomic, np.float64)
    total = np.zeros(len(radiomic))
    for member in range(network.members):
        activation = _third_layer(network, member, radiomic)
        if clinical is not None:
            activation = np.concatenate([activation, np.asarray(clinical, np.float64)], axis=1)
        total += activation @ network.weight[member] + network.bias[member]
    return total / network.members


def mean_path_gradient(network: Network, start: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """Return the gradient of the score by the radiomic input, averaged over the straight path start -> stop.

    With ReLU the score is piecewise linear along the path: the gradient is constant between the points where a
    unit switches on or off. These points are found exactly, so that the integral of integrated gradients
    (Sundararajan, Taly and Yan, ICML 2017) is exact and ``gradient @ (stop - start)`` equals the difference of
    the two scores to rounding error.

    Parameters
    ----------
    start, stop
        Standardised features, (features,).

    Returns
    -------
    np.ndarray
        (features,), float64.
    """
    gradients = [_member_path_gradient(network, member, start, stop) for member in range(network.members)]
    return np.mean(gradients, axis=0)


def _third_layer(network: Network, member: int, activation: np.ndarray) -> np.ndarray:
    for weight, bias in network.hidden:
        activation = np.maximum(activation @ weight[member] + bias[member], 0.0)
    return activation


def _member_path_gradient(network: Network, member: int, start: np.ndarray, stop: np.ndarray) -> np.ndarray:
    points = np.array([0.0, 1.0])
    for depth in range(len(network.hidden)):
        values = _pre_activations(network, member, start, stop, points)[depth]
        before, after = values[:-1], values[1:]
        crossing = (before < 0) != (after < 0)
        interval, _ = np.nonzero(crossing)
        share = before[crossing] / (before[crossing] - after[crossing])
        inside = points[interval] + share * np.diff(points)[interval]
        points = np.unique(np.concatenate([points, np.clip(inside, 0.0, 1.0)]))
    middle = (points[:-1] + points[1:]) / 2
    switched_on = [values > 0 for values in _pre_activations(network, member, start, stop, middle)]
    units = network.hidden[-1][1].shape[1]
    gradient = np.broadcast_to(network.weight[member, :units], (len(middle), units))
    for (weight, _), on in zip(reversed(network.hidden), reversed(switched_on), strict=True):
        gradient = (gradient * on) @ weight[member].T
    return np.diff(points) @ gradient


def _pre_activations(
    network: Network, member: int, start: np.ndarray, stop: np.ndarray, points: np.ndarray
) -> list[np.ndarray]:
    """Return what each hidden layer's units receive at ``points`` of the path: (points, units) a layer."""
    activation = start + points[:, None] * (stop - start)
    received = []
    for weight, bias in network.hidden:
        value = activation @ weight[member] + bias[member]
        received.append(value)
        activation = np.maximum(value, 0.0)
    return received
