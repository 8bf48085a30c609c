"""The step 'Report': a preview, the report itself, copies of it and of the features."""

from collections.abc import Callable
from pathlib import Path

import qt
import slicer
from slicer.i18n import tr as _

from ABCImmunoResponseLib.reading.layout import FEATURES, REPORT
from ABCImmunoResponseWidgets.background.process import Outcome, Progress
from ABCImmunoResponseWidgets.background.worker import Worker
from ABCImmunoResponseWidgets.report import packages
from ABCImmunoResponseWidgets.report.dependencies import DependencyPanel
from ABCImmunoResponseWidgets.report.exporting import export_features, export_report
from ABCImmunoResponseWidgets.score.model_choice import bundle_that_scored
from ABCImmunoResponseWidgets.score.result_text import report_html, statement
from ABCImmunoResponseWidgets.steps import Step


class ReportStep(Step):
    """Writes the report of a scored case in a worker, and hands out what the case holds.

    Attributes
    ----------
    ask_path
        Asks where to save, given a title, a suggested file name and a filter; '' is nowhere. Slicer's own dialog
        unless another is given.
    open_url
        Opens a local file in the browser; not in testing mode unless another is given.
    """

    title = _("Report")
    ui_name = "ReportStep"

    def __init__(self, panel) -> None:
        super().__init__(panel)
        self.ask_path: Callable[[str, str, str], str] = self._ask_path
        self.open_url: Callable[[Path], None] = _open_in_browser
        self._writing: Path | None = None
        self._cancelled = False
        self._previewed: object = None

    def setup(self) -> None:
        """Connect the widgets."""
        ui = self.ui
        self.packages = DependencyPanel(ui, self.panel)
        self._worker = Worker(self._on_progress, self._on_end)
        ui.writeReportButton.connect("clicked()", self._write)
        ui.cancelReportButton.connect("clicked()", self._cancel)
        ui.openReportButton.connect("clicked()", self._open)
        ui.saveReportButton.connect("clicked()", self._save)
        ui.exportFeaturesButton.connect("clicked()", self._export_features)
        ui.packagesBox.collapsed = True

    def missing(self) -> str:
        """Return what must be there before a report can be written."""
        folder = self.session.folder
        if folder is None:
            return _("open a case first.")
        if folder.state not in ("scored", "reported"):
            return _("the case is {state}; it must be scored first.").format(state=folder.state)
        return ""

    def refresh(self) -> None:
        """Show the case: preview, state of the report, and what can be done."""
        if self._writing is not None and self._writing != self.session.directory:
            self._stop()
            if self.session.folder is not None:  # else the panel says why the case could not be opened
                self.panel.tell(_("The report was not written: another case was opened."))
        self._show_preview()
        self._show_what_can_be_done()

    def cleanup(self) -> None:
        """End a worker that still runs."""
        self._stop()

    def _show_preview(self) -> None:
        folder = self.session.folder
        result = folder.result() if folder is not None else None
        if result is None:
            self.ui.reportStatementLabel.text = self.ui.previewBrowser.html = ""
        elif result != self._previewed:
            self.ui.reportStatementLabel.text = statement(folder)
            self.ui.previewBrowser.html = report_html(folder, self._bundle())
        self._previewed = result

    def _show_what_can_be_done(self) -> None:
        ui, folder, running = self.ui, self.session.folder, self._writing is not None
        files = folder.files if folder is not None else {}
        reported, person = REPORT in files, bool(self.session.person)
        ui.writeReportButton.enabled = folder is not None and folder.state == "scored" and person and not running
        ui.writeReportButton.toolTip = (
            _("Write the report into the case folder")
            if person
            else _("Say at the top who you are: the audit log records who reports.")
        )
        ui.cancelReportButton.enabled = running and not self._cancelled
        ui.reportProgress.visible = running
        ui.openReportButton.enabled = ui.saveReportButton.enabled = reported
        ui.exportFeaturesButton.enabled = FEATURES in files
        if running:
            ui.reportStateLabel.text = _("The report is being written.")
        elif reported:
            written = [line for line in folder.audit() if line.action == "record-report"][-1]
            ui.reportStateLabel.text = _("The report was written by {person}: {path}").format(
                person=written.actor, path=folder.path / REPORT
            )
        else:
            ui.reportStateLabel.text = _("No report has been written yet.")

    def _bundle(self):
        return bundle_that_scored(self.session.folder, self.session.bundle_directory, None)

    # Writing.

    def _write(self) -> None:
        lacking = packages.REPORT.lacking
        if lacking:
            self.packages.open()
            self.panel.refuse(
                _("The report needs {packages}: install them below, under Packages.").format(
                    packages=", ".join(lacking)
                )
            )
            return
        bundle = self._bundle()
        if bundle is None:
            self.panel.refuse(
                _(
                    "The case was scored with {bundle}, which is not at hand: choose its folder in the step Score."
                ).format(bundle=self.session.folder.result()["bundle"]["id"])
            )
            return
        directory = self.session.directory
        words = ["case", "report", str(directory.resolve()), "--progress", "json"]
        words += [f"--by={self.session.person}", f"--bundle={bundle.path.resolve()}"]
        self.panel.tell("")
        self.ui.reportProgress.maximum = 0
        if self.panel.attempt(self._worker.start, words, "", directory):
            self._writing, self._cancelled = directory, False
        self._show_what_can_be_done()

    def _cancel(self) -> None:
        self._cancelled = True
        self._worker.cancel()
        self._show_what_can_be_done()

    def _stop(self) -> None:
        self._worker.stop()
        self._writing = None

    def _on_progress(self, progress: Progress) -> None:
        self.ui.reportProgress.maximum = progress.total
        self.ui.reportProgress.value = progress.done

    def _on_end(self, outcome: Outcome) -> None:
        directory, self._writing = self._writing, None
        self.panel.changed(outcome.folder)
        folder = self.session.folder
        if folder is None or folder.path != directory:
            return  # the case can no longer be read, and the panel says why
        if outcome.status in ("refused", "died"):
            self.panel.refuse(outcome.message)
        elif not self._cancelled:
            self.panel.tell(_("The report is written."))
        elif folder.state == "reported":
            self.panel.tell(_("The report was finished before it could be cancelled."))
        else:
            self.panel.tell(_("Writing the report was cancelled; the case is as it was."))

    # Handing out.

    def _open(self) -> None:
        self.open_url(self.session.directory / REPORT)

    def _save(self) -> None:
        self._save_as(_("Save the report"), "report.html", _("Web page (*.html)"), export_report)

    def _export_features(self) -> None:
        self._save_as(_("Export the features"), "features.csv", _("Table (*.csv)"), export_features)

    def _save_as(self, title: str, name: str, files: str, export: Callable) -> None:
        folder = self.session.folder
        path = self.ask_path(title, f"{folder.case_id}-{name}", files)
        if path and self.panel.attempt(export, folder, path):
            self.panel.tell(_("Saved as {path}.").format(path=path))

    def _ask_path(self, title: str, name: str, files: str) -> str:
        return qt.QFileDialog.getSaveFileName(self.widget, title, name, files)


def _open_in_browser(path: Path) -> None:
    if not slicer.app.testingEnabled():
        qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(path)))
