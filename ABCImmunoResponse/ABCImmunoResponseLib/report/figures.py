"""The report's two plots: where the patient lies among the training scores and on the training survival curves."""

import numpy as np

from ABCImmunoResponseLib.report.svg import HIGH, INK, LOW, QUIET, draw_svg
from ABCImmunoResponseLib.report.view import Distribution, Survival

_COLOURS = {"low": LOW, "high": HIGH}
_BINS = 48
_ROW_HEIGHT = 0.8
_MARGIN = 0.6


def distribution_svg(distribution: Distribution, prefix: str) -> str:
    """Draw one dot a training patient by response, the locked cut-off and the patient's score.

    Responders are filled discs, non-responders open circles; scores above the cut-off are low risk.

    Raises
    ------
    MissingDependencyError
        If matplotlib is not installed.
    """

    groups = (distribution.non_responders, distribution.responders)
    everyone = np.concatenate([*groups, [distribution.cutoff]])
    low, high = float(everyone.min()), float(everyone.max())
    edges = np.linspace(low, high if high > low else low + 1.0, _BINS + 1)
    # A patient far from all others is told at the edge: on the same scale the others would be one blot.
    margin = _MARGIN * float(edges[-1] - edges[0])
    limits = (min(low, max(distribution.score, low - margin)), max(high, min(distribution.score, high + margin)))
    shown = float(np.clip(distribution.score, *limits))

    def draw(figure) -> None:
        axes = figure.add_subplot()
        step = min(0.075, _ROW_HEIGHT / max(1, *(np.histogram(scores, edges)[0].max() for scores in groups)))
        for row, scores in enumerate(groups):
            filled = row == 1
            axes.plot(
                scores,
                row + swarm(scores, edges, step),
                "o",
                markersize=3.4,
                markerfacecolor=LOW if filled else "none",
                markeredgecolor=LOW if filled else HIGH,
                markeredgewidth=0.9,
            )
        axes.axvline(distribution.cutoff, color=QUIET, linewidth=1.0, linestyle=(0, (4, 3)))
        axes.axvline(shown, color=INK, linewidth=1.8)
        axes.margins(x=0.03)
        axes.set_ylim(-0.55, 1.55)
        axes.set_yticks([0, 1], ["no response", "response"])
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(f"{distribution.model} score (higher = lower risk)")
        beyond = "" if shown == distribution.score else ", off the scale"
        left = distribution.score <= distribution.cutoff
        _name_line(axes, shown, f"this patient{beyond}", left == (not beyond), "bold")
        _name_line(axes, distribution.cutoff, "locked cut-off", not left, "normal")

    return draw_svg(prefix, (5.0, 2.4), draw)


def _name_line(axes, x: float, text: str, on_left: bool, weight: str) -> None:
    """Name a vertical line above the plot, on one side of it."""
    axes.annotate(
        text,
        (x, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(-3 if on_left else 3, 2),
        textcoords="offset points",
        ha="right" if on_left else "left",
        va="bottom",
        weight=weight,
        annotation_clip=False,
    )


def swarm(scores: np.ndarray, edges: np.ndarray, step: float) -> np.ndarray:
    """Return a vertical offset for each score, (n,), that stacks those of one bin ``step`` apart about zero."""
    bins = np.clip(np.searchsorted(edges, scores, side="right") - 1, 0, len(edges) - 2)
    offsets = np.zeros(len(scores))
    for n in np.unique(bins):
        members = np.flatnonzero(bins == n)
        ranks = np.argsort(np.argsort(scores[members], kind="stable"), kind="stable")
        offsets[members] = (ranks - (len(members) - 1) / 2) * step
    return offsets


def survival_svg(survival: Survival, prefix: str) -> str:
    """Draw both groups' Kaplan-Meier curves with interval bands and numbers at risk; the patient's group is bold.

    The low-risk curve is solid, the high-risk one dashed.

    Raises
    ------
    MissingDependencyError
        If matplotlib is not installed.
    """

    def draw(figure) -> None:
        axes, table = figure.subplots(2, 1, sharex=True, height_ratios=[7, 1])
        for row, curve in enumerate(survival.curves):
            own, colour = curve.group == survival.group, _COLOURS[curve.group]
            axes.fill_between(
                curve.times,
                curve.lower,
                curve.upper,
                step="post",
                color=colour,
                alpha=0.22 if own else 0.10,
                linewidth=0,
            )
            axes.step(
                curve.times,
                curve.survival,
                where="post",
                color=colour,
                linewidth=2.4 if own else 1.1,
                linestyle="solid" if curve.group == "low" else (0, (4, 1.6)),
                label=f"{curve.group} risk" + (" (this patient's group)" if own else ""),
            )
            for time, n in zip(curve.at_risk_times, curve.at_risk, strict=True):
                table.text(time, -row, f"{int(n)}", ha="center", va="center", color=colour, weight=_weight(own))
        axes.set_ylim(0, 1.03)
        axes.set_xlim(0, max(float(curve.times[-1]) for curve in survival.curves) * 1.02)
        axes.set_xticks(survival.curves[0].at_risk_times)
        axes.set_ylabel("progression-free")
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
        axes.legend(frameon=False, loc="upper right", handlelength=2.8)
        axes.tick_params(axis="x", labelbottom=True)
        axes.set_xlabel("months since start of treatment")
        table.set_ylim(0.6 - len(survival.curves), 0.9)
        rows = [-row for row in range(len(survival.curves))]
        table.set_yticks(rows, [f"{curve.group} risk" for curve in survival.curves])
        table.tick_params(length=0, labelbottom=False)
        table.tick_params(axis="y", pad=12)
        table.spines[:].set_visible(False)
        table.set_title("number at risk", loc="left", fontsize=8.5)

    return draw_svg(prefix, (5.0, 4.5), draw)


def _weight(own: bool) -> str:
    return "bold" if own else "normal"
