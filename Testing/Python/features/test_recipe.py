"""Recipes: the study's own, its hash, and everything that is refused."""

import copy
import hashlib
import json
import subprocess
import sys

import pytest

from ABCImmunoResponseLib.errors import RecipeError
from ABCImmunoResponseLib.features.recipe import load_recipe, recipe_names
from ABCImmunoResponseLib.resources import resource
from oracle import by_hand
from phantoms import ellipsoid, grid, textured

STUDY = resource("Recipes", "zhao2023.yaml")


@pytest.fixture
def study() -> dict:
    """The study's recipe as plain values, free to be changed."""
    return json.loads(STUDY.read_text(encoding="utf-8"))


@pytest.fixture
def write(tmp_path):
    """Write values as a recipe file and return its path."""

    def to_file(value, name="mine.yaml"):
        path = tmp_path / name
        path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
        return path

    return to_file


def test_study_s_recipe_says_what_the_study_did():
    recipe = load_recipe()
    assert recipe.name == "zhao2023"
    assert recipe.path == STUDY
    assert recipe.sha256 == hashlib.sha256(STUDY.read_bytes()).hexdigest()
    assert recipe.settings["resampledPixelSpacing"] == [1, 1, 1]
    assert recipe.settings["interpolator"] == "sitkBSpline"
    assert recipe.settings["binWidth"] == 25
    assert recipe.image_types == {
        "Original": {},
        "LoG": {"sigma": [1.0, 2.0, 3.0]},
        "Wavelet": {"wavelet": "coif1", "start_level": 0, "level": 1},
    }
    assert recipe.parameters() == json.loads(STUDY.read_text(encoding="utf-8"))


def test_parameters_are_a_copy_that_cannot_change_the_recipe():
    recipe = load_recipe()
    recipe.parameters()["imageType"]["LoG"]["sigma"].append(9.0)
    assert recipe.image_types["LoG"]["sigma"] == [1.0, 2.0, 3.0]


def test_every_setting_written_down_is_pyradiomics_default_for_the_study(write, study):
    """SlicerRadiomics' user sets spacing, filters and bin width; the rest of the file only spells defaults out."""
    image = textured(grid((40, 40, 30)))
    mask = ellipsoid(image, (16, 16, 18), (7, 6, 8))
    chosen = {"binWidth": 25, "resampledPixelSpacing": [1, 1, 1], "interpolator": "sitkBSpline"}
    short = {"imageType": {"Original": {}, "LoG": {"sigma": [1.0, 2.0, 3.0]}, "Wavelet": {}}, "setting": chosen}
    assert by_hand(image, mask, write(short)) == by_hand(image, mask)


def test_robust_recipe_differs_where_it_says_and_nowhere_else(study):
    robust, plain = load_recipe("robust-v1"), load_recipe()
    values = json.loads(robust.path.read_text(encoding="utf-8"))
    assert values.pop("resampling") == {"rounding": "nearest", "maskInterpolator": "sitkLinear"}
    assert values["setting"].pop("padDistance") == 20
    assert study["setting"].pop("padDistance") == 5
    assert values == study
    assert (robust.rounding, robust.mask_interpolation) == ("nearest", "linear")
    assert (plain.rounding, plain.mask_interpolation) == ("truncate", "nearest")
    assert recipe_names() == ("robust-v1", "zhao2023")


def test_hashes_by_which_bundles_name_recipes_are_held():
    """A changed byte would make every bundle refuse: a changed recipe takes a new name."""
    assert load_recipe("zhao2023").sha256 == "b412be290540cb87b044fa9d0b4238927bbc7111ab4668600e8ff3d86187ec93"
    assert load_recipe("robust-v1").sha256 == "382208af69721a91c059d864f6ae2835c6c18444ff8b6634270d1b664b36ba06"


def test_pyradiomics_by_hand_refuses_what_it_would_otherwise_ignore():
    image = textured(grid((30, 30, 20)))
    with pytest.raises(Exception, match=r"(?i)resampling"):
        by_hand(image, ellipsoid(image, (12, 12, 12), (5, 5, 5)), load_recipe("robust-v1").path)


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"rounding": "up", "maskInterpolator": "sitkLinear"}, "rounding must be truncate or nearest"),
        ({"rounding": "nearest", "maskInterpolator": "sitkBSpline"}, "maskInterpolator must be sitkNearestNeighbor or"),
        ({"rounding": "nearest"}, "resampling lacks maskInterpolator"),
        ({"rounding": "nearest", "maskInterpolator": "sitkLinear", "pad": 3}, "unknown entries: pad"),
        (None, "resampling must be a mapping"),
    ],
)
def test_resampling_section_is_checked_like_the_others(write, study, section, message):
    with pytest.raises(RecipeError, match=message):
        load_recipe(write({**study, "resampling": section}))


def test_recipes_are_found_by_name_and_by_path(write, study):
    assert "zhao2023" in recipe_names()
    assert load_recipe("zhao2023") == load_recipe(STUDY) == load_recipe(str(STUDY))
    study["setting"]["binWidth"] = 10
    mine = load_recipe(write(study))
    assert (mine.name, mine.settings["binWidth"]) == ("mine", 10)
    assert mine.sha256 != load_recipe().sha256


def test_unknown_recipe_lists_those_there_are(tmp_path):
    with pytest.raises(RecipeError, match=r"no recipe 'zhao2024'.*zhao2023"):
        load_recipe("zhao2024")
    with pytest.raises(RecipeError, match="cannot be read"):
        load_recipe(tmp_path / "none.yaml")
    with pytest.raises(RecipeError, match="cannot be read"):
        load_recipe(tmp_path)


def test_yaml_beyond_the_json_subset_is_read_the_same(write, study):
    import yaml

    recipe = load_recipe(write("# our own\n" + yaml.safe_dump(study), "ours.yml"))
    assert recipe.parameters() == study
    assert recipe.name == "ours"


def test_yaml_without_pyyaml_says_what_to_install(write, study):
    code = (
        "import sys; sys.modules['yaml'] = None\n"
        "from ABCImmunoResponseLib.features.recipe import load_recipe\n"
        "from ABCImmunoResponseLib.errors import ABCImmunoResponseError\n"
        "load_recipe()\n"
        "for path in sys.argv[1:]:\n"
        "    try:\n        load_recipe(path)\n"
        "    except ABCImmunoResponseError as error:\n        print(type(error).__name__, error)\n"
    )
    paths = write("imageType:\n  Original: {}\n"), write("", "empty.yaml"), write('{"setting": {', "cut.yaml")
    done = subprocess.run([sys.executable, "-c", code, *map(str, paths)], capture_output=True, text=True, check=True)
    yaml, empty, cut = done.stdout.splitlines()
    assert yaml.startswith("MissingDependencyError PyYAML is needed")
    assert "pip install PyYAML" in yaml
    assert empty.startswith("RecipeError")
    assert "no JSON: it is empty" in empty
    assert cut.startswith("RecipeError")
    assert "cut.yaml is no JSON (" in cut


SETTINGS_REFUSED = [
    ("label", 2),
    ("label", True),
    ("minimumROIDimensions", 0),
    ("normalize", True),
    ("normalize", 0),
    ("resampledPixelSpacing", [1, 1]),
    ("resampledPixelSpacing", [0, 1, 1]),
    ("resampledPixelSpacing", [1, 1, "1"]),
    ("resampledPixelSpacing", None),
    ("interpolator", "BSpline"),
    ("interpolator", 3),
    ("padDistance", -1),
    ("padDistance", 5.5),
    ("force2D", True),
    ("binWidth", 0),
    ("binWidth", "25"),
    ("binWidth", True),
    ("binWidth", 10**400),
    ("binWidth", 1e-300),
    ("resampledPixelSpacing", [10**400, 1, 1]),
    ("distances", [10**400]),
    ("distances", []),
    ("distances", [1.5]),
    ("symmetricalGLCM", "yes"),
    ("weightingNorm", "cosine"),
    ("gldm_a", -1),
    ("voxelArrayShift", 0.5),
]


@pytest.mark.parametrize(("setting", "value"), SETTINGS_REFUSED)
def test_setting_out_of_range_is_named(write, study, setting, value):
    study["setting"][setting] = value
    with pytest.raises(RecipeError, match=rf"^mine.yaml: setting\.{setting} must be"):
        load_recipe(write(study))


def test_every_setting_is_required(write, study):
    for setting in study["setting"]:
        less = copy.deepcopy(study)
        del less["setting"][setting]
        with pytest.raises(RecipeError, match=rf"setting lacks {setting}: a recipe leaves nothing to a default"):
            load_recipe(write(less))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r["setting"].update(resegmentRange=[0, 100]), "setting has unknown entries: resegmentRange"),
        (lambda r: r.update(voxelSetting={}), "unknown entries: voxelSetting"),
        (lambda r: r.pop("featureClass"), "lacks featureClass"),
        (lambda r: r["featureClass"].pop("ngtdm"), "featureClass lacks ngtdm"),
        (lambda r: r["featureClass"].update(shape2D=None), "featureClass has unknown entries: shape2D"),
        (lambda r: r["featureClass"].update(glcm=["Contrast"]), "featureClass.glcm must be null"),
        (lambda r: r["imageType"].pop("LoG"), "imageType lacks LoG"),
        (lambda r: r["imageType"].update(Square={}), "imageType has unknown entries: Square"),
        (lambda r: r["imageType"].update(Original=None), "imageType.Original must be a mapping"),
        (lambda r: r["imageType"]["Original"].update(binWidth=5), "imageType.Original has unknown entries"),
        (lambda r: r["imageType"]["LoG"].update(sigma=[1, 2, 3]), r"sigma must be \[1.0, 2.0, 3.0\]"),
        (lambda r: r["imageType"]["LoG"].update(sigma=[1.0, 2.0]), r"sigma must be \[1.0, 2.0, 3.0\]"),
        (lambda r: r["imageType"]["Wavelet"].update(wavelet="haar"), "wavelet must be 'coif1'"),
        (lambda r: r["imageType"]["Wavelet"].update(level=2), "level must be 1"),
    ],
)
def test_recipe_of_other_features_is_refused(write, study, change, message):
    change(study)
    with pytest.raises(RecipeError, match=message):
        load_recipe(write(study))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no JSON: it is empty"),
        (b" \n", "no JSON: it is empty"),
        (b"[]", "must be a mapping"),
        (b"42", "must be a mapping"),
        (b"\xff\xfe{}", "not UTF-8"),
        (b"{'a: [", "neither JSON nor YAML"),
        (b'{"setting": {}, "setting": {}}', "appears twice"),
        (b"setting: {}\nsetting: {}\n", "appears twice"),
        (b"a: !!python/object/apply:os.system [true]", "neither JSON nor YAML"),
        (b'{"setting": NaN}', "NaN is not a number"),
        (b"[" * 50_000, "recipe"),
        (b" " * 200_000, "larger than"),
        (b"a: &a [x]\nb: *a\n", "lacks imageType"),
        (b"? [1, 2]\n: 3\n", "neither JSON nor YAML|lacks imageType"),
        (b"2023-99-99: 1", "neither JSON nor YAML|lacks"),
    ],
)
def test_malformed_file_gets_one_line(tmp_path, data, message):
    path = tmp_path / "broken.yaml"
    path.write_bytes(data)
    with pytest.raises(RecipeError, match=f"(?i){message}") as refusal:
        load_recipe(path)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("text", ["", '{"setting": {"label": 1,', "imageType: {}\n"])
def test_a_json_file_is_never_tried_as_yaml(write, text):
    with pytest.raises(RecipeError, match=r"mine\.json is no JSON"):
        load_recipe(write(text, "mine.json"))


def test_a_number_too_long_to_be_written_out_is_refused(write, study):
    """Python reads whole numbers of any length in hexadecimal, and writes none of more than 4300 digits."""
    setting = "".join(f"  {name}: {json.dumps(value)}\n" for name, value in study.pop("setting").items())
    rest = "".join(f"{name}: {json.dumps(value)}\n" for name, value in study.items())
    text = f"{rest}setting:\n{setting}"
    assert load_recipe(write(text)).settings["binWidth"] == 25
    with pytest.raises(RecipeError, match=r"setting\.binWidth must be .*, not a number of thousands of digits"):
        load_recipe(write(text.replace("binWidth: 25", f"binWidth: 0x{'f' * 5000}")))
    with pytest.raises(RecipeError, match=r"sigma must be .*, not a number of thousands of digits"):
        load_recipe(write(text.replace("[1.0, 2.0, 3.0]", f"[1.0, 2.0, 0x{'f' * 5000}]")))


def test_recipe_name_must_be_a_name(write, study):
    with pytest.raises(RecipeError, match="Recipe name"):
        load_recipe(write(study, "=cmd.yaml"))


def test_order_of_entries_does_not_matter_to_the_order_of_work(write, study):
    study["imageType"] = dict(reversed(study["imageType"].items()))
    study["featureClass"] = dict(reversed(study["featureClass"].items()))
    recipe = load_recipe(write(study))
    assert list(recipe.image_types) == ["Original", "LoG", "Wavelet"]
    assert next(iter(recipe.feature_classes)) == "shape"
