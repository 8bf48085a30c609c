"""Docs/performance.md from measured figures: the words are the template's, the numbers are filled in here."""

import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path
from string import Template
from typing import Any

import cost_plot

_TEMPLATE = Path(__file__).with_name("performance.template.md")
# How many times less CPU time than pyradiomics from files is asked for, by the lesion's size.
TARGETS = {"numpy": {"1 cm": 150, "3 cm": 50, "6 cm": 12}, "numba": {"1 cm": 400, "3 cm": 150, "6 cm": 40}}
CASE_TARGETS = {"numpy": 25, "numba": 10}  # at most so many per cent of fifteen runs of cropped pyradiomics
CASE_MEMORY_TARGET = 300  # MB above the volume
IMPORT_TARGET = 0.3  # s
_TITLES = {"pyradiomics": "pyradiomics, cropped"}


def write(figures: dict[str, Any], folder: Path) -> None:
    """Write ``performance.md`` and ``images/cost.svg`` into a folder."""
    cost_plot.draw(figures, folder / "images" / "cost.svg")
    machine, start = figures["machine"], figures["start"]
    parts = {
        "rounds": figures["rounds"],
        "date": machine["date"],
        "machine": _table(("", ""), machine.items()),
        "times": _times(figures["lesions"]),
        "ratios": _ratios(figures["lesions"]),
        "ways": _ways(figures["lesions"]),
        "apart": _apart(figures["lesions"]),
        "memory": _memory(figures["lesions"]),
        "case": _case(figures["case"]),
        "case_memory": _case_memory(figures["case"]),
        "jobs": _jobs(figures["case"]["jobs"]),
        "growth": _growth(figures["growth"]),
        "imports": f"{start['import']:.3f} s ({_met(start['import'] <= IMPORT_TARGET, f'at most {IMPORT_TARGET} s')})",
        "calls": _calls(start["calls"]),
    }
    text = Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(parts)
    (folder / "performance.md").write_text(text, encoding="utf-8")


def _times(lesions: list[dict[str, Any]]) -> str:
    engines = list(lesions[0]["engines"])
    rows = []
    for row in lesions:
        own = [_s(row["engines"][name]["grid"]) for name in engines]
        rows.append((row["title"], f"{row['voxels']:,}", _s(row["default"]), *own))
    return _table(("lesion", "voxels at 1 mm", "pyradiomics from files", *map(_title, engines)), rows)


def _ratios(lesions: list[dict[str, Any]]) -> str:
    engines = [name for name in lesions[0]["engines"] if name in TARGETS]
    head = ["lesion", f"{_title('pyradiomics')}: default ÷"]
    for name in engines:
        head += [f"{name}: default ÷", "target", "cropped ÷"]
    rows = []
    for row in lesions:
        cropped = row["engines"]["pyradiomics"]["grid"]
        cells = [row["title"], _ratio(row["default"], cropped)]
        for name in engines:
            own, target = row["engines"][name]["grid"], TARGETS[name][row["title"].split(",")[0]]
            reached = statistics.median(_over(row["default"], own))
            cells += [_ratio(row["default"], own), _met(reached >= target, f"{target}"), _ratio(cropped, own)]
        rows.append(cells)
    return _table(head, rows)


def _ways(lesions: list[dict[str, Any]]) -> str:
    columns = [(name, way) for name in lesions[0]["engines"] if name in TARGETS for way in ("box", "grid", "files")]
    rows = ((row["title"], *(_s(row["engines"][name][way]) for name, way in columns)) for row in lesions)
    return _table(("lesion", *(f"{name}: {way}" for name, way in columns)), rows)


def _apart(lesions: list[dict[str, Any]]) -> str:
    engines = list(lesions[0]["engines"])
    largest = {name: max(row["apart"][name] for row in lesions) for name in engines}
    return ", ".join(f"{_title(name)} {value:.1e}" if value else f"{_title(name)} 0" for name, value in largest.items())


def _memory(lesions: list[dict[str, Any]]) -> str:
    measured = [row for row in lesions if len(row["peak"]) > 1]
    names = list(measured[0]["peak"])
    rows = ((row["title"], *(f"{row['peak'][name]:.0f}" for name in names)) for row in measured)
    return _table(("lesion", *("pyradiomics from files" if n == "default" else _title(n) for n in names)), rows)


def _case(case: dict[str, Any]) -> str:
    alone = case["one by one"]
    rows = [("pyradiomics, cropped: fifteen runs", _s(alone), "100 %", "")]
    for name, times in case["at once"].items():
        share = 100 * statistics.median(_over(times, alone))
        met = _met(share <= CASE_TARGETS[name], f"at most {CASE_TARGETS[name]} %")
        rows.append((f"{name}: one call", _s(times), f"{share:.1f} %", met))
    return _table(("", "CPU s", "share", "target"), rows)


def _case_memory(case: dict[str, Any]) -> str:
    rows = []
    for name, peak in case["peak"].items():
        above = peak["after"] - case["volume"]
        met = _met(above <= CASE_MEMORY_TARGET, f"at most {CASE_MEMORY_TARGET}")
        rows.append((name, *(f"{peak[when]:.0f}" for when in ("before", "loaded", "after")), f"{above:.0f}", met))
    head = ("engine", "Python and the engine", "CT and masks read", "features extracted", "above the volume", "target")
    return _table(head, rows)


def _jobs(jobs: dict[str, dict[str, list[float]]]) -> str:
    rows = [(name, _s(times["1"]), _s(times["2"]), _ratio(times["1"], times["2"])) for name, times in jobs.items()]
    return _table(("engine", "1 job", "2 jobs", "gain"), rows)


def _growth(growth: list[dict[str, Any]]) -> str:
    engines = list(growth[0]["engines"])
    rows = []
    for row in growth:
        own = [_s(row["engines"][name]) for name in engines]
        rows.append((row["mm"], _digits(cost_plot.sphere_cm3(row["mm"])), *own))
    return _table(("ball of, mm", "cm³", *map(_title, engines)), rows)


def _calls(calls: dict[str, dict[str, float]]) -> str:
    return _table(
        ("engine", "first call", "later calls"),
        ((_title(name), _digits(times["first"]), _digits(times["again"])) for name, times in calls.items()),
    )


def _title(name: str) -> str:
    return _TITLES.get(name, name)


def _s(seconds: Sequence[float]) -> str:
    return _digits(statistics.median(seconds))


def _over(a: Sequence[float], b: Sequence[float]) -> list[float]:
    """Return ratios round by round: both were measured in the same minute."""
    return [x / y for x, y in zip(a, b, strict=True)]


def _ratio(a: Sequence[float], b: Sequence[float]) -> str:
    value = statistics.median(_over(a, b))
    return f"{value:.0f} ×" if value >= 9.95 else f"{value:.1f} ×"


def _met(met: bool, target: str) -> str:
    return f"{target}: {'met' if met else '**missed**'}"


def _digits(value: float) -> str:
    """Return three significant digits, without an exponent and never finer than a millisecond."""
    return f"{value:.{0 if value >= 99.5 else 1 if value >= 9.95 else 2 if value >= 0.995 else 3}f}"


def _table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    head = list(head)
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
