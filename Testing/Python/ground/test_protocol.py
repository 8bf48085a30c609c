"""Protocol files: the study's own, and what is refused in others."""

import copy
import json

import pytest

from ABCImmunoResponseLib.errors import ProtocolError
from ABCImmunoResponseLib.protocol import DEFAULT_PROTOCOL, load_protocol

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
