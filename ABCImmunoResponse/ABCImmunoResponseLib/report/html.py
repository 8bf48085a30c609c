"""Turn a report's plain values into one self-contained HTML page that runs no script and loads nothing."""

import base64
import hashlib
import io
import unicodedata
from typing import Any

import numpy as np

from ABCImmunoResponseLib.report.figures import distribution_svg, survival_svg
from ABCImmunoResponseLib.report.optional import optional
from ABCImmunoResponseLib.report.view import Outline, ReportView
from ABCImmunoResponseLib.resources import resource

_TEXT_MAX = 600
_UNKNOWN = "unknown"
_HUGE = 1e6
_REORDERING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def render_html(view: ReportView) -> bytes:
    """Return the page as UTF-8; the same values give the same bytes.

    Whatever text the values hold is shown as text: markup is escaped, control and bidirectional formatting characters
    and lone surrogates are replaced, and what is longer than 600 characters is cut, saying so.

    Raises
    ------
    MissingDependencyError
        If jinja2 or matplotlib is not installed.
    """
    template = _environment().get_template("report.html.j2")
    style = _style(view.case_id)
    safe = optional("markupsafe").Markup
    plots = {
        "distributions": [safe(distribution_svg(one, f"scores{n}")) for n, one in enumerate(view.distributions)],
        "survival": safe(survival_svg(view.survival, "survival")) if view.survival else None,
    }
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return template.render(view=view, style=safe(style), style_hash=f"sha256-{digest}", plots=plots).encode()


def _environment() -> Any:
    jinja2, safe = optional("jinja2"), optional("markupsafe").Markup
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(resource("Report")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=clean,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "fixed": fixed,
        "signed": signed,
        "png": lambda pixels: safe(png_data_uri(pixels)),  # safe: of our own making, and never to be cut as text is
        "path": lambda outline, unit: safe(outline_path(outline, unit)),
        "sentence": sentence,
        "coordinate": "{:.2f}".format,
        "dash": lambda value, digits: "–" if value is None else fixed(value, digits),
        "months": lambda value: "not reached" if value is None else f"{fixed(value)} months",
        "significant": significant,
    }
    return environment


def _style(case_id: str) -> str:
    """Return the style sheet with the case id in the printed footer, as a CSS string in which all is escaped."""
    quoted = "".join(c if c.isascii() and c.isalnum() else f"\\{ord(c):06x} " for c in clean(case_id))
    return resource("Report", "report.css").read_text(encoding="utf-8").replace("{{case-id}}", quoted)


def clean(value: Any) -> Any:
    """Return text fit to be shown; anything but text, and what is marked as safe markup, is returned as it is.

    Characters that HTML forbids or that would reorder the text around them become U+FFFD.
    """
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    shown = value if len(value) <= _TEXT_MAX else f"{value[:_TEXT_MAX]}… ({len(value)} characters in all)"
    return "".join("\ufffd" if _unfit(c) else c for c in shown)


def _unfit(character: str) -> bool:
    """Tell controls and lone surrogates, and what reorders text (bidirectional embeddings, overrides, isolates)."""
    if character in "\t\n":
        return False
    return unicodedata.category(character) in ("Cc", "Cs") or unicodedata.bidirectional(character) in _REORDERING


def fixed(value: float | None, digits: int = 1) -> str:
    """Return a number with so many decimals and a true minus sign, a huge one as a power of ten; None is 'unknown'."""
    if value is None:
        return _UNKNOWN
    text = f"{value:.{digits}f}" if abs(value) < _HUGE else f"{value:.1e}"
    return text.replace("-", "−") if float(text) else text.lstrip("-")


def signed(value: float | None, digits: int = 3) -> str:
    """Return a number that always shows its sign, unless it is zero as shown."""
    text = fixed(value, digits)
    return text if value is None or value < 0 or not float(text) else f"+{text}"


def significant(value: Any) -> Any:
    """Return a number with four significant digits; anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    return f"{value:.4g}".replace("-", "−")


def sentence(text: str) -> str:
    """Return the text with a capital first letter; the rest is left alone."""
    return text[:1].upper() + text[1:]


def png_data_uri(pixels: np.ndarray) -> str:
    """Return uint8 grey values (rows, columns) as a PNG data URI."""
    stream = io.BytesIO()
    optional("PIL.Image").fromarray(np.ascontiguousarray(pixels)).save(stream, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}"


def outline_path(outline: Outline, unit: float) -> str:
    """Return an outline's rings as SVG path data in ``unit`` drawing units a mm."""
    return "".join("M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in ring[:-1] * unit) + "Z" for ring in outline.rings)
