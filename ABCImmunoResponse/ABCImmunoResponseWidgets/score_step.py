"""The step 'Score': clinical values, the model, scoring beside Slicer, and the result."""

import json
from pathlib import Path

import slicer
from slicer.i18n import tr as _

from ABCImmunoResponseLib.errors import BundleError, ClinicalError
from ABCImmunoResponseWidgets import views
from ABCImmunoResponseWidgets.background.process import Outcome, Progress
from ABCImmunoResponseWidgets.background.worker import Worker
from ABCImmunoResponseWidgets.score.clinical_values import ClinicalValues
from ABCImmunoResponseWidgets.score.model_choice import ModelChoice
from ABCImmunoResponseWidgets.score.result_view import ResultView
from ABCImmunoResponseWidgets.steps import Step

_SCORED = ("scored", "reported")


class ScoreStep(Step):
    """Records clinical values and scores a case whose consensus is signed; shows the result of one that is scored."""

    title = _("Score")
    ui_name = "ScoreStep"

    def __init__(self, panel) -> None:
        super().__init__(panel)
        self._scoring: Path | None = None
        self._cancelled = False
        self._state = ""
        self._scene_tag: int | None = None

    def setup(self) -> None:
        """Build the form and connect the widgets."""
        ui = self.ui
        self._model = ModelChoice(ui, self._on_model)
        self._values = ClinicalValues(ui, self.session, self._show_what_can_be_done)
        self._result = ResultView(ui, self.session)
        self._worker = Worker(self._on_progress, self._on_end)
        ui.saveClinicalButton.connect("clicked()", self._save)
        ui.discardClinicalButton.connect("clicked()", self._values.discard)
        ui.scoreButton.connect("clicked()", self._score)
        ui.cancelButton.connect("clicked()", self._cancel)
        ui.showNodeButton.connect("clicked()", self._show_node)
        ui.reopenReasonEdit.connect("textChanged(QString)", self._show_what_can_be_done)
        ui.reopenButton.connect("clicked()", self._reopen)
        self._scene_tag = slicer.mrmlScene.AddObserver(slicer.vtkMRMLScene.StartCloseEvent, self._on_scene_closing)

    def missing(self) -> str:
        """Return what must be there before clinical values and scores may be seen."""
        folder = self.session.folder
        if folder is None:
            return _("open a case first.")
        if folder.state not in ("signed", *_SCORED):
            return _("the case is {state}; its consensus must be signed first.").format(state=folder.state)
        return ""

    def enter(self) -> None:
        """Add tables and charts of a result to the scene."""
        self._result.add_to_scene()

    def leave(self) -> None:
        """Go back to the layout before the result's; tables and charts stay in the scene until the case is closed."""
        views.restore_layout()

    def refresh(self) -> None:
        """Show the case: values, result, and what can be done."""
        folder = self.session.folder
        if self._scoring is not None and self._scoring != self.session.directory:
            self._stop()
            if folder is not None:  # else the panel says why the case could not be opened
                self.panel.tell(_("Scoring was stopped: another case was opened. The case before is as it was."))
        state = folder.state if folder is not None else ""
        if state != self._state:  # else it stays as the user left it
            self.ui.clinicalBox.collapsed = self.ui.modelBox.collapsed = state in _SCORED
        self._state = state
        self._values.show()
        self._result.show()
        if self.panel.is_open(self):  # another process may have scored
            self._result.add_to_scene()
        self._show_what_can_be_done()

    def cleanup(self) -> None:
        """End a worker that still runs and let go of the scene."""
        self._stop()
        self._values.stop()
        if self._scene_tag is not None:
            slicer.mrmlScene.RemoveObserver(self._scene_tag)
            self._scene_tag = None

    def _on_model(self) -> None:
        self.session.bundle_directory = self._model.directory
        self._show_what_can_be_done()

    def _save(self) -> None:
        with self.panel.busy():
            recorded = self.panel.attempt(self._record)
        if recorded:
            self.panel.changed(self.session.folder)
            self.panel.tell(_("The clinical values are recorded."))

    def _record(self) -> None:
        self.session.folder.set_clinical(self._values.record(), self.session.person)

    # Scoring.

    def _score(self) -> None:
        try:
            record = self._values.record()
            self._model.check()
        except (ClinicalError, BundleError) as refusal:
            self.panel.refuse(refusal)
            self._show_what_can_be_done()
            return
        directory = self.session.directory
        words = ["case", "score", str(directory.resolve()), "--clinical", "-", "--progress", "json"]
        words.append(f"--by={self.session.person}")
        if self._model.directory is not None:
            words.append(f"--bundle={self._model.directory.resolve()}")
        if self._model.engine_name is not None:
            words.append(f"--engine={self._model.engine_name}")
        self.panel.tell("")
        self._show_progress(0, 0, _("Starting..."))
        if self.panel.attempt(self._worker.start, words, json.dumps(record.as_dict()), directory):
            self._scoring, self._cancelled = directory, False
        self._show_what_can_be_done()

    def _cancel(self) -> None:
        self._cancelled = True
        self._worker.cancel()
        self.ui.progressLabel.text = _("Cancelling...")
        self._show_what_can_be_done()

    def _stop(self) -> None:
        self._worker.stop()
        self._scoring = None

    def _on_scene_closing(self, caller, event) -> None:
        if self._scoring is not None:
            self._stop()
            self.panel.tell(_("Scoring was stopped: the scene was closed. The case is as it was."))
            self._show_what_can_be_done()

    def _on_progress(self, progress: Progress) -> None:
        if not self._cancelled:
            step = min(progress.done + 1, progress.total)
            text = _("Step {step} of {total}: {what}").format(step=step, total=progress.total, what=progress.what)
            self._show_progress(progress.done, progress.total, text)

    def _show_progress(self, done: int, total: int, text: str) -> None:
        self.ui.scoreProgress.maximum = total  # 0: the bar shows that something is going on, not how much is done
        self.ui.scoreProgress.value = done
        self.ui.progressLabel.text = text

    def _on_end(self, outcome: Outcome) -> None:
        directory, self._scoring = self._scoring, None
        self.panel.changed(outcome.folder)
        folder = self.session.folder
        if folder is None or folder.path != directory:
            return  # the case can no longer be read, and the panel says why
        if outcome.status in ("refused", "died"):
            self.panel.refuse(outcome.message)
        elif not self._cancelled:
            self.panel.tell(_("Case {case} is scored.").format(case=folder.case_id))
        elif folder.state in _SCORED:
            self.panel.tell(_("Scoring was finished before it could be cancelled."))
        else:
            self.panel.tell(_("Scoring was cancelled; the case is as it was."))

    # After scoring.

    def _show_node(self) -> None:
        problem = self._result.show_chosen_node()
        if problem:
            self.panel.refuse(problem)

    def _reopen(self) -> None:
        if self.panel.attempt(self._take_back):
            self.ui.reopenReasonEdit.text = ""
            self.panel.changed(self.session.folder)
            self.panel.tell(_("The case is signed again and can be scored anew."))

    def _take_back(self) -> None:
        self.session.folder.reopen("signed", self.session.person, self.ui.reopenReasonEdit.text.strip())

    def _show_what_can_be_done(self) -> None:
        ui, running, person = self.ui, self._scoring is not None, bool(self.session.person)
        missing = self.missing()
        ui.clinicalBox.visible = ui.modelBox.visible = not missing  # others may reopen the case while the step is open
        free = self._state == "signed" and not running
        self._values.set_enabled(free)
        self._model.set_enabled(not running)
        ui.unknownLabel.text = self._values.unknown_text(self._model.bundle)
        ui.saveClinicalButton.enabled = free and person and self._values.unsaved
        ui.discardClinicalButton.enabled = free and self._values.unsaved
        ui.scoreButton.visible = ui.cancelButton.visible = self._state not in _SCORED
        ui.scoreButton.enabled = free and person and self._model.bundle is not None
        ui.cancelButton.enabled = running and not self._cancelled
        ui.scoreProgress.visible = ui.progressLabel.visible = running
        ui.reopenBox.visible = self._state in _SCORED
        ui.reopenButton.enabled = person and bool(ui.reopenReasonEdit.text.strip())
        hint = "" if person else _("Say at the top who you are: the audit log records who scores.")
        ui.scoreHintLabel.text = _("Nothing can be scored: {missing}").format(missing=missing) if missing else hint
        ui.scoreHintLabel.visible = bool(ui.scoreHintLabel.text)
