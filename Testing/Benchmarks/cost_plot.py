"""The plot of cost against volume: readable in print, on dark pages (its ground is white) and without colour vision."""

import math
import statistics
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

# Okabe and Ito's colours; markers differ too.
_STYLES = {
    "pyradiomics": ("#D55E00", "o", "pyradiomics, cropped"),
    "numpy": ("#0072B2", "^", "numpy"),
    "numba": ("#009E73", "D", "numba"),
}


def draw(figures: dict[str, Any], path: Path) -> None:
    """Draw CPU time against lesion volume, both logarithmic, as SVG."""
    with matplotlib.rc_context({"font.size": 10, "font.family": "DejaVu Sans", "svg.hashsalt": "performance"}):
        figure = Figure(figsize=(7.2, 4.8), facecolor="white", layout="constrained")
        axes = figure.subplots()
        style = {"markersize": 5, "linewidth": 1.6}
        name_it = partial(axes.annotate, textcoords="offset points", annotation_clip=False)
        volumes = [sphere_cm3(row["mm"]) for row in figures["growth"]]
        for name in figures["growth"][0]["engines"]:
            times = [statistics.median(row["engines"][name]) for row in figures["growth"]]
            colour, marker, title = _STYLES[name]
            axes.plot(volumes, times, "-", color=colour, marker=marker, **style)
            name_it(title, (volumes[-1], times[-1]), (9, 0), color=colour, va="center")
        whole = sorted((row["voxels"] / 1000, statistics.median(row["default"])) for row in figures["lesions"])
        axes.plot(*zip(*whole, strict=True), ":", color="black", marker="s", **style)
        name_it("pyradiomics from files (512 × 512 × 400)", (volumes[0], whole[0][1]), (0, 10), color="black")
        axes.set(
            xscale="log", yscale="log", xlabel="volume of the lesion (cm³)", ylabel="CPU time of 1130 features (s)"
        )
        axes.set_ylim(top=3 * whole[-1][1])
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.grid(which="major", color="#DDDDDD", linewidth=0.8)
        axes.spines["right"].set_visible(False)
        top = axes.secondary_xaxis("top")
        top.set_xticks(volumes, [str(row["mm"]) for row in figures["growth"]])
        top.xaxis.set_minor_locator(NullLocator())
        top.set_xlabel("diameter of a ball of that volume (mm)")
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, facecolor="white", metadata={"Date": None})


def sphere_cm3(diameter_mm: float) -> float:
    """Return the volume of a ball in cm³."""
    return math.pi / 6 * diameter_mm**3 / 1000
