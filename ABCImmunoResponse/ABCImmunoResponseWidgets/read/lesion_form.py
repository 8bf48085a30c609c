"""What the reader says of the selected lesion."""

from collections.abc import Callable
from dataclasses import replace

import qt
from slicer.i18n import tr as _

from ABCImmunoResponseLib.case import Protocol
from ABCImmunoResponseLib.reading.drafts import DraftLesion
from ABCImmunoResponseWidgets.read.read_text import ANSWERS, KINDS, sites_of


class LesionForm:
    """Fields for a lesion's organ, site, kind, and what only a reader can say.

    Parameters
    ----------
    ui
        The widgets of the step.
    on_change
        Called with the lesion after each change by the reader.
    """

    def __init__(self, ui, on_change: Callable[[DraftLesion], None]) -> None:
        self._ui, self._on_change = ui, on_change
        self._lesion: DraftLesion | None = None
        self._protocol: Protocol | None = None
        self._filling = False
        self._combos = {
            "organ": ui.organCombo,
            "kind": ui.kindCombo,
            "soft_tissue": ui.softTissueCombo,
            "cystic": ui.cysticCombo,
            "irradiated": ui.irradiatedCombo,
        }
        self._values: dict[str, list] = {"organ": [], "kind": list(KINDS)}
        self._edits = {"site": ui.siteEdit, "override": ui.overrideEdit}
        ui.kindCombo.addItems(list(KINDS.values()))
        for name in ("soft_tissue", "cystic", "irradiated"):
            self._values[name] = [answer for _label, answer in ANSWERS]
            self._combos[name].addItems([label for label, _answer in ANSWERS])
        for combo in self._combos.values():
            combo.connect("currentIndexChanged(int)", self._changed)
        for edit in self._edits.values():
            edit.connect("textChanged(QString)", self._changed)

    def show(self, lesion: DraftLesion | None, protocol: Protocol, *, editable: bool) -> None:
        """Show a lesion, or none."""
        self._filling = True
        try:
            if protocol != self._protocol:
                self._protocol = protocol
                self._fill_organs(protocol)
            self._ui.lesionBox.title = _("Lesion {id}").format(id=lesion.lesion_id) if lesion else _("Lesion")
            self._ui.lesionBox.enabled = lesion is not None and editable
            shown = lesion or DraftLesion("L1")
            if self._lesion is None or lesion is None or self._lesion.organ != lesion.organ:
                self._offer_sites(shown.organ)
            self._lesion = lesion
            for name, combo in self._combos.items():
                index = self._values[name].index(getattr(shown, name)) if self._knows(name, shown) else -1
                combo.setCurrentIndex(index)
            for name, edit in self._edits.items():
                if edit.text != getattr(shown, name):  # the cursor stays where one types
                    edit.text = getattr(shown, name)
        finally:
            self._filling = False

    def clear(self) -> None:
        """Leave nothing behind of what a reader wrote: setting a text forgets what could be undone in its field."""
        self._filling, self._lesion = True, None
        self._ui.lesionBox.title = _("Lesion")
        for combo in self._combos.values():
            combo.setCurrentIndex(-1)
        for edit in self._edits.values():
            edit.text = ""
        self._filling = False

    def _knows(self, name: str, lesion: DraftLesion) -> bool:
        return getattr(lesion, name) in self._values[name]

    def _fill_organs(self, protocol: Protocol) -> None:
        """Offer the protocol's organs, those that RECIST counts as one side by side."""
        combo = self._ui.organCombo
        combo.clear()
        combo.addItem(_("not said"))
        values, group = [""], None
        for organ in protocol.organs:
            if organ.group != group and group is not None and _is_large(protocol, organ.group, group):
                combo.insertSeparator(len(values))
                values.append(None)
            group = organ.group
            combo.addItem(organ.label)
            values.append(organ.code)
        self._values["organ"] = values

    def _offer_sites(self, organ: str) -> None:
        edit = self._ui.siteEdit
        # The field's own, which it deletes with the next one: its popup is a window, none of which outlives Slicer's.
        completer = qt.QCompleter(list(sites_of(organ)), edit)
        completer.setCaseSensitivity(qt.Qt.CaseInsensitive)
        completer.setFilterMode(qt.Qt.MatchContains)
        edit.setCompleter(completer)

    def _changed(self) -> None:
        if self._filling or self._lesion is None:
            return
        said = {name: self._values[name][combo.currentIndex] for name, combo in self._combos.items() if _chosen(combo)}
        if said.get("organ", "") is None:  # a separator is no answer
            said.pop("organ")
        said |= {name: edit.text for name, edit in self._edits.items()}
        lesion = replace(self._lesion, **said)
        if lesion != self._lesion:
            if lesion.organ != self._lesion.organ:
                self._offer_sites(lesion.organ)
            self._lesion = lesion
            self._on_change(lesion)


def _chosen(combo) -> bool:
    return combo.currentIndex >= 0


def _is_large(protocol: Protocol, *groups: str) -> bool:
    """Say whether one of these organ groups has several organs, and so is set off from its neighbours."""
    return any(sum(organ.group == group for organ in protocol.organs) > 1 for group in groups)
