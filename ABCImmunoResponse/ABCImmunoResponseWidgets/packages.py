"""Python packages that Slicer does not bring, asked for inside the action that needs them."""


def ensure_packages(requirements: str) -> None:
    """Ask to install what the requirements file lists and Slicer lacks.

    Before Slicer 5.11 there is no ``slicer.packaging``: then the step that needs a package says what to install.
    """
    try:
        from slicer.packaging import load_requirements, pip_ensure
    except ImportError:
        return
    pip_ensure(load_requirements(requirements), requester="ABCImmunoResponse")
