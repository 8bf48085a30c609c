"""Where the product's data files lie: beside the Lib in Slicer and in a checkout, inside it in a wheel."""

from pathlib import Path

_LIB = Path(__file__).resolve().parent


def resource(*parts: str) -> Path:
    """Return the path of a file or folder below ``Resources``, e.g. ``resource("Recipes", "zhao2023.yaml")``.

    Raises
    ------
    FileNotFoundError
        If it is not there: the installation is incomplete.
    """
    for root in (_LIB.parent / "Resources", _LIB / "Resources"):
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise FileNotFoundError(f"{'/'.join(parts)} is missing from Resources: reinstall ABCImmunoResponse.")
