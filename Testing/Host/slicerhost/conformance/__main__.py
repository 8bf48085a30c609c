"""``python -m slicerhost.conformance [observed.json ...]``: replay observations and say what came out otherwise."""

import sys
from pathlib import Path

import slicer

import slicerhost
from slicerhost.conformance import load, replay
from slicerhost.pythonqt import install

RECORDED = Path(__file__).resolve().parents[2] / "observations" / "observed.json"


def main(paths: list[str]) -> int:
    """Replay the files, the project's own if none is given; return 1 if anything came out otherwise."""
    slicerhost.install()
    qt, ctk = install()
    outcomes = replay(load(map(Path, paths or [RECORDED])), {"qt": qt, "ctk": ctk, "slicer": slicer})
    different = [outcome for outcome in outcomes if outcome.offered and not outcome.same]
    refused = [outcome for outcome in outcomes if not outcome.offered]
    for outcome in (*refused, *different):
        print(outcome)
    same = len(outcomes) - len(different) - len(refused)
    print(f"{len(outcomes)} observations: {same} the same, {len(different)} different, {len(refused)} not offered")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
