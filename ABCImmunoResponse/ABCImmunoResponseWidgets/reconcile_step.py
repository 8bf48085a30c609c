"""The step 'Reconcile': compare both locked reads, decide pair by pair, sign the consensus."""

from collections.abc import Callable

import qt
import SimpleITK as sitk
from slicer.i18n import tr as _

from ABCImmunoResponseLib.errors import CaseFolderError
from ABCImmunoResponseLib.reading.proposals import PROPOSALS
from ABCImmunoResponseLib.reading.records import Decision
from ABCImmunoResponseLib.reading.states import REOPENABLE, STATES, reached
from ABCImmunoResponseLib.reading.verdict import Verdict
from ABCImmunoResponseLib.resources import resource
from ABCImmunoResponseWidgets.reconcile import comparison
from ABCImmunoResponseWidgets.reconcile.comparison_display import LEGEND, ONLY_A, ONLY_B, PREVIEW, A, B
from ABCImmunoResponseWidgets.reconcile.comparison_view import ComparisonView
from ABCImmunoResponseWidgets.reconcile.decision_form import DecisionForm
from ABCImmunoResponseWidgets.reconcile.edit_drafts import load_edit
from ABCImmunoResponseWidgets.reconcile.outline_editor import OutlineEditor
from ABCImmunoResponseWidgets.reconcile.pair_table import PairTable
from ABCImmunoResponseWidgets.reconcile.pair_text import (
    CHOICES,
    REOPENINGS,
    consensus_text,
    pair_rows,
    pair_text,
    standing_text,
)
from ABCImmunoResponseWidgets.steps import Step


class ReconcileStep(Step):
    """An adjudicator's step: what was drawn is shown as A's and B's, never by whom."""

    title = _("Reconcile")
    ui_name = "ReconcileStep"

    def __init__(self, panel) -> None:
        super().__init__(panel)
        ui = self.ui
        self.table, self.form = PairTable(ui.pairTable), DecisionForm(ui)
        self.view = ComparisonView(self.session)
        self.editor = OutlineEditor(self.session, ui.editorFrame, ui.outlineEditorPlace, panel.refuse)
        self._verdict: Verdict | None = None
        self._decision: Decision | None = None
        self._following: str | None = None  # the pair to select once the decision is shown
        self._base = ""  # the outline that an edit starts from: the one chosen last
        self._legend = {
            A: ui.showACheck,
            B: ui.showBCheck,
            ONLY_A: ui.showOnlyACheck,
            ONLY_B: ui.showOnlyBCheck,
            PREVIEW: ui.showPreviewCheck,
        }

    def setup(self) -> None:
        """Connect the widgets."""
        ui = self.ui
        for name, check in self._legend.items():
            check.text = LEGEND[name]
            check.icon = qt.QIcon(str(resource("Icons", f"Comparison{name.title().replace(' ', '')}.png")))
            check.connect("toggled(bool)", self._toggle_of(name))
        ui.compareButton.connect("clicked(bool)", self._compare)
        ui.openPairsCheck.connect("toggled(bool)", self._on_filter)
        ui.nextOpenPairButton.connect("clicked(bool)", self._go_to_next_open)
        ui.pairTable.connect("currentCellChanged(int,int,int,int)", self._on_selected)
        ui.pairTable.connect("cellClicked(int,int)", self._jump)
        ui.comparisonLayoutButton.connect("clicked(bool)", self._change_layout)
        ui.choiceCombo.connect("currentIndexChanged(int)", self._on_choice)
        ui.discardEditButton.connect("clicked(bool)", self._discard_edit)
        ui.decideButton.connect("clicked(bool)", self._decide)
        ui.signButton.connect("clicked(bool)", self._sign)
        ui.reopenButton.connect("clicked(bool)", self._reopen)

    def missing(self) -> str:
        """Return what is missing: a case, or the lock of a read."""
        folder = self.session.folder
        if folder is None:
            return _("open a case first.")
        if reached(folder.state, "locked"):
            return ""
        locked = {read.role for read in folder.reads_for() if read.locked}
        if not locked:
            return _("neither reader has locked a read yet.")
        return _("reader {role} has not locked yet.").format(role="B" if "A" in locked else "A")

    def enter(self) -> None:
        """Lay out the views and show the pairs."""
        self._verdict = self._decision = None
        with self.panel.busy():
            self.panel.attempt(self.view.enter)
        self.refresh()

    def leave(self) -> None:
        """Take the pair out of the scene; what was edited is on disk."""
        self.editor.end()
        self.view.leave()
        self._verdict = self._decision = None

    def suspend(self) -> None:
        """Take the hands off the slice views."""
        self.editor.suspend()

    def resume(self) -> None:
        """Go on editing, if an outline is edited."""
        self.editor.resume()

    def cleanup(self) -> None:
        """Let go of the Segment Editor."""
        self.editor.cleanup()

    def refresh(self) -> None:
        """Show the pairs and what can be done, as the case and the person at work allow."""
        folder = self.session.folder
        if folder is None or not self.panel.is_open(self):
            return
        ui, consensus = self.ui, folder.consensus()
        ui.standingLabel.text = standing_text(folder)
        ui.compareButton.visible = folder.state == "locked"
        ui.pairsFrame.visible = consensus is not None
        unsigned = folder.state in ("reconciled", "adjudicated")
        ui.adjudicatorOverrideFrame.visible = unsigned and is_reader(self.session)
        ui.decisionBox.visible = ui.signButton.visible = unsigned
        ui.consensusLabel.text = consensus_text(folder) or _("No lesion yet.")
        signable = folder.state == "adjudicated" and bool(consensus.lesions)
        ui.signButton.enabled = signable
        ui.signButton.toolTip = _("Freeze the consensus; it can be scored then") if signable else standing_text(folder)
        self._offer_reopening(folder.state)
        self._fill(self._following or self._at_hand)
        self._following = None

    # Pairs.

    def _fill(self, selected: str | None) -> None:
        rows = pair_rows(self.session.folder)
        open_rows = tuple(row for row in rows if row.is_open)
        self.ui.nextOpenPairButton.enabled = bool(open_rows)
        self.table.fill(open_rows if self.ui.openPairsCheck.checked else rows, selected)
        self._on_selected()

    def _on_filter(self) -> None:
        self._fill(self._at_hand)

    def _on_selected(self) -> None:
        """Show the selected pair, unless it is shown as it is."""
        folder, pair_id = self.session.folder, self.table.selected()
        verdict = comparison.find_verdict(folder, pair_id) if pair_id else None
        decided = folder.consensus().decisions if pair_id else ()
        decision = next((decision for decision in decided if decision.pair_id == pair_id), None)
        if (verdict, decision) == (self._verdict, self._decision) and self.view.shows_pair == (verdict is not None):
            return
        moved = pair_id != self._at_hand
        self._verdict, self._decision, self._base = verdict, decision, ""
        self.editor.end()
        self.form.offer(verdict, folder.protocol)
        self.ui.pairReasonLabel.text = pair_text(verdict, decision) if verdict else ""
        self.view.clear()
        if verdict is not None:
            with self.panel.busy():
                self.panel.attempt(self._show, verdict, moved)

    def _show(self, verdict: Verdict, moved: bool) -> None:
        self.view.show(verdict)
        self.view.show_outline(self.view.decided(verdict.pair_id))
        if moved:
            self.view.jump(verdict)

    def _jump(self) -> None:
        if self._verdict is not None:
            self.panel.attempt(self.view.jump, self._verdict)

    def _go_to_next_open(self) -> None:
        self._fill(self._next_open())

    def _next_open(self) -> str | None:
        """Return the open pair after the one at hand, or the first; the one at hand where none is open."""
        folder = self.session.folder
        order = [verdict.pair_id for verdict in folder.verdicts()]
        here = order.index(self._at_hand) if self._at_hand in order else -1
        open_pairs = sorted(
            folder.consensus().open_pairs, key=lambda pair: (order.index(pair) <= here, order.index(pair))
        )
        return open_pairs[0] if open_pairs else self._at_hand

    @property
    def _at_hand(self) -> str | None:
        return self._verdict.pair_id if self._verdict else None

    # Slice views.

    def _toggle_of(self, name: str) -> Callable[[bool], None]:
        def on_toggled(visible: bool) -> None:
            self.view.show_part(name, visible)

        return on_toggled

    def _change_layout(self) -> None:
        with self.panel.busy():
            self.view.lay_out(not self.view.side_by_side)
        self.ui.comparisonLayoutButton.text = (
            _("O&verlay both in one view") if self.view.side_by_side else _("Show both si&de by side")
        )
        self._jump()

    # Decisions.

    def _on_choice(self) -> None:
        self.editor.end()
        self.form.note("")
        self.form.ask_for_organ()
        if self._verdict is not None:
            with self.panel.busy():
                if not self.panel.attempt(self._show_choice, self._verdict, self.form.choice):
                    self.view.show_outline(None)

    def _show_choice(self, verdict: Verdict, choice: str) -> None:
        """Show what would be decided, and begin an edit where that is the choice."""
        if choice == "edited":
            self._edit(verdict)
            return
        if choice in ("A", "B", *PROPOSALS):
            self._base = choice
        if choice in PROPOSALS:
            self.view.show_outline(self.view.outline_of(verdict, choice))
            self.form.note(self.view.notes_on(verdict, choice))
        else:
            self.view.show_outline(None if choice else self.view.decided(verdict.pair_id))

    def _edit(self, verdict: Verdict) -> None:
        """Edit what was edited before and not decided, else a copy of the outline that was chosen last."""
        mask, note = self._kept_edit(verdict.pair_id)
        if mask is None:
            mask, begun = self._start_of_edit(verdict)
            note = f"{note} {begun}".strip()
        self.view.show_outline(None)
        node = comparison.editable(mask, verdict.pair_id, self.view.outlines.image, self.session.volume())
        self.view.adopt(node)
        self.editor.begin(node, self.view.outlines.image, verdict.pair_id)
        self.form.note(note)

    def _kept_edit(self, pair_id: str) -> tuple[sitk.Image | None, str]:
        try:
            kept = load_edit(self.session.directory, self.session.person, pair_id, self.view.outlines.image)
        except CaseFolderError as damaged:
            return None, str(damaged)
        return kept, "" if kept is None else _("Your edit of this pair was kept; go on.")

    def _start_of_edit(self, verdict: Verdict) -> tuple[sitk.Image, str]:
        decided = None if self._base else self.view.decided(verdict.pair_id)
        if decided is not None:
            return decided, _("Starts from what was decided.")
        base = self._base or ("A" if verdict.a else "B")
        return self.view.outline_of(verdict, base), _("Starts from: {outline}.").format(outline=CHOICES[base])

    def _discard_edit(self) -> None:
        if self.panel.attempt(self.editor.forget_draft, self._at_hand):
            self._on_choice()

    def _decide(self) -> None:
        if not self.form.choice:
            self.panel.refuse(_("Choose an outline first, or to drop the lesion."))
            return
        if self._take(self._record, self._at_hand, self.form.choice):
            self.panel.tell(_("{pair} is decided.").format(pair=self._at_hand))
            self._following = self._next_open()
            self.editor.end()
            self.panel.changed()

    def _record(self, pair_id: str, choice: str) -> None:
        given = {"organ": self.form.organ, "override_reason": self._override}
        if choice == "edited":
            edited = self.editor.mask()
            given |= {"mask": edited.image, "findings": edited.findings}
        self.session.folder.adjudicate(pair_id, choice, self.session.person, self.form.reason, **given)
        self.editor.forget_draft(pair_id)

    @property
    def _override(self) -> str:
        """The reason of a reader who adjudicates; '' of anybody else, whatever was typed before."""
        return self.ui.adjudicatorOverrideEdit.text if is_reader(self.session) else ""

    def _take(self, step: Callable, *given) -> bool:
        """Take a step of the case; where it is refused, show what others did meanwhile: somebody signed, perhaps."""
        with self.panel.busy():
            taken = self.panel.attempt(step, *given)
        if not taken:
            self.panel.see_others()
        return taken

    # The consensus.

    def _compare(self) -> None:
        if self._take(lambda: self.session.folder.reconcile(self.session.person)):
            self.panel.tell(_("Both reads are compared."))
            self.panel.changed()

    def _sign(self) -> None:
        folder = self.session.folder
        question = _("Sign the consensus of case {case} as {person}? It cannot be changed after that.").format(
            case=folder.case_id, person=self.session.person
        )
        if not self.panel.confirm(question):
            return
        if self._take(lambda: folder.sign(self.session.person, override_reason=self._override)):
            self.panel.tell(_("The consensus is signed."))
            self.panel.changed()

    def _offer_reopening(self, state: str) -> None:
        states = [to for to in REOPENABLE if STATES.index(to) < STATES.index(state)]
        self.ui.reopenBox.visible = bool(states)
        combo = self.ui.reopenStateCombo
        if [combo.itemData(n) for n in range(combo.count)] != states:
            combo.clear()
            for to in states:
                combo.addItem(REOPENINGS[to], to)
            combo.currentIndex = len(states) - 1  # the smallest step back

    def _reopen(self) -> None:
        ui = self.ui
        to, reason = ui.reopenStateCombo.itemData(ui.reopenStateCombo.currentIndex), ui.reopenReasonEdit.text
        if self._take(lambda: self.session.folder.reopen(to, self.session.person, reason)):
            ui.reopenReasonEdit.text = ""
            ui.reopenBox.collapsed = True
            self.panel.tell(_("The case is reopened."))
            self.panel.changed()


def is_reader(session) -> bool:
    """Say whether the person at work read the case at hand."""
    person = session.person.casefold()
    return session.folder is not None and any(read.reader.casefold() == person for read in session.folder.reads_for())
