"""Measure the extraction engines and write Docs/performance.md: tables, a plot, and the machine they come from.

python Testing/Benchmarks/performance.py              # some five minutes
python Testing/Benchmarks/performance.py --page-only  # the page anew, from the figures of the last run
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import big_ct
import blobs
import engine_case
import engine_growth
import engine_lesions
import engine_start
import machine
import performance_page
from processes import fresh, on_one_core

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Generate what is measured, measure, keep the figures, and write the page from them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "benchmark", help="for images and figures")
    parser.add_argument("--output", type=Path, default=ROOT / "Docs", help="where performance.md and images/ go")
    parser.add_argument("--rounds", type=int, default=3, help="how often everything is measured")
    parser.add_argument("--scale", type=float, default=1.0, help="of the CT and its lesions; the page describes 1")
    parser.add_argument("--engines", nargs="+", help="beside pyradiomics, instead of all that are installed")
    parser.add_argument("--page-only", action="store_true", help="do not measure")
    options = parser.parse_args()
    figures = options.folder / "figures.json"
    if not options.page_only:
        measured = measure(options.folder, options.scale, options.rounds, options.engines)
        figures.write_text(json.dumps(measured, indent=1), encoding="utf-8")
    performance_page.write(json.loads(figures.read_text(encoding="utf-8")), options.output)


def measure(folder: Path, scale: float, rounds: int, engines: list[str] | None) -> dict[str, Any]:
    """Return the figures of all parts."""
    compiled = folder / "numba"
    cores = on_one_core(compiled)
    names = ["pyradiomics", *(name for name in engines or fresh("usable_engines") if name != "pyradiomics")]
    for module in (big_ct, blobs):
        module.write(folder, scale)
    figures: dict[str, Any] = {"machine": machine.describe(), "rounds": rounds}
    for part, work in {
        "start": lambda: engine_start.measure(folder, names, compiled),
        "lesions": lambda: engine_lesions.measure(folder, names, rounds),
        "case": lambda: engine_case.measure(folder, names, cores, rounds),
        "growth": lambda: engine_growth.measure(folder, names, rounds),
    }.items():
        started = time.perf_counter()
        figures[part] = work()
        print(f"{part}: measured in {time.perf_counter() - started:.0f} s", flush=True)
    return figures


if __name__ == "__main__":
    main()
