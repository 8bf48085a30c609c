"""Matplotlib figures as inline SVG that obeys the page: its font, its theme's colours, its content security policy.

A figure is drawn in the marker colours below; each becomes a class (``f-ink`` where it fills, ``s-ink`` where it
strokes) to which the style sheet gives a light and a dark colour. Style attributes, which the page's policy forbids,
become presentation attributes, and every identifier is prefixed so that several figures can share a page.
"""

import io
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

from ABCImmunoResponseLib.report.optional import optional

INK, QUIET, LOW, HIGH = "#010101", "#020202", "#030303", "#040404"
_CLASSES = {INK: "ink", QUIET: "quiet", LOW: "low", HIGH: "high"}
_XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
_SETTINGS = {
    "svg.fonttype": "none",
    "svg.hashsalt": "ABCImmunoResponse",
    "font.size": 8.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "axes.unicode_minus": True,
}


def draw_svg(prefix: str, size_inches: tuple[float, float], draw: Callable[[Any], None]) -> str:
    """Let ``draw`` fill a new matplotlib Figure and return it as an ``<svg>`` element, the same bytes each time.

    Matplotlib's defaults are used whatever the user's own settings, which are as before afterwards. The element
    carries no role or label: the page wraps it in one that does.

    Raises
    ------
    MissingDependencyError
        If matplotlib is not installed.
    """
    style = optional("matplotlib.style")
    figure_class = optional("matplotlib.figure").Figure
    canvas_class = optional("matplotlib.backends.backend_svg").FigureCanvasSVG
    with style.context(["default", _SETTINGS]), io.StringIO() as stream:
        figure = figure_class(figsize=size_inches, layout="constrained")
        canvas_class(figure)
        draw(figure)
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(stream, format="svg", transparent=True, metadata=nothing)
        return _inline(stream.getvalue(), prefix)


def _inline(document: str, prefix: str) -> str:
    root = ElementTree.fromstring(document)
    for parent in list(root.iter()):
        for child in [child for child in parent if _name(child) in ("style", "metadata")]:
            parent.remove(child)
    referenced = {value for element in root.iter() for value in map(_target, element.attrib.values()) if value}
    for element in root.iter():
        element.tag = _name(element)
        element.attrib = _attributes(element.attrib, prefix, referenced)
    for size in ("width", "height", "version"):
        del root.attrib[size]
    root.attrib |= {"class": "plot", "stroke-linejoin": "round", "stroke-linecap": "butt", "aria-hidden": "true"}
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=False)


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _target(value: str) -> str | None:
    """Return the identifier that an attribute's value refers to, or None."""
    if value.startswith("url(#"):
        return value[5:-1]
    return value[1:] if value.startswith("#") else None


def _attributes(given: dict[str, str], prefix: str, referenced: set[str]) -> dict[str, str]:
    """Return an element's attributes without namespaces, styles and identifiers that nothing refers to."""
    plain = {name: value for name, value in given.items() if name not in ("style", "id", _XLINK_HREF)}
    if given.get("id") in referenced:
        plain["id"] = f"{prefix}-{given['id']}"
    if _XLINK_HREF in given:
        plain["href"] = f"#{prefix}-{given[_XLINK_HREF][1:]}"
    if "clip-path" in plain:
        plain["clip-path"] = f"url(#{prefix}-{_target(plain['clip-path'])})"
    classes = []
    for declaration in filter(None, given.get("style", "").split("; ")):
        name, value = declaration.split(": ", 1)
        if name in ("fill", "stroke") and value in _CLASSES:
            classes.append(f"{name[0]}-{_CLASSES[value]}")
        elif name != "font-family":
            plain[name] = value
    if classes:
        plain["class"] = " ".join(classes)
    return plain
