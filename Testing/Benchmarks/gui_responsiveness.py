"""How long the panel keeps the user interface busy while a case is scored and reported, as a Markdown table.

The panel runs on the stand-in host's event loop, on a simulated patient with a full-size CT. A row is what a user does;
its longest turn is the longest time for which the window could not have answered: a click from press to return, or one
turn of the event loop while a worker runs and when its result is opened. The exit code is 1 where a turn takes longer
than the limit from the start of a worker until its result is open.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / part) for part in ("ABCImmunoResponse", "Testing/Host", "Testing/Python")]
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import slicerhost  # noqa: E402

host = slicerhost.install(window=True)

import slicer  # noqa: E402

LIMIT_MS = 100.0


class Turns:
    """Measures turns of the event loop, in ms, under the name of what goes on."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, int, float, bool]] = []

    def measure(
        self,
        what: str,
        action: Callable[[], object],
        until: Callable[[], bool] = lambda: True,
        *,
        limited: bool = False,
    ) -> None:
        """Do ``action``, then let the event loop turn until ``until`` holds and it has nothing left to do."""
        taken = [self._time(action)]
        while not until():
            taken.append(self._time(self._turn))
        taken += [self._time(self._turn) for _ in range(5)]
        self.rows.append((what, len(taken), max(taken), limited))

    @staticmethod
    def _turn() -> None:
        """Let the event loop turn once, and rest: another thread that keeps this one from waking up counts as well."""
        slicer.app.processEvents()
        time.sleep(0.001)

    @staticmethod
    def _time(action: Callable[[], object]) -> float:
        started = time.perf_counter()
        action()
        return 1000 * (time.perf_counter() - started)


def make_case(folder: Path, size: tuple[int, int, int]) -> Path:
    """Simulate a patient and take the case to a signed consensus."""
    from ABCImmunoResponseLib.protocol import load_protocol
    from ABCImmunoResponseLib.reading.entry import new_case
    from ABCImmunoResponseLib.simulation.case import simulate_case
    from simulated_case import read_and_sign

    patient = folder / "patient"
    simulate_case(patient, seed=1, size=size)
    case = new_case(folder / "case", patient / "dicom", case_id="DEMO", protocol=load_protocol(), actor="clerk")
    read_and_sign(case, patient)
    return case.path


def measure(case: Path, turns: Turns) -> None:
    """Score and report the case by clicks."""
    widget = slicerhost.load_module(ROOT / "ABCImmunoResponse" / "ABCImmunoResponse.py").open()
    panel = widget.panel
    score, report = (next(step for step in panel.steps if step.ui_name == name) for name in ("ScoreStep", "ReportStep"))
    panel.ui.personEdit.text = "clerk"
    panel.ui.personEdit.editingFinished()
    panel.open_case(case)
    slicer.app.processEvents()

    def age():
        return next(field for field in score.ui.clinicalFrame.children() if field.objectName == "age_yearsInput")

    turns.measure("open the step Score", lambda: panel.open_step("Score"))
    turns.measure("type a clinical value", lambda: setattr(age(), "text", "52"))
    turns.measure("click Save values", score.ui.saveClinicalButton.clicked)
    turns.measure("click Score", score.ui.scoreButton.clicked, limited=True)
    scoring = time.perf_counter()
    turns.measure(
        "while scoring, until its result is open",
        slicer.app.processEvents,
        score.ui.scoreProgress.isHidden,
        limited=True,
    )
    scoring = time.perf_counter() - scoring
    assert panel.session.folder.state == "scored", panel.ui.messageLabel.text
    turns.measure("show a chart, for which Slicer makes views", score.ui.showNodeButton.clicked)
    turns.measure("open the step Report", lambda: panel.open_step("Report"))
    turns.measure("click Write report", report.ui.writeReportButton.clicked, limited=True)
    turns.measure(
        "while the report is written", slicer.app.processEvents, report.ui.reportProgress.isHidden, limited=True
    )
    assert panel.session.folder.state == "reported", panel.ui.messageLabel.text
    print(f"Scoring took {scoring:.1f} s beside the panel.\n")
    widget.cleanup()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, nargs=3, default=(512, 512, 200), metavar=("I", "J", "K"))
    words = parser.parse_args()
    turns = Turns()
    with tempfile.TemporaryDirectory() as folder:
        measure(make_case(Path(folder), tuple(words.size)), turns)
    print("| what | turns | longest turn, ms |\n| --- | ---: | ---: |")
    for what, number, longest, _limited in turns.rows:
        print(f"| {what} | {number} | {longest:.1f} |")
    busy = [what for what, _number, longest, limited in turns.rows if limited and longest > LIMIT_MS]
    sys.exit(f"busy for more than {LIMIT_MS:g} ms: {'; '.join(busy)}" if busy else 0)


if __name__ == "__main__":
    main()
