"""Fit a network ensemble with torch: all members at once, on one thread, from one seed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ABCImmunoResponseLib.errors import MissingDependencyError
from ABCImmunoResponseLib.model.network import Network
from ABCImmunoResponseLib.training.options import TrainingOptions


def fit_network(
    radiomic: np.ndarray, clinical: np.ndarray | None, label: np.ndarray, options: TrainingOptions, seed: int
) -> Network:
    """Fit the radiomics network, or with ``clinical`` the combined one.

    The members share nothing but the patients: each starts from its own weights and holds out its own stratified
    share of patients for early stopping. They are trained side by side, as one more axis of every tensor.

    Parameters
    ----------
    radiomic
        Standardised features, (patients, features).
    clinical
        Standardised coded clinical inputs, (patients, inputs), or None.
    label
        0 or 1, (patients,).

    Returns
    -------
    Network
        With weights rounded to float32.

    Raises
    ------
    MissingDependencyError
        If torch is not installed.
    """
    torch = import_torch()
    with _one_thread(torch):
        generator = torch.Generator().manual_seed(seed)
        parameters = _initial(
            torch, generator, radiomic.shape[1], 0 if clinical is None else clinical.shape[1], options
        )
        held_out = torch.from_numpy(_held_out(label, options, np.random.default_rng(seed)))
        inputs = torch.from_numpy(radiomic.astype(np.float32))
        joined = None if clinical is None else torch.from_numpy(clinical.astype(np.float32))
        smoothed = np.where(label, 1.0 - options.label_smoothing / 2, options.label_smoothing / 2)
        target = torch.from_numpy(smoothed.astype(np.float32)).expand(options.members, -1)
        best = _optimise(torch, generator, parameters, inputs, joined, target, held_out, options)
    arrays = [tensor.numpy().astype(np.float64) for tensor in best]
    hidden = tuple(zip(arrays[:-2:2], arrays[1:-2:2], strict=True))
    return Network(hidden, arrays[-2], arrays[-1])


def import_torch() -> Any:
    """Return the module torch.

    Raises
    ------
    MissingDependencyError
        If it is not installed.
    """
    try:
        import torch
    except ImportError as cause:
        raise MissingDependencyError("Training needs torch: run 'make setup' in a checkout.") from cause
    return torch


def _optimise(torch, generator, parameters, inputs, joined, target, held_out, options: TrainingOptions) -> list[Any]:
    """Return each member's parameters of the epoch with the least loss on its held-out patients."""
    weights, biases = parameters[0::2], parameters[1::2]
    optimiser = torch.optim.AdamW(
        [{"params": weights, "weight_decay": options.weight_decay}, {"params": biases, "weight_decay": 0.0}],
        lr=options.learning_rate,
    )
    fitted = (~held_out).float()
    watched = held_out.float()
    best = [parameter.detach().clone() for parameter in parameters]
    least = torch.full((options.members,), torch.inf)
    since = torch.zeros(options.members, dtype=torch.int64)
    for _ in range(options.epochs):
        optimiser.zero_grad()
        logits = _forward(torch, parameters, inputs, joined, options.dropout, generator)
        _member_losses(torch, logits, target, fitted).sum().backward()
        optimiser.step()
        with torch.no_grad():
            loss = _member_losses(torch, _forward(torch, parameters, inputs, joined), target, watched)
            better = loss < least
            least, since = torch.where(better, loss, least), torch.where(better, 0, since + 1)
            for kept, parameter in zip(best, parameters, strict=True):
                kept[better] = parameter[better]
            if bool((since >= options.patience).all()):
                break
    return best


def _forward(torch, parameters, inputs, joined, dropout: float = 0.0, generator=None):
    """Return the members' logits, (members, patients)."""
    members = len(parameters[-1])
    activation = inputs.expand(members, -1, -1)
    for weight, bias in zip(parameters[:-2:2], parameters[1:-2:2], strict=True):
        activation = torch.relu(torch.baddbmm(bias[:, None, :], activation, weight))
        if dropout:
            keep = torch.rand(activation.shape, generator=generator) >= dropout
            activation = activation * keep / (1.0 - dropout)
    if joined is not None:
        activation = torch.cat([activation, joined.expand(members, -1, -1)], dim=2)
    return (activation @ parameters[-2][:, :, None]).squeeze(2) + parameters[-1][:, None]


def _member_losses(torch, logits, target, share):
    loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    return (loss * share).sum(dim=1) / share.sum(dim=1)


def _initial(torch, generator, features: int, clinical: int, options: TrainingOptions) -> list[Any]:
    """Return weights and biases in turn: He's start for the hidden layers, a tenth of it for the last."""
    widths = [features, *options.hidden]
    parameters = []
    for width, units in zip(widths, options.hidden, strict=False):
        weight = torch.randn((options.members, width, units), generator=generator) * (2.0 / width) ** 0.5
        parameters += [weight, torch.zeros((options.members, units))]
    last = widths[-1] + clinical
    parameters += [
        torch.randn((options.members, last), generator=generator) * 0.1 * (2.0 / last) ** 0.5,
        torch.zeros(options.members),
    ]
    return [parameter.requires_grad_() for parameter in parameters]


def _held_out(label: np.ndarray, options: TrainingOptions, random: np.random.Generator) -> np.ndarray:
    """Return each member's early-stopping patients, (members, patients): a share of each class, at least one."""
    held_out = np.zeros((options.members, len(label)), bool)
    for member in range(options.members):
        for value in (0, 1):
            patients = np.flatnonzero(label == value)
            n = max(1, round(options.inner_share * len(patients)))
            held_out[member, random.permutation(patients)[:n]] = True
    return held_out


@contextmanager
def _one_thread(torch) -> Iterator[None]:
    """Run torch on one thread: sums are then added in one order, and files come out the same byte for byte."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
