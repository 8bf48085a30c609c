"""The benchmarks run, on a CT a hundredth of the size, and the page says what was measured. No time is judged here."""

import os
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import SimpleITK as sitk
from scipy.ndimage import label

SCALE = 0.22


@pytest.fixture(scope="module", autouse=True)
def benchmarks():
    """Let the scripts be imported as they import each other."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Benchmarks"))
    yield
    sys.path.pop(0)


@pytest.fixture(scope="module")
def folder(benchmarks, tmp_path_factory) -> Path:
    """The small CT, its masks, and the growing blobs."""
    import big_ct
    import blobs

    folder = tmp_path_factory.mktemp("benchmark")
    big_ct.write(folder, SCALE)
    blobs.write(folder, SCALE)
    return folder


def test_the_ct_is_the_same_each_time_and_written_once(folder, tmp_path):
    import big_ct

    big_ct.write(tmp_path, SCALE)
    names = sorted(path.name for path in tmp_path.glob("*.nrrd"))
    assert len(names) == 1 + 5 + 15
    assert all((folder / name).read_bytes() == (tmp_path / name).read_bytes() for name in names)
    (tmp_path / "image.nrrd").write_bytes(b"kept")
    big_ct.write(tmp_path, SCALE)
    assert (tmp_path / "image.nrrd").read_bytes() == b"kept"
    big_ct.write(tmp_path, SCALE / 1.1)
    assert (tmp_path / "image.nrrd").stat().st_size > 4


def test_a_lesions_box_is_cut_from_its_mask_on_the_cts_grid(folder):
    import big_ct

    image = sitk.ReadImage(folder / "image.nrrd")
    assert image.GetPixelID() == sitk.sitkInt16
    for lesion in big_ct.LESIONS:
        box, full = (sitk.ReadImage(folder / f"{lesion.name}{part}.nrrd") for part in ("-consensus", ""))
        assert full.GetSize() == image.GetSize()
        again = sitk.Resample(box, full, sitk.Transform(), sitk.sitkNearestNeighbor)
        np.testing.assert_array_equal(sitk.GetArrayFromImage(again), sitk.GetArrayFromImage(full))


def test_lesions_are_whole_of_the_wanted_volume_and_drawn_differently():
    import big_ct

    for lesion in big_ct.LESIONS:
        drawn = {reader: big_ct.lesion_voxels(lesion, big_ct.SHAPE, reader) for reader in big_ct.READERS}
        counts = {reader: np.count_nonzero(voxels) * big_ct.SPACING.prod() for reader, (voxels, _) in drawn.items()}
        assert counts["consensus"] == pytest.approx(lesion.volume, abs=1)
        assert counts["A"] < counts["consensus"] < counts["B"]
        assert all(label(voxels, np.ones((3, 3, 3)))[1] == 1 for voxels, _ in drawn.values())


def test_everything_is_measured_and_told(folder, tmp_path, monkeypatch):
    import engine_case
    import engine_growth
    import engine_lesions
    import engine_start
    import machine
    import performance_page

    for module in (engine_lesions, engine_case):
        monkeypatch.setattr(module, "LESIONS", module.LESIONS[:1])
    monkeypatch.setattr(engine_growth, "DIAMETERS_MM", (40, 60))
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "numba"))
    engines = ["pyradiomics", "numpy"]
    figures = {
        "machine": machine.describe(),
        "rounds": 1,
        "start": engine_start.measure(folder, engines, tmp_path / "numba"),
        "lesions": engine_lesions.measure(folder, engines, 1),
        "case": engine_case.measure(folder, engines, [0], 1),
        "growth": engine_growth.measure(folder, engines, 1),
    }
    [lesion] = figures["lesions"]
    assert lesion["voxels"] > 10
    assert lesion["apart"]["pyradiomics"] == 0
    assert lesion["apart"]["numpy"] <= 1e-9
    assert set(lesion["peak"]) == {"default", "pyradiomics", "numpy"}
    peak = figures["case"]["peak"]["numpy"]
    assert 20 < peak["before"] <= peak["loaded"] <= peak["after"]
    performance_page.write(figures, tmp_path / "page")
    text = (tmp_path / "page" / "performance.md").read_text(encoding="utf-8")
    assert "$" not in text
    assert figures["machine"]["CPU"] in text
    ElementTree.parse(tmp_path / "page" / "images" / "cost.svg")


def test_a_target_is_met_or_missed():
    import performance_page

    times = {way: [1.0, 1.0] for way in ("grid", "box", "files")}
    row = {"title": "3 cm, lung", "default": [60.0, 55.0], "engines": {"pyradiomics": times, "numpy": times}}
    assert "| 58 × | 50: met |" in performance_page._ratios([row])
    row["default"] = [40.0, 55.0]
    assert "| 48 × | 50: **missed** |" in performance_page._ratios([row])


def test_the_core_is_given_and_threads_are_one(tmp_path, monkeypatch):
    import processes

    monkeypatch.setattr(os, "environ", {**os.environ})
    before = os.sched_getaffinity(0)
    try:
        cores = processes.on_one_core(tmp_path)
        assert set(cores) == before
        assert len(os.sched_getaffinity(0)) == 1
        assert os.environ["OMP_NUM_THREADS"] == "1"
    finally:
        os.sched_setaffinity(0, before)


def test_work_that_fails_ends_the_benchmark(capfd):
    import processes

    with pytest.raises(SystemExit, match="from_files failed"), processes.Worker() as worker:
        worker("from_files", "numpy", "nowhere.nrrd", "nowhere.nrrd")
    assert "nowhere.nrrd" in capfd.readouterr().err
