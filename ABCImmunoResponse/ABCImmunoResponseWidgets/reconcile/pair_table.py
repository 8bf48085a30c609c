"""The table of lesion pairs: open ones first, and said so in words."""

import qt
from slicer.i18n import tr as _

from ABCImmunoResponseWidgets.reconcile.pair_text import PairRow

_HEADERS = (
    _("Pair"),
    _("Decision"),
    _("Verdict"),
    _("Dice"),
    _("HD95 mm"),
    _("Diameter A | B mm"),
    _("Organ"),
    _("Lesion A | B"),
)


class PairTable:
    """Shows rows and says which pair is selected.

    Parameters
    ----------
    table
        The QTableWidget, with as many columns as a row has texts.
    """

    def __init__(self, table) -> None:
        self.table = table
        self._rows: tuple[PairRow, ...] = ()
        table.setHorizontalHeaderLabels(list(_HEADERS))
        table.verticalHeader().hide()

    def fill(self, rows: tuple[PairRow, ...], selected: str | None) -> None:
        """Show ``rows`` and select the pair ``selected`` if it is among them, else the first; no signal is sent."""
        table = self.table
        blocked = table.blockSignals(True)
        self._rows = rows
        table.setRowCount(len(rows))
        for number, row in enumerate(rows):
            for column, text in enumerate(_texts(row)):
                cell = qt.QTableWidgetItem(text)
                cell.setToolTip(row.reason)
                if row.is_open:
                    font = cell.font()
                    font.setBold(True)
                    cell.setFont(font)
                table.setItem(number, column, cell)
        table.resizeColumnsToContents()
        table.resizeRowsToContents()
        if rows:
            ids = [row.pair_id for row in rows]
            table.setCurrentCell(ids.index(selected) if selected in ids else 0, 0)
        table.blockSignals(blocked)

    def selected(self) -> str | None:
        """Return the selected pair's id; None where there is none."""
        row = self.table.currentRow()
        return self._rows[row].pair_id if 0 <= row < len(self._rows) else None


def _texts(row: PairRow) -> tuple[str, ...]:
    return row.pair_id, row.decision, row.verdict, row.dice, row.hd95, row.diameters, row.organ, row.lesions
