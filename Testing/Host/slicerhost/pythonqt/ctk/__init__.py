"""The module ``ctk``: CTK's widgets that the panel uses; the others can be named, and making one is refused."""

from types import ModuleType


def offer_ctk(module: ModuleType) -> None:
    """Fill the module ``ctk``."""
