"""A model bundle: a folder of three files that is loaded only if every byte is as it was locked.

``bundle.json`` holds the SHA-256 of the two other files and of itself (with that entry empty), and its bytes must
be the canonical serialisation of its content; so a changed byte anywhere is found. This guards against damage and
careless editing, not against somebody who makes a whole new bundle: compare ``Bundle.sha256`` for that.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ABCImmunoResponseLib import DISCLAIMER
from ABCImmunoResponseLib.case import check_name
from ABCImmunoResponseLib.droppings import is_dropping
from ABCImmunoResponseLib.errors import BundleError, CaseFolderError, IntegrityError
from ABCImmunoResponseLib.evaluation.survival import Curve
from ABCImmunoResponseLib.features.names import FEATURE_NAMES, FEATURE_NAMES_SHA256
from ABCImmunoResponseLib.features.recipe import load_recipe, recipe_names
from ABCImmunoResponseLib.files import parse_json, sha256_bytes
from ABCImmunoResponseLib.model.network import Network, network_from_tensors
from ABCImmunoResponseLib.model.safetensors import parse_safetensors
from ABCImmunoResponseLib.model.schema import BUNDLE, GROUPS, MODELS, VALUE_MAX, check_shape
from ABCImmunoResponseLib.resources import resource

DEFAULT_BUNDLE = "abc-sim-1"
RESEARCH_ONLY = "research use only"  # how every bundle's statement begins
DESCRIPTION, WEIGHTS, CARD = "bundle.json", "weights.safetensors", "MODEL_CARD.md"
BYTES_MAX = {DESCRIPTION: 8 << 20, WEIGHTS: 256 << 20, CARD: 1 << 20}
CURVE_PARTS = ("times", "survival", "lower", "upper", "at_risk")


@dataclass(frozen=True)
class Bundle:
    """A verified bundle. ``sha256`` is of the bytes of ``bundle.json``, and so of everything in the folder."""

    path: Path
    sha256: str
    description: Mapping[str, Any]
    card: str
    tensors: Mapping[str, np.ndarray]

    @property
    def id(self) -> str:
        """The bundle's name."""
        return self.description["id"]

    @cached_property
    def feature_names(self) -> tuple[str, ...]:
        """The selected features, in the order of the networks' inputs."""
        return tuple(feature["name"] for feature in self.description["features"])

    @cached_property
    def means(self) -> np.ndarray:
        """The training means of the selected features, (features,)."""
        return np.array([feature["mean"] for feature in self.description["features"]], np.float64)

    @cached_property
    def deviations(self) -> np.ndarray:
        """The training standard deviations of the selected features, (features,)."""
        return np.array([feature["sd"] for feature in self.description["features"]], np.float64)

    def network(self, model: str) -> Network:
        """Return the network of 'radiomics' or 'combined'."""
        return network_from_tensors(self.tensors, model, len(self.description["network"]["hidden"]))

    def curve(self, model: str, group: str) -> Curve:
        """Return the Kaplan-Meier curve of the training patients of a risk group ('low' or 'high')."""
        return Curve(*(self.tensors[f"curves.{model}.{group}.{part}"] for part in CURVE_PARTS))

    def reference_scores(self, model: str) -> np.ndarray:
        """Return the training patients' out-of-fold scores, (patients,)."""
        return self.tensors[f"reference.scores.{model}"]


def load_bundle(path: Path | None = None) -> Bundle:
    """Load and verify a bundle; without ``path`` the one that comes with the product.

    Raises
    ------
    IntegrityError
        If a file was added (other than what operating systems drop into folders), is missing, or a byte of one was
        changed.
    BundleError
        If the folder cannot be read, or holds something else than a bundle that this version understands.
    """
    try:
        path = resource("Models", DEFAULT_BUNDLE) if path is None else Path(path)
    except FileNotFoundError as cause:
        raise BundleError(str(cause)) from cause
    _check_listing(path)
    contents = {name: _read(path / name) for name in BYTES_MAX}
    description = _parse_description(contents[DESCRIPTION], path)
    _check_files(description, contents, path)
    check_shape(description, BUNDLE, f"{path / DESCRIPTION}")
    _check_meaning(description, path)
    tensors = parse_safetensors(contents[WEIGHTS], str(path / WEIGHTS))
    _check_tensors(tensors, expected_tensors(description), path)
    try:
        card = contents[CARD].decode("utf-8")
    except UnicodeDecodeError as cause:
        raise BundleError(f"{path / CARD} is not UTF-8 text.") from cause
    return Bundle(path, sha256_bytes(contents[DESCRIPTION]), description, card, tensors)


def names_sha256(names: Sequence[str]) -> str:
    """Return the SHA-256 of a list of feature names, one a line: what ``FEATURE_NAMES_SHA256`` is of the 1130."""
    return sha256_bytes("".join(f"{name}\n" for name in names).encode())


def serialise_description(description: Mapping[str, Any]) -> bytes:
    """Return the canonical bytes of ``bundle.json``, its own SHA-256 filled in.

    That hash is of the same bytes with the entry ``self_sha256`` empty.
    """
    empty = _dump({**description, "self_sha256": ""})
    return _dump({**description, "self_sha256": sha256_bytes(empty)})


def expected_tensors(description: Mapping[str, Any]) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Return dtype and shape of every tensor that a bundle of this description holds."""
    network, inputs = description["network"], len(description["features"])
    members, hidden, clinical = network["members"], network["hidden"], len(description["clinical"]["variables"])
    patients = len(description["reference"]["patients"])
    expected: dict[str, tuple[str, tuple[int, ...]]] = {
        "clinical.coefficients": ("float64", (clinical,)),
        "clinical.intercept": ("float64", (1,)),
        "reference.features": ("float64", (patients, inputs)),
        "reference.pfs_months": ("float64", (patients,)),
        "reference.response": ("uint8", (patients,)),
        "reference.progressed": ("uint8", (patients,)),
    }
    for model, joined in (("radiomics", 0), ("combined", clinical)):
        widths = [inputs, *hidden]
        for n, (width, units) in enumerate(zip(widths, hidden, strict=False), 1):
            expected[f"{model}.layer{n}.weight"] = ("float32", (members, width, units))
            expected[f"{model}.layer{n}.bias"] = ("float32", (members, units))
        last = len(hidden) + 1
        expected[f"{model}.layer{last}.weight"] = ("float32", (members, widths[-1] + joined))
        expected[f"{model}.layer{last}.bias"] = ("float32", (members,))
    for model in MODELS:
        expected[f"reference.scores.{model}"] = ("float64", (patients,))
        for group in GROUPS:
            length = description["reference"]["curve_lengths"][model][group]
            for part in CURVE_PARTS:
                expected[f"curves.{model}.{group}.{part}"] = ("float64", (length,))
    return expected


def _check_listing(path: Path) -> None:
    try:
        found = {entry.name: entry for entry in path.iterdir() if not is_dropping(entry.name)}
    except OSError as cause:
        raise BundleError(f"{path} is no bundle folder that can be read ({cause.strerror}).") from cause
    if DESCRIPTION not in found:
        raise BundleError(f"{path} is no model bundle: it has no {DESCRIPTION}.")
    missing, extra = sorted(set(BYTES_MAX) - set(found)), sorted(set(found) - set(BYTES_MAX))
    unusual = sorted(name for name, entry in found.items() if entry.is_symlink() or not entry.is_file())
    for names, what in ((missing, "lacks"), (extra, "also holds"), (unusual, "holds no plain file as")):
        if names:
            listed = ", ".join(name[:80] for name in names[:5])
            raise IntegrityError(f"Bundle {path} {what} {listed}: restore it, a bundle is exactly its three files.")


def _read(path: Path) -> bytes:
    limit = BYTES_MAX[path.name]
    try:
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except OSError as cause:
        raise BundleError(f"{path} cannot be read ({cause.strerror}).") from cause
    if len(data) > limit:
        raise BundleError(f"{path} is larger than the {limit} bytes that a bundle may have there.")
    return data


def _parse_description(data: bytes, path: Path) -> dict[str, Any]:
    where = path / DESCRIPTION
    try:
        description = parse_json(data)
        if not isinstance(description, dict):
            raise BundleError(f"{where} does not describe a model bundle.")
        unchanged = data == serialise_description(description)
    except (ValueError, RecursionError) as cause:  # also text that cannot be UTF-8, such as half a surrogate pair
        raise IntegrityError(f"{where} is not valid JSON ({cause}); restore the bundle.") from cause
    if not unchanged:
        raise IntegrityError(f"{where} was changed since the bundle was locked; restore the bundle.")
    return description


def _check_files(description: Mapping[str, Any], contents: Mapping[str, bytes], path: Path) -> None:
    files = description.get("files")
    check_shape(files, {WEIGHTS: BUNDLE["files"].shape, CARD: BUNDLE["files"].shape}, f"{path / DESCRIPTION}: files")
    for name, entry in files.items():
        if entry != {"bytes": len(contents[name]), "sha256": sha256_bytes(contents[name])}:
            raise IntegrityError(f"{path / name} was changed since the bundle was locked; restore the bundle.")


def _check_meaning(description: Mapping[str, Any], path: Path) -> None:
    """Check what the shape alone cannot say: that the parts of the description fit together."""
    where = path / DESCRIPTION
    try:
        check_name(description["id"], "Bundle id")
        for patient in description["reference"]["patients"]:
            check_name(patient, "Patient")
    except CaseFolderError as cause:
        raise BundleError(f"{where}: {cause}") from cause
    network, features = description["network"], description["features"]
    sizes = (*network["hidden"], network["members"], len(features), len(description["clinical"]["variables"]))
    if len(network["hidden"]) != 3 or not all(1 <= size <= 4096 for size in sizes):
        raise BundleError(f"{where}: the network must have three hidden layers and sizes from 1 to 4096.")
    names = [feature["name"] for feature in features]
    if len(set(names)) != len(names):
        raise BundleError(f"{where}: a feature appears twice.")
    if not all(feature["sd"] > 0 and feature["low"] <= feature["high"] for feature in features):
        raise BundleError(f"{where}: a feature has no positive standard deviation, or its range is empty.")
    if not all(variable["sd"] > 0 for variable in description["clinical"]["variables"]):
        raise BundleError(f"{where}: a clinical input has no positive standard deviation.")
    for variable in description["clinical"]["variables"]:
        if variable["rule"] == "at-least" and isinstance(variable["value"], (str, bool)):
            raise BundleError(f"{where}: the clinical rule {variable['name'][:80]!r} compares with no number.")
    _check_applicability(description, where)
    _check_recipe(description["input"], names, where)
    _check_statement(description, where)


def _check_applicability(description: Mapping[str, Any], where: Path) -> None:
    rules = description["applicability"]
    ranges = (rules["volume_mm3"], rules["slice_thickness_mm"], rules["kvp"])
    if not all(len(pair) == 2 and pair[0] <= pair[1] for pair in ranges):
        raise BundleError(f"{where}: a range of applicability is no pair of a lower and an upper limit.")
    if not 1 <= rules["neighbours"] <= len(description["reference"]["patients"]):
        raise BundleError(f"{where}: applicability asks for more neighbours than there are training patients.")


def _check_recipe(wanted: Mapping[str, Any], names: list[str], where: Path) -> None:
    if wanted["n_names"] != len(FEATURE_NAMES) or wanted["names_sha256"] != FEATURE_NAMES_SHA256:
        raise BundleError(f"{where}: the bundle was made with another list of feature names than this version's.")
    unknown = sorted(set(names) - set(FEATURE_NAMES))
    if unknown:
        raise BundleError(f"{where}: {unknown[0][:80]!r} is no feature of this version.")
    recipe = wanted["recipe"]
    known = {name: load_recipe(name).sha256 for name in recipe_names()}
    if known.get(recipe["name"]) != recipe["sha256"]:
        raise BundleError(f"{where}: the bundle was made with a feature recipe that this version does not have.")


def _check_statement(description: Mapping[str, Any], where: Path) -> None:
    """Refuse a bundle that does not say what it may be used for, or hides that patients behind it are simulated."""
    provenance, disclaimer = description["provenance"], description["disclaimer"]
    if provenance["simulated"] != any(part["simulated"] > 0 for part in provenance["cohorts"].values()):
        raise BundleError(f"{where}: the provenance contradicts itself on whether patients are simulated.")
    if provenance["simulated"] and disclaimer != DISCLAIMER:
        raise BundleError(f"{where}: a bundle trained on simulated patients must carry the statement {DISCLAIMER!r}.")
    if not disclaimer.startswith(RESEARCH_ONLY):
        raise BundleError(f"{where}: the bundle does not carry the statement {RESEARCH_ONLY!r}.")
    if not description["intended_use"].strip():
        raise BundleError(f"{where}: the bundle does not say what it is intended for.")


def _check_tensors(
    tensors: Mapping[str, np.ndarray], expected: Mapping[str, tuple[str, tuple[int, ...]]], path: Path
) -> None:
    where = path / WEIGHTS
    odd = sorted(set(tensors) ^ set(expected))
    if odd:
        raise BundleError(f"{where}: tensor {odd[0][:80]!r} is {'unknown' if odd[0] in tensors else 'missing'}.")
    for name, (dtype, shape) in expected.items():
        tensor = tensors[name]
        if tensor.dtype != dtype or tensor.shape != shape:
            raise BundleError(f"{where}: tensor {name!r} is not {dtype} of shape {shape}, as {DESCRIPTION} has it.")
        if not (np.abs(tensor) <= VALUE_MAX).all():
            raise BundleError(f"{where}: tensor {name!r} holds a value that is not finite, or absurdly large.")


def _dump(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False).encode() + b"\n"
