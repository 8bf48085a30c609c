"""The panel: who is at work, the case at hand, and five steps of which one is open at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING

import qt
import slicer
from slicer.i18n import tr as _

from ABCImmunoResponseLib import DISCLAIMER
from ABCImmunoResponseLib.errors import ABCImmunoResponseError
from ABCImmunoResponseLib.resources import resource
from ABCImmunoResponseWidgets.case_step import CaseStep
from ABCImmunoResponseWidgets.people import person_of_application
from ABCImmunoResponseWidgets.read_step import ReadStep
from ABCImmunoResponseWidgets.reconcile_step import ReconcileStep
from ABCImmunoResponseWidgets.report_step import ReportStep
from ABCImmunoResponseWidgets.score_step import ScoreStep
from ABCImmunoResponseWidgets.session import Session
from ABCImmunoResponseWidgets.steps import Step

if TYPE_CHECKING:
    from ABCImmunoResponseLib.reading.case_folder import CaseFolder

_LONGEST_MESSAGE = 900  # characters: the panel below stays in sight

STEPS = (CaseStep, ReadStep, ReconcileStep, ScoreStep, ReportStep)


class Panel:
    """Holds the steps together; each does its own work through the logic.

    Parameters
    ----------
    logic
        The module's logic.
    confirm
        Asks a question and says whether the answer was yes; Slicer's own dialog unless another is given. (In testing
        mode Slicer's says no.)
    """

    def __init__(self, logic, confirm: Callable[[str], bool] | None = None) -> None:
        self.logic = logic
        self.session = Session()
        self.parameterNode = None
        self.confirm = confirm or slicer.util.confirmOkCancelDisplay
        self.widget = slicer.util.loadUI(str(resource("UI", "ABCImmunoResponse.ui")))
        self.ui = slicer.util.childWidgetVariables(self.widget)
        self.widget.setMRMLScene(slicer.mrmlScene)
        self.steps: tuple[Step, ...] = tuple(step(self) for step in STEPS)
        self._sections = tuple(getattr(self.ui, f"{step.ui_name}Section") for step in self.steps)
        self._open: Step | None = None
        self._refusal = ""  # why a step could not be opened when one tried last
        self._guiTags: list[tuple] = []

    def setup(self) -> None:
        """Put the steps into their sections and connect them; the first opens."""
        self.ui.disclaimerLabel.text = DISCLAIMER.capitalize() + "."
        self.ui.personEdit.text = self.session.person = person_of_application()
        self.ui.messageFrame.visible = False
        self.ui.personEdit.connect("editingFinished()", self._on_person)
        self.ui.dismissButton.connect("clicked()", self._dismiss)
        for number, (step, section) in enumerate(zip(self.steps, self._sections, strict=True), start=1):
            section.text = f"{number}. {step.title}"
            section.layout().addWidget(step.widget)
            section.collapsed = True
            section.connect("contentsCollapsed(bool)", self._section_handler(step))
            step.setup()
        self._refresh_steps()
        self.open_step(self.steps[0].title)

    def cleanup(self) -> None:
        """Let go of everything: the module is being destroyed."""
        self.ui.personEdit.disconnect("editingFinished()", self._on_person)  # losing the focus is no change of person
        self._close_open_step()
        self.connect_parameters(None)
        for step in self.steps:
            step.cleanup()
        self.session.close()

    # What a step asks of the panel.

    def tell(self, text: str) -> None:
        """Show what happened in the message line."""
        self._show_message(text)

    def refuse(self, error: Exception | str) -> None:
        """Show in the message line what could not be done and what to do next."""
        self._show_message(f"⚠ {error}")

    def attempt(self, action: Callable, *given) -> bool:
        """Do ``action``; say whether it was done. What the product refuses is shown, anything else is an error."""
        try:
            action(*given)
        except ABCImmunoResponseError as refusal:
            self.refuse(refusal)
            return False
        return True

    def changed(self, folder: "CaseFolder | None" = None) -> None:
        """Take note that the case changed: read it anew and show it.

        ``folder`` is the case as the caller opened or changed it a moment ago; then it is not read once more, which
        takes a noticeable time for a large CT.
        """
        if self.attempt(self.session.refresh, folder):
            self._refresh_steps()
        else:  # it can no longer be trusted: nothing goes on with what was read of it before
            why = self.ui.messageLabel.text
            self._close_open_step()
            self.session.drop_all()
            self._refresh_steps()
            self.open_step(self.steps[0].title)
            self._show_message("\n".join(dict.fromkeys(filter(None, (why, self.ui.messageLabel.text)))))

    def see_others(self) -> None:
        """Show what somebody did in the case at another Slicer, or by the command, if anybody did anything."""
        if not self.session.is_current():
            self.changed()

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Show the wait cursor meanwhile.

        Slicer's own context also lets everything happen that waits to happen, such as the second click of a double
        click, which would close the step that is being opened.
        """
        qt.QApplication.setOverrideCursor(qt.Qt.WaitCursor)
        try:
            yield
        finally:
            qt.QApplication.restoreOverrideCursor()

    def open_case(self, directory) -> bool:
        """Open another case and show it; the step at hand is left first. Return whether it could be opened."""
        self._close_open_step()
        with self.busy():
            opened = self.attempt(self.session.open, directory)
        self._refresh_steps()
        self.open_step(self.steps[0].title)
        return opened

    def close_case(self) -> None:
        """Close the case at hand."""
        self._close_open_step()
        self.session.close()
        self._refresh_steps()
        self.open_step(self.steps[0].title)

    def is_open(self, step: Step) -> bool:
        """Say whether this step is the one that is open."""
        return step is self._open

    def open_step(self, title: str) -> bool:
        """Open a step if it may be opened, and close the one that is open; return whether it is open now."""
        step = next(step for step in self.steps if step.title == title)
        self.see_others()  # what was missing may be there by now
        missing = step.missing()
        if missing:
            self._refusal = _("{step} cannot be opened: {missing}").format(step=step.title, missing=missing)
            self.refuse(self._refusal)
            self._show_open_section()
            return False
        if self._refusal and self.ui.messageLabel.text.endswith(self._refusal):
            self.tell("")  # it holds no longer
        self._refusal = ""
        if step is not self._open:
            self._close_open_step()
            self._open = step
            self._show_open_section()
            step.enter()
        return True

    # What Slicer tells the panel.

    def connect_parameters(self, parameter_node) -> None:
        """Connect the widgets to another parameter node, or to none."""
        for node, tag in self._guiTags:
            node.disconnectGui(tag)
        self._guiTags = []
        self.parameterNode = parameter_node
        if parameter_node is not None:
            self._guiTags = [(parameter_node, parameter_node.connectGui(step.ui)) for step in self.steps]
            for step in self.steps:
                step.parameters_changed()
            self._refresh_steps()

    def enter(self) -> None:
        """See what changed while another module was open, and go on with the step at hand."""
        self.changed()
        if self._open is None:
            self.open_step(self.steps[0].title)
        else:
            self._open.resume()

    def exit(self) -> None:
        """Let the step that is open take its hands off the views: another module was opened."""
        if self._open is not None:
            self._open.suspend()

    def scene_closing(self) -> None:
        """Save what is under way before the scene takes its nodes away."""
        self._close_open_step()
        self.connect_parameters(None)

    def scene_closed(self) -> None:
        """Start over in the empty scene; the case stays open."""
        self.session.forget()
        self._refresh_steps()

    def _on_person(self) -> None:
        person = self.ui.personEdit.text.strip()
        if person != self.session.person:
            reopened = self._open
            try:
                self._close_open_step()  # what this person drew must be gone before the next one looks
            finally:  # whatever went wrong: whose name is shown is who signs
                self.session.person = person
                self._refresh_steps()
            if reopened is not None:
                self.open_step((self.steps[0] if reopened.missing() else reopened).title)

    def _dismiss(self) -> None:
        self.tell("")

    def _section_handler(self, step: Step) -> Callable[[bool], None]:
        def on_collapsed(collapsed: bool) -> None:
            if not collapsed and step is not self._open:
                self.open_step(step.title)
            elif collapsed and step is self._open:
                self._close_open_step()

        return on_collapsed

    def _close_open_step(self) -> None:
        step, self._open = self._open, None
        self._show_open_section()
        if step is not None:
            step.leave()
            self._refresh_steps()

    def _show_open_section(self) -> None:
        for step, section in zip(self.steps, self._sections, strict=True):
            section.collapsed = step is not self._open

    def _refresh_steps(self) -> None:
        folder = self.session.folder
        case = _("Case {case}: {state}").format(case=folder.case_id, state=folder.state) if folder else ""
        self.ui.caseLabel.text = case or _("No case is open.")
        for step, section in zip(self.steps, self._sections, strict=True):
            section.toolTip = step.missing()
            step.refresh()

    def _show_message(self, text: str) -> None:
        if len(text) > _LONGEST_MESSAGE:  # what a folder of files in the wrong place can fill; the end says what to do
            text = f"{text[: _LONGEST_MESSAGE * 2 // 3]} … {text[-_LONGEST_MESSAGE // 3 :]}"
        self.ui.messageFrame.visible = bool(text)
        self.ui.messageLabel.text = text
        # A word longer than the panel is wide is cut in the line; in the tip it is not. A tip takes text for HTML.
        self.ui.messageLabel.toolTip = f"<qt>{escape(text)}</qt>" if text else ""
