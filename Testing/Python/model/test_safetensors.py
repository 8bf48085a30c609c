"""The numpy reader of safetensors against the safetensors library, and what it refuses."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors.numpy import load, save

from ABCImmunoResponseLib.errors import BundleError
from ABCImmunoResponseLib.model.safetensors import parse_safetensors

_ARRAYS = st.one_of(
    *(
        hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
        for dtype in (np.float32, np.float64, np.uint8)
    )
)


@given(
    st.dictionaries(st.text(min_size=1, max_size=8).filter(lambda name: name != "__metadata__"), _ARRAYS, max_size=5)
)
def test_reads_what_the_library_wrote_bit_for_bit(tensors):
    data = save(tensors)
    found, expected = parse_safetensors(data), load(data)
    assert set(found) == set(expected) == set(tensors)
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.dtype
        assert found[name].shape == tensor.shape
        assert found[name].tobytes() == tensor.tobytes()
        assert not found[name].flags.writeable


def test_metadata_are_allowed_and_left_out():
    assert set(parse_safetensors(save({"a": np.zeros(3)}, metadata={"made": "here"}))) == {"a"}


def _file(header, body=b"\0" * 8):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


def _entry(dtype="F32", shape=(2,), offsets=(0, 8)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "cut off"),
        (b"\0" * 7, "cut off"),
        (b"\xff" * 8 + b"{}", "cut off or too long"),
        ((3).to_bytes(8, "little") + b"{}", "cut off"),
        (_file(b"{]"), "not valid JSON"),
        (_file(b"[]"), "no JSON object"),
        (_file(b' {"a":1}'), "no JSON object"),
        (_file(b'{"a":' + json.dumps(_entry()).encode() + b',"a":' + json.dumps(_entry()).encode() + b"}"), "twice"),
        (_file({"__metadata__": {"a": 1}}, b""), "metadata"),
        (_file({"a": 1}), "exactly dtype"),
        (_file({"a": {**_entry(), "extra": 1}}), "exactly dtype"),
        (_file({"a": _entry("F16", (4,))}), "dtype other than"),
        (_file({"a": _entry(["F32"])}), "dtype other than"),
        (_file({"a": _entry(shape=(-2,))}), "shape"),
        (_file({"a": _entry(shape=(True, 2))}), "shape"),
        (_file({"a": _entry(shape=(2.0,))}), "shape"),
        (_file({"a": _entry(shape=(1,) * 9)}), "shape"),
        (_file({"a": _entry(shape=(1 << 60,))}), "shape"),
        (_file({"a": _entry(offsets=(0,))}), "data_offsets"),
        (_file({"a": _entry(offsets=(8, 0))}), "does not fit"),
        (_file({"a": _entry(offsets=(0, 4))}), "does not fit"),
        (_file({"a": _entry(offsets=(4, 12))}), "gap or an overlap"),
        (_file({"a": _entry(), "b": _entry()}), "gap or an overlap"),
        (_file({"a": _entry(), "b": _entry(shape=(1,), offsets=(4, 8))}), "gap or an overlap"),
        (_file({"a": _entry(shape=(3,), offsets=(0, 12))}), "header names 12"),
        (_file({"a": _entry(shape=(1,), offsets=(0, 4))}), "header names 4"),
    ],
)
def test_refuses_what_is_not_exactly_one_file(data, message):
    with pytest.raises(BundleError, match=message) as caught:
        parse_safetensors(data)
    assert "\n" not in str(caught.value)


@given(st.binary(max_size=300))
def test_random_bytes_are_refused_in_one_line(data):
    with pytest.raises(BundleError):
        parse_safetensors(data)


@given(st.data())
def test_a_changed_byte_is_refused_or_read_as_the_library_reads_it(data):
    good = bytearray(save({"a": np.arange(3.0), "b": np.ones((2, 2), np.float32)}))
    place = data.draw(st.integers(0, len(good) - 1))
    good[place] ^= data.draw(st.integers(1, 255))
    try:
        found = parse_safetensors(bytes(good))
    except BundleError:
        return
    expected = load(bytes(good))
    assert {name: tensor.tobytes() for name, tensor in found.items()} == {
        name: tensor.tobytes() for name, tensor in expected.items()
    }
