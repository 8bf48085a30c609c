"""Recording, locking and withdrawing a read: the last part of the step 'Read'."""

from collections.abc import Callable

from slicer.i18n import tr as _

from ABCImmunoResponseLib.errors import ABCImmunoResponseError, CaseFolderError
from ABCImmunoResponseWidgets.read.drafting import Drafting
from ABCImmunoResponseWidgets.read.live_read import LiveRead
from ABCImmunoResponseWidgets.read.read_text import STATEMENT, say


class ReadSigning:
    """The buttons that put a read into the case folder.

    Parameters
    ----------
    panel, ui
        The panel, and the widgets of the step.
    live
        Returns the read that is open, or None.
    after_locking, after_withdrawing
        Called when the read was locked, or withdrawn.
    """

    def __init__(
        self,
        panel,
        ui,
        live: Callable[[], LiveRead | None],
        *,
        after_locking: Callable[[], None],
        after_withdrawing: Callable[[], None],
    ) -> None:
        self._panel, self._ui, self._live = panel, ui, live
        self._after_locking, self._after_withdrawing = after_locking, after_withdrawing
        ui.saveReadButton.connect("clicked()", self._on_record)
        ui.lockReadButton.connect("clicked()", self._on_lock)
        ui.withdrawButton.connect("clicked()", self._on_withdraw)
        self.clear()

    def show(self, live: LiveRead) -> None:
        """Show when the draft was saved, and what is missing."""
        drafting = live.drafting
        for part in (self._ui.recordBox, self._ui.withdrawBox):
            part.visible = drafting is not None
        if drafting is not None:
            self._ui.savedLabel.text = saved_text(live)
            say(self._ui.incompleteLabel, missing_text(drafting))

    def clear(self) -> None:
        """Leave nothing behind of what a reader wrote."""
        self._ui.savedLabel.text = self._ui.incompleteLabel.text = self._ui.withdrawReasonEdit.text = ""
        self._ui.statementEdit.plainText = STATEMENT
        self._ui.withdrawBox.collapsed = True

    def record_on_leaving(self, drafting: Drafting) -> bool:
        """Record what is complete and new; return whether anything was. No lesion is named: others see it."""
        try:
            if not drafting.complete() or drafting.is_recorded():
                return False
            drafting.record()
        except ABCImmunoResponseError as refusal:
            why = f" {refusal}" if isinstance(refusal, CaseFolderError) else ""
            self._panel.refuse(
                _("Your read could not be recorded in the case folder; it is in your draft.{why}").format(why=why)
            )
            return False
        return True

    def _on_record(self) -> None:
        drafting = self._settled()
        if drafting is not None and self._panel.attempt(drafting.record):
            self._panel.changed()
            recorded = ", ".join(lesion.lesion_id for lesion in drafting.complete())
            text = _("Recorded in the case folder: {lesions}.").format(lesions=recorded)
            self._panel.tell(" ".join(filter(None, (text, missing_text(drafting)))))

    def _on_lock(self) -> None:
        drafting = self._settled()
        if drafting is None or not self._panel.attempt(drafting.check_lockable):
            return
        question = _(
            "Sign and lock your read of case {case} as {person}? It has {n} lesions. It cannot be changed again."
        ).format(case=drafting.folder.case_id, person=drafting.reader, n=len(drafting.lesions))
        if not self._panel.confirm(question):
            return
        with self._panel.busy():
            locked = self._panel.attempt(drafting.lock, self._ui.statementEdit.plainText)
        if locked:
            self._after_locking()
            self._panel.tell(_("Your read of case {case} is locked.").format(case=drafting.folder.case_id))

    def _on_withdraw(self) -> None:
        drafting = self._settled()
        if drafting is None:
            return
        question = _("Take your read of case {case} back? Its outlines and its draft go; this cannot be undone.")
        if self._panel.confirm(question.format(case=drafting.folder.case_id)) and self._panel.attempt(
            drafting.withdraw, self._ui.withdrawReasonEdit.text
        ):
            self._after_withdrawing()
            self._panel.tell(_("Your read of case {case} is withdrawn.").format(case=drafting.folder.case_id))

    def _settled(self) -> Drafting | None:
        """Return the draft as it is drawn at this moment; None where there is none to act on."""
        live = self._live()
        if live is None or live.drafting is None:
            return None
        live.update()
        if live.is_over:
            self._panel.refuse(live.fault)
            return None
        return live.drafting


def saved_text(live: LiveRead) -> str:
    """Return when the draft was saved, or why not."""
    if live.fault:
        return _(
            "Not saved yet: {why} Nothing is lost while Slicer stays open; it is tried again every few seconds."
        ).format(why=live.fault)
    saved = live.drafting.saved
    return _("Saved {time}").format(time=f"{saved:%H:%M:%S}") if saved else _("Everything is saved.")


def missing_text(drafting: Drafting) -> str:
    """Return what lesions lack to be recorded, or ''."""
    missing = drafting.missing_text()
    return _("Not complete: {missing}.").format(missing=missing) if missing else ""
