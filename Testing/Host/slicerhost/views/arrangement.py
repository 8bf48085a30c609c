"""How a layout divides the window among its views, as its XML says."""

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass

GAP = 2  # pixels between neighbours, about what Slicer's splitters leave


@dataclass(frozen=True)
class Rectangle:
    """Pixels, from the top left corner."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class View:
    """A view of a layout: the class and singleton tag of its node; ``multiple`` stands for every node of the class."""

    node_class: str
    tag: str
    multiple: bool = False


@dataclass(frozen=True)
class Box:
    """Views or boxes beside ('horizontal'), below ('vertical') or behind ('tab') each other.

    ``weights`` are the items' shares of the length; all equal where the layout gives no sizes.
    """

    direction: str
    items: tuple["View | Box", ...]
    weights: tuple[int, ...]


def read_layout(description: str) -> Box:
    """Read a layout's XML.

    Raises
    ------
    ValueError
        If it is no XML, or holds what this host does not lay out: a grid, several windows, or sizes for some items
        of a box and not for others.
    """
    try:
        root = ElementTree.fromstring(description)
    except ElementTree.ParseError as error:
        raise ValueError(f"A layout's description is no XML: {error}") from error
    return _box(root)


def views(box: Box) -> tuple[View, ...]:
    """Return a layout's views in the order of its XML."""
    found: list[View] = []
    for item in box.items:
        found.extend(views(item) if isinstance(item, Box) else [item])
    return tuple(found)


def arrange(box: Box, area: Rectangle) -> tuple[tuple[View, Rectangle], ...]:
    """Return each visible view with its place in ``area``; of a box of tabs the first is in front."""
    if box.direction == "tab":
        return _place(box.items[0], area)
    along, length = (area.x, area.width) if box.direction == "horizontal" else (area.y, area.height)
    room, total = length - GAP * (len(box.items) - 1), sum(box.weights)
    placed, before = [], 0
    for number, (item, weight) in enumerate(zip(box.items, box.weights, strict=True)):
        start = along + room * before // total + GAP * number
        before += weight
        extent = along + room * before // total + GAP * number - start
        if box.direction == "horizontal":
            placed.extend(_place(item, Rectangle(start, area.y, extent, area.height)))
        else:
            placed.extend(_place(item, Rectangle(area.x, start, area.width, extent)))
    return tuple(placed)


def _place(item: View | Box, area: Rectangle) -> tuple[tuple[View, Rectangle], ...]:
    return arrange(item, area) if isinstance(item, Box) else ((item, area),)


def _box(element) -> Box:
    direction = element.get("type")
    if element.tag != "layout" or direction not in ("horizontal", "vertical", "tab"):
        raise ValueError(f"The stand-in host lays out no <{element.tag} type={direction!r}>: test this in Slicer.")
    items = [child for child in element if child.tag == "item"]
    if not items or len(items) != len(element):
        raise ValueError("A layout holds one or more <item>, and nothing else.")
    sizes = [item.get("splitSize") for item in items]
    if None in sizes and set(sizes) != {None}:
        raise ValueError("Either all items of a layout have a splitSize, or none.")
    weights = tuple(1 if size is None else int(size) for size in sizes)
    return Box(direction, tuple(_item(item) for item in items), weights)


def _item(item) -> View | Box:
    if len(item) != 1:
        raise ValueError("An <item> of a layout holds one view or one layout.")
    if item[0].tag == "layout":
        return _box(item[0])
    if item[0].tag != "view":
        raise ValueError(f"An <item> of a layout holds a view or a layout, not <{item[0].tag}>.")
    return View(item[0].get("class"), item[0].get("singletontag", ""), item.get("multiple") == "true")
