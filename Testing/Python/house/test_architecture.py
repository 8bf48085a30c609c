"""Which part may lean on which: read from the imports themselves."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

MODULE = Path(__file__).resolve().parents[3] / "ABCImmunoResponse"
LIB, WIDGETS = MODULE / "ABCImmunoResponseLib", MODULE / "ABCImmunoResponseWidgets"
APPLICATION = {"slicer", "qt", "ctk", "vtk", "vtkmodules", "PythonQt", "sitkUtils", "vtkAddon", "mrml"}
BUNDLED = {"numpy", "scipy", "SimpleITK", "pydicom"}  # what Slicer brings and loads anyway
OURS = {"ABCImmunoResponseLib", "ABCImmunoResponseWidgets", "ABCImmunoResponse"}

# A room may import from its own floor and from those below it. Files that lie beside the rooms are the ground.
FLOORS = [
    {"cli", "commands", "__main__"},
    {"cohort", "report", "training", "simulation"},
    {"evaluation", "model"},
    {"features", "reading"},
    {"recist", "imaging"},
    {"ground"},
]
FLOOR = {room: height for height, rooms in enumerate(reversed(FLOORS)) for room in rooms}


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Yield every module that a file imports, and whether it does so when it is loaded (not inside a function)."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    yield from _imports(tree, at_load=True)


def _imports(node: ast.AST, at_load: bool) -> Iterator[tuple[str, bool]]:
    if isinstance(node, ast.Import):
        yield from ((alias.name, at_load) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"relative import in line {node.lineno}"
        # `from package import module` and `from module import name` look alike: the file system tells.
        for alias in node.names:
            name = f"{node.module}.{alias.name}"
            yield (name if MODULE.joinpath(*name.split(".")).with_suffix(".py").exists() else node.module), at_load
    elif isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
        return  # never run
    elif _imports_by_name(node):
        yield node.args[0].value, at_load
    inside = at_load and not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
    for child in ast.iter_child_nodes(node):
        yield from _imports(child, inside)


def _imports_by_name(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and ast.unparse(node.func).split(".")[-1] in ("import_module", "__import__", "optional")
        and bool(node.args)
        and isinstance(node.args[0], ast.Constant)
    )


def files(*folders: Path) -> list[Path]:
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


def top(name: str) -> str:
    return name.split(".")[0]


def third_party(name: str) -> bool:
    return top(name) not in sys.stdlib_module_names | OURS


def room(name: str) -> str:
    """Return the room of a module of the Lib: ``ABCImmunoResponseLib.recist.targets`` is of ``recist``."""
    parts = name.split(".")
    if len(parts) > 1 and (LIB / parts[1]).is_dir():
        return parts[1]
    return parts[1] if len(parts) > 1 and parts[1] in FLOOR else "ground"


def module_name(path: Path) -> str:
    parts = path.relative_to(MODULE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_the_lib_knows_nothing_of_slicer():
    found = {
        f"{path.relative_to(MODULE)}: {name}"
        for path in files(LIB)
        for name, _ in imports(path)
        if top(name) in APPLICATION | {"ABCImmunoResponseWidgets", "ABCImmunoResponse"}
    }
    assert not found


def test_what_is_loaded_with_the_lib_is_bundled_with_slicer():
    found = {
        f"{path.relative_to(MODULE)}: {name}"
        for path in files(LIB)
        for name, at_load in imports(path)
        if at_load and third_party(name) and top(name) not in BUNDLED
    }
    assert not found


def test_what_is_loaded_with_the_slicer_side_is_there():
    found = {
        f"{path.relative_to(MODULE)}: {name}"
        for path in [MODULE / "ABCImmunoResponse.py", *files(WIDGETS)]
        for name, at_load in imports(path)
        if at_load and third_party(name) and top(name) not in BUNDLED | APPLICATION
    }
    assert not found


def test_the_module_file_itself_imports_no_third_party_package():
    names = {top(name) for name, _ in imports(MODULE / "ABCImmunoResponse.py")}
    assert {name for name in names if third_party(name)} == {"slicer"}


def test_the_slicer_side_does_not_import_the_module_file():
    assert not [path for path in files(WIDGETS) for name, _ in imports(path) if top(name) == "ABCImmunoResponse"]


def test_every_room_has_its_floor():
    rooms = {path.name for path in LIB.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms <= set(FLOOR)


def test_imports_point_down():
    found = {
        f"{path.relative_to(MODULE)} ({room(module_name(path))}) imports {name} ({room(name)})"
        for path in files(LIB)
        for name, _ in imports(path)
        if top(name) == "ABCImmunoResponseLib" and FLOOR[room(name)] > FLOOR[room(module_name(path))]
    }
    assert not found


@pytest.mark.parametrize(("of", "folders"), [(room, [LIB]), (str, [LIB, WIDGETS])], ids=["rooms", "modules"])
def test_imports_never_go_in_a_circle(of, folders):
    graph: dict[str, set[str]] = {}
    for path in files(*folders):
        name = module_name(path)
        for other, _ in imports(path):
            if top(other) in OURS and of(other) != of(name):
                graph.setdefault(of(name), set()).add(of(other))
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        pytest.fail(" -> ".join(circle.args[1]))


def test_the_module_file_holds_the_five_classes_and_little_else():
    text = (MODULE / "ABCImmunoResponse.py").read_text(encoding="utf-8")
    classes = [node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    assert classes == [f"ABCImmunoResponse{part}" for part in ("", "ParameterNode", "Widget", "Logic", "Test")]
    assert len(text.splitlines()) < 400


def test_every_module_loads_where_there_is_only_what_slicer_bundles():
    names = [module_name(path) for path in files(LIB) if path.name != "__main__.py"]
    program = f"""
import importlib, sys
from importlib.metadata import packages_distributions

class Blocker:
    installed = set(packages_distributions()) - {BUNDLED | OURS!r}

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in self.installed:
            raise ImportError(f"{{name}} is not there")

sys.meta_path.insert(0, Blocker())
sys.path.insert(0, {str(MODULE)!r})
for name in {names!r}:
    importlib.import_module(name)
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
