"""Install pyradiomics 3.0.1 into the environment of the Python that runs this file.

pyradiomics publishes no wheel for current Pythons, and ``pip install pyradiomics`` fails: its source says neither that
building needs numpy nor which setuptools it can live with, and from Python 3.12 on its bundled versioneer calls parts
of configparser that are gone. This builds it with a pinned setuptools in a temporary folder, gives versioneer back
what it calls for the time of the build only, and lets pip install the result with its dependencies. Where it is
installed already, nothing is done.
"""

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

VERSION = "3.0.1"
BUILD_TOOLS = ("setuptools==80.9.0", "wheel==0.45.1")
SHIM = """\
import configparser

if not hasattr(configparser, "SafeConfigParser"):
    configparser.SafeConfigParser = configparser.ConfigParser
    configparser.RawConfigParser.readfp = configparser.RawConfigParser.read_file
"""


def main() -> int:
    """Install pyradiomics unless it is there; return the exit code."""
    if installed():
        print(f"pyradiomics {VERSION} is installed.")
        return 0
    problem = missing_for_build()
    if problem:
        print(f"pyradiomics {VERSION} cannot be built: {problem}", file=sys.stderr)
        return 1
    if importlib.util.find_spec("numpy") is None and pip("install", "numpy>=2.0"):
        return 1
    with tempfile.TemporaryDirectory(prefix="build-pyradiomics-") as folder:
        if pip("install", "--target", folder, *BUILD_TOOLS):
            return 1
        Path(folder, "sitecustomize.py").write_text(SHIM, encoding="utf-8")
        build = {"PYTHONPATH": os.pathsep.join(filter(None, (folder, os.environ.get("PYTHONPATH"))))}
        if os.name == "posix":
            build["CC"] = compiler()
        # docopt, which it leans on, comes as source too and is built the same way.
        if pip("install", "--no-build-isolation", "--use-pep517", f"pyradiomics=={VERSION}", **build):
            return 1
    if not installed():
        print(f"pyradiomics {VERSION} was installed but cannot be imported.", file=sys.stderr)
        return 1
    print(f"pyradiomics {VERSION} is now installed.")
    return 0


def installed() -> bool:
    """Return whether this Python can import the wanted version, in a process of its own."""
    try:
        if importlib.metadata.version("pyradiomics") != VERSION:
            return False
    except importlib.metadata.PackageNotFoundError:
        return False
    return (
        subprocess.run([sys.executable, "-W", "ignore", "-c", "import radiomics"], capture_output=True).returncode == 0
    )


def missing_for_build() -> str | None:
    """Return what the machine lacks to build it, and how to get it, or None."""
    if importlib.util.find_spec("pip") is None:
        return f"{sys.executable} has no pip; run '{sys.executable} -m ensurepip'."
    if os.name != "posix":
        return None  # setuptools finds Visual Studio's compiler by itself, and says so where there is none
    if compiler() is None:
        return "a C compiler is needed; install gcc (Debian, Ubuntu: apt-get install gcc)."
    header = Path(sysconfig.get_path("include"), "Python.h")
    if not header.exists():
        return f"{header} is needed; install Python's headers (Debian, Ubuntu: apt-get install python3-dev)."
    return None


def compiler() -> str | None:
    """Return the C compiler to build with: the one asked for, the one Python was built with, or any there is."""
    asked = (os.environ.get("CC"), sysconfig.get_config_var("CC"), "cc", "gcc", "clang")
    return next((name for name in asked if name and shutil.which(name.split()[0])), None)


def pip(*words: str, **environment: str) -> int:
    """Run pip of this Python; say what failed in its last lines and return its exit code."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *words]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment})
    if done.returncode:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        print("\n".join(lines[-20:]), file=sys.stderr)
        print(f"pyradiomics {VERSION} could not be installed: pip {' '.join(words)} failed.", file=sys.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
