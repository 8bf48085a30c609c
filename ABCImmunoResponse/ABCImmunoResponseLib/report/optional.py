"""The two packages that only the report needs, imported when it is drawn."""

from importlib import import_module
from types import ModuleType

from ABCImmunoResponseLib.errors import MissingDependencyError


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
        package = module.split(".")[0]
        raise MissingDependencyError(
            f"The report needs the package {package}: pip install 'abc-immuno-response[report]'."
        ) from cause
