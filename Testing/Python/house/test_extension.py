"""What Slicer's build system and extensions index read of the repository: complete, and the same everywhere."""

import importlib.util
import json
import re
import struct
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[3]
MODULE = ROOT / "ABCImmunoResponse"
LISTS = ROOT / "Testing" / "Tools" / "list_cmake_files.py"

# Extensions/CMake/SlicerExtensionDescriptionSpec.cmake of Slicer 5.13
S4EXT_REQUIRED = {"scm", "scmurl", "scmrevision"}
S4EXT_OPTIONAL = {
    "depends", "recommends", "build_subdirectory", "homepage", "contributors", "category", "iconurl", "description",
    "screenshoturls", "enabled", "status", "tier", "dicom_support_rule", "keywords",
}  # fmt: skip
# Schemas/slicer-extension-catalog-entry-schema-v1.0.2.json of Slicer 5.13
JSON_REQUIRED = {"$schema": str, "category": str, "scm_url": str}
JSON_OPTIONAL = {
    "scm_revision": str, "scm_type": str, "build_dependencies": list, "dicom_support_rule": str,
    "build_subdirectory": str, "enabled": bool, "tier": int,
}  # fmt: skip


@pytest.fixture(scope="module")
def cmake() -> str:
    return (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def s4ext() -> dict[str, str]:
    lines = (ROOT / "ABCImmunoResponse.s4ext").read_text(encoding="utf-8").splitlines()
    pairs = [line.split(" ", 1) for line in lines if line.strip() and not line.startswith("#")]
    assert all(len(pair) == 2 and pair[1].strip() == pair[1] for pair in pairs)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


@pytest.fixture(scope="module")
def entry() -> dict:
    return json.loads((ROOT / "ABCImmunoResponse.json").read_text(encoding="utf-8"))


def set_to(cmake: str, name: str) -> str:
    """Return what CMakeLists.txt sets a variable to, in the one-line form that the extensions index looks for."""
    [value] = re.findall(rf'^set\({name} "([^"]+)"\)$', cmake, re.MULTILINE)
    return value


def in_repository(url: str) -> Path:
    """Return the file of this repository that a raw URL of its main branch shows."""
    start = "https://raw.githubusercontent.com/ABCImmunoResponse/SlicerABCImmunoResponse/main/"
    assert url.startswith(start)
    return ROOT / url.removeprefix(start)


def test_the_project_is_the_extension(cmake):
    assert re.search(r"^project\(ABCImmunoResponse\)$", cmake, re.MULTILINE)
    steps = [
        "find_package(Slicer REQUIRED)", "include(${Slicer_USE_FILE})", "add_subdirectory(ABCImmunoResponse)",
        "include(${Slicer_EXTENSION_GENERATE_CONFIG})", "include(${Slicer_EXTENSION_CPACK})",
    ]  # fmt: skip
    places = [cmake.index(f"\n{step}\n") for step in steps]
    assert places == sorted(places)


@pytest.mark.parametrize(
    "name",
    ["homepage", "category", "contributors", "description", "iconurl", "screenshoturls", "depends", "recommends"],
)
def test_the_description_says_what_cmake_says(name, cmake, s4ext):
    assert s4ext[name] == set_to(cmake, f"EXTENSION_{name.upper()}")


def test_the_description_has_the_keywords_that_slicer_knows(s4ext):
    assert set(s4ext) >= S4EXT_REQUIRED
    assert set(s4ext) <= S4EXT_REQUIRED | S4EXT_OPTIONAL


def test_the_catalogue_entry_fits_its_schema(entry):
    assert entry["$schema"].endswith("/slicer-extension-catalog-entry-schema-v1.0.2.json#")
    kinds = JSON_REQUIRED | JSON_OPTIONAL
    assert set(JSON_REQUIRED) <= set(entry) <= set(kinds)
    assert {name: type(value) for name, value in entry.items()} == {name: kinds[name] for name in entry}
    assert 1 <= entry["tier"] <= 5
    assert all(isinstance(name, str) for name in entry["build_dependencies"])


def test_the_catalogue_entry_says_what_cmake_and_the_description_say(cmake, s4ext, entry):
    assert entry["category"] == set_to(cmake, "EXTENSION_CATEGORY")
    assert (entry["scm_type"], entry["scm_url"], entry["scm_revision"]) == (
        s4ext["scm"], s4ext["scmurl"], s4ext["scmrevision"],
    )  # fmt: skip
    depends = set_to(cmake, "EXTENSION_DEPENDS")
    assert entry["build_dependencies"] == ([] if depends == "NA" else depends.split())
    assert entry["build_subdirectory"] == s4ext["build_subdirectory"]
    assert (str(entry["tier"]), str(int(entry["enabled"]))) == (s4ext["tier"], s4ext["enabled"])
    assert entry["scm_url"] == set_to(cmake, "EXTENSION_HOMEPAGE") + ".git"


def test_the_index_takes_the_name_of_extension_and_repository(entry):
    repository = entry["scm_url"].removesuffix(".git").split("/")[-1]
    assert repository == "SlicerABCImmunoResponse"  # 'Slicer' begins the repository's name, never the extension's


def test_icon_and_screenshots_are_pictures_of_the_repository(cmake):
    icon = in_repository(set_to(cmake, "EXTENSION_ICONURL"))
    assert size_of_png(icon) == (128, 128)
    for url in set_to(cmake, "EXTENSION_SCREENSHOTURLS").split():
        assert min(size_of_png(in_repository(url))) >= 300


def size_of_png(path: Path) -> tuple[int, int]:
    head = path.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n", path
    return struct.unpack(">II", head[16:24])


def test_the_license_lies_in_the_root():
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")[:200]


@pytest.mark.parametrize("name", ["ABCImmunoResponse.json", "ABCImmunoResponse.s4ext", "CMakeLists.txt"])
def test_lines_end_as_the_index_wants(name):
    assert b"\r" not in (ROOT / name).read_bytes()


def listed(variable: str) -> list[str]:
    text = (MODULE / "CMakeLists.txt").read_text(encoding="utf-8")
    [body] = re.findall(rf"set\({variable}\s+([^)]*)\)", text)
    return body.split()


def packaged(*patterns: str) -> set[str]:
    """Return the files of the module folder that git keeps or would keep, as matched by ``patterns``."""
    found = {path for pattern in patterns for path in MODULE.glob(pattern) if path.is_file()}
    return {p.relative_to(MODULE).as_posix() for p in found if "__pycache__" not in p.parts}


def test_every_script_is_listed_and_every_listed_one_is_there():
    scripts = listed("MODULE_PYTHON_SCRIPTS")
    assert len(scripts) == len(set(scripts))
    assert set(scripts) == packaged("*.py", "ABCImmunoResponseLib/**/*.py", "ABCImmunoResponseWidgets/**/*.py")


def test_every_resource_is_listed_and_every_listed_one_is_there():
    resources = listed("MODULE_PYTHON_RESOURCES")
    assert len(resources) == len(set(resources))
    assert set(resources) == packaged("Resources/**/*")


def test_no_loose_script_is_taken_for_a_module():
    assert packaged("*.py") == {"ABCImmunoResponse.py"}


def test_the_tool_that_lists_files_agrees_and_mends(tmp_path):
    assert subprocess.run([sys.executable, LISTS, "--check"], capture_output=True).returncode == 0
    spec = importlib.util.spec_from_file_location("list_cmake_files", LISTS)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    text = (MODULE / "CMakeLists.txt").read_text(encoding="utf-8")
    worn = text.replace("  Resources/requirements.txt\n", "").replace("  ABCImmunoResponse.py\n", "  gone.py\n")
    assert tool.in_cmake(worn) != tool.in_tree()
    assert tool.with_lists(worn, tool.in_tree()) == text


def test_the_tests_that_cmake_registers_are_there():
    folder = MODULE / "Testing" / "Python"
    scripts = re.findall(r"SCRIPT \$\{_slicer_tests\}/(\S+)\)", (folder / "CMakeLists.txt").read_text(encoding="utf-8"))
    assert len(scripts) >= 2
    assert all((ROOT / "Testing" / "Slicer" / script).is_file() for script in scripts)


def test_the_panel_is_built_as_slicer_wants():
    panel = ElementTree.parse(MODULE / "Resources" / "UI" / "ABCImmunoResponse.ui").getroot()
    assert panel.find("widget").get("class") == "qMRMLWidget"
    assert not panel.findall(".//property[@name='styleSheet']")
    custom = {item.findtext("class") for item in panel.findall("customwidgets/customwidget")}
    used = {item.get("class") for item in panel.iter("widget")}
    assert {name for name in used if name.startswith(("qMRML", "ctk"))} == custom


def test_every_widget_that_the_panel_names_is_in_a_form():
    forms = (MODULE / "Resources" / "UI").glob("*.ui")
    offered = {item.get("name") for form in forms for item in ElementTree.parse(form).iter("widget")}
    texts = [path.read_text(encoding="utf-8") for path in (MODULE / "ABCImmunoResponseWidgets").rglob("*.py")]
    used = {name for text in texts for name in re.findall(r"\bui\.(\w+)", text)}
    assert len(used) > 100
    assert used <= offered
