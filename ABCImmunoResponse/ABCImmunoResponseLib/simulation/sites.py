"""Where a patient's disease lies: metastatic sites by organ group, and the target lesions among them."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from ABCImmunoResponseLib.case import Organ, Protocol
from ABCImmunoResponseLib.errors import ABCImmunoResponseError
from ABCImmunoResponseLib.files import read_json
from ABCImmunoResponseLib.protocol import load_protocol
from ABCImmunoResponseLib.resources import resource


@cache
def organ_model() -> Mapping[str, Any]:
    """Return ``Resources/Simulation/organs.json``: frequencies, tissues and contrast phases."""
    return read_json(resource("Simulation", "organs.json"), ABCImmunoResponseError)


@cache
def protocol() -> Protocol:
    """Return the study's own protocol, whose organs and target rules the simulated patients follow."""
    return load_protocol()


def _groups() -> dict[str, list[Organ]]:
    """Return the modelled organs by RECIST group: those of the protocol that a CT of the trunk shows."""
    groups: dict[str, list[Organ]] = {}
    for organ in protocol().organs:
        if organ.code in organ_model()["organs"]:
            groups.setdefault(organ.group, []).append(organ)
    return groups


def _share(organ: Organ) -> float:
    return organ_model()["organs"][organ.code]["share"]


def draw_sites(rng: np.random.Generator, sites: int, visceral: bool) -> list[str]:
    """Draw ``sites`` distinct organ groups by their frequency, visceral ones first.

    With ``visceral`` at least one of them is visceral; without, none is.
    """
    groups = _groups()
    weight = {name: sum(map(_share, organs)) for name, organs in groups.items()}
    inner = {name for name, organs in groups.items() if organs[0].visceral}
    chosen = [_pick(rng, {name: weight[name] for name in weight if name in inner})] if visceral else []
    while len(chosen) < sites:
        open_to = [name for name in weight if name not in chosen and (visceral or name not in inner)]
        chosen.append(_pick(rng, {name: weight[name] for name in open_to}))
    return sorted(chosen, key=lambda name: name not in inner)


def draw_targets(rng: np.random.Generator, sites: list[str]) -> list[str]:
    """Draw the organ code of each target lesion: one to five, visceral and distinct sites first.

    No group has more targets than RECIST's two, bone no more than the model's one (targets in bone need a
    soft-tissue component).
    """
    groups, limits, model = _groups(), protocol().selection, organ_model()
    wanted = int(_pick(rng, model["lesions_shares"]))
    codes: list[str] = []
    for turn in range(limits["targets_per_organ_max"]):
        for name in sites:
            if name == "bone" and turn >= model["bone_lesions_max"]:
                continue
            if len(codes) < min(wanted, limits["targets_max"]):
                codes.append(_pick(rng, {organ.code: _share(organ) for organ in groups[name]}))
    return codes


def _pick(rng: np.random.Generator, shares: Mapping[str, float]) -> str:
    weights = np.array(list(shares.values()), float)
    return list(shares)[int(rng.choice(len(weights), p=weights / weights.sum()))]
