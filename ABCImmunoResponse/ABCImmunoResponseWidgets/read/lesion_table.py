"""The tables of the step 'Read': the lesions of a read, and the targets that the protocol proposes."""

from collections.abc import Callable

import qt
from slicer.i18n import tr as _

from ABCImmunoResponseLib.case import Protocol
from ABCImmunoResponseLib.reading.overview import Overview
from ABCImmunoResponseWidgets.read.read_text import KINDS, finding_lines, measurable, millimetres, status
from ABCImmunoResponseWidgets.read.reading import Reading

# Title, what it means, and width in pixels: together no wider than a narrow panel.
_COLUMNS = (
    (_("Id"), _("Lesion"), 30),
    (_("Organ"), _("Organ and site"), 74),
    (_("Kind"), _("Target or non-target"), 62),
    (_("Long"), _("Longest diameter, mm"), 38),
    (_("Short"), _("Short axis, mm"), 40),
    (_("Meas."), _("Whether it is measurable, so that it can be a target"), 42),
    (_("Notes"), _("Findings: ⚠ to act on, ℹ to know"), 40),
)


class LesionTable:
    """One row a lesion, one of them selected.

    Parameters
    ----------
    table
        The QTableWidget.
    on_select, on_jump
        Called with a lesion's id when its row is selected, or double-clicked.
    """

    def __init__(self, table, on_select: Callable[[str], None], on_jump: Callable[[str], None]) -> None:
        self._table, self._on_select, self._on_jump = table, on_select, on_jump
        self._ids: tuple[str, ...] = ()
        self._filling = False
        table.setHorizontalHeaderLabels([title for title, _meaning, _width in _COLUMNS])
        for column, (_title, meaning, width) in enumerate(_COLUMNS):
            table.horizontalHeaderItem(column).setToolTip(meaning)
            table.setColumnWidth(column, width)
        table.horizontalHeader().setStretchLastSection(True)
        table.connect("itemSelectionChanged()", self._row_selected)
        table.connect("cellDoubleClicked(int,int)", self._row_opened)

    def show(self, reading: Reading, overview: Overview) -> None:
        """Show a read, with its lesion at hand selected."""
        self._filling = True
        try:
            self._ids = tuple(row.lesion_id for row in overview.rows)
            self._table.setRowCount(len(self._ids))
            for number, row in enumerate(overview.rows):
                lesion = reading.lesions[row.lesion_id]
                organ = organ_label(reading.folder.protocol, lesion.organ)
                findings = finding_lines(row.findings)
                self._fill(
                    number,
                    (row.lesion_id, row.lesion_id),
                    (organ, f"{organ}, {lesion.site}" if lesion.site else organ),
                    (KINDS[lesion.kind], KINDS[lesion.kind]),
                    (millimetres(row.longest_diameter_mm), _("Longest diameter, mm")),
                    (millimetres(row.short_axis_mm), _("Short axis, mm")),
                    (measurable(row), row.why_not or _("It can be a target.")),
                    (status(row), findings or row.why_not or _("Nothing to note.")),
                )
            if reading.current in self._ids:
                self._table.selectRow(self._ids.index(reading.current))
            else:
                self._table.clearSelection()
        finally:
            self._filling = False

    def clear(self) -> None:
        """Show no lesion."""
        self._filling, self._ids = True, ()
        self._table.setRowCount(0)
        self._filling = False

    def _fill(self, row: int, *cells: tuple[str, str]) -> None:
        for column, (text, tip) in enumerate(cells):
            item = self._table.item(row, column)
            if item is None:
                item = qt.QTableWidgetItem()
                self._table.setItem(row, column, item)
            item.setText(text)
            item.setToolTip(tip)

    def _row_selected(self) -> None:
        row = self._table.currentRow()
        if not self._filling and 0 <= row < len(self._ids):
            self._on_select(self._ids[row])

    def _row_opened(self, row: int) -> None:
        self._on_jump(self._ids[row])


class ProposalTable:
    """What the protocol would choose, lesion by lesion, with its reasons."""

    def __init__(self, table) -> None:
        self._table = table
        table.setHorizontalHeaderLabels([_("Id"), _("Proposed"), _("Why")])
        for column, width in enumerate((34, 72)):
            table.setColumnWidth(column, width)
        table.horizontalHeader().setStretchLastSection(True)

    def show(self, overview: Overview) -> None:
        """Show a proposal; lesions without outline or organ have no part in it."""
        choices = overview.proposal.choices
        self._table.setRowCount(len(choices))
        for row, choice in enumerate(choices):
            kind = KINDS["target" if choice.chosen else "non-target"]
            for column, text in enumerate((choice.lesion_id, kind, choice.reason)):
                item = qt.QTableWidgetItem(text)
                item.setToolTip(text)
                self._table.setItem(row, column, item)
        self._table.resizeRowsToContents()

    def clear(self) -> None:
        """Show no proposal."""
        self._table.setRowCount(0)


def organ_label(protocol: Protocol, code: str) -> str:
    """Return an organ's name; its code where the protocol does not know it, '' where none is said."""
    return next((organ.label for organ in protocol.organs if organ.code == code), code)
