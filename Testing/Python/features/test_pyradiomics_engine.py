"""The engine 'pyradiomics' gives on a crop what pyradiomics by hand gives on the whole CT, and leaves no trace."""

import logging
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st

from ABCImmunoResponseLib.errors import FeatureError
from ABCImmunoResponseLib.features.engine import engine
from ABCImmunoResponseLib.features.names import FEATURE_NAMES, IMAGE_TYPES
from ABCImmunoResponseLib.features.recipe import load_recipe
from oracle import values_by_hand
from phantoms import ball, ellipsoid, grid, textured

OBLIQUE = (0.8, -0.36, 0.48, 0.6, 0.48, -0.64, 0.0, 0.8, 0.6)
RECIPE = load_recipe()


@pytest.fixture(scope="module")
def ct() -> sitk.Image:
    """A small anisotropic CT, oblique in space."""
    return textured(grid((48, 44, 30), (0.8, 0.9, 1.25), direction=OBLIQUE), seed=4)


@pytest.fixture(scope="module")
def lesions(ct) -> dict[str, sitk.Image]:
    """Two lesions of the CT."""
    return {"L1": ellipsoid(ct, (18, 17, 18), (8, 7, 9)), "L2": ball(ct, (28, 28, 20), 6)}


def test_values_are_those_of_pyradiomics_by_hand_bit_for_bit(ct, lesions):
    found = engine("pyradiomics").extract(ct, lesions, RECIPE)
    assert list(found) == ["L1", "L2"]
    for name, values in found.items():
        assert values.shape == (1130,)
        assert values.dtype == np.float64
        np.testing.assert_array_equal(values, values_by_hand(ct, lesions[name]))


@pytest.mark.parametrize("pixel_type", [sitk.sitkInt32, sitk.sitkFloat32, sitk.sitkFloat64])
def test_pixel_type_of_the_image_is_kept(ct, lesions, pixel_type):
    image = sitk.Cast(ct, pixel_type)
    found = engine("pyradiomics").extract(image, {"L1": lesions["L1"]}, RECIPE)["L1"]
    np.testing.assert_array_equal(found, values_by_hand(image, lesions["L1"]))
    plain = engine("pyradiomics").extract(ct, {"L1": lesions["L1"]}, RECIPE)["L1"]
    assert np.array_equal(found, plain) == (pixel_type == sitk.sitkInt32)  # floats are not truncated to HU


def test_files_give_what_pyradiomics_reads_from_the_same_files(ct, lesions, tmp_path):
    """NRRD keeps an oblique geometry to the last bit but one, and a nearest-neighbour tie may hang on that bit."""
    paths = tmp_path / "image.nrrd", tmp_path / "mask.nrrd"
    for picture, path in zip((ct, lesions["L1"]), paths, strict=True):
        sitk.WriteImage(picture, path)
    image, mask = map(sitk.ReadImage, paths)
    found = engine("pyradiomics").extract(image, {"L1": mask}, RECIPE)["L1"]
    np.testing.assert_array_equal(found, values_by_hand(*paths))


@settings(max_examples=12, deadline=None)
@given(
    spacing=st.tuples(st.floats(0.5, 1.2), st.floats(0.5, 1.2), st.floats(0.6, 5.0)),
    origin=st.tuples(*[st.floats(-300, 300)] * 3),
    radii=st.tuples(*[st.floats(2.5, 7.0)] * 3),
    shift=st.tuples(*[st.floats(-1, 1)] * 3),
    seed=st.integers(0, 1000),
)
def test_random_lesions_equal_pyradiomics_by_hand(spacing, origin, radii, shift, seed):
    size = [round(22 / step) + 8 for step in spacing]
    image = textured(grid(size, spacing, origin), seed)
    centre = [n * step / 2 + s for n, step, s in zip(size, spacing, shift, strict=True)]
    mask = ellipsoid(image, centre, [max(r, 1.5 * step) for r, step in zip(radii, spacing, strict=True)])
    found = engine("pyradiomics").extract(image, {"L": mask}, RECIPE)["L"]
    np.testing.assert_array_equal(found, values_by_hand(image, mask))


def test_single_slice_and_border_lesions_equal_pyradiomics_by_hand(ct):
    flat = ellipsoid(ct, (18, 17, 12.5), (8, 7, 0.5))
    corner = ball(ct, (0, 0, 0), 8)
    found = engine("pyradiomics").extract(ct, {"flat": flat, "corner": corner}, RECIPE)
    np.testing.assert_array_equal(found["flat"], values_by_hand(ct, flat))
    np.testing.assert_array_equal(found["corner"], values_by_hand(ct, corner))


def test_undefined_features_stay_undefined_as_pyradiomics_gives_them():
    image = textured(grid((20, 20, 20), (1, 1, 1)))
    mask = sitk.Image(20, 20, 20, sitk.sitkUInt8)
    mask.CopyInformation(image)
    mask[8, 8, 8] = mask[9, 9, 8] = 1
    found = engine("pyradiomics").extract(image, {"L": mask}, RECIPE)["L"]
    np.testing.assert_array_equal(found, values_by_hand(image, mask))  # NaN equals NaN here
    undefined = [FEATURE_NAMES[n] for n in np.flatnonzero(~np.isfinite(found))]
    assert undefined == [f"{image_type}_firstorder_RobustMeanAbsoluteDeviation" for image_type in IMAGE_TYPES]


def test_recipe_s_settings_reach_pyradiomics(ct, lesions, tmp_path):
    text = RECIPE.path.read_text(encoding="utf-8")
    for old, new in (
        ('"binWidth": 25', '"binWidth": 7.5'),
        ("[1, 1, 1]", "[2, 2, 1.5]"),
        ("sitkBSpline", "sitkLinear"),
    ):
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "coarse.yaml"
    path.write_text(text, encoding="utf-8")
    found = engine("pyradiomics").extract(ct, {"L1": lesions["L1"]}, load_recipe(path))["L1"]
    np.testing.assert_array_equal(found, values_by_hand(ct, lesions["L1"], path))
    assert not np.array_equal(found, engine("pyradiomics").extract(ct, {"L1": lesions["L1"]}, RECIPE)["L1"])


def test_loggers_are_as_the_user_set_them_during_progress_and_afterwards(ct, lesions):
    """Also after a refusal in the middle, and with a handler and level of the user's own."""
    mine, seen = logging.NullHandler(), []
    loggers = [logging.getLogger(name) for name in ("radiomics", "radiomics.glcm", "pykwalify.core")]
    engine("pyradiomics")

    def state(*_):
        warning = list(warnings.filters)
        return [(log.level, list(log.handlers), log.propagate, log.disabled) for log in loggers], warning, np.geterr()

    before = state()
    loggers[0].addHandler(mine)
    loggers[1].setLevel(logging.DEBUG)
    try:
        during = state()
        engine("pyradiomics").extract(ct, lesions, RECIPE, lambda *_: seen.append(state()))
        assert all(each == during for each in seen)
        assert state() == during
        with pytest.raises(FeatureError, match="grey levels"):
            engine("pyradiomics").extract(sitk.Cast(ct, sitk.sitkFloat32) * 1e4, lesions, RECIPE)
        assert state() == during
    finally:
        loggers[0].removeHandler(mine)
        loggers[1].setLevel(before[0][1][0])
    assert state() == before


def test_caller_s_strictness_does_not_reach_the_numbers(ct, lesions):
    """pyradiomics takes a warning that became an error for a failed feature; numpy's divisions by zero too."""
    plain = engine("pyradiomics").extract(ct, {"L1": lesions["L1"]}, RECIPE)["L1"]
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        np.testing.assert_array_equal(engine("pyradiomics").extract(ct, {"L1": lesions["L1"]}, RECIPE)["L1"], plain)


def test_threads_may_extract_at_once(ct, lesions):
    wanted = engine("pyradiomics").extract(ct, lesions, RECIPE)
    level, handlers = logging.getLogger("radiomics").level, list(logging.getLogger("radiomics").handlers)
    found, failed = [], []

    def work():
        try:
            found.append(engine("pyradiomics").extract(ct, lesions, RECIPE))
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(found) == 6
    for each in found:
        for name, values in each.items():
            np.testing.assert_array_equal(values, wanted[name])
    assert (logging.getLogger("radiomics").level, list(logging.getLogger("radiomics").handlers)) == (level, handlers)


def test_without_pyradiomics_it_says_how_to_get_it():
    code = (
        "import sys; sys.modules['radiomics'] = None\n"
        "from ABCImmunoResponseLib.features.engine import engine\n"
        "from ABCImmunoResponseLib.errors import MissingDependencyError\n"
        "try:\n    engine('pyradiomics')\n"
        "except MissingDependencyError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pyradiomics is needed" in done.stdout
    assert "install_pyradiomics.py" in done.stdout
    assert len(done.stdout.splitlines()) == 1
