"""What Slicer's extension index asks of an extension, by program or by reviewer, as far as it can be seen offline.

The files of the description and their agreement are in test_extension.py, the .ui files in Testing/Panel.
"""

import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[3]
MODULE = ROOT / "ABCImmunoResponse"
PACKAGES = ("ABCImmunoResponseLib", "ABCImmunoResponseWidgets")
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "Docs").glob("*.md")])
PICTURE_URL = "https://raw.githubusercontent.com/ABCImmunoResponse/SlicerABCImmunoResponse/main/"

# ACCEPTED_EXTENSION_CATEGORIES of ExtensionsIndex/scripts/check_description_files.py, those of our subject.
CATEGORIES = {"Analysis", "Informatics", "Quantification", "Radiotherapy", "Segmentation"}
# Extensions as the index names them; a name that it does not have breaks the build of all others.
EXTENSIONS = {"SlicerRadiomics", "PyTorch", "QuantitativeReporting"}
LARGEST_REPOSITORY = 100e6  # bytes

README = (ROOT / "README.md").read_text(encoding="utf-8")
CMAKE = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
ENTRY = json.loads((ROOT / "ABCImmunoResponse.json").read_text(encoding="utf-8"))
DESCRIPTION = (ROOT / "ABCImmunoResponse.s4ext").read_text(encoding="utf-8")


class TestDescription:
    """The index reads CMakeLists.txt with regular expressions: the first match counts, in comments too."""

    def test_the_first_project_that_is_named_is_ours(self):
        assert re.findall(r"project\s*\(\s*(\S+?)[\s)]", CMAKE, re.IGNORECASE) == ["ABCImmunoResponse"]

    @pytest.mark.parametrize("name", ["ICONURL", "SCREENSHOTURLS"])
    def test_pictures_are_set_once_on_one_line_without_a_blank_at_the_end(self, name):
        [value] = re.findall(rf'set\s*\(EXTENSION_{name}\s*"([^"]+)"\)', CMAKE)
        assert CMAKE.count(f"EXTENSION_{name}") == 1
        assert "\n" not in value
        for url in value.split():
            assert url.startswith(PICTURE_URL)
            path = ROOT / url.removeprefix(PICTURE_URL)
            with Image.open(path) as picture:  # a picture, not only a name that ends like one
                picture.load()
                assert picture.format == "PNG"
            assert path.stat().st_size < 1e6

    def test_the_category_is_one_of_the_index(self):
        assert ENTRY["category"] in CATEGORIES

    def test_slicer_is_part_of_the_name_of_the_repository_alone(self):
        assert "slicer" in ENTRY["scm_url"].split("/")[-1].lower()
        assert "slicer" not in MODULE.name.lower()

    def test_the_source_is_fetched_safely(self):
        assert urlsplit(ENTRY["scm_url"]).scheme == "https"

    def test_every_extension_that_is_named_is_in_the_index(self):
        words = dict(line.split(" ", 1) for line in DESCRIPTION.splitlines() if line.strip() and line[0] != "#")
        named = {*ENTRY["build_dependencies"], *words["depends"].split(), *words["recommends"].split()} - {"NA"}
        assert named <= EXTENSIONS

    def test_the_description_is_a_few_sentences_that_say_what_it_is_for(self):
        [description] = re.findall(r'set\(EXTENSION_DESCRIPTION "(.*)"\)', CMAKE)
        assert 60 < len(description) < 500
        assert description.endswith(".")
        assert "research use only" in description.lower()

    def test_the_repository_is_small(self):
        folders = (ROOT / name for name in ("ABCImmunoResponse", "Docs", "Testing"))
        sizes = [path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file()]
        assert sum(sizes) < LARGEST_REPOSITORY


class TestReadme:
    def test_it_says_early_what_it_is_for(self):
        first = README.split("\n\n")[2]
        assert "3D Slicer extension" in first
        assert len(first.split()) < 80

    def test_it_shows_a_picture(self):
        pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
        assert any(name.endswith(".png") for name in pictures)

    @pytest.mark.parametrize("path", sorted((ROOT / "Docs" / "images").glob("*.png")), ids=lambda path: path.name)
    def test_pictures_are_small_and_shown_somewhere(self, path):
        assert path.stat().st_size < 300_000
        assert any(path.name in document.read_text(encoding="utf-8") for document in DOCUMENTS)

    @pytest.mark.parametrize(
        "wanted",
        [
            r"^## Modules?$",  # a sentence for each
            r"^## .*[Cc]iting",
            r"\]\(https://doi\.org/10\.1136/jitc-2022-006514\)",  # the publication
            r"\]\(Docs/tutorial\.md\)",
            r"ABC simulated case",  # where the tutorial's data come from
            r"^## .*[Ll]icence",
            r"no data leave|nothing is (?:sent|uploaded)",  # in so many words
        ],
    )
    def test_it_has_what_reviewers_look_for(self, wanted):
        assert re.search(wanted, README, re.MULTILINE)

    @pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
    def test_what_documents_link_to_is_there(self, document):
        text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
        links = [*re.findall(r"\]\(([^)\s]+)\)", text), *re.findall(r'(?:src|href)="([^"]+)"', text)]
        for link in links:
            address = urlsplit(link)
            if address.scheme or not address.path:
                continue
            target = document.parent / unquote(address.path)
            assert target.exists(), link
            if address.fragment and target.suffix == ".md":
                assert address.fragment in anchors(target), link


def anchors(document: Path) -> set[str]:
    """Return the anchors that GitHub gives the headings of a document."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def scripts() -> list[Path]:
    return [MODULE / "ABCImmunoResponse.py", *sorted(p for name in PACKAGES for p in (MODULE / name).rglob("*.py"))]


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def at_load(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that are carried out when a file is loaded, those within classes, ifs and tries too."""
    for node in body:
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "__name__ == '__main__'"):
            continue
        yield node
        if isinstance(node, ast.ClassDef | ast.If | ast.Try | ast.With):
            yield from at_load(node.body)


def loaded_at_startup() -> dict[Path, set[str]]:
    """Return the files that Slicer loads when it starts, each with the names of what it imports."""
    found: dict[Path, set[str]] = {}
    waiting = [MODULE / "ABCImmunoResponse.py"]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found[path] = set(_imported(path))
        for name in found[path]:
            parts = name.split(".")
            if parts[0] in PACKAGES:
                waiting += [MODULE.joinpath(*parts[:n], "__init__.py") for n in range(1, len(parts) + 1)]
                waiting.append(MODULE.joinpath(*parts).with_suffix(".py"))
        waiting = [file for file in waiting if file.is_file()]
    return found


def _imported(path: Path) -> Iterator[str]:
    for node in at_load(parsed(path).body):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


class TestStartUp:
    def test_only_slicer_and_pythons_own_library_are_imported(self):
        for path, names in loaded_at_startup().items():
            tops = {name.split(".")[0] for name in names} - sys.stdlib_module_names - set(PACKAGES)
            assert tops <= {"slicer", "qt", "ctk", "vtk"}, path

    def test_nothing_is_done_when_a_file_is_loaded(self):
        for path in loaded_at_startup():
            for node in at_load(parsed(path).body):
                if isinstance(node, ast.Expr):
                    assert isinstance(node.value, ast.Constant), f"{path}:{node.lineno}"  # a docstring
                assert not isinstance(node, ast.For | ast.While | ast.With | ast.Delete), f"{path}:{node.lineno}"

    def test_few_files_are_loaded(self):
        assert len(loaded_at_startup()) < 25


def called(node: ast.AST) -> str:
    return ast.unparse(node.func).split(".")[-1] if isinstance(node, ast.Call) else ""


class TestPackages:
    INSTALLERS = frozenset({"pip_install", "pip_ensure", "installTorch", "executePythonModule", "pip_uninstall"})

    def test_nothing_is_installed_when_a_file_is_loaded_or_the_module_made(self):
        for path in scripts():
            tree = parsed(path)
            for statement in at_load(tree.body):
                if not isinstance(statement, ast.ClassDef | ast.If | ast.Try | ast.With | ast.FunctionDef):
                    assert not self.INSTALLERS & {called(node) for node in ast.walk(statement)}, path
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef) and node.name in ("__init__", "setup", "enter"):
                    assert not self.INSTALLERS & {called(inner) for inner in ast.walk(node)}, f"{path}: {node.name}"

    def test_one_file_installs(self):
        installing = {
            path.name for path in scripts() if self.INSTALLERS & {called(node) for node in ast.walk(parsed(path))}
        }
        assert installing == {"packages.py"}

    def test_pytorch_comes_with_its_extension_only(self):
        for path in (MODULE / "Resources").glob("requirements*.txt"):
            lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
            assert not [line for line in lines if re.match(r"torch|light.the.torch", line)], path

    @pytest.mark.parametrize(
        "path", sorted((MODULE / "Resources").glob("requirements*.txt")), ids=lambda path: path.name
    )
    def test_versions_are_lower_limits(self, path):
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
        assert lines
        assert all(re.fullmatch(r"[\w-]+>=[\d.]+", line) for line in lines)
        assert not [line for line in lines if re.match(r"(numpy|scipy|SimpleITK|pydicom|vtk)\b", line)]


class TestSafety:
    def test_nothing_goes_over_the_network(self):
        network = {"urllib.request", "http.client", "http.server", "socket", "ftplib", "requests", "httpx", "aiohttp"}
        calls = {"urlopen", "urlretrieve", "downloadFile", "downloadAndExtractArchive", "QNetworkAccessManager"}
        for path in scripts():
            for node in ast.walk(parsed(path)):
                if isinstance(node, ast.Import):
                    assert not network & {alias.name for alias in node.names}, path
                elif isinstance(node, ast.ImportFrom):
                    assert node.module not in network, path
                assert called(node) not in calls, path

    def test_widgets_keep_the_look_of_the_application(self):
        for path in scripts():
            assert not re.search(r"\bs(?:etS)?tyleSheet\b", path.read_text(encoding="utf-8")), path
