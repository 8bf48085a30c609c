"""What the five steps of the panel have in common."""

from typing import TYPE_CHECKING

import slicer

from ABCImmunoResponseLib.resources import resource

if TYPE_CHECKING:
    from ABCImmunoResponseWidgets.panel import Panel


class Step:
    """One step of the panel: a section with its own .ui file.

    Attributes
    ----------
    title
        The section's title, translated.
    ui_name
        Name of the step's file in Resources/UI, without its ending.
    """

    title = ""
    ui_name = ""

    def __init__(self, panel: "Panel") -> None:
        self.panel, self.session, self.logic = panel, panel.session, panel.logic
        self.widget = slicer.util.loadUI(str(resource("UI", f"{self.ui_name}.ui")))
        self.ui = slicer.util.childWidgetVariables(self.widget)
        self.widget.setMRMLScene(slicer.mrmlScene)

    def setup(self) -> None:
        """Connect the widgets; called once."""

    def parameters_changed(self) -> None:
        """Show the values of another parameter node that are not bound to a widget by name."""

    def missing(self) -> str:
        """Return what must be there before this step can open, in one sentence; '' if it may open."""
        return ""

    def enter(self) -> None:
        """Show what the step works on: it was opened."""

    def leave(self) -> None:
        """Save, and take the step's nodes out of the scene: it is being closed."""

    def suspend(self) -> None:
        """Take the hands off the views (active effects, shortcuts): another module was opened. Nodes stay."""

    def resume(self) -> None:
        """Go on after :meth:`suspend`."""

    def refresh(self) -> None:
        """Show the case, its state and the person at work as they are now; called for open and closed steps."""

    def cleanup(self) -> None:
        """Let go of timers and observers: the module is being destroyed."""
