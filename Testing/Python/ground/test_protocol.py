"""Protocol files: the study's own, and what is refused in others."""

import copy
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from ABCImmunoResponseLib.case import Acquisition
from ABCImmunoResponseLib.errors import ProtocolError
from ABCImmunoResponseLib.protocol import CONSENSUS_RULES, DEFAULT_PROTOCOL, TARGET_ORDERS, load_protocol
from ABCImmunoResponseLib.reading.proposals import PROPOSALS
from ABCImmunoResponseLib.recist.targets import propose_targets

DEFAULT = json.loads(DEFAULT_PROTOCOL.read_text(encoding="utf-8"))


def test_the_studys_protocol_holds_the_published_rules():
    protocol = load_protocol()
    assert protocol.measurability["longest_diameter_min_mm"] == 10
    assert protocol.measurability["node_target_short_axis_min_mm"] == 15
    assert (protocol.selection["targets_max"], protocol.selection["targets_per_organ_max"]) == (5, 2)
    assert protocol.response["partial_response_decrease"] == 0.30
    assert protocol.response["progression_increase"] == 0.20
    nodes = {organ.group for organ in protocol.organs if organ.node}
    assert nodes == {"lymph-node"}


def test_an_unknown_organ_names_those_known():
    with pytest.raises(ProtocolError, match=r"'heart' is not an organ of protocol .* use one of: liver"):
        load_protocol().organ("heart")


def _leaves(value, path=()):
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(item, (*path, name))
    else:
        yield path


@pytest.mark.parametrize(
    "path", [p for p in _leaves(DEFAULT) if p[0] not in ("name", "version", "sources")], ids="/".join
)
@pytest.mark.parametrize("fault", ["missing", "other kind"])
def test_every_entry_is_needed_and_typed(tmp_path, path, fault):
    value = copy.deepcopy(DEFAULT)
    parent = value
    for name in path[:-1]:
        parent = parent[name]
    if fault == "missing":
        del parent[path[-1]]
    else:
        parent[path[-1]] = {"not": "this"}
    (tmp_path / "p.json").write_text(json.dumps(value))
    with pytest.raises(ProtocolError, match=r"p\.json"):
        load_protocol(tmp_path / "p.json")


BROKEN = {
    "measurability": {
        "longest_diameter_min_mm": [-1, True, "10", None, 10**400, 1e300],
        "bone_needs_soft_tissue_component": [1, "yes"],
    },
    "selection": {
        "targets_max": [-1, 0, 2.5, True, 10**400],
        "targets_per_organ_max": [0],
        "order": [[], ["foo"], [1], [["larger-first"]], ["larger-first", "larger-first"], "larger-first"],
    },
    "response": {"partial_response_decrease": [-0.1, 1.01, 30], "progression_increase": [20, 10**400]},
    "agreement": {
        "match_dice_min": [-0.1, 1.1],
        "concordant_hd95_max_mm": [-5],
        "concordant_consensus": ["foo", "", ["midway"], 1],
    },
    "acquisition": {
        "modality": ["", 1],
        "kvp": [-120, 10**400],
        "slice_thickness_mm": [[1.0], [], [1, 2, 3], [2.0, 1.0], [-1, 2], ["1", "2"], [1, 10**400], 1.5],
        "matrix": [0, 512.5],
        "days_before_treatment_max": [-1, 1.5],
        "manufacturers": [[""], [1], "GE"],
        "sharp_kernel_pattern": ["(", "a{99999999999999999999}", "(" * 5000, 1],
        "geometry_tolerance_mm": [-0.01],
        "lesion_voxels_min": [0],
        "lesion_slices_min": [0],
    },
}


@pytest.mark.parametrize(
    ("section", "name"), [(section, name) for section, entries in BROKEN.items() for name in entries], ids="-".join
)
def test_a_value_out_of_its_range_is_refused_when_the_protocol_is_read(tmp_path, section, name):
    for broken in BROKEN[section][name]:
        value = copy.deepcopy(DEFAULT)
        value[section][name] = broken
        (tmp_path / "p.json").write_text(json.dumps(value))
        with pytest.raises(ProtocolError, match=rf"^p\.json: {section}\.{name} is not "):
            load_protocol(tmp_path / "p.json")


def test_the_ends_of_the_ranges_are_allowed(tmp_path):
    value = copy.deepcopy(DEFAULT)
    value["agreement"].update(match_dice_min=0, concordant_dice_min=1, concordant_hd95_max_mm=0)
    value["selection"].update(targets_max=1, targets_per_organ_max=1, order=["larger-first"])
    value["acquisition"].update(slice_thickness_mm=[1, 1], days_before_treatment_max=0, manufacturers=[])
    (tmp_path / "p.json").write_text(json.dumps(value))
    assert load_protocol(tmp_path / "p.json").acquisition["slice_thickness_mm"] == [1, 1]


def test_every_rule_for_a_consensus_that_may_be_named_is_proposed():
    assert set(CONSENSUS_RULES) == set(PROPOSALS)


@pytest.mark.parametrize("order", TARGET_ORDERS)
def test_every_order_that_may_be_named_is_known_where_targets_are_proposed(order):
    protocol = load_protocol()
    ordered = replace(protocol, selection={**protocol.selection, "order": [order]})
    assert propose_targets([], Acquisition(), ordered).targets == ()


def test_no_order_is_known_that_may_not_be_named():
    protocol = load_protocol()
    unknown = replace(protocol, selection={**protocol.selection, "order": ["foo"]})
    with pytest.raises(ProtocolError) as refused:
        propose_targets([], Acquisition(), unknown)
    assert str(refused.value).endswith(f"use: {', '.join(TARGET_ORDERS)}.")


def test_the_hash_is_of_the_bytes_that_were_parsed(tmp_path, monkeypatch):
    path = tmp_path / "p.json"
    path.write_bytes(DEFAULT_PROTOCOL.read_bytes())
    read = Path.read_bytes

    def read_then_edited(self):
        data = read(self)
        if self == path:
            path.write_bytes(data + b" ")  # somebody saves the file at this very moment
        return data

    monkeypatch.setattr(Path, "read_bytes", read_then_edited)
    assert load_protocol(path).sha256 == hashlib.sha256(DEFAULT_PROTOCOL.read_bytes()).hexdigest()


def test_a_changed_protocol_has_another_hash(tmp_path):
    value = copy.deepcopy(DEFAULT)
    value["selection"]["targets_max"] = 4
    (tmp_path / "p.json").write_text(json.dumps(value))
    changed = load_protocol(tmp_path / "p.json")
    assert changed.selection["targets_max"] == 4
    assert changed.sha256 != load_protocol().sha256


@pytest.mark.parametrize("content", ["[]", "null", "{}", '{"schema": 2}', "not json"])
def test_what_is_no_protocol_is_refused(tmp_path, content):
    (tmp_path / "p.json").write_text(content)
    with pytest.raises(ProtocolError):
        load_protocol(tmp_path / "p.json")
