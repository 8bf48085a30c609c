"""A parameter's type as it is written: with what is annotated, and without."""

import typing
from typing import Annotated, Any


def split(annotation: Any) -> tuple[Any, tuple]:
    """Return a type without its annotations, and these."""
    kind, *annotations = typing.get_args(Annotated[annotation, "one is needed"])[:-1]
    return kind, tuple(annotations)
