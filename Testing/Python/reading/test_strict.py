"""Records to JSON and back: exact for what is right, refused by name for what is not."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ABCImmunoResponseLib.case import Acquisition, Finding, Lesion
from ABCImmunoResponseLib.errors import CaseFolderError
from ABCImmunoResponseLib.reading.strict import decode, encode


@dataclass(frozen=True)
class Inner:
    name: str
    ratio: float = 0.5


@dataclass(frozen=True)
class Outer:
    number: int
    kind: Literal["A", "B"]
    flag: bool | None
    inner: Inner
    many: tuple[Inner, ...] = ()
    pair: tuple[float, float] = (0.0, 1.0)
    by_name: Mapping[str, int] = field(default_factory=dict)
    anything: Any = None


GOOD = {"number": 1, "kind": "A", "flag": None, "inner": {"name": "x"}}


def test_defaults_are_filled_in_and_types_made_exact():
    found = decode(Outer, {**GOOD, "pair": [1, 2]}, "record")
    assert found == Outer(1, "A", None, Inner("x", 0.5), pair=(1.0, 2.0))
    assert isinstance(found.pair[0], float)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
inners = st.builds(Inner, texts, st.floats(allow_nan=False, allow_infinity=False))
outers = st.builds(
    Outer,
    st.integers(),
    st.sampled_from("AB"),
    st.none() | st.booleans(),
    inners,
    st.lists(inners, max_size=3).map(tuple),
    st.tuples(*[st.floats(-1e9, 1e9)] * 2),
    st.dictionaries(texts, st.integers(), max_size=3),
    st.recursive(st.none() | st.booleans() | texts, lambda inner: st.lists(inner, max_size=3), max_leaves=5),
)


@given(outers)
def test_what_is_written_is_read_back(value):
    assert decode(Outer, json.loads(json.dumps(encode(value))), "record") == value


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"extra": 1}, "record has unknown entries: 'extra'."),
        ({"number": "1"}, "record: number must be a whole number, not '1'."),
        ({"number": True}, "record: number must be a whole number, not True."),
        ({"number": 1.0}, "record: number must be a whole number, not 1.0."),
        ({"kind": "C"}, "record: kind must be one of A, B, not 'C'."),
        ({"kind": ["A"]}, "record: kind must be one of A, B, not list."),
        ({"flag": 0}, "record: flag must be true or false, not 0."),
        ({"inner": []}, "record: inner must be an object, not list."),
        ({"inner": {}}, "record: inner lacks the entry 'name'."),
        ({"inner": {"name": "x", "ratio": "0.5"}}, "record: inner: ratio must be a number, not '0.5'."),
        ({"inner": {"name": "x", "ratio": False}}, "record: inner: ratio must be a number, not False."),
        ({"inner": {"name": "x", "ratio": 10**400}}, "record: inner: ratio is too large a number."),
        ({"many": {}}, "record: many must be a list, not dict."),
        ({"many": [{"name": 1}]}, "record: many[0]: name must be text, not 1."),
        ({"pair": [1]}, "record: pair must be a list of 2, not 1."),
        ({"by_name": {"x": None}}, "record: by_name['x'] must be a whole number, not None."),
    ],
)
def test_what_is_wrong_is_named(change, message):
    with pytest.raises(CaseFolderError) as caught:
        decode(Outer, {**GOOD, **change}, "record")
    assert str(caught.value) == message


def test_a_missing_entry_is_named():
    with pytest.raises(CaseFolderError, match="record lacks the entry 'kind'"):
        decode(Outer, {"number": 1}, "record")


def test_what_a_value_object_refuses_is_told_with_its_place():
    with pytest.raises(CaseFolderError, match=r"lesion 3: Lesion id '\.\./x' cannot be used"):
        decode(Lesion, {"lesion_id": "../x", "organ": "liver"}, "lesion 3")


def test_the_ground_values_go_both_ways():
    for value in (
        Acquisition(spacing_mm=(0.5, 0.5, 1.0), size=(5, 6, 7), contrast=True, study_date="2020-01-01"),
        Finding("slice-thickness", "Größer.", "serious", "L1"),
        Lesion("L1", "bone", "non-target", soft_tissue=False),
    ):
        assert decode(type(value), json.loads(json.dumps(encode(value))), "value") == value


def test_numpy_scalars_become_plain_numbers():
    assert encode({"a": np.float64(0.1), "b": np.int16(3), "c": np.bool_(True)}) == {"a": 0.1, "b": 3, "c": True}
    assert type(encode(np.float32(0.5))) is float


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), np.float64("nan"), object(), {1: 2}, "\ud800", {"\ud800": 1}, b"x", {1}]
)
def test_what_json_cannot_say_is_refused(value):
    with pytest.raises(CaseFolderError):
        encode([value])
