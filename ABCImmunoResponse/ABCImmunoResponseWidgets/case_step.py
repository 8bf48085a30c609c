"""The step 'Case': the cases of a reading folder, opening one, starting one."""

from datetime import date
from pathlib import Path

import qt
from slicer.i18n import tr as _

from ABCImmunoResponseLib.errors import ABCImmunoResponseError, CaseFolderError
from ABCImmunoResponseLib.reading.layout import CASE
from ABCImmunoResponseLib.reading.worklist import WorkItem, filtered, worklist
from ABCImmunoResponseWidgets import views
from ABCImmunoResponseWidgets.case.case_text import acquisition_text
from ABCImmunoResponseWidgets.case.dicom_source import browser_series, series_of_volume
from ABCImmunoResponseWidgets.case.series_check import shows_series
from ABCImmunoResponseWidgets.parameters import WorkFilter
from ABCImmunoResponseWidgets.score.results import findings_text
from ABCImmunoResponseWidgets.steps import Step


class CaseStep(Step):
    """Opens and starts cases; everything else about a case is for the later steps."""

    title = _("Case")
    ui_name = "CaseStep"

    def __init__(self, panel) -> None:
        super().__init__(panel)
        self._items: tuple[WorkItem, ...] = ()
        self._note = ""

    def setup(self) -> None:
        """Connect the widgets."""
        ui = self.ui
        ui.caseTable.setHorizontalHeaderLabels([_("Case"), _("State"), _("Next")])
        header = ui.caseTable.horizontalHeader()
        header.setSectionResizeMode(qt.QHeaderView.ResizeToContents)
        header.setStretchLastSection(True)
        # An edit that is emptied tells of no other path, only that there is none.
        ui.readingFolderEdit.connect("currentPathChanged(QString)", self._on_reading_folder)
        ui.readingFolderEdit.connect("validInputChanged(bool)", self._on_reading_folder_there)
        ui.filterCombo.connect("currentIndexChanged(int)", self._list_cases)
        ui.listButton.connect("clicked()", self._list_cases)
        ui.caseTable.connect("cellDoubleClicked(int,int)", self._open_row)
        ui.openSelectedButton.connect("clicked()", self._open_selected)
        ui.previousButton.connect("clicked()", self._open_previous)
        ui.nextButton.connect("clicked()", self._open_next)
        ui.caseDirectoryEdit.connect("currentPathChanged(QString)", self._open_typed)
        ui.closeButton.connect("clicked()", self._close)
        ui.volumeSelector.connect("currentNodeChanged(vtkMRMLNode*)", self._show_start)
        ui.newCaseIdEdit.connect("textChanged(QString)", self._show_start)
        for edit in (ui.newFolderEdit, ui.dicomFolderEdit):
            edit.connect("currentPathChanged(QString)", self._show_start)
            edit.connect("validInputChanged(bool)", self._show_start)
        ui.startButton.connect("clicked()", self._start_from_volume)
        ui.dicomFolderButton.connect("clicked()", self._start_from_folder)
        ui.dicomBrowserButton.connect("clicked()", self._start_from_browser)
        ui.softTissueButton.connect("clicked()", self._show_ct)

    def parameters_changed(self) -> None:
        """Take up the folders that the scene remembers."""
        remembered = self.panel.parameterNode
        for edit, path in (
            (self.ui.readingFolderEdit, remembered.readingFolder),
            (self.ui.caseDirectoryEdit, remembered.caseDirectory),
        ):
            if path != Path():
                edit.currentPath = str(path)

    def refresh(self) -> None:
        """Show the case at hand and the list anew."""
        folder = self.session.folder
        self.ui.factsBox.visible = folder is not None
        self.ui.closeButton.enabled = folder is not None
        if folder is not None:
            protocol = folder.protocol
            self.ui.caseIdLabel.text = folder.case_id
            self.ui.stateLabel.text = folder.state
            self.ui.protocolLabel.text = _("{name}, version {version}").format(
                name=protocol.name, version=protocol.version
            )
            self.ui.acquisitionLabel.text = acquisition_text(folder.acquisition)
            self.ui.findingsLabel.text = findings_text(folder.findings) or _("Nothing to note.")
        if self.panel.is_open(self):
            self._list_cases()
        self._show_start()

    def enter(self) -> None:
        """List the cases as they are now."""
        self._list_cases()

    def _on_reading_folder(self, path: str) -> None:
        if self.panel.parameterNode is not None:
            self.panel.parameterNode.readingFolder = Path(path)
        self._list_cases()

    def _on_reading_folder_there(self, there: bool) -> None:
        if not there:
            self._on_reading_folder("")

    def _list_cases(self) -> None:
        folder = chosen_path(self.ui.readingFolderEdit)
        self._items = ()
        if folder is not None:
            try:
                which = list(WorkFilter)[max(self.ui.filterCombo.currentIndex, 0)]
                self._items = filtered(worklist(folder, self.session.person), which.value)
                self.ui.listLabel.text = _("Cases: {n}").format(n=len(self._items))
            except ABCImmunoResponseError as refusal:
                self.ui.listLabel.text = str(refusal)
        else:
            self.ui.listLabel.text = _("Choose the folder that holds the case folders.")
        self._fill_table()

    def _fill_table(self) -> None:
        table = self.ui.caseTable
        table.setRowCount(len(self._items))
        for row, item in enumerate(self._items):
            for column, text in enumerate((item.case_id, item.state, item.problem or item.next)):
                cell = qt.QTableWidgetItem(text)
                cell.setToolTip(text)
                table.setItem(row, column, cell)
        here = self._row_of_case()
        if here is not None:
            table.selectRow(here)
        self.ui.openSelectedButton.enabled = bool(self._items)
        self.ui.previousButton.enabled = bool(self._items) and here != 0
        self.ui.nextButton.enabled = bool(self._items) and here != len(self._items) - 1

    def _row_of_case(self) -> int | None:
        directory = self.session.directory
        return next((row for row, item in enumerate(self._items) if item.directory == directory), None)

    def _open_row(self, row: int) -> None:
        self._open(self._items[row].directory)

    def _open_selected(self) -> None:
        row = self.ui.caseTable.currentRow()
        if row < 0:
            self.panel.refuse(_("Select a case in the list first."))
            return
        self._open_row(row)

    def _open_previous(self) -> None:
        here = self._row_of_case()
        self._open_row(len(self._items) - 1 if here is None else here - 1)

    def _open_next(self) -> None:
        here = self._row_of_case()
        self._open_row(0 if here is None else here + 1)

    def _open_typed(self, path: str) -> None:
        if path and Path(path) != self.session.directory and _is_case(Path(path)):
            self._open(Path(path))

    def _open(self, directory: Path) -> None:
        if self.panel.open_case(directory):
            if self.panel.parameterNode is not None:
                self.panel.parameterNode.caseDirectory = directory
            self.ui.caseDirectoryEdit.currentPath = str(directory)
            self._show_ct()
            self.panel.tell(_("Case {case} is open.").format(case=self.session.folder.case_id))

    def _close(self) -> None:
        self.panel.close_case()
        if self.panel.parameterNode is not None:
            self.panel.parameterNode.caseDirectory = Path()
        self.ui.caseDirectoryEdit.currentPath = ""

    def _show_ct(self) -> None:
        """Show the CT of the case with a soft-tissue window."""
        if self.session.folder is None:
            return
        with self.panel.busy():
            volume = self.session.volume()
            views.apply_window(volume, "soft-tissue")
            views.show_volume(volume)

    # Starting a case.

    def _show_start(self) -> None:
        ui = self.ui
        named = self._new_directory() is not None
        ui.startButton.enabled = named and ui.volumeSelector.currentNode() is not None
        ui.dicomFolderButton.enabled = named and chosen_path(ui.dicomFolderEdit) is not None
        ui.dicomBrowserButton.enabled = named
        ui.startButton.toolTip = "" if ui.startButton.enabled else _("Name the case, its folder and its CT first.")

    def _new_directory(self) -> Path | None:
        parent = chosen_path(self.ui.newFolderEdit) or chosen_path(self.ui.readingFolderEdit)
        case_id = self.ui.newCaseIdEdit.text.strip()
        return parent / case_id if parent and case_id else None

    def _treatment_start(self) -> date | None:
        text = self.ui.treatmentStartEdit.text.strip()
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise CaseFolderError(f"{text!r} is no date: write the start of treatment as YYYY-MM-DD.") from None

    def _start_from_volume(self) -> None:
        volume = self.ui.volumeSelector.currentNode()
        self._start(lambda: self._create(series_of_volume(volume), volume))

    def _start_from_folder(self) -> None:
        folder = chosen_path(self.ui.dicomFolderEdit)
        self._start(lambda: self._create((folder, None), None))

    def _start_from_browser(self) -> None:
        self._start(lambda: self._create(browser_series(), None))

    def _create(self, series: tuple[Path, str | None] | None, volume) -> None:
        directory, case_id, person = self._new_directory(), self.ui.newCaseIdEdit.text.strip(), self.session.person
        changed = volume is not None and series is not None and not shows_series(volume, *series)
        if changed:
            self._note = _(
                "{volume} differs from the DICOM files that it names: the case holds what the scene shows, and how it "
                "was acquired is not known."
            ).format(volume=volume.GetName())
        if series is None or changed:  # not as in DICOM files: only the grid is known
            self.logic.createCase(directory, volume, case_id, person)
        else:
            image, uid = series
            self.logic.createCaseFromFile(directory, image, case_id, person, uid, self._treatment_start())

    def _start(self, create) -> None:
        self._note = ""
        with self.panel.busy():
            if not self.panel.attempt(create):
                return
        directory = self._new_directory()
        self.ui.newCaseIdEdit.text = ""
        self._open(directory)
        if self._note:
            self.panel.refuse(self._note)


def _is_case(path: Path) -> bool:
    try:
        return (path / CASE).is_file()
    except OSError:  # what one types need not be a path that can be
        return False


def chosen_path(edit) -> Path | None:
    """Return what a ctkPathLineEdit names; None where nothing is chosen (a parameter node's empty path is '.')."""
    path = Path(edit.currentPath)
    return None if path == Path() else path
