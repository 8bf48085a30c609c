"""Keep the two file lists of ABCImmunoResponse/CMakeLists.txt true to the tree.

Slicer packages exactly the files that are listed, so a file that is not listed is missing from every installation.

``python Testing/Tools/list_cmake_files.py`` rewrites the lists; with ``--check`` it only says what differs.
"""

import re
import sys
from pathlib import Path

MODULE = Path(__file__).resolve().parents[2] / "ABCImmunoResponse"
SCRIPTS, RESOURCES = "MODULE_PYTHON_SCRIPTS", "MODULE_PYTHON_RESOURCES"
_PACKAGES = ("ABCImmunoResponseLib", "ABCImmunoResponseWidgets")
_JUNK = {".DS_Store", "Thumbs.db", "desktop.ini"}


def in_tree(module: Path = MODULE) -> dict[str, list[str]]:
    """Return the files that belong into each list, relative to the module folder, in order."""
    scripts = [module / "ABCImmunoResponse.py", *(p for name in _PACKAGES for p in (module / name).rglob("*.py"))]
    resources = [p for p in (module / "Resources").rglob("*") if p.is_file() and not _is_junk(p)]
    return {
        variable: sorted(path.relative_to(module).as_posix() for path in paths)
        for variable, paths in ((SCRIPTS, scripts), (RESOURCES, resources))
    }


def _is_junk(path: Path) -> bool:
    return path.name in _JUNK or path.name.startswith(".tmp-") or path.suffix in (".pyc", ".autosave")


def in_cmake(text: str) -> dict[str, list[str]]:
    """Return the files that the text of CMakeLists.txt lists, as listed."""
    listed = {}
    for variable in (SCRIPTS, RESOURCES):
        found = re.search(rf"set\({variable}\s(.*?)\)", text, re.DOTALL)
        if found is None:
            raise SystemExit(f"CMakeLists.txt has no set({variable} ...).")
        listed[variable] = found[1].replace("${MODULE_NAME}", "ABCImmunoResponse").split()
    return listed


def with_lists(text: str, files: dict[str, list[str]]) -> str:
    """Return the text of CMakeLists.txt with its lists replaced by ``files``."""
    for variable, names in files.items():
        lines = "".join(f"  {name}\n" for name in names)
        text = re.sub(rf"set\({variable}\s.*?\)", f"set({variable}\n{lines}  )", text, flags=re.DOTALL)
    return text


def main(argv: list[str]) -> int:
    """Rewrite the lists, or with ``--check`` print the differences and return 1 if there are any."""
    path = MODULE / "CMakeLists.txt"
    text = path.read_text(encoding="utf-8")
    wanted, listed = in_tree(), in_cmake(text)
    if argv == ["--check"]:
        for variable in wanted:
            for name in sorted(set(wanted[variable]) ^ set(listed[variable])):
                print(f"{'not listed' if name in wanted[variable] else 'no such file'}: {name}")
        return int(wanted != listed)
    path.write_text(with_lists(text, wanted), encoding="utf-8", newline="\n")
    print(f"{path}: {len(wanted[SCRIPTS])} scripts, {len(wanted[RESOURCES])} resources")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
