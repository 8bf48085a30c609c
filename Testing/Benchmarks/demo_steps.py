"""Time and peak memory of each step from a simulated patient to the report, as a Markdown table.

Every step is a process of its own, as on the command line: what it costs to start Python and read the case again is in
the numbers.
"""

import json
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

READERS = ("reader-a", "reader-b")


def run(*words: str) -> tuple[float, float]:
    """Run one command of ``abc-immuno-response``; return its wall time in s and its peak memory in MB (10⁶ bytes)."""
    command = [sys.executable, "-m", "ABCImmunoResponseLib", *map(str, words)]
    started = time.perf_counter()
    process = os.posix_spawn(
        sys.executable, command, os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    )
    _, status, usage = os.wait4(process, 0)
    if status:
        raise SystemExit(f"{' '.join(map(str, words))} failed")
    kilobytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return time.perf_counter() - started, kilobytes * 1024 / 1e6


def main() -> None:
    """Go through the demo's steps and print what each took."""
    rows = []

    def step(what: str, *words: str) -> None:
        rows.append((what, *run(*words)))

    with tempfile.TemporaryDirectory() as folder:
        patient, case = Path(folder, "patient"), Path(folder, "case")
        step("simulate the patient", "simulate", "case", patient)
        step("start the case from DICOM", "case", "new", case, "--image", patient / "dicom", "--id", "DEMO")
        for reader in READERS:
            mask, lesions = patient / f"{reader}.seg.nrrd", patient / f"{reader}.json"
            words = ("--reader", reader, "--mask", mask, "--lesions", lesions, "--lock")
            step(f"save and lock {reader}", "case", "read", case, *words)
        step("compare the reads", "case", "reconcile", case)
        for pair in open_pairs(case):
            words = ("--choice", "A", "--by", "senior", "--reason", "measured")
            step(f"settle {pair}", "case", "adjudicate", case, pair, *words)
        step("sign the consensus", "case", "sign", case, "--by", "senior")
        step("extract and score", "case", "score", case, "--clinical", patient / "clinical.json")
        step("write the report", "case", "report", case)
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}\n")
    print("| step | s | peak MB |\n|---|---:|---:|")
    for what, seconds, megabytes in (*rows, ("all", sum(row[1] for row in rows), max(row[2] for row in rows))):
        print(f"| {what} | {seconds:.1f} | {megabytes:.0f} |")


def open_pairs(case: Path) -> list[str]:
    """Return the pairs that nobody has settled yet."""
    consensus = json.loads((case / "consensus.json").read_text(encoding="utf-8"))
    settled = {decision["pair_id"] for decision in consensus["decisions"]}
    return [verdict["pair_id"] for verdict in consensus["verdicts"] if verdict["pair_id"] not in settled]


if __name__ == "__main__":
    main()
