"""The clinical values of a case in a form: what is recorded, what was typed since, and what follows from it."""

from collections.abc import Callable
from pathlib import Path

from slicer.i18n import tr as _

from ABCImmunoResponseLib.clinical import ClinicalRecord, clinical_variables
from ABCImmunoResponseLib.model.bundle import Bundle
from ABCImmunoResponseLib.model.coding import missing_sources
from ABCImmunoResponseLib.report.words import value_words
from ABCImmunoResponseWidgets.score.clinical_form import ClinicalForm
from ABCImmunoResponseWidgets.session import Session

_Case = tuple[Path, str, str]  # where, which, and when created: another patient may come to lie at its place


class ClinicalValues:
    """The widgets ``clinicalFrame``, ``derivedLabel`` and ``unsavedLabel`` of a step.

    What was typed and not recorded is kept in memory, by case, for as long as the module lives.
    """

    def __init__(self, ui, session: Session, on_change: Callable[[], None]) -> None:
        self._ui, self._session, self._on_change = ui, session, on_change
        self._typed: dict[_Case, dict[str, str]] = {}
        self._shown_for: _Case | None = None
        self._form = ClinicalForm(ui.clinicalFrame, self._on_typed)

    @property
    def unsaved(self) -> bool:
        """Whether the form holds other values than the case's record."""
        return self._case in self._typed

    def show(self) -> None:
        """Show the values of the case at hand: those typed, while they can still be recorded, else those recorded."""
        folder, case, recorded = self._session.folder, self._case, self._recorded()
        if folder is not None and folder.state != "signed":
            self._typed.pop(case, None)
        self._shown_for = None  # what the form is filled with now was typed by nobody
        if self.unsaved:
            self._form.restore(self._typed[case])
            if self._form.holds(recorded):  # it was recorded since
                del self._typed[case]
        if not self.unsaved:
            self._form.show(recorded)
        self._shown_for = case

    def discard(self) -> None:
        """Go back to the recorded values."""
        self._form.show(self._recorded())

    def record(self) -> ClinicalRecord:
        """Return the values in the form; see :meth:`ClinicalForm.record` for what is refused."""
        return self._form.record()

    def set_enabled(self, enabled: bool) -> None:
        """Let the values be changed, or only be read."""
        self._form.set_enabled(enabled)

    def stop(self) -> None:
        """Heed the form no longer: the widgets are going."""
        self._form.stop()

    def unknown_text(self, bundle: Bundle | None) -> str:
        """Return how many values are unknown, and what that means for scoring with this bundle."""
        known = self._form.known()
        text = _("{n} of {all} values are unknown.").format(
            n=sum(value is None for value in known.as_dict().values()), all=len(clinical_variables())
        )
        if bundle is None:
            return text
        needed = missing_sources(bundle.description["clinical"]["variables"], known)
        if not needed:
            return f"{text} {_('All that the clinical and the combined score need is known.')}"
        withheld = _("The clinical and the combined score are withheld unless these are known: {needed}.")
        return f"{text} {withheld.format(needed=', '.join(needed))}"

    @property
    def _case(self) -> "_Case | None":
        folder = self._session.folder
        return (folder.path, folder.case_id, folder.created) if folder is not None else None

    def _recorded(self) -> ClinicalRecord | None:
        folder = self._session.folder
        return folder.clinical() if folder is not None else None

    def _on_typed(self) -> None:
        if self._shown_for is not None:
            if self._form.holds(self._recorded()):
                self._typed.pop(self._shown_for, None)
            else:
                self._typed[self._shown_for] = self._form.texts()
        known = self._form.known()
        self._ui.derivedLabel.text = _("dNLR: {dnlr}; molecular subtype: {subtype}").format(
            dnlr=value_words(known.dnlr) or _("unknown"), subtype=known.subtype or _("unknown")
        )
        self._ui.unsavedLabel.visible = self.unsaved
        self._ui.unsavedLabel.text = _("Not recorded yet; kept until Slicer closes. Scoring records what it used.")
        self._on_change()
