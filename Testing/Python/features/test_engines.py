"""What every engine does alike: progress, cancelling, several cores, silence, and nothing left behind."""

import logging
import os
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest
import SimpleITK as sitk

from ABCImmunoResponseLib.errors import Cancelled, FeatureError
from ABCImmunoResponseLib.features import own_engine
from ABCImmunoResponseLib.features.engine import Engine, default_engine, engine, engine_names, equal_engines
from ABCImmunoResponseLib.features.names import IMAGE_TYPES
from ABCImmunoResponseLib.features.recipe import load_recipe
from phantoms import ball, ellipsoid, grid, textured

RECIPE = load_recipe()


@pytest.fixture(scope="module")
def ct() -> sitk.Image:
    """A small anisotropic CT."""
    return textured(grid((48, 44, 30), (0.8, 0.9, 1.25)), seed=4)


@pytest.fixture(scope="module")
def lesions(ct) -> dict[str, sitk.Image]:
    """Two readers' masks of one lesion, and another lesion."""
    return {
        "L1-A": ellipsoid(ct, (14, 15, 16), (8, 7, 9)),
        "L2": ball(ct, (30, 31, 20), 5),
        "L1-B": ellipsoid(ct, (14.5, 15, 16), (7, 7, 8)),
    }


@pytest.fixture(params=engine_names())
def extractor(request) -> Engine:
    """Each engine in turn."""
    return engine(request.param)


def test_several_masks_at_once_give_what_each_gives_alone(extractor, ct, lesions):
    together = extractor.extract(ct, lesions, RECIPE)
    assert list(together) == list(lesions)
    for name, mask in lesions.items():
        np.testing.assert_array_equal(together[name], extractor.extract(ct, {name: mask}, RECIPE)[name])


def test_masks_with_the_same_box_share_work_and_keep_their_own_values(extractor, ct, lesions):
    mask = lesions["L1-A"]
    pierced = sitk.Image(mask)
    pierced[16:18, 16:18, 12:14] = 0
    together = extractor.extract(ct, {"whole": mask, "pierced": pierced}, RECIPE)
    for name, one in (("whole", mask), ("pierced", pierced)):
        np.testing.assert_array_equal(together[name], extractor.extract(ct, {name: one}, RECIPE)[name])
    assert not np.array_equal(together["whole"], together["pierced"])


@pytest.mark.parametrize("jobs", [2, 3])
@pytest.mark.parametrize("worth_processes", [0, 10**9])
def test_several_cores_give_the_same_bits(extractor, ct, lesions, jobs, worth_processes, monkeypatch):
    """On processes and on threads."""
    monkeypatch.setattr(own_engine, "_WORTH_PROCESSES", worth_processes)
    told = []
    wanted = extractor.extract(ct, lesions, RECIPE)
    found = extractor.extract(ct, lesions, RECIPE, lambda *step: told.append(step), jobs=jobs)
    assert list(found) == list(lesions)
    for name, values in found.items():
        np.testing.assert_array_equal(values, wanted[name])
    steps = {f"{name}: {what}" for name in lesions for what in ("resampling and shape", *IMAGE_TYPES)}
    assert [done for done, _, _ in told] == list(range(len(steps) + 1))
    assert {what for _, _, what in told[:-1]} == steps


@pytest.mark.parametrize("moment", [0, 3, 20])
def test_cancelling_ends_work_on_several_cores(extractor, ct, lesions, moment, monkeypatch):
    monkeypatch.setattr(own_engine, "_WORTH_PROCESSES", 0)

    def stop(done, total, what):
        if done == moment:
            raise Cancelled("stopped by the reader")

    with pytest.raises(Cancelled, match="stopped by the reader"):
        extractor.extract(ct, lesions, RECIPE, stop, jobs=2)
    assert len(threading.enumerate()) == 1 or not any("ThreadPool" in t.name for t in threading.enumerate())


def test_an_error_on_several_cores_is_the_same_one_line(extractor, ct, lesions, monkeypatch):
    monkeypatch.setattr(own_engine, "_WORTH_PROCESSES", 0)
    image = sitk.Cast(ct, sitk.sitkFloat32) * 1e4
    with pytest.raises(FeatureError, match="more than 4000 grey levels") as error:
        extractor.extract(image, lesions, RECIPE, jobs=2)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("jobs", [0, -1, 1.5, True, "2"])
def test_a_number_of_cores_that_is_none_is_refused(extractor, ct, lesions, jobs):
    with pytest.raises(FeatureError, match="jobs must be a whole number of at least 1"):
        extractor.extract(ct, lesions, RECIPE, jobs=jobs)


SCRIPT = """
import os, sys, time
import SimpleITK as sitk
from ABCImmunoResponseLib.features import own_engine
from ABCImmunoResponseLib.features.engine import engine
from ABCImmunoResponseLib.features.recipe import load_recipe
from phantoms import ball, grid, textured

def work():
    own_engine._WORTH_PROCESSES = 0
    ct = textured(grid((48, 44, 30), (0.8, 0.9, 1.25)), seed=4)
    masks = {str(n): ball(ct, (12 + n % 12, 15, 16), 5 + n / 100) for n in range(200)}
    def tell(done, total, what):
        if done == 30:
            print("working", flush=True)
    engine("numpy").extract(ct, masks, load_recipe(), tell, jobs=2)
"""


def test_workers_end_with_a_parent_that_is_killed(tmp_path):
    script = tmp_path / "work.py"
    script.write_text(SCRIPT + "if __name__ == '__main__':\n    work()\n", encoding="utf-8")
    path = os.pathsep.join(sys.path)
    with subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
    ) as parent:
        assert parent.stdout.readline() == "working\n"
        parent.kill()
        # The pipe ends when the last process that holds it does: a worker that lived on would keep this waiting.
        parent.communicate(timeout=60)


def test_a_script_without_a_main_guard_is_told(tmp_path):
    script = tmp_path / "work.py"
    script.write_text(SCRIPT + "work()\n", encoding="utf-8")
    path = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}
    )
    assert done.returncode == 1
    assert "FeatureError: A process of the extraction died" in done.stderr
    assert "if __name__ ==" in done.stderr.splitlines()[-1]


def test_libraries_threads_are_as_before(extractor, ct, lesions, monkeypatch):
    monkeypatch.setattr(own_engine, "_WORTH_PROCESSES", 0)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    extractor.extract(ct, {"L2": lesions["L2"]}, RECIPE, jobs=2)
    assert os.environ["OMP_NUM_THREADS"] == "3"
    assert "OPENBLAS_NUM_THREADS" not in os.environ


def test_progress_names_every_mask_and_image_type(extractor, ct, lesions):
    told = []
    one = {name: lesions[name] for name in ("L1-A", "L2")}
    extractor.extract(ct, one, RECIPE, lambda *step: told.append(step))
    steps = [f"{lesion}: {what}" for lesion in one for what in ("resampling and shape", *IMAGE_TYPES)]
    assert told == [(n, 26, what) for n, what in enumerate([*steps, "features extracted"])]


@pytest.mark.parametrize("moment", [0, 1, 5, 13, 25, 26])
def test_cancelling_stops_before_the_next_image_type(extractor, ct, lesions, moment):
    told = []

    def stop(done, total, what):
        told.append(done)
        if done == moment:
            raise Cancelled("stopped by the reader")

    with pytest.raises(Cancelled, match="stopped by the reader"):
        extractor.extract(ct, {name: lesions[name] for name in ("L1-A", "L2")}, RECIPE, stop)
    assert told == list(range(moment + 1))


def test_image_and_masks_are_left_alone(extractor, ct, lesions):
    before = sitk.Hash(ct), [sitk.Hash(mask) for mask in lesions.values()]
    tolerance = sitk.ProcessObject.GetGlobalDefaultCoordinateTolerance()
    extractor.extract(ct, lesions, RECIPE)
    assert (sitk.Hash(ct), [sitk.Hash(mask) for mask in lesions.values()]) == before
    assert sitk.ProcessObject.GetGlobalDefaultCoordinateTolerance() == tolerance


def test_nothing_is_printed_logged_or_warned(extractor, ct, lesions, capfd, caplog):
    with warnings.catch_warnings(record=True) as warned, caplog.at_level(logging.INFO):
        warnings.simplefilter("always")
        extractor.extract(ct, lesions, RECIPE)
    assert capfd.readouterr() == ("", "")
    assert warned == []
    assert caplog.records == []


def test_caller_s_strictness_does_not_reach_the_numbers(extractor, ct):
    """Warnings turned to errors, and numpy told to raise, on a lesion whose features divide by zero."""
    flat = sitk.Image(ct)
    flat[:, :, :] = 40
    mask = ball(ct, (14, 15, 16), 5)
    plain = extractor.extract(flat, {"L": mask}, RECIPE)["L"]
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        np.testing.assert_array_equal(extractor.extract(flat, {"L": mask}, RECIPE)["L"], plain)


def test_threads_may_extract_at_once(extractor, ct, lesions):
    wanted = extractor.extract(ct, lesions, RECIPE)
    found, failed = [], []

    def work():
        try:
            found.append(extractor.extract(ct, lesions, RECIPE))
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(found) == 4
    for each in found:
        for name, values in each.items():
            np.testing.assert_array_equal(values, wanted[name])


def test_engines_are_chosen_by_name():
    assert engine_names() == ("numpy", "numba", "pyradiomics")
    for name in engine_names():
        assert engine(name).name == name
    assert engine("pyradiomics").version == "pyradiomics 3.0.1"
    with pytest.raises(FeatureError, match=r"no extraction engine 'mirp'.*numpy, numba, pyradiomics"):
        engine("mirp")


def test_numba_is_taken_where_it_is_installed():
    assert default_engine() == "numba"
    assert engine().name == "numba"
    code = (
        "import importlib.util as u; find = u.find_spec\n"
        "u.find_spec = lambda name, *more: None if name == 'numba' else find(name, *more)\n"
        "from ABCImmunoResponseLib.features.engine import engine; print(engine().name)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["numpy"]


def test_numba_that_does_not_work_is_not_taken(tmp_path):
    """numba refuses a numpy newer than it knows with an ImportError."""
    (tmp_path / "numba.py").write_text("raise ImportError('Numba needs NumPy 2.0 or less')")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from ABCImmunoResponseLib.features.engine import engine\nprint(engine().name)\n"
        "try:\n    engine('numba')\nexcept Exception as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first, second = done.stdout.splitlines()
    assert first == "numpy"
    assert "Numba needs NumPy 2.0 or less" in second


def test_engines_known_to_be_equal():
    numpy, numba, pyradiomics = (engine(name).version for name in engine_names())
    assert equal_engines(numpy, numba)
    assert equal_engines(pyradiomics, numba)
    assert equal_engines("mirp 2.7", "mirp 2.7")
    assert not equal_engines("mirp 2.7", numpy)
    assert not equal_engines("pyradiomics 2.0", numpy)


@pytest.mark.parametrize("name", ["numpy", "numba", "pyradiomics"])
def test_an_engine_imports_only_its_own(name):
    """Importing the room imports none of them; numpy needs none of the others' packages at all."""
    code = (
        "import sys; from ABCImmunoResponseLib.features.engine import engine\n"
        "import ABCImmunoResponseLib.features.extract\n"
        "heavy = ('radiomics', 'pywt', 'numba', 'torch', 'pandas', 'matplotlib', 'scipy.spatial', 'scipy.sparse')\n"
        "print(*[each in sys.modules for each in heavy])\n"
        f"engine('{name}')\n"
        "print(*[each in sys.modules for each in ('radiomics', 'pywt', 'numba')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    first, second = done.stdout.splitlines()
    assert first.split() == ["False"] * 8
    assert (
        second.split()
        == {
            "numpy": ["False", "False", "False"],
            "numba": ["False", "False", "True"],
            "pyradiomics": ["True", "True", "False"],
        }[name]
    )
