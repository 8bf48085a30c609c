"""Python packages that Slicer does not bring, asked for inside the action that needs them."""

import warnings
from importlib import import_module
from pathlib import Path
from subprocess import CalledProcessError

from ABCImmunoResponseLib.errors import MissingDependencyError

REQUIREMENTS = Path(__file__).resolve().parents[1] / "Resources" / "requirements.txt"


def ensure_packages() -> None:
    """Ask to install what the report needs and Slicer lacks; nothing is asked where all is there.

    Before Slicer 5.11 there is no ``slicer.packaging``, and in testing mode it installs nothing: then the step that
    needs a package refuses, and says how to install it.

    Raises
    ------
    MissingDependencyError
        If the user declines, or the installation fails.
    """
    try:
        from slicer.packaging import load_requirements, pip_ensure
    except ImportError:
        return
    try:
        pip_ensure(load_requirements(str(REQUIREMENTS)), requester="ABCImmunoResponse")
    except (RuntimeError, CalledProcessError) as cause:
        raise MissingDependencyError(
            f"What the report needs was not installed ({' '.join(str(cause).split())[:200]}): try again, or in the "
            "Python console run slicer.util.pip_install('jinja2 matplotlib pillow')."
        ) from cause


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
