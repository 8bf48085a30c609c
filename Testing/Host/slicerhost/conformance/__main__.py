"""``python -m slicerhost.conformance [observed.json ...]``: replay observations and say what came out otherwise."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

import slicer

import slicerhost
from slicerhost.conformance import load, replay
from slicerhost.pythonqt import install

RECORDED = Path(__file__).resolve().parents[2] / "observations" / "observed.json"


def main(arguments: list[str] | None = None) -> int:
    """Replay the files, the project's own if none is given; return 1 if anything came out otherwise."""
    parser = argparse.ArgumentParser(prog="slicerhost.conformance", description="Hold the host to what Slicer did.")
    parser.add_argument("files", nargs="*", type=Path, default=[RECORDED], help="observations, in this order")
    parser.add_argument("--json", action="store_true", help="print every outcome, as JSON")
    given = parser.parse_args(arguments)
    slicerhost.install()
    qt, ctk = install()
    outcomes = replay(load(given.files), {"qt": qt, "ctk": ctk, "slicer": slicer})
    different = [outcome for outcome in outcomes if outcome.offered and not outcome.same]
    refused = [outcome for outcome in outcomes if not outcome.offered]
    if given.json:
        print(json.dumps([asdict(outcome) for outcome in outcomes]))
    else:
        for outcome in (*refused, *different):
            print(outcome)
        same = len(outcomes) - len(different) - len(refused)
        print(f"{len(outcomes)} observations: {same} the same, {len(different)} different, {len(refused)} not offered")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
