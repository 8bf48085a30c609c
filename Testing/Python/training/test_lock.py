"""Writing a bundle on a disk that fails, and training where a package is missing."""

import contextlib
import shutil
import sys

import pytest

from ABCImmunoResponseLib.errors import ABCImmunoResponseError, MissingDependencyError, TrainingError
from ABCImmunoResponseLib.model.bundle import load_bundle
from ABCImmunoResponseLib.training.lock import write_bundle
from ABCImmunoResponseLib.training.options import TrainingOptions
from ABCImmunoResponseLib.training.train import train
from broken_disk import broken_disk
from cohort_tables import train_tiny


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return load_bundle(train_tiny(tmp_path_factory.mktemp("lock")))


def test_a_disk_that_fails_at_any_step_leaves_the_old_bundle_or_the_new(tiny, tmp_path):
    with broken_disk(tmp_path) as disk:
        write_bundle(tmp_path / "count", tiny.description, tiny.tensors, tiny.card)
        write_bundle(tmp_path / "count", tiny.description, tiny.tensors, tiny.card)
    shutil.rmtree(tmp_path / "count")
    renamed = {**tiny.description, "id": "newer"}
    for lasting in (False, True):
        for step in range(disk.steps):
            folder = shutil.copytree(tiny.path, tmp_path / "bundle")
            with broken_disk(tmp_path, fail_at=step, lasting=lasting), contextlib.suppress(TrainingError):
                write_bundle(folder, renamed, tiny.tensors, tiny.card)
            if folder.exists():
                assert load_bundle(folder).id in ("tiny", "newer")
            else:  # the disk failed for good between two renames: the old one is there under a temporary name
                assert lasting
                assert "tiny" in [load_bundle(path).id for path in tmp_path.iterdir() if _loads(path)]
            for path in tmp_path.iterdir():
                shutil.rmtree(path)


@pytest.mark.parametrize("package", ["torch", "sklearn", "lifelines", "safetensors"])
def test_a_missing_package_is_named_and_nothing_written(tables, tmp_path, monkeypatch, package):
    for module in [name for name in sys.modules if name.split(".")[0] == package]:
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingDependencyError, match="run 'make setup'"):
        train(*tables, tmp_path / "model", options=TrainingOptions(members=1, repeats=1, epochs=2))
    assert list(tmp_path.iterdir()) == []


def _loads(path) -> bool:
    try:
        load_bundle(path)
    except ABCImmunoResponseError:
        return False
    return True
