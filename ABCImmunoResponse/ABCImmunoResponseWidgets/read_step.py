"""The step 'Read': one reader outlines lesions, says what they are, and signs."""

from slicer.i18n import tr as _

from ABCImmunoResponseLib.errors import ABCImmunoResponseError
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.reading.drafts import DraftLesion, check_may_read
from ABCImmunoResponseWidgets import views
from ABCImmunoResponseWidgets.read.drafting import Drafting
from ABCImmunoResponseWidgets.read.lesion_form import LesionForm
from ABCImmunoResponseWidgets.read.lesion_table import LesionTable, ProposalTable
from ABCImmunoResponseWidgets.read.live_read import LiveRead
from ABCImmunoResponseWidgets.read.read_keys import ReadKeys
from ABCImmunoResponseWidgets.read.read_signing import ReadSigning
from ABCImmunoResponseWidgets.read.read_text import finding_lines, role_text, say
from ABCImmunoResponseWidgets.read.reading import Reading, locked_reading, own_read
from ABCImmunoResponseWidgets.read.unsaved import UnsavedDrafts
from ABCImmunoResponseWidgets.segment_editor import SegmentEditor
from ABCImmunoResponseWidgets.steps import Step


class ReadStep(Step):
    """Shows the read of the person at work, and of nobody else."""

    title = _("Read")
    ui_name = "ReadStep"

    def __init__(self, panel) -> None:
        super().__init__(panel)
        self._live: LiveRead | None = None
        self._editor: SegmentEditor | None = None
        self._fault = ""

    def setup(self) -> None:
        """Connect the widgets."""
        ui = self.ui
        self._unsaved = UnsavedDrafts(self.panel.tell)
        self._table = LesionTable(ui.lesionTable, self._select, self._jump_to)
        self._proposal = ProposalTable(ui.proposalTable)
        self._form = LesionForm(ui, self._on_said)
        self._signing = ReadSigning(
            self.panel,
            ui,
            lambda: self._live,
            after_locking=self._after_locking,
            after_withdrawing=self._after_withdrawing,
        )
        self._keys = ReadKeys(
            self.widget,
            add=self._on_add,
            jump=self._on_jump,
            previous=self._on_previous,
            next=self._on_next,
            diameters=ui.diametersBox.toggle,
        )
        ui.windowCombo.addItems([label for label, _window, _level in views.WINDOW_PRESETS.values()])
        ui.windowCombo.connect("activated(int)", self._on_window)
        ui.ctLayoutButton.connect("clicked()", views.set_ct_layout)
        ui.diametersBox.connect("toggled(bool)", self._on_diameters)
        ui.addLesionButton.connect("clicked()", self._on_add)
        ui.removeLesionButton.connect("clicked()", self._on_remove)
        ui.jumpToLesionButton.connect("clicked()", self._on_jump)
        ui.proposeButton.connect("clicked()", self._on_propose)
        ui.takeOverButton.connect("clicked()", self._on_take_over)
        ui.resumeReadButton.connect("clicked()", self._resume)
        self._show_nothing()

    def missing(self) -> str:
        """Return why this person cannot read this case; '' if they can, or have read it."""
        folder, person = self.session.folder, self.session.person
        if folder is None:
            return _("Open a case first.")
        if not person:
            return _("Say who you are first, at the top of the panel.")
        try:
            if not _is_locked(folder, person):
                check_may_read(folder, person)
        except ABCImmunoResponseError as refusal:
            return str(refusal)
        return ""

    def enter(self) -> None:
        """Go on with the reader's draft, or show what was locked."""
        self._open()

    def leave(self) -> None:
        """Save the draft, record what is complete, and take the read out of the scene."""
        self.panel.tell("")  # what was said to this reader may name lesions
        live = self._live
        if live is None:
            self._show_nothing()
            return
        recorded = False
        try:
            live.keep()
            recorded = live.drafting is not None and self._signing.record_on_leaving(live.drafting)
            if live.drafting is not None and live.drafting.is_saved():
                self.panel.tell(
                    _("Your read of case {case} is saved; you can go on with it at any time.").format(
                        case=live.drafting.folder.case_id
                    )
                )
        finally:  # whatever went wrong: another may look next, and must find nothing of this reader
            self._close()
        if recorded:
            self.panel.attempt(self.session.refresh)

    def suspend(self) -> None:
        """Take the hands off the views while another module is open."""
        if self._live is not None:
            self._live.update()
            self._editor.put_down()
            self._keys.enable(False)

    def resume(self) -> None:
        """Go on."""
        if self._live is not None:
            self._editor.take_up()
            self._keys.enable(True)

    def refresh(self) -> None:
        """Show as whom one reads."""
        folder, person = self.session.folder, self.session.person
        self.ui.readRoleLabel.text = role_text(folder, person) if folder is not None and person else ""

    def cleanup(self) -> None:
        """Let go of timers and of the editor; what is still unsaved is tried a last time."""
        self._unsaved.cleanup()
        self._keys.cleanup()
        if self._editor is not None:
            self._editor.cleanup()

    # Opening and closing.

    def _open(self) -> None:
        """Put the read into the scene: a draft that goes on or begins, or the locked read."""
        folder, person = self.session.folder, self.session.person
        self._show_notice("")
        self._fault = ""
        with self.panel.busy():
            if self._editor is None:  # Slicer's editor takes a while to make, and not everybody reads
                self._editor = SegmentEditor(self.ui.editorBox, self._on_segment)
            try:
                self._live = LiveRead(
                    self.session,
                    self._reading(folder, person),
                    self._editor,
                    on_update=self._show,
                    on_loss=self._on_loss,
                    tell=self.panel.tell,
                )
                self._live.open()
            except ABCImmunoResponseError as refusal:
                if self._live is not None:
                    self._close()
                self._show_notice(str(refusal), _("Try again"))
                return
        self._live.lines.set_visible(self.ui.diametersBox.checked)
        self._keys.enable(True)
        self.refresh()
        if self._live.drafting is not None and self._live.drafting.notice:
            self.panel.refuse(self._live.drafting.notice)

    def _resume(self) -> None:
        self.panel.see_others()  # the read may have been locked meanwhile, or the case be gone
        if self.panel.is_open(self):
            self._open()

    def _reading(self, folder: CaseFolder, person: str) -> Reading:
        if _is_locked(folder, person):
            return locked_reading(folder, person)
        return self._unsaved.take(folder.path, person) or Drafting(folder, person)

    def _close(self) -> None:
        """Take the read out of the scene; a draft that could not be saved is kept in memory and tried again."""
        live, self._live = self._live, None
        self._keys.enable(False)
        live.close()
        if live.is_over:
            self.panel.refuse(live.fault)
        elif live.drafting is not None and not live.drafting.is_saved():
            self._unsaved.keep(live.drafting)
            self.panel.refuse(
                _(
                    "The last strokes in case {case} could not be saved yet. They are kept and tried again every few "
                    "seconds: leave Slicer open."
                ).format(case=live.drafting.folder.case_id)
            )
        self._show_nothing()

    def _on_loss(self, what: str) -> None:
        self._close()
        self._show_notice(what, _("Resume"))

    def _after_locking(self) -> None:
        self._close()
        self.panel.changed()
        self._open()

    def _after_withdrawing(self) -> None:
        self._close()
        self.panel.changed()
        self.panel.open_step(self.panel.steps[0].title)

    # What the reader does.

    def _on_segment(self, segment_id: str) -> None:
        """Follow the editor's selection."""
        lesion_id = self._live.lesion_of(segment_id) if self._live is not None else None
        if lesion_id is not None:
            self._select(lesion_id)

    def _select(self, lesion_id: str) -> None:
        if self._live is not None and lesion_id != self._live.reading.current:
            self._live.select(lesion_id)

    def _on_previous(self) -> None:
        self._select_at(-1)

    def _on_next(self) -> None:
        self._select_at(1)

    def _select_at(self, offset: int) -> None:
        ids = list(self._live.reading.lesions)
        if ids:
            current = self._live.reading.current
            self._select(ids[(ids.index(current) + offset) % len(ids)] if current in ids else ids[0])

    def _on_add(self) -> None:
        if self._live is not None and self._live.drafting is not None:
            self._live.add()

    def _on_remove(self) -> None:
        lesion_id = self._live.reading.current
        if lesion_id is not None and self.panel.confirm(
            _("Remove lesion {lesion} with its outline?").format(lesion=lesion_id)
        ):
            self._live.remove(lesion_id)

    def _on_jump(self) -> None:
        if self._live is not None and self._live.reading.current is not None:
            self._jump_to(self._live.reading.current)

    def _jump_to(self, lesion_id: str) -> None:
        measured = self._live.reading.measurements.get(lesion_id)
        if measured is None:
            self.panel.refuse(_("Lesion {lesion} is not drawn yet.").format(lesion=lesion_id))
            return
        views.jump_to_lps([(a + b) / 2 for a, b in zip(*measured.endpoints_lps_mm, strict=True)])

    def _on_said(self, lesion: DraftLesion) -> None:
        self._live.drafting.change(lesion)
        self._live.touch()
        self._show()

    def _on_window(self, index: int) -> None:
        views.apply_window(self.session.volume(), list(views.WINDOW_PRESETS)[index])

    def _on_diameters(self, visible: bool) -> None:
        if self._live is not None:
            self._live.lines.set_visible(visible)

    def _on_propose(self) -> None:
        self._live.update()
        self.ui.proposalArea.visible = True

    def _on_take_over(self) -> None:
        self._live.drafting.take_over_proposal()
        self.ui.proposalArea.visible = False
        self._live.update()

    # What the reader sees.

    def _show(self) -> None:
        live = self._live
        reading, editable = live.reading, live.drafting is not None
        overview, current = reading.overview(), reading.current
        self._table.show(reading, overview)
        self._proposal.show(overview)
        self._form.show(reading.lesions.get(current), reading.folder.protocol, editable=editable)
        self._signing.show(live)
        row = next((row for row in overview.rows if row.lesion_id == current), None)
        ui = self.ui
        say(ui.lesionFindingsLabel, (finding_lines(row.findings) or row.why_not) if row else "")
        say(ui.caseFindingsLabel, finding_lines(overview.findings) if reading.lesions else "")
        ui.sumLabel.text = _("Sum of diameters of the targets: {mm:.1f} mm").format(mm=overview.sum_mm)
        ui.readBody.visible = True
        ui.addLesionButton.enabled = ui.proposeButton.enabled = ui.takeOverButton.enabled = editable
        ui.removeLesionButton.enabled = editable and row is not None
        ui.jumpToLesionButton.enabled = row is not None and row.longest_diameter_mm is not None
        self._tell_fault(live.fault)

    def _tell_fault(self, fault: str) -> None:
        """Say once in the message line that saving fails, and once that it works again; the label says it all along."""
        if bool(fault) != bool(self._fault):
            if fault:
                self.panel.refuse(_("Your draft is not saved: {why}").format(why=fault))
            else:
                self.panel.tell(_("Your draft is saved again."))
        self._fault = fault

    def _show_nothing(self) -> None:
        """Leave nothing in the widgets of what a reader drew or wrote."""
        ui = self.ui
        ui.readBody.visible = ui.proposalArea.visible = False
        ui.sumLabel.text = ui.caseFindingsLabel.text = ui.lesionFindingsLabel.text = ""
        self._show_notice("")
        self._table.clear()
        self._proposal.clear()
        self._form.clear()
        self._signing.clear()

    def _show_notice(self, text: str, button: str = "") -> None:
        self.ui.readNoticeLabel.text, self.ui.resumeReadButton.text = text, button
        self.ui.readNoticeFrame.visible = bool(text)


def _is_locked(folder: CaseFolder, person: str) -> bool:
    read = own_read(folder, person)
    return read is not None and read.locked
