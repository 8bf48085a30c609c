"""Python packages that Slicer does not bring: which there are, and how they are installed when a user asks for it.

Nothing here imports them or runs before a user's click. numpy, SimpleITK, VTK and what else Slicer brings keep their
versions: where a package wants others, its installation fails instead.
"""

import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module, invalidate_caches
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from subprocess import CalledProcessError

import slicer
import vtk
from slicer.i18n import tr as _

from ABCImmunoResponseLib.errors import MissingDependencyError
from ABCImmunoResponseLib.resources import resource

_SLICERS_OWN = ("numpy", "scipy", "SimpleITK", "pydicom", "vtk")
_TORCH = ">=2.6"

Confirm = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class PackageGroup:
    """Packages that serve one purpose.

    Attributes
    ----------
    title, purpose
        For the user: what it is for, and what works without it.
    packages
        Name of each package, as it is installed, and of the module that it brings.
    requirements
        The file in Resources that says which versions; '' where an extension of Slicer brings the packages.
    extension
        The extension of Slicer that brings or installs them; '' where pip does.
    """

    title: str
    purpose: str
    packages: tuple[tuple[str, str], ...]
    requirements: str = ""
    extension: str = ""

    @property
    def present(self) -> dict[str, str]:
        """The versions of the packages that are there, by name; nothing is imported."""
        return {package: _version(package) for package, module in self.packages if find_spec(module) is not None}

    @property
    def lacking(self) -> tuple[str, ...]:
        """The packages that are not there."""
        return tuple(package for package, module in self.packages if find_spec(module) is None)


REPORT = PackageGroup(
    _("Report"),
    _("Needed to write the HTML report."),
    (("jinja2", "jinja2"), ("matplotlib", "matplotlib"), ("pillow", "PIL")),
    requirements="requirements.txt",
)
SPEED = PackageGroup(
    _("Faster features"),
    _("Optional: features are the same without it, and take longer."),
    (("numba", "numba"),),
    requirements="requirements-speed.txt",
)
TRAINING = PackageGroup(
    _("Training"),
    _("Only to train a model of your own; scoring does not need it."),
    (("scikit-learn", "sklearn"), ("lifelines", "lifelines"), ("pandas", "pandas"), ("safetensors", "safetensors")),
    requirements="requirements-training.txt",
)
TORCH = PackageGroup(
    _("PyTorch"),
    _("Only to train a model of your own; installed through Slicer's extension PyTorch."),
    (("torch", "torch"),),
    extension="PyTorch",
)
PYRADIOMICS = PackageGroup(
    _("Another engine"),
    _("pyradiomics, only to compare engines; it comes with Slicer's extension SlicerRadiomics."),
    (("pyradiomics", "radiomics"),),
    extension="SlicerRadiomics",
)
GROUPS = (REPORT, SPEED, TRAINING, TORCH, PYRADIOMICS)


def install(group: PackageGroup, confirm: Confirm) -> None:
    """Install what a group lacks, after Slicer or ``confirm`` asked the user.

    Raises
    ------
    MissingDependencyError
        If the user declines, the installation fails, or an extension must be installed first.
    """
    if group is TORCH:
        _install_torch()
    elif group.requirements:
        _install_with_pip(group, confirm)
    else:
        raise MissingDependencyError(_how_to_get(group.extension))
    invalidate_caches()


def ensure_packages(confirm: Confirm | None = None) -> None:
    """Ask to install what the report needs and Slicer lacks; nothing is asked where all is there.

    In testing mode, and without a window, where nobody can answer, nothing is installed: then the report refuses, and
    says how to install it.

    Raises
    ------
    MissingDependencyError
        If the user declines, or the installation fails.
    """
    if confirm is not None or slicer.util.mainWindow() is not None:
        install(REPORT, confirm or slicer.util.confirmOkCancelDisplay)


def importable(*modules: str) -> bool:
    """Say whether every one of these modules can be imported."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for module in modules:
                import_module(module)
        except ImportError:
            return False
    return True


def _install_with_pip(group: PackageGroup, confirm: Confirm) -> None:
    path = resource(group.requirements)
    try:
        with _constraints() as constraints:
            try:
                from slicer.packaging import load_requirements, pip_ensure
            except ImportError:  # before Slicer 5.11
                _install_with_util(group, path, constraints, confirm)
            else:
                pip_ensure(load_requirements(str(path)), constraints=str(constraints), requester="ABCImmunoResponse")
    except (RuntimeError, CalledProcessError) as cause:
        raise MissingDependencyError(
            _("{packages} were not installed ({cause}): try again, or see Slicer's Python console.").format(
                packages=", ".join(group.lacking), cause=" ".join(str(cause).split())[:200]
            )
        ) from cause


def _install_with_util(group: PackageGroup, path: Path, constraints: Path, confirm: Confirm) -> None:
    if not group.lacking:
        return
    question = _("Install {packages} into Slicer's Python environment?").format(packages=", ".join(group.lacking))
    if not confirm(question):
        raise RuntimeError("User declined package installation")
    slicer.util.pip_install(["--requirement", str(path), "--constraint", str(constraints)])


def _install_torch() -> None:
    if slicer.app.testingEnabled():  # there the extension would install without asking
        raise MissingDependencyError(_("PyTorch is not installed in testing mode."))
    try:
        from PyTorchUtils import PyTorchUtilsLogic
    except ImportError as cause:
        raise MissingDependencyError(_how_to_get(TORCH.extension)) from cause
    try:
        installed = PyTorchUtilsLogic().installTorch(askConfirmation=True, torchVersionRequirement=_TORCH)
    except (RuntimeError, CalledProcessError, ImportError) as cause:
        raise MissingDependencyError(
            _("PyTorch was not installed ({cause}): use the module PyTorch Utils.").format(
                cause=" ".join(str(cause).split())[:200]
            )
        ) from cause
    if installed is None:
        raise MissingDependencyError(_("PyTorch was not installed: the installation was declined."))


def _how_to_get(extension: str) -> str:
    return _("Install the extension {extension} in Slicer's Extensions Manager and restart Slicer.").format(
        extension=extension
    )


@contextmanager
def _constraints() -> Iterator[Path]:
    """Give a pip constraints file that holds what Slicer brings to the versions that are there."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "constraints.txt")
        found = {package: _version(package) for package in _SLICERS_OWN}
        found["vtk"] = found["vtk"] or vtk.vtkVersion.GetVTKVersion()  # Slicer's own build is no package to pip
        held = [f"{package}=={number}" for package, number in found.items() if number]
        path.write_text("".join(f"{line}\n" for line in held), encoding="utf-8")
        yield path


def _version(package: str) -> str:
    """Return a package's version; '' where there is none, as of VTK in Slicer."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
