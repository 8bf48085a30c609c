"""One who sits at a panel of her own and clicks through one of its steps."""

from pathlib import Path

from ABCImmunoResponse import ABCImmunoResponseLogic
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseWidgets.panel import Panel
from slicerhost.pythonqt import process_events


class PanelWork:
    """A panel that is open on a case; what it asks is answered with :attr:`answer`.

    Attributes
    ----------
    ui_name : str
        The step that is worked in, which a subclass names.
    """

    ui_name = ""

    def __init__(self, case: Path, person: str) -> None:
        self.case = case
        self.answer = True
        self.asked: list[str] = []
        self.panel = Panel(ABCImmunoResponseLogic(), self._confirm)
        self.panel.setup()
        self.step = next(step for step in self.panel.steps if step.ui_name == self.ui_name)
        self.ui = self.step.ui
        self.be(person)
        assert self.panel.open_case(case)

    def _confirm(self, question: str) -> bool:
        self.asked.append(question)
        return self.answer

    @property
    def message(self) -> str:
        """What the message line says."""
        return self.panel.ui.messageLabel.text

    def be(self, person: str) -> None:
        """Let another person sit down."""
        self.panel.ui.personEdit.text = person
        self.panel.ui.personEdit.editingFinished()

    def open(self) -> bool:
        """Open the step."""
        return self.panel.open_step(self.step.title)

    def folder(self) -> CaseFolder:
        """Return the case folder as it is on disk."""
        return CaseFolder.open(self.case)

    def close(self) -> None:
        """Destroy the panel."""
        self.panel.cleanup()
        self.panel.widget.setMRMLScene(None)
        self.panel.widget.deleteLater()
        process_events()
