"""The 1130 names are those of the study and of pyradiomics, in its order."""

from collections import Counter

import numpy as np

from ABCImmunoResponseLib.features.names import (
    FEATURE_CLASSES,
    FEATURE_NAMES,
    FEATURE_NAMES_SHA256,
    IMAGE_TYPES,
    undefined_features,
)
from ABCImmunoResponseLib.files import sha256_file
from ABCImmunoResponseLib.resources import resource
from oracle import by_hand
from phantoms import ellipsoid, grid, textured


def test_names_are_what_pyradiomics_emits_with_the_recipe_in_its_order():
    image = textured(grid((40, 40, 30)))
    assert tuple(by_hand(image, ellipsoid(image, (16, 16, 18), (7, 6, 8)))) == FEATURE_NAMES


def test_there_are_1130_distinct_names_in_the_study_s_categories():
    assert len(FEATURE_NAMES) == len(set(FEATURE_NAMES)) == 1130
    family = Counter(name.split("-")[0].split("_")[0] for name in FEATURE_NAMES)
    assert family == {"original": 107, "log": 279, "wavelet": 744}
    original = Counter(name.split("_")[1] for name in FEATURE_NAMES if name.startswith("original_"))
    counts = {"shape": 14, "firstorder": 18, "glcm": 24, "glrlm": 16, "glszm": 16, "gldm": 14, "ngtdm": 5}
    assert original == counts
    assert tuple(counts) == FEATURE_CLASSES
    assert len(IMAGE_TYPES) == 12
    for image_type in IMAGE_TYPES[1:]:
        of_type = Counter(name.split("_")[1] for name in FEATURE_NAMES if name.startswith(f"{image_type}_"))
        assert of_type == {kind: n for kind, n in counts.items() if kind != "shape"}


def test_hash_of_the_names_is_that_of_their_file():
    assert sha256_file(resource("Recipes", "feature-names.txt")) == FEATURE_NAMES_SHA256


def test_undefined_features_are_listed_by_name():
    values = np.ones(1130)
    values[[3, 700, 1129]] = np.nan, np.inf, -np.inf
    assert undefined_features(values) == (FEATURE_NAMES[3], FEATURE_NAMES[700], FEATURE_NAMES[1129])
    assert undefined_features(np.zeros(1130)) == ()
