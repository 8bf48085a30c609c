"""The numpy networks against torch, and the exact path gradient against its definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ABCImmunoResponseLib.model.network import Network, mean_path_gradient, network_from_tensors, network_scores


def _network(seed=0, features=7, clinical=0, hidden=(6, 5, 4), members=3, scale=1.0) -> Network:
    random = np.random.default_rng(seed)
    widths = [features, *hidden]
    layers = tuple(
        (scale * random.normal(size=(members, width, units)), random.normal(size=(members, units)))
        for width, units in zip(widths, hidden, strict=False)
    )
    return Network(layers, random.normal(size=(members, hidden[-1] + clinical)), random.normal(size=members))


def _torch_module(network: Network, member: int, *, double: bool = False):
    """Return one member as an ordinary torch module, built without our training code."""
    import torch

    class Member(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = torch.nn.ModuleList(
                torch.nn.Linear(weight.shape[1], weight.shape[2]) for weight, _ in network.hidden
            )
            self.fourth = torch.nn.Linear(network.weight.shape[1], 1)

        def forward(self, radiomic, joined):
            for layer in self.layers:
                radiomic = torch.relu(layer(radiomic))
            return self.fourth(torch.cat([radiomic, joined], dim=1))[:, 0]

    module = Member()
    with torch.no_grad():
        for layer, (weight, bias) in zip(module.layers, network.hidden, strict=True):
            layer.weight.copy_(torch.from_numpy(weight[member].T.copy()))
            layer.bias.copy_(torch.from_numpy(bias[member]))
        module.fourth.weight.copy_(torch.from_numpy(network.weight[member][None]))
        module.fourth.bias.copy_(torch.from_numpy(network.bias[member : member + 1]))
    return module.double() if double else module


@pytest.mark.parametrize("model", ["radiomics", "combined"])
def test_numpy_equals_torch_on_a_trained_bundle(tiny, model):
    import torch

    random = np.random.default_rng(1)
    network, inputs = tiny.network(model), len(tiny.feature_names)
    clinical = len(tiny.description["clinical"]["variables"]) if model == "combined" else 0
    radiomic, joined = random.normal(size=(50, inputs)), random.normal(size=(50, clinical))
    with torch.no_grad():
        outputs = [
            _torch_module(network, member)(
                torch.from_numpy(radiomic.astype(np.float32)), torch.from_numpy(joined.astype(np.float32))
            ).numpy()
            for member in range(network.members)
        ]
    found = network_scores(network, radiomic.astype(np.float32), joined.astype(np.float32) if clinical else None)
    assert found == pytest.approx(np.mean(outputs, axis=0), abs=1e-6, rel=1e-6)


def test_the_trainers_own_forward_pass_equals_numpy():
    import torch

    from ABCImmunoResponseLib.training.networks import _forward

    network, random = _network(clinical=3), np.random.default_rng(2)
    radiomic, joined = random.normal(size=(20, 7)), random.normal(size=(20, 3))
    flat = [tensor for layer in network.hidden for tensor in layer] + [network.weight, network.bias]
    logits = _forward(torch, [torch.from_numpy(t) for t in flat], torch.from_numpy(radiomic), torch.from_numpy(joined))
    assert network_scores(network, radiomic, joined) == pytest.approx(logits.mean(dim=0).numpy(), abs=1e-12)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.floats(0.01, 30))
def test_path_gradient_is_complete(seed, length):
    random = np.random.default_rng(seed)
    network = _network(seed, scale=random.uniform(0.1, 2))
    start, stop = random.normal(size=7), length * random.normal(size=7)
    low, high = network_scores(network, np.array([start, stop]))
    assert mean_path_gradient(network, start, stop) @ (stop - start) == pytest.approx(high - low, abs=1e-9, rel=1e-9)


def test_path_gradient_equals_the_integral_of_torchs_gradient():
    import torch

    network, random = _network(4, members=1), np.random.default_rng(4)
    start, stop = np.zeros(7), 3 * random.normal(size=7)
    module = _torch_module(network, 0, double=True)
    steps = (np.arange(20_000) + 0.5) / 20_000
    path = torch.from_numpy(start + steps[:, None] * (stop - start)).requires_grad_()
    module(path, torch.zeros((len(steps), 0), dtype=torch.float64)).sum().backward()
    assert mean_path_gradient(network, start, stop) == pytest.approx(path.grad.numpy().mean(axis=0), abs=2e-3)


def test_path_of_no_length_and_a_dead_network():
    network = _network(5)
    assert np.isfinite(mean_path_gradient(network, np.ones(7), np.ones(7))).all()
    dead = Network(tuple((0 * w, 0 * b) for w, b in network.hidden), network.weight, network.bias)
    assert mean_path_gradient(dead, np.zeros(7), np.ones(7)) == pytest.approx(np.zeros(7))
    assert network_scores(dead, np.ones((2, 7))) == pytest.approx([network.bias.mean()] * 2)


def test_weights_are_read_by_name(tiny):
    network = network_from_tensors(tiny.tensors, "combined", 3)
    assert [weight.shape for weight, _ in network.hidden] == [(2, 24, 12), (2, 12, 10), (2, 10, 8)]
    assert network.weight.shape == (2, 8 + 5)
    assert network.hidden[0][0].dtype == np.float64
