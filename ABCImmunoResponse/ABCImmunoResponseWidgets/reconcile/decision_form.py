"""What an adjudicator chooses and says about one pair."""

from slicer.i18n import tr as _

from ABCImmunoResponseLib.case import Protocol
from ABCImmunoResponseLib.reading.proposals import PROPOSALS
from ABCImmunoResponseLib.reading.verdict import Verdict
from ABCImmunoResponseWidgets.reconcile.pair_text import CHOICES


class DecisionForm:
    """The fields of the step's decision box; which choices there are depends on the pair.

    Parameters
    ----------
    ui
        The step's widgets.
    """

    def __init__(self, ui) -> None:
        self.ui = ui
        self._verdict: Verdict | None = None

    def offer(self, verdict: Verdict | None, protocol: Protocol) -> None:
        """Offer the choices that a pair has, with nothing chosen and nothing said; no signal is sent."""
        self._verdict = verdict
        choices, organs = self.ui.choiceCombo, self.ui.adjudicatedOrganCombo
        for combo in (choices, organs):
            combo.blockSignals(True)
            combo.clear()
        choices.addItem(_("Choose an outline"), "")
        organs.addItem(_("Choose the organ"), "")
        if verdict is not None:
            for choice, text in CHOICES.items():
                if _has(verdict, choice):
                    choices.addItem(text, choice)
            named = [code for code in (verdict.organ_a, verdict.organ_b) if code is not None]
            others = [organ.code for organ in protocol.organs if organ.code not in named]
            for code in dict.fromkeys([*named, *others]):
                organs.addItem(protocol.organ(code).label, code)
        for combo in (choices, organs):
            combo.blockSignals(False)
        self.ui.decisionReasonEdit.text = ""
        self.ui.choiceNoteLabel.text = ""
        self.ask_for_organ()

    @property
    def choice(self) -> str:
        """What is chosen; '' for nothing yet."""
        return self.ui.choiceCombo.itemData(self.ui.choiceCombo.currentIndex) or ""

    @property
    def organ(self) -> str | None:
        """The organ that was chosen; None where it is not asked for, or not answered."""
        combo = self.ui.adjudicatedOrganCombo
        return (combo.itemData(combo.currentIndex) or None) if self._asks_for_organ() else None

    @property
    def reason(self) -> str:
        """The reason as it was typed."""
        return self.ui.decisionReasonEdit.text

    def ask_for_organ(self) -> None:
        """Show the organ where the readers named different ones; whose outline is taken proposes the own."""
        asked = self._asks_for_organ()
        self.ui.adjudicatedOrganCombo.visible = self.ui.adjudicatedOrganComboLabel.visible = asked
        if asked:
            organ = {"A": self._verdict.organ_a, "B": self._verdict.organ_b}.get(self.choice, "")
            self.ui.adjudicatedOrganCombo.currentIndex = self.ui.adjudicatedOrganCombo.findData(organ)

    def note(self, text: str) -> None:
        """Show what is to be known of the choice."""
        self.ui.choiceNoteLabel.text = text
        self.ui.choiceNoteLabel.visible = bool(text)

    def _asks_for_organ(self) -> bool:
        verdict = self._verdict
        if verdict is None or self.choice in ("", "drop"):
            return False
        return None not in (verdict.organ_a, verdict.organ_b) and verdict.organ_a != verdict.organ_b


def _has(verdict: Verdict, choice: str) -> bool:
    """Say whether a pair has a choice: outlines that were drawn, proposals of two of them."""
    if choice in ("A", "B"):
        return (verdict.a if choice == "A" else verdict.b) is not None
    return choice not in PROPOSALS or verdict.agreement is not None
