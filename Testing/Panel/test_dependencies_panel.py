"""The table of packages: what it says is there, what its buttons ask for, and what it never does by itself."""

import sys
import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from subprocess import CalledProcessError
from types import ModuleType, SimpleNamespace

import pytest
import slicer
import vtk
from packaging.requirements import Requirement

from ABCImmunoResponseLib.errors import MissingDependencyError
from ABCImmunoResponseLib.resources import resource
from ABCImmunoResponseWidgets.report import packages
from ABCImmunoResponseWidgets.report.packages import GROUPS, PYRADIOMICS, REPORT, SPEED, TORCH, TRAINING, install

ROOT = Path(__file__).resolve().parents[2]


def yes(text: str) -> bool:
    return True


def no(text: str) -> bool:
    return False


@pytest.fixture
def nothing_there(monkeypatch):
    """As in a plain Slicer: none of the packages is installed."""
    monkeypatch.setattr(packages, "find_spec", lambda name: None)


def lines(name: str) -> set[str]:
    text = resource(name).read_text(encoding="utf-8").splitlines()
    return {line for line in text if line and not line.startswith("#")}


def test_requirements_are_those_of_the_package():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert lines("requirements.txt") == set(extras["report"])
    assert lines("requirements-speed.txt") == set(extras["fast"])
    torch = {one for one in extras["train"] if one.startswith("torch")}
    assert lines("requirements-training.txt") == set(extras["train"]) - torch
    assert torch == {f"torch{packages._TORCH}"}


@pytest.mark.parametrize("group", [group for group in GROUPS if group.requirements], ids=lambda group: group.title)
def test_a_group_names_what_its_file_requires(group):
    assert {package for package, _module in group.packages} == {
        Requirement(one).name for one in lines(group.requirements)
    }


def test_what_is_there_is_found_without_importing_it():
    before = set(sys.modules)
    for group in GROUPS:
        assert group.lacking == ()
        assert all(group.present.values())
    assert not {"torch", "sklearn", "lifelines", "radiomics", "numba"} & (set(sys.modules) - before)


def test_pip_is_given_the_requirements_and_slicers_own_versions(monkeypatch):
    asked = {}

    def pip_ensure(requirements, constraints, requester):
        asked.update(requirements=[str(one) for one in requirements], held=Path(constraints).read_text(), by=requester)

    monkeypatch.setitem(
        sys.modules,
        "slicer.packaging",
        SimpleNamespace(load_requirements=lambda path: sorted(lines(Path(path).name)), pip_ensure=pip_ensure),
    )
    install(TRAINING, no)  # Slicer's own dialog asks
    assert asked["requirements"] == sorted(lines("requirements-training.txt"))
    assert asked["by"] == "ABCImmunoResponse"
    import numpy
    import SimpleITK

    held = asked["held"].splitlines()
    assert f"numpy=={numpy.__version__}" in held
    assert any(line.startswith(f"SimpleITK=={SimpleITK.Version.MajorVersion()}.") for line in held)


def test_vtk_is_held_where_it_is_no_package_too(monkeypatch):
    monkeypatch.setattr(packages, "version", lambda package: (_ for _ in ()).throw(PackageNotFoundError(package)))
    with packages._constraints() as held:
        assert held.read_text() == f"vtk=={vtk.vtkVersion.GetVTKVersion()}\n"


def test_a_script_without_a_window_is_never_asked(monkeypatch, nothing_there):
    monkeypatch.setattr(slicer.util, "confirmOkCancelDisplay", lambda *given, **named: pytest.fail("nobody is there"))
    monkeypatch.setattr(packages, "install", lambda group, confirm: pytest.fail("nobody said yes"))
    monkeypatch.setattr(slicer.util, "mainWindow", lambda: None)
    packages.ensure_packages()


@pytest.mark.parametrize(
    "failure", [RuntimeError("User declined\npackage installation"), CalledProcessError(1, ["pip", "install"])]
)
def test_declining_and_failing_are_one_clear_line(monkeypatch, nothing_there, failure):
    def pip_ensure(requirements, constraints, requester):
        raise failure

    monkeypatch.setitem(
        sys.modules, "slicer.packaging", SimpleNamespace(load_requirements=lambda path: [], pip_ensure=pip_ensure)
    )
    with pytest.raises(MissingDependencyError, match=r"\Ajinja2, matplotlib, pillow were not installed [^\n]*\Z"):
        install(REPORT, yes)


def test_before_slicer_5_11_the_panel_asks_itself(monkeypatch, nothing_there):
    given = []
    monkeypatch.setitem(sys.modules, "slicer.packaging", None)
    monkeypatch.setattr(slicer.util, "pip_install", given.append)
    with pytest.raises(MissingDependencyError, match="declined"):
        install(SPEED, no)
    assert given == []
    install(SPEED, yes)
    [[word, path, constraint, _held]] = given
    assert (word, Path(path).name, constraint) == ("--requirement", "requirements-speed.txt", "--constraint")


def test_torch_is_installed_through_the_extension_alone(monkeypatch):
    given = {}

    class PyTorchUtilsLogic:
        def installTorch(self, **words):  # noqa: N802 - Slicer's name
            given.update(words)
            return given.get("torch")

    module = ModuleType("PyTorchUtils")
    module.PyTorchUtilsLogic = PyTorchUtilsLogic
    monkeypatch.setitem(sys.modules, "PyTorchUtils", module)
    with pytest.raises(MissingDependencyError, match="testing mode"):
        install(TORCH, yes)
    assert given == {}
    monkeypatch.setattr(packages, "slicer", SimpleNamespace(app=SimpleNamespace(testingEnabled=lambda: False)))
    with pytest.raises(MissingDependencyError, match="declined"):
        install(TORCH, yes)
    assert given == {"askConfirmation": True, "torchVersionRequirement": ">=2.6"}
    given["torch"] = module
    install(TORCH, yes)
    monkeypatch.setitem(sys.modules, "PyTorchUtils", None)
    with pytest.raises(MissingDependencyError, match="extension PyTorch in Slicer's Extensions Manager"):
        install(TORCH, yes)


def test_pyradiomics_comes_with_its_extension():
    with pytest.raises(MissingDependencyError, match="extension SlicerRadiomics"):
        install(PYRADIOMICS, yes)
