"""A bundle loads only if every byte, shape and value is as it was locked."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from ABCImmunoResponseLib.errors import BundleError, IntegrityError
from ABCImmunoResponseLib.files import sha256_bytes
from ABCImmunoResponseLib.model.bundle import expected_tensors, load_bundle, serialise_description
from ABCImmunoResponseLib.model.schema import BUNDLE, check_shape

FILES = ("bundle.json", "weights.safetensors", "MODEL_CARD.md")


@pytest.fixture
def copy(tiny_path, tmp_path) -> Path:
    return Path(shutil.copytree(tiny_path, tmp_path / "copy"))


def _forge(folder: Path, change=None, tensors=None, **files) -> None:
    """Rewrite a bundle with all its hashes right, as somebody would who means harm."""
    description = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    if change is not None:
        change(description)
    if tensors is not None:
        (folder / "weights.safetensors").write_bytes(save(tensors))
    for name, data in files.items():
        (folder / name).write_bytes(data)
    if isinstance(description.get("files"), dict):
        for name in FILES[1:]:
            data = (folder / name).read_bytes()
            description["files"][name] = {"bytes": len(data), "sha256": sha256_bytes(data)}
    (folder / "bundle.json").write_bytes(serialise_description(description))


def _real(description: dict) -> None:
    """Say that no patient is simulated."""
    description["provenance"]["simulated"] = False
    for part in description["provenance"]["cohorts"].values():
        part["simulated"] = 0


def _refused(folder: Path, match: str) -> None:
    with pytest.raises(BundleError, match=match) as caught:
        load_bundle(folder)
    assert "\n" not in str(caught.value)


def test_a_locked_bundle_loads(tiny, tiny_path):
    assert tiny.id == "tiny"
    assert tiny.sha256 == sha256_bytes((tiny_path / "bundle.json").read_bytes())
    assert tiny.card == (tiny_path / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert len(tiny.feature_names) == len(tiny.means) == len(tiny.deviations) == 24
    low = tiny.curve("radiomics", "low")
    assert low.at_risk[0] + tiny.curve("radiomics", "high").at_risk[0] == 90
    assert (np.diff(low.survival) <= 0).all()
    assert tiny.reference_scores("clinical").shape == (90,)


def test_a_flipped_bit_in_every_seventh_byte_of_the_description_and_a_cut_is_refused(copy):
    path = copy / "bundle.json"
    good = path.read_bytes()
    for place in range(0, len(good), 7):
        path.write_bytes(good[:place] + bytes([good[place] ^ 1 << place % 8]) + good[place + 1 :])
        with pytest.raises((IntegrityError, BundleError)):
            load_bundle(copy)
    for length in (0, 1, len(good) // 2, len(good) - 1):
        path.write_bytes(good[:length])
        with pytest.raises((IntegrityError, BundleError)):
            load_bundle(copy)
    for other in (good + b"\n", b" " + good, good.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + good):
        path.write_bytes(other)
        with pytest.raises((IntegrityError, BundleError)):
            load_bundle(copy)
    path.write_bytes(good)
    load_bundle(copy)


@pytest.mark.parametrize("name", ["weights.safetensors", "MODEL_CARD.md"])
def test_a_changed_byte_of_another_file_is_refused(copy, name):
    path = copy / name
    good = path.read_bytes()
    for place in [*range(0, len(good), max(1, len(good) // 150)), len(good) - 1]:
        path.write_bytes(good[:place] + bytes([good[place] ^ 0x10]) + good[place + 1 :])
        with pytest.raises(IntegrityError, match="changed since"):
            load_bundle(copy)
    path.write_bytes(good + b"\0")
    with pytest.raises(IntegrityError, match="changed since"):
        load_bundle(copy)


def test_the_same_content_written_otherwise_is_refused(copy):
    path = copy / "bundle.json"
    description = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(description), encoding="utf-8")
    with pytest.raises(IntegrityError, match="changed since"):
        load_bundle(copy)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_refused(copy, name):
    (copy / name).unlink()
    with pytest.raises((IntegrityError, BundleError), match=name):
        load_bundle(copy)


def test_an_extra_file_folder_or_link_is_refused(copy, tmp_path):
    (copy / "notes.txt").write_text("")
    with pytest.raises(IntegrityError, match=r"also holds notes\.txt"):
        load_bundle(copy)
    (copy / "notes.txt").unlink()
    card = copy / "MODEL_CARD.md"
    card.rename(tmp_path / "elsewhere.md")
    card.symlink_to(tmp_path / "elsewhere.md")
    with pytest.raises(IntegrityError, match="no plain file"):
        load_bundle(copy)


def test_a_bundle_of_real_patients_needs_no_more_than_the_research_statement(copy):
    _forge(copy, lambda d: (_real(d), d.update(disclaimer="research use only; trained in Tokyo")))
    assert load_bundle(copy).description["disclaimer"] == "research use only; trained in Tokyo"


@pytest.mark.parametrize("name", [".DS_Store", "Thumbs.db", "desktop.ini", "._bundle.json"])
def test_what_an_operating_system_drops_into_the_folder_is_no_matter(copy, tiny, name):
    (copy / name).write_bytes(b"dropped")
    assert load_bundle(copy).sha256 == tiny.sha256


def test_what_is_no_bundle_folder_is_refused(tmp_path):
    _refused(tmp_path / "nothing", "no bundle folder")
    _refused(tmp_path, "no model bundle")
    (tmp_path / "file").write_text("")
    _refused(tmp_path / "file", "no bundle folder")


def test_a_file_too_large_is_refused_before_it_is_parsed(copy):
    with (copy / "MODEL_CARD.md").open("ab") as stream:
        stream.truncate(2 << 20)
    _refused(copy, "larger than")


@pytest.mark.parametrize("text", ["[]", "{}", '"text"', "[" * 100_000, '{"a": 1e999}', '{"a": "\\ud800"}', '{"a":NaN}'])
def test_other_json_is_refused(copy, text):
    (copy / "bundle.json").write_text(text, encoding="utf-8")
    with pytest.raises((IntegrityError, BundleError)) as caught:
        load_bundle(copy)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda d: d.update(schema=2), "schema"),
        (lambda d: d.update(schema=True), "schema"),
        (lambda d: d.pop("aggregation"), "must hold exactly"),
        (lambda d: d.update(extra=1), "must hold exactly"),
        (lambda d: d.update(files=[]), "files"),
        (lambda d: d.update(id="../elsewhere"), "Bundle id"),
        (lambda d: d.update(aggregation="sum"), "aggregation"),
        (lambda d: d["reference"]["patients"].__setitem__(0, "a b"), "Patient"),
        (lambda d: d["features"][0].update(mean=True), "mean"),
        (lambda d: d["features"][0].update(mean=10**400), "mean"),
        (lambda d: d["features"][0].update(sd=0), "standard deviation"),
        (lambda d: d["features"][0].update(low=1, high=0), "range is empty"),
        (lambda d: d["features"][1].update(name=d["features"][0]["name"]), "twice"),
        (lambda d: d["features"][0].update(name="original_shape_Beauty"), "no feature of this version"),
        (lambda d: d["features"].clear(), "sizes from 1"),
        (lambda d: d["network"].update(hidden=[6, 5]), "three hidden layers"),
        (lambda d: d["network"].update(members=10**9), "sizes from 1"),
        (lambda d: d["network"].update(members=3), "is not float32 of shape"),
        (lambda d: d["clinical"]["variables"][0].update(source="__class__"), "source"),
        (lambda d: d["clinical"]["variables"][0].update(value="two"), "compares with no number"),
        (lambda d: d["clinical"]["variables"][0].update(sd=-1), "standard deviation"),
        (lambda d: d["clinical"].update(imputation="mean"), "imputation"),
        (lambda d: d["cutoffs"].pop("clinical"), "must hold exactly"),
        (lambda d: d["cutoffs"]["clinical"].update(value=None), "value"),
        (lambda d: d["applicability"].update(kvp=[100]), "pair"),
        (lambda d: d["applicability"].update(neighbours=0), "neighbours"),
        (lambda d: d["applicability"].update(neighbours=91), "neighbours"),
        (lambda d: d["input"]["recipe"].update(sha256="0" * 64), "recipe that this version does not have"),
        (lambda d: d["input"].update(recipe=None), "recipe"),
        (lambda d: d["input"].update(scores="tables", recipe=None), "must hold exactly"),
        (lambda d: d["input"].update(n_names=3), "another list of feature names"),
        (lambda d: d.update(disclaimer=""), "must carry the statement"),
        (lambda d: d.update(disclaimer="research use only"), "must carry the statement"),
        (lambda d: d.update(disclaimer="proven in 10 000 real patients"), "must carry the statement"),
        (lambda d: (_real(d), d.update(disclaimer="approved for clinical use")), "does not carry the statement"),
        (lambda d: d["provenance"].update(simulated=False), "contradicts itself"),
        (lambda d: [part.update(simulated=0) for part in d["provenance"]["cohorts"].values()], "contradicts itself"),
        (lambda d: d.update(intended_use=" "), "intended for"),
        (lambda d: d["input"].update(names_sha256="0" * 64), "another list of feature names"),
        (lambda d: d["input"].update(names_sha256="0" * 63), "names_sha256"),
        (lambda d: d["reference"]["patients"].pop(), "is not float64 of shape"),
        (lambda d: d["reference"]["curve_lengths"]["radiomics"].update(low=3), "is not float64 of shape"),
    ],
)
def test_a_bundle_whose_hashes_are_right_but_whose_content_is_not_is_refused(copy, change, match):
    _forge(copy, change)
    _refused(copy, match)


def test_tensors_must_be_those_of_the_architecture_and_finite(copy, tiny):
    tensors = {name: tensor.copy() for name, tensor in tiny.tensors.items()}
    assert set(tensors) == set(expected_tensors(tiny.description))
    name = "radiomics.layer2.weight"
    for value, match in (
        (tensors[name].astype(np.float64), "is not float32"),
        (tensors[name][:, :, :-1], "is not float32 of shape"),
        (np.full_like(tensors[name], np.nan), "not finite"),
        (np.full_like(tensors[name], -np.inf), "not finite"),
        (np.full_like(tensors[name], 3e38), "absurdly large"),
    ):
        _forge(copy, tensors={**tensors, name: np.ascontiguousarray(value)})
        _refused(copy, match)
    _forge(copy, tensors={other: tensor for other, tensor in tensors.items() if other != name})
    _refused(copy, "missing")
    _forge(copy, tensors={**tensors, "extra": np.zeros(1)})
    _refused(copy, "unknown")
    _forge(copy, **{"weights.safetensors": b"pickle, perhaps"})
    _refused(copy, "not a safetensors file")
    _forge(copy, tensors=tensors, **{"MODEL_CARD.md": b"\xff"})
    _refused(copy, "not UTF-8")
    _forge(copy, tensors=tensors, **{"MODEL_CARD.md": tiny.card.encode()})
    assert load_bundle(copy).sha256 == tiny.sha256


def test_the_shape_check_names_the_place():
    with pytest.raises(BundleError, match=r"bundle.json must hold exactly: schema, id"):
        check_shape({}, BUNDLE, "bundle.json")
    with pytest.raises(BundleError, match=r"x\[1\] must not be 'a'"):
        check_shape([1, "a"], [float], "x")
