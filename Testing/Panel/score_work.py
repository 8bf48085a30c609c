"""The panel with a signed case at hand, and how the steps 'Score' and 'Report' are worked through by clicks."""

import time
from collections.abc import Callable
from pathlib import Path

import slicer

from ABCImmunoResponseLib.clinical import ClinicalRecord
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseWidgets.score.clinical_form import texts_of


class Work:
    """A panel with ``person`` at it and ``case`` open; its steps are at hand."""

    def __init__(self, panel, case: Path, person: str = "clerk") -> None:
        self.panel, self.case = panel, case
        self.score, self.report = (
            next(step for step in panel.steps if step.ui_name == name) for name in ("ScoreStep", "ReportStep")
        )
        self.be(person)
        assert panel.open_case(case)

    def be(self, person: str) -> None:
        """Let another person sit down."""
        self.panel.ui.personEdit.text = person
        self.panel.ui.personEdit.editingFinished()

    def open(self, title: str) -> bool:
        """Open a step; say whether it opened."""
        return self.panel.open_step(title)

    @property
    def message(self) -> str:
        """What the panel's message line says."""
        return self.panel.ui.messageLabel.text

    def folder(self) -> CaseFolder:
        """Return the case as it is on disk."""
        return CaseFolder.open(self.case)

    def field(self, name: str):
        """Return the input of a clinical variable."""
        frame = self.score.ui.clinicalFrame
        return next(child for child in frame.children() if child.objectName == f"{name}Input")

    def refusal(self, name: str) -> str:
        """Return what stands below the input of a clinical variable."""
        frame = self.score.ui.clinicalFrame
        return next(child for child in frame.children() if child.objectName == f"{name}Refusal").text

    def type(self, name: str, text: str) -> None:
        """Type a number and go on to the next field."""
        self.field(name).text = text
        self.field(name).editingFinished()

    def fill_in(self, record: ClinicalRecord) -> None:
        """Fill in every clinical value."""
        for name, text in texts_of(record).items():
            field = self.field(name)
            if field.inherits("QLineEdit"):
                self.type(name, text)
            else:
                field.currentIndex = max(field.findText(text), 0)

    def run_score(self) -> float:
        """Score, and return how long that took."""
        self.score.ui.scoreButton.clicked()
        return wait_until(lambda: self.score.ui.scoreProgress.isHidden())

    def run_report(self) -> float:
        """Write the report, and return how long that took."""
        self.report.ui.writeReportButton.clicked()
        return wait_until(lambda: self.report.ui.reportProgress.isHidden())

    def first_progress(self) -> None:
        """Let scoring go on until the worker has said what it is at."""
        wait_until(lambda: self.score.ui.scoreProgress.maximum > 0)


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> float:
    """Let the event loop run until ``condition`` holds; return how long that took."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, f"not within {seconds} s"
        slicer.app.processEvents()
        time.sleep(0.005)
    return time.monotonic() - started


def children() -> set[int]:
    """Return the processes that this one started and that are not reaped."""
    tasks = Path("/proc/self/task")
    return {int(line) for task in tasks.iterdir() for line in (task / "children").read_text().split()}


def snapshot(path: Path) -> dict[str, bytes]:
    """Return the bytes of every file of a folder but its lock, by name."""
    return {file.name: file.read_bytes() for file in path.rglob("*") if file.is_file() and file.name != ".lock"}
