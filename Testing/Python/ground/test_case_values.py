"""Value objects check themselves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ABCImmunoResponseLib.case import Lesion, Organ, check_name, from_mapping
from ABCImmunoResponseLib.errors import CaseFolderError, ProtocolError


@pytest.mark.parametrize("name", ["P001", "a", "9", "lee.j", "A_b-C.d", "x" * 64])
def test_names_that_serve(name):
    assert check_name(name, "Case id") == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        ".",
        "..",
        "../x",
        "a/b",
        "a\\b",
        "-rf",
        "=1+1",
        "+1",
        "@x",
        "a b",
        "naïve",
        "a\n",
        "x" * 65,
        "con",
        "NUL.txt",
        "com1",
        "a.",
        "a\x00",
        None,
        7,
        ["a"],
        "x" * 10000,
        "<b>",
        ".hidden",
        "名",
    ],
)
def test_names_that_would_be_a_path_a_formula_or_a_device_are_refused(name):
    with pytest.raises(CaseFolderError, match="cannot be used") as refusal:
        check_name(name, "Case id")
    assert len(str(refusal.value)) < 300


@given(st.text())
def test_a_name_that_is_accepted_is_one_plain_path_component(name):
    try:
        check_name(name, "Case id")
    except CaseFolderError:
        return
    assert name.isascii()
    assert not set(name) & set('/\\:*?"<>| \t\n')
    assert name not in (".", "..")


def test_lesion_kinds_and_organs():
    assert Lesion("L1", "liver").kind == "target"
    with pytest.raises(ProtocolError, match="neither 'target' nor 'non-target'"):
        Lesion("L1", "liver", kind="maybe")
    with pytest.raises(ProtocolError, match="no organ"):
        Lesion("L1", "")


@pytest.mark.parametrize("value", [None, [], "x", {"lesion_id": "L1"}, {"lesion_id": "L1", "organ": "liver", "x": 1}])
def test_mappings_of_the_wrong_shape_are_refused(value):
    with pytest.raises(CaseFolderError, match="Lesion 1"):
        from_mapping(Lesion, value, "Lesion 1")


def test_lists_become_tuples():
    assert from_mapping(Organ, {"code": "x", "label": "X", "group": "x", "visceral": True}, "organ").code == "x"
