"""Read a protocol file: the rules of a study as data."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ABCImmunoResponseLib.case import Organ, Protocol, from_mapping
from ABCImmunoResponseLib.errors import CaseFolderError, ProtocolError
from ABCImmunoResponseLib.files import read_hashed_json
from ABCImmunoResponseLib.resources import resource

DEFAULT_PROTOCOL = resource("Protocols", "recist-1.1.json")

# The words that recist/targets.py and reading/proposals.py act on.
TARGET_ORDERS = ("visceral-first", "distinct-organs-first", "non-cystic-first", "larger-first")
CONSENSUS_RULES = ("staple", "intersection", "union", "midway")

_LARGEST = 1_000_000  # more than any millimetre, kilovolt or count of a study; sums of such numbers stay finite


def _is_number(value: Any, high: float = _LARGEST) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= high


def _is_whole(value: Any, low: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= _LARGEST


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_range(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_number, value)) and value[0] <= value[1]


def _is_choice_of_orders(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(word, str) and word in TARGET_ORDERS for word in value)
        and len(set(value)) == len(value)
    )


def _is_pattern(value: Any) -> bool:
    try:
        return isinstance(value, str) and re.compile(value) is not None
    except (re.error, OverflowError, RecursionError):
        return False


_Rule = tuple[Callable[[Any], bool], str]
_AMOUNT: _Rule = (_is_number, f"a number from 0 to {_LARGEST}")
_FRACTION: _Rule = (lambda value: _is_number(value, 1), "a number from 0 to 1")
_COUNT: _Rule = (lambda value: _is_whole(value, 1), f"a whole number from 1 to {_LARGEST}")
_FLAG: _Rule = (lambda value: isinstance(value, bool), "true or false")

# What each entry of a protocol may be. All are required: no rule may be found missing in the middle of a case.
_SECTIONS: Mapping[str, Mapping[str, _Rule]] = {
    "measurability": {
        "longest_diameter_min_mm": _AMOUNT,
        "thick_slice_above_mm": _AMOUNT,
        "thick_slice_multiplier": _AMOUNT,
        "node_target_short_axis_min_mm": _AMOUNT,
        "node_pathological_short_axis_min_mm": _AMOUNT,
        "bone_needs_soft_tissue_component": _FLAG,
    },
    "selection": {
        "targets_max": _COUNT,
        "targets_per_organ_max": _COUNT,
        "order": (_is_choice_of_orders, f"a list of different words among {', '.join(TARGET_ORDERS)}"),
    },
    "response": {
        "partial_response_decrease": _FRACTION,
        "progression_increase": _FRACTION,
        "progression_absolute_mm": _AMOUNT,
        "node_normal_short_axis_below_mm": _AMOUNT,
        "too_small_to_measure_mm": _AMOUNT,
    },
    "agreement": {
        "match_dice_min": _FRACTION,
        "concordant_dice_min": _FRACTION,
        "concordant_hd95_max_mm": _AMOUNT,
        "concordant_diameter_difference_max": _FRACTION,
        "concordant_consensus": (
            lambda value: isinstance(value, str) and value in CONSENSUS_RULES,
            f"one of {', '.join(CONSENSUS_RULES)}",
        ),
    },
    "acquisition": {
        "modality": (_is_text, "text"),
        "contrast_required": _FLAG,
        "kvp": _AMOUNT,
        "kvp_tolerance": _AMOUNT,
        "slice_thickness_mm": (_is_range, "two numbers of mm, the thinnest and the thickest"),
        "matrix": _COUNT,
        "days_before_treatment_max": (lambda value: _is_whole(value, 0), f"a whole number from 0 to {_LARGEST}"),
        "manufacturers": (lambda value: isinstance(value, list) and all(map(_is_text, value)), "a list of texts"),
        "sharp_kernel_pattern": (_is_pattern, "a regular expression"),
        "geometry_tolerance_mm": _AMOUNT,
        "lesion_voxels_min": _COUNT,
        "lesion_slices_min": _COUNT,
    },
}


def load_protocol(path: Path | None = None) -> Protocol:
    """Read a protocol; without ``path`` the study's own, ``Resources/Protocols/recist-1.1.json``.

    Every section must hold the entries that the study's own protocol holds, each within its range, so that no rule
    is found missing or unusable in the middle of a case.

    Raises
    ------
    ProtocolError
        If the file cannot be read, or an entry is missing, unknown, of another kind or out of its range.
    """
    path = Path(path or DEFAULT_PROTOCOL)
    value, sha256 = read_hashed_json(path, ProtocolError)
    if not isinstance(value, dict) or value.get("schema") != 1:
        raise ProtocolError(f"{path.name} is not a protocol of schema 1.")
    return protocol_from_mapping(value, sha256, path.name)


def protocol_from_mapping(value: Mapping[str, Any], sha256: str, what: str) -> Protocol:
    """Make a protocol from the mapping that a protocol file, or a case that was read by it, holds.

    ``sha256`` is that of the file and ``what`` names the mapping in messages; see :func:`load_protocol` for what is
    refused.
    """
    for section, rules in _SECTIONS.items():
        _check(value.get(section), rules, f"{what}: {section}")
    for name, text in (("name", value.get("name")), ("version", value.get("version")), ("sha256", sha256)):
        if not _is_text(text):
            raise ProtocolError(f"{what}: {name!r} must be text.")
    organs = value.get("organs")
    if not isinstance(organs, list) or not organs:
        raise ProtocolError(f"{what}: 'organs' must be a list of at least one organ.")
    parsed = tuple(_organ(organ, f"{what}: organ {n}") for n, organ in enumerate(organs, 1))
    if len({organ.code for organ in parsed}) != len(parsed):
        raise ProtocolError(f"{what}: an organ code appears twice.")
    return Protocol(
        name=value["name"],
        version=value["version"],
        sha256=sha256,
        organs=parsed,
        **{section: value[section] for section in _SECTIONS},
    )


def _check(section: Any, rules: Mapping[str, _Rule], where: str) -> None:
    if not isinstance(section, Mapping) or set(section) != set(rules):
        raise ProtocolError(f"{where} must hold exactly: {', '.join(rules)}.")
    for name, (holds, wanted) in rules.items():
        if not holds(section[name]):
            raise ProtocolError(f"{where}.{name} is not {wanted}.")


def _organ(value: Any, what: str) -> Organ:
    try:
        organ = from_mapping(Organ, value, what)
    except CaseFolderError as cause:
        raise ProtocolError(str(cause)) from cause
    if not all(map(_is_text, (organ.code, organ.label, organ.group))):
        raise ProtocolError(f"{what}: code, label and group must be text.")
    if not all(isinstance(flag, bool) for flag in (organ.visceral, organ.node, organ.bone)):
        raise ProtocolError(f"{what}: visceral, node and bone must be true or false.")
    return organ
