"""Read a feature recipe: a pyradiomics parameter file that leaves nothing to a default.

``Resources/Recipes/zhao2023.yaml`` is written in the JSON subset of YAML, so that the standard library reads it where
no YAML package is installed (3D Slicer), and pyradiomics run by hand reads the very same file. A recipe may go beyond
pyradiomics by a section ``resampling``; pyradiomics by hand refuses such a file instead of ignoring what it says.
"""

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ABCImmunoResponseLib.case import check_name
from ABCImmunoResponseLib.errors import CaseFolderError, MissingDependencyError, RecipeError
from ABCImmunoResponseLib.features.names import FEATURE_CLASSES
from ABCImmunoResponseLib.features.recipe_rules import LOG, RESAMPLING, SETTINGS, WAVELET, Rule
from ABCImmunoResponseLib.files import sha256_bytes
from ABCImmunoResponseLib.resources import resource

_SUFFIXES = (".yaml", ".yml", ".json")
_SECTIONS = ("imageType", "featureClass", "setting")
_PYRADIOMICS_RESAMPLING = {"rounding": "truncate", "maskInterpolator": "sitkNearestNeighbor"}
_IMAGES = ("Original", "LoG", "Wavelet")
_LARGEST_FILE = 100_000  # bytes; a recipe has a few hundred


@dataclass(frozen=True)
class Recipe:
    """How features are made. ``name`` is the file's stem, ``sha256`` of the file's bytes.

    ``settings`` (pyradiomics' ``setting``), ``image_types`` (``imageType``) and ``feature_classes``
    (``featureClass``) are the file's sections, the latter two in canonical order. ``rounding`` says how interpolated
    values become whole numbers again: ``truncate`` (toward zero, in images of whole numbers alone, as pyradiomics does)
    or ``nearest`` (to the nearest HU, whatever the image's pixel type). ``mask_interpolation`` is ``nearest`` or
    ``linear``: a voxel belongs to the lesion where the interpolated mask is at least a half.
    """

    name: str
    sha256: str
    path: Path
    settings: Mapping[str, Any]
    image_types: Mapping[str, Mapping[str, Any]]
    feature_classes: Mapping[str, None]
    rounding: str = "truncate"
    mask_interpolation: str = "nearest"

    def parameters(self) -> dict[str, Any]:
        """Return a fresh copy of the sections that pyradiomics knows."""
        sections = (self.image_types, self.feature_classes, self.settings)
        return copy.deepcopy({name: dict(section) for name, section in zip(_SECTIONS, sections, strict=True)})


def recipe_names() -> tuple[str, ...]:
    """Return the names of the recipes that come with the product."""
    return tuple(sorted(path.stem for path in resource("Recipes").iterdir() if path.suffix in _SUFFIXES))


def load_recipe(name_or_path: str | Path = "zhao2023") -> Recipe:
    """Read a recipe: one of the product's by name, or any by the path of its file.

    Raises
    ------
    RecipeError
        If it does not exist, cannot be read, lacks a setting, has an unknown one or one out of range, or makes other
        features than the 1130.
    MissingDependencyError
        If the file is YAML beyond its JSON subset and PyYAML is not installed.
    """
    path = _find(name_or_path)
    try:
        with path.open("rb") as stream:
            data = stream.read(_LARGEST_FILE + 1)
    except OSError as cause:
        raise RecipeError(f"Recipe {path} cannot be read ({cause.strerror}).") from cause
    if len(data) > _LARGEST_FILE:
        raise RecipeError(f"{path} is no feature recipe: it is larger than {_LARGEST_FILE} bytes.")
    try:
        name = check_name(path.stem, "Recipe name")
    except CaseFolderError as cause:
        raise RecipeError(str(cause)) from cause
    value = _parse(data, path)
    _exact(value, _SECTIONS, path.name, optional=("resampling",))
    _check_images(value["imageType"], path.name)
    _check_classes(value["featureClass"], path.name)
    _check(value["setting"], SETTINGS, f"{path.name}: setting")
    resampling = value.get("resampling", _PYRADIOMICS_RESAMPLING)
    _check(resampling, RESAMPLING, f"{path.name}: resampling")
    images = {kind: value["imageType"][kind] for kind in _IMAGES}
    classes = {kind: value["featureClass"][kind] for kind in FEATURE_CLASSES}
    mask_interpolation = "linear" if resampling["maskInterpolator"] == "sitkLinear" else "nearest"
    return Recipe(
        name,
        sha256_bytes(data),
        path,
        value["setting"],
        images,
        classes,
        rounding=resampling["rounding"],
        mask_interpolation=mask_interpolation,
    )


def _find(name_or_path: str | Path) -> Path:
    path = Path(name_or_path)
    if isinstance(name_or_path, Path) or path.suffix in _SUFFIXES or len(path.parts) != 1:
        return path
    for recipe in resource("Recipes").iterdir():
        if recipe.suffix in _SUFFIXES and recipe.stem == name_or_path:
            return recipe
    raise RecipeError(
        f"There is no recipe {str(name_or_path)[:80]!r}; name one of {', '.join(recipe_names())}, or the path of a "
        "recipe file."
    )


def _parse(data: bytes, path: Path) -> dict[str, Any]:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as cause:
        raise RecipeError(f"Recipe {path} is not UTF-8 text.") from cause
    if not text.strip():
        raise RecipeError(f"Recipe {path} is no JSON: it is empty.")
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except json.JSONDecodeError as cause:
        if path.suffix == ".json":
            raise RecipeError(f"Recipe {path} is no JSON ({cause}).") from cause
        return _parse_yaml(text, path, cause)
    except (ValueError, RecursionError) as cause:
        raise RecipeError(f"Recipe {path} cannot be used: {cause}.") from cause


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("an entry appears twice")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def _parse_yaml(text: str, path: Path, fault: json.JSONDecodeError) -> Any:
    """Return what a text means as YAML that has the ``fault`` as JSON."""
    try:
        import yaml
    except ImportError as cause:
        if text.lstrip().startswith(("{", "[")):  # meant as JSON, and cut off or mistyped
            raise RecipeError(f"Recipe {path} is no JSON ({fault}); PyYAML, for other YAML, is missing.") from fault
        raise MissingDependencyError(
            f"PyYAML is needed to read {path}, which is not written in YAML's JSON subset: pip install PyYAML."
        ) from cause

    class Loader(yaml.SafeLoader):
        """PyYAML keeps the last of two equal keys without a word; this one refuses them."""

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
            keys = [self.construct_object(key, deep=True) for key, _ in node.value]
            if len({repr(key) for key in keys}) != len(keys):
                raise yaml.YAMLError("an entry appears twice")
            return super().construct_mapping(node, deep)

    try:
        return yaml.load(text, Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as cause:
        reason = " ".join(str(cause).split())[:200]
        raise RecipeError(f"Recipe {path} is neither JSON nor YAML ({reason}).") from cause


def _exact(value: Any, expected: tuple[str, ...], where: str, optional: tuple[str, ...] = ()) -> None:
    if not isinstance(value, dict):
        raise RecipeError(f"{where} must be a mapping with the entries: {', '.join(expected) or 'none'}.")
    missing = [name for name in expected if name not in value]
    unknown = [str(name)[:40] for name in value if name not in expected + optional]
    if missing:
        raise RecipeError(f"{where} lacks {', '.join(missing)}: a recipe leaves nothing to a default.")
    if unknown:
        raise RecipeError(f"{where} has unknown entries: {', '.join(unknown)[:200]}.")


def _check_images(value: Any, where: str) -> None:
    _exact(value, _IMAGES, f"{where}: imageType")
    _exact(value["Original"], (), f"{where}: imageType.Original")
    _check(value["LoG"], LOG, f"{where}: imageType.LoG")
    _check(value["Wavelet"], WAVELET, f"{where}: imageType.Wavelet")


def _check_classes(value: Any, where: str) -> None:
    _exact(value, FEATURE_CLASSES, f"{where}: featureClass")
    for name, chosen in value.items():
        if chosen not in (None, []):
            raise RecipeError(f"{where}: featureClass.{name} must be null, which means all of its features.")


def _check(value: Any, rules: Mapping[str, Rule], where: str) -> None:
    _exact(value, tuple(rules), where)
    for name, (allowed, meaning) in rules.items():
        if not allowed(value[name]):
            raise RecipeError(f"{where}.{name} must be {meaning}, not {_shown(value[name])}.")


def _shown(value: Any) -> str:
    try:
        return repr(str(value)[:60])
    except ValueError:  # Python does not write out whole numbers of more than 4300 digits
        return "a number of thousands of digits"
