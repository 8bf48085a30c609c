"""The commands in a Python that holds the standard library, numpy, scipy, SimpleITK and pydicom, and nothing else."""

import json
import os
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from ABCImmunoResponseLib.features.engine import engine
from ABCImmunoResponseLib.features.recipe import load_recipe
from ABCImmunoResponseLib.features.table import read_features_csv
from phantoms import ball, grid, textured

MODULE = Path(__file__).resolve().parents[3] / "ABCImmunoResponse"
DISTRIBUTIONS = ("numpy", "scipy", "SimpleITK", "pydicom")
OTHERS = ("numba", "radiomics", "pywt", "torch", "pandas", "matplotlib", "skimage", "yaml", "highdicom", "jinja2")


@pytest.fixture(scope="module")
def packages(tmp_path_factory) -> Path:
    """A folder with links to what the four distributions installed, as their own records list it."""
    folder = tmp_path_factory.mktemp("packages")
    for name in DISTRIBUTIONS:
        installed = distribution(name)
        tops = {file.parts[0] for file in installed.files if file.parts[0] not in ("..", "__pycache__")}
        for top in tops:
            (folder / top).symlink_to(installed.locate_file(top))
    return folder


@pytest.fixture(scope="module")
def python(packages, tmp_path_factory):
    """Run that Python from the module's folder, as somebody does who has only unpacked it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment |= {"PYTHONPATH": str(packages), "HOME": str(tmp_path_factory.mktemp("home"))}

    def run(*words: object) -> subprocess.CompletedProcess:
        # -S leaves out the site-packages folder, and with it what an editable installation adds to the path.
        command = [sys.executable, "-S", "-B", "-W", "error", *map(str, words)]
        return subprocess.run(command, cwd=MODULE, env=environment, capture_output=True, text=True, check=False)

    return run


def test_there_are_only_the_four(python):
    names = (*DISTRIBUTIONS, *OTHERS)
    done = python("-c", f"import importlib.util as u; print(*[name for name in {names!r} if u.find_spec(name)])")
    assert done.stdout.split() == list(DISTRIBUTIONS), done.stderr


def test_extract_works_and_takes_the_numpy_engine(python, tmp_path):
    image = textured(grid((30, 28, 20)), 6)
    mask = ball(image, (11, 12, 12), 7)
    for picture, name in ((image, "ct.nrrd"), (mask, "mask.nrrd")):
        sitk.WriteImage(picture, tmp_path / name)
    words = ("extract", "--image", tmp_path / "ct.nrrd", "--mask", tmp_path / "mask.nrrd")
    done = python("-m", "ABCImmunoResponseLib", *words, "--output", tmp_path / "f.csv")
    assert done.returncode == 0, done.stderr
    table = read_features_csv(tmp_path / "f.csv")
    assert [row.engine for row in table.ids] == [engine("numpy").version]
    here = engine("numpy").extract(image, {"L": mask}, load_recipe())["L"]
    np.testing.assert_array_equal(table.values, [here])


def test_case_score_works_and_gives_the_same_score(python, at, patient, stages):
    case = at("signed")
    words = ("case", "score", case, "--clinical", patient / "clinical.json", "--by", "tester")
    done = python("-m", "ABCImmunoResponseLib", *words)
    assert done.returncode == 0, done.stderr
    bare, full = (json.loads((folder / "result.json").read_text("utf-8")) for folder in (case, stages["scored"]))
    assert bare["engine"] == engine("numpy").version
    assert full["engine"] == engine().version != bare["engine"]
    assert bare["scores"].keys() == {"radiomics", "clinical", "combined"}
    for model, found in bare["scores"].items():
        wanted = full["scores"][model]
        assert found.pop("risk_group") == wanted.pop("risk_group")
        assert found == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize("name", ["numba", "pyradiomics"])
def test_what_is_missing_is_said_in_one_line(python, name):
    done = python("-c", f"from ABCImmunoResponseLib.features.engine import engine; engine({name!r})")
    assert done.stderr.splitlines()[-1].startswith("ABCImmunoResponseLib.errors.MissingDependencyError: ")
    assert name in done.stderr.splitlines()[-1]
