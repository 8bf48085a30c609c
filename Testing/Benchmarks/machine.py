"""The machine and the packages that figures come from."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = ("numpy", "scipy", "SimpleITK", "pyradiomics", "PyWavelets", "numba")


def describe() -> dict[str, str]:
    """Return what the page says of the machine, by heading."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "CPU": _cpu(),
        "cores": str(os.cpu_count()),
        "system": _system(),
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        **{name: _version(name) for name in _PACKAGES},
    }


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        models = [line.split(":")[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
        if models:
            return f"{models[0]} ({platform.machine()})"
    if platform.system() == "Darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    return platform.processor() or platform.machine()


def _system() -> str:
    if platform.system() == "Linux":
        return f"{platform.freedesktop_os_release()['PRETTY_NAME']}, Linux {platform.release()}"
    return platform.platform()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
