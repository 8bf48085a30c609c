"""``slicer.packaging``: what is installed, and asking for what is missing. Only a test's hook installs anything."""

import logging
import subprocess
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import slicer
from packaging.requirements import Requirement

__all__ = ["isPipInstallInProgress", "load_requirements", "pip_check", "pip_ensure", "pip_install"]

Requirements = str | Requirement | list[str | Requirement]

_hook: Callable[[list[str]], None] | None = None
_in_progress = False


def set_installer(hook: Callable[[list[str]], None] | None) -> None:
    """Let ``hook`` stand for pip (the host's own; Slicer has no such name): it is given the list of requirements.

    What it raises is what pip failed with; None means that installing is an error again.
    """
    global _hook
    _hook = hook


def load_requirements(path: str | Path) -> list[Requirement]:
    """Return the requirements in a file; comments and pip's options are passed over."""
    lines = (line.strip() for line in Path(path).read_text().splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]


def _requirements(given: Requirements) -> list[Requirement]:
    if isinstance(given, str):
        given = given.split()
    elif isinstance(given, Requirement):
        given = [given]
    return [one if isinstance(one, Requirement) else Requirement(one) for one in given]


def pip_check(req: Requirements) -> bool:
    """Return whether requirements are installed, with what their extras need; markers that do not apply are met."""
    return all(_met(one, set()) for one in _requirements(req))


def _met(requirement: Requirement, seen: set) -> bool:
    if requirement.marker is not None and not requirement.marker.evaluate():
        return True
    key = (requirement.name.lower(), frozenset(requirement.extras))
    if key in seen:
        return True
    seen.add(key)
    try:
        installed = version(requirement.name)
    except PackageNotFoundError:
        return False
    if installed not in requirement.specifier:
        return False
    for text in requires(requirement.name) or [] if requirement.extras else []:
        needed = Requirement(text)
        if needed.marker and any(needed.marker.evaluate({"extra": extra}) for extra in requirement.extras):
            needed.marker = None
            if not _met(needed, seen):
                return False
    return True


def pip_ensure(
    requirements: Requirements,
    constraints: str | Path | None = None,
    skip_packages: list[str] | None = None,
    prompt_install: bool = True,
    prompt_restart: bool = True,
    requester: str | None = None,
    skip_in_testing: bool = True,
    show_progress: bool = True,
) -> list[str] | None:
    """Install what is missing; in testing mode only with ``skip_in_testing=False``, and then the question says no.

    Raises
    ------
    RuntimeError
        If the user declines, as in testing mode whenever ``prompt_install`` is True.
    subprocess.CalledProcessError
        If pip fails.
    """
    missing = [one for one in _requirements(requirements) if not pip_check(one)]
    if not missing:
        return None
    if skip_in_testing and slicer.app.testingEnabled():
        logging.info("Testing mode is enabled: skipping pip_ensure for [%s]", ", ".join(map(str, missing)))
        return None
    if prompt_install:
        title = f"{requester} - Install Python Packages" if requester else "Install Python Packages"
        question = f"{len(missing)} Python packages need to be installed."
        if not slicer.util.confirmOkCancelDisplay(question, title, detailedText="\n".join(map(str, missing))):
            raise RuntimeError("User declined package installation")
    return pip_install([str(one) for one in missing], constraints=constraints, skip_packages=skip_packages)


def pip_install(
    requirements: Requirements,
    constraints: str | Path | None = None,
    skip_packages: list[str] | None = None,
    blocking: bool = True,
    show_progress: bool = True,
    requester: str | None = None,
    logCallback: Callable[[str], None] | None = None,
    completedCallback: Callable[[int], None] | None = None,
) -> None:
    """Hand requirements to the test's installer; not blocking, it runs and is reported on in the event loop.

    Raises
    ------
    RuntimeError
        If no test set an installer, or one is at work.
    subprocess.CalledProcessError
        If pip fails.
    """
    if _hook is None:
        raise RuntimeError("the stand-in host installs nothing: give it an installer with set_installer")
    if skip_packages:
        raise NotImplementedError("the stand-in host skips no packages: test this in a real Slicer")
    wanted = [str(one) for one in _requirements(requirements)]
    if blocking:
        _hook(wanted)
        return
    if _in_progress:
        raise RuntimeError("a pip install is in progress")
    _install_later(wanted, logCallback, completedCallback)


def _install_later(wanted: list[str], log: Callable | None, completed: Callable | None) -> None:
    import qt

    global _in_progress
    _in_progress = True

    def install() -> None:
        global _in_progress
        status = 0
        try:
            _hook(wanted)
        except subprocess.CalledProcessError as failure:
            status = failure.returncode
        _in_progress = False
        if log:
            log(f"Installed {' '.join(wanted)}" if status == 0 else f"pip failed with code {status}")
        if completed:
            completed(status)

    qt.QTimer.singleShot(0, install)


def isPipInstallInProgress() -> bool:
    return _in_progress
