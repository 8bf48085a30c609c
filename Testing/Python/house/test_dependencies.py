"""Whatever is imported is declared, and whatever is declared is pinned: a fresh machine gets what the code needs."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

ROOT = Path(__file__).resolve().parents[3]
# Of Slicer's own environment: slicer-core brings vtk, and the rest only exists in the application.
# PyTorchUtils is a module of the extension PyTorch, imported only where that is installed.
APPLICATION = {"slicer", "vtk", "vtkmodules", "qt", "ctk", "SampleData", "PyTorchUtils"}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lists = [
        project["project"]["dependencies"],
        *project["project"]["optional-dependencies"].values(),
        *project["dependency-groups"].values(),
    ]
    return {canonical(re.match(r"[\w.-]+", line)[0]) for lines in lists for line in lines}


def pinned() -> set[str]:
    lines = (ROOT / "Testing" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", pin) for pin in pins)
    return {canonical(pin.split("==")[0]) for pin in pins}


def imported(*folders: str) -> dict[str, set[str]]:
    """Return the distributions whose packages are imported anywhere below ``folders``, and in which files."""
    ours = {path.stem for path in ROOT.rglob("*.py") if ".venv" not in path.parts}
    ours |= {
        path.name
        for folder in ("ABCImmunoResponse", "Testing/Host", "Testing/Python")
        for path in (ROOT / folder).iterdir()
    }
    found: dict[str, set[str]] = {}
    distributions = packages_distributions()
    for path in (path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            for top in {name.split(".")[0] for name in names} - sys.stdlib_module_names - ours - APPLICATION:
                for distribution in distributions.get(top, [top]):
                    found.setdefault(canonical(distribution), set()).add(path.name)
    return found


def test_what_is_imported_is_declared():
    found = imported("ABCImmunoResponse", "Testing")
    assert not {name: found[name] for name in found.keys() - declared()}


def test_what_is_declared_is_pinned():
    assert not declared() - pinned()


def test_the_panel_asks_slicer_for_what_the_report_declares():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lines = (ROOT / "ABCImmunoResponse" / "Resources" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not line.startswith("#")] == project["project"]["optional-dependencies"]["report"]


def test_the_pins_are_found_in_a_folder_whose_name_holds_blanks(tmp_path):
    folder = tmp_path / "a folder" / "50% of it"
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", folder)
    made = subprocess.run(
        ["make", "--no-print-directory", "--eval", "show:;@echo $$PIP_CONSTRAINT", "show"],
        cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    url = made.stdout.strip()
    assert not any(character.isspace() for character in url)  # pip would take each part for a file
    assert Path(url2pathname(urlsplit(url).path)) == folder / "Testing" / "constraints.txt"
