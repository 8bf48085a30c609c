"""What refuses names that it does not know."""

from typing import Any


class Namespace:
    """Holds what the host offers; anything else is an AttributeError that says so, read or set."""

    def __init__(self, called: str, /, **offered):
        self.__dict__["_called"] = called
        self.__dict__.update(offered)

    def __getattr__(self, attribute: str) -> Any:
        raise AttributeError(f"the stand-in host has no {self._called}.{attribute}: test this in a real Slicer")

    def __setattr__(self, attribute: str, value: Any) -> None:
        if not attribute.startswith("_") and attribute not in self.__dict__:
            raise AttributeError(f"{self._called} has no attribute named '{attribute}'")
        self.__dict__[attribute] = value
