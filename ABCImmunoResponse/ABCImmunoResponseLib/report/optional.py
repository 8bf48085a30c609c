"""The packages that only the report needs, imported when it is drawn."""

from importlib import import_module
from types import ModuleType

from ABCImmunoResponseLib.errors import MissingDependencyError

# What to ask pip for. Other modules that the report imports come with one of these.
_PACKAGES = {"PIL": "pillow", "contourpy": "matplotlib", "markupsafe": "jinja2"}


def optional(module: str) -> ModuleType:
    """Return the imported ``module``, of a package that the product does without until a report is wanted.

    Raises
    ------
    MissingDependencyError
        If it is not installed; the message says how to install it.
    """
    try:
        return import_module(module)
    except ImportError as cause:
        top = module.split(".")[0]
        raise MissingDependencyError(
            f"The report needs jinja2, matplotlib and pillow, and {_PACKAGES.get(top, top)} cannot be imported: in a "
            "checkout run 'make setup'; in Slicer the module's panel installs them, or in its Python console "
            "slicer.util.pip_install('jinja2 matplotlib pillow')."
        ) from cause
